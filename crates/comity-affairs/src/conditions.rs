//! Conditions that travel with what was given: what they forbid is blocked, not warned of.
//!
//! Sources: Budapest 26(2), 28(2)-(4); UNCAC 46(19); reference, section 1.7. Deletion at an end needs a person and is
//! stopped by a court hold, an appeal or an exculpatory claim (design invariant 8).

use crate::{Condition, ConditionKind};
use comity_record::{Addressed, Canonical, Date, Hash, OfficerId, PartyCode, RecordId, Timestamp};
use minicbor::{Decode, Encode};
use std::fmt;

/// What somebody wants to do with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use<'a> {
    /// Open it, for proceedings.
    Open {
        /// The proceedings.
        proceedings: &'a str,
    },
    /// Put it before a court.
    InCourt {
        /// The proceedings.
        proceedings: &'a str,
        /// Whether the giving State was consulted about this.
        consulted: bool,
    },
    /// Take it out of the node.
    Export {
        /// The proceedings.
        proceedings: &'a str,
    },
    /// Pass it on.
    PassOn {
        /// To whom.
        to: &'a PartyCode,
    },
    /// Look whether it is privileged or immune, as the filter team.
    Filter,
}

/// Why a use is blocked, or what comes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The condition.
    pub condition: u16,
    /// Why, for the officer.
    pub why: String,
}

/// Whether a use may go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ruling {
    /// What blocks it; it may go on where this is empty.
    pub blocked: Vec<Bar>,
    /// What a person must have read and confirmed first, and duties that come with the use.
    pub confirm: Vec<Bar>,
}

impl Ruling {
    /// Whether nothing blocks the use.
    pub fn is_free(&self) -> bool {
        self.blocked.is_empty()
    }
}

/// Rules a use under the conditions that bind, on a day.
pub fn rule<'c>(binding: impl Iterator<Item = &'c Condition>, wanted: Use<'_>, on: Date) -> Ruling {
    let mut ruling = Ruling::default();
    for condition in binding {
        let bar = |why: String| Bar { condition: condition.number, why };
        match effect(condition, wanted, on) {
            Effect::None => {}
            Effect::Blocks(why) => ruling.blocked.push(bar(why)),
            Effect::Confirm(why) => ruling.confirm.push(bar(why)),
        }
    }
    ruling
}

enum Effect {
    None,
    Blocks(String),
    Confirm(String),
}

fn effect(condition: &Condition, wanted: Use<'_>, on: Date) -> Effect {
    let ended = condition.by.is_some_and(|by| on > by);
    match (condition.kind, wanted) {
        (ConditionKind::DeleteBy | ConditionKind::ReturnAfterUse, _) if ended => {
            Effect::Blocks("its day has passed: access is closed".to_owned())
        }
        (ConditionKind::Secret, Use::PassOn { .. } | Use::Export { .. }) => {
            Effect::Blocks("it is to be kept secret".to_owned())
        }
        (ConditionKind::Secret, Use::InCourt { .. }) => {
            Effect::Confirm("it is to be kept secret: say how the court will do so".to_owned())
        }
        (
            ConditionKind::OnlyFor,
            Use::Open { proceedings } | Use::InCourt { proceedings, .. } | Use::Export { proceedings },
        ) if proceedings.trim() != condition.text.trim() => {
            Effect::Blocks(format!("it may be used only for `{}`", condition.text))
        }
        (ConditionKind::OnlyFor | ConditionKind::NoOnward, Use::PassOn { to }) => {
            Effect::Blocks(format!("it may not be passed on to `{to}`"))
        }
        (ConditionKind::ConsultBeforeCourt, Use::InCourt { consulted: false, .. }) => {
            Effect::Blocks("the giving State is to be consulted before use in court".to_owned())
        }
        (ConditionKind::ReportUse, Use::InCourt { .. } | Use::Export { .. }) => {
            Effect::Confirm("an account of use is owed".to_owned())
        }
        (ConditionKind::Other, _) => Effect::Confirm(condition.text.clone()),
        _ => Effect::None,
    }
}

/// What stops a deletion that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Hold {
    /// A court ordered that it be kept.
    #[n(0)]
    Court,
    /// An appeal is open.
    #[n(1)]
    Appeal,
    /// The material may clear somebody.
    #[n(2)]
    Exculpatory,
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Hold::Court => "a court hold",
            Hold::Appeal => "an open appeal",
            Hold::Exculpatory => "an exculpatory claim",
        })
    }
}

/// A signed statement that objects were deleted.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Deletion {
    /// The condition or rule whose end came.
    #[n(0)]
    pub condition: u16,
    /// The objects, by SHA-256.
    #[n(1)]
    pub objects: Vec<Hash>,
    /// Who deleted them.
    #[n(2)]
    pub officer: OfficerId,
    /// When.
    #[n(3)]
    pub at: Timestamp,
}

/// The statement by which one State tells the other that objects were deleted. Signed, it is an `Attested<DeletionStatement>`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DeletionStatement {
    /// Who deleted.
    #[n(0)]
    pub from: PartyCode,
    /// To whom it is stated: the State that gave the objects, or the own one.
    #[n(1)]
    pub to: PartyCode,
    /// The record of the manifest.
    #[n(2)]
    pub record: RecordId,
    /// What was deleted.
    #[n(3)]
    pub deletion: Deletion,
}

impl Canonical for DeletionStatement {
    const NAME: &'static str = "a deletion statement";
    const LIMIT: usize = 512 * 1024;
}

impl Addressed for DeletionStatement {
    fn sender(&self) -> &PartyCode {
        &self.from
    }
    fn recipient(&self) -> &PartyCode {
        &self.to
    }
    fn stated_at(&self) -> Timestamp {
        self.deletion.at
    }
}

/// Why something may not be deleted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeletionFault {
    /// Nothing says that it must go.
    #[error("condition {condition} does not ask for deletion, or its day has not come")]
    NotDue {
        /// The condition.
        condition: u16,
    },
    /// It is held.
    #[error("deletion is stopped by {holds}")]
    Held {
        /// What holds it.
        holds: String,
    },
}

impl DeletionFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            DeletionFault::NotDue { .. } => "case/deletion-not-due",
            DeletionFault::Held { .. } => "case/deletion-held",
        }
    }
}

/// A person deletes what a condition says must go. No clock calls this.
pub fn delete(
    condition: &Condition,
    objects: Vec<Hash>,
    holds: &[Hold],
    officer: OfficerId,
    at: Timestamp,
) -> Result<Deletion, DeletionFault> {
    let asks = matches!(condition.kind, ConditionKind::DeleteBy | ConditionKind::ReturnAfterUse);
    if !asks || condition.by.is_some_and(|by| at.date() < by) {
        return Err(DeletionFault::NotDue { condition: condition.number });
    }
    if !holds.is_empty() {
        let mut holds: Vec<String> = holds.iter().map(Hold::to_string).collect();
        holds.dedup();
        return Err(DeletionFault::Held { holds: holds.join(", ") });
    }
    Ok(Deletion { condition: condition.number, objects, officer, at })
}
