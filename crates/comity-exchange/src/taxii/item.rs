//! Rows of collections: where an object's bytes lie, and what can be asked of it without opening them.
//!
//! The rows are read by the thousand for one page, so they have a fixed layout instead of CBOR. They hold no content: the
//! id stands in them under a key of the node's ([`Item::id_key`]), since ids of cyber observables can be guessed, and
//! title, values and text only in the sealed bytes.

use super::Added;
use comity_threat::{Moment, SpecVersion};
use std::collections::BTreeMap;

/// The longest name of a type that is kept; a longer one is cut, and found only by its beginning.
pub const MAX_TYPE: usize = 250;

/// What holds of one version among those of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Marks(u8);

/// One version of an object in a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// When it came in: its key.
    pub added: Added,
    /// The ledger entry of the record that carries it.
    pub entry: u64,
    /// Its slot in that record.
    pub slot: u32,
    /// What holds of it.
    pub marks: Marks,
    /// Its `modified`, else `created`; none for cyber observables.
    pub dated: Option<Moment>,
    /// Its id under the node's key.
    pub id_key: [u8; 16],
    /// Its type.
    pub type_name: String,
}

/// One version as the row of its object knows it: served, or kept behind another of the same version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// When it came in.
    pub added: Added,
    /// As in [`Item`].
    pub entry: u64,
    /// As in [`Item`].
    pub slot: u32,
    /// Its specification, and whether it was redacted.
    pub marks: Marks,
    /// As in [`Item`].
    pub dated: Option<Moment>,
    /// Its content under the node's key, shortened: tells equal bytes from others.
    pub content: [u8; 8],
}

/// All versions of one object that came into one collection, in the order in which they came.
///
/// What is served of them follows from them alone ([`HeldVersions::marks`]), so that taking one out leaves what would be
/// there had it never come, and a rebuild without it comes to the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldVersions(Vec<Held>);

/// What becomes of a version that comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is new.
    Added,
    /// The same bytes are there.
    Known,
    /// The same version is there with other bytes. Both are kept; the one that came first is served.
    Conflict,
    /// The same version is there, more of it redacted: the fuller one is served from now on.
    Fuller,
}

impl Marks {
    /// The oldest version of its specification.
    pub const FIRST: Marks = Marks(1);
    /// The newest version of its specification.
    pub const LAST: Marks = Marks(2);
    /// Of the newest specification that is held of the object.
    pub const NEWEST_SPEC: Marks = Marks(4);
    /// STIX 2.1; otherwise 2.0.
    pub const SPEC_21: Marks = Marks(8);
    /// Parts were redacted.
    pub const REDACTED: Marks = Marks(16);
    /// Served; otherwise kept behind another of the same version.
    pub const SERVED: Marks = Marks(64);
    const DATED: Marks = Marks(32);
    const OF_CONTENT: Marks = Marks(8 | 16);

    /// The marks that depend on the object alone.
    pub fn of(spec: SpecVersion, redacted: bool) -> Marks {
        let spec = if spec == SpecVersion::V21 { Marks::SPEC_21 } else { Marks(0) };
        if redacted { spec.with(Marks::REDACTED) } else { spec }
    }

    /// Whether all of `other` hold.
    pub fn contains(self, other: Marks) -> bool {
        self.0 & other.0 == other.0
    }

    /// With these too.
    #[must_use]
    pub fn with(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }

    /// The specification.
    pub fn spec(self) -> SpecVersion {
        if self.contains(Marks::SPEC_21) { SpecVersion::V21 } else { SpecVersion::V20 }
    }
}

impl Item {
    /// The version as clients see it: an object without a date has the time it came in (section 3.4 of the standard).
    pub fn version(&self) -> Moment {
        self.dated.unwrap_or_else(|| self.added.moment())
    }

    /// The row's value.
    pub fn to_value(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(41 + self.type_name.len());
        out.extend_from_slice(&self.entry.to_be_bytes());
        out.extend_from_slice(&self.slot.to_be_bytes());
        put_marks(&mut out, self.marks, self.dated);
        out.extend_from_slice(&self.id_key);
        out.extend_from_slice(self.type_name.chars().take(MAX_TYPE).collect::<String>().as_bytes());
        out
    }

    /// From a row; `None` where it is none, as where its type has a longer name than any row is written with.
    pub fn from_row(key: &[u8], value: &[u8]) -> Option<Item> {
        let (entry, rest) = value.split_first_chunk()?;
        let (slot, rest) = rest.split_first_chunk()?;
        let (marks, dated, rest) = read_marks(rest)?;
        let (id_key, type_name) = rest.split_first_chunk()?;
        let type_name = std::str::from_utf8(type_name).ok()?;
        if type_name.chars().nth(MAX_TYPE).is_some() {
            return None;
        }
        Some(Item {
            added: Added::from_key(key)?,
            entry: u64::from_be_bytes(*entry),
            slot: u32::from_be_bytes(*slot),
            marks,
            dated,
            id_key: *id_key,
            type_name: type_name.to_owned(),
        })
    }
}

