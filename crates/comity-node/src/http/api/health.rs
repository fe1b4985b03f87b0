//! Whether the node is ready, and if not, why.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

/// What the parts of the node say about themselves. Clones share it. A new one is ready and calm.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    parts: Arc<RwLock<BTreeMap<String, String>>>,
    alarms: Arc<RwLock<BTreeMap<String, String>>>,
}

impl Readiness {
    /// A part is not ready, and why.
    pub fn not_ready(&self, part: &str, why: &str) {
        note(&self.parts, part, why);
    }

    /// A part is ready.
    pub fn ready(&self, part: &str) {
        forget(&self.parts, part);
    }

    /// The parts that are not ready, with the reasons.
    pub fn reasons(&self) -> Vec<(String, String)> {
        listed(&self.parts)
    }

    /// Something needs a person, though the node works on.
    pub fn alarm(&self, part: &str, why: &str) {
        note(&self.alarms, part, why);
    }

    /// It needs one no longer.
    pub fn calm(&self, part: &str) {
        forget(&self.alarms, part);
    }

    /// What needs a person, with the reasons.
    pub fn alarms(&self) -> Vec<(String, String)> {
        listed(&self.alarms)
    }
}

type Told = RwLock<BTreeMap<String, String>>;

fn note(told: &Told, part: &str, why: &str) {
    told.write().unwrap_or_else(PoisonError::into_inner).insert(part.to_owned(), why.to_owned());
}

fn forget(told: &Told, part: &str) {
    told.write().unwrap_or_else(PoisonError::into_inner).remove(part);
}

fn listed(told: &Told) -> Vec<(String, String)> {
    let told = told.read().unwrap_or_else(PoisonError::into_inner);
    told.iter().map(|(part, why)| (part.clone(), why.clone())).collect()
}
