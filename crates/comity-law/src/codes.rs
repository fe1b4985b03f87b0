//! The codes of the register's own things: one type per noun.

use serde::{Serialize, Serializer};
use std::{borrow::Borrow, fmt, str::FromStr};

/// A text that breaks the grammar of a code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {what}: 1 to 64 small letters, digits, hyphens or underscores")]
pub struct BadLawCode {
    /// The text as given, at most 60 characters of it.
    pub text: String,
    /// What it was to be.
    pub what: &'static str,
}

fn well_formed(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The code as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadLawCode;
            fn from_str(text: &str) -> Result<Self, BadLawCode> {
                if well_formed(text) {
                    return Ok($name(text.to_owned()));
                }
                Err(BadLawCode { text: text.chars().take(60).collect(), what: $what })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                ctx: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                crate::cbor::text::encode(self, e, ctx)
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
                crate::cbor::text::decode(d, ctx)
            }
        }
    };
}

code! {
    /// An instrument of instruments.csv, such as `budapest`.
    InstrumentId, "instrument id"
}
code! {
    /// A measure of measures.csv, such as `preserve_stored_data`; in rules and definitions a bare topic.
    MeasureCode, "measure code"
}
code! {
    /// An offence of offences.csv, such as `illegal_access`.
    OffenceCode, "offence code"
}
code! {
    /// A purpose of purposes.csv, such as `cyber-defence`.
    PurposeCode, "purpose code"
}
code! {
    /// A change set, as its author names it; one author uses an id once.
    ChangeSetId, "change set id"
}
code! {
    /// A national law, as its State names it in its change sets.
    LawId, "national law id"
}

impl MeasureCode {
    /// The measure of general assistance articles.
    pub const GENERAL_MLA: &'static str = "mutual_legal_assistance";

    /// Whether this is general mutual legal assistance.
    pub fn is_general_mla(&self) -> bool {
        self.0 == MeasureCode::GENERAL_MLA
    }
}
