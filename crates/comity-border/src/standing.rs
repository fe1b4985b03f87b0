//! The standing of a node: its own facts about other parties, beside the law. Consents, suspensions, letters, and the
//! decisions of its own party on adequacy, safeguards and classified information.

use crate::request::Consent;
use comity_record::{Canonical, Date, Hash, PartyCode, RecordId};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// What a node holds about its peers. The version in force is a value; a change makes a new one with another hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    entries: StandingEntries,
    hash: Hash,
    named: BTreeSet<RecordId>,
}

/// The entries of a standing, in the order given; [`Standing::new`] sorts them, so that the hash has one value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StandingEntries {
    /// Parties whose letters are accepted.
    #[n(0)]
    pub peers: BTreeSet<PartyCode>,
    /// Suspended dealings.
    #[n(1)]
    pub suspensions: Vec<Suspension>,
    /// Consents of third parties.
    #[n(2)]
    pub consents: Vec<Consent>,
    /// Adequacy decisions.
    #[n(3)]
    pub adequacy: Vec<Pair>,
    /// Assessed safeguards.
    #[n(4)]
    pub safeguards: Vec<Pair>,
    /// Agreements on the protection of classified information.
    #[n(5)]
    pub security: Vec<SecurityAgreement>,
}

/// A time: first day and, where there is one, last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Period {
    /// First day.
    #[n(0)]
    pub from: Date,
    /// Last day; `None`: open.
    #[n(1)]
    pub until: Option<Date>,
}

/// Dealings with a peer are suspended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Suspension {
    /// The peer.
    #[n(0)]
    pub peer: PartyCode,
    /// When.
    #[n(1)]
    pub period: Period,
    /// Why, and by whose decision.
    #[n(2)]
    pub reference: String,
}

/// A decision about transfers from one party to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Pair {
    /// The party that sends.
    #[n(0)]
    pub from: PartyCode,
    /// The party that receives.
    #[n(1)]
    pub to: PartyCode,
    /// When it holds.
    #[n(2)]
    pub period: Period,
    /// The decision or assessment.
    #[n(3)]
    pub reference: String,
}

/// An agreement on the protection of classified information of one scheme.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct SecurityAgreement {
    /// The other party.
    #[n(0)]
    pub peer: PartyCode,
    /// The scheme of the label, such as a party's code.
    #[n(1)]
    pub scheme: String,
    /// The levels it covers.
    #[n(2)]
    pub levels: BTreeSet<String>,
    /// When it holds.
    #[n(3)]
    pub period: Period,
    /// The agreement.
    #[n(4)]
    pub reference: String,
}

impl Canonical for StandingEntries {
    const NAME: &'static str = "a node's standing";
    const LIMIT: usize = 4 << 20;
}

impl Standing {
    /// The standing that these entries make.
    pub fn new(mut entries: StandingEntries) -> Standing {
        entries.suspensions.sort();
        entries.consents.sort();
        entries.adequacy.sort();
        entries.safeguards.sort();
        entries.security.sort();
        let hash = entries.hash();
        let named = entries.consents.iter().filter_map(|consent| consent.record).collect();
        Standing { entries, hash, named }
    }

    /// The entries, sorted.
    pub fn entries(&self) -> &StandingEntries {
        &self.entries
    }

    /// SHA-256 of the sorted entries.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// Whether a consent speaks of this record by its id.
    pub fn names_record(&self, record: &RecordId) -> bool {
        self.named.contains(record)
    }
}

impl Period {
    /// From a day on, without end.
    pub const fn from(from: Date) -> Period {
        Period { from, until: None }
    }

    /// Whether it holds on a day.
    pub fn holds(&self, on: Date) -> bool {
        self.from <= on && self.until.is_none_or(|until| on <= until)
    }

    /// Whether it is over on a day.
    pub fn is_over(&self, on: Date) -> bool {
        self.until.is_some_and(|until| until < on)
    }

    /// The next day after `on` on which its answer changes.
    pub fn next_change(&self, on: Date) -> Option<Date> {
        let end = self.until.map(|until| until.plus_days(1));
        [Some(self.from), end].into_iter().flatten().filter(|day| *day > on).min()
    }
}

impl Consent {
    /// When it holds.
    pub fn period(&self) -> Period {
        Period { from: self.from, until: self.until }
    }
}
