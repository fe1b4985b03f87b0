//! A case as an officer sees it: where it stands, who must move, which steps are open, what is due, the grounds on record,
//! and the timeline of both sides.

use super::{
    acting::Acting,
    draft::{DraftShown, show as show_draft},
    preview::{LineShown, event_lines},
    step::who_moves,
    steps::{wanted, word},
};
use crate::app::{
    Action, Ctx, Fault, NodeDesk,
    agenda::{Beside, files, running_in},
};
use comity_affairs::{
    Flow, Line, Side, Thread,
    clock::{Clock, Due, Offer},
    form::{Form, Language},
    ground, table,
};
use comity_exchange::{CaseEntry, CaseFile, Delivery, DeskFault, Outcome, Scope};
use comity_law::Register;
use comity_record::{Date, RecordId, Timestamp, label::Personal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Shows a case.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShowCase {
    /// The case, by at least eight digits of its id, our reference or the other side's ticket.
    pub case: String,
    /// The language of the labels: en, fr, ar, zh.
    pub language: Option<String>,
    /// The officer, where the console speaks for one.
    pub officer: Option<String>,
}

/// Lists the cases, drafts among them. Contact checks are none, and exercises are listed apart.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListCases {
    /// Exercises instead of real cases.
    #[serde(default)]
    pub exercise: bool,
    /// The officer, where the console speaks for one.
    pub officer: Option<String>,
}

/// A case in a list.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CaseListed {
    /// The case.
    pub case: String,
    /// The asking side's reference.
    pub reference: Option<String>,
    /// The other party.
    pub party: String,
    /// Our side: asking or asked.
    pub side: String,
    /// Whether it is exercise traffic.
    pub exercise: bool,
    /// What kind of matter it is.
    pub flow: String,
    /// Where it stands; `draft` or `abandoned` for what was not sent.
    pub state: String,
    /// Who must move.
    pub moves: String,
}

/// A case.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct CaseShown {
    /// The case.
    pub case: String,
    /// The asking side's reference.
    pub reference: Option<String>,
    /// The asked side's ticket.
    pub ticket: Option<String>,
    /// What kind of matter it is.
    pub flow: String,
    /// The form.
    pub form: Option<String>,
    /// The measure, where one is asked for.
    pub measure: Option<String>,
    /// Our side: asking or asked.
    pub side: String,
    /// The other party.
    pub party: String,
    /// Whether it is exercise traffic.
    pub exercise: bool,
    /// Whether life is in danger.
    pub emergency: bool,
    /// Where it stands.
    pub state: String,
    /// Who must move.
    pub moves: String,
    /// What its crossings rest on now.
    pub basis: Option<String>,
    /// The steps that are open, of both sides.
    pub open: Vec<OpenShown>,
    /// The clocks that run. They warn and decide nothing.
    pub clocks: Vec<ClockShown>,
    /// The grounds on record for refusing or postponing.
    pub grounds: Vec<GroundShown>,
    /// The conditions that bind.
    pub conditions: Vec<String>,
    /// Every step of both sides, in the common order.
    pub timeline: Vec<StepShown>,
    /// Steps that wait for others before them.
    pub waiting: usize,
    /// Steps that broke a rule once their turn came, with the code.
    pub dropped: Vec<String>,
    /// Steps whose bodies were erased.
    pub erased: usize,
    /// Steps in threads that the reader does not read.
    pub hidden: usize,
    /// The draft, and what was said at home about it.
    pub draft: Option<DraftShown>,
    /// Who approved single steps at home.
    pub approvals: Vec<String>,
    /// The signs of protected objects that its request is aimed at.
    #[serde(default)]
    pub protected: Vec<String>,
}

/// A step that is open.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OpenShown {
    /// Whose it is.
    pub party: String,
    /// Whether it is ours.
    pub ours: bool,
    /// The step.
    pub step: String,
    /// What it wants to be told: `name`, or `[name]` where it may be left out.
    pub wants: Vec<String>,
}

