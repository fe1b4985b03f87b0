//! The receipt: the offline proof of a crossing. It holds everything a stranger needs beside the letters that they
//! accepted themselves: the record or its id, the opened entry and its place in a signed and cosigned log, the
//! decision, the twin entry of the other side, the acknowledgement, and the letters of those who signed.

mod fault;
mod trust;
mod verify;

pub use fault::ReceiptFault;
pub use trust::Trust;
pub use verify::{Cosigned, ReceiptReport};

use crate::{Committed, checkpoint::SignedCheckpoint};
use comity_record::{Canonical, Entry, Hash, RecordId};
use minicbor::{
    Decode, Decoder, Encode, Encoder,
    bytes::{ByteArray, ByteVec},
    decode, encode,
};

/// The most letters in a receipt.
pub const MAX_LETTERS: usize = 16;

/// The longest receipt that is read: a record of 1 MiB, two decisions, letters and notes.
const LIMIT: usize = 4 << 20;

/// The offline proof of a crossing, cosigned by a quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt(pub(crate) Contents);

/// A receipt that no quorum has cosigned yet. It is a type and an encoding of its own, so that nobody takes one for
/// the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provisional(pub(crate) Contents);

/// What receipts hold.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Contents {
    /// The record, or its id alone.
    #[n(0)]
    pub record: RecordPart,
    /// The entry of the node that issues the receipt; its place is given.
    #[n(1)]
    pub own: Part,
    /// The twin entry, as the other node opened it.
    #[n(2)]
    pub twin: Option<Part>,
    /// The counterpart's signed acknowledgement (`comity-exchange` reads it).
    #[n(3)]
    pub acknowledgement: Option<ByteVec>,
    /// Root-signed letters of owner, counterpart, author and witnesses, at most 16.
    #[n(4)]
    pub letters: Vec<ByteVec>,
}

/// The record of a crossing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum RecordPart {
    /// The envelope, so that the author's signature can be checked.
    #[n(0)]
    Envelope(#[n(0)] ByteVec),
    /// The id: the envelope was erased, or is not for the eyes of whoever gets the receipt.
    #[n(1)]
    Id(#[n(0)] RecordId),
}

/// One side's entry, opened.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Part {
    /// The entry.
    #[n(0)]
    pub entry: Entry,
    /// Its salt.
    #[n(1)]
    pub salt: ByteArray<16>,
    /// The decision whose hash the entry carries; `None` where it is withheld.
    #[n(2)]
    pub decision: Option<ByteVec>,
    /// Its place in that side's log, where it is known.
    #[n(3)]
    pub place: Option<Place>,
}

/// A place in a signed log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Place {
    /// The index.
    #[n(0)]
    pub index: u64,
    /// The inclusion proof.
    #[n(1)]
    pub proof: Vec<Hash>,
    /// The signed checkpoint, a note, with the cosignatures of witnesses as further lines.
    #[n(2)]
    pub checkpoint: String,
}

impl Part {
    /// The part of a committed entry, with its inclusion proof in the tree of `checkpoint`.
    pub fn of(
        entry: &Committed<Entry>,
        decision: Option<Vec<u8>>,
        proof: Vec<Hash>,
        checkpoint: &SignedCheckpoint,
    ) -> Part {
        let place = Place { index: entry.index(), proof, checkpoint: checkpoint.to_string() };
        Part {
            entry: entry.entry().clone(),
            salt: ByteArray::from(*entry.salt()),
            decision: decision.map(ByteVec::from),
            place: Some(place),
        }
    }
}

impl Receipt {
    /// What it holds, unverified.
    pub fn contents(&self) -> &Contents {
        &self.0
    }

    /// Checks everything in the receipt against `trust`.
    pub fn verify(&self, trust: &Trust) -> Result<ReceiptReport, ReceiptFault> {
        let report = verify::verify(&self.0, trust)?;
        if report.quorum.is_none() {
            let witnesses =
                report.cosigned.iter().map(|c| c.witness.to_string()).collect::<Vec<_>>().join(", ");
            return Err(ReceiptFault::NoQuorum { witnesses });
        }
        Ok(report)
    }
}

impl Provisional {
    /// A receipt as far as it goes.
    pub fn new(contents: Contents) -> Provisional {
        Provisional(contents)
    }

    /// What it holds, unverified.
    pub fn contents(&self) -> &Contents {
        &self.0
    }

    /// Checks everything in the receipt but the quorum.
    pub fn verify(&self, trust: &Trust) -> Result<ReceiptReport, ReceiptFault> {
        verify::verify(&self.0, trust)
    }

    /// Becomes a full receipt where it verifies and its quorum is met.
    pub fn complete(self, trust: &Trust) -> Result<Receipt, ReceiptFault> {
        let receipt = Receipt(self.0);
        receipt.verify(trust)?;
        Ok(receipt)
    }
}

/// Marks of the two encodings.
const RECEIPT: &str = "comity receipt 1";
const PROVISIONAL: &str = "comity provisional receipt 1";

macro_rules! marked {
    ($type:ident, $mark:ident, $name:literal) => {
        impl<C> Encode<C> for $type {
            fn encode<W: encode::Write>(
                &self,
                e: &mut Encoder<W>,
                ctx: &mut C,
            ) -> Result<(), encode::Error<W::Error>> {
                e.array(2)?.str($mark)?.encode_with(&self.0, ctx)?.ok()
            }
        }
        impl<'b, C> Decode<'b, C> for $type {
            fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
                if d.array()? != Some(2) || d.str()? != $mark {
                    return Err(decode::Error::message(concat!("this is not ", $name)));
                }
                d.decode_with(ctx).map($type)
            }
        }
        impl Canonical for $type {
            const NAME: &'static str = $name;
            const LIMIT: usize = LIMIT;
        }
    };
}

marked!(Receipt, RECEIPT, "a receipt");
marked!(Provisional, PROVISIONAL, "a provisional receipt");
