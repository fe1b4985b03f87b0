//! Cases on paper: our records of a case as a page with codes, and what such a page brings when it is read back. A page is a
//! turn like a pouch is, so that it goes the same way: signatures, border, ledger, acknowledgement.

use super::{
    Action, Ctx, Fault,
    case::{acting::Acting, authorise::thread_of, preview::record_shown},
    hex,
    pouch::{PouchOpened, take_in},
    sequencer::{Means, NodeDesk},
};
use crate::paper::{Line, Page, PageKind, PartFault, Said};
use comity_affairs::{CaseId, form::Language};
use comity_exchange::{
    CaseFile, Delivery, DeskFault, Scope,
    tables::{OUTBOX, OutboxRow},
    turn::{Item, Turn},
};
use comity_record::{Canonical, OfficerId, RecordId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Writes our records of a case as a page.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WritePaper {
    /// The case.
    pub case: String,
    /// All of our records, also those that the other side has acknowledged.
    pub all: bool,
    /// The officer, where the console speaks for one.
    pub officer: Option<String>,
}

/// A page.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PaperWritten {
    /// To whom it is to be carried.
    pub to: String,
    /// The page in HTML, complete in itself.
    pub page: String,
    /// How many records it holds.
    pub records: u64,
    /// How many acknowledgements it carries.
    pub acknowledgements: u64,
    /// Whether it is exercise traffic.
    pub exercise: bool,
}

/// Takes in what a page holds.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReadPaper {
    /// What its codes hold together, in hexadecimal digits.
    pub payload: String,
}

impl Action for WritePaper {
    const NAME: &'static str = "paper.write";
    const SUMMARY: &'static str = "writes our records of a case as a page with codes that import again";
    const SCOPE: Scope = Scope::Cases;
    type Reply = PaperWritten;

    async fn run(self, ctx: &Ctx) -> Result<PaperWritten, Fault> {
        let by = ctx.by.clone();
        ctx.sequencer.run(move |desk, means| Box::pin(write(desk, means, by, self))).await?
    }
}

impl Action for ReadPaper {
    const NAME: &'static str = "paper.read";
    const SUMMARY: &'static str =
        "takes in what a page holds: each record is judged as if it had come by the network";
    const SCOPE: Scope = Scope::Import;
    type Reply = PouchOpened;

    async fn run(self, ctx: &Ctx) -> Result<PouchOpened, Fault> {
        let bytes = hex(&self.payload)
            .ok_or_else(|| Fault::new("paper/not-hex", "the payload is not in hexadecimal digits"))?;
        let turn = Turn::from_bytes(&bytes).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        if turn.to != ctx.party {
            let text = format!("the page is for `{}` and not for `{}`", turn.to, ctx.party);
            return Err(Fault::new("paper/other-recipient", text).help("read it at the node of that party"));
        }
        if let Some(item) = turn.items.iter().find(|item| !item.is_whole()) {
            let text =
                format!("what the page has at position {} is not what its sender signed", item.position);
            return Err(Fault::new("paper/not-signed", text)
                .help("nothing of the page was taken in; let the sender print it again"));
        }
        let peer = turn.from.clone();
        take_in(ctx, peer, turn).await
    }
}

