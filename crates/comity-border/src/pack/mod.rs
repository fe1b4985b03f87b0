//! Packs: versioned sets of policies in Cedar.
//!
//! A pack is text that a lawyer can read. It is checked against the schema before it is used, and each policy says what
//! it rests on and what it means. Permits, forbids and duties are held apart: the forbids decide alone, and no policy can
//! cancel a duty.

mod check;
mod conditions;
mod fault;
mod load;
mod policy;

pub use fault::{Fault, PackFault, Place};
pub use policy::{DutyRule, Effect, Layer, LayerKind, PolicyInfo};

pub(crate) use conditions::{Condition, Conditions};

use crate::obligation::DutyKind;
use cedar_policy::{EntityUid, PolicySet, Schema};
use comity_record::{Canonical, Hash, PartyCode};
use minicbor::{Decode, Encode};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The text of one pack.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PackText {
    /// The file's name, for faults.
    #[n(0)]
    pub file: String,
    /// Its layer.
    #[n(1)]
    pub layer: Layer,
    /// The text.
    #[n(2)]
    pub text: String,
}

/// Everything that packs in force were loaded from, so that what was judged under them can be judged again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PackSource {
    /// The schema.
    #[n(0)]
    pub schema: String,
    /// The texts, in their order.
    #[n(1)]
    pub texts: Vec<PackText>,
    /// How the party takes the principles.
    #[n(2)]
    pub adoption: Adoption,
}

impl Canonical for PackSource {
    const NAME: &'static str = "the texts of packs";
    const LIMIT: usize = 16 << 20;
}

/// What is in force of one pack.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PackInfo {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// Its layer.
    pub layer: LayerKind,
    /// The file's name.
    pub file: String,
    /// How many of its policies are in force.
    pub policies: usize,
}

/// How a party takes the pack of principles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub enum Adoption {
    /// Whole.
    #[default]
    #[n(0)]
    Whole,
    /// Without these policies.
    #[n(1)]
    Without(#[n(0)] BTreeSet<String>),
    /// Not at all.
    #[n(2)]
    Declined,
}

/// The packs in force at one node, checked.
#[derive(Clone)]
pub struct Packs {
    pub(crate) schema: Schema,
    pub(crate) permits: PolicySet,
    pub(crate) forbids: PolicySet,
    pub(crate) duties: BTreeMap<DutyKind, Duties>,
    pub(crate) conditions: Conditions,
    policies: BTreeMap<String, PolicyInfo>,
    packs: Vec<PackInfo>,
    source: Arc<PackSource>,
    hash: Hash,
}

/// The policies of one duty, and the action that asks for it.
#[derive(Clone, Debug)]
pub(crate) struct Duties {
    pub(crate) action: EntityUid,
    pub(crate) policies: PolicySet,
}

/// The schema that is shipped.
const SCHEMA: &str = include_str!("../../../../packs/schema.cedarschema");

macro_rules! shipped {
    ($($layer:expr, $file:literal;)*) => {
        vec![$(PackText {
            file: concat!("packs/", $file).to_owned(),
            layer: $layer,
            text: include_str!(concat!("../../../../packs/", $file)).to_owned(),
        }),*]
    };
}

impl Packs {
    /// The packs that every node has: principles, instruments, safeguards and obligations.
    pub fn shipped_texts() -> Vec<PackText> {
        shipped! {
            Layer::Principles, "principles.cedar";
            Layer::Instruments, "instruments.cedar";
            Layer::Safeguards, "safeguards.cedar";
            Layer::Obligations, "obligations/labels.cedar";
            Layer::Obligations, "obligations/personal.cedar";
            Layer::Obligations, "obligations/case.cedar";
        }
    }

    /// The national pack of an invented State of the exercises (XA, XB, XC). None is shipped for a real State.
    pub fn exercise_text(party: &PartyCode) -> Option<PackText> {
        let texts = shipped! {
            Layer::National(party.clone()), "exercise/XA.cedar";
            Layer::National(party.clone()), "exercise/XB.cedar";
            Layer::National(party.clone()), "exercise/XC.cedar";
        };
        let file = format!("packs/exercise/{party}.cedar");
        texts.into_iter().find(|text| text.file == file)
    }

    /// The shipped packs alone, the principles adopted whole.
    pub fn shipped() -> Result<Packs, Vec<PackFault>> {
        Packs::load(Packs::shipped_texts(), &Adoption::Whole)
    }

    /// The packs of a party: those shipped, the principles as it adopted them, and its national packs. An invented State
    /// of the exercises that brings no pack has the sample.
    pub fn for_party(
        party: &PartyCode,
        adoption: &Adoption,
        national: Vec<PackText>,
    ) -> Result<Packs, Vec<PackFault>> {
        let mut texts = Packs::shipped_texts();
        if national.is_empty() {
            texts.extend(Packs::exercise_text(party));
        }
        texts.extend(national);
        Packs::load(texts, adoption)
    }

    /// Checks and loads packs under the shipped schema.
    pub fn load(texts: Vec<PackText>, adoption: &Adoption) -> Result<Packs, Vec<PackFault>> {
        Packs::from_source(PackSource { schema: SCHEMA.to_owned(), texts, adoption: adoption.clone() })
    }

    /// Loads the packs of another time, under the schema of that time. Their hash is what it was.
    pub fn from_source(source: PackSource) -> Result<Packs, Vec<PackFault>> {
        load::load(Arc::new(source))
    }

    /// What these packs were loaded from.
    pub fn source(&self) -> &PackSource {
        &self.source
    }

    /// SHA-256 over the schema, the texts and the adoption, in their order.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// What is in force.
    pub fn info(&self) -> &[PackInfo] {
        &self.packs
    }

    /// A policy in force, by its id.
    pub fn policy(&self, id: &str) -> Option<&PolicyInfo> {
        self.policies.get(id)
    }

    /// Every policy in force, by id.
    pub fn policies(&self) -> impl Iterator<Item = &PolicyInfo> {
        self.policies.values()
    }
}

impl std::fmt::Debug for Packs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packs").field("hash", &self.hash).field("packs", &self.packs).finish_non_exhaustive()
    }
}
