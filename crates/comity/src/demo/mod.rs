//! The demonstration: questions put to three nodes of the invented States A, B and C.
//!
//! [`screenplay`] holds the acts as data: what is asked, what is done, and which outcome is expected. A [`Stage`] plays
//! an act on real nodes and reports a [`Finding`]. [`play`] shows each act, compares the finding with what was expected,
//! and ends with the truth: the exit status is 0 only if every act ended as it should.

mod casework;
mod playbill;
mod screenplay;
mod stage;
mod stand;

pub use screenplay::{ACTS, Act, ActKey, OPENING, Outcome, TRY_NEXT};
pub use stage::Theatre;
pub use stand::told;

use crate::{Exit, Fault, Screen};

/// What happened when an act was played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The outcome, compared with the act's own.
    pub outcome: Outcome,
    /// The answer to the act's question, a sentence with figures.
    pub answer: String,
    /// The legal bases and citations, as the decision gave them.
    pub basis: Vec<String>,
    /// The duties that came with a clearance.
    pub duties: Vec<String>,
    /// Why it was refused, where it was.
    pub reasons: Vec<String>,
    /// What would lift the refusal.
    pub lift: Vec<String>,
    /// What the ledgers hold of it.
    pub proof: Vec<String>,
}

impl Finding {
    /// A finding with an outcome and an answer only.
    pub fn new(outcome: Outcome, answer: impl Into<String>) -> Finding {
        let (basis, duties, reasons, lift, proof) = Default::default();
        Finding { outcome, answer: answer.into(), basis, duties, reasons, lift, proof }
    }
}

/// Three nodes on which acts can be played, in order.
pub trait Stage {
    /// Plays one act. `step` is told of each visible step while it happens.
    fn play(&mut self, act: ActKey, step: &mut dyn FnMut(&str)) -> Result<Finding, Fault>;
}

/// Plays all acts. A fault ends the play; an unexpected outcome does not, but is told and makes the exit [`Exit::No`].
pub fn play(stage: &mut dyn Stage, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let mut findings = Vec::with_capacity(ACTS.len());
    for (number, act) in (1..).zip(ACTS) {
        playbill::curtain(screen, number, act);
        let finding = stage.play(act.key, &mut |step| playbill::step(screen, step))?;
        playbill::finding(screen, act, &finding);
        findings.push((act, finding));
    }
    playbill::closing(screen, &findings);
    let as_expected = findings.iter().all(|(act, finding)| act.expected == finding.outcome);
    Ok(if as_expected { Exit::Ok } else { Exit::No })
}

/// Shows the five lines that say what will be seen.
pub fn open(screen: &mut Screen<'_>) {
    playbill::opening(screen);
}

/// Shows a step that belongs to no act.
pub fn step(screen: &mut Screen<'_>, step: &str) {
    playbill::step(screen, step);
}
