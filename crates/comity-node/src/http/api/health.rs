//! Whether the node is ready, and if not, why.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

/// What the parts of the node say about themselves. Clones share it. A new one is ready.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<RwLock<BTreeMap<String, String>>>);

impl Readiness {
    /// A part is not ready, and why.
    pub fn not_ready(&self, part: &str, why: &str) {
        let mut parts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        parts.insert(part.to_owned(), why.to_owned());
    }

    /// A part is ready.
    pub fn ready(&self, part: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(part);
    }

    /// The parts that are not ready, with the reasons.
    pub fn reasons(&self) -> Vec<(String, String)> {
        let parts = self.0.read().unwrap_or_else(PoisonError::into_inner);
        parts.iter().map(|(part, why)| (part.clone(), why.clone())).collect()
    }
}
