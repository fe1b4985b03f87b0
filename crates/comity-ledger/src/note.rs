//! Signed notes (C2SP signed-note v1.0.0): text, a blank line, and signature lines `— name base64(key id ‖ signature)`.
//!
//! This module reads and writes the form and knows key names and key ids. What is signed is up to the signature type:
//! [`crate::checkpoint`] and [`crate::cosignature`].

use base64::{Engine, engine::general_purpose::STANDARD};
use comity_record::{Algorithm, PublicKey, sha256};
use std::fmt;

/// The longest note that is read: room for 64 post-quantum signatures.
pub const MAX_NOTE: usize = 256 * 1024;
/// The most signature lines that are read.
pub const MAX_LINES: usize = 64;
/// The longest key name; the limit of an ML-DSA-44 cosigned message.
pub const MAX_NAME: usize = 255;

/// What a signature is and over what it is made, by the byte that signed-note assigns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignatureType {
    /// `0x01`: Ed25519 over the note's text.
    Ed25519,
    /// `0x04`: timestamped Ed25519 cosignature of a checkpoint (tlog-cosignature).
    Ed25519Cosignature,
    /// `0x06`: timestamped ML-DSA-44 cosignature of a checkpoint (tlog-cosignature); logs sign with it too.
    MlDsa44Cosignature,
}

impl SignatureType {
    /// The assigned byte.
    pub const fn byte(self) -> u8 {
        match self {
            SignatureType::Ed25519 => 0x01,
            SignatureType::Ed25519Cosignature => 0x04,
            SignatureType::MlDsa44Cosignature => 0x06,
        }
    }

    /// The algorithm of its keys.
    pub const fn algorithm(self) -> Algorithm {
        match self {
            SignatureType::Ed25519 | SignatureType::Ed25519Cosignature => Algorithm::Ed25519,
            SignatureType::MlDsa44Cosignature => Algorithm::MlDsa44,
        }
    }

    fn from_byte(byte: u8) -> Option<SignatureType> {
        use SignatureType::{Ed25519, Ed25519Cosignature, MlDsa44Cosignature};
        [Ed25519, Ed25519Cosignature, MlDsa44Cosignature].into_iter().find(|known| known.byte() == byte)
    }
}

/// Text with signature lines, as read. Nothing is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    lines: Vec<SignatureLine>,
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignatureLine {
    /// The name of the key.
    pub name: String,
    /// The key id.
    pub key_id: [u8; 4],
    /// The bytes after the key id; their form is the signature type's.
    pub signature: Vec<u8>,
}

/// A key that signs notes, under its name and for one signature type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    kind: SignatureType,
    key: PublicKey,
}

/// Why a text is not a signed note.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteFault {
    /// Too long, or too many signature lines.
    #[error("the note is longer than {MAX_NOTE} bytes or has more than {MAX_LINES} signature lines")]
    TooLong,
    /// Not UTF-8, or a control character other than newline.
    #[error("the note is not plain UTF-8 text")]
    NotText,
    /// No blank line, no signature, or no newline at the end.
    #[error("the note does not end with a blank line and signature lines")]
    Shape,
    /// A line after the blank line that is no signature.
    #[error("signature line {line} of the note is malformed")]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// A verifier key of another form, type or id.
    #[error("`{text}` is not a verifier key such as `example.com/log+530d903a+Aeky…`")]
    VerifierKey {
        /// The text, at most 80 characters of it.
        text: String,
    },
}

impl NoteFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            NoteFault::TooLong => "note/too-long",
            NoteFault::NotText => "note/not-text",
            NoteFault::Shape => "note/shape",
            NoteFault::Line { .. } => "note/signature-line",
            NoteFault::VerifierKey { .. } => "note/verifier-key",
        }
    }
}

impl Note {
    /// A note without signatures yet. The text must end with a newline.
    pub fn new(text: String) -> Result<Note, NoteFault> {
        check_text(&text)?;
        let note = Note { text, lines: Vec::new() };
        if note.text.ends_with('\n') { Ok(note) } else { Err(NoteFault::Shape) }
    }

    /// Reads a signed note with at least one signature line.
    pub fn parse(bytes: &[u8]) -> Result<Note, NoteFault> {
        if bytes.len() > MAX_NOTE {
            return Err(NoteFault::TooLong);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteFault::NotText)?;
        check_text(whole)?;
        // The text is separated from the signatures by the last empty line, and includes its own newline.
        let (text, signatures) = whole.rsplit_once("\n\n").ok_or(NoteFault::Shape)?;
        let lines = parse_lines(signatures)?;
        if lines.is_empty() {
            return Err(NoteFault::Shape);
        }
        Ok(Note { text: format!("{text}\n"), lines })
    }

