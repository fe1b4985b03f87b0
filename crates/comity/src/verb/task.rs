//! `comity task`: tasks inside a State, down the tree of its authorities and back up.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Cell, Table, Tone},
};
use clap::{Args, Subcommand};
use comity_node::app::task::{
    AcceptTask, AnswerTask, EscalateTask, GiveTask, ListTasks, ReturnTask, ShowTask, TaskShown,
};

const NEW_HELP: &str = "\
The task goes one hop down, to the next authority on the way to the one that is to \
do it: the one named with --to, or the nearest that fits kind, measure, place and \
offence today. Its clock ends before that of the unit above, by the reserve. No \
other party is told anything of it.

Example:
  comity task new --measure subscriber_information --place XA-N-1 \\
    --what 'Who held account u-1 on 1 March?' --due 2026-03-10 --dir ./xa
  comity task new --from-task 1 --what 'Who held it?' --unit moj/north --dir ./xa

Next:
  comity task list --unit moj/north --dir ./xa";

const LIST_HELP: &str = "\
A unit is shown its own tasks; the national desk is shown all. Exercises are listed \
apart from real tasks.

Example:
  comity task list --unit moj/north --dir ./xa

Next:
  comity task accept 1 --unit moj/north --dir ./xa";

const SHOW_HELP: &str = "\
Example:
  comity task show 1 --dir ./xa

Next:
  comity task accept 1 --unit moj/north --dir ./xa";

const ACCEPT_HELP: &str = "\
Example:
  comity task accept 1 --unit moj/north --dir ./xa

Next:
  comity task answer 1 --text 'u-1 was held by ...' --unit moj/north --dir ./xa";

const RETURN_HELP: &str = "\
A task that went to the wrong unit goes back to the unit that handed it down.

Example:
  comity task return 1 --reason 'the custodian is in the south' \\
    --unit moj/north --dir ./xa

Next:
  comity task new --place XA-S --what '...' --due 2026-03-10 --dir ./xa";

const ANSWER_HELP: &str = "\
The answer goes to the unit that handed the task down, and no further by itself.

Example:
  comity task answer 1 --text 'u-1 was held by ...' --unit moj/north --dir ./xa

Next:
  comity task show 1 --dir ./xa";

const ESCALATE_HELP: &str = "\
Where a unit stays silent beyond its time, the unit above is offered to take the \
task up again. It happens only when a person does it.

Example:
  comity task escalate 1 --reason 'no answer since 2 March' --dir ./xa

Next:
  comity authority show moj/north --dir ./xa        its deputies";

/// The verbs of tasks.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Hand a task down, one hop
    New(Box<New>),
    /// List the tasks that one may see
    List(List),
    /// Show a task with what was done with it
    Show(Show),
    /// Take a task that was handed to the unit
    Accept(Accept),
    /// Give a task back that went to the wrong unit
    Return(Return),
    /// Answer a task upward
    Answer(Answer),
    /// Take a task up again from a unit that is silent
    Escalate(Escalate),
}

/// Which unit acts, where the console of the machine asks.
#[derive(Debug, Args)]
pub struct Acting {
    /// The unit that acts; the national desk if left out
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
}

/// `comity task new`
#[derive(Debug, Args)]
#[command(after_help = NEW_HELP)]
pub struct New {
    /// What is to be done, in the words that the unit is to read
    #[arg(long, value_name = "TEXT")]
    what: String,
    /// The authority that is to do it
    #[arg(long, value_name = "CODE")]
    to: Option<String>,
    /// The kind of authority to choose; police if left out
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// The measure
    #[arg(long, value_name = "MEASURE")]
    measure: Option<String>,
    /// Where the custodian or suspect is
    #[arg(long, value_name = "TERRITORY")]
    place: Option<String>,
    /// The offence
    #[arg(long, value_name = "OFFENCE")]
    offence: Option<String>,
    /// The task that is handed on
    #[arg(long = "from-task", value_name = "NUMBER")]
    parent: Option<u32>,
    /// The case it serves; its time then ends before the case's own clock
    #[arg(long, value_name = "CASE")]
    case: Option<String>,
    /// Until when an answer is needed here: a day or a UTC time
    #[arg(long, value_name = "WHEN")]
    due: Option<String>,
    /// Hours that this hop keeps for itself
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    reserve: u32,
    /// Mark it as an exercise
    #[arg(long)]
    exercise: bool,
    #[command(flatten)]
    acting: Acting,
}

/// `comity task list`
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP)]
pub struct List {
    /// Those that are done with, too
    #[arg(long)]
    all: bool,
    /// Exercises instead of real tasks
    #[arg(long)]
    exercise: bool,
    #[command(flatten)]
    acting: Acting,
}

/// `comity task show`
#[derive(Debug, Args)]
#[command(after_help = SHOW_HELP)]
pub struct Show {
    /// Its number
    #[arg(value_name = "NUMBER")]
    number: u32,
    #[command(flatten)]
    acting: Acting,
}

