//! What decisions were judged by, kept by hash from the moment it comes into force: the texts of packs, the files of the
//! register, and the change sets that led from one register to the next. So a past decision can be judged again when
//! packs and register have long been others.

use super::{Desk, DeskFault};
use crate::{
    Bodies,
    tables::{INPUTS, RegisterInput},
};
use comity_border::{PackSource, Packs};
use comity_law::{ChangeSet, Files, Register};
use comity_ledger::store::{Kv, Row, Store};
use comity_record::{Canonical, Hash};
use std::collections::{BTreeMap, btree_map::Entry};

/// Packs and registers of other times, loaded once for many decisions.
#[derive(Debug, Default)]
pub struct PastLaw {
    packs: BTreeMap<Hash, Option<Packs>>,
    registers: BTreeMap<Hash, Option<Register>>,
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Whether the packs in force, and the files that the register was loaded from, are kept already.
    pub async fn inputs_kept(&self, files: &Files<'_>) -> Result<bool, DeskFault> {
        Ok(self.missing_inputs(files).await?.is_empty())
    }

    /// Keeps the packs in force, and the files that the register was loaded from. Called at each start, before anything is
    /// judged; what is kept already is not written again. No entry is made: each decision names the hashes.
    pub async fn keep_inputs(&self, files: &Files<'_>) -> Result<(), DeskFault> {
        let rows = self.missing_inputs(files).await?;
        if !rows.is_empty() {
            self.log.write(&self.store, rows).await?;
        }
        Ok(())
    }

    async fn missing_inputs(&self, files: &Files<'_>) -> Result<Vec<Row>, DeskFault> {
        let packs = (self.law.packs.hash(), self.law.packs.source().to_bytes());
        let named =
            Files::names().filter_map(|name| Some((name.to_owned(), files.get(name)?.to_vec().into())));
        let register = (self.base.hash(), RegisterInput::Files(named.collect()).to_bytes());
        let keys = [packs.0, register.0].map(|hash| (0, hash.0.to_vec()));
        let kept = self.store.get_many(INPUTS, &keys).await?;
        let missing = [packs, register].into_iter().zip(kept).filter(|(_, kept)| kept.is_none());
        Ok(missing.map(|((hash, value), _)| input(hash, value)).collect())
    }

    /// The row that leads from the register in force to the one that a change set makes of it.
    pub(super) fn register_row(&self, after: &Register, change: &[u8]) -> Row {
        let before = self.law.register.hash();
        let value = RegisterInput::Changed { before, change: change.to_vec().into() }.to_bytes();
        input(after.hash(), value)
    }

    /// The packs with this hash; `None` where their texts are not kept, or load no more.
    pub async fn packs_of<'p>(
        &self,
        hash: Hash,
        past: &'p mut PastLaw,
    ) -> Result<Option<&'p Packs>, DeskFault> {
        if let Entry::Vacant(place) = past.packs.entry(hash) {
            let bytes = self.kept_input(hash).await?;
            let source = bytes.and_then(|bytes| PackSource::from_bytes(&bytes).ok());
            place.insert(source.and_then(|source| Packs::from_source(source).ok()));
        }
        Ok(past.packs.get(&hash).and_then(Option::as_ref))
    }

    /// The register with this hash; `None` where what leads to it is not kept, or loads no more.
    pub async fn register_of<'p>(
        &self,
        hash: Hash,
        past: &'p mut PastLaw,
    ) -> Result<Option<&'p Register>, DeskFault> {
        // From the one asked for back to one that is known or was loaded from files, then forward again.
        let (mut changes, mut at) = (Vec::new(), hash);
        while !past.registers.contains_key(&at) {
            let read = self.kept_input(at).await?.and_then(|bytes| RegisterInput::from_bytes(&bytes).ok());
            match read {
                Some(RegisterInput::Changed { before, change }) if changes.len() < LONGEST_CHAIN => {
                    changes.push((at, change));
                    at = before;
                }
                Some(RegisterInput::Files(files)) => {
                    past.registers.insert(at, load(&files));
                }
                _ => {
                    past.registers.insert(at, None);
                }
            }
        }
        while let Some((after, change)) = changes.pop() {
            let before = past.registers.get(&at).and_then(Option::as_ref);
            let change = ChangeSet::from_bytes(&change).ok();
            let made = before.zip(change).and_then(|(register, change)| register.apply(&change).ok());
            past.registers.insert(after, made);
            at = after;
        }
        Ok(past.registers.get(&hash).and_then(Option::as_ref))
    }

    async fn kept_input(&self, hash: Hash) -> Result<Option<Vec<u8>>, DeskFault> {
        Ok(self.store.get_many(INPUTS, &[(0, hash.0.to_vec())]).await?.pop().flatten())
    }
}

/// The longest row of change sets that is followed back.
const LONGEST_CHAIN: usize = 10_000;

fn load(files: &[(String, minicbor::bytes::ByteVec)]) -> Option<Register> {
    let empty = Files::new();
    let files = files.iter().fold(empty, |files, (name, text)| files.with(name.as_str(), text.as_slice()));
    Register::load(&files).ok()
}

fn input(hash: Hash, value: Vec<u8>) -> Row {
    Row { table: INPUTS, partition: 0, key: hash.0.to_vec(), value }
}
