//! What is wrong with an input, and where.

use std::fmt;

/// A place in the input. Lines and columns count from 1, columns in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Bytes before the place.
    pub offset: u64,
    /// Line.
    pub line: u64,
    /// Column.
    pub column: u64,
}

impl Position {
    /// The beginning of an input.
    pub const START: Position = Position { offset: 0, line: 1, column: 1 };

    /// The place `offset` bytes into `bytes`, where `bytes` begin at `self`.
    pub fn within(self, bytes: &[u8], offset: usize) -> Position {
        let before = bytes.get(..offset).unwrap_or(bytes);
        let lines = memchr::memchr_iter(b'\n', before).count() as u64;
        let column = match memchr::memrchr(b'\n', before) {
            Some(newline) => (before.len() - newline) as u64,
            None => self.column + before.len() as u64,
        };
        Position { offset: self.offset + before.len() as u64, line: self.line + lines, column }
    }
}

/// A fault of the input's JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadFault {
    /// What is wrong.
    pub cause: Cause,
    /// Where.
    pub at: Position,
    /// The object it is in, counted from 0, where it is in one.
    pub object: Option<u64>,
    /// The path to the place inside the object, as a STIX selector; empty at its top.
    pub path: String,
}

/// The kinds of fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// Nothing but white space.
    #[error("the input holds no JSON")]
    Empty,
    /// Neither an object nor an array where one must be.
    #[error("`{found}` begins no object")]
    NotAnObject {
        /// The byte found, as text.
        found: String,
    },
    /// The input ends too early.
    #[error("the input ends inside {inside}")]
    Truncated {
        /// What was open.
        inside: &'static str,
    },
    /// Not JSON.
    #[error("not JSON: {0}")]
    Syntax(String),
    /// Not UTF-8.
    #[error("not UTF-8")]
    InvalidUtf8,
    /// A `\u` escape that is half of a surrogate pair.
    #[error("half of a surrogate pair")]
    LoneSurrogate,
    /// Nested too deeply.
    #[error("nested deeper than {} levels", super::MAX_DEPTH)]
    TooDeep,
    /// One object is too large.
    #[error("an object larger than {} bytes", super::MAX_OBJECT_BYTES)]
    ObjectTooLarge,
    /// A list `objects` in something that is no bundle and no envelope.
    #[error("`objects` is a list in a `{kind}`, which is no bundle")]
    NotABundle {
        /// The type it names.
        kind: String,
    },
    /// The bundle has too much beside its objects.
    #[error("a bundle with more than {} bytes beside its objects", super::MAX_SHELL_BYTES)]
    ShellTooLarge,
    /// One object has too many values.
    #[error("an object with more than {} values", super::MAX_VALUES)]
    TooManyValues,
    /// The whole input is too large to be looked at at once.
    #[error("an input larger than {} bytes", crate::misp::MAX_INPUT_BYTES)]
    InputTooLarge,
    /// JSON, but no MISP event.
    #[error("the input holds no MISP event")]
    NotMisp,
    /// A key twice in one JSON object.
    #[error("the key `{key}` appears twice in one object")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A common property of another JSON type than STIX gives it. It refuses the object, not the input.
    #[error("a property of the wrong type: {0}")]
    WrongType(String),
}

impl Cause {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Cause::Empty => "threat/empty",
            Cause::NotAnObject { .. } => "threat/not-an-object",
            Cause::Truncated { .. } => "threat/truncated",
            Cause::Syntax(_) => "threat/json-syntax",
            Cause::InvalidUtf8 => "threat/invalid-utf8",
            Cause::LoneSurrogate => "threat/lone-surrogate",
            Cause::TooDeep => "threat/too-deep",
            Cause::ObjectTooLarge => "threat/object-too-large",
            Cause::NotABundle { .. } => "threat/not-a-bundle",
            Cause::ShellTooLarge => "threat/shell-too-large",
            Cause::TooManyValues => "threat/too-many-values",
            Cause::InputTooLarge => "threat/input-too-large",
            Cause::NotMisp => "threat/not-misp",
            Cause::DuplicateKey { .. } => "threat/duplicate-key",
            Cause::WrongType(_) => "threat/wrong-type",
        }
    }
}

impl ReadFault {
    /// A fault at a place inside one object whose bytes begin at the start of the input.
    pub(crate) fn inside(bytes: &[u8], offset: usize, cause: Cause) -> ReadFault {
        ReadFault { cause, at: Position::START.within(bytes, offset), object: None, path: String::new() }
    }

    /// The stable code of this fault.
    pub fn code(&self) -> &'static str {
        self.cause.code()
    }

    /// What may help.
    pub fn help(&self) -> Option<String> {
        let text = match &self.cause {
            Cause::Empty | Cause::NotAnObject { .. } => {
                "give a STIX bundle, an array of objects, a TAXII envelope, one object, or one object a line"
            }
            Cause::InputTooLarge => "export the events in several files",
            Cause::NotMisp => {
                "give an event as MISP exports it: `{\"Event\": …}`, `{\"response\": […]}` or a list of these"
            }
            Cause::Truncated { .. } => "fetch the input again: its end is missing",
            Cause::InvalidUtf8 => "STIX is UTF-8; convert the input first",
            Cause::DuplicateKey { .. } => "which of the two is meant cannot be known; ask the source",
            _ => return None,
        };
        Some(text.to_owned())
    }

    /// Whether only the object is refused, and the rest of the input can still be used.
    pub fn is_of_object_only(&self) -> bool {
        matches!(self.cause, Cause::WrongType(_))
    }
}

impl fmt::Display for ReadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} at line {}, column {} (byte {}",
            self.cause, self.at.line, self.at.column, self.at.offset
        )?;
        if let Some(object) = self.object {
            write!(f, ", object {object}")?;
        }
        if !self.path.is_empty() {
            write!(f, ", `{}`", self.path)?;
        }
        f.write_str(")")
    }
}

impl std::error::Error for ReadFault {}

/// At most 80 characters of a text, for an error.
pub(crate) fn brief(text: &str) -> String {
    let mut out: String = text.chars().take(80).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}