/// A clock that runs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClockShown {
    /// What it is about.
    pub kind: String,
    /// Who is to act.
    pub party: String,
    /// When it ends.
    pub due: String,
    /// `overdue`, `soon`, `later` or `paused`.
    pub says: String,
    /// What a person may do about it.
    pub offers: Vec<String>,
}

/// A ground on record.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GroundShown {
    /// Its code.
    pub code: String,
    /// The article.
    pub article: String,
    /// What it lets the asked State do.
    pub effect: String,
    /// What it says, in our words.
    pub text: String,
    /// How it stands: on the list, only with a reservation, barred.
    pub standing: String,
}

/// A step in the timeline.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StepShown {
    /// Whose step.
    pub party: String,
    /// The side.
    pub side: String,
    /// Its number in that side's chain.
    pub number: u32,
    /// The step.
    pub step: String,
    /// When its author recorded it.
    pub at: String,
    /// The unit.
    pub unit: String,
    /// The officer.
    pub officer: String,
    /// The thread.
    pub thread: String,
    /// The state before and after.
    pub from: String,
    /// The state after it.
    pub to: String,
    /// Whether it met a state that its author did not know.
    pub crossed: bool,
    /// The record that carries it.
    pub record: String,
    /// Of our own: how far it came.
    pub delivery: Option<String>,
    /// What its crossing rests on, where that is another basis than that of the step before it.
    pub basis: Option<String>,
    /// What it says.
    pub lines: Vec<LineShown>,
}

/// What a case is about, for the choice of grounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    instrument: Option<String>,
    measure: String,
    personal: bool,
    reserved: bool,
    /// What its crossings rest on, in words.
    pub basis: Option<String>,
}

/// The days of a limit such as `preserved at least 60 days, then until …`.
fn at_least(limit: &str) -> Option<i32> {
    let (_, after) = limit.split_once("at least ")?;
    let (number, unit) = after.split_once(' ')?;
    unit.starts_with("day").then(|| number.parse().ok()).flatten()
}

impl About {
    /// Reads it from the decision under which the last step crossed, and from the labels of the first.
    pub async fn of(desk: &NodeDesk, file: &CaseFile) -> Result<About, DeskFault> {
        let Some(first) = file.entries.first() else { return Ok(About::default()) };
        let Some(crossed) = desk.case_basis(file).await? else { return Ok(About::default()) };
        let (article, basis) = (crossed.article(), crossed.basis());
        let asked = if file.side == Side::Asked { desk.party() } else { &file.peer };
        let reserved = article.as_ref().is_some_and(|(instrument, article)| {
            desk.law()
                .register
                .reservations(instrument, None)
                .any(|one| one.party == *asked && one.article == *article)
        });
        let held = desk.envelope(first.record).await?;
        Ok(About {
            instrument: article.map(|(instrument, _)| instrument),
            measure: crossed.request.case.map(|case| case.measure).unwrap_or_default(),
            personal: held.record.labels().personal != Personal::None,
            reserved,
            basis,
        })
    }

    /// What is to be said where data are kept for less than the article asks for (Budapest 29(7): sixty days). The register
    /// says it in words, which are read here for their figure.
    pub fn too_short(&self, register: &Register, until: Date, on: Date) -> Option<String> {
        let (instrument, basis) = (self.instrument.as_deref()?, self.basis.as_deref()?);
        let articles =
            register.articles(instrument).filter(|article| article.measure.as_str() == self.measure);
        let limits = articles.filter_map(|article| Some((article, at_least(&article.time_limit)?)));
        let (article, days) = limits.max_by_key(|(_, days)| *days)?;
        (until < on.plus_days(days)).then(|| {
            format!(
                "`{basis}` asks for at least {days} days ({instrument} {}); the step was taken all the same, and \
                 `extend` lengthens it",
                article.article
            )
        })
    }

    /// The same for the register's list of grounds.
    pub fn ground(&self) -> ground::About<'_> {
        ground::About {
            instrument: self.instrument.as_deref(),
            measure: &self.measure,
            personal: self.personal,
            reserved: self.reserved,
        }
    }
}