async fn write(
    desk: &mut NodeDesk,
    means: &mut Means,
    by: Option<OfficerId>,
    asked: WritePaper,
) -> Result<PaperWritten, Fault> {
    let now = means.now();
    let acting = Acting::of(desk.house(), by.as_ref(), asked.officer.as_deref(), now.date())?;
    let case = desk.find_case(&asked.case).await?;
    acting.must_read(desk.house(), thread_of(desk, case).await?, &asked.case, now.date())?;
    let file = held(desk, case).await?;
    let hidden =
        |entry: &comity_exchange::CaseEntry| !acting.reads(desk.house(), entry.event.thread, now.date());
    if file.entries.iter().any(hidden) {
        let text = "the case has steps in threads that this officer does not read";
        return Err(
            Fault::new("case/not-all-threads", text).help("let an officer print it who reads all of them")
        );
    }
    let delivered = desk.case_delivery(&file).await?;
    let wanted: BTreeSet<RecordId> = delivered
        .into_iter()
        .filter(|(_, how)| asked.all || matches!(how, Delivery::Underway))
        .map(|(record, _)| record)
        .collect();
    let number = desk.peer(&file.peer)?.number;
    let mut positions = BTreeMap::new();
    for (key, value) in desk.rows(OUTBOX, number).await? {
        let record = OutboxRow::from_bytes(&value).map_err(DeskFault::from)?.record;
        let position = key.first_chunk::<8>().copied().map_or(0, u64::from_be_bytes);
        if wanted.contains(&record) {
            positions.insert(position, record);
        }
    }
    let first = *positions.keys().next().ok_or_else(|| {
        Fault::new("paper/nothing", "the other side has every record of ours in this case")
            .help("print them all the same with --all")
    })?;
    let filled = desk.fill_turn_after(now, means.entropy(), &file.peer, first.saturating_sub(1)).await?;
    // Only what the case needs goes on paper; a turn of the network also tells what is understood and witnessed.
    let mut turn = Turn::new(desk.party().clone(), file.peer.clone());
    turn.understands.clear();
    let is_wanted = |item: &Item| item.dispatch.is_some() && positions.contains_key(&item.position);
    turn.items = filled.items.into_iter().filter(is_wanted).collect();
    let lacking = desk.peer(&file.peer)?.lacking;
    desk.add_acknowledgements(&file.peer, lacking, &mut turn).await?;
    let mut records = Vec::new();
    for item in &turn.items {
        if let Some(record) = positions.get(&item.position) {
            records.push(said(desk, *record).await?);
        }
    }
    let exercise = file.history.view().exercise;
    let page = Page {
        kind: PageKind::Case,
        from: desk.party().to_string(),
        to: file.peer.to_string(),
        at: now.to_string(),
        exercise,
        payload: turn.to_bytes(),
        records,
    };
    Ok(PaperWritten {
        to: page.to.clone(),
        page: page.html()?,
        records: page.records.len() as u64,
        acknowledgements: turn.acknowledgements.len() as u64,
        exercise,
    })
}

/// A case of which something was signed; a draft is none yet.
pub(super) async fn held(desk: &NodeDesk, case: CaseId) -> Result<CaseFile, Fault> {
    let none = || Fault::new("case/not-sent", "the case is a draft: nothing of it was signed yet");
    desk.case_file(case).await?.ok_or_else(none)
}

async fn said(desk: &NodeDesk, record: RecordId) -> Result<Said, DeskFault> {
    let held = desk.envelope(record).await?;
    let shown = record_shown(&held.record, Language::English);
    let officer = if shown.officer.is_empty() { String::new() } else { format!(" ({})", shown.officer) };
    let line =
        |line: super::case::preview::LineShown| Line { code: line.code, name: line.label, value: line.value };
    Ok(Said {
        kind: shown.kind,
        record: record.to_string(),
        from: format!("{}{officer}", shown.from),
        labels: shown.labels,
        lines: shown.lines.into_iter().map(line).collect(),
    })
}

impl From<PartFault> for Fault {
    fn from(fault: PartFault) -> Fault {
        let plain = Fault::new(fault.code(), fault.to_string());
        match fault {
            PartFault::TooLong { .. } => plain.help("carry it as a pouch: `comity pouch pack`"),
            PartFault::Missing { .. } => plain.help("scan the missing codes, and give all of them together"),
            PartFault::Altered | PartFault::Twice { .. } | PartFault::Unreadable { .. } => {
                plain.help("scan the codes again; copying them by hand is where mistakes come from")
            }
            _ => plain,
        }
    }
}
