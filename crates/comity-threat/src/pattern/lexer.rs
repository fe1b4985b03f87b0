//! Words of a pattern: names, constants, signs (STIX 2.1 section 9.2 and its grammar). Nothing is allocated.

use super::fault::PatternFault;
use crate::{Moment, SpecVersion};

/// A word, with where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'p> {
    pub kind: Kind,
    /// As written, quotes and letter included.
    pub text: &'p str,
    /// Bytes before it.
    pub at: usize,
}

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Keyword(Keyword),
    /// A name that may stand as a step of a path without quotes.
    Name,
    /// A name with a hyphen: an object type only.
    HyphenName,
    Integer,
    Float,
    Text,
    Hex,
    Binary,
    Time,
    Sign(Sign),
    End,
}

macro_rules! words {
    ($name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($variant),* }
        impl $name {
            const ALL: &[(&'static str, $name)] = &[$(($text, $name::$variant)),*];
        }
    };
}

words!(Keyword {
    And = "AND",
    Or = "OR",
    Not = "NOT",
    FollowedBy = "FOLLOWEDBY",
    Like = "LIKE",
    Matches = "MATCHES",
    IsSuperset = "ISSUPERSET",
    IsSubset = "ISSUBSET",
    Exists = "EXISTS",
    Last = "LAST",
    In = "IN",
    Start = "START",
    Stop = "STOP",
    Seconds = "SECONDS",
    True = "true",
    False = "false",
    Within = "WITHIN",
    Repeats = "REPEATS",
    Times = "TIMES",
});

// Longer signs first.
words!(Sign {
    EqualTwice = "==",
    NotEqual = "!=",
    NotEqualAngle = "<>",
    AtMost = "<=",
    AtLeast = ">=",
    Equal = "=",
    Less = "<",
    Greater = ">",
    OpenRound = "(",
    CloseRound = ")",
    OpenSquare = "[",
    CloseSquare = "]",
    Comma = ",",
    Colon = ":",
    Dot = ".",
    Star = "*",
});

/// Reads words, one after another.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'p> {
    text: &'p str,
    at: usize,
    version: SpecVersion,
}

impl<'p> Lexer<'p> {
    pub(crate) fn new(text: &'p str, version: SpecVersion) -> Lexer<'p> {
        Lexer { text, at: 0, version }
    }

    /// The next word. After a fault the reading goes on behind what could not be read.
    pub(crate) fn next(&mut self) -> Result<Token<'p>, PatternFault> {
        self.skip_space()?;
        let at = self.at;
        let kind = match self.peek(0) {
            None => Kind::End,
            Some(b'\'') => self.quoted().map(|()| Kind::Text)?,
            Some(b'h') if self.peek(1) == Some(b'\'') => self.hex()?,
            Some(b'b') if self.peek(1) == Some(b'\'') => self.binary()?,
            Some(b't') if self.peek(1) == Some(b'\'') => self.time()?,
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => self.name(),
            Some(byte) => match self.number(byte) {
                Some(kind) => kind,
                None => self.sign()?,
            },
        };
        Ok(Token { kind, text: self.text.get(at..self.at).unwrap_or_default(), at })
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn rest(&self) -> &'p str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) -> Result<(), PatternFault> {
        loop {
            match self.peek(0) {
                Some(b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c) => self.at += 1,
                Some(b'/') if self.peek(1) == Some(b'/') => {
                    self.at += self.rest().find(['\n', '\r']).unwrap_or(self.rest().len());
                }
                Some(b'/') if self.peek(1) == Some(b'*') => {
                    let open = self.at;
                    match self.rest().get(2..).and_then(|rest| rest.find("*/")) {
                        Some(end) => self.at += end + 4,
                        None => {
                            self.at = self.text.len();
                            return Err(self.fault(open, "a comment that is not closed"));
                        }
                    }
                }
                Some(byte) if !byte.is_ascii() => {
                    let space = self.rest().chars().next().filter(|c| c.is_whitespace());
                    let Some(space) = space else { return Ok(()) };
                    self.at += space.len_utf8();
                }
                _ => return Ok(()),
            }
        }
    }

