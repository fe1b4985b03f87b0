//! Reports of irregularities: what anybody may file here without being known, and what a body of oversight does with it. All
//! that comes and goes is sealed; nothing here can open it. Who files is neither asked nor kept.

pub(super) mod door;

use super::{
    Action, Ctx, Fault,
    sequencer::{Means, NodeDesk},
};
use crate::seal;
use base64::{Engine, engine::general_purpose::STANDARD};
use comity_affairs::{
    home::AuthorityKind,
    irregularity::{Deed, Done, Filing, Irregularity, Kept, Outcome, Place},
};
use comity_exchange::{House, Scope};
use comity_record::{Canonical, Date, Hash, OfficerId, Timestamp, UnitCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Messages that are taken in on one day (UTC). Who files is not known, so that nobody can be held back alone; without a
/// bound, anybody could fill the disk.
const A_DAY: usize = 200;

/// Files a sealed message of a reporter. Nothing is asked of who files it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FileIrregularity {
    /// The State whose body of oversight it is for.
    pub party: String,
    /// The sealed message, in base64.
    pub filing: String,
}

/// Looks at what became of a report. Whoever knows its place has the reporter's code.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LookIrregularity {
    /// The State.
    pub party: String,
    /// The place of the report, in 64 hexadecimal digits.
    pub place: String,
}

/// Lists the reports to the body of oversight that the officer serves in.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListIrregularities {}

/// Gives a body of oversight what is sealed to it. That it was given, and to whom, is entered.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReadIrregularity {
    /// The place of the report, or at least eight digits of it.
    pub place: String,
}

/// Answers a report, and closes it where an outcome is named.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AnswerIrregularity {
    /// The place of the report, or at least eight digits of it.
    pub place: String,
    /// The answer, sealed to the reporter, in base64; none where it is closed without words.
    pub to_reporter: Option<String>,
    /// The same, sealed to the body itself, in base64.
    pub to_body: Option<String>,
    /// `substantiated`, `unfounded`, `referred` or `not-pursued`, where it is closed.
    pub outcome: Option<String>,
}

/// Erases what was told and answered in a report. What was done about it stays.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EraseIrregularity {
    /// The place of the report, or at least eight digits of it.
    pub place: String,
}

/// A message taken in.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct IrregularityFiled {
    /// When.
    pub at: String,
    /// The body of oversight.
    pub unit: String,
    /// Until when it should be opened.
    pub open_by: String,
}

/// A report as the reporter sees it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct IrregularityLook {
    /// The body of oversight.
    pub unit: String,
    /// What was done, oldest first: no officer is named.
    pub done: Vec<DeedLook>,
    /// What it waits for, and until when.
    pub due: Option<String>,
}

/// Something done about a report, as the reporter sees it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeedLook {
    /// When.
    pub at: String,
    /// What.
    pub what: String,
    /// An answer, sealed to the reporter, in base64.
    pub answer: Option<String>,
}

/// A report as a body of oversight sees it listed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct IrregularityShown {
    /// Its place.
    pub place: String,
    /// The body of oversight.
    pub unit: String,
    /// When it was filed.
    pub filed: String,
    /// How many messages the reporter sent.
    pub messages: u32,
    /// `unread`, `opened`, `answered`, how it ended, or `erased`.
    pub state: String,
    /// What it waits for.
    pub waits_for: Option<String>,
    /// Until when.
    pub due: Option<String>,
    /// Whether that has passed.
    pub overdue: bool,
    /// Everything done, oldest first, with who did it.
    pub done: Vec<DeedShown>,
}

/// Something done about a report.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeedShown {
    /// When.
    pub at: String,
    /// What.
    pub what: String,
    /// By whom; absent for a reporter, and for the machine's console.
    pub by: Option<String>,
}

/// What is sealed to a body of oversight.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct IrregularityRead {
    /// The State.
    pub party: String,
    /// The place of the report.
    pub place: String,
    /// The body.
    pub unit: String,
    /// Messages and answers, oldest first.
    pub sealed: Vec<SealedDeed>,
}