fn put_marks(out: &mut Vec<u8>, marks: Marks, dated: Option<Moment>) {
    out.push(if dated.is_some() { marks.with(Marks::DATED).0 } else { marks.0 & !Marks::DATED.0 });
    let (millis, nanos) = dated.map_or((0, 0), Moment::parts);
    out.extend_from_slice(&millis.to_be_bytes());
    out.extend_from_slice(&nanos.to_be_bytes());
}

fn read_marks(bytes: &[u8]) -> Option<(Marks, Option<Moment>, &[u8])> {
    let (marks, rest) = bytes.split_first()?;
    let (millis, rest) = rest.split_first_chunk()?;
    let (nanos, rest) = rest.split_first_chunk()?;
    let moment = Moment::from_parts(i64::from_be_bytes(*millis), u32::from_be_bytes(*nanos));
    let marks = Marks(*marks);
    let dated = moment.filter(|_| marks.contains(Marks::DATED));
    Some((Marks(marks.0 & !Marks::DATED.0), dated, rest))
}

impl Held {
    /// Whether both are the same version. What has no date of its own is another version whenever its bytes are others.
    fn is_version_of(&self, other: &Held) -> bool {
        self.dated == other.dated
            && self.marks.spec() == other.marks.spec()
            && (self.dated.is_some() || self.content == other.content)
    }

    fn is_redacted(&self) -> bool {
        self.marks.contains(Marks::REDACTED)
    }
}

impl HeldVersions {
    /// From the row of an object.
    pub fn from_value(mut value: &[u8]) -> Option<HeldVersions> {
        let mut held = Vec::new();
        while !value.is_empty() {
            let (added, rest) = value.split_first_chunk::<8>()?;
            let (entry, rest) = rest.split_first_chunk()?;
            let (slot, rest) = rest.split_first_chunk()?;
            let (marks, dated, rest) = read_marks(rest)?;
            let (content, rest) = rest.split_first_chunk()?;
            let (entry, slot) = (u64::from_be_bytes(*entry), u32::from_be_bytes(*slot));
            held.push(Held { added: Added::from_key(added)?, entry, slot, marks, dated, content: *content });
            value = rest;
        }
        Some(HeldVersions(held))
    }

    /// The row's value.
    pub fn to_value(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.0.len() * 41);
        for held in &self.0 {
            out.extend_from_slice(&held.added.key());
            out.extend_from_slice(&held.entry.to_be_bytes());
            out.extend_from_slice(&held.slot.to_be_bytes());
            put_marks(&mut out, held.marks, held.dated);
            out.extend_from_slice(&held.content);
        }
        out
    }

    /// The versions in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = &Held> {
        self.0.iter()
    }

    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What would become of a version.
    pub fn would_admit(&self, new: &Held) -> Admission {
        let mut same = self.0.iter().filter(|held| held.is_version_of(new)).peekable();
        if same.peek().is_none() {
            return Admission::Added;
        }
        let mut fuller = !new.is_redacted();
        for held in same {
            if held.content == new.content {
                return Admission::Known;
            }
            fuller &= held.is_redacted();
        }
        if fuller { Admission::Fuller } else { Admission::Conflict }
    }

    /// Takes a version in.
    pub fn admit(&mut self, new: Held) -> Admission {
        let admission = self.would_admit(&new);
        self.0.push(Held { marks: Marks(new.marks.0 & Marks::OF_CONTENT.0), ..new });
        admission
    }

    /// Takes out what came in at this date.
    pub fn remove(&mut self, added: Added) {
        self.0.retain(|held| held.added != added);
    }

    /// The versions that are the same as one of those chosen: a deletion takes them out together, so that none comes to
    /// light in the place of another.
    pub fn with_same(&self, chosen: &[Added]) -> Vec<&Held> {
        let chosen: Vec<&Held> = self.0.iter().filter(|held| chosen.contains(&held.added)).collect();
        self.0.iter().filter(|held| chosen.iter().any(|one| one.is_version_of(held))).collect()
    }

    /// The marks of everything held among the rest. Of one version what came first is served, but what was not redacted
    /// before what was. A version that came late but is older does not become the last.
    pub fn marks(&self) -> BTreeMap<Added, Marks> {
        let mut served: Vec<&Held> = Vec::new();
        for held in &self.0 {
            match served.iter_mut().find(|one| one.is_version_of(held)) {
                None => served.push(held),
                Some(one) if one.is_redacted() && !held.is_redacted() => *one = held,
                Some(_) => {}
            }
        }
        let mut marks: BTreeMap<Added, Marks> = self.0.iter().map(|held| (held.added, held.marks)).collect();
        let newest = served.iter().map(|held| held.marks.spec()).max();
        for held in &served {
            let spec = held.marks.spec();
            let order = |one: &&&Held| (one.dated, one.added);
            let peers = || served.iter().filter(|one| one.marks.spec() == spec);
            let is = |found: Option<&&Held>| found.is_some_and(|found| found.added == held.added);
            let named = [
                (true, Marks::SERVED),
                (is(peers().min_by_key(order)), Marks::FIRST),
                (is(peers().max_by_key(order)), Marks::LAST),
                (Some(spec) == newest, Marks::NEWEST_SPEC),
            ];
            let holding = named.iter().filter(|(holds, _)| *holds);
            let all = holding.fold(held.marks, |marks, (_, mark)| marks.with(*mark));
            marks.insert(held.added, all);
        }
        marks
    }
}
