//! What the desk asks of the rim besides storage: randomness, and bodies that can be erased.

use comity_ledger::store::StoreFault;
use comity_record::RecordId;
use std::future::Future;

/// A source of unpredictable bytes. The rim gives the operating system's; the simulation gives a seeded one.
pub trait Entropy: Send {
    /// Fills `out`.
    fn fill(&mut self, out: &mut [u8]);
}

/// Draws an array.
pub(crate) fn draw<const N: usize>(entropy: &mut dyn Entropy) -> [u8; N] {
    let mut out = [0; N];
    entropy.fill(&mut out);
    out
}

/// Bodies sealed under keys that live outside the log, so that destroying a key erases a body from every copy.
///
/// Part 0 of a record is its envelope with the salts; part `n + 1` is the object in slot `n`.
pub trait Bodies: Send + Sync {
    /// Seals the parts of records in order. The keys are durable when this returns, before anything is committed.
    fn seal(
        &self,
        records: &[(RecordId, Vec<Vec<u8>>)],
    ) -> impl Future<Output = Result<Vec<Vec<Vec<u8>>>, StoreFault>> + Send;

    /// Opens sealed parts of one record; `None` where the key is gone.
    fn open(
        &self,
        record: RecordId,
        parts: &[(u32, Vec<u8>)],
    ) -> impl Future<Output = Result<Vec<Option<Vec<u8>>>, StoreFault>> + Send;

    /// Destroys the keys of these parts (all parts where empty). Durable on return.
    fn destroy(&self, record: RecordId, parts: &[u32])
    -> impl Future<Output = Result<(), StoreFault>> + Send;

    /// Destroys the keys of all parts of several bodies. Durable on return.
    fn destroy_whole(&self, bodies: &[RecordId]) -> impl Future<Output = Result<(), StoreFault>> + Send;
}
