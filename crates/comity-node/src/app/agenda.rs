//! The agenda: what is due for whom, soonest first. **Invariant:** it reads and offers; no clock makes a step, an act or an
//! entry of the ledger.

use super::{
    Action, Ctx, Fault,
    case::acting::is_mandated,
    evidence::ended::{Ended, ended},
    house::unit_code,
    sequencer::NodeDesk,
    standing, task, zone,
};
use comity_affairs::{
    Event, Flow, History, Side, Thread,
    clock::{Agreed, Calendar, Clock, Due, Lengths, Offer, Proposal, access_ended, running},
    form::Form,
    home::Hours,
};
use comity_exchange::{CaseFile, DeskFault, House, Scope};
use comity_record::{Body, Date, PartyCode, Timestamp, UnitCode, body::Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Shows what is due for whom.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShowAgenda {
    /// Only what is due for this unit. The machine's console may name any, an officer the own one.
    pub unit: Option<String>,
    /// Only what is due for the unit of this officer.
    pub officer: Option<String>,
    /// Only what stands with this party.
    pub peer: Option<String>,
    /// Exercises instead of real matters.
    pub exercise: bool,
}

/// Shows the lengths of clocks on which both sides have agreed, by party.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShowClocks {
    /// Only those with this party.
    pub peer: Option<String>,
}

/// Something that is due.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DueShown {
    /// `overdue`, `soon`, `later` or `paused`.
    pub says: String,
    /// When, in UTC.
    pub due: String,
    /// The same on a clock of whoever is to act, where the time zone is known.
    pub due_there: Option<String>,
    /// What: the code of a clock, or `task`.
    pub what: String,
    /// Who is to act: a unit of ours, or the other party.
    pub by_whom: String,
    /// Whether it is for us to act.
    pub ours: bool,
    /// The case.
    pub case: Option<String>,
    /// The reference of the case.
    pub reference: Option<String>,
    /// The other party of the case.
    pub peer: Option<String>,
    /// The number of the task.
    pub task: Option<u32>,
    /// The warning that is due for data that end: 30, 14 or 3 days before.
    pub warning_days: Option<u16>,
    /// What may be offered to an officer now. None of it happens by itself.
    pub offers: Vec<String>,
    /// Whether it is an exercise.
    pub exercise: bool,
}

/// A length on which both sides have agreed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AgreedShown {
    /// The other party.
    pub peer: String,
    /// The clock.
    pub clock: String,
    /// The measure; absent: every measure.
    pub measure: Option<String>,
    /// The length.
    pub length: String,
    /// When the later of both said so.
    pub since: String,
    /// Whether it holds in exercises only.
    pub exercise: bool,
    /// The words in which each side stated it.
    pub words: String,
}

impl Action for ShowAgenda {
    const NAME: &'static str = "agenda.show";
    const SUMMARY: &'static str = "shows what is due for whom, soonest first";
    const SCOPE: Scope = Scope::Tasks;
    type Reply = Vec<DueShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<DueShown>, Fault> {
        let house = ctx.sequencer.house();
        let named = match &self.officer {
            None => None,
            Some(officer) => {
                let id = officer.parse().map_err(Fault::input)?;
                let unit = house.unit_of(&id, ctx.now().date());
                let none = || Fault::new("house/no-officer", format!("`{id}` serves in no unit today"));
                Some(unit.ok_or_else(none)?.to_string())
            }
        };
        let unit = self.unit.clone().or(named);
        let mut items = look(ctx, ctx.now(), unit.as_deref()).await?;
        let of_unit = unit.as_deref().map(unit_code).transpose()?;
        items.retain(|item| {
            let whose = of_unit.as_ref().is_none_or(|unit| item.by_whom == unit.as_str() || !item.ours);
            let peer = self.peer.as_ref().is_none_or(|peer| item.peer.as_ref() == Some(peer));
            item.exercise == self.exercise && whose && peer
        });
        Ok(items)
    }
}