impl Action for ShowCase {
    const NAME: &'static str = "case.show";
    const SUMMARY: &'static str = "shows where a case stands, who must move, what is open, due and on record";
    const SCOPE: Scope = Scope::Cases;
    type Reply = CaseShown;

    async fn run(self, ctx: &Ctx) -> Result<CaseShown, Fault> {
        let by = ctx.by.clone();
        let shown = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let acting = Acting::of(desk.house(), by.as_ref(), self.officer.as_deref(), now.date())?;
                let case = desk.find_case(&self.case).await?;
                let language = super::language(self.language.as_deref())?;
                let reader = Reader { desk, acting: &acting, language, now };
                reader.show(case, &self.case).await
            })
        });
        shown.await?
    }
}

impl Action for ListCases {
    const NAME: &'static str = "case.list";
    const SUMMARY: &'static str = "lists the cases, drafts among them, with who must move";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Vec<CaseListed>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<CaseListed>, Fault> {
        let by = ctx.by.clone();
        let listed = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let on = means.now().date();
                let acting = Acting::of(desk.house(), by.as_ref(), self.officer.as_deref(), on)?;
                list(desk, &acting, on, self.exercise).await
            })
        });
        listed.await?
    }
}

async fn list(desk: &NodeDesk, acting: &Acting, on: Date, exercise: bool) -> Result<Vec<CaseListed>, Fault> {
    let mut ids = desk.case_ids().await?;
    ids.extend(desk.home_cases().await?);
    let mut listed = Vec::new();
    for case in ids {
        if let Some(file) = desk.case_file(case).await? {
            let reads =
                |entry: &comity_exchange::CaseEntry| acting.reads(desk.house(), entry.event.thread, on);
            let view = file.history.view();
            let is_case = view.flow != Flow::Ping && view.exercise == exercise;
            if !is_case || !file.entries.iter().any(reads) {
                continue;
            }
            listed.push(CaseListed {
                case: case.to_string(),
                reference: view.reference.clone(),
                party: file.peer.to_string(),
                side: file.side.to_string(),
                exercise,
                flow: view.flow.to_string(),
                state: view.state.to_string(),
                moves: who_moves(&file, desk.party().as_str()),
            });
            continue;
        }
        let home = desk.home_of(case).await?;
        let Some(draft) = home
            .draft
            .filter(|draft| draft.exercise == exercise && acting.reads(desk.house(), draft.thread, on))
        else {
            continue;
        };
        listed.push(CaseListed {
            case: case.to_string(),
            reference: draft.fields.get("reference").cloned(),
            party: draft.to.to_string(),
            side: Side::Asking.to_string(),
            exercise,
            flow: draft.form.clone(),
            state: if home.abandoned.is_some() { "abandoned" } else { "draft" }.to_owned(),
            moves: desk.party().to_string(),
        });
    }
    Ok(listed)
}

struct Reader<'a> {
    desk: &'a NodeDesk,
    acting: &'a Acting,
    language: Language,
    now: Timestamp,
}

