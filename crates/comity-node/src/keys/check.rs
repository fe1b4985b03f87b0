//! Whether a letter may be accepted. Pure: the time and what is on record are arguments. That the root is really the
//! party's is for a person to confirm, by its fingerprint.

use crate::seal::RecipientKey;
use comity_record::{
    Algorithm, KeyPurpose, KeyRing, KeyStatement, Letter, PartyCode, RootFault, RootSigned, Timestamp,
};

/// How far ahead of ours the issuer's clock may be, in milliseconds.
const AHEAD_MILLIS: i64 = 300_000;

/// Why a letter is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LetterFault {
    /// It cannot be read, or is not signed by the root it carries.
    #[error(transparent)]
    Root(#[from] RootFault),
    /// It is too old.
    #[error("the letter of `{party}` could be accepted until {expires} only")]
    Expired {
        /// Whose.
        party: PartyCode,
        /// Until when.
        expires: Timestamp,
    },
    /// It is from the future.
    #[error("the letter of `{party}` was issued on {issued}, which is ahead of this node's clock")]
    Future {
        /// Whose.
        party: PartyCode,
        /// When it says it was issued.
        issued: Timestamp,
    },
    /// It is our own.
    #[error("the letter is `{party}`'s own")]
    Own {
        /// Who we are.
        party: PartyCode,
    },
    /// Another root than the one that was confirmed.
    #[error("the letter of `{party}` carries another root key than the one on record")]
    OtherRoot {
        /// Whose.
        party: PartyCode,
    },
    /// A newer one is on record.
    #[error("letter {serial} of `{party}` is not newer than letter {known} on record")]
    Older {
        /// Whose.
        party: PartyCode,
        /// Its number.
        serial: u64,
        /// The number on record.
        known: u64,
    },
    /// A key statement that no key can follow from.
    #[error("the letter of `{party}` names a {purpose} key wrongly: {why}")]
    Statement {
        /// Whose.
        party: PartyCode,
        /// Which purpose.
        purpose: KeyPurpose,
        /// What is wrong.
        why: &'static str,
    },
    /// A purpose without a key that is valid now.
    #[error("the letter of `{party}` names no {purpose} key that is valid on {at}")]
    NoKey {
        /// Whose.
        party: PartyCode,
        /// Which purpose.
        purpose: KeyPurpose,
        /// When.
        at: Timestamp,
    },
    /// A key that another party has named before.
    #[error("the letter of `{party}` names a key of `{other}`")]
    KeyOfOther {
        /// Whose.
        party: PartyCode,
        /// Whose key it is.
        other: PartyCode,
    },
    /// An address that is none.
    #[error("the letter of `{party}` gives an address that is not of the form `host:port`")]
    Address {
        /// Whose.
        party: PartyCode,
    },
}

impl LetterFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            LetterFault::Root(fault) => fault.code(),
            LetterFault::Expired { .. } => "letter/expired",
            LetterFault::Future { .. } => "letter/future",
            LetterFault::Own { .. } => "letter/own",
            LetterFault::OtherRoot { .. } => "letter/other-root",
            LetterFault::Older { .. } => "letter/older",
            LetterFault::Statement { .. } => "letter/statement",
            LetterFault::NoKey { .. } => "letter/no-key",
            LetterFault::KeyOfOther { .. } => "letter/key-of-other",
            LetterFault::Address { .. } => "letter/address",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            LetterFault::Expired { party, .. } => format!("ask `{party}` for a new letter"),
            LetterFault::Future { .. } => "compare both clocks".to_owned(),
            LetterFault::OtherRoot { party } => {
                format!("a root does not change by letter: speak with `{party}` in person first")
            }
            _ => return None,
        })
    }
}

