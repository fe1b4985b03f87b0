//! Identifiers: one type per noun, so that no two can be exchanged by mistake.

use crate::{Hash, sha256};
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use std::{fmt, str::FromStr};

/// A code that breaks the grammar of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {what}: {grammar}")]
pub struct BadCode {
    /// The text as given, at most 40 characters of it.
    pub text: String,
    /// What it was to be.
    pub what: &'static str,
    /// The rule.
    pub grammar: &'static str,
}

macro_rules! hash_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
        #[cbor(transparent)]
        pub struct $name(#[n(0)] pub Hash);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.short())
            }
        }
        impl FromStr for $name {
            type Err = BadCode;
            fn from_str(text: &str) -> Result<Self, BadCode> {
                Hash::from_hex(text).map($name).ok_or_else(|| BadCode {
                    text: text.chars().take(40).collect(),
                    what: stringify!($name),
                    grammar: "64 hexadecimal digits",
                })
            }
        }
    };
}

hash_id! {
    /// The id of a record: SHA-256 of its envelope's bytes as received.
    RecordId
}
hash_id! {
    /// The id of a crossing, the same at both nodes: see [`CrossingId::of`].
    CrossingId
}
hash_id! {
    /// The thumbprint of a public key: SHA-256 of its algorithm and bytes.
    KeyId
}

impl CrossingId {
    /// The crossing of `record` from `from` to `to`. Both nodes compute it, so that twin entries share it. It reveals
    /// nothing of the record, whose id is salted.
    pub fn of(record: &RecordId, from: &PartyCode, to: &PartyCode) -> CrossingId {
        let parts: [&[u8]; 6] = [
            b"comity crossing\0",
            record.0.as_bytes(),
            from.as_str().as_bytes(),
            b"\0",
            to.as_str().as_bytes(),
            b"\0",
        ];
        CrossingId(sha256(&parts))
    }
}

macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $what:literal, $min:literal..=$max:literal, $allowed:expr, $grammar:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The code as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl FromStr for $name {
            type Err = BadCode;
            fn from_str(text: &str) -> Result<Self, BadCode> {
                let allowed: fn(char) -> bool = $allowed;
                if ($min..=$max).contains(&text.len()) && text.chars().all(allowed) {
                    return Ok($name(text.to_owned()));
                }
                Err(BadCode { text: text.chars().take(40).collect(), what: $what, grammar: $grammar })
            }
        }
        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), encode::Error<W::Error>> {
                e.str(&self.0)?.ok()
            }
        }
        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                let at = d.position();
                d.str()?.parse().map_err(|bad: BadCode| decode::Error::message(bad.to_string()).at(at))
            }
        }
    };
}

code! {
    /// A party: the ISO 3166-1 alpha-2 code of a State, or the code a local change set gives an organisation,
    /// territory, observer or partner. Whether the code exists is the register's business.
    PartyCode, "party code", 2..=16,
    |c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-',
    "2 to 16 capital letters, digits or hyphens, such as JP"
}
code! {
    /// A unit inside a party, as its node names it.
    UnitCode, "unit code", 1..=64,
    |c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '/'),
    "1 to 64 small letters, digits, hyphens or slashes, such as police/cyber"
}
code! {
    /// An officer of a unit, as its node names them.
    OfficerId, "officer id", 1..=64,
    |c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'),
    "1 to 64 small letters, digits, hyphens or full stops, such as duty.officer"
}