impl Reader<'_> {
    async fn show(&self, case: comity_affairs::CaseId, wanted: &str) -> Result<CaseShown, Fault> {
        let (desk, on) = (self.desk, self.now.date());
        let home = desk.home_of(case).await?;
        let may = |thread: Thread| self.acting.reads(desk.house(), thread, on);
        let drafted = home.draft.as_ref().map(|draft| draft.thread);
        let draft = match drafted {
            Some(thread) if may(thread) => Some(show_draft(desk, &home, self.language, on)?),
            _ => None,
        };
        let approvals =
            home.approvals.iter().map(|one| format!("{} approved: {}", one.officer, one.step)).collect();
        let Some(file) = desk.case_file(case).await? else {
            let Some(draft) = draft else {
                self.acting.must_read(desk.house(), drafted.unwrap_or(Thread::Judicial), wanted, on)?;
                return Err(Fault::new("case/none", "there is no such case here"));
            };
            return Ok(CaseShown {
                case: case.to_string(),
                state: draft.standing.clone(),
                side: Side::Asking.to_string(),
                party: draft.to.clone(),
                flow: draft.form.clone(),
                moves: desk.party().to_string(),
                draft: Some(draft),
                ..CaseShown::default()
            });
        };
        let (read, hidden): (Vec<_>, Vec<_>) = file.entries.iter().partition(|entry| may(entry.event.thread));
        if read.is_empty() {
            let digits: String = wanted.chars().take(40).collect();
            return Err(Fault::new("case/none", format!("there is no case `{digits}` here")));
        }
        let mut shown = self.head(&file).await?;
        let asked = crate::app::agenda::request_of(desk, &file).await?;
        shown.protected = asked
            .map(|request| crate::app::protected::signs(desk.house(), request.selectors(), on))
            .unwrap_or_default();
        shown.timeline = self.timeline(&file).await?;
        shown.hidden = hidden.len();
        (shown.draft, shown.approvals) = (draft, approvals);
        Ok(shown)
    }

    async fn head(&self, file: &CaseFile) -> Result<CaseShown, Fault> {
        let view = file.history.view();
        let about = About::of(self.desk, file).await?;
        let own = self.desk.party().as_str();
        Ok(CaseShown {
            case: file.case.to_string(),
            reference: view.reference.clone(),
            ticket: view.ticket.clone(),
            flow: view.flow.to_string(),
            form: view.form.clone(),
            measure: Some(about.measure.clone()).filter(|measure| !measure.is_empty()),
            side: file.side.to_string(),
            party: file.peer.to_string(),
            exercise: view.exercise,
            emergency: view.emergency,
            state: view.state.to_string(),
            moves: who_moves(file, own),
            basis: about.basis.clone(),
            open: self.open(file),
            clocks: self.clocks(file).await?,
            grounds: self.grounds(file, &about),
            conditions: view.binding().map(condition).collect(),
            waiting: file.history.waiting(),
            dropped: file.dropped.iter().map(|(_, fault)| format!("{}: {fault}", fault.code())).collect(),
            erased: file.erased.len(),
            ..CaseShown::default()
        })
    }

    fn name(&self, file: &CaseFile, side: Side) -> String {
        if side == file.side { self.desk.party().to_string() } else { file.peer.to_string() }
    }

    fn open(&self, file: &CaseFile) -> Vec<OpenShown> {
        let view = file.history.view();
        let mut open = Vec::new();
        for side in [file.side, file.side.other()] {
            for kind in table::open(view.flow, view.emergency, view.state, side) {
                let wants = wanted(kind).iter().map(|one| match one.needed {
                    true => one.name.to_owned(),
                    false => format!("[{}]", one.name),
                });
                let (party, ours) = (self.name(file, side), side == file.side);
                open.push(OpenShown { party, ours, step: word(kind), wants: wants.collect() });
            }
        }
        open
    }

    async fn clocks(&self, file: &CaseFile) -> Result<Vec<ClockShown>, Fault> {
        let beside = Beside::of(self.desk, &files(self.desk).await?).await?;
        let clocks = running_in(self.desk, file, &beside).await?;
        let shown = |clock: &Clock| ClockShown {
            kind: clock.kind.to_string(),
            party: self.name(file, clock.owner),
            due: clock.due.to_string(),
            says: says(clock.says(self.now)).to_owned(),
            offers: clock.offers(file.side).iter().map(|offer| offered(*offer).to_owned()).collect(),
        };
        Ok(clocks.iter().map(shown).collect())
    }

    fn grounds(&self, file: &CaseFile, about: &About) -> Vec<GroundShown> {
        let about = match (file.history.flow(), file.history.view().form.as_deref()) {
            (Flow::Request, _) => about.ground(),
            // The codes of answers stand with the norms that a notice rests on.
            (Flow::Notice, Some(form)) if form == Form::Territory.as_str() => ground::About {
                instrument: Some("gge-2015"),
                measure: "territory_notice",
                personal: false,
                reserved: false,
            },
            _ => return Vec::new(),
        };
        let shown = |one: ground::Offered<'_>| GroundShown {
            code: one.row.ground.clone(),
            article: one.row.article.clone(),
            effect: one.row.effect.clone(),
            text: one.row.description.clone(),
            standing: one.standing.as_str().to_owned(),
        };
        ground::offered(&self.desk.law().register, about).into_iter().map(shown).collect()
    }

    async fn timeline(&self, file: &CaseFile) -> Result<Vec<StepShown>, DeskFault> {
        let delivered: BTreeMap<RecordId, Delivery> =
            self.desk.case_delivery(file).await?.into_iter().collect();
        let on = self.now.date();
        let (mut timeline, mut before) = (Vec::new(), None);
        for line in file.history.view().lines {
            let entry = file
                .entries
                .iter()
                .find(|entry| entry.event.side == line.side && entry.event.number == line.number);
            let Some(entry) = entry else { continue };
            if !self.acting.reads(self.desk.house(), entry.event.thread, on) {
                continue;
            }
            let delivery = delivered.get(&entry.record).map(arrived);
            let basis = self.desk.crossed(file, entry).await?.and_then(|crossed| crossed.basis());
            let changed = basis.clone().filter(|_| basis != before);
            before = basis.or(before);
            let step = self.step(file, &line, entry, delivery);
            timeline.push(StepShown { basis: changed, ..step });
        }
        Ok(timeline)
    }

    fn step(&self, file: &CaseFile, line: &Line, entry: &CaseEntry, delivery: Option<String>) -> StepShown {
        let CaseEntry { event, record, .. } = entry;
        let said = event_lines(event, self.language).into_iter();
        StepShown {
            party: self.name(file, line.side),
            side: line.side.to_string(),
            number: line.number,
            step: line.step.to_string(),
            at: line.at.to_string(),
            unit: event.unit.to_string(),
            officer: event.officer.to_string(),
            thread: event.thread.to_string(),
            from: line.from.to_string(),
            to: line.to.to_string(),
            crossed: line.crossed,
            record: record.to_string(),
            delivery,
            basis: None,
            lines: said
                .filter(|line| !matches!(line.code.as_str(), "step" | "flow" | "thread" | "at"))
                .collect(),
        }
    }
}

