//! A task: handed down with a shorter clock, answered upward, returned where it went to the wrong unit, and taken up by
//! the unit above where it stays silent.

use crate::CaseId;
use comity_record::{OfficerId, Timestamp, UnitCode};
use std::fmt;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskAct {
    /// The unit takes it.
    Accept,
    /// The unit gives it back.
    Return {
        /// Why.
        reason: String,
    },
    /// The unit answers.
    Answer {
        /// The answer.
        text: String,
    },
    /// The unit above takes it up, since nothing came: a person's act, offered after the clock's end.
    Escalate {
        /// Why.
        reason: String,
    },
}

/// A task of one unit in a case. It holds what the unit needs and nothing of the threads between States.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The case.
    pub case: CaseId,
    /// Its number in the case, at home.
    pub number: u32,
    /// The task it came from, where it was handed on.
    pub parent: Option<u32>,
    /// Who handed it down.
    pub from: UnitCode,
    /// To whom.
    pub to: UnitCode,
    /// What is to be done.
    pub what: String,
    /// Until when.
    pub due: Timestamp,
    /// Where it stands.
    pub state: TaskState,
    /// What was done with it: when, by whom.
    pub acts: Vec<(Timestamp, UnitCode, OfficerId, TaskAct)>,
}

/// Why nothing was done with a task.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaskFault {
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
    /// A reason or text is missing.
    #[error("a reason or an answer in words is needed")]
    Words,
    /// There is no time left for a hop.
    #[error("no time is left: the case is due before a unit below could answer")]
    NoTime,
}

impl TaskFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            TaskFault::NotYours { .. } => "task/not-yours",
            TaskFault::NotNow { .. } => "task/not-now",
            TaskFault::Words => "task/words",
            TaskFault::NoTime => "task/no-time",
        }
    }
}

impl Task {
    /// Hands work down. The clock of the unit below ends `reserve` milliseconds before that of the unit above.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a separate fact of the act, and none has a default"
    )]
    pub fn give(
        case: CaseId,
        number: u32,
        parent: Option<&Task>,
        from: UnitCode,
        to: UnitCode,
        what: String,
        outer: Timestamp,
        reserve: u32,
        now: Timestamp,
    ) -> Result<Task, TaskFault> {
        if what.trim().is_empty() {
            return Err(TaskFault::Words);
        }
        let due = outer.plus_millis(-i64::from(reserve));
        if due <= now {
            return Err(TaskFault::NoTime);
        }
        let parent = parent.map(|parent| parent.number);
        Ok(Task { case, number, parent, from, to, what, due, state: TaskState::Given, acts: Vec::new() })
    }

    /// Does something with it.
    pub fn act(
        &mut self,
        now: Timestamp,
        unit: &UnitCode,
        officer: &OfficerId,
        act: TaskAct,
    ) -> Result<(), TaskFault> {
        let owner = if matches!(act, TaskAct::Escalate { .. }) { &self.from } else { &self.to };
        if owner != unit {
            return Err(TaskFault::NotYours { owner: owner.clone() });
        }
        let to = self.after(&act).ok_or(TaskFault::NotNow { state: self.state })?;
        let words = match &act {
            TaskAct::Accept => "-",
            TaskAct::Return { reason: text }
            | TaskAct::Answer { text }
            | TaskAct::Escalate { reason: text } => text,
        };
        if words.trim().is_empty() {
            return Err(TaskFault::Words);
        }
        self.state = to;
        self.acts.push((now, unit.clone(), officer.clone(), act));
        Ok(())
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
}

/// The tasks that a unit sees: those handed to it, and those it handed down itself.
pub fn visible_to<'a>(tasks: &'a [Task], unit: &'a UnitCode) -> impl Iterator<Item = &'a Task> {
    tasks.iter().filter(move |task| task.to == *unit || task.from == *unit)
}
