//! How a table of properties is written, and how a property is found in it.

use super::Vocabulary;
use crate::SpecVersion;
use std::sync::OnceLock;

/// The form a value must have.
#[derive(Debug)]
pub(crate) enum Form {
    /// Any value that is not null and no empty list.
    Any,
    /// `null`, which a few entries of a process's start-up information must be.
    Null,
    /// A string.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number between these.
    Integer(i64, i64),
    /// A number between these.
    Number(f64, f64),
    /// A timestamp.
    Time(Precision),
    /// A string that keeps a rule.
    Worded(&'static Wording),
    /// A string that should keep a rule.
    Advised(&'static Wording),
    /// A value of a closed vocabulary.
    Closed(&'static Vocabulary),
    /// A value that should be of an open vocabulary.
    Open(&'static Vocabulary),
    /// An identifier of an object of these types; inside 2.0 observed data, a key of its map.
    Reference(Targets),
    /// A list that is not empty.
    List(&'static Form),
    /// A list that may be empty.
    Rows(&'static Form),
    /// Hashes by algorithm.
    Hashes,
    /// An object with known properties.
    Object(&'static Shape),
    /// A map whose keys keep the rule of dictionaries.
    Dictionary(&'static Form),
    /// A map whose keys should keep a rule besides.
    Keyed(&'static Wording, &'static Form),
    /// Extensions: the predefined ones of this type, and those by extension definition.
    Extensions(&'static [Predefined]),
    /// Markings of parts.
    GranularMarkings,
    /// References to outside.
    ExternalReferences(&'static Shape),
    /// Translations, by language.
    Translations,
    /// The map of observables in observed data.
    Observables,
    /// The pattern of an indicator.
    Pattern,
}

/// How precise a timestamp is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    /// As it comes.
    Any,
    /// To the millisecond or better.
    Milliseconds,
    /// To the second.
    Seconds,
}

/// A rule on a text.
#[derive(Debug)]
pub(crate) struct Wording {
    /// Whether a text keeps it.
    pub(crate) holds: fn(&str) -> bool,
    /// What such a text is, as in "an IPv4 address or range".
    pub(crate) what: &'static str,
}

/// Types a reference may lead to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Targets {
    /// Any.
    Any,
    /// One of these.
    Of(&'static [&'static str]),
    /// None of these.
    NotOf(&'static [&'static str]),
    /// Should be one of these.
    Ideally(&'static [&'static str]),
}

/// A predefined extension.
#[derive(Debug)]
pub(crate) struct Predefined(pub(crate) &'static str, pub(crate) &'static Shape);

/// One property.
#[derive(Debug)]
pub(crate) struct Property {
    pub(crate) key: &'static str,
    pub(crate) form: Form,
    flags: u8,
}

const IN_20: u8 = 1;
const IN_21: u8 = 2;
const MUST_20: u8 = 4;
const MUST_21: u8 = 8;
const DEPRECATED: u8 = 16;

/// A property of both editions that may be there.
pub(super) const fn p(key: &'static str, form: Form) -> Property {
    Property { key, form, flags: IN_20 | IN_21 }
}

impl Property {
    const fn with(self, flags: u8) -> Property {
        let Property { key, form, .. } = self;
        Property { key, form, flags }
    }

    /// Required by both editions.
    pub(super) const fn must(self) -> Property {
        let flags = self.flags | MUST_20 | MUST_21;
        self.with(flags)
    }

    /// Required by 2.1, optional in 2.0.
    pub(super) const fn must21(self) -> Property {
        let flags = self.flags | MUST_21;
        self.with(flags)
    }

    /// Required by 2.0, optional in 2.1.
    pub(super) const fn must20(self) -> Property {
        let flags = self.flags | MUST_20;
        self.with(flags)
    }

    /// Of 2.1 only.
    pub(super) const fn only21(self) -> Property {
        let flags = self.flags & !IN_20;
        self.with(flags)
    }

    /// Of 2.0 only.
    pub(super) const fn only20(self) -> Property {
        let flags = self.flags & !IN_21;
        self.with(flags)
    }

    /// Deprecated by 2.1.
    pub(super) const fn deprecated(self) -> Property {
        let flags = self.flags | DEPRECATED;
        self.with(flags)
    }

    const fn is_in(&self, version: SpecVersion) -> bool {
        let flag = if matches!(version, SpecVersion::V20) { IN_20 } else { IN_21 };
        self.flags & flag != 0
    }

    /// Whether this edition requires it.
    pub(crate) const fn is_required(&self, version: SpecVersion) -> bool {
        let flag = if matches!(version, SpecVersion::V20) { MUST_20 } else { MUST_21 };
        self.is_in(version) && self.flags & flag != 0
    }

    /// Whether 2.1 advises against it.
    pub(crate) const fn is_deprecated(&self) -> bool {
        self.flags & DEPRECATED != 0
    }
}

/// Two times of which the first is not after the second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Period {
    pub(crate) first: &'static str,
    pub(crate) last: &'static str,
    /// Whether they may be equal.
    pub(crate) may_be_equal: bool,
}

/// The two times of every object with versions.
static VERSIONS: Period = Period { first: "created", last: "modified", may_be_equal: true };

/// What the properties of an object ask of each other, as written down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Own properties, then those common to its class.
    groups: [&'static [Property]; 2],
    /// At least one of these must be there, where there are any.
    pub(crate) one_of: &'static [&'static str],
    /// Whether 2.0 does not ask for one of them.
    one_of_is_new: bool,
    /// Where the first is there, the second must be.
    with: &'static [(&'static str, &'static str)],
    /// Of these only one may be there.
    apart: &'static [(&'static str, &'static str)],
    periods: &'static [Period],
    /// Whether names beyond the table are refused rather than counted as custom.
    pub(crate) closed: bool,
}

/// A plan and its index, which is built when it is first asked for.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) plan: Plan,
    index: OnceLock<Index>,
}

/// A plan without further rules.
pub(super) const fn plan(own: &'static [Property], common: &'static [Property]) -> Plan {
    Plan {
        groups: [own, common],
        one_of: &[],
        one_of_is_new: false,
        with: &[],
        apart: &[],
        periods: &[],
        closed: false,
    }
}

/// A shape without further rules.
pub(super) const fn shape(own: &'static [Property], common: &'static [Property]) -> Shape {
    plan(own, common).shape()
}

impl Plan {
    pub(super) const fn one_of(self, one_of: &'static [&'static str]) -> Plan {
        Plan { one_of, ..self }
    }

    pub(super) const fn one_of_in_21(self, one_of: &'static [&'static str]) -> Plan {
        Plan { one_of, one_of_is_new: true, ..self }
    }

