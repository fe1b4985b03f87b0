//! The subject of a judgement: what the border looks at in a record. Labels, kind and, of a request, what is asked; never
//! the content.

use comity_record::{
    Body, Canonical, Date, Kind, Labels, PartyCode, RecordId, Verified,
    body::{self, Narrowing, Selector},
};
use minicbor::{Decode, Encode};
use std::{collections::BTreeSet, net::IpAddr};

/// What the border looks at in a record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Subject {
    /// The record; `None` where only labels are examined.
    #[n(0)]
    pub record: Option<RecordId>,
    /// Who signed it.
    #[n(1)]
    pub author: PartyCode,
    /// Its kind, as text.
    #[n(2)]
    pub kind: String,
    /// Whether kind and version are understood here.
    #[n(3)]
    pub known: bool,
    /// Its labels.
    #[n(4)]
    pub labels: Labels,
    /// What a request asks for.
    #[n(5)]
    pub asked: Option<Asked>,
    /// Of a record made by redaction: the selectors and obligation fields that were redacted.
    #[n(6)]
    pub redacted: Option<Vec<String>>,
    /// The parties to whom its author narrowed it since; `None` where it did not.
    #[n(7)]
    pub audience: Option<BTreeSet<PartyCode>>,
}

/// What a request asks for, as far as the border looks at it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Asked {
    /// A code of measures.csv.
    #[n(0)]
    pub measure: String,
    /// A code of offences.csv.
    #[n(1)]
    pub offence: Option<String>,
    /// The greatest penalty in years.
    #[n(2)]
    pub penalty: Option<u8>,
    /// Whether an organised group is involved.
    #[n(3)]
    pub organised: Option<bool>,
    /// The last day of a collection in real time.
    #[n(4)]
    pub until: Option<Date>,
    /// Whether each selector means one person, account, address or device, and they are few and of one kind.
    #[n(5)]
    pub bounded: bool,
}

impl Canonical for Subject {
    const NAME: &'static str = "the subject of a judgement";
}

impl Subject {
    /// The subject of a verified record.
    pub fn of(record: &Verified) -> Subject {
        let statement = record.statement();
        let header = record.header();
        Subject {
            record: Some(record.id()),
            author: statement.origin.clone(),
            kind: header.kind.as_str().to_owned(),
            known: !matches!(statement.body, Body::Unknown { .. }),
            labels: statement.labels.clone(),
            asked: match &statement.body {
                Body::Request(request) => Some(Asked::of(request)),
                _ => None,
            },
            redacted: statement.derived.as_ref().map(|derived| derived.redacted.clone()),
            audience: None,
        }
    }

    /// A subject of labels alone, to examine what would become of such a record. It never makes a clearance.
    pub fn from_labels(author: PartyCode, kind: &Kind, labels: Labels) -> Subject {
        Subject {
            record: None,
            author,
            kind: kind.as_str().to_owned(),
            known: kind.newest_version() > 0,
            labels,
            asked: None,
            redacted: None,
            audience: None,
        }
    }

    /// The same under a narrower audience than the labels of the record say.
    #[must_use]
    pub fn narrowed(mut self, by: &Narrowing) -> Subject {
        self.labels.tlp = self.labels.tlp.max(by.tlp.unwrap_or(self.labels.tlp));
        self.audience = Narrowing { tlp: None, to: self.audience }.and(by).to;
        self
    }

    /// The party whose information it is: that of the label, else the author.
    pub fn origin(&self) -> &PartyCode {
        self.labels.origin.as_ref().unwrap_or(&self.author)
    }
}

impl Asked {
    /// What a request asks for.
    pub fn of(request: &body::Request) -> Asked {
        Asked {
            measure: request.measure.clone(),
            offence: request.offence.clone(),
            penalty: request.penalty,
            organised: request.organised,
            until: request.until,
            bounded: unbounded(request.selectors()).is_none(),
        }
    }
}

/// Whether a selector means one person, account, address or device. A selector that is empty, has a wildcard, lists
/// several things or names a range of addresses asks in bulk.
pub fn is_bounded(selector: &Selector) -> bool {
    match selector {
        // A name may hold a comma.
        Selector::Person(name) => is_single(name, &[';', '\n', '|']),
        Selector::Account { provider, account } => is_single(provider, LISTS) && is_single(account, LISTS),
        Selector::Address { address, .. } => address
            .parse::<IpAddr>()
            .is_ok_and(|address| !address.is_unspecified() && !address.is_multicast()),
        Selector::Device(device) => is_single(device, LISTS),
    }
}

/// Why what a measure is aimed at asks in bulk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unbounded {
    /// A selector is not bounded.
    #[error("the selector is not bounded: it names no single person, account, address or device")]
    Selector,
    /// They are of several kinds, or of several providers.
    #[error(
        "the selectors of one request are all persons, all addresses, all devices, or all accounts of one provider"
    )]
    Kinds,
    /// One stands twice.
    #[error("a selector stands twice")]
    Twice,
    /// They are too many to be looked at one by one.
    #[error("{count} selectors are too many: one request names at most {limit} of one kind")]
    Many {
        /// How many there are.
        count: usize,
        /// How many may be.
        limit: usize,
    },
}

/// Why these selectors ask in bulk; `None` where each is bounded, all are of one kind, none stands twice, and they are at
/// most [`body::Request::MOST_SELECTORS`].
pub fn unbounded<'a>(selectors: impl IntoIterator<Item = &'a Selector>) -> Option<Unbounded> {
    let all: Vec<&Selector> = selectors.into_iter().collect();
    let (count, limit) = (all.len(), body::Request::MOST_SELECTORS);
    let first = all.first()?;
    let twice = |(at, one): (usize, &&Selector)| all.iter().skip(at + 1).any(|other| other == one);
    match () {
        () if count > limit => Some(Unbounded::Many { count, limit }),
        () if !all.iter().all(|one| is_bounded(one)) => Some(Unbounded::Selector),
        () if !all.iter().all(|one| is_of_one_kind(first, one)) => Some(Unbounded::Kinds),
        () if all.iter().enumerate().any(twice) => Some(Unbounded::Twice),
        () => None,
    }
}

fn is_of_one_kind(one: &Selector, other: &Selector) -> bool {
    match (one, other) {
        (Selector::Account { provider, .. }, Selector::Account { provider: other, .. }) => provider == other,
        (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

/// Characters that separate several accounts or devices.
const LISTS: &[char] = &[',', ';', '\n', '|'];

/// A text with a letter or digit in it, without wildcards and separators.
fn is_single(text: &str, separators: &[char]) -> bool {
    let names_something = text.chars().any(char::is_alphanumeric);
    names_something && !text.contains(['*', '%', '?']) && !text.contains(separators)
}
