//! `comity receipt`: verify the proof of a crossing from files alone.

use crate::{Exit, Fault, Screen, place::Chosen, reach, screen::Tone, trust::Trusted, verb::open};
use clap::{Args, Subcommand};
use comity_ledger::receipt::{Provisional, Receipt, ReceiptFault, ReceiptReport, Trust};
use comity_node::app::{hex, proof::ExportReceipt};
use comity_record::{Canonical, Letter};
use serde_json::json;
use std::path::{Path, PathBuf};

const NAMES: usize = 9;

const HELP: &str = "\
A receipt holds what a stranger needs beside the letters that they accepted \
themselves. No node need run and no network is used. A provisional receipt, which \
no quorum of witnesses has cosigned yet, is checked as far as it goes, and the \
exit code is then 1.

Example:
  comity receipt verify crossing.receipt --trust xa.letter --trust xb.letter

Next:
  comity ledger verify DIR --trust xa.letter     the whole ledger it stands in";

const EXPORT_HELP: &str = "\
The receipt is checked before it is given out. Until a quorum of witnesses has \
cosigned it is provisional, and the exit code is 1.

Example:
  comity receipt export 1a2b3c4d --out crossing.receipt --dir ./xa

Next:
  comity receipt verify crossing.receipt --trust xa.letter --trust xb.letter";

/// The verbs of receipts.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Verify a receipt offline: entry, place, signatures, witnesses, both sides
    Verify(Verify),
    /// Export the receipt of a crossing, for a court or a parliament
    Export(Export),
}

/// `comity receipt export`
#[derive(Debug, Args)]
#[command(after_help = EXPORT_HELP)]
pub struct Export {
    /// The crossing or its record, by at least eight digits of the id
    #[arg(value_name = "ID")]
    id: String,
    /// The new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Leave the record's envelope out; the receipt then names it by its id
    #[arg(long)]
    without_record: bool,
}

/// `comity receipt verify`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Verify {
    /// The receipt
    #[arg(value_name = "FILE")]
    receipt: PathBuf,
    /// A letter that you accepted: of the parties and of witnesses
    #[arg(long, value_name = "FILE", required = true)]
    trust: Vec<PathBuf>,
}

/// Whether a quorum of witnesses cosigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// It did.
    Met,
    /// Not yet: the receipt is provisional.
    Open,
}

/// Does what the verb asks.
pub fn run(verb: &Verb, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    match verb {
        Verb::Verify(wanted) => verified(wanted, screen),
        Verb::Export(wanted) => export(wanted, chosen, screen),
    }
}

fn export(verb: &Export, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let export = ExportReceipt { id: verb.id.clone(), with_record: !verb.without_record };
    let exported = reach::ask(&chosen.place()?, export)?;
    open::write_new(&verb.out, &hex(&exported.receipt).unwrap_or_default())?;
    let value = json!({
        "file": verb.out, "provisional": exported.provisional, "checked": exported.checked,
        "unchecked": exported.unchecked,
    });
    screen.answer(&value, |screen| {
        let kind = if exported.provisional { "a provisional receipt, no quorum yet" } else { "a receipt" };
        screen.say(Tone::Good, &format!("`{}`: {kind}.", verb.out.display()));
        list(screen, "checked", Tone::Good, &exported.checked);
        list(screen, "not", Tone::Open, &exported.unchecked);
    });
    Ok(if exported.provisional { Exit::No } else { Exit::Ok })
}

fn verified(wanted: &Verify, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let letters = Trusted::read(&wanted.trust)?.into_letters();
    let (report, quorum) = verify(&wanted.receipt, letters)?;
    let exit = if quorum == Quorum::Met { Exit::Ok } else { Exit::No };
    show(screen, &report, exit);
    Ok(exit)
}

/// Verifies the receipt of a file against letters.
pub fn verify(file: &Path, letters: Vec<Letter>) -> Result<(ReceiptReport, Quorum), Fault> {
    let trust = Trust::new(letters);
    let bytes = open::file(file, Receipt::LIMIT as u64)?;
    let shown = file.display();
    let refused = |fault: ReceiptFault| Fault::new(Exit::No, fault.code(), format!("`{shown}`: {fault}"));
    if let Ok(provisional) = Provisional::from_bytes(&bytes) {
        return Ok((provisional.verify(&trust).map_err(refused)?, Quorum::Open));
    }
    let receipt = Receipt::from_bytes(&bytes).map_err(|malformed| {
        Fault::new(Exit::No, malformed.code(), format!("`{shown}` is not a receipt: {malformed}"))
    })?;
    Ok((receipt.verify(&trust).map_err(refused)?, Quorum::Met))
}

fn show(screen: &mut Screen<'_>, report: &ReceiptReport, exit: Exit) {
    let value = json!({
        "verified": exit == Exit::Ok, "provisional": exit != Exit::Ok,
        "crossing": report.crossing.to_string(), "record": report.record.to_string(),
        "from": report.from.as_str(), "to": report.to.as_str(), "entry": report.kind.as_str(),
        "at": report.at.to_string(), "index": report.index, "size": report.head.size,
        "root": report.head.root.to_string(), "stated": report.stated.to_string(),
        "witnesses": report.cosigned.iter().map(|by| json!({
            "party": by.witness.as_str(), "at": by.at.to_string(),
        })).collect::<Vec<_>>(),
        "twin": report.twin.map(|kind| kind.as_str()),
        "checked": report.checked, "unchecked": report.unchecked,
    });
    screen.answer(&value, |screen| {
        let (from, to, kind) = (&report.from, &report.to, report.kind);
        match exit {
            Exit::Ok => {
                screen.say(Tone::Good, &format!("Verified: {from} -> {to}, {kind} on {}.", report.at))
            }
            _ => screen.say(
                Tone::Open,
                &format!("Provisional, no quorum yet: {from} -> {to}, {kind} on {}.", report.at),
            ),
        }
        screen.item(NAMES, "crossing", Tone::Plain, &report.crossing.to_string());
        screen.item(NAMES, "record", Tone::Plain, &report.record.to_string());
        list(screen, "checked", Tone::Good, &report.checked);
        list(screen, "not", Tone::Open, &report.unchecked);
    });
}

fn list(screen: &mut Screen<'_>, name: &str, tone: Tone, sentences: &[String]) {
    let mut name = name;
    for sentence in sentences {
        screen.item(NAMES, name, tone, sentence);
        name = "";
    }
}
