//! Counts of cases for the State itself, and the report for its body of oversight: counts and safeguards, no content.

use super::{
    Action, Ctx, Fault,
    agenda::{files, measure_of},
    party::key_fault,
    sequencer::NodeDesk,
    to_hex,
};
use crate::keys::Keys;
use comity_affairs::{
    Flow, Side, StepKind,
    irregularity::Outcome,
    oversight::{ENDINGS, IrregularityCounts, Report, Row, Told, irregularities, rows},
    statistics::{Cell, Counted, Counts, Ending, Stage, count},
};
use comity_exchange::{CaseFile, Scope, inner::safeguards};
use comity_record::{Attested, KeyPurpose, PartyCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The least number that a report tells where nothing else is said.
const LEAST: u32 = 5;
const HOUR: i64 = 3_600_000;

/// Shows counts per pair, measure and ground.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShowStatistics {
    /// Only cases sent in this year (UTC).
    pub year: Option<i16>,
    /// Only those with this party.
    pub peer: Option<String>,
}

/// The counts of one pair, direction and measure.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CountsShown {
    /// The other party.
    pub peer: String,
    /// `sent` or `received`.
    pub direction: String,
    /// The measure, or the flow where none is asked for.
    pub measure: String,
    /// All cases.
    pub all: u32,
    /// Granted, in whole or part.
    pub granted: u32,
    /// Refused.
    pub refused: u32,
    /// Not possible.
    pub not_possible: u32,
    /// Not pursued.
    pub not_pursued: u32,
    /// Withdrawn.
    pub withdrawn: u32,
    /// Undecided.
    pub open: u32,
    /// Refusals by ground.
    pub grounds: BTreeMap<String, u32>,
    /// Cases in danger to life.
    pub emergency: u32,
    /// Of these, those whose papers were filed afterwards.
    pub reviewed: u32,
    /// Cases with conditions on use.
    pub conditions: u32,
    /// How long it took to each stage, from the sending.
    pub times: Vec<TimesShown>,
}

/// How long it took to a stage, in hours.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TimesShown {
    /// `acknowledged`, `decided`, `carried-out` or `received`.
    pub stage: String,
    /// How many cases reached it.
    pub count: u32,
    /// The shortest.
    pub least: i64,
    /// A quarter took at most this.
    pub lower: i64,
    /// Half took at most this.
    pub median: i64,
    /// Three quarters took at most this.
    pub upper: i64,
    /// The longest.
    pub most: i64,
}

/// Makes the signed report of a year for the body of oversight.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MakeReport {
    /// The year.
    pub year: i16,
    /// The least number that is told; 5 where absent, and never less than 3.
    pub least: Option<u32>,
}

/// A report.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReportMade {
    /// The State.
    pub party: String,
    /// The year.
    pub year: i16,
    /// The signed report in hexadecimal digits.
    pub report: String,
    /// What it tells, line by line.
    pub lines: Vec<String>,
    /// What the node's own chain of events has and the report cannot count. It stands in no report.
    pub gaps: Vec<String>,
}

impl Action for ShowStatistics {
    const NAME: &'static str = "statistics.show";
    const SUMMARY: &'static str = "counts cases per pair, measure and ground";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Vec<CountsShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<CountsShown>, Fault> {
        let year = self.year;
        let peer: Option<PartyCode> =
            self.peer.as_deref().map(str::parse).transpose().map_err(Fault::input)?;
        let named = peer.clone();
        let read = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                // Nothing counted with whoever is no peer would read as a count of none.
                named.as_ref().map(|peer| desk.peer(peer).map(drop)).transpose()?;
                counted(desk, year).await
            })
        });
        let (cells, _) = read.await??;
        let wanted = cells.iter().filter(|(cell, _)| peer.as_ref().is_none_or(|peer| *peer == cell.peer));
        Ok(wanted.map(|(cell, counts)| show(cell, counts)).collect())
    }
}

impl Action for MakeReport {
    const NAME: &'static str = "oversight.report";
    const SUMMARY: &'static str = "makes the signed report of a year: counts and safeguards without content";
    const SCOPE: Scope = Scope::Oversight;
    type Reply = ReportMade;

    async fn run(self, ctx: &Ctx) -> Result<ReportMade, Fault> {
        let year = self.year;
        let least = self.least.unwrap_or(LEAST).max(3);
        let read = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let (cells, gaps) = counted(desk, Some(year)).await?;
                let reports = desk.irregularities().await?;
                let head = desk.log().head();
                Ok::<_, Fault>((cells, gaps, reports, head.size, head.root))
            })
        });
        let (cells, gaps, reports, ledger_size, ledger_root) = read.await??;
        let at = ctx.now();
        let party = ctx.party.clone();
        let report = Report {
            version: 2,
            party,
            year,
            at,
            least,
            rows: rows(&cells, least),
            ledger_size,
            ledger_root,
            irregularities: Some(irregularities(reports.values(), year, least)),
        };
        let keys = Keys::open(&ctx.dir).map_err(key_fault)?;
        let signer = keys.signer(KeyPurpose::Record, at).map_err(key_fault)?;
        let lines = lines(&report);
        let signed = Attested::sign(report, &*signer);
        let signed = signed.map_err(|failed| key_fault(failed.into()))?;
        let party = ctx.party.to_string();
        Ok(ReportMade { party, year, report: to_hex(signed.as_bytes()), lines, gaps })
    }
}

