//! Tasks at home: handed down the tree of authorities with a shorter clock for each hop, answered upward, returned, and
//! taken up by the unit above. A unit is shown its own tasks alone; nothing of a task ever becomes a record.

use super::{
    Action, Ctx, Fault,
    agenda::{Beside, files, running_in},
    house::unit_code,
    sequencer::{Means, NodeDesk},
    standing::{self, Standing, standing_authority},
    zone,
};
use comity_affairs::{
    clock::Zone,
    home::{AuthorityKind, Done, Place, Task, TaskAct, TaskFault, TaskGiven, TaskStep, Tree, may_see},
};
use comity_exchange::{
    CaseFile, DeskFault, Scope,
    inner::{InnerAct, tasks},
};
use comity_record::{Date, OfficerId, Timestamp, UnitCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What each hop keeps for itself of the time where nothing else is said, in hours.
const RESERVE: u32 = 24;

/// Hands a task down: to the next authority on the way to the one that is to do it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GiveTask {
    /// What is to be done, in the words that the unit is to read.
    pub what: String,
    /// The authority that is to do it; where absent it is chosen by kind, measure, place and offence.
    pub to: Option<String>,
    /// The kind of authority to choose; police where absent.
    pub kind: Option<String>,
    /// The measure, a code of measures.csv.
    pub measure: Option<String>,
    /// Where the custodian or suspect is, as a code of territory.
    pub place: Option<String>,
    /// The offence, a code of offences.csv.
    pub offence: Option<String>,
    /// The task that is handed on, where this is a further hop.
    pub parent: Option<u32>,
    /// The case that it serves: its reference, its ticket, or eight digits of its id. Only the national desk names one.
    pub case: Option<String>,
    /// Until when the unit that hands down must have an answer: a day or a UTC time.
    pub due: Option<String>,
    /// What this hop keeps for itself of that time, in hours; 24 where absent.
    pub reserve_hours: Option<u32>,
    /// Whether it is an exercise.
    pub exercise: bool,
    /// The unit that acts; only the machine's console may name one.
    pub unit: Option<String>,
}

/// Lists the tasks that one may see.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListTasks {
    /// Those that are done with, too.
    pub all: bool,
    /// Exercises instead of real tasks.
    pub exercise: bool,
    /// The unit that looks; only the machine's console may name one.
    pub unit: Option<String>,
}

/// Shows a task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShowTask {
    /// Its number.
    pub number: u32,
    /// The unit that looks; only the machine's console may name one.
    pub unit: Option<String>,
}

/// Takes a task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AcceptTask {
    /// Its number.
    pub number: u32,
    /// The unit that acts; only the machine's console may name one.
    pub unit: Option<String>,
}

/// Gives a task back: it went to the wrong unit.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReturnTask {
    /// Its number.
    pub number: u32,
    /// Why.
    pub reason: String,
    /// The unit that acts; only the machine's console may name one.
    pub unit: Option<String>,
}

/// Answers a task upward.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AnswerTask {
    /// Its number.
    pub number: u32,
    /// The answer.
    pub text: String,
    /// The unit that acts; only the machine's console may name one.
    pub unit: Option<String>,
}

/// Takes a task up again from a unit that is silent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EscalateTask {
    /// Its number.
    pub number: u32,
    /// Why.
    pub reason: String,
    /// The unit that acts; only the machine's console may name one.
    pub unit: Option<String>,
}

/// A task as shown to one who may see it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TaskShown {
    /// Its number.
    pub number: u32,
    /// Where it stands.
    pub state: String,
    /// Whether it is an exercise.
    pub exercise: bool,
    /// What is to be done.
    pub what: String,
    /// Who handed it down.
    pub from: String,
    /// To whom.
    pub to: String,
    /// The authority that is to do it.
    pub meant_for: String,
    /// The task it came from.
    pub parent: Option<u32>,
    /// When it was handed down.
    pub at: String,
    /// Until when, in UTC.
    pub due: String,
    /// The same on a clock of the unit that has it, where its time zone is known.
    pub due_there: Option<String>,
    /// Whether its end has passed with nothing heard.
    pub overdue: bool,
    /// What may be done with it next by who looks at it.
    pub offers: Vec<String>,
    /// Who has a copy.
    pub copies: Vec<String>,
    /// The case it serves: told to the national desk alone.
    pub case: Option<String>,
    /// What was done with it.
    pub acts: Vec<DoneShown>,
}

