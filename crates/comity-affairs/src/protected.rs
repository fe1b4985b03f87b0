//! Protected objects: hospitals, cultural property, dams and others that a body of law protects, as their own State states them,
//! so that a step against one gets a second reading. What bears no sign is listed nowhere.
//!
//! A statement is signed with the State's record key, so that it is verified offline and its owner is not told. No standard for
//! a digital emblem is final (IETF DIEM); algorithm and form are versioned.

use comity_record::{Addressed, Canonical, Date, PartyCode, Timestamp, body::Selector};
use minicbor::{Decode, Encode};
use std::{collections::BTreeSet, fmt, net::IpAddr, str::FromStr};

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $number:literal $variant:ident $text:literal)*) => {
        /// What is protected.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(index_only)]
        pub enum ProtectedKind {
            $($(#[doc = $doc])* #[n($number)] $variant,)*
        }

        impl ProtectedKind {
            /// Every kind.
            pub const ALL: &'static [ProtectedKind] = &[$(ProtectedKind::$variant),*];

            /// Its code.
            pub const fn as_str(self) -> &'static str {
                match self { $(ProtectedKind::$variant => $text,)* }
            }
        }
    };
}

kinds! {
    /// Medical units and transports (Additional Protocol I, article 12).
    0 Medical "medical"
    /// Humanitarian organisations and relief.
    1 Humanitarian "humanitarian"
    /// Cultural property and places of worship (Additional Protocol I, article 53; the Hague Convention of 1954).
    2 Cultural "cultural"
    /// What a population cannot survive without (Additional Protocol I, article 54).
    3 Indispensable "indispensable"
    /// Works and installations containing dangerous forces (Additional Protocol I, article 56).
    4 DangerousForces "dangerous-forces"
    /// Civil defence (Additional Protocol I, articles 61 to 67).
    5 CivilDefence "civil-defence"
    /// Peace operations of the United Nations.
    6 PeaceOperation "peace-operation"
    /// The press (Additional Protocol I, article 79).
    7 Press "press"
    /// Diplomatic and consular communications.
    8 Diplomatic "diplomatic"
}

impl fmt::Display for ProtectedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word or a mark that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtectedFault {
    /// No such kind.
    #[error("`{found}` is no kind of protected object; known: {known}", known = ProtectedKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", "))]
    Kind {
        /// What was given, at most 40 characters of it.
        found: String,
    },
    /// No such mark.
    #[error(
        "`{found}` is no mark of an object: `address 203.0.113.0/28`, `name hospital.example`, `account PROVIDER:ACCOUNT` or `device NUMBER`"
    )]
    Mark {
        /// What was given, at most 80 characters of it.
        found: String,
    },
    /// It is known by nothing, or its protection rests on nothing.
    #[error("a protected object has a name, at least one mark, the law that protects it and a contact")]
    Bare,
    /// It may not be told to that State.
    #[error("the object is {visibility}, and may not be told to `{to}`")]
    Kept {
        /// How far it is shown.
        visibility: String,
        /// The State.
        to: PartyCode,
    },
}

impl ProtectedFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            ProtectedFault::Kind { .. } => "protected/no-kind",
            ProtectedFault::Mark { .. } => "protected/no-mark",
            ProtectedFault::Bare => "protected/bare",
            ProtectedFault::Kept { .. } => "protected/kept",
        }
    }
}

impl FromStr for ProtectedKind {
    type Err = ProtectedFault;
    fn from_str(text: &str) -> Result<ProtectedKind, ProtectedFault> {
        let found = ProtectedKind::ALL.iter().copied().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| ProtectedFault::Kind { found: text.chars().take(40).collect() })
    }
}

