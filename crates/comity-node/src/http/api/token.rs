//! Bearer tokens: who holds one, and what it is good for. Only hashes are stored.

use crate::{
    http::{Answer, Problem},
    random::{Random, RandomFailed},
    reading::Reader,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use comity_record::{Hash, OfficerId, PartyCode, Timestamp, sha256};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// A token as its holder has it: `comity_` and 32 random bytes. It is shown once and never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// What a token is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The party it belongs to; it opens nothing of another.
    pub party: PartyCode,
    /// The officer answerable for what is done with it; the id of the account, where it is one of a guest or constituent.
    pub officer: OfficerId,
    /// As whom its holder reads.
    pub reader: Reader,
    /// What it opens.
    pub scopes: BTreeSet<Scope>,
    /// Until when (exclusive).
    pub ends: Timestamp,
}

/// Where grants are kept.
pub trait TokenStore: Send + Sync + 'static {
    /// The grant of a token by [`Token::hash`]. Ended ones may be returned; whether they have ended is checked by the
    /// caller. Looking up by hash takes no time that depends on the token's own characters.
    fn find(&self, token: Hash) -> Answer<'_, Result<Option<Grant>, Problem>>;
}

macro_rules! scopes {
    ($($(#[doc = $doc:literal])* $variant:ident $text:literal)*) => {
        /// What a token opens.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scope {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Scope {
            /// Every scope, in order.
            pub const ALL: &'static [Scope] = &[$(Scope::$variant),*];

            /// The scope as text.
            pub const fn as_str(self) -> &'static str {
                match self { $(Scope::$variant => $text,)* }
            }

            /// What it opens, in a phrase.
            pub const fn about(self) -> &'static str {
                match self { $(Scope::$variant => concat!($($doc),*),)* }
            }
        }
    };
}

scopes! {
    /// Read records, crossings, the ledger and the law, as the border allows.
    Read "read"
    /// Take in records.
    Import "import"
    /// Share records, and judge beforehand who may get them.
    Share "share"
    /// Ask for help and answer.
    Cases "cases"
    /// Take, hold or refuse change sets of the register, and adopt packs.
    Law "law"
    /// Accept letters, suspend peers.
    Peers "peers"
    /// Rotate and revoke keys.
    Keys "keys"
    /// Enter units, officers and tokens.
    Officers "officers"
    /// Erase and recall.
    Erase "erase"
    /// Back up and stop the node.
    Operate "operate"
    /// See and answer the tasks of the officer's own unit, and nothing else.
    Tasks "tasks"
    /// Read counts and safeguards, without content.
    Oversight "oversight"
}

/// A scope that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no scope; known: {}", Scope::ALL.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(", "))]
pub struct UnknownScope {
    /// The text as given, at most 40 characters of it.
    pub text: String,
}

impl Token {
    const PREFIX: &'static str = "comity_";
    /// Characters of a token: the prefix and 32 bytes in base64.
    const LENGTH: usize = 50;

    /// A new token.
    pub fn draw(random: &dyn Random) -> Result<Token, RandomFailed> {
        Ok(Token(format!("{}{}", Token::PREFIX, URL_SAFE_NO_PAD.encode(random.bytes::<32>()?))))
    }

    /// From the text its holder gave; `None` where it cannot be a token.
    pub fn from_text(text: &str) -> Option<Token> {
        let secret = text.strip_prefix(Token::PREFIX)?;
        let clean = secret.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        (clean && text.len() == Token::LENGTH).then(|| Token(text.to_owned()))
    }

    /// The text, to be shown to its holder once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the text: what is stored.
    pub fn hash(&self) -> Hash {
        sha256(&[b"comity token\0", self.0.as_bytes()])
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}…)", self.hash().short())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;
    fn from_str(text: &str) -> Result<Scope, UnknownScope> {
        let found = Scope::ALL.iter().find(|scope| scope.as_str() == text);
        found.copied().ok_or_else(|| UnknownScope { text: text.chars().take(40).collect() })
    }
}