    fn name(&mut self) -> Kind {
        let start = self.at;
        let mut hyphen = false;
        while let Some(byte) = self.peek(0).filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        {
            hyphen |= byte == b'-';
            self.at += 1;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        if hyphen {
            return Kind::HyphenName;
        }
        match Keyword::ALL.iter().find(|(word, _)| *word == text) {
            // STIX 2.0 has no such operator; there it is a name.
            Some((_, Keyword::Exists)) if self.version == SpecVersion::V20 => Kind::Name,
            Some((_, keyword)) => Kind::Keyword(*keyword),
            None => Kind::Name,
        }
    }

    /// `0`, `-7`, `+1`, `.5`, `00.5`; an integer has no leading zero.
    fn number(&mut self, first: u8) -> Option<Kind> {
        let signed = usize::from(matches!(first, b'+' | b'-'));
        let mut end = signed;
        while self.peek(end).is_some_and(|b| b.is_ascii_digit()) {
            end += 1;
        }
        let whole = end;
        if self.peek(end) == Some(b'.') && self.peek(end + 1).is_some_and(|b| b.is_ascii_digit()) {
            end += 1;
            while self.peek(end).is_some_and(|b| b.is_ascii_digit()) {
                end += 1;
            }
            self.at += end;
            return Some(Kind::Float);
        }
        if whole == signed {
            return None;
        }
        self.at += if self.peek(signed) == Some(b'0') { signed + 1 } else { whole };
        Some(Kind::Integer)
    }

    fn sign(&mut self) -> Result<Kind, PatternFault> {
        let rest = self.rest();
        if let Some((text, sign)) = Sign::ALL.iter().find(|(text, _)| rest.starts_with(text)) {
            self.at += text.len();
            return Ok(Kind::Sign(*sign));
        }
        let at = self.at;
        self.at += rest.chars().next().map_or(0, char::len_utf8);
        Err(self.fault(at, "a character that begins no word"))
    }

    /// Passes a string in single quotes, in which `\` stands only before `'` and `\`.
    fn quoted(&mut self) -> Result<(), PatternFault> {
        let open = self.at;
        self.at += 1;
        loop {
            let bytes = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let Some(found) = memchr::memchr2(b'\'', b'\\', bytes) else {
                self.at = self.text.len();
                return Err(self.fault(open, "a string that is not closed"));
            };
            self.at += found + 1;
            if bytes.get(found) == Some(&b'\'') {
                return Ok(());
            }
            if !matches!(self.peek(0), Some(b'\'' | b'\\')) {
                return Err(self.fault(self.at - 1, "a `\\` that stands neither before `'` nor before `\\`"));
            }
            self.at += 1;
        }
    }

    /// Passes the letter and the quotes, and hands over what is between.
    fn lettered(&mut self) -> Result<&'p str, PatternFault> {
        let start = self.at + 2;
        self.at += 1;
        self.quoted()?;
        Ok(self.text.get(start..self.at - 1).unwrap_or_default())
    }

    fn hex(&mut self) -> Result<Kind, PatternFault> {
        let at = self.at;
        let inner = self.lettered()?;
        let good = inner.len().is_multiple_of(2) && inner.bytes().all(|b| b.is_ascii_hexdigit());
        if good { Ok(Kind::Hex) } else { Err(self.fault(at, "a hexadecimal constant that is none")) }
    }

    fn binary(&mut self) -> Result<Kind, PatternFault> {
        let at = self.at;
        let inner = self.lettered()?;
        let digits = inner.trim_end_matches('=');
        let base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
        let good = !digits.is_empty()
            && inner.len().is_multiple_of(4)
            && inner.len() - digits.len() <= 2
            && digits.bytes().all(base64);
        if good { Ok(Kind::Binary) } else { Err(self.fault(at, "a binary constant that is not base64")) }
    }

    fn time(&mut self) -> Result<Kind, PatternFault> {
        let at = self.at;
        let good = self.lettered()?.parse::<Moment>().is_ok();
        if good {
            Ok(Kind::Time)
        } else {
            Err(self.fault(at, "a time constant that is not of the form t'2026-03-01T12:00:00Z'"))
        }
    }

    fn fault(&self, at: usize, what: &'static str) -> PatternFault {
        PatternFault::syntax(self.text, at, what)
    }
}
