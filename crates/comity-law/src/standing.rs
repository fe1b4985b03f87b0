//! How a party stands under an instrument on a date: the table of design section 7, first match.

use crate::{
    AsOf,
    rows::Status,
    vocabulary::{Act, StatusWord},
};
use comity_record::{Date, PartialDate, PartyCode};

vocabulary! {
    /// The standing of a party under an instrument on a date.
    Standing, "standing":
    /// Bound on the date.
    Bound = "bound",
    /// The register has no row for the party. That is not a statement that it is not a party.
    NoRecord = "no-record",
    /// The source says that it was not a party.
    NotParty = "not-party",
    /// Invited to accede.
    Invited = "invited",
    /// It has ceased to be bound.
    Ended = "ended",
    /// It will be bound later.
    NotYet = "not-yet",
    /// A party by its act, from a date that was not seen.
    PartyDateUnknown = "party-date-unknown",
    /// It has signed, and no binding act was seen.
    SignedOnly = "signed-only",
    /// What the row says does not settle it.
    DateUnknown = "date-unknown",
}

vocabulary! {
    /// What a reason does to a candidate.
    Weight, "weight":
    /// It rules the candidate out.
    Excludes = "excludes",
    /// It leaves the candidate open until the depositary is asked.
    Unsettles = "unsettles",
}

/// A party's standing with the facts that a sentence about it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingOf {
    /// The party.
    pub party: PartyCode,
    /// Its standing.
    pub standing: Standing,
    /// What the standing does to a candidate; `None` for `bound`.
    pub weight: Option<Weight>,
    /// From when the instrument is in force for it, where the row says so.
    pub in_force: Option<PartialDate>,
    /// When it signed, where the row says so.
    pub signed: Option<PartialDate>,
    /// When it ceased to be bound, where the row says so.
    pub ended: Option<PartialDate>,
    /// The latest date that the row's source shows; `None` where there is no row.
    pub as_of: Option<AsOf>,
    /// Whether the row is graded `verified`.
    pub is_verified: bool,
    /// The row's source codes.
    pub source: String,
}

impl StandingOf {
    /// The standing that a status row gives its party on a date; without a row, `no-record`.
    pub fn of(party: &PartyCode, row: Option<&Status>, on: Date) -> StandingOf {
        let (standing, weight) = standing(row, on);
        StandingOf {
            party: party.clone(),
            standing,
            weight,
            in_force: row.and_then(|row| row.in_force),
            signed: row.and_then(|row| row.signed),
            ended: row.and_then(|row| row.ended),
            as_of: row.map(|row| row.as_of),
            is_verified: row.is_some_and(|row| row.status == StatusWord::Verified),
            source: row.map(|row| row.source.clone()).unwrap_or_default(),
        }
    }
}

/// The standing and its weight. The arms are in the order of the design's table and the first that fits counts.
pub(crate) fn standing(row: Option<&Status>, on: Date) -> (Standing, Option<Weight>) {
    let Some(row) = row else { return (Standing::NoRecord, Some(Weight::Unsettles)) };
    let if_fresh = if row.as_of.is_fresh(on) { Weight::Excludes } else { Weight::Unsettles };
    if row.status == StatusWord::NotParty {
        return (Standing::NotParty, Some(if_fresh));
    }
    if row.status == StatusWord::Invited {
        return (Standing::Invited, Some(if_fresh));
    }
    if row.ended.is_some_and(|ended| ended.first_day() <= on) {
        return (Standing::Ended, Some(Weight::Excludes));
    }
    if let Some(in_force) = row.in_force {
        let bound = in_force.last_day() <= on;
        return if bound { (Standing::Bound, None) } else { (Standing::NotYet, Some(Weight::Excludes)) };
    }
    if row.bound_on_unknown_date() {
        return (Standing::PartyDateUnknown, Some(Weight::Unsettles));
    }
    if is_signed_only(row) {
        return (Standing::SignedOnly, Some(if_fresh));
    }
    (Standing::DateUnknown, Some(Weight::Unsettles))
}

fn is_signed_only(row: &Status) -> bool {
    let signature = matches!(row.act, None | Some(Act::Signature));
    row.status.is_signature() || (row.status == StatusWord::Verified && row.signed.is_some() && signature)
}