impl Action for ShowClocks {
    const NAME: &'static str = "agenda.clocks";
    const SUMMARY: &'static str = "shows the lengths of clocks on which both sides have agreed";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Vec<AgreedShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<AgreedShown>, Fault> {
        let files = ctx.sequencer.run(|desk, _| Box::pin(files(desk))).await??;
        let mut shown = Vec::new();
        for ((peer, exercise), agreed) in agreed_by_pair(&files) {
            if self.peer.as_ref().is_some_and(|wanted| *wanted != peer.as_str()) {
                continue;
            }
            let row = |(at, proposal): (Timestamp, Proposal)| AgreedShown {
                peer: peer.to_string(),
                clock: proposal.kind.to_string(),
                length: proposal.length.to_string(),
                since: at.to_string(),
                exercise,
                words: proposal.to_string(),
                measure: proposal.measure,
            };
            shown.extend(agreed.all().map(row));
        }
        Ok(shown)
    }
}

/// What is due at a time for who asks: tasks that one may see, and clocks of cases. The national desk has those of all
/// cases of which its mandate reads a thread; another unit those alone that it is to act on itself, under its mandate. The
/// machine's console, where it speaks for no unit, has all.
pub(super) async fn look(ctx: &Ctx, now: Timestamp, unit: Option<&str>) -> Result<Vec<DueShown>, Fault> {
    let seen = task::seen(ctx, unit).await?;
    let mut items: Vec<(Due, Timestamp, DueShown)> = Vec::new();
    for one in seen.tasks.iter().filter(|one| one.state.is_open()) {
        let says = task_says(one.at, one.given.due, now);
        items.push((
            says,
            one.given.due,
            DueShown {
                says: says_text(says).to_owned(),
                due: one.given.due.to_string(),
                due_there: seen.on_the_wall(&one.given.to, one.given.due)?,
                what: "task".to_owned(),
                by_whom: one.given.to.to_string(),
                ours: true,
                case: one.given.case.filter(|_| seen.standing.is_desk).map(|case| case.to_string()),
                reference: None,
                peer: None,
                task: Some(one.given.number),
                warning_days: None,
                offers: seen.offers(one),
                exercise: one.given.exercise,
            },
        ));
    }
    let speaks = ctx.by.is_some() || unit.is_some();
    let viewer = match seen.standing.unit.filter(|_| speaks) {
        Some(unit) if seen.standing.is_desk => Viewer::Desk(unit),
        Some(unit) => Viewer::Unit(unit),
        None => Viewer::Console,
    };
    items.extend(of_cases(ctx, now, &viewer).await?);
    items.sort_by(|a, b| (a.0, a.1, &a.2.case, a.2.task).cmp(&(b.0, b.1, &b.2.case, b.2.task)));
    Ok(items.into_iter().map(|(_, _, item)| item).collect())
}

/// Who looks at the clocks of cases.
enum Viewer {
    Console,
    Desk(UnitCode),
    Unit(UnitCode),
}

impl Viewer {
    /// Whether a clock is shown: of a case, due for a unit of ours or for the other side.
    fn sees(&self, house: &House, file: &CaseFile, whose: Option<&UnitCode>, on: Date) -> bool {
        let opened = file.entries.first().map_or(Thread::Judicial, |first| first.event.thread);
        let reads =
            |unit: &UnitCode, thread| house.mandates.is_empty() || is_mandated(house, unit, thread, on);
        match self {
            Viewer::Console => true,
            Viewer::Desk(unit) => file.entries.iter().any(|entry| reads(unit, entry.event.thread)),
            Viewer::Unit(unit) => whose == Some(unit) && is_mandated(house, unit, opened, on),
        }
    }
}

/// The unit of ours that acts in a case: that of our last step in the thread which opened it, while it stands; else the
/// national desk.
fn acts_in(house: &House, file: &CaseFile, on: Date) -> Option<UnitCode> {
    let opened = file.entries.first()?.event.thread;
    let ours = |event: &Event| event.side == file.side && event.thread == opened;
    let last = file.entries.iter().rev().find(|entry| ours(&entry.event))?.event.unit.clone();
    house.units.get(&last).filter(|unit| unit.until.is_none_or(|until| on <= until)).map(|_| last)
}

