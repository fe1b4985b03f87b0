//! `comity case export` and `comity case verify`.

use crate::{Exit, Fault, Screen, place::Chosen, reach, screen::Tone, trust::Trusted, verb::open};
use clap::Args;
use comity_affairs::custody::{Checked, Finding, Report, Roots, StampFault};
use comity_exchange::case_export::{CaseExport, CaseReport, SignatureReport, StepReport};
use comity_node::app::{case::export::ExportCase, hex};
use comity_record::{Canonical, PartyCode};
use serde_json::{Value, json};
use std::path::PathBuf;

const NAMES: usize = 10;

const EXPORT_HELP: &str = "\
The file holds the signed records of both chains, the letters that name their keys, \
and the receipts of the crossings. It is checked before it is given out. Receipts \
stay provisional until a quorum of witnesses has cosigned.

Example:
  comity case export XA-2026-1 --out XA-2026-1.case --dir ./xa

Next:
  comity case verify XA-2026-1.case --trust xa.letter --trust xb.letter";

const VERIFY_HELP: &str = "\
No node need run and no network is used. Every signature, time, decision and step is \
listed. Without --trust the roots stand only in the file itself, which is said. The \
exit code is 1 where something does not verify, or a root is not trusted.

Example:
  comity case verify XA-2026-1.case --trust xa.letter --trust xb.letter

Next:
  comity receipt verify crossing.receipt --trust xa.letter --trust xb.letter";

/// `comity case export`
#[derive(Debug, Args)]
#[command(after_help = EXPORT_HELP)]
pub struct Export {
    /// The case
    #[arg(value_name = "ID")]
    case: String,
    /// The new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The officer for whom the console speaks
    #[arg(long, value_name = "ID")]
    officer: Option<String>,
}

/// `comity case verify`
#[derive(Debug, Args)]
#[command(after_help = VERIFY_HELP)]
pub struct Verify {
    /// The exported case
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A letter that you accepted yourself; may be repeated
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
    /// Roots of time-stamp services, in PEM
    #[arg(long = "stamp-root", value_name = "FILE")]
    roots: Vec<PathBuf>,
}

/// Exports a case.
pub fn export(verb: &Export, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let export = ExportCase { case: verb.case.clone(), officer: verb.officer.clone() };
    let done = reach::ask(&chosen.place()?, export)?;
    open::write_new(&verb.out, &hex(&done.export).unwrap_or_default())?;
    let value = json!({
        "file": verb.out, "case": done.case, "records": done.records, "receipts": done.receipts,
        "provisional": done.provisional,
    });
    screen.answer(&value, |screen| {
        let (records, receipts) = (done.records, done.receipts);
        screen.say(Tone::Good, &format!("`{}`: {records} records, {receipts} receipts.", verb.out.display()));
        if done.provisional > 0 {
            let text = format!("{} receipts are provisional: no quorum has cosigned yet.", done.provisional);
            screen.say(Tone::Open, &text);
        }
    });
    Ok(Exit::Ok)
}

/// Verifies an exported case.
pub fn run(verb: &Verify, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let trusted = Trusted::read(&verb.trust)?.into_letters();
    let bytes = open::file(&verb.file, CaseExport::LIMIT as u64)?;
    let shown = verb.file.display();
    let export = CaseExport::from_bytes(&bytes).map_err(|malformed| {
        Fault::new(Exit::No, malformed.code(), format!("`{shown}` is not an exported case: {malformed}"))
    })?;
    let mut roots = Roots::default();
    for path in &verb.roots {
        let more = Roots::from_pem(&open::file(path, 16 << 20)?);
        let refused =
            |why: StampFault| Fault::new(Exit::Usage, why.code(), format!("`{}`: {why}", path.display()));
        roots = roots.and(more.map_err(refused)?);
    }
    let report = export
        .check_with(&trusted, &roots)
        .map_err(|fault| Fault::new(Exit::No, fault.code(), format!("`{shown}`: {fault}")))?;
    screen.answer(&document(&report), |screen| show(screen, &report));
    let whole = report.untrusted.is_empty() && report.packages.iter().all(Report::holds);
    Ok(if whole { Exit::Ok } else { Exit::No })
}

fn document(report: &CaseReport) -> Value {
    json!({
        "case": report.case.to_string(),
        "reference": report.view.reference, "ticket": report.view.ticket,
        "flow": report.view.flow.as_str(), "state": report.view.state.as_str(),
        "exercise": report.view.exercise,
        "asking": report.parties.0.as_ref().map(ToString::to_string),
        "asked": report.parties.1.as_ref().map(ToString::to_string),
        "exported_by": report.exported.0.to_string(), "exported_at": report.exported.1.to_string(),
        "trusted": report.trusted.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "untrusted": report.untrusted.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "steps": report.steps.iter().map(step).collect::<Vec<_>>(),
        "signatures": report.signatures.iter().map(signature).collect::<Vec<_>>(),
        "packages": report.packages.iter().map(package).collect::<Vec<_>>(),
    })
}