/// A message or an answer, sealed to the body.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SealedDeed {
    /// When.
    pub at: String,
    /// `filed` or `answered`.
    pub what: String,
    /// The bytes in base64.
    pub bytes: String,
}

/// What was erased.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct IrregularityErased {
    /// How many messages and answers.
    pub bodies: usize,
}

impl Action for FileIrregularity {
    const NAME: &'static str = "irregularity.file";
    const SUMMARY: &'static str =
        "files a sealed report of an irregularity; nothing is asked of who files it, and nothing kept";
    // The console of the machine may file too. Over the API no token is needed (`door`).
    const SCOPE: Scope = Scope::Read;
    const LONGEST: Option<usize> = Some(4 << 20);
    type Reply = IrregularityFiled;

    async fn run(self, ctx: &Ctx) -> Result<IrregularityFiled, Fault> {
        let bytes = STANDARD.decode(&self.filing).map_err(Fault::input)?;
        let filing = Filing::from_bytes(&bytes).map_err(|bad| Fault::new(bad.code(), bad.to_string()))?;
        if filing.party != ctx.party || filing.version != 1 {
            let text = format!("the report is not for a body of oversight of `{}`", ctx.party);
            return Err(Fault::new("irregularity/elsewhere", text));
        }
        let header = seal::header(&filing.sealed);
        let header = header.map_err(|bad| Fault::new(bad.code(), bad.to_string()))?;
        let unit = body_of_key(&ctx.sequencer.house(), &header.key, ctx.now().date())?;
        ctx.sequencer.run(move |desk, means| Box::pin(file(desk, means, unit, filing))).await?
    }
}

impl Action for LookIrregularity {
    const NAME: &'static str = "irregularity.look";
    const SUMMARY: &'static str =
        "shows whoever has its code what became of a report, with the sealed answers";
    const SCOPE: Scope = Scope::Read;
    type Reply = IrregularityLook;

    async fn run(self, ctx: &Ctx) -> Result<IrregularityLook, Fault> {
        let place = Hash::from_hex(&self.place).map(Place).ok_or_else(none)?;
        let read = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let report = desk.irregularities().await?.remove(&place);
                Ok::<_, Fault>((report, desk.irregularity_bodies(&place).await?))
            })
        });
        let (report, bodies) = read.await??;
        let report = report.ok_or_else(none)?;
        let look = |done: &Done| DeedLook {
            at: done.at.to_string(),
            what: what(done.deed),
            answer: bodies.iter().find_map(|(of, kept)| {
                (of == done)
                    .then_some(kept.to_reporter.as_ref())
                    .flatten()
                    .map(|bytes| STANDARD.encode(&**bytes))
            }),
        };
        Ok(IrregularityLook {
            unit: report.unit.to_string(),
            done: report.done.iter().map(look).collect(),
            due: report.due().map(|(what, at)| format!("{what} until {at}")),
        })
    }
}

impl Action for ListIrregularities {
    const NAME: &'static str = "irregularity.list";
    const SUMMARY: &'static str = "lists the reports to the asker's own body of oversight, without content";
    const SCOPE: Scope = Scope::Oversight;
    type Reply = Vec<IrregularityShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<IrregularityShown>, Fault> {
        let read = ctx.sequencer.run(|desk, _| Box::pin(async move { desk.irregularities().await }));
        let reports = read.await??;
        let (house, now) = (ctx.sequencer.house(), ctx.now());
        let own = reports.values().filter(|report| may_see(&house, ctx, &report.unit));
        Ok(own.map(|report| show(report, now)).collect())
    }
}

impl Action for ReadIrregularity {
    const NAME: &'static str = "irregularity.read";
    const SUMMARY: &'static str =
        "gives a body of oversight what is sealed to it; that it was given, and to whom, is entered";
    const SCOPE: Scope = Scope::Oversight;
    type Reply = IrregularityRead;

