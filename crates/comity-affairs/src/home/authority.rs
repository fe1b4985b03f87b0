//! Authorities, dated, in a tree of any depth.

use super::Hours;
use comity_record::{Date, UnitCode};
use minicbor::{Decode, Encode};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $number:literal $variant:ident $text:literal)*) => {
        /// What an authority is for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(index_only)]
        pub enum AuthorityKind {
            $($(#[doc = $doc])* #[n($number)] $variant,)*
        }

        impl AuthorityKind {
            /// Every kind.
            pub const ALL: &'static [AuthorityKind] = &[$(AuthorityKind::$variant),*];

            /// Its code.
            pub const fn as_str(self) -> &'static str {
                match self { $(AuthorityKind::$variant => $text,)* }
            }
        }
    };
}

kinds! {
    /// Central authority for mutual assistance.
    0 Central "central"
    /// Central authority for extradition.
    1 Extradition "extradition"
    /// Round-the-clock contact point (Budapest 35).
    2 RoundTheClock "round-the-clock"
    /// Diplomatic contact.
    3 Diplomatic "diplomatic"
    /// Technical: CERT or CSIRT.
    4 Technical "technical"
    /// Prosecutor.
    5 Prosecutor "prosecutor"
    /// Court.
    6 Court "court"
    /// Police unit.
    7 Police "police"
    /// Data-protection body.
    8 DataProtection "data-protection"
    /// Oversight body.
    9 Oversight "oversight"
}

impl AuthorityKind {
    /// Whether it stands for the State towards others: what it is given comes from there, or goes there.
    pub const fn is_national_contact(self) -> bool {
        matches!(
            self,
            AuthorityKind::Central
                | AuthorityKind::Extradition
                | AuthorityKind::RoundTheClock
                | AuthorityKind::Diplomatic
        )
    }

    /// Whether it may deal with its like abroad directly, with a copy to both central authorities (Budapest 27(9)).
    pub const fn is_judicial(self) -> bool {
        matches!(self, AuthorityKind::Prosecutor | AuthorityKind::Court)
    }
}

impl fmt::Display for AuthorityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no kind of authority.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no kind of authority; known: {known}", known = AuthorityKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", "))]
pub struct NoKind(String);

impl FromStr for AuthorityKind {
    type Err = NoKind;
    fn from_str(text: &str) -> Result<AuthorityKind, NoKind> {
        let found = AuthorityKind::ALL.iter().copied().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| NoKind(text.chars().take(40).collect()))
    }
}

/// A key of an authority with the telephone by which its fingerprint is confirmed: trust is by calling back.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CallBack {
    /// The fingerprint, as it is read out.
    #[n(0)]
    pub fingerprint: String,
    /// The number to call.
    #[n(1)]
    pub telephone: String,
}

/// An authority, as its State's register has it. A later entry under the same code supersedes it from its first day on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Authority {
    /// Its code.
    #[n(0)]
    pub code: UnitCode,
    /// Its name.
    #[n(1)]
    pub name: String,
    /// What it is for.
    #[n(2)]
    pub kind: AuthorityKind,
    /// The authority above it.
    #[n(3)]
    pub parent: Option<UnitCode>,
    /// The territory it serves, as codes such as `JP-13`; empty means all of the State. A code covers those that begin
    /// with it and a hyphen.
    #[n(4)]
    pub territory: BTreeSet<String>,
    /// Territories inside it that have an authority of their own and are not served by this one (UNCAC 46(13)).
    #[n(5)]
    pub excepted: BTreeSet<String>,
    /// The measures it may carry out, as codes of `measures.csv`; empty means all.
    #[n(6)]
    pub measures: BTreeSet<String>,
    /// The offences it deals with; empty means all.
    #[n(7)]
    pub offences: BTreeSet<String>,
    /// The languages it works in, as BCP 47 tags.
    #[n(8)]
    pub languages: Vec<String>,
    /// When it works; absent where it is not known.
    #[n(9)]
    pub hours: Option<Hours>,
    /// Who stands in where it does not answer, in this order.
    #[n(10)]
    pub deputies: Vec<UnitCode>,
    /// Its keys, each with the telephone that confirms it.
    #[n(11)]
    pub keys: Vec<CallBack>,
    /// The federal clause under which it acts, or which keeps a measure from it (Budapest 41), in words.
    #[n(12)]
    pub federal_clause: Option<String>,
    /// First day.
    #[n(13)]
    pub from: Date,
    /// Last day.
    #[n(14)]
    pub until: Option<Date>,
    /// What makes it competent: a law, a decree, a designation.
    #[n(15)]
    pub source: String,
}

/// What is asked of whom, where.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The kind of authority that begins: police, prosecutor, court.
    pub kind: AuthorityKind,
    /// The measure.
    pub measure: &'a str,
    /// The offence, where stated.
    pub offence: Option<&'a str>,
    /// Where the custodian or suspect is, where known.
    pub territory: Option<&'a str>,
    /// The day.
    pub on: Date,
}

/// What is wrong with a tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeFault {
    /// Two authorities have one code on one day.
    #[error("`{code}` stands twice on the same day")]
    Twice {
        /// The code.
        code: UnitCode,
    },
    /// An authority stands under one that does not exist, or under itself.
    #[error("`{code}` stands under `{parent}`, which does not exist or leads back to it")]
    Astray {
        /// The code.
        code: UnitCode,
        /// The code above.
        parent: UnitCode,
    },
    /// An authority whose competence rests on nothing.
    #[error("`{code}` has no source of its competence")]
    Unsourced {
        /// The code.
        code: UnitCode,
    },
}

