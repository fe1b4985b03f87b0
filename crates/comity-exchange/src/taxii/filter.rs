//! The parameters of a query (section 3.4 of the standard).

use super::{Added, Item, Marks, TaxiiFault};
use comity_threat::{Moment, SpecVersion};
use std::{collections::BTreeSet, num::NonZeroU32};

/// What a client asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only what came in after this, exclusively.
    pub added_after: Option<Added>,
    /// The same to the nanosecond, for those whose dates have such.
    pub after: Option<Moment>,
    /// At most so many.
    pub limit: Option<NonZeroU32>,
    /// Where an earlier page ended.
    pub next: Option<String>,
    /// `match[id]`; empty for all.
    pub ids: BTreeSet<String>,
    /// `match[type]`; empty for all.
    pub types: BTreeSet<String>,
    /// `match[version]`; without it, the last.
    pub versions: VersionFilter,
    /// `match[spec_version]`; empty for the newest that is held of an object.
    pub spec_versions: BTreeSet<SpecVersion>,
}

/// Which versions of an object are asked for; several are joined by "or".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionFilter {
    /// The oldest.
    pub first: bool,
    /// The newest.
    pub last: bool,
    /// Every one.
    pub all: bool,
    /// These.
    pub exact: BTreeSet<Moment>,
}

/// Which parameters an endpoint has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterSet {
    /// Of objects and the manifest: all.
    Many,
    /// Of one object: without `match[id]` and `match[type]`.
    One,
    /// Of one object's versions: without `match[version]` too.
    Versions,
    /// Of a deletion: `match[version]` and `match[spec_version]`.
    Deletion,
    /// None.
    Nothing,
}

/// Most values in one `match` parameter.
const MAX_VALUES: usize = 1000;

impl Default for VersionFilter {
    fn default() -> VersionFilter {
        VersionFilter { first: false, last: true, all: false, exact: BTreeSet::new() }
    }
}

impl VersionFilter {
    /// Every version.
    pub fn every() -> VersionFilter {
        VersionFilter { first: false, last: false, all: true, exact: BTreeSet::new() }
    }
}

impl FilterSet {
    fn knows(self, name: &str) -> bool {
        match name {
            "added_after" | "limit" | "next" => !matches!(self, FilterSet::Deletion | FilterSet::Nothing),
            "match[id]" | "match[type]" => self == FilterSet::Many,
            "match[version]" => !matches!(self, FilterSet::Versions | FilterSet::Nothing),
            "match[spec_version]" => self != FilterSet::Nothing,
            _ => false,
        }
    }
}

