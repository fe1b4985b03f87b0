//! Letters and revocations as text that survives mail and print, and the fingerprint that two people compare by voice.

use base64::{Engine, engine::general_purpose::STANDARD};
use comity_affairs::{home::UnitKey, protected::Protected};
use comity_record::{
    Addressed, Attested, Canonical, DualVerifier, KeyRevocation, Letter, Malformed, RootSigned,
};

/// The longest text that is searched for a letter.
const LIMIT: usize = 1024 * 1024;

/// A statement that is handed on as text.
pub trait Armoured: Canonical {
    /// The line before it.
    const BEGIN: &'static str;
    /// The line after it.
    const END: &'static str;
}

impl Armoured for Letter {
    const BEGIN: &'static str = "-----BEGIN COMITY LETTER-----";
    const END: &'static str = "-----END COMITY LETTER-----";
}

impl Armoured for KeyRevocation {
    const BEGIN: &'static str = "-----BEGIN COMITY KEY REVOCATION-----";
    const END: &'static str = "-----END COMITY KEY REVOCATION-----";
}

impl Armoured for UnitKey {
    const BEGIN: &'static str = "-----BEGIN COMITY UNIT KEY-----";
    const END: &'static str = "-----END COMITY UNIT KEY-----";
}

impl Armoured for Protected {
    const BEGIN: &'static str = "-----BEGIN COMITY PROTECTED OBJECT-----";
    const END: &'static str = "-----END COMITY PROTECTED OBJECT-----";
}

/// The lines around the public half of a unit's key as the unit hands it over; nobody has signed it.
const PUBLIC_KEY: (&str, &str) = ("-----BEGIN COMITY PUBLIC KEY-----", "-----END COMITY PUBLIC KEY-----");

/// Why a text is no letter or revocation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArmourFault {
    /// The lines around it are missing.
    #[error("no `{line}` line was found")]
    NoLine {
        /// Which line.
        line: &'static str,
    },
    /// More than one of them.
    #[error("the text holds more than one of them")]
    Several,
    /// Too long to be one.
    #[error("the text has {size} bytes, at most {limit} are read")]
    TooLong {
        /// Bytes given.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// What is between the lines is not base64.
    #[error("the text is damaged in line {line}")]
    Text {
        /// The line of the text, counted from 1.
        line: usize,
    },
    /// What it encodes cannot be read.
    #[error(transparent)]
    Letter(#[from] Malformed),
}

impl ArmourFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            ArmourFault::NoLine { .. } => "letter/no-line",
            ArmourFault::Several => "letter/several",
            ArmourFault::TooLong { .. } => "letter/too-long",
            ArmourFault::Text { .. } => "letter/damaged-text",
            ArmourFault::Letter(malformed) => malformed.code(),
        }
    }
}

/// The text of a statement of a root.
pub fn armour<T: Armoured>(signed: &RootSigned<T>) -> String {
    text((T::BEGIN, T::END), &signed.to_bytes())
}

/// Reads the one statement of a root in a text. What stands before and after is ignored, and so is white space around lines.
pub fn unarmour<T: Armoured>(text: &str) -> Result<RootSigned<T>, ArmourFault> {
    Ok(RootSigned::from_bytes(&bytes((T::BEGIN, T::END), text)?)?)
}

/// The text of a statement that a State signed with its record key.
pub fn armour_attested<T: Armoured + Addressed>(signed: &Attested<T>) -> String {
    text((T::BEGIN, T::END), signed.as_bytes())
}

/// Reads the one such statement in a text.
pub fn unarmour_attested<T: Armoured + Addressed>(text: &str) -> Result<Attested<T>, ArmourFault> {
    Ok(Attested::from_bytes(&bytes((T::BEGIN, T::END), text)?)?)
}

/// The text of a public key.
pub fn armour_key(key: &[u8]) -> String {
    text(PUBLIC_KEY, key)
}

/// Reads the one public key in a text.
pub fn unarmour_key(text: &str) -> Result<Vec<u8>, ArmourFault> {
    bytes(PUBLIC_KEY, text)
}

/// Base64 in lines of 64 characters between two marks.
fn text((begin, end): (&'static str, &'static str), bytes: &[u8]) -> String {
    let mut text = format!("{begin}\n");
    // 48 bytes make 64 characters without padding, so each line can be read on its own.
    for line in bytes.chunks(48) {
        text.push_str(&STANDARD.encode(line));
        text.push('\n');
    }
    text + end + "\n"
}

fn bytes((begin, end): (&'static str, &'static str), text: &str) -> Result<Vec<u8>, ArmourFault> {
    if text.len() > LIMIT {
        return Err(ArmourFault::TooLong { size: text.len(), limit: LIMIT });
    }
    let mut lines = text.lines().map(str::trim).enumerate();
    if !lines.any(|(_, line)| line == begin) {
        return Err(ArmourFault::NoLine { line: begin });
    }
    let mut bytes = Vec::new();
    let mut ended = false;
    for (index, line) in lines.by_ref() {
        if line == end {
            ended = true;
            break;
        }
        bytes.extend(STANDARD.decode(line).map_err(|_| ArmourFault::Text { line: index + 1 })?);
    }
    if !ended {
        return Err(ArmourFault::NoLine { line: end });
    }
    if lines.any(|(_, line)| line == begin) {
        return Err(ArmourFault::Several);
    }
    Ok(bytes)
}

/// The fingerprint of a root, for reading over the telephone in any language: its 32 bytes as sixteen numbers of five
/// digits (two bytes each, big-endian), four to a line. This is the one form in which a fingerprint is shown or taken.
pub fn fingerprint(root: &DualVerifier) -> String {
    let id = root.id();
    let numbers: Vec<String> =
        id.0.as_bytes()
            .chunks(2)
            .map(|pair| pair.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)))
            .map(|number| format!("{number:05}"))
            .collect();
    numbers.chunks(4).map(|line| line.join(" ")).collect::<Vec<_>>().join("\n")
}