    pub(super) const fn with(self, with: &'static [(&'static str, &'static str)]) -> Plan {
        Plan { with, ..self }
    }

    pub(super) const fn apart(self, apart: &'static [(&'static str, &'static str)]) -> Plan {
        Plan { apart, ..self }
    }

    pub(super) const fn periods(self, periods: &'static [Period]) -> Plan {
        Plan { periods, ..self }
    }

    pub(super) const fn closed(self) -> Plan {
        Plan { closed: true, ..self }
    }

    pub(super) const fn shape(self) -> Shape {
        Shape { plan: self, index: OnceLock::new() }
    }
}

/// The properties seen in an object: a bit for each of its shape, and the value of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// One bit for each property.
    pub(crate) bits: u64,
    /// The node of each in the outline.
    nodes: [u32; MOST],
}

impl Seen {
    /// Nothing seen.
    pub(crate) const NONE: Seen = Seen { bits: 0, nodes: [0; MOST] };

    /// Notes a property.
    pub(crate) fn note(&mut self, number: u8, node: u32) {
        self.bits |= 1 << number;
        if let Some(slot) = self.nodes.get_mut(usize::from(number)) {
            *slot = node;
        }
    }

    /// The node of a property that was seen.
    pub(crate) fn node(&self, number: u8) -> Option<u32> {
        let there = self.bits & (1 << number) != 0;
        self.nodes.get(usize::from(number)).copied().filter(|_| there)
    }
}

/// A property found by its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// Its number in the shape.
    pub(crate) number: u8,
    pub(crate) property: &'static Property,
}

/// Most properties of one shape: bits of a word.
const MOST: usize = 64;
/// Slots of the table, a power of two with room to spare.
const SLOTS: usize = 128;
/// A slot without a property.
const FREE: u8 = u8::MAX;

/// An open-addressed table of the properties, and the rules as bits.
#[derive(Debug)]
struct Index {
    slots: [u8; SLOTS],
    list: Vec<&'static Property>,
    required: [u64; 2],
    one_of: u64,
    with: Vec<(u64, u64)>,
    apart: Vec<u64>,
    periods: Vec<(u8, u8, &'static Period)>,
}

impl Shape {
    /// The property of this name, where the edition has it.
    pub(crate) fn find(&'static self, key: &[u8], version: SpecVersion) -> Option<Known> {
        let index = self.index();
        let mut slot = hash(key);
        loop {
            let number = *index.slots.get(slot)?;
            // `FREE` is beyond the end of every list.
            let property = *index.list.get(usize::from(number))?;
            // A name can stand twice, with another form in the other edition.
            if property.key.as_bytes() == key && property.is_in(version) {
                return Some(Known { number, property });
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    /// The required properties that are not among those seen.
    pub(crate) fn missing(
        &'static self,
        seen: &Seen,
        version: SpecVersion,
    ) -> impl Iterator<Item = &'static str> {
        let index = self.index();
        let [v20, v21] = index.required;
        let missing = if version == SpecVersion::V20 { v20 } else { v21 } & !seen.bits;
        let names = move || index.list.iter().enumerate().filter(move |(n, _)| missing & (1 << n) != 0);
        (missing != 0).then(names).into_iter().flatten().map(|(_, property)| property.key)
    }

    /// Whether none is there of which one must be.
    pub(crate) fn lacks_one(&'static self, seen: &Seen, version: SpecVersion) -> bool {
        let one_of = self.index().one_of;
        let asked = version == SpecVersion::V21 || !self.plan.one_of_is_new;
        asked && one_of != 0 && one_of & seen.bits == 0
    }

    /// Pairs of which the first is there and the second is not.
    pub(crate) fn alone(
        &'static self,
        seen: &Seen,
    ) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
        let bits = seen.bits;
        let broken = move |rule: &(u64, u64)| bits & rule.0 != 0 && bits & rule.1 == 0;
        self.index()
            .with
            .iter()
            .zip(self.plan.with)
            .filter(move |(rule, _)| broken(rule))
            .map(|(_, names)| names)
    }

    /// Pairs that are both there and may not be.
    pub(crate) fn clashing(
        &'static self,
        seen: &Seen,
    ) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
        let bits = seen.bits;
        let rules = self.index().apart.iter().zip(self.plan.apart);
        rules.filter(move |(both, _)| bits & **both == **both).map(|(_, names)| names)
    }