impl Filter {
    /// Reads the query part of an address. Every parameter is given at most once; several values are separated by commas.
    pub fn read(query: &str, set: FilterSet) -> Result<Filter, TaxiiFault> {
        let mut filter = Filter::default();
        if set == FilterSet::Deletion || set == FilterSet::Versions {
            filter.versions = VersionFilter::every();
        }
        let mut seen = BTreeSet::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if !set.knows(&name) {
                return Err(TaxiiFault::UnknownParameter { name: brief(&name) });
            }
            if !seen.insert(name.to_string()) {
                return Err(bad(&name, &value, "it is given twice"));
            }
            filter.set(&name, &value)?;
        }
        Ok(filter)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), TaxiiFault> {
        match name {
            "added_after" => {
                let time: Result<Moment, _> = value.parse();
                let time = time.map_err(|_| bad(name, value, "a time in UTC with `Z` is wanted"))?;
                (self.after, self.added_after) = (Some(time), Some(Added(time.micros())));
            }
            "limit" => {
                let limit = Some(value).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
                let limit = limit.and_then(|text| text.parse().ok());
                self.limit = Some(limit.ok_or_else(|| bad(name, value, "a positive number is wanted"))?);
            }
            "next" => self.next = Some(value.to_owned()),
            "match[id]" => self.ids = values(name, value)?.map(str::to_owned).collect(),
            "match[type]" => self.types = values(name, value)?.map(str::to_owned).collect(),
            "match[version]" => self.versions = versions(name, value)?,
            _ => {
                for text in values(name, value)? {
                    self.spec_versions.insert(match text {
                        "2.0" => SpecVersion::V20,
                        "2.1" => SpecVersion::V21,
                        _ => return Err(bad(name, text, "2.0 and 2.1 are held here")),
                    });
                }
            }
        }
        Ok(())
    }

    /// Whether an item belongs to the answer, its id and place in the order apart.
    pub fn admits(&self, item: &Item) -> bool {
        self.admits_type(&item.type_name) && self.admits_version(item.marks, item.version())
    }

    /// Whether nothing is asked for but the last versions of everything: the question that pages are kept for.
    pub fn is_plain(&self) -> bool {
        self.ids.is_empty()
            && self.types.is_empty()
            && self.versions == VersionFilter::default()
            && self.spec_versions.is_empty()
    }

    fn admits_type(&self, name: &str) -> bool {
        self.types.is_empty() || self.types.contains(name)
    }

    /// Whether a deletion takes a version out: without `match[version]` every one, without `match[spec_version]` of any.
    pub fn takes_out(&self, marks: Marks, version: Moment) -> bool {
        let wanted = &self.versions;
        marks.contains(Marks::SERVED)
            && (self.spec_versions.is_empty() || self.spec_versions.contains(&marks.spec()))
            && (wanted.all
                || wanted.last && marks.contains(Marks::LAST)
                || wanted.first && marks.contains(Marks::FIRST)
                || wanted.exact.contains(&version))
    }

    /// Whether a version belongs to the answer.
    pub fn admits_version(&self, marks: Marks, version: Moment) -> bool {
        let spec = match self.spec_versions.is_empty() {
            true => marks.contains(Marks::NEWEST_SPEC),
            false => self.spec_versions.contains(&marks.spec()),
        };
        let wanted = &self.versions;
        marks.contains(Marks::SERVED)
            && spec
            && (wanted.all
                || wanted.last && marks.contains(Marks::LAST)
                || wanted.first && marks.contains(Marks::FIRST)
                || wanted.exact.contains(&version))
    }

    /// The question in one form, without `limit` and `next`: what a paging token is bound to.
    pub fn question(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut put = |part: &[u8]| {
            out.extend_from_slice(&(part.len() as u64).to_be_bytes());
            out.extend_from_slice(part);
        };
        put(self.after.map_or(String::new(), |after| after.to_string()).as_bytes());
        for (name, set) in [("id", &self.ids), ("type", &self.types)] {
            put(name.as_bytes());
            set.iter().for_each(|value| put(value.as_bytes()));
        }
        let VersionFilter { first, last, all, exact } = &self.versions;
        put(&[u8::from(*first), u8::from(*last), u8::from(*all)]);
        exact.iter().for_each(|moment| put(moment.to_string().as_bytes()));
        put(b"spec");
        self.spec_versions.iter().for_each(|spec| put(spec.as_str().as_bytes()));
        out
    }
}

fn versions(name: &str, value: &str) -> Result<VersionFilter, TaxiiFault> {
    let mut wanted = VersionFilter { first: false, last: false, all: false, exact: BTreeSet::new() };
    for text in values(name, value)? {
        match text {
            "first" => wanted.first = true,
            "last" => wanted.last = true,
            "all" => wanted.all = true,
            time => {
                let time =
                    time.parse().map_err(|_| bad(name, time, "first, last, all or a time is wanted"))?;
                wanted.exact.insert(time);
            }
        }
    }
    Ok(wanted)
}

fn values<'v>(name: &str, value: &'v str) -> Result<impl Iterator<Item = &'v str>, TaxiiFault> {
    let empty = value.split(',').any(str::is_empty);
    if empty {
        return Err(bad(name, value, "values separated by commas are wanted, none of them empty"));
    }
    if value.split(',').count() > MAX_VALUES {
        return Err(bad(name, value, "at most 1000 values can be asked for at once"));
    }
    Ok(value.split(','))
}

fn bad(name: &str, value: &str, why: &'static str) -> TaxiiFault {
    TaxiiFault::BadParameter { name: brief(name), value: brief(value), why }
}

/// Foreign text, short and without control characters.
pub(super) fn brief(text: &str) -> String {
    let shown: String = text.chars().filter(|c| !c.is_control()).take(100).collect();
    if shown.len() < text.len() { shown + "…" } else { shown }
}