    /// The text, with its final newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines.
    pub fn lines(&self) -> &[SignatureLine] {
        &self.lines
    }

    /// Adds signature lines, each once.
    pub fn add(&mut self, lines: impl IntoIterator<Item = SignatureLine>) {
        for line in lines {
            if !self.lines.contains(&line) {
                self.lines.push(line);
            }
        }
    }

    /// The same text with only the signature lines that `keep` wants.
    pub fn retain(&mut self, keep: impl FnMut(&SignatureLine) -> bool) {
        self.lines.retain(keep);
    }

    /// The lines of one key: same name and id.
    pub fn lines_of<'a>(&'a self, key: &'a NoteKey) -> impl Iterator<Item = &'a SignatureLine> {
        let id = key.id();
        self.lines.iter().filter(move |line| line.name == key.name && line.key_id == id)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.lines.iter().try_for_each(|line| fmt::Display::fmt(line, f))
    }
}

impl SignatureLine {
    /// Reads signature lines, each ending with a newline, as a witness answers them.
    pub fn parse_all(bytes: &[u8]) -> Result<Vec<SignatureLine>, NoteFault> {
        if bytes.len() > MAX_NOTE {
            return Err(NoteFault::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| NoteFault::NotText)?;
        check_text(text)?;
        parse_lines(text)
    }
}

impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.key_id[..], &self.signature].concat();
        writeln!(f, "— {} {}", self.name, STANDARD.encode(bytes))
    }
}

impl NoteKey {
    /// A key under a name; `None` where the key is of another algorithm than the type signs with.
    pub fn new(name: &str, kind: SignatureType, key: PublicKey) -> Option<NoteKey> {
        let fits = key.algorithm() == kind.algorithm() && is_key_name(name);
        fits.then(|| NoteKey { name: name.to_owned(), kind, key })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The signature type.
    pub fn kind(&self) -> SignatureType {
        self.kind
    }

    /// The key.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The key id: the first four bytes of SHA-256(name ‖ newline ‖ type ‖ key).
    pub fn id(&self) -> [u8; 4] {
        key_id(&self.name, self.kind, &self.key)
    }

    /// Reads a verifier key, `name+hex(key id)+base64(type ‖ key)`.
    pub fn parse(text: &str) -> Result<NoteKey, NoteFault> {
        let bad = || NoteFault::VerifierKey { text: text.chars().take(80).collect() };
        if text.len() > 4096 {
            return Err(bad());
        }
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad());
        };
        let bytes = STANDARD.decode(encoded).map_err(|_| bad())?;
        let (first, raw) = bytes.split_first().ok_or_else(bad)?;
        let kind = SignatureType::from_byte(*first).ok_or_else(bad)?;
        let key = PublicKey::new(kind.algorithm(), raw)
            .and_then(|key| NoteKey::new(name, kind, key))
            .ok_or_else(bad)?;
        if hex_id(key.id()) == id { Ok(key) } else { Err(bad()) }
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.kind.byte()], self.key.as_bytes()].concat();
        write!(f, "{}+{}+{}", self.name, hex_id(self.id()), STANDARD.encode(bytes))
    }
}

/// The key id of a key under a name for a signature type.
pub fn key_id(name: &str, kind: SignatureType, key: &PublicKey) -> [u8; 4] {
    let hash = sha256(&[name.as_bytes(), b"\n", &[kind.byte()], key.as_bytes()]);
    let mut id = [0; 4];
    id.copy_from_slice(hash.0.split_at(4).0);
    id
}

/// Whether a text may name a key: 1 to 255 bytes, no spaces, no plus sign, no control characters.
pub fn is_key_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && !name.chars().any(|c| c.is_whitespace() || c == '+' || c.is_control())
}

fn hex_id(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

fn check_text(text: &str) -> Result<(), NoteFault> {
    let plain = text.chars().all(|c| c == '\n' || c >= ' ');
    if plain { Ok(()) } else { Err(NoteFault::NotText) }
}

fn parse_lines(text: &str) -> Result<Vec<SignatureLine>, NoteFault> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let text = text.strip_suffix('\n').ok_or(NoteFault::Shape)?;
    let mut lines = Vec::new();
    for (line, number) in text.split('\n').zip(1..) {
        if number > MAX_LINES {
            return Err(NoteFault::TooLong);
        }
        lines.push(parse_line(line).ok_or(NoteFault::Line { line: number })?);
    }
    Ok(lines)
}

fn parse_line(line: &str) -> Option<SignatureLine> {
    let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
    let bytes = STANDARD.decode(encoded).ok()?;
    let (key_id, signature) = bytes.split_first_chunk::<4>()?;
    let fits = is_key_name(name) && !signature.is_empty();
    fits.then(|| SignatureLine { name: name.to_owned(), key_id: *key_id, signature: signature.to_vec() })
}
