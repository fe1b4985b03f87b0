//! Why a text is not the value that it was said to be.

use crate::reader::brief;

/// A text that has no canonical form of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing, or white space only.
    #[error("the value is empty")]
    Empty,
    /// Longer than any value.
    #[error("a value longer than {} bytes", super::MAX_VALUE_BYTES)]
    TooLong,
    /// No word for a kind of value.
    #[error("`{text}` is no kind of value")]
    UnknownKind {
        /// The word, at most 80 characters of it.
        text: String,
    },
    /// A stored value that is not in its canonical form.
    #[error("`{text}` is not in its canonical form")]
    NotCanonical {
        /// The text, at most 80 characters of it.
        text: String,
    },
    /// No host or domain name.
    #[error("`{text}` is no name: {why}")]
    NotAName {
        /// The text, at most 80 characters of it.
        text: String,
        /// What is wrong.
        why: &'static str,
    },
    /// No IPv4 or IPv6 address.
    #[error("`{text}` is no {family} address")]
    NotAnAddress {
        /// The text, at most 80 characters of it.
        text: String,
        /// `IPv4`, `IPv6` or `IP`.
        family: &'static str,
    },
    /// No range of addresses.
    #[error("`{text}` is no range of addresses")]
    NotARange {
        /// The text, at most 80 characters of it.
        text: String,
    },
    /// No address with a port.
    #[error("`{text}` is no address with a port")]
    NotAnAddressPort {
        /// The text, at most 80 characters of it.
        text: String,
    },
    /// No URL with a host.
    #[error("`{text}` is no URL: {why}")]
    NotAUrl {
        /// The text, at most 80 characters of it.
        text: String,
        /// What is wrong.
        why: &'static str,
    },
    /// No mail address.
    #[error("`{text}` is no mail address: {why}")]
    NotAMailAddress {
        /// The text, at most 80 characters of it.
        text: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A text that is no value of any kind, or could be of more than one.
    #[error("`{text}` is no value of a kind that can be told from its shape")]
    NotRecognised {
        /// The text, at most 80 characters of it.
        text: String,
    },
    /// No hash of that length.
    #[error("`{text}` is no {kind} hash, which has {digits} hexadecimal digits")]
    NotAHash {
        /// The text, at most 80 characters of it.
        text: String,
        /// The kind of hash.
        kind: super::Kind,
        /// How many digits such a hash has.
        digits: usize,
    },
}

impl Fault {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Fault::Empty => "value/empty",
            Fault::TooLong => "value/too-long",
            Fault::UnknownKind { .. } => "value/unknown-kind",
            Fault::NotCanonical { .. } => "value/not-canonical",
            Fault::NotAName { .. } => "value/not-a-name",
            Fault::NotAnAddress { .. } => "value/not-an-address",
            Fault::NotARange { .. } => "value/not-a-range",
            Fault::NotAnAddressPort { .. } => "value/not-an-address-port",
            Fault::NotAUrl { .. } => "value/not-a-url",
            Fault::NotAMailAddress { .. } => "value/not-a-mail-address",
            Fault::NotRecognised { .. } => "value/not-recognised",
            Fault::NotAHash { .. } => "value/not-a-hash",
        }
    }

    /// What may help.
    pub fn help(&self) -> Option<String> {
        let text = match self {
            Fault::UnknownKind { .. } => {
                let words: Vec<&str> = super::Kind::ALL.into_iter().map(super::Kind::word).collect();
                return Some(format!("kinds of value: {}", words.join(", ")));
            }
            Fault::NotAnAddress { family: "IPv4", .. } => {
                "four decimal numbers from 0 to 255 without leading zeros, as 192.0.2.1"
            }
            Fault::NotARange { .. } => "an address, a slash and the length of the prefix, as 192.0.2.0/24",
            Fault::NotAnAddressPort { .. } => "as 192.0.2.1:443 or [2001:db8::1]:443",
            _ => return None,
        };
        Some(text.to_owned())
    }

    pub(super) fn name(text: &str, why: &'static str) -> Fault {
        Fault::NotAName { text: brief(text), why }
    }

    pub(super) fn url(text: &str, why: &'static str) -> Fault {
        Fault::NotAUrl { text: brief(text), why }
    }

    pub(super) fn mail(text: &str, why: &'static str) -> Fault {
        Fault::NotAMailAddress { text: brief(text), why }
    }
}
