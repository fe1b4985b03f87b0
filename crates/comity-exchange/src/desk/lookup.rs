//! Blocks of oblivious questions: each is entered before its first answer, by both sides.
//!
//! The quota of a peer is counted over the blocks entered for it that day, so that it holds over restarts and needs no write
//! for a question. What is asked and answered is not known here, nor to anybody but the asker.

use super::{Desk, DeskFault};
use crate::{
    Bodies, Entropy, draw,
    tables::{LOOKUPS, LookupRow, LookupSide},
};
use comity_ledger::store::{Kv, Order, Row, Store};
use comity_record::{Canonical, Entry, EntryKind, Hash, PartyCode, Timestamp, label::Purpose, sha256};

/// A block of questions to be entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupBlock {
    /// Its id, drawn by the asker.
    pub id: [u8; 16],
    /// The other party.
    pub peer: PartyCode,
    /// Whether it is answered or asked here.
    pub side: LookupSide,
    /// For which purpose.
    pub purpose: Purpose,
    /// How many questions it has; 0 where the asker does not know yet.
    pub questions: u32,
}

/// Why a block is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockRefused {
    /// The day's questions are given out.
    #[error("the {per_day} questions of this day are given out; each party answers so many to one peer")]
    Quota {
        /// Questions a day.
        per_day: u32,
    },
    /// The id was used before.
    #[error("a block of that id was opened before")]
    Repeated,
}

impl BlockRefused {
    /// The stable code of this refusal.
    pub fn code(self) -> &'static str {
        match self {
            BlockRefused::Quota { .. } => "lookup/quota",
            BlockRefused::Repeated => "lookup/no-block",
        }
    }
}

/// What both entries of a block have as their subject.
fn subject(block: &LookupBlock, asker: &PartyCode, answerer: &PartyCode) -> Hash {
    let parts: [&[u8]; 7] = [
        b"comity lookup block\0",
        &block.id,
        asker.as_str().as_bytes(),
        b"\0",
        answerer.as_str().as_bytes(),
        b"\0",
        block.purpose.as_str().as_bytes(),
    ];
    sha256(&parts)
}

impl<S: Store + Kv, B: Bodies> Desk<S, B> {
    /// Enters a block of questions, unless more than `per_day` would be answered to its peer on this day. Durable on
    /// return.
    pub async fn open_lookup(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
        block: LookupBlock,
        per_day: u32,
    ) -> Result<Result<u64, BlockRefused>, DeskFault> {
        let number = self.peer(&block.peer)?.number;
        if block.side == LookupSide::Answers {
            let today = self.lookups_of_day(number, now).await?;
            if today.iter().any(|row| *row.block == block.id) {
                return Ok(Err(BlockRefused::Repeated));
            }
            let given: u64 = today.iter().map(|row| u64::from(row.questions)).sum();
            if given.saturating_add(block.questions.into()) > per_day.into() {
                return Ok(Err(BlockRefused::Quota { per_day }));
            }
        }
        let (asker, answerer) = match block.side {
            LookupSide::Answers => (&block.peer, &self.party),
            LookupSide::Asks => (&self.party, &block.peer),
        };
        let mut entry = Entry::new(EntryKind::Lookup, now, self.party.clone());
        entry.subject = Some(subject(&block, asker, answerer));
        entry.counterparty = Some(block.peer);
        let index = self.log.size();
        let row = LookupRow {
            block: block.id.into(),
            side: block.side,
            purpose: block.purpose,
            questions: block.questions,
            at: now,
        };
        let key = index.to_be_bytes().to_vec();
        let rows = vec![Row { table: LOOKUPS, partition: number, key, value: row.to_bytes() }];
        self.commit(vec![(entry, draw(entropy))], rows).await?;
        Ok(Ok(index))
    }

    /// The blocks answered to a peer on the day of `now`, the last first.
    async fn lookups_of_day(&self, number: u32, now: Timestamp) -> Result<Vec<LookupRow>, DeskFault> {
        let mut found = Vec::new();
        for (_, value) in self.store.scan(LOOKUPS, number, &[], &[], 10_000, Order::Descending).await? {
            let row = LookupRow::from_bytes(&value)?;
            // Recorded times do not go back by more than the clock's tolerance, which is below a day.
            if row.at.date() < now.date() {
                break;
            }
            found.extend((row.side == LookupSide::Answers && row.at.date() == now.date()).then_some(row));
        }
        Ok(found)
    }

    /// The blocks asked of a peer and answered to it, oldest first.
    pub async fn lookups(&self, peer: &PartyCode) -> Result<Vec<LookupRow>, DeskFault> {
        let number = self.peer(peer)?.number;
        let rows = self.rows(LOOKUPS, number).await?;
        Ok(rows.iter().map(|(_, value)| LookupRow::from_bytes(value)).collect::<Result<_, _>>()?)
    }
}