/// Something done with a task.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DoneShown {
    /// When.
    pub at: String,
    /// By which unit.
    pub unit: String,
    /// By whom; absent for the machine's console.
    pub officer: Option<String>,
    /// What: `accepted`, `returned`, `answered` or `taken up`.
    pub what: String,
    /// The reason or the answer.
    pub text: Option<String>,
}

impl Action for GiveTask {
    const NAME: &'static str = "task.new";
    const SUMMARY: &'static str =
        "hands a task down to the next authority on the way to the one that is to do it";
    const SCOPE: Scope = Scope::Tasks;
    type Reply = TaskShown;

    async fn run(self, ctx: &Ctx) -> Result<TaskShown, Fault> {
        let standing = standing::of(ctx, self.unit.as_deref())?;
        let by = ctx.by.clone();
        ctx.sequencer.run(move |desk, means| Box::pin(give(desk, means, standing, by, self))).await?
    }
}

impl Action for ListTasks {
    const NAME: &'static str = "task.list";
    const SUMMARY: &'static str = "lists the tasks that one may see";
    const SCOPE: Scope = Scope::Tasks;
    type Reply = Vec<TaskShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<TaskShown>, Fault> {
        let seen = seen(ctx, self.unit.as_deref()).await?;
        let wanted =
            |task: &&Task| task.given.exercise == self.exercise && (self.all || task.state.is_open());
        seen.tasks.iter().filter(wanted).map(|task| seen.show(task)).collect()
    }
}

impl Action for ShowTask {
    const NAME: &'static str = "task.show";
    const SUMMARY: &'static str = "shows a task with what was done with it";
    const SCOPE: Scope = Scope::Tasks;
    type Reply = TaskShown;

    async fn run(self, ctx: &Ctx) -> Result<TaskShown, Fault> {
        let seen = seen(ctx, self.unit.as_deref()).await?;
        let found = seen.tasks.iter().find(|task| task.given.number == self.number);
        seen.show(found.ok_or(TaskFault::None { number: self.number })?)
    }
}

impl Action for AcceptTask {
    const NAME: &'static str = "task.accept";
    const SUMMARY: &'static str = "takes a task that was handed to one's unit";
    const SCOPE: Scope = Scope::Tasks;
    type Reply = TaskShown;

    async fn run(self, ctx: &Ctx) -> Result<TaskShown, Fault> {
        act(ctx, self.unit, self.number, TaskAct::Accept).await
    }
}

impl Action for ReturnTask {
    const NAME: &'static str = "task.return";
    const SUMMARY: &'static str = "gives a task back that went to the wrong unit";
    const SCOPE: Scope = Scope::Tasks;
    type Reply = TaskShown;

    async fn run(self, ctx: &Ctx) -> Result<TaskShown, Fault> {
        act(ctx, self.unit, self.number, TaskAct::Return { reason: self.reason }).await
    }
}

impl Action for AnswerTask {
    const NAME: &'static str = "task.answer";
    const SUMMARY: &'static str = "answers a task upward";
    const SCOPE: Scope = Scope::Tasks;
    type Reply = TaskShown;

    async fn run(self, ctx: &Ctx) -> Result<TaskShown, Fault> {
        act(ctx, self.unit, self.number, TaskAct::Answer { text: self.text }).await
    }
}

impl Action for EscalateTask {
    const NAME: &'static str = "task.escalate";
    const SUMMARY: &'static str = "takes a task up again from a unit that is silent";
    const SCOPE: Scope = Scope::Tasks;
    type Reply = TaskShown;