fn package(package: &Report) -> Value {
    let line = |line: &Checked| match &line.finding {
        Finding::Open(why) => json!({ "what": line.what, "finding": "open", "why": why }),
        _ => json!({ "what": line.what, "finding": "good" }),
    };
    let record = package.record.map(|record| record.to_string());
    json!({ "record": record, "checked": package.lines.iter().map(line).collect::<Vec<_>>() })
}

fn step(step: &StepReport) -> Value {
    json!({
        "party": step.party.to_string(), "side": step.event.side.as_str(), "number": step.event.number,
        "step": step.event.step.kind().as_str(), "at": step.event.at.to_string(),
        "unit": step.event.unit.to_string(), "officer": step.event.officer.to_string(),
        "thread": step.event.thread.as_str(), "from": step.states.0.as_str(), "to": step.states.1.as_str(),
        "record": step.record.to_string(),
    })
}

fn signature(one: &SignatureReport) -> Value {
    json!({
        "record": one.record.to_string(), "kind": one.kind, "party": one.party.to_string(),
        "issued": one.issued.to_string(), "key": one.key,
        "crossing": one.crossing.as_ref().map(|crossing| json!({
            "entry": crossing.entry, "at": crossing.at.to_string(), "index": crossing.index,
            "provisional": crossing.provisional, "verdict": crossing.verdict,
            "basis": crossing.basis, "citations": crossing.citations,
            "witnesses": crossing.witnesses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })),
    })
}

fn show(screen: &mut Screen<'_>, report: &CaseReport) {
    let name = |party: &Option<comity_record::PartyCode>| {
        party.as_ref().map_or_else(|| "(no step yet)".to_owned(), ToString::to_string)
    };
    let reference = report.view.reference.as_deref().unwrap_or("no reference");
    let (asking, asked) = (name(&report.parties.0), name(&report.parties.1));
    screen.say(
        Tone::Good,
        &format!("Verified: {} {reference}, {asking} -> {asked}: {}.", report.view.flow, report.view.state),
    );
    screen.item(NAMES, "case", Tone::Plain, &report.case.to_string());
    screen.item(
        NAMES,
        "exported",
        Tone::Plain,
        &format!("by {} at {}", report.exported.0, report.exported.1),
    );
    for party in &report.trusted {
        screen.item(NAMES, "root", Tone::Good, &format!("{party}: that of the letter you trust"));
    }
    for party in &report.untrusted {
        screen.item(NAMES, "root", Tone::Open, &format!("{party}: stands only in the file itself"));
    }
    screen.blank();
    screen.say(Tone::Strong, "steps, in the order that both sides read");
    for one in &report.steps {
        let (from, to) = one.states;
        let event = &one.event;
        screen.say(
            Tone::Plain,
            &format!(
                "{} {} {}: {} by {} {} ({from} -> {to})",
                event.at,
                one.party,
                event.number,
                event.step.kind(),
                event.unit,
                event.officer
            ),
        );
    }
    screen.blank();
    screen.say(Tone::Strong, "signatures and decisions");
    report.signatures.iter().for_each(|one| signed(screen, one, &report.exported.0));
    screen.blank();
    screen.say(Tone::Strong, &format!("{} custody packages", report.packages.len()));
    for line in report.packages.iter().flat_map(|package| &package.lines) {
        match &line.finding {
            Finding::Open(why) => screen.item(NAMES, "open", Tone::Open, &format!("{}: {why}", line.what)),
            _ => screen.item(NAMES, "good", Tone::Good, &line.what),
        }
    }
}

fn signed(screen: &mut Screen<'_>, one: &SignatureReport, exported_by: &PartyCode) {
    let record: String = one.record.to_string().chars().take(16).collect();
    screen.say(
        Tone::Plain,
        &format!("{record} {} signed by {} with key {} at {}", one.kind, one.party, one.key, one.issued),
    );
    let Some(crossing) = &one.crossing else {
        screen.indented(2, Tone::Open, "no receipt of its crossing is in the file");
        return;
    };
    let witnesses: Vec<String> = crossing.witnesses.iter().map(ToString::to_string).collect();
    let seen = if witnesses.is_empty() { "nobody yet".to_owned() } else { witnesses.join(", ") };
    let text = format!(
        "{} by {} at {}, entry {}, witnessed by {seen}",
        crossing.entry, exported_by, crossing.at, crossing.index
    );
    screen.indented(2, if crossing.provisional { Tone::Open } else { Tone::Good }, &text);
    let resting = crossing.basis.as_ref().map(|basis| format!(", resting on {basis}")).unwrap_or_default();
    let verdict = format!("{}{resting}: {}", crossing.verdict, crossing.citations.join("; "));
    screen.indented(2, Tone::Faint, &verdict);
}
