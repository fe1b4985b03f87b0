//! The custody record of one holder.

use comity_record::{Addressed, Canonical, Hash, OfficerId, PartyCode, Timestamp, UnitCode};
use minicbor::{Decode, Encode};
use std::fmt;

/// What was done with objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Act {
    /// Collected: the first touch.
    #[n(0)]
    Collected,
    /// Received from another holder: the first touch here.
    #[n(1)]
    Received,
    /// Sealed.
    #[n(2)]
    Sealed,
    /// Hashed, or hashed again on schedule.
    #[n(3)]
    Hashed,
    /// Copied.
    #[n(4)]
    Copied,
    /// Moved.
    #[n(5)]
    Moved,
    /// Opened.
    #[n(6)]
    Opened,
    /// Analysed.
    #[n(7)]
    Analysed,
    /// Exported out of the node.
    #[n(8)]
    Exported,
    /// Handed to another holder.
    #[n(9)]
    HandedOver,
    /// Returned.
    #[n(10)]
    Returned,
    /// Destroyed.
    #[n(11)]
    Destroyed,
}

impl Act {
    /// The act in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Act::Collected => "collected",
            Act::Received => "received",
            Act::Sealed => "sealed",
            Act::Hashed => "hashed",
            Act::Copied => "copied",
            Act::Moved => "moved",
            Act::Opened => "opened",
            Act::Analysed => "analysed",
            Act::Exported => "exported",
            Act::HandedOver => "handed over",
            Act::Returned => "returned",
            Act::Destroyed => "destroyed",
        }
    }
}

impl Act {
    /// Every act, in order.
    pub const ALL: &'static [Act] = &[
        Act::Collected,
        Act::Received,
        Act::Sealed,
        Act::Hashed,
        Act::Copied,
        Act::Moved,
        Act::Opened,
        Act::Analysed,
        Act::Exported,
        Act::HandedOver,
        Act::Returned,
        Act::Destroyed,
    ];

    /// The acts that a person records. The others are recorded by what does them.
    pub const BY_HAND: &'static [Act] =
        &[Act::Copied, Act::Moved, Act::Opened, Act::Analysed, Act::Exported, Act::Returned, Act::Destroyed];
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The other holder of a transfer, and the head of its chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Transfer {
    /// The other holder.
    #[n(0)]
    pub party: PartyCode,
    /// The head of its chain: in `Received` that before it handed over, in `HandedOver` that after it received.
    #[n(1)]
    pub head: Hash,
}

/// One act of custody.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Entry {
    /// Its number in the chain, from 0.
    #[n(0)]
    pub number: u32,
    /// Hash of the entry before it.
    #[n(1)]
    pub previous: Option<Hash>,
    /// The holder.
    #[n(2)]
    pub party: PartyCode,
    /// The unit.
    #[n(3)]
    pub unit: UnitCode,
    /// Who did it.
    #[n(4)]
    pub officer: OfficerId,
    /// When.
    #[n(5)]
    pub at: Timestamp,
    /// What.
    #[n(6)]
    pub act: Act,
    /// With which objects, by SHA-256.
    #[n(7)]
    pub objects: Vec<Hash>,
    /// Where.
    #[n(8)]
    pub place: String,
    /// Why.
    #[n(9)]
    pub reason: String,
    /// With which tool and version; empty where none.
    #[n(10)]
    pub tool: String,
    /// The other side of a transfer.
    #[n(11)]
    pub transfer: Option<Transfer>,
}

impl Canonical for Entry {
    const NAME: &'static str = "a custody entry";
    const LIMIT: usize = 512 * 1024;
}

/// A holder's entry is its own statement, to whom it may concern: signed, it is an `Attested<Entry>`.
impl Addressed for Entry {
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

/// What is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// An entry does not follow the one before it.
    #[error("custody entry {number} does not follow the one before it: {why}")]
    Broken {
        /// The entry.
        number: u32,
        /// What does not fit.
        why: &'static str,
    },
    /// An act that cannot be at this place.
    #[error("custody entry {number}: `{act}` {why}")]
    Misplaced {
        /// The entry.
        number: u32,
        /// The act.
        act: Act,
        /// Why it cannot be there.
        why: &'static str,
    },
    /// Two chains do not join at a transfer.
    #[error("the custody records of `{giver}` and `{receiver}` do not join: {why}")]
    NotJoined {
        /// Who handed over.
        giver: PartyCode,
        /// Who received.
        receiver: PartyCode,
        /// What does not fit.
        why: &'static str,
    },
}

impl ChainFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            ChainFault::Broken { .. } => "evidence/chain-broken",
            ChainFault::Misplaced { .. } => "evidence/act-misplaced",
            ChainFault::NotJoined { .. } => "evidence/chains-not-joined",
        }
    }
}

/// The custody record of one holder, checked entry by entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    entries: Vec<Entry>,
    head: Option<Hash>,
}