/// The letter, if it may be accepted by `own` at `now`. `known` is the letter of the same party that is on record; the
/// very same letter may be accepted again. `ring` holds the keys of all parties on record.
pub fn check_letter(
    signed: &RootSigned<Letter>,
    own: &PartyCode,
    known: Option<&Letter>,
    ring: &KeyRing,
    now: Timestamp,
) -> Result<Letter, LetterFault> {
    let letter = signed.introduce()?;
    let party = letter.party.clone();
    if party == *own {
        return Err(LetterFault::Own { party });
    }
    if letter.issued > now.plus_millis(AHEAD_MILLIS) {
        return Err(LetterFault::Future { party, issued: letter.issued });
    }
    if now >= letter.expires {
        return Err(LetterFault::Expired { party, expires: letter.expires });
    }
    check_known(&letter, known)?;
    check_address(&letter)?;
    letter.keys.iter().try_for_each(|statement| check_statement(&letter, statement, ring))?;
    check_complete(&letter, now)?;
    Ok(letter)
}

fn check_known(letter: &Letter, known: Option<&Letter>) -> Result<(), LetterFault> {
    let Some(known) = known.filter(|known| *known != letter) else { return Ok(()) };
    let party = letter.party.clone();
    if known.root != letter.root {
        return Err(LetterFault::OtherRoot { party });
    }
    if letter.serial <= known.serial {
        return Err(LetterFault::Older { party, serial: letter.serial, known: known.serial });
    }
    Ok(())
}

fn check_address(letter: &Letter) -> Result<(), LetterFault> {
    let address = letter.address.as_str();
    let host_and_port = |(host, port): (&str, &str)| {
        let clean =
            host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '[' | ']' | ':'));
        !host.is_empty() && host.len() <= 253 && clean && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    if address.is_empty() || address.rsplit_once(':').is_some_and(host_and_port) {
        return Ok(());
    }
    Err(LetterFault::Address { party: letter.party.clone() })
}

fn check_statement(letter: &Letter, statement: &KeyStatement, ring: &KeyRing) -> Result<(), LetterFault> {
    let (party, purpose) = (letter.party.clone(), statement.purpose);
    if let Some(why) = why_not(letter, statement) {
        return Err(LetterFault::Statement { party, purpose, why });
    }
    let Some(key) = &statement.key else { return Ok(()) };
    let other = ring.entries().iter().find(|entry| entry.key == *key && entry.party != party);
    match other {
        Some(entry) => Err(LetterFault::KeyOfOther { party, other: entry.party.clone() }),
        None => Ok(()),
    }
}

/// What is wrong with a statement by itself.
fn why_not(letter: &Letter, statement: &KeyStatement) -> Option<&'static str> {
    if statement.party != letter.party {
        return Some("it names another party");
    }
    if statement.valid_from >= statement.valid_to {
        return Some("its validity ends before it begins");
    }
    match (statement.purpose, &statement.key, &statement.sealing) {
        (KeyPurpose::Sealing, None, Some(bytes)) => {
            RecipientKey::from_bytes(bytes).is_err().then_some("the bytes are no X-Wing key")
        }
        (KeyPurpose::Sealing, ..) => Some("a sealing key has X-Wing bytes and nothing else"),
        (_, None, _) | (_, _, Some(_)) => Some("a signature key has a public key and nothing else"),
        (_, Some(key), None) if key.as_bytes().len() != key.algorithm().key_length() => {
            Some("the key has not the length of its algorithm")
        }
        (KeyPurpose::Tls, Some(key), None) if key.algorithm() != Algorithm::Ed25519 => {
            Some("a TLS key is an Ed25519 key")
        }
        _ => None,
    }
}

/// Whether there is a valid key for everything that an exchange needs.
fn check_complete(letter: &Letter, now: Timestamp) -> Result<(), LetterFault> {
    for purpose in [KeyPurpose::Tls, KeyPurpose::Checkpoint, KeyPurpose::Record, KeyPurpose::Sealing] {
        let valid = |k: &KeyStatement| k.purpose == purpose && k.valid_from <= now && now < k.valid_to;
        if !letter.keys.iter().any(valid) {
            return Err(LetterFault::NoKey { party: letter.party.clone(), purpose, at: now });
        }
    }
    Ok(())
}