async fn of_cases(
    ctx: &Ctx,
    now: Timestamp,
    viewer: &Viewer,
) -> Result<Vec<(Due, Timestamp, DueShown)>, Fault> {
    let read = ctx.sequencer.run(move |desk, _| {
        Box::pin(async move {
            let files = files(desk).await?;
            let beside = Beside::of(desk, &files).await?;
            let mut clocks = Vec::new();
            for file in files {
                let running = running_in(desk, &file, &beside).await?;
                clocks.push((file, running));
            }
            Ok::<_, Fault>(clocks)
        })
    });
    let house = ctx.sequencer.house();
    let desk = standing::desks(&house, now.date()).into_iter().next();
    let own_zone = own_hours(&house, now.date()).map(|hours| hours.zone.clone());
    let mut items = Vec::new();
    for (file, clocks) in read.await?? {
        let view = file.history.view();
        let peer_zone = house.peer_hours.get(&file.peer).map(|hours| hours.zone.clone());
        let unit = acts_in(&house, &file, now.date()).or_else(|| desk.clone());
        for clock in clocks {
            let says = clock.says(now);
            let ours = clock.owner == file.side;
            if !viewer.sees(&house, &file, unit.as_ref().filter(|_| ours), now.date()) {
                continue;
            }
            let zone = if ours { &own_zone } else { &peer_zone };
            // An offer to act is made from the start; one to press the other side only once its time has passed.
            let may_press = ours || says == Due::Overdue;
            let offers = clock.offers(file.side).iter().filter(|_| may_press && says != Due::Paused);
            items.push((
                says,
                clock.due,
                DueShown {
                    says: says_text(says).to_owned(),
                    due: clock.due.to_string(),
                    due_there: zone.as_ref().map(|zone| zone::on_the_wall(zone, clock.due)).transpose()?,
                    what: clock.kind.to_string(),
                    by_whom: match (ours, &unit) {
                        (false, _) => file.peer.to_string(),
                        (true, Some(unit)) => unit.to_string(),
                        (true, None) => "national desk".to_owned(),
                    },
                    ours,
                    case: Some(file.case.to_string()),
                    reference: view.reference.clone(),
                    peer: Some(file.peer.to_string()),
                    task: None,
                    warning_days: clock.warning(now),
                    offers: offers.map(|offer| offer_text(*offer).to_owned()).collect(),
                    exercise: view.exercise,
                },
            ));
        }
    }
    Ok(items)
}

/// Every case with both chains.
pub(super) async fn files(desk: &NodeDesk) -> Result<Vec<CaseFile>, DeskFault> {
    let mut files = Vec::new();
    for case in desk.case_ids().await? {
        files.extend(desk.case_file(case).await?);
    }
    Ok(files)
}

type ByPair = BTreeMap<(PartyCode, bool), Agreed>;

/// What was agreed on with each party, real matters and exercises apart.
pub(super) fn agreed_by_pair(files: &[CaseFile]) -> ByPair {
    let mut talks: BTreeMap<(PartyCode, bool), Vec<&History>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.history.flow() == Flow::Consultation) {
        let exercise = file.history.view().exercise;
        talks.entry((file.peer.clone(), exercise)).or_default().push(&file.history);
    }
    talks.into_iter().map(|(pair, histories)| (pair, Agreed::read(histories))).collect()
}

/// What the clocks of a case rest on beside its own events.
#[derive(Debug)]
pub(super) struct Beside {
    agreed: ByPair,
    ended: Vec<Ended>,
}

impl Beside {
    /// Reads it: what was agreed on with each party, and to what access was closed here.
    pub(super) async fn of(desk: &NodeDesk, files: &[CaseFile]) -> Result<Beside, Fault> {
        Ok(Beside { agreed: agreed_by_pair(files), ended: ended(desk).await? })
    }
}

