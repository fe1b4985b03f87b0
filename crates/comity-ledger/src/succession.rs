//! Succession: when a tail is lost and nobody has its hashes, the party says so under its root, and its log goes on
//! under a new origin. The surviving entries stay in the tree; the statement is entered, shown, and never hidden.

use crate::{
    checkpoint::is_origin,
    committed::Committed,
    log::{Log, LogFault},
    store::{Class, Order, Row, Store, StoreFault, Table},
    tree::TreeHead,
};
use comity_record::{
    Canonical, DualVerifier, Entry, EntryKind, EntrySalt, Malformed, PartyCode, RootFault, RootSigned,
    Timestamp,
};
use minicbor::{Decode, Encode};

/// Signed succession statements by the size of the log at which they were entered.
pub const SUCCESSIONS: Table = Table { name: "successions", class: Class::Log };

/// What a party states, under its root, about a log whose tail is lost for good.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SuccessionStatement {
    /// The party.
    #[n(0)]
    pub party: PartyCode,
    /// The origin of the log that ends.
    #[n(1)]
    pub old_origin: String,
    /// The last head of it that any witness cosigned.
    #[n(2)]
    pub last_witnessed: TreeHead,
    /// Who cosigned that head.
    #[n(3)]
    pub witnesses: Vec<PartyCode>,
    /// The head that survives, with what was entered since the loss; the new log begins with these entries.
    #[n(4)]
    pub surviving: TreeHead,
    /// The first entry that is lost.
    #[n(5)]
    pub lost_from: u64,
    /// One past the last entry that is lost.
    #[n(6)]
    pub lost_to: u64,
    /// The origin under which the log goes on.
    #[n(7)]
    pub new_origin: String,
    /// When.
    #[n(8)]
    pub at: Timestamp,
    /// What happened, in a sentence.
    #[n(9)]
    pub reason: String,
}

impl Canonical for SuccessionStatement {
    const NAME: &'static str = "a succession statement";
    const LIMIT: usize = 16 * 1024;
}

/// Why a succession is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SuccessionFault {
    /// It is not signed by the party's root.
    #[error(transparent)]
    Root(#[from] RootFault),
    /// It contradicts itself.
    #[error("the succession statement contradicts itself: {why}")]
    Contradiction {
        /// How.
        why: &'static str,
    },
    /// It is about another party.
    #[error("the succession statement is of `{found}`, not of `{expected}`")]
    Party {
        /// Whose it is.
        found: PartyCode,
        /// Whose it was to be.
        expected: PartyCode,
    },
    /// The log at hand is not the one that survives.
    #[error("the log has {found} entries, the succession statement begins with another log of {stated}")]
    Surviving {
        /// Entries at hand.
        found: u64,
        /// Entries stated.
        stated: u64,
    },
    /// A later head than the stated one was cosigned: the statement hides entries.
    #[error("a head of {seen} entries was cosigned, the succession statement admits only {stated}")]
    Understated {
        /// The size seen.
        seen: u64,
        /// The size stated.
        stated: u64,
    },
    /// The log or store failed.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// What is kept cannot be read.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

impl From<StoreFault> for SuccessionFault {
    fn from(fault: StoreFault) -> SuccessionFault {
        SuccessionFault::Log(LogFault::Store(fault))
    }
}

impl SuccessionFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            SuccessionFault::Root(fault) => fault.code(),
            SuccessionFault::Contradiction { .. } => "succession/contradiction",
            SuccessionFault::Party { .. } => "succession/party",
            SuccessionFault::Surviving { .. } => "succession/surviving",
            SuccessionFault::Understated { .. } => "succession/understated",
            SuccessionFault::Log(fault) => fault.code(),
            SuccessionFault::Malformed(malformed) => malformed.code(),
        }
    }
}

impl SuccessionStatement {
    /// The statement, if `party`'s root signed it and it does not contradict itself.
    pub fn verify(
        signed: &RootSigned<SuccessionStatement>,
        party: &PartyCode,
        root: &DualVerifier,
    ) -> Result<SuccessionStatement, SuccessionFault> {
        let statement = signed.verify(root)?;
        if statement.party != *party {
            return Err(SuccessionFault::Party { found: statement.party, expected: party.clone() });
        }
        match statement.contradiction() {
            Some(why) => Err(SuccessionFault::Contradiction { why }),
            None => Ok(statement),
        }
    }

    /// For a peer that cosigned the old log: whether the statement admits every entry that it saw. A false statement
    /// is evidence, as the party signed both.
    pub fn admits(&self, seen: TreeHead) -> Result<(), SuccessionFault> {
        let same = seen.size < self.last_witnessed.size || seen == self.last_witnessed;
        let fault = SuccessionFault::Understated { seen: seen.size, stated: self.last_witnessed.size };
        if same { Ok(()) } else { Err(fault) }
    }

    fn contradiction(&self) -> Option<&'static str> {
        // The log may have grown before anybody could show the loss: what survives then reaches beyond its beginning.
        if self.lost_from > self.surviving.size || self.lost_to != self.last_witnessed.size {
            return Some("the lost range does not lead from what survives to the last witnessed head");
        }
        if self.lost_from >= self.lost_to {
            return Some("nothing is lost");
        }
        if self.new_origin == self.old_origin || !is_origin(&self.new_origin) {
            return Some("the new origin is the old one or cannot be an origin");
        }
        None
    }
}

impl Log {
    /// Enters a succession: from here on the log bears the new origin. The first entry after the surviving ones
    /// commits to the signed statement.
    pub async fn succeed<S: Store>(
        &mut self,
        store: &S,
        signed: &RootSigned<SuccessionStatement>,
        root: &DualVerifier,
        party: &PartyCode,
        salt: EntrySalt,
    ) -> Result<Committed<Entry>, SuccessionFault> {
        let statement = SuccessionStatement::verify(signed, party, root)?;
        if statement.surviving != self.tree_head() {
            let (found, stated) = (self.size(), statement.surviving.size);
            return Err(SuccessionFault::Surviving { found, stated });
        }
        let mut entry = Entry::new(EntryKind::Succession, statement.at, statement.party);
        entry.subject = Some(signed.hash());
        let key = self.size().to_be_bytes().to_vec();
        let row = Row { table: SUCCESSIONS, partition: 0, key, value: signed.to_bytes() };
        let committed = self.commit(store, vec![(entry, salt)], vec![row]).await?;
        let missing = LogFault::MissingEntry { index: statement.surviving.size, size: self.size() };
        committed.into_iter().next().ok_or(SuccessionFault::Log(missing))
    }

    /// The successions of this log, oldest first, each with the index of its entry. The last one's new origin is the
    /// log's origin; without any it is the one in the party's first letter.
    pub async fn successions<S: Store>(
        &self,
        store: &S,
    ) -> Result<Vec<(u64, RootSigned<SuccessionStatement>)>, SuccessionFault> {
        let mut out = Vec::new();
        for (key, value) in store.scan(SUCCESSIONS, 0, &[], &[], 1024, Order::Ascending).await? {
            let index = key.as_slice().try_into().map(u64::from_be_bytes).unwrap_or(0);
            out.push((index, RootSigned::from_bytes(&value)?));
        }
        Ok(out)
    }
}