fn condition(condition: &comity_affairs::Condition) -> String {
    let by = condition.by.map(|day| format!(" by {day}")).unwrap_or_default();
    let text = if condition.text.is_empty() { String::new() } else { format!(": {}", condition.text) };
    format!("{} {}{by}{text}", condition.number, condition.kind.as_str())
}

fn arrived(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Underway => "on its way".to_owned(),
        Delivery::Withdrawn => {
            "not sent: it could no longer be cleared; `comity case send` puts it to the border again"
                .to_owned()
        }
        Delivery::Answered(Outcome::TakenIn) => "arrived".to_owned(),
        Delivery::Answered(Outcome::Refused(refusal)) => {
            let codes: Vec<String> = refusal.codes.iter().map(ToString::to_string).collect();
            format!("refused by the other border: {} {}", codes.join(", "), refusal.reasons.join(" "))
        }
        Delivery::Answered(Outcome::Faulty { code }) => format!("not accepted there: {code}"),
    }
}

/// What a clock says, in one word.
pub const fn says(due: Due) -> &'static str {
    match due {
        Due::Overdue => "overdue",
        Due::Soon => "soon",
        Due::Later => "later",
        Due::Paused => "paused",
    }
}

const fn offered(offer: Offer) -> &'static str {
    match offer {
        Offer::Remind => "remind the other side's desk",
        Offer::SecondContact => "try the second contact",
        Offer::DiplomaticCopy => "send a copy by the diplomatic channel",
        Offer::AskProgress => "ask for progress",
        Offer::ExtendOrFollowUp => "ask for an extension, or send the follow-up",
        Offer::CloseWithReasons => "end the case as not pursued, with reasons",
        Offer::Act => "act on what is due here",
        Offer::TellAccessEnded => "tell the other side that access ended",
    }
}
