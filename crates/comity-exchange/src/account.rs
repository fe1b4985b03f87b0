//! Accounts of readers who are no officers of the party: officers of other parties, called guests here, and those at home
//! whom the party serves, its constituents. Who they are is an act of the house; what they may read is the border's word,
//! and that of the labels at home.
//!
//! A circle is a name that constituents and guests share. It widens nothing: it says which saved searches its members are
//! offered.

use comity_record::{Date, Hash, OfficerId, PartyCode, Timestamp, label::Purpose};
use comity_threat::value::{Kind, Value, is_public_suffix};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// An officer of another party who reads here.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Guest {
    /// The id of the account.
    #[n(0)]
    pub id: OfficerId,
    /// The party.
    #[n(1)]
    pub party: PartyCode,
    /// The name or office.
    #[n(2)]
    pub name: String,
    /// What for; our border judges every record under it.
    #[n(3)]
    pub purpose: Purpose,
    /// Circles.
    #[n(4)]
    pub circles: BTreeSet<String>,
    /// Saved searches that are offered.
    #[n(5)]
    pub collections: BTreeSet<String>,
    /// From which day.
    #[n(6)]
    pub from: Date,
}

/// Somebody at home whom the party serves.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Constituent {
    /// The id of the account.
    #[n(0)]
    pub id: OfficerId,
    /// The name.
    #[n(1)]
    pub name: String,
    /// Whom to reach, and how.
    #[n(2)]
    pub contact: String,
    /// Addresses and ranges, in canonical form.
    #[n(3)]
    pub ranges: BTreeSet<String>,
    /// Numbers of autonomous systems.
    #[n(4)]
    pub networks: BTreeSet<u32>,
    /// Names; each speaks of all names below it.
    #[n(5)]
    pub domains: BTreeSet<String>,
    /// Circles.
    #[n(6)]
    pub circles: BTreeSet<String>,
    /// Saved searches that are offered.
    #[n(7)]
    pub collections: BTreeSet<String>,
    /// From which day.
    #[n(8)]
    pub from: Date,
}

/// A token of such an account, known only by its hash. It reads, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Pass {
    /// SHA-256 of the token.
    #[n(0)]
    pub hash: Hash,
    /// The account.
    #[n(1)]
    pub account: OfficerId,
    /// From when.
    #[n(2)]
    pub from: Timestamp,
    /// Until when (exclusive).
    #[n(3)]
    pub until: Timestamp,
}

/// The account of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account<'h> {
    /// An officer of another party.
    Guest(&'h Guest),
    /// A constituent.
    Constituent(&'h Constituent),
}

/// Why there cannot be such an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountFault {
    /// The id is that of an officer or of another account.
    #[error("`{id}` is an officer or another account already")]
    Taken {
        /// The id.
        id: OfficerId,
    },
    /// No such account.
    #[error("there is no guest or constituent `{id}`")]
    None {
        /// The id.
        id: OfficerId,
    },
    /// A text is no address or range in its one form.
    #[error("`{text}` is no address or range in canonical form")]
    Range {
        /// The text.
        text: String,
    },
    /// A text is no name in its one form, or a suffix below which everybody registers.
    #[error("`{text}` is no domain of one holder")]
    Domain {
        /// The text.
        text: String,
    },
    /// The name of a circle has other characters.
    #[error("`{text}` is no name for a circle: small letters, digits and hyphens, at most 40")]
    Circle {
        /// The text.
        text: String,
    },
    /// Too many ranges, networks, domains, circles or collections.
    #[error("an account has at most {most} ranges, networks, domains, circles and collections in all")]
    TooMany {
        /// The most.
        most: usize,
    },
}

/// The most ranges, networks, domains, circles and collections of one account.
const MOST: usize = 10_000;

impl AccountFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            AccountFault::Taken { .. } => "account/taken",
            AccountFault::None { .. } => "account/none",
            AccountFault::Range { .. } => "account/range",
            AccountFault::Domain { .. } => "account/domain",
            AccountFault::Circle { .. } => "account/circle",
            AccountFault::TooMany { .. } => "account/too-many",
        }
    }
}

impl Guest {
    /// Whether there can be such an account.
    pub fn check(&self) -> Result<(), AccountFault> {
        size(self.circles.len() + self.collections.len())?;
        circles(&self.circles)
    }
}

impl Constituent {
    /// Whether there can be such an account.
    pub fn check(&self) -> Result<(), AccountFault> {
        let sets = [&self.ranges, &self.domains, &self.circles, &self.collections];
        size(sets.iter().map(|set| set.len()).sum::<usize>() + self.networks.len())?;
        circles(&self.circles)?;
        let canonical =
            |kinds: &[Kind], text: &str| kinds.iter().any(|kind| Value::of_canonical(*kind, text).is_ok());
        let range = |text: &&String| !canonical(&[Kind::Ipv4, Kind::Ipv6, Kind::Cidr], text);
        if let Some(text) = self.ranges.iter().find(range) {
            return Err(AccountFault::Range { text: text.chars().take(60).collect() });
        }
        let domain = |text: &&String| !canonical(&[Kind::Name], text) || is_public_suffix(text);
        match self.domains.iter().find(domain) {
            Some(text) => Err(AccountFault::Domain { text: text.chars().take(60).collect() }),
            None => Ok(()),
        }
    }
}

impl Account<'_> {
    /// From which day.
    pub fn from(&self) -> Date {
        match self {
            Account::Guest(guest) => guest.from,
            Account::Constituent(constituent) => constituent.from,
        }
    }

    /// Its circles.
    pub fn circles(&self) -> &BTreeSet<String> {
        match self {
            Account::Guest(guest) => &guest.circles,
            Account::Constituent(constituent) => &constituent.circles,
        }
    }

    /// The saved searches offered to it by name.
    pub fn collections(&self) -> &BTreeSet<String> {
        match self {
            Account::Guest(guest) => &guest.collections,
            Account::Constituent(constituent) => &constituent.collections,
        }
    }
}

/// Whether a text can name a circle.
pub fn circle(text: &str) -> Result<(), AccountFault> {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match (1..=40).contains(&text.len()) && text.chars().all(letters) {
        true => Ok(()),
        false => Err(AccountFault::Circle { text: text.chars().take(60).collect() }),
    }
}

fn circles(names: &BTreeSet<String>) -> Result<(), AccountFault> {
    names.iter().try_for_each(|name| circle(name))
}

fn size(count: usize) -> Result<(), AccountFault> {
    if count > MOST { Err(AccountFault::TooMany { most: MOST }) } else { Ok(()) }
}