    async fn run(self, ctx: &Ctx) -> Result<TaskShown, Fault> {
        act(ctx, self.unit, self.number, TaskAct::Escalate { reason: self.reason }).await
    }
}

async fn give(
    desk: &mut NodeDesk,
    means: &mut Means,
    standing: Standing,
    by: Option<OfficerId>,
    asked: GiveTask,
) -> Result<TaskShown, Fault> {
    let now = means.now();
    let from = standing.acting()?.clone();
    let held = tasks(&desk.inner_entries().await?);
    let above = match asked.parent {
        None if standing.is_desk => None,
        // A unit below hands on what it was handed, and begins nothing of its own.
        None => {
            return Err(Fault::new("task/no-parent", format!("`{from}` hands on tasks; it begins none"))
                .help("name the task that is handed on with --from-task"));
        }
        Some(number) if standing.is_desk => Some(held.find(number)?.clone()),
        Some(number) => Some(held.find_for(number, &from)?.clone()),
    };
    let tree = desk.house().tree();
    let meant_for = meant_for(&tree, &asked, above.as_ref(), &from, now)?;
    let today = now.date();
    let (to, _) = tree.hop(&from, &meant_for, today).ok_or_else(|| {
        Fault::new("home/not-below", format!("`{meant_for}` does not stand below `{from}`"))
            .help("`comity authority tree` shows the way down")
    })?;
    let case = case_of(desk, &standing, &asked).await?;
    let outer = match (&case, &asked.due) {
        (Some((file, clock)), None) if above.is_none() => clock.ok_or_else(|| {
            let text = format!("no clock runs for us in case {}", file.case.0.short());
            Fault::new("task/no-due", text).help("give a day or a UTC time with --due")
        })?,
        _ => outer(desk, &from, &asked, above.as_ref(), today)?,
    };
    let reserve = asked.reserve_hours.unwrap_or(RESERVE).min(24 * 40).saturating_mul(3_600_000);
    let given = TaskGiven {
        number: held.next_number(),
        case: case.as_ref().map(|(file, _)| file.case),
        parent: None,
        exercise: asked.exercise || case.is_some_and(|(file, _)| file.history.view().exercise),
        copies: tree.copied(&from, &to, today),
        from,
        to,
        meant_for,
        what: asked.what,
        due: outer,
        reserve,
    };
    let given = given.checked(outer, above.as_ref(), now)?;
    let number = given.number;
    desk.enter_inner(now, means.entropy(), by, InnerAct::TaskGiven(given)).await?;
    shown_after(desk, now, standing, number).await
}

/// The case that a task serves, and the end of the first clock that runs for us in it.
async fn case_of(
    desk: &mut NodeDesk,
    standing: &Standing,
    asked: &GiveTask,
) -> Result<Option<(CaseFile, Option<Timestamp>)>, Fault> {
    let Some(wanted) = asked.case.as_deref().filter(|_| standing.is_desk) else { return Ok(None) };
    let case = desk.find_case(wanted).await?;
    let none = || Fault::new("case/none", format!("nothing of case {} was sent yet", case.0.short()));
    let file = desk.case_file(case).await?.ok_or_else(none)?;
    if asked.exercise != file.history.view().exercise && asked.exercise {
        return Err(Fault::new("task/not-an-exercise", "the case is a real one, and its tasks are real")
            .help("leave --exercise out, or name a case of an exercise"));
    }
    let beside = Beside::of(desk, &files(desk).await?).await?;
    let clocks = running_in(desk, &file, &beside).await?;
    let first =
        clocks.iter().filter(|clock| clock.owner == file.side && !clock.paused).map(|clock| clock.due).min();
    Ok(Some((file, first)))
}