/// The counts, and what of the chain of events they cannot hold.
async fn counted(
    desk: &mut NodeDesk,
    year: Option<i16>,
) -> Result<(BTreeMap<Cell, Counts>, Vec<String>), Fault> {
    let files = files(desk).await?;
    let mut measures = Vec::with_capacity(files.len());
    for file in &files {
        measures.push(measure_of(desk, file).await?);
    }
    let stated = safeguards(&desk.inner_entries().await?);
    let views: Vec<_> = files.iter().map(|file| file.history.view()).collect();
    let cases = files.iter().zip(&views).zip(&measures);
    let cells = count(
        cases.map(|((file, view), measure)| Counted {
            view,
            side: file.side,
            peer: &file.peer,
            measure: measure.as_deref(),
            safeguards: stated.get(&file.case),
        }),
        year,
    );
    let gaps = files.iter().filter_map(|file| gap(file, desk.party())).collect();
    Ok((cells, gaps))
}

/// Why a case is not counted whole.
fn gap(file: &CaseFile, own: &PartyCode) -> Option<String> {
    if file.history.flow() == Flow::Ping {
        return None;
    }
    let opened = file.history.view().lines.iter().any(|line| line.step == StepKind::Send);
    let whose = if file.side == Side::Asking { own } else { &file.peer };
    let (erased, waiting, dropped) = (file.erased.len(), file.history.waiting(), file.dropped.len());
    let case = file.case.0.short();
    match () {
        () if !opened => {
            Some(format!("case {case}: the step by which {whose} opened it is not held; not counted"))
        }
        () if erased + waiting + dropped > 0 => Some(format!(
            "case {case}: {erased} steps erased, {waiting} waiting for others, {dropped} against the rules; counted without them"
        )),
        () => None,
    }
}

fn show(cell: &Cell, counts: &Counts) -> CountsShown {
    let times = Stage::ALL.iter().filter_map(|stage| {
        let times = counts.times(*stage)?;
        Some(TimesShown {
            stage: stage.as_str().to_owned(),
            count: times.count,
            least: times.least / HOUR,
            lower: times.lower / HOUR,
            median: times.median / HOUR,
            upper: times.upper / HOUR,
            most: times.most / HOUR,
        })
    });
    CountsShown {
        peer: cell.peer.to_string(),
        direction: direction(cell.sent).to_owned(),
        measure: cell.measure.clone(),
        all: counts.all,
        granted: counts.ended(Ending::Granted),
        refused: counts.ended(Ending::Refused),
        not_possible: counts.ended(Ending::NotPossible),
        not_pursued: counts.ended(Ending::NotPursued),
        withdrawn: counts.ended(Ending::Withdrawn),
        open: counts.ended(Ending::Open),
        grounds: counts.grounds.clone(),
        emergency: counts.emergency,
        reviewed: counts.reviewed,
        conditions: counts.conditions,
        times: times.collect(),
    }
}

const fn direction(sent: bool) -> &'static str {
    if sent { "sent" } else { "received" }
}

/// What a report tells, line by line.
pub fn lines(report: &Report) -> Vec<String> {
    let mut lines = vec![
        format!("{} in {}, as counted on {}", report.party, report.year, report.at),
        format!("numbers below {} are withheld, and so is what would give them away", report.least),
        format!("ledger of {} entries, root {}", report.ledger_size, report.ledger_root),
    ];
    if report.rows.is_empty() {
        lines.push("no cases".to_owned());
    }
    for row in &report.rows {
        lines.extend(row_lines(row, report.least));
    }
    if let Some(counts) = &report.irregularities {
        lines.extend(irregularity_lines(counts, report.least));
    }
    lines
}

fn irregularity_lines(counts: &IrregularityCounts, least: u32) -> Vec<String> {
    let mut lines = vec![
        format!("reports of irregularities: {}", number(counts.filed, least)),
        format!("  opened within 7 days: {}", number(counts.opened_in_time, least)),
        format!("  answered within three months: {}", number(counts.answered_in_time, least)),
    ];
    let names = Outcome::ALL.iter().map(|outcome| outcome.as_str()).chain(["open"]);
    lines.extend(
        names.zip(&counts.endings).map(|(name, count)| format!("  {name}: {}", number(*count, least))),
    );
    lines
}

fn number(told: Told, least: u32) -> String {
    match told {
        Told::Exactly(count) => count.to_string(),
        Told::Withheld => format!("withheld (below {least}, or gives one away)"),
    }
}

fn row_lines(row: &Row, least: u32) -> Vec<String> {
    let told = |told: Told| number(told, least);
    let mut lines = vec![format!("{} {}: {}", direction(row.sent), row.measure, told(row.all))];
    for ((_, name), count) in ENDINGS.iter().zip(&row.endings) {
        lines.push(format!("  {name}: {}", told(*count)));
    }
    for (ground, count) in &row.grounds {
        lines.push(format!("  refused, {ground}: {}", told(*count)));
    }
    lines.push(format!("  in danger to life: {}", told(row.emergency)));
    lines.push(format!("  of these papers filed for review: {}", told(row.reviewed)));
    lines.push(format!("  with conditions on use: {}", told(row.conditions)));
    lines.push(format!("  exculpatory material told of: {}", told(row.exculpatory)));
    if let Some(safeguards) = &row.safeguards {
        lines.push(format!("  persons and safeguards stated of: {}", told(safeguards.stated)));
        lines.push(format!("  persons affected: {}", told(safeguards.persons)));
        lines.push(format!("  of these given notice: {}", told(safeguards.notified)));
        lines.push(format!("  errors: {}", told(safeguards.errors)));
        lines.push(format!("  complaints: {}", told(safeguards.complaints)));
    }
    lines
}
