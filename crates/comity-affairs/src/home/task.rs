//! A task: handed down with a shorter clock, answered upward, returned where it went to the wrong unit, and taken up by
//! the unit above where it stays silent.

use crate::CaseId;
use comity_record::{OfficerId, Timestamp, UnitCode};
use minicbor::{Decode, Encode};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// The longest text of a task or of what is done with it, in bytes.
const LONGEST: usize = 64 * 1024;

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskState {
    /// Handed down; the unit has not said anything.
    Given,
    /// The unit works on it.
    Accepted,
    /// It went to the wrong unit.
    Returned,
    /// Answered upward.
    Answered,
    /// Taken up by the unit above.
    Escalated,
}

impl TaskState {
    /// Whether something is still to come from the unit.
    pub const fn is_open(self) -> bool {
        matches!(self, TaskState::Given | TaskState::Accepted)
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TaskState::Given => "given",
            TaskState::Accepted => "accepted",
            TaskState::Returned => "returned",
            TaskState::Answered => "answered",
            TaskState::Escalated => "escalated",
        })
    }
}

/// What is done with a task.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum TaskAct {
    /// The unit takes it.
    #[n(0)]
    Accept,
    /// The unit gives it back.
    #[n(1)]
    Return {
        /// Why.
        #[n(0)]
        reason: String,
    },
    /// The unit answers.
    #[n(2)]
    Answer {
        /// The answer.
        #[n(0)]
        text: String,
    },
    /// The unit above takes it up, since nothing came: a person's act, offered after the clock's end.
    #[n(3)]
    Escalate {
        /// Why.
        #[n(0)]
        reason: String,
    },
}

/// A task as it was handed down. It holds what the unit needs and nothing of the threads between States.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TaskGiven {
    /// Its number at home.
    #[n(0)]
    pub number: u32,
    /// The case it serves, which only the national desk is shown.
    #[n(1)]
    pub case: Option<CaseId>,
    /// The task it came from, where it was handed on.
    #[n(2)]
    pub parent: Option<u32>,
    /// Who handed it down.
    #[n(3)]
    pub from: UnitCode,
    /// To whom.
    #[n(4)]
    pub to: UnitCode,
    /// The unit at the end of the way that is to do it.
    #[n(5)]
    pub meant_for: UnitCode,
    /// What is to be done.
    #[n(6)]
    pub what: String,
    /// Until when.
    #[n(7)]
    pub due: Timestamp,
    /// What each hop keeps for itself of the time, in milliseconds.
    #[n(8)]
    pub reserve: u32,
    /// Who has a copy without having to act (Budapest 27(9)).
    #[n(9)]
    pub copies: BTreeSet<UnitCode>,
    /// Whether it is an exercise.
    #[n(10)]
    pub exercise: bool,
}

/// What a unit did with a task.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TaskStep {
    /// The task.
    #[n(0)]
    pub number: u32,
    /// The unit.
    #[n(1)]
    pub unit: UnitCode,
    /// What it did.
    #[n(2)]
    pub act: TaskAct,
}

/// One thing done with a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// When.
    pub at: Timestamp,
    /// By which unit.
    pub unit: UnitCode,
    /// By whom; absent for the console of the machine itself.
    pub officer: Option<OfficerId>,
    /// What.
    pub act: TaskAct,
}

/// A task and what was done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// As it was handed down.
    pub given: TaskGiven,
    /// When that was.
    pub at: Timestamp,
    /// Where it stands.
    pub state: TaskState,
    /// What was done with it.
    pub acts: Vec<Done>,
}

/// Why nothing was done with a task.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaskFault {
    /// There is no such task, or the unit is not shown it: which of the two is not told.
    #[error("there is no task {number}")]
    None {
        /// The number.
        number: u32,
    },
    /// The act belongs to another unit.
    #[error("this belongs to `{owner}`")]
    NotYours {
        /// Whose it is.
        owner: UnitCode,
    },
    /// The act does not fit where the task stands.
    #[error("this cannot follow while the task is {state}")]
    NotNow {
        /// Where it stands.
        state: TaskState,
    },
    /// A reason or text is missing, or is longer than a task may say.
    #[error("a reason or an answer in words is needed, of at most {LONGEST} bytes")]
    Words,
    /// There is no time left for a hop.
    #[error("no time is left: the case is due before a unit below could answer")]
    NoTime,
}

impl TaskFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            TaskFault::None { .. } => "task/none",
            TaskFault::NotYours { .. } => "task/not-yours",
            TaskFault::NotNow { .. } => "task/not-now",
            TaskFault::Words => "task/words",
            TaskFault::NoTime => "task/no-time",
        }
    }
}