/// `comity task accept`
#[derive(Debug, Args)]
#[command(after_help = ACCEPT_HELP)]
pub struct Accept {
    /// Its number
    #[arg(value_name = "NUMBER")]
    number: u32,
    #[command(flatten)]
    acting: Acting,
}

/// `comity task return`
#[derive(Debug, Args)]
#[command(after_help = RETURN_HELP)]
pub struct Return {
    /// Its number
    #[arg(value_name = "NUMBER")]
    number: u32,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    acting: Acting,
}

/// `comity task answer`
#[derive(Debug, Args)]
#[command(after_help = ANSWER_HELP)]
pub struct Answer {
    /// Its number
    #[arg(value_name = "NUMBER")]
    number: u32,
    /// The answer
    #[arg(long, value_name = "TEXT")]
    text: String,
    #[command(flatten)]
    acting: Acting,
}

/// `comity task escalate`
#[derive(Debug, Args)]
#[command(after_help = ESCALATE_HELP)]
pub struct Escalate {
    /// Its number
    #[arg(value_name = "NUMBER")]
    number: u32,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    acting: Acting,
}

/// Does what the verb asks.
pub fn run(verb: &Task, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    let unit = |acting: &Acting| acting.unit.clone();
    let shown = match verb {
        Task::List(List { all, exercise, acting }) => {
            let list = ListTasks { all: *all, exercise: *exercise, unit: unit(acting) };
            let tasks = reach::ask(&place, list)?;
            screen.answer(&tasks, |screen| table(screen, &tasks));
            return Ok(Exit::Ok);
        }
        Task::New(new) => reach::ask(&place, given(new))?,
        Task::Show(Show { number, acting }) => {
            reach::ask(&place, ShowTask { number: *number, unit: unit(acting) })?
        }
        Task::Accept(Accept { number, acting }) => {
            reach::ask(&place, AcceptTask { number: *number, unit: unit(acting) })?
        }
        Task::Return(Return { number, reason, acting }) => {
            reach::ask(&place, ReturnTask { number: *number, reason: reason.clone(), unit: unit(acting) })?
        }
        Task::Answer(Answer { number, text, acting }) => {
            reach::ask(&place, AnswerTask { number: *number, text: text.clone(), unit: unit(acting) })?
        }
        Task::Escalate(Escalate { number, reason, acting }) => {
            reach::ask(&place, EscalateTask { number: *number, reason: reason.clone(), unit: unit(acting) })?
        }
    };
    screen.answer(&shown, |screen| page(screen, &shown));
    Ok(Exit::Ok)
}

fn given(new: &New) -> GiveTask {
    GiveTask {
        what: new.what.clone(),
        to: new.to.clone(),
        kind: new.kind.clone(),
        measure: new.measure.clone(),
        place: new.place.clone(),
        offence: new.offence.clone(),
        parent: new.parent,
        case: new.case.clone(),
        due: new.due.clone(),
        reserve_hours: Some(new.reserve),
        exercise: new.exercise,
        unit: new.acting.unit.clone(),
    }
}

fn table(screen: &mut Screen<'_>, tasks: &[TaskShown]) {
    let mut table = Table::new(&["task", "state", "from", "to", "due", "what"]);
    for task in tasks {
        let due = if task.overdue { Cell::toned(Tone::Bad, &task.due) } else { task.due.as_str().into() };
        table.row([
            number(task).into(),
            task.state.as_str().into(),
            task.from.as_str().into(),
            task.to.as_str().into(),
            due,
            task.what.as_str().into(),
        ]);
    }
    if table.is_empty() { screen.text("No tasks.") } else { screen.table(&table) }
}

/// The number of a task; that of an exercise says so on every line.
fn number(task: &TaskShown) -> String {
    if task.exercise { format!("{} EXERCISE", task.number) } else { task.number.to_string() }
}

fn page(screen: &mut Screen<'_>, task: &TaskShown) {
    if task.exercise {
        screen.say(Tone::Open, "EXERCISE: this is no real task.");
    }
    screen.heading(&format!("Task {} is {}", number(task), task.state));
    screen.item(12, "  what", Tone::Plain, &task.what);
    screen.item(
        12,
        "  way",
        Tone::Plain,
        &format!("{} to {}, meant for {}", task.from, task.to, task.meant_for),
    );
    let there = task.due_there.as_ref().map_or_else(String::new, |there| format!(" ({there})"));
    let tone = if task.overdue { Tone::Bad } else { Tone::Plain };
    screen.item(12, "  due", tone, &format!("{}{there}", task.due));
    if !task.copies.is_empty() {
        screen.item(12, "  copies", Tone::Plain, &task.copies.join(", "));
    }
    for done in &task.acts {
        let officer = done.officer.as_deref().unwrap_or("console");
        let text = done.text.as_ref().map_or_else(String::new, |text| format!(": {text}"));
        let line = format!("{} by {} ({officer}) at {}{text}", done.what, done.unit, done.at);
        screen.item(12, "  done", Tone::Plain, &line);
    }
    if !task.offers.is_empty() {
        screen.item(12, "  may be done", Tone::Faint, &task.offers.join(", "));
    }
}