    async fn run(self, ctx: &Ctx) -> Result<IrregularityRead, Fault> {
        let asker = ctx.clone();
        let read = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let report = find(desk, &asker, &self.place).await?;
                let about = (report.place, report.unit.clone());
                // Entered before a byte is given.
                let now = means.now();
                desk.irregularity_enter(now, means.entropy(), about, asker.by.clone(), Deed::Opened, None)
                    .await?;
                Ok::<_, Fault>((desk.irregularity_bodies(&report.place).await?, report))
            })
        });
        let (bodies, report) = read.await??;
        let sealed = bodies.into_iter().filter_map(|(done, kept)| {
            Some(SealedDeed {
                at: done.at.to_string(),
                what: what(done.deed),
                bytes: STANDARD.encode(&*kept.to_body?),
            })
        });
        Ok(IrregularityRead {
            party: ctx.party.to_string(),
            place: report.place.0.to_string(),
            unit: report.unit.to_string(),
            sealed: sealed.collect(),
        })
    }
}

impl Action for AnswerIrregularity {
    const NAME: &'static str = "irregularity.answer";
    const SUMMARY: &'static str = "keeps a sealed answer for a reporter, and closes the report";
    const SCOPE: Scope = Scope::Oversight;
    const LONGEST: Option<usize> = Some(2 << 20);
    type Reply = IrregularityShown;

    async fn run(self, ctx: &Ctx) -> Result<IrregularityShown, Fault> {
        let outcome: Option<Outcome> =
            self.outcome.as_deref().map(str::parse).transpose().map_err(Fault::input)?;
        let to_reporter = self.to_reporter.as_deref().map(sealed).transpose()?;
        let to_body = self.to_body.as_deref().map(sealed).transpose()?;
        if outcome.is_none() && to_reporter.is_none() {
            return Err(Fault::new("input/bad-value", "there is neither an answer nor an outcome"));
        }
        let kept = to_reporter.map(|bytes| Kept { to_body, to_reporter: Some(bytes) });
        let (asker, now) = (ctx.clone(), ctx.now());
        let answered = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let report = find(desk, &asker, &self.place).await?;
                let about = || (report.place, report.unit.clone());
                let by = || asker.by.clone();
                if kept.is_some() {
                    let now = means.now();
                    desk.irregularity_enter(now, means.entropy(), about(), by(), Deed::Answered, kept)
                        .await?;
                }
                if let Some(outcome) = outcome {
                    let (now, deed) = (means.now(), Deed::Closed(outcome));
                    desk.irregularity_enter(now, means.entropy(), about(), by(), deed, None).await?;
                }
                desk.irregularities().await?.remove(&report.place).ok_or_else(none)
            })
        });
        Ok(show(&answered.await??, now))
    }
}

impl Action for EraseIrregularity {
    const NAME: &'static str = "irregularity.erase";
    const SUMMARY: &'static str = "erases what was told and answered in a report; what was done stays";
    const SCOPE: Scope = Scope::Oversight;
    type Reply = IrregularityErased;

    async fn run(self, ctx: &Ctx) -> Result<IrregularityErased, Fault> {
        let asker = ctx.clone();
        let erased = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let Irregularity { place, unit, .. } = find(desk, &asker, &self.place).await?;
                let now = means.now();
                let by = asker.by.clone();
                Ok::<_, Fault>(desk.irregularity_erase(now, means.entropy(), place, unit, by).await?)
            })
        });
        Ok(IrregularityErased { bodies: erased.await?? })
    }
}