/// The clocks that run in a case, each in the calendar of the side that is to act.
pub(super) async fn running_in(
    desk: &NodeDesk,
    file: &CaseFile,
    beside: &Beside,
) -> Result<Vec<Clock>, Fault> {
    let view = file.history.view();
    let measure = measure_of(desk, file).await?;
    let lengths = beside.agreed.get(&(file.peer.clone(), view.exercise));
    let lengths = lengths.map_or_else(Lengths::default, |agreed| agreed.lengths(measure.as_deref()));
    let house = desk.house();
    let day = view.lines.last().map_or_else(|| Timestamp::default().date(), |line| line.at.date());
    let own = calendar(own_hours(house, day))?;
    let peer = calendar(house.peer_hours.get(&file.peer))?;
    // Who gave may say that access ended at home, too; who received owes it.
    let owed = beside.ended.iter().filter(|one| one.received && one.is_untold(file, &view));
    let owed: Vec<Clock> = owed.map(|one| access_ended(file.side, one.since, &lengths, &own)).collect();
    let (asking, asked) = if file.side == Side::Asking { (own, peer) } else { (peer, own) };
    let mut clocks = running(&view, &lengths, &asking, &asked);
    clocks.extend(owed);
    clocks.sort_by_key(|clock| (clock.due, clock.kind));
    Ok(clocks)
}

/// The measure of a case: that of its request, else the first that its form is for.
pub(super) async fn measure_of(desk: &NodeDesk, file: &CaseFile) -> Result<Option<String>, DeskFault> {
    if let Some(request) = request_of(desk, file).await? {
        return Ok(Some(request.measure));
    }
    let view = file.history.view();
    let form = view.form.as_deref().and_then(|code| code.parse::<Form>().ok());
    Ok(form.and_then(|form| form.measures().first().map(|measure| (*measure).to_owned())))
}

/// The request of a case, where it has one that is held.
pub(super) async fn request_of(desk: &NodeDesk, file: &CaseFile) -> Result<Option<Request>, DeskFault> {
    let Some(record) = file.history.view().request else { return Ok(None) };
    match desk.envelope(record).await {
        Ok(held) => Ok(match &held.record.statement().body {
            Body::Request(request) => Some(request.clone()),
            _ => None,
        }),
        Err(DeskFault::NoRecord { .. } | DeskFault::Erased { .. }) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// When our national desk works on a day.
fn own_hours(house: &House, on: Date) -> Option<&Hours> {
    let desk = standing::desks(house, on).into_iter().next()?;
    let entries = house.authorities.range((desk.clone(), Date::MIN)..=(desk, on));
    entries.last().and_then(|(_, dated)| dated.authority.hours.as_ref())
}

fn calendar(hours: Option<&Hours>) -> Result<Calendar, Fault> {
    hours.map_or_else(|| Ok(Calendar::plain()), |hours| Ok(hours.calendar(zone::zone(&hours.zone)?)))
}

fn task_says(since: Timestamp, due: Timestamp, now: Timestamp) -> Due {
    let left = due.as_millis().saturating_sub(now.as_millis());
    let length = due.as_millis().saturating_sub(since.as_millis());
    match left {
        left if left < 0 => Due::Overdue,
        left if left <= length / 5 => Due::Soon,
        _ => Due::Later,
    }
}

const fn says_text(says: Due) -> &'static str {
    match says {
        Due::Overdue => "overdue",
        Due::Soon => "soon",
        Due::Later => "later",
        Due::Paused => "paused",
    }
}

const fn offer_text(offer: Offer) -> &'static str {
    match offer {
        Offer::Remind => "remind",
        Offer::SecondContact => "try the second contact",
        Offer::DiplomaticCopy => "send a copy by the diplomatic channel",
        Offer::AskProgress => "ask for progress",
        Offer::ExtendOrFollowUp => "ask for an extension, or send the follow-up",
        Offer::CloseWithReasons => "close as not pursued, with reasons",
        Offer::Act => "act",
        Offer::TellAccessEnded => "tell the other side that access ended",
    }
}