impl TaskGiven {
    /// Hands work down. The clock of the unit below ends `reserve` milliseconds before `outer`, that of the unit above:
    /// at most before the end of the task that it came from.
    pub fn checked(
        mut self,
        outer: Timestamp,
        above: Option<&Task>,
        now: Timestamp,
    ) -> Result<TaskGiven, TaskFault> {
        words(&self.what)?;
        let mut outer = outer;
        if let Some(task) = above {
            if task.given.to != self.from {
                return Err(TaskFault::NotYours { owner: task.given.to.clone() });
            }
            if task.state != TaskState::Accepted {
                return Err(TaskFault::NotNow { state: task.state });
            }
            outer = outer.min(task.given.due);
            self.parent = Some(task.given.number);
            (self.case, self.exercise) = (task.given.case, task.given.exercise);
        }
        self.due = outer.plus_millis(-i64::from(self.reserve));
        if self.due <= now { Err(TaskFault::NoTime) } else { Ok(self) }
    }
}

impl Task {
    /// Whether an act may be done with it by a unit now.
    pub fn check(&self, unit: &UnitCode, act: &TaskAct) -> Result<(), TaskFault> {
        let owner = if matches!(act, TaskAct::Escalate { .. }) { &self.given.from } else { &self.given.to };
        if owner != unit {
            return Err(TaskFault::NotYours { owner: owner.clone() });
        }
        self.after(act).ok_or(TaskFault::NotNow { state: self.state })?;
        match act {
            TaskAct::Accept => Ok(()),
            TaskAct::Return { reason: text }
            | TaskAct::Answer { text }
            | TaskAct::Escalate { reason: text } => words(text),
        }
    }

    fn after(&self, act: &TaskAct) -> Option<TaskState> {
        Some(match (self.state, act) {
            (TaskState::Given, TaskAct::Accept) => TaskState::Accepted,
            (TaskState::Given | TaskState::Accepted, TaskAct::Return { .. }) => TaskState::Returned,
            (TaskState::Accepted, TaskAct::Answer { .. }) => TaskState::Answered,
            (TaskState::Given | TaskState::Accepted, TaskAct::Escalate { .. }) => TaskState::Escalated,
            _ => return None,
        })
    }

    /// Whether the unit above may be offered to take it up: its end has passed and nothing has come.
    pub fn may_be_escalated(&self, now: Timestamp) -> bool {
        self.state.is_open() && self.given.due < now
    }
}

fn words(text: &str) -> Result<(), TaskFault> {
    if text.trim().is_empty() || text.len() > LONGEST { Err(TaskFault::Words) } else { Ok(()) }
}

/// The tasks of a State, read from what was entered of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tasks {
    tasks: BTreeMap<u32, Task>,
    erased: BTreeSet<u32>,
}

impl Tasks {
    /// The number of the next task. That of an erased one is given to no other.
    pub fn next_number(&self) -> u32 {
        let last = self.tasks.keys().next_back().max(self.erased.iter().next_back());
        last.map_or(1, |number| number.saturating_add(1))
    }

    /// Takes in that tasks were erased.
    pub fn erase(&mut self, numbers: &BTreeSet<u32>) {
        self.tasks.retain(|number, _| !numbers.contains(number));
        self.erased.extend(numbers);
    }

    /// A task with those that were handed on from it, however far down.
    pub fn with_handed_on(&self, number: u32) -> BTreeSet<u32> {
        let mut found = BTreeSet::from([number]);
        // A task has a higher number than the one it came from.
        for (number, task) in &self.tasks {
            if task.given.parent.is_some_and(|parent| found.contains(&parent)) {
                found.insert(*number);
            }
        }
        found
    }

    /// Takes in a task handed down. One that was taken in before stays as it is.
    pub fn give(&mut self, at: Timestamp, given: TaskGiven) {
        let number = given.number;
        self.tasks.entry(number).or_insert(Task { given, at, state: TaskState::Given, acts: Vec::new() });
    }

    /// Takes in what a unit did. What its table does not have changes nothing.
    pub fn act(&mut self, at: Timestamp, officer: Option<OfficerId>, step: TaskStep) {
        let TaskStep { number, unit, act } = step;
        let Some(task) = self.tasks.get_mut(&number) else { return };
        if let Some(state) = task.after(&act).filter(|_| task.check(&unit, &act).is_ok()) {
            task.state = state;
            task.acts.push(Done { at, unit, officer, act });
        }
    }

    /// Every task by number.
    pub fn all(&self) -> impl Iterator<Item = &Task> {
        self.tasks.values()
    }

    /// A task.
    pub fn find(&self, number: u32) -> Result<&Task, TaskFault> {
        self.tasks.get(&number).ok_or(TaskFault::None { number })
    }

    /// A task as a unit may see it.
    pub fn find_for(&self, number: u32, unit: &UnitCode) -> Result<&Task, TaskFault> {
        self.find(number).ok().filter(|task| may_see(task, unit)).ok_or(TaskFault::None { number })
    }
}

/// Whether a unit below the national desk sees a task: it was handed to it, it handed it down itself, or it has a copy.
pub fn may_see(task: &Task, unit: &UnitCode) -> bool {
    task.given.to == *unit || task.given.from == *unit || task.given.copies.contains(unit)
}