async fn file(
    desk: &mut NodeDesk,
    means: &mut Means,
    unit: UnitCode,
    filing: Filing,
) -> Result<IrregularityFiled, Fault> {
    let now = means.now();
    let reports = desk.irregularities().await?;
    let filed_today = reports
        .values()
        .flat_map(|report| &report.done)
        .filter(|done| done.deed == Deed::Filed && done.at.date() == now.date());
    if filed_today.count() >= A_DAY {
        return Err(Fault::new("irregularity/full", format!("{A_DAY} messages were taken in today"))
            .help("file it tomorrow, or bring it to the body of oversight by hand"));
    }
    let known = reports.get(&filing.place);
    if known.is_some_and(|report| report.unit != unit) {
        return Err(Fault::new("irregularity/other-body", "the report is with another body of oversight")
            .help("begin a new report, with a new code"));
    }
    let kept = Kept { to_body: Some(filing.sealed), to_reporter: None };
    let about = (filing.place, unit.clone());
    desk.irregularity_enter(now, means.entropy(), about, None, Deed::Filed, Some(kept)).await?;
    let report = known.cloned().unwrap_or_else(|| Irregularity::new(filing.place, unit.clone(), now));
    Ok(IrregularityFiled {
        at: now.to_string(),
        unit: unit.to_string(),
        open_by: report.open_by().to_string(),
    })
}

/// The body of oversight that a key of that day is of. No other unit is told of irregularities this way.
fn body_of_key(house: &House, key: &Hash, on: Date) -> Result<UnitCode, Fault> {
    let known = house.unit_keys.find(key).filter(|known| known.stands_on(on));
    let body = known.filter(|known| is_body(house, &known.unit, on));
    body.map(|known| known.unit.clone()).ok_or_else(|| {
        Fault::new("irregularity/no-body", "the report is sealed to no body of oversight that stands today")
            .help("get the key of the body of today, and write the report again")
    })
}

fn is_body(house: &House, unit: &UnitCode, on: Date) -> bool {
    house.tree().find(unit, on).is_some_and(|one| one.kind == AuthorityKind::Oversight)
}

/// Whether the asker may know of reports to a body: its own officers, while it is one. The console of the machine may see
/// that they are there and hand the sealed bytes on; it cannot open them.
fn may_see(house: &House, ctx: &Ctx, unit: &UnitCode) -> bool {
    let on = ctx.now().date();
    let serves = |officer: &OfficerId| house.unit_of(officer, on) == Some(unit) && is_body(house, unit, on);
    ctx.by.as_ref().is_none_or(serves)
}

/// The report of a place, or of the beginning of one. What may not be seen is told as what is not there.
async fn find(desk: &mut NodeDesk, asker: &Ctx, wanted: &str) -> Result<Irregularity, Fault> {
    let wanted = wanted.to_lowercase();
    let reports = desk.irregularities().await?;
    let house = asker.sequencer.house();
    let fits = |report: &Irregularity| {
        wanted.len() >= 8
            && report.place.0.to_string().starts_with(&wanted)
            && may_see(&house, asker, &report.unit)
    };
    let mut found = reports.into_values().filter(fits);
    match (found.next(), found.next()) {
        (Some(report), None) => Ok(report),
        _ => Err(none()),
    }
}

fn none() -> Fault {
    Fault::new("irregularity/none", "there is no such report").help("`comity irregularity list` shows them")
}

fn sealed(text: &str) -> Result<minicbor::bytes::ByteVec, Fault> {
    let bytes = STANDARD.decode(text).map_err(Fault::input)?;
    seal::header(&bytes).map_err(|bad| Fault::new(bad.code(), bad.to_string()))?;
    Ok(bytes.into())
}

fn what(deed: Deed) -> String {
    match deed {
        Deed::Closed(outcome) => format!("closed: {outcome}"),
        deed => deed.as_str().to_owned(),
    }
}

fn show(report: &Irregularity, now: Timestamp) -> IrregularityShown {
    let due = report.due();
    IrregularityShown {
        place: report.place.0.to_string(),
        unit: report.unit.to_string(),
        filed: report.filed.to_string(),
        messages: report.messages,
        state: report.state().to_owned(),
        waits_for: due.map(|(what, _)| what.to_owned()),
        due: due.map(|(_, at)| at.to_string()),
        overdue: due.is_some_and(|(_, at)| at < now),
        done: report
            .done
            .iter()
            .map(|done| DeedShown {
                at: done.at.to_string(),
                what: what(done.deed),
                by: done.by.as_ref().map(ToString::to_string),
            })
            .collect(),
    }
}
