//! Why a candidate is ruled out or left open, and what would lift that.

use crate::{
    standing::{Standing, StandingOf, Weight},
    vocabulary::WithoutTreatyStatus,
};
use comity_record::{Date, PartyCode};
use serde::{Serialize, Serializer};
use std::fmt;

vocabulary! {
    /// The code of a reason, as `--json` writes it before the colon.
    ReasonCode, "reason":
    /// The instrument enters into force later.
    NotYetInForce = "not-yet-in-force",
    /// The source says that the instrument was not in force.
    NotInForce = "not-in-force",
    /// Whether the instrument is in force is not known.
    InForceUnknown = "in-force-unknown",
    /// The text was opened or adopted later, or nobody knows when.
    NotYetOpened = "not-yet-opened",
    /// The register has no row for the party.
    NoRecord = "no-record",
    /// The source says that it was not a party.
    NotParty = "not-party",
    /// Invited to accede.
    Invited = "invited",
    /// The party has ceased to be bound; without a party, the instrument has ceased.
    Ended = "ended",
    /// The party will be bound later.
    NotYet = "not-yet",
    /// A party, from a date that was not seen.
    PartyDateUnknown = "party-date-unknown",
    /// It has signed, and no binding act was seen.
    SignedOnly = "signed-only",
    /// What the row says does not settle it.
    DateUnknown = "date-unknown",
    /// The asked party has reserved the article out.
    Reserved = "reserved",
    /// The asking party has reserved the article out, and the asked party may do likewise.
    Reciprocal = "reciprocal",
    /// The instrument does not cover the matter.
    OutOfScope = "out-of-scope",
}

/// One reason. Shown as `--json` writes it, such as `no-record:VN` or `out-of-scope`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Which.
    pub code: ReasonCode,
    /// Whose standing or reservation it is; `None` for the instrument's and the scope's own.
    pub party: Option<PartyCode>,
    /// What it does.
    pub weight: Weight,
}

impl Reason {
    pub(crate) fn of_instrument(code: ReasonCode, weight: Weight) -> Reason {
        Reason { code, party: None, weight }
    }

    pub(crate) fn of_party(code: ReasonCode, party: &PartyCode) -> Reason {
        Reason { code, party: Some(party.clone()), weight: Weight::Excludes }
    }

    /// The reason that a standing is; `bound` is none.
    pub(crate) fn of_standing(of: &StandingOf) -> Option<Reason> {
        let code = match of.standing {
            Standing::Bound => return None,
            Standing::NoRecord => ReasonCode::NoRecord,
            Standing::NotParty => ReasonCode::NotParty,
            Standing::Invited => ReasonCode::Invited,
            Standing::Ended => ReasonCode::Ended,
            Standing::NotYet => ReasonCode::NotYet,
            Standing::PartyDateUnknown => ReasonCode::PartyDateUnknown,
            Standing::SignedOnly => ReasonCode::SignedOnly,
            Standing::DateUnknown => ReasonCode::DateUnknown,
        };
        of.weight.map(|weight| Reason { code, party: Some(of.party.clone()), weight })
    }

    /// What would lift it, as one sentence.
    pub fn lifted_by(&self) -> String {
        let party = self.party.as_ref().map(ToString::to_string).unwrap_or_default();
        match self.code {
            ReasonCode::NotYetInForce | ReasonCode::NotInForce => {
                "Entry into force of the instrument.".to_owned()
            }
            ReasonCode::InForceUnknown => {
                "Confirmation by the depositary of when the instrument entered into force.".to_owned()
            }
            ReasonCode::NotYetOpened => "Nothing: the text did not exist on that date.".to_owned(),
            ReasonCode::NoRecord => {
                format!("Confirmation by the depositary of how {party} stands; the register is silent.")
            }
            ReasonCode::NotParty | ReasonCode::Invited => format!("Accession by {party}, or news of it."),
            ReasonCode::SignedOnly => format!("Ratification by {party}, or news of it."),
            ReasonCode::NotYet => format!("Waiting until the instrument is in force for {party}."),
            ReasonCode::PartyDateUnknown | ReasonCode::DateUnknown => {
                format!("Confirmation by the depositary of the date from which {party} is bound.")
            }
            ReasonCode::Ended if party.is_empty() => "Another instrument: this one has ceased.".to_owned(),
            ReasonCode::Ended => format!("A new act by which {party} is bound again."),
            ReasonCode::Reserved | ReasonCode::Reciprocal => {
                format!("Withdrawal by {party} of its reservation on the article.")
            }
            ReasonCode::OutOfScope => "Another instrument: this one does not cover the matter.".to_owned(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.party {
            Some(party) => write!(f, "{}:{party}", self.code.as_str()),
            None => f.write_str(self.code.as_str()),
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What helping without a treaty would take, as one sentence.
pub(crate) fn without_treaty_sentence(
    status: WithoutTreatyStatus,
    party: &PartyCode,
    set_date: Date,
) -> String {
    match status {
        WithoutTreatyStatus::NotOnRecord => format!(
            "The register of {set_date} holds no statement of {party} on helping without a treaty; that says nothing about \
             its law."
        ),
        WithoutTreatyStatus::Possible => {
            format!("{party} states that its law lets it help without a treaty.")
        }
        WithoutTreatyStatus::NeedsAssurance => {
            format!("{party} states that its law lets it help without a treaty on an assurance.")
        }
        WithoutTreatyStatus::Excluded => {
            format!("{party} states that its law does not let it help without a treaty.")
        }
    }
}
