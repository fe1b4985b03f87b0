//! What a policy says about itself in its annotations.

use crate::{
    Code,
    obligation::{DutyKind, Owner, Terms},
    pack::Place,
    words::words,
};
use comity_record::PartyCode;
use minicbor::{Decode, Encode};
use serde::Serialize;

words! {
    /// The layers of law, from the widest agreement to the narrowest.
    LayerKind, "layer":
    /// Guided by the principles; each party adopts, amends or declines it.
    0 Principles "principles"
    /// What may cross.
    1 Instruments "instruments"
    /// What must not cross.
    2 Safeguards "safeguards"
    /// Which duties come with a clearance.
    3 Obligations "obligations"
    /// A party's own law.
    4 National "national"
}

/// The layer of a pack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Layer {
    /// Guided by the principles.
    #[n(0)]
    Principles,
    /// Permits.
    #[n(1)]
    Instruments,
    /// Forbids.
    #[n(2)]
    Safeguards,
    /// Duties.
    #[n(3)]
    Obligations,
    /// The law of one party: permits, forbids and duties.
    #[n(4)]
    National(#[n(0)] PartyCode),
}

impl Layer {
    /// The layer without its party.
    pub fn kind(&self) -> LayerKind {
        match self {
            Layer::Principles => LayerKind::Principles,
            Layer::Instruments => LayerKind::Instruments,
            Layer::Safeguards => LayerKind::Safeguards,
            Layer::Obligations => LayerKind::Obligations,
            Layer::National(_) => LayerKind::National,
        }
    }
}

/// A policy as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyInfo {
    /// Its id, unique among all packs in force.
    pub id: String,
    /// Its layer.
    pub layer: LayerKind,
    /// The article, principle or national law it rests on.
    pub citation: String,
    /// What it says, in one plain sentence.
    pub sentence: String,
    /// What it does.
    #[serde(skip)]
    pub effect: Effect,
    /// The letter of the principle that guides it.
    pub principle: Option<char>,
    /// Where it stands.
    #[serde(skip)]
    pub place: Place,
}

/// What a policy does where it applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It permits the crossing.
    Permit,
    /// It forbids the crossing.
    Forbid {
        /// The code of the refusal.
        code: Code,
        /// What would lift it.
        lift: String,
    },
    /// It attaches a duty.
    Oblige(DutyRule),
}

/// The duty that a policy attaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DutyRule {
    /// Which duty.
    pub duty: DutyKind,
    /// Who has it.
    pub owner: Owner,
    /// The parameters that are fixed.
    pub terms: Terms,
    /// Parameters that come from the label: the retention, the origin.
    pub from_label: bool,
}

impl PolicyInfo {
    /// The reason in words: the sentence, and for a policy that a party took from the principles, that it is its own.
    pub fn reason(&self) -> String {
        match self.principle {
            Some(letter) => {
                format!("own policy, guided by the non-binding AALCO proposal ({letter}): {}", self.sentence)
            }
            None => self.sentence.clone(),
        }
    }
}