/// The authority at the end of the way: the one named, the one that the task above was meant for, or the nearest that
/// fits measure, place and offence.
fn meant_for(
    tree: &Tree,
    asked: &GiveTask,
    above: Option<&Task>,
    from: &UnitCode,
    now: Timestamp,
) -> Result<UnitCode, Fault> {
    let today = now.date();
    if let Some(named) = &asked.to {
        return Ok(standing_authority(tree, &unit_code(named)?, today)?.code.clone());
    }
    let chosen_by_place = asked.measure.is_some() || asked.place.is_some() || asked.offence.is_some();
    if let Some(task) = above.filter(|task| !chosen_by_place && task.given.meant_for != *from) {
        return Ok(standing_authority(tree, &task.given.meant_for, today)?.code.clone());
    }
    let kind = asked.kind.as_deref().map_or(Ok(AuthorityKind::Police), str::parse).map_err(Fault::input)?;
    let place = Place {
        kind,
        measure: asked.measure.as_deref().unwrap_or_default(),
        offence: asked.offence.as_deref(),
        territory: asked.place.as_deref(),
        on: today,
    };
    let fitting = tree.choose(place).into_iter().find(|one| tree.hop(from, &one.code, today).is_some());
    fitting.map(|one| one.code.clone()).ok_or_else(|| {
        Fault::new(
            "home/none-competent",
            format!("no authority of kind {kind} below `{from}` is competent for this today"),
        )
        .help("name one with --to; `comity authority list` shows measures, territories and dates")
    })
}

/// Until when the unit that hands down must have an answer.
fn outer(
    desk: &NodeDesk,
    from: &UnitCode,
    asked: &GiveTask,
    above: Option<&Task>,
    today: Date,
) -> Result<Timestamp, Fault> {
    let Some(text) = &asked.due else {
        return above.map(|task| task.given.due).ok_or_else(|| {
            Fault::new("task/no-due", "nothing says until when an answer is needed")
                .help("give a day or a UTC time with --due")
        });
    };
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let day: Date = text.parse().map_err(Fault::input)?;
    let tree = desk.house().tree();
    let hours = tree.find(from, today).and_then(|one| one.hours.clone());
    let zone = hours.map_or_else(|| Ok(Zone::fixed(0)), |hours| zone::zone(&hours.zone))?;
    Ok(zone.instant(day.plus_days(1), 0))
}

async fn act(ctx: &Ctx, unit: Option<String>, number: u32, act: TaskAct) -> Result<TaskShown, Fault> {
    let standing = standing::of(ctx, unit.as_deref())?;
    let by = ctx.by.clone();
    ctx.sequencer.run(move |desk, means| Box::pin(act_on(desk, means, standing, by, number, act))).await?
}

async fn act_on(
    desk: &mut NodeDesk,
    means: &mut Means,
    standing: Standing,
    by: Option<OfficerId>,
    number: u32,
    act: TaskAct,
) -> Result<TaskShown, Fault> {
    let now = means.now();
    let unit = standing.acting()?.clone();
    let held = tasks(&desk.inner_entries().await?);
    let task = if standing.is_desk { held.find(number)? } else { held.find_for(number, &unit)? };
    task.check(&unit, &act)?;
    let step = TaskStep { number, unit, act };
    desk.enter_inner(now, means.entropy(), by, InnerAct::TaskStep(step)).await?;
    shown_after(desk, now, standing, number).await
}

async fn shown_after(
    desk: &NodeDesk,
    now: Timestamp,
    standing: Standing,
    number: u32,
) -> Result<TaskShown, Fault> {
    let held = tasks(&desk.inner_entries().await?);
    Seen { tree: desk.house().tree(), tasks: Vec::new(), standing, now }.show(held.find(number)?)
}

/// The tasks that somebody may see, and what is needed to show them.
pub(super) struct Seen {
    /// Who looks.
    pub standing: Standing,
    /// The tasks.
    pub tasks: Vec<Task>,
    tree: Tree,
    now: Timestamp,
}

