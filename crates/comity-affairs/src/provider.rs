//! An order or notice that a State's own authority gives to a provider, and nothing more: a provider never sees what goes on
//! between States. An order holds the words of the authority and the fields that an officer chose one by one.

use crate::View;
use comity_record::{Addressed, Canonical, Date, OfficerId, PartyCode, Timestamp, UnitCode};
use minicbor::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};

/// A provider of services, as the State has entered it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Provider {
    /// Its code here.
    #[n(0)]
    pub code: UnitCode,
    /// Its name.
    #[n(1)]
    pub name: String,
    /// Where orders are handed over: an address, a telephone, a portal.
    #[n(2)]
    pub contact: String,
    /// On what its duty to answer rests: a law, a licence, an agreement.
    #[n(3)]
    pub source: String,
    /// First day.
    #[n(4)]
    pub from: Date,
    /// Last day.
    #[n(5)]
    pub until: Option<Date>,
}

impl Provider {
    /// Whether it is one on a day.
    pub fn stands_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// An order to a provider, signed by the State with its record key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Order {
    /// Version of this form: 1.
    #[n(0)]
    pub version: u16,
    /// The State.
    #[n(1)]
    pub party: PartyCode,
    /// Its number at home, by which the answer names it.
    #[n(2)]
    pub number: u32,
    /// The provider's name.
    #[n(3)]
    pub provider: String,
    /// The authority that orders.
    #[n(4)]
    pub authority: UnitCode,
    /// The name of the authority.
    #[n(5)]
    pub authority_name: String,
    /// The officer answerable.
    #[n(6)]
    pub officer: OfficerId,
    /// When.
    #[n(7)]
    pub at: Timestamp,
    /// The domestic law or decision that it rests on.
    #[n(8)]
    pub law: String,
    /// What is ordered, in words.
    #[n(9)]
    pub what: String,
    /// Fields of the case that an officer chose, by their codes.
    #[n(10)]
    pub fields: BTreeMap<String, String>,
    /// Until when an answer is wanted.
    #[n(11)]
    pub due: Date,
    /// Whether the provider must keep it secret from the person concerned.
    #[n(12)]
    pub secret: bool,
    /// Whether it is an exercise.
    #[n(13)]
    pub exercise: bool,
}

impl Canonical for Order {
    const NAME: &'static str = "an order to a provider";
    const LIMIT: usize = 256 * 1024;
}

/// A provider has no code among parties; the addressee stands in the order, and the State states it to itself.
impl Addressed for Order {
    fn sender(&self) -> &PartyCode {
        &self.party
    }

    fn recipient(&self) -> &PartyCode {
        &self.party
    }

    fn stated_at(&self) -> Timestamp {
        self.at
    }
}

/// Why there is no such order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderFault {
    /// The case has no such field.
    #[error("the case has no field `{code}`; it has {known}")]
    NoField {
        /// The field, at most 40 characters of it.
        code: String,
        /// Those that there are.
        known: String,
    },
    /// The words or the law are missing.
    #[error("an order needs words and the law that it rests on")]
    Words,
}

impl OrderFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            OrderFault::NoField { .. } => "provider/no-field",
            OrderFault::Words => "provider/words",
        }
    }
}

/// The chosen fields of a case, and no other.
pub fn chosen(view: &View, codes: &BTreeSet<String>) -> Result<BTreeMap<String, String>, OrderFault> {
    let mut chosen = BTreeMap::new();
    for code in codes {
        let value = view.fields.get(code).ok_or_else(|| OrderFault::NoField {
            code: code.chars().take(40).collect(),
            known: view.fields.keys().cloned().collect::<Vec<_>>().join(", "),
        })?;
        chosen.insert(code.clone(), value.clone());
    }
    Ok(chosen)
}