impl Chain {
    /// Checks a whole record.
    pub fn of(entries: Vec<Entry>) -> Result<Chain, ChainFault> {
        let mut chain = Chain::default();
        entries.into_iter().try_for_each(|entry| chain.add(entry))?;
        Ok(chain)
    }

    /// Adds an entry whose place was filled in by its author; refuses one that does not follow.
    pub fn add(&mut self, entry: Entry) -> Result<(), ChainFault> {
        self.follows(&entry)?;
        self.is_in_place(&entry)?;
        self.head = Some(entry.hash());
        self.entries.push(entry);
        Ok(())
    }

    /// Fills in number and predecessor, and adds the entry.
    pub fn write(&mut self, mut entry: Entry) -> Result<&Entry, ChainFault> {
        (entry.number, entry.previous) = (self.entries.len() as u32, self.head);
        let number = entry.number;
        self.add(entry)?;
        self.entries.last().ok_or(ChainFault::Broken { number, why: "it was not kept" })
    }

    /// The entries, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Hash of the last entry.
    pub fn head(&self) -> Option<Hash> {
        self.head
    }

    /// The holder; none while the record is empty.
    pub fn holder(&self) -> Option<&PartyCode> {
        self.entries.first().map(|entry| &entry.party)
    }

    /// Whether this was the head after one of the entries.
    pub fn has_head(&self, head: &Hash) -> bool {
        self.entries.iter().any(|entry| entry.hash() == *head)
    }

    /// Whether it says that something was handed to a party.
    pub fn handed_to(&self, party: &PartyCode) -> bool {
        let to = |entry: &Entry| entry.transfer.as_ref().is_some_and(|transfer| transfer.party == *party);
        self.entries.iter().any(|entry| entry.act == Act::HandedOver && to(entry))
    }

    /// The head after so many entries.
    fn head_after(&self, count: usize) -> Option<Hash> {
        count.checked_sub(1).and_then(|last| self.entries.get(last)).map(Canonical::hash)
    }

    fn follows(&self, entry: &Entry) -> Result<(), ChainFault> {
        let broken = |why| Err(ChainFault::Broken { number: entry.number, why });
        if entry.number as usize != self.entries.len() {
            return broken("its number is not the next");
        }
        if entry.previous != self.head {
            return broken("it names another predecessor");
        }
        match self.entries.last() {
            Some(last) if last.party != entry.party => broken("it is of another holder"),
            Some(last) if last.at > entry.at => broken("its time is earlier"),
            _ => Ok(()),
        }
    }

    fn is_in_place(&self, entry: &Entry) -> Result<(), ChainFault> {
        let misplaced = |why| Err(ChainFault::Misplaced { number: entry.number, act: entry.act, why });
        let first = matches!(entry.act, Act::Collected | Act::Received);
        let transfer = matches!(entry.act, Act::Received | Act::HandedOver);
        let held = |object: &Hash| {
            let of_object = |earlier: &&Entry| earlier.objects.contains(object);
            self.entries.iter().rev().find(of_object).map(|last| last.act)
        };
        if entry.objects.is_empty() {
            return misplaced("names no object");
        }
        if entry.transfer.is_some() != transfer {
            return misplaced("needs the other holder of a transfer, and only a transfer has one");
        }
        for object in &entry.objects {
            match held(object) {
                None if !first => return misplaced("touches an object that was never collected or received"),
                Some(Act::Destroyed) => return misplaced("touches an object that was destroyed"),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether this chain and that of a receiver join at a transfer: the receiver's entry names a head of this chain from
    /// before the handing over, the giver's names the receiver's head after it, and both name the same objects.
    pub fn joins(&self, receiver: &Chain) -> Result<(), ChainFault> {
        let names = |chain: &Chain| chain.entries.first().map(|entry| entry.party.clone());
        let (Some(giver_name), Some(receiver_name)) = (names(self), names(receiver)) else {
            return Err(ChainFault::Broken { number: 0, why: "a record without entries" });
        };
        let fault = |why| {
            Err(ChainFault::NotJoined { giver: giver_name.clone(), receiver: receiver_name.clone(), why })
        };
        let to = |entry: &&Entry, act, party: &PartyCode| {
            entry.act == act && entry.transfer.as_ref().is_some_and(|transfer| transfer.party == *party)
        };
        let given = self.entries.iter().find(|entry| to(entry, Act::HandedOver, &receiver_name));
        let taken = receiver.entries.iter().find(|entry| to(entry, Act::Received, &giver_name));
        let (Some(given), Some(taken)) = (given, taken) else {
            return fault("one has no entry of the transfer");
        };
        let head = |entry: &Entry| entry.transfer.as_ref().map(|transfer| transfer.head);
        // Between sending and the receiver's word the giver may have gone on, with a hash on schedule for instance.
        let before = (0..=given.number as usize).any(|count| head(taken) == self.head_after(count));
        if !before {
            return fault("the receiver names another head of the giver");
        }
        if head(given) != receiver.head_after(taken.number as usize + 1) {
            return fault("the giver names another head of the receiver");
        }
        if given.objects != taken.objects {
            return fault("they name different objects");
        }
        Ok(())
    }
}