/// What the asker may see.
pub(super) async fn seen(ctx: &Ctx, unit: Option<&str>) -> Result<Seen, Fault> {
    let standing = standing::of(ctx, unit)?;
    let read = ctx.sequencer.run(|desk, _| {
        Box::pin(
            async move { Ok::<_, DeskFault>((tasks(&desk.inner_entries().await?), desk.house().tree())) },
        )
    });
    let (held, tree) = read.await??;
    let visible =
        |task: &&Task| standing.is_desk || standing.unit.as_ref().is_some_and(|unit| may_see(task, unit));
    let tasks = held.all().filter(visible).cloned().collect();
    Ok(Seen { standing, tasks, tree, now: ctx.now() })
}

impl Seen {
    /// A task as it is shown to who looks.
    pub fn show(&self, task: &Task) -> Result<TaskShown, Fault> {
        let given = &task.given;
        Ok(TaskShown {
            number: given.number,
            state: task.state.to_string(),
            exercise: given.exercise,
            what: given.what.clone(),
            from: given.from.to_string(),
            to: given.to.to_string(),
            meant_for: given.meant_for.to_string(),
            parent: given
                .parent
                .filter(|_| self.standing.is_desk || self.standing.unit.as_ref() == Some(&given.from)),
            at: task.at.to_string(),
            due: given.due.to_string(),
            due_there: self.on_the_wall(&given.to, given.due)?,
            overdue: task.may_be_escalated(self.now),
            offers: self.offers(task),
            copies: given.copies.iter().map(ToString::to_string).collect(),
            case: given.case.filter(|_| self.standing.is_desk).map(|case| case.to_string()),
            acts: task.acts.iter().map(done).collect(),
        })
    }

    /// An instant on a clock of the unit, where its time zone is known.
    pub fn on_the_wall(&self, unit: &UnitCode, at: Timestamp) -> Result<Option<String>, Fault> {
        let authority = self.tree.find(unit, self.now.date());
        let hours = authority.and_then(|one| one.hours.as_ref());
        hours.map(|hours| zone::on_the_wall(&hours.zone, at)).transpose()
    }

    /// What who looks may do next; each is for a person to do, and nothing happens where nobody does.
    pub fn offers(&self, task: &Task) -> Vec<String> {
        let Some(unit) = &self.standing.unit else { return Vec::new() };
        let acts = [
            ("accept", TaskAct::Accept),
            ("answer", TaskAct::Answer { text: "-".to_owned() }),
            ("return", TaskAct::Return { reason: "-".to_owned() }),
        ];
        let mut offers: Vec<String> = acts
            .into_iter()
            .filter(|(_, act)| task.check(unit, act).is_ok())
            .map(|(name, _)| name.to_owned())
            .collect();
        if task.given.from == *unit && task.may_be_escalated(self.now) {
            offers.push("escalate".to_owned());
            let deputies = self.tree.find(&task.given.to, self.now.date()).map(|one| one.deputies.clone());
            offers
                .extend(deputies.unwrap_or_default().iter().map(|deputy| format!("ask the deputy {deputy}")));
        }
        offers
    }
}

fn done(done: &Done) -> DoneShown {
    let (what, text) = match &done.act {
        TaskAct::Accept => ("accepted", None),
        TaskAct::Return { reason } => ("returned", Some(reason)),
        TaskAct::Answer { text } => ("answered", Some(text)),
        TaskAct::Escalate { reason } => ("taken up", Some(reason)),
    };
    DoneShown {
        at: done.at.to_string(),
        unit: done.unit.to_string(),
        officer: done.officer.as_ref().map(ToString::to_string),
        what: what.to_owned(),
        text: text.cloned(),
    }
}

impl From<TaskFault> for Fault {
    fn from(fault: TaskFault) -> Fault {
        let plain = Fault::new(fault.code(), fault.to_string());
        match fault {
            TaskFault::NoTime => {
                plain.help("ask for more time above, or keep a smaller reserve with --reserve")
            }
            TaskFault::NotNow { .. } => plain.help("`comity task show` tells what may follow"),
            _ => plain,
        }
    }
}
