//! A section: a struct, its defaults and its comments from one source.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{borrow::Cow, fmt, net::SocketAddr, ops::Deref, str::FromStr};

/// A value that is written as text, such as a party code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<T>(pub T);

/// Where to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    /// Nowhere.
    Off,
    /// At this address.
    At(SocketAddr),
}

/// What is done when an author recalls a record that is held here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecallHandling {
    /// It is applied at once.
    Narrow,
    /// It waits for an officer.
    Ask,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// A key of a section as the sample shows it.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) doc: String,
    pub(super) value: String,
}

/// A section of the configuration.
pub(super) trait Section {
    fn about() -> String;
    fn keys(&self) -> Vec<Key>;
}

macro_rules! section {
    (
        $(#[doc = $about:literal])*
        $name:ident { $( $(#[doc = $doc:literal])* $field:ident: $type:ty = $default:expr, )* }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $( $(#[doc = $doc])* pub $field: $type, )*
        }

        impl Default for $name {
            fn default() -> $name {
                $name { $( $field: $default, )* }
            }
        }

        impl $crate::config::section::Section for $name {
            fn about() -> String {
                [$($about),*].join("\n")
            }
            fn keys(&self) -> Vec<$crate::config::section::Key> {
                vec![$( $crate::config::section::Key {
                    name: stringify!($field),
                    doc: [$($doc),*].join("\n"),
                    value: $crate::config::sample::value(&self.$field),
                } ),*]
            }
        }
    };
}
pub(super) use section;

impl<T> Deref for Text<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text<T>, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map(Text).map_err(D::Error::custom)
    }
}

impl Listen {
    /// At an address that is known to be one; off where it is not.
    pub(super) fn at(address: &str) -> Listen {
        address.parse().map_or(Listen::Off, Listen::At)
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Listen::Off => Ok(()),
            Listen::At(address) => address.fmt(f),
        }
    }
}

impl FromStr for Listen {
    type Err = String;
    fn from_str(text: &str) -> Result<Listen, String> {
        if text.is_empty() {
            return Ok(Listen::Off);
        }
        let shown: String = text.chars().take(60).collect();
        text.parse().map(Listen::At).map_err(|_| {
            format!("`{shown}` is not an address with port such as `127.0.0.1:4433` or `[::]:4433`")
        })
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        })
    }
}

impl FromStr for LogFormat {
    type Err = String;
    fn from_str(text: &str) -> Result<LogFormat, String> {
        match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            other => {
                Err(format!("`{}` is neither `text` nor `json`", other.chars().take(60).collect::<String>()))
            }
        }
    }
}

impl fmt::Display for RecallHandling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RecallHandling::Narrow => "narrow",
            RecallHandling::Ask => "ask",
        })
    }
}

impl FromStr for RecallHandling {
    type Err = String;
    fn from_str(text: &str) -> Result<RecallHandling, String> {
        match text {
            "narrow" => Ok(RecallHandling::Narrow),
            "ask" => Ok(RecallHandling::Ask),
            other => {
                Err(format!("`{}` is neither `narrow` nor `ask`", other.chars().take(60).collect::<String>()))
            }
        }
    }
}