/// By what an object is known in a network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Mark {
    /// A block of addresses.
    #[n(0)]
    Address {
        /// Its first address, as text.
        #[n(0)]
        base: String,
        /// The length of its prefix.
        #[n(1)]
        prefix: u8,
    },
    /// A name, with all below it.
    #[n(1)]
    Name(#[n(0)] String),
    /// An account at a provider.
    #[n(2)]
    Account {
        /// The provider.
        #[n(0)]
        provider: String,
        /// The account.
        #[n(1)]
        account: String,
    },
    /// A device.
    #[n(3)]
    Device(#[n(0)] String),
}

impl FromStr for Mark {
    type Err = ProtectedFault;
    fn from_str(text: &str) -> Result<Mark, ProtectedFault> {
        let none = || ProtectedFault::Mark { found: text.chars().take(80).collect() };
        let (kind, value) = text.trim().split_once(' ').ok_or_else(none)?;
        let value = value.trim().to_ascii_lowercase();
        match kind {
            "address" => {
                let (base, prefix) =
                    value.split_once('/').map_or((value.as_str(), None), |(b, p)| (b, Some(p)));
                let base: IpAddr = base.parse().map_err(|_| none())?;
                let whole = if base.is_ipv4() { 32 } else { 128 };
                let prefix = prefix.map_or(Ok(whole), |prefix| prefix.parse().map_err(|_| none()))?;
                let sound = (1..=whole).contains(&prefix);
                sound.then(|| Mark::Address { base: base.to_string(), prefix }).ok_or_else(none)
            }
            "name" if value.contains('.') => Ok(Mark::Name(value)),
            "account" => {
                let (provider, account) = value.split_once(':').ok_or_else(none)?;
                Ok(Mark::Account { provider: provider.to_owned(), account: account.to_owned() })
            }
            "device" if !value.is_empty() => Ok(Mark::Device(value)),
            _ => Err(none()),
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mark::Address { base, prefix } => write!(f, "address {base}/{prefix}"),
            Mark::Name(name) => write!(f, "name {name}"),
            Mark::Account { provider, account } => write!(f, "account {provider}:{account}"),
            Mark::Device(device) => write!(f, "device {device}"),
        }
    }
}

impl Mark {
    /// Whether what a measure is aimed at bears this mark. A person bears none.
    pub fn is_on(&self, selector: &Selector) -> bool {
        match (self, selector) {
            (Mark::Address { base, prefix }, Selector::Address { address, .. }) => {
                match (base.parse(), address.parse()) {
                    (Ok(base), Ok(address)) => is_inside(base, *prefix, address),
                    _ => false,
                }
            }
            (Mark::Name(name), Selector::Account { provider, account }) => {
                let domain = account.rsplit_once('@').map(|(_, domain)| domain);
                is_below(provider, name) || domain.is_some_and(|domain| is_below(domain, name))
            }
            (Mark::Account { provider, account }, Selector::Account { provider: at, account: of }) => {
                provider.eq_ignore_ascii_case(at) && account.eq_ignore_ascii_case(of)
            }
            (Mark::Device(device), Selector::Device(other)) => device.eq_ignore_ascii_case(other),
            _ => false,
        }
    }
}

/// Whether a name is this one or below it.
fn is_below(name: &str, above: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == above || name.strip_suffix(above).is_some_and(|rest| rest.ends_with('.'))
}

/// Whether an address lies in a block. An IPv4 address written as IPv6 is the IPv4 address.
fn is_inside(base: IpAddr, prefix: u8, address: IpAddr) -> bool {
    let (base, address, whole) = match (base.to_canonical(), address.to_canonical()) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            (u128::from(base.to_bits()), u128::from(address.to_bits()), 32)
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => (base.to_bits(), address.to_bits(), 128),
        _ => return false,
    };
    let host = u32::from(u8::min(prefix, whole)).abs_diff(u32::from(whole));
    base.checked_shr(host).unwrap_or(0) == address.checked_shr(host).unwrap_or(0)
}

/// To whom the sign is shown.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Visibility {
    /// To everybody.
    #[n(0)]
    Public,
    /// To these States.
    #[n(1)]
    Named(#[n(0)] BTreeSet<PartyCode>),
    /// To nobody: kept at home, where it is looked at before a measure of one's own.
    #[n(2)]
    Trust,
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Visibility::Public => f.write_str("public"),
            Visibility::Named(parties) => {
                let named: Vec<&str> = parties.iter().map(PartyCode::as_str).collect();
                write!(f, "shown to {}", named.join(", "))
            }
            Visibility::Trust => f.write_str("held in trust"),
        }
    }
}

/// A protected object, as its own State states it. Signed, it is an `Attested<Protected>`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Protected {
    /// Version of this form: 1.
    #[n(0)]
    pub version: u16,
    /// Whose object it is.
    #[n(1)]
    pub owner: PartyCode,
    /// Its code there.
    #[n(2)]
    pub code: String,
    /// Its name.
    #[n(3)]
    pub name: String,
    /// What it is.
    #[n(4)]
    pub kind: ProtectedKind,
    /// The law that protects it, with its article.
    #[n(5)]
    pub basis: String,
    /// Who gave it the emblem, where it bears one.
    #[n(6)]
    pub issuer: Option<String>,
    /// By what it is known.
    #[n(7)]
    pub marks: BTreeSet<Mark>,
    /// Whom to tell of harm to it.
    #[n(8)]
    pub contact: String,
    /// To whom the sign is shown.
    #[n(9)]
    pub visibility: Visibility,
    /// First day.
    #[n(10)]
    pub from: Date,
    /// Last day.
    #[n(11)]
    pub until: Option<Date>,
    /// When it was stated.
    #[n(12)]
    pub at: Timestamp,
}

impl Canonical for Protected {
    const NAME: &'static str = "a protected object";
    const LIMIT: usize = 64 * 1024;
}

/// It is stated to whoever it is shown to; the addressee is the State itself.
impl Addressed for Protected {
    fn sender(&self) -> &PartyCode {
        &self.owner
    }

    fn recipient(&self) -> &PartyCode {
        &self.owner
    }

    fn stated_at(&self) -> Timestamp {
        self.at
    }
}

impl Protected {
    /// Whether it says enough.
    pub fn check(&self) -> Result<(), ProtectedFault> {
        let bare =
            [&self.code, &self.name, &self.basis, &self.contact].iter().any(|text| text.trim().is_empty());
        if bare || self.marks.is_empty() { Err(ProtectedFault::Bare) } else { Ok(()) }
    }

    /// Whether it is protected on a day.
    pub fn stands_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// Whether a measure is aimed at it.
    pub fn is_aimed_at(&self, selector: &Selector) -> bool {
        self.marks.iter().any(|mark| mark.is_on(selector))
    }

    /// Whether it may be told to a State.
    pub fn may_be_told(&self, to: &PartyCode) -> Result<(), ProtectedFault> {
        match &self.visibility {
            Visibility::Public => Ok(()),
            Visibility::Named(parties) if parties.contains(to) => Ok(()),
            kept => Err(ProtectedFault::Kept { visibility: kept.to_string(), to: to.clone() }),
        }
    }

    /// The sign in a line, for officers.
    pub fn sign(&self) -> String {
        let Protected { owner, name, kind, basis, contact, .. } = self;
        format!("PROTECTED ({kind}): {name} of {owner}, by {basis}. Tell of harm: {contact}")
    }
}