    /// The periods whose two times are there, with their nodes.
    pub(crate) fn spans(&'static self, seen: Seen) -> impl Iterator<Item = (&'static Period, u32, u32)> {
        let rules = self.index().periods.iter();
        rules.filter_map(move |(first, last, period)| Some((*period, seen.node(*first)?, seen.node(*last)?)))
    }

    fn index(&'static self) -> &'static Index {
        self.index.get_or_init(|| self.build())
    }

    fn build(&'static self) -> Index {
        let list: Vec<&Property> =
            self.plan.groups.iter().flat_map(|group| group.iter()).take(MOST).collect();
        // A name can stand twice, with another form in the other edition.
        let bits = |asked: &dyn Fn(&Property) -> bool| {
            let those = list.iter().enumerate().filter(|(_, property)| asked(property));
            those.fold(0u64, |bits, (number, _)| bits | 1 << number)
        };
        let bit = |key: &str| bits(&|property| property.key == key);
        let place = |key: &str| u8::try_from(list.iter().position(|p| p.key == key)?).ok();
        // `modified` of an observable is something else.
        let versions = list.iter().any(|p| p.key == "revoked");
        let places = |period: &'static Period| {
            let counts = versions || period.first != VERSIONS.first;
            Some((place(period.first)?, place(period.last)?, period)).filter(|_| counts)
        };
        let required = |version| bits(&|property| property.is_required(version));
        Index {
            slots: slots(&list),
            required: [required(SpecVersion::V20), required(SpecVersion::V21)],
            one_of: self.plan.one_of.iter().fold(0, |bits, key| bits | bit(key)),
            with: self.plan.with.iter().map(|(first, second)| (bit(first), bit(second))).collect(),
            apart: self.plan.apart.iter().map(|(first, second)| bit(first) | bit(second)).collect(),
            periods: self.plan.periods.iter().chain([&VERSIONS]).filter_map(places).collect(),
            list,
        }
    }
}

fn slots(list: &[&Property]) -> [u8; SLOTS] {
    let mut slots = [FREE; SLOTS];
    for (number, property) in list.iter().enumerate() {
        let mut slot = hash(property.key.as_bytes());
        while slots.get(slot).is_some_and(|taken| *taken != FREE) {
            slot = (slot + 1) % SLOTS;
        }
        if let (Some(place), Ok(number)) = (slots.get_mut(slot), u8::try_from(number)) {
            *place = number;
        }
    }
    slots
}

/// Seven bits that differ for most names of one shape.
fn hash(key: &[u8]) -> usize {
    let at = |place: usize| usize::from(key.get(place).copied().unwrap_or_default());
    let length = key.len();
    let mixed = length * 31 + at(0) * 7 + at(length / 2) * 13 + at(length.wrapping_sub(1)) * 29 + at(2) * 3;
    mixed % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    static TRIAL: Shape = plan(
        &[p("a", Form::Text).must(), p("b", Form::Text).only21().must21(), p("c", Form::Text).only20()],
        &[p("d", Form::Text), p("e", Form::Text)],
    )
    .one_of(&["d", "e"])
    .with(&[("d", "a")])
    .apart(&[("d", "e")])
    .shape();

    #[test]
    fn properties_are_found_by_edition_and_rules_are_bits() {
        let find = |key: &str, version| TRIAL.find(key.as_bytes(), version).map(|known| known.number);
        assert_eq!((find("b", SpecVersion::V21), find("b", SpecVersion::V20)), (Some(1), None));
        assert_eq!((find("c", SpecVersion::V21), find("x", SpecVersion::V20)), (None, None));
        let mut seen = Seen::NONE;
        assert_eq!(TRIAL.missing(&seen, SpecVersion::V21).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(TRIAL.missing(&seen, SpecVersion::V20).collect::<Vec<_>>(), ["a"]);
        assert!(TRIAL.lacks_one(&seen, SpecVersion::V20));
        seen.note(3, 7);
        assert!(
            !TRIAL.lacks_one(&seen, SpecVersion::V20) && seen.node(3) == Some(7) && seen.node(4).is_none()
        );
        assert_eq!(TRIAL.alone(&seen).count(), 1);
        seen.note(4, 8);
        assert_eq!(TRIAL.clashing(&seen).count(), 1);
    }
}
