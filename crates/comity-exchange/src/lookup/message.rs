//! What askers and answerers say to each other, over the connection on which turns are taken.

use super::{ELEMENT, Element, Stamp};
use comity_record::{Canonical, label::Purpose};
use minicbor::{
    Decode, Encode,
    bytes::{ByteArray, ByteVec},
};

/// The most questions of one message.
pub const MOST_QUESTIONS: usize = 1_000;
/// Outputs in one part of a set: 8 MB.
pub const PART: usize = 1_000_000;

/// What an asker says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Question {
    /// A block of questions is to be opened.
    #[n(0)]
    Open {
        /// Its id, drawn by the asker.
        #[n(0)]
        block: ByteArray<16>,
        /// For which purpose.
        #[n(1)]
        purpose: Purpose,
    },
    /// The keyed set is asked for.
    #[n(1)]
    Set {
        /// In which block.
        #[n(0)]
        block: ByteArray<16>,
        /// The stamp of the set that the asker has; with a part beyond the first, of the set that it is reading.
        #[n(1)]
        known: Option<ByteArray<8>>,
        /// Which part, from 0.
        #[n(2)]
        part: u32,
    },
    /// Blinded elements, one after the other, are to be evaluated.
    #[n(2)]
    Evaluate {
        /// In which block.
        #[n(0)]
        block: ByteArray<16>,
        /// The elements.
        #[n(1)]
        blinded: ByteVec,
    },
}

/// What an answerer says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Reply {
    /// The block is entered and open.
    #[n(0)]
    Opened {
        /// How many questions it has.
        #[n(0)]
        questions: u32,
    },
    /// The set is the one that the asker has.
    #[n(1)]
    Unchanged,
    /// A part of the set.
    #[n(2)]
    Set {
        /// The set's stamp.
        #[n(0)]
        stamp: ByteArray<8>,
        /// How many parts it has.
        #[n(1)]
        parts: u32,
        /// The outputs of this part.
        #[n(2)]
        outputs: ByteVec,
    },
    /// The evaluated elements, one after the other.
    #[n(3)]
    Evaluated(#[n(0)] ByteVec),
}

impl Canonical for Question {
    const NAME: &'static str = "a question of a lookup";
    const LIMIT: usize = MOST_QUESTIONS * ELEMENT + 64;
}

impl Canonical for Reply {
    const NAME: &'static str = "a reply to a lookup";
    const LIMIT: usize = PART * size_of::<Stamp>() + 64;
}

impl Question {
    /// A question of these elements.
    pub fn evaluate<'e>(block: [u8; 16], blinded: impl IntoIterator<Item = &'e Element>) -> Question {
        let blinded: Vec<u8> = blinded.into_iter().flatten().copied().collect();
        Question::Evaluate { block: block.into(), blinded: blinded.into() }
    }
}

/// For fuzzing: reads a question and a reply. Must never panic.
pub fn fuzz_entry(bytes: &[u8]) {
    let _question = Question::from_bytes(bytes).is_ok();
    if let Ok(Reply::Set { stamp, outputs, .. }) = Reply::from_bytes(bytes) {
        let _set = super::Set::read(*stamp, &outputs).is_some();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_back_as_written() {
        let block = ByteArray::from([7; 16]);
        for question in [
            Question::Open { block, purpose: Purpose::CyberDefence },
            Question::Set { block, known: Some([1; 8].into()), part: 3 },
            Question::evaluate([7; 16], &[[9; ELEMENT]; 3]),
        ] {
            assert_eq!(Question::from_bytes(&question.to_bytes()).unwrap(), question);
        }
        for reply in [
            Reply::Opened { questions: 100 },
            Reply::Unchanged,
            Reply::Set { stamp: [1; 8].into(), parts: 1, outputs: vec![2; 16].into() },
            Reply::Evaluated(vec![3; ELEMENT].into()),
        ] {
            assert_eq!(Reply::from_bytes(&reply.to_bytes()).unwrap(), reply);
        }
    }

    #[test]
    fn a_question_beyond_the_most_does_not_read() {
        let most = vec![[1; ELEMENT]; MOST_QUESTIONS];
        assert!(Question::from_bytes(&Question::evaluate([0; 16], &most).to_bytes()).is_ok());
        let more = vec![[1; ELEMENT]; MOST_QUESTIONS + 2];
        assert!(Question::from_bytes(&Question::evaluate([0; 16], &more).to_bytes()).is_err());
    }
}