impl TreeFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            TreeFault::Twice { .. } => "home/twice",
            TreeFault::Astray { .. } => "home/astray",
            TreeFault::Unsourced { .. } => "home/unsourced",
        }
    }
}

impl Authority {
    /// Whether it exists on a day.
    pub fn stands_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    fn fits(&self, place: &Place<'_>) -> bool {
        let among = |set: &BTreeSet<String>, code: &str| set.is_empty() || set.contains(code);
        let covers = |territory: &str| {
            (self.territory.is_empty() || covered(&self.territory, territory))
                && !covered(&self.excepted, territory)
        };
        self.kind == place.kind
            && self.stands_on(place.on)
            && among(&self.measures, place.measure)
            && place.offence.is_none_or(|offence| among(&self.offences, offence))
            && place.territory.map_or(self.territory.is_empty(), covers)
    }
}

/// Whether a territory is one of these, or lies in one.
fn covered(among: &BTreeSet<String>, territory: &str) -> bool {
    let inside =
        |own: &String| territory.strip_prefix(own.as_str()).is_some_and(|rest| rest.starts_with('-'));
    among.iter().any(|own| territory == own || inside(own))
}

/// The authorities of a State.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    authorities: Vec<Authority>,
}

impl Tree {
    /// Checks a tree.
    pub fn new(authorities: Vec<Authority>) -> Result<Tree, TreeFault> {
        let tree = Tree { authorities };
        for authority in &tree.authorities {
            let twice = tree.authorities.iter().filter(|other| {
                other.code == authority.code
                    && (other.stands_on(authority.from) || authority.stands_on(other.from))
            });
            if twice.count() > 1 {
                return Err(TreeFault::Twice { code: authority.code.clone() });
            }
            if authority.source.trim().is_empty() {
                return Err(TreeFault::Unsourced { code: authority.code.clone() });
            }
            if let Some(parent) = authority.parent.as_ref().filter(|_| tree.depth(authority).is_none()) {
                return Err(TreeFault::Astray { code: authority.code.clone(), parent: parent.clone() });
            }
        }
        Ok(tree)
    }

    /// The authority of a code on a day.
    pub fn find(&self, code: &UnitCode, on: Date) -> Option<&Authority> {
        self.authorities.iter().find(|authority| authority.code == *code && authority.stands_on(on))
    }

    /// Every entry, in the order in which it was entered.
    pub fn all(&self) -> impl Iterator<Item = &Authority> {
        self.authorities.iter()
    }

    /// The level of an authority, 1 at the top. The State names its levels; none is fixed here.
    pub fn level(&self, authority: &Authority) -> usize {
        self.depth(authority).map_or(1, |depth| depth + 1)
    }

    /// Every authority that existed under a code, whenever.
    pub fn ever(&self, code: &UnitCode) -> impl Iterator<Item = &Authority> {
        self.authorities.iter().filter(move |authority| authority.code == *code)
    }

    /// How far below the top; `None` where the way up leads nowhere.
    fn depth(&self, authority: &Authority) -> Option<usize> {
        let by_code: BTreeMap<&UnitCode, &Authority> =
            self.authorities.iter().map(|authority| (&authority.code, authority)).collect();
        let (mut at, mut depth) = (authority, 0);
        while let Some(parent) = &at.parent {
            depth += 1;
            at = by_code.get(parent)?;
            if depth > self.authorities.len() {
                return None;
            }
        }
        Some(depth)
    }

    /// The authorities that may carry out what is asked, the nearest to the place first: the deepest, then by code.
    pub fn choose(&self, place: Place<'_>) -> Vec<&Authority> {
        let mut fitting: Vec<&Authority> =
            self.authorities.iter().filter(|authority| authority.fits(&place)).collect();
        fitting.sort_by_key(|authority| (std::cmp::Reverse(self.depth(authority)), authority.code.clone()));
        fitting
    }

    /// Who is to have a copy where two judicial authorities deal with each other directly: the central authorities of
    /// that day (Budapest 27(9)).
    pub fn copied(&self, from: &UnitCode, to: &UnitCode, on: Date) -> BTreeSet<UnitCode> {
        let judicial = |code| self.find(code, on).is_some_and(|one| one.kind.is_judicial());
        if !judicial(from) || !judicial(to) {
            return BTreeSet::new();
        }
        let central =
            self.authorities.iter().filter(|one| one.kind == AuthorityKind::Central && one.stands_on(on));
        central.map(|one| one.code.clone()).filter(|code| code != from && code != to).collect()
    }

    /// The next authority on the way down from one to another, and how many hops there are in all; `None` where the
    /// other is not below it on that day.
    pub fn hop(&self, from: &UnitCode, to: &UnitCode, on: Date) -> Option<(UnitCode, usize)> {
        let way = self.way_down(to, on);
        let at = way.iter().position(|authority| authority.code == *from)?;
        let next = way.get(at + 1)?;
        Some((next.code.clone(), way.len() - 1 - at))
    }

    /// The way from the top down to an authority on a day, both included.
    pub fn way_down(&self, to: &UnitCode, on: Date) -> Vec<&Authority> {
        let mut way = Vec::new();
        let mut next = self.find(to, on);
        while let Some(authority) = next {
            if way.len() > self.authorities.len() {
                break;
            }
            way.push(authority);
            next = authority.parent.as_ref().and_then(|parent| self.find(parent, on));
        }
        way.reverse();
        way
    }
}
