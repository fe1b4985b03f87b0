//! Authorities, dated, in a tree of any depth.

use comity_record::{Date, UnitCode};
use std::collections::{BTreeMap, BTreeSet};

/// What an authority is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuthorityKind {
    /// Central authority for mutual assistance.
    Central,
    /// Central authority for extradition.
    Extradition,
    /// Round-the-clock contact point (Budapest 35).
    RoundTheClock,
    /// Diplomatic contact.
    Diplomatic,
    /// Technical: CERT or CSIRT.
    Technical,
    /// Prosecutor.
    Prosecutor,
    /// Court.
    Court,
    /// Police unit.
    Police,
    /// Data-protection body.
    DataProtection,
    /// Oversight body.
    Oversight,
}

/// An authority, as its State's register has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Its code.
    pub code: UnitCode,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: AuthorityKind,
    /// The authority above it.
    pub parent: Option<UnitCode>,
    /// The territory it serves, as codes such as `JP-13`; empty means all of the State. A code covers those that begin
    /// with it and a hyphen.
    pub territory: BTreeSet<String>,
    /// The measures it may carry out, as codes of `measures.csv`; empty means all.
    pub measures: BTreeSet<String>,
    /// The offences it deals with; empty means all.
    pub offences: BTreeSet<String>,
    /// The languages it works in, as BCP 47 tags.
    pub languages: Vec<String>,
    /// Who stands in where it does not answer.
    pub deputy: Option<UnitCode>,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Option<Date>,
    /// What makes it competent: a law, a decree, a designation.
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
            self.territory.is_empty()
                || self.territory.iter().any(|own| {
                    territory == own
                        || territory.strip_prefix(own.as_str()).is_some_and(|rest| rest.starts_with('-'))
                })
        };
        self.kind == place.kind
            && self.stands_on(place.on)
            && among(&self.measures, place.measure)
            && place.offence.is_none_or(|offence| among(&self.offences, offence))
            && place.territory.map_or(self.territory.is_empty(), covers)
    }
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
