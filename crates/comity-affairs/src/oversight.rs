//! What a body of oversight gets: counts and safeguards of a year, and no content. A count so small that it could point to
//! one person is not told, nor is another from which it could be worked out.

use crate::{
    irregularity::{Irregularity, Outcome},
    statistics::{Cell, Counts, Ending, year_of},
};
use comity_record::{Addressed, Canonical, Hash, PartyCode, Timestamp};
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;

/// A count as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Told {
    /// The number.
    #[n(0)]
    Exactly(#[n(0)] u32),
    /// Fewer than the least number that is told, and not none; or a number from which such a one could be worked out.
    #[n(1)]
    Withheld,
}

/// The counts of one direction and measure, over all other parties.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Row {
    /// Whether the State asked others.
    #[n(0)]
    pub sent: bool,
    /// The measure, or the flow where none is asked for.
    #[n(1)]
    pub measure: String,
    /// All cases.
    #[n(2)]
    pub all: Told,
    /// Granted, refused, not possible, not pursued, withdrawn, open: in this order.
    #[n(3)]
    pub endings: Vec<Told>,
    /// Refusals by ground.
    #[n(4)]
    pub grounds: BTreeMap<String, Told>,
    /// Cases in danger to life.
    #[n(5)]
    pub emergency: Told,
    /// Of these, those whose papers were filed afterwards.
    #[n(6)]
    pub reviewed: Told,
    /// Cases with conditions on use.
    #[n(7)]
    pub conditions: Told,
    /// Cases in which exculpatory material was told of.
    #[n(8)]
    pub exculpatory: Told,
    /// What officers stated of persons and safeguards, from version 2 of the report on.
    #[n(9)]
    pub safeguards: Option<SafeguardsTold>,
}

/// What officers state of a case that its steps do not say: numbers alone. A later statement takes the place of an earlier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Safeguards {
    /// Persons whose data were kept, taken or given, or who were otherwise affected.
    #[n(0)]
    pub persons: u32,
    /// Of these, persons who were given notice.
    #[n(1)]
    pub notified: u32,
    /// Errors found: too much taken, the wrong person, a limit passed.
    #[n(2)]
    pub errors: u32,
    /// Complaints.
    #[n(3)]
    pub complaints: u32,
}

impl Safeguards {
    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Safeguards) -> Safeguards {
        Safeguards {
            persons: self.persons.saturating_add(other.persons),
            notified: self.notified.saturating_add(other.notified),
            errors: self.errors.saturating_add(other.errors),
            complaints: self.complaints.saturating_add(other.complaints),
        }
    }
}

/// What a report tells of persons and safeguards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SafeguardsTold {
    /// How many of the cases somebody stated it of. Of the others nothing is known.
    #[n(0)]
    pub stated: Told,
    /// Persons affected.
    #[n(1)]
    pub persons: Told,
    /// Of these, persons who were given notice.
    #[n(2)]
    pub notified: Told,
    /// Errors found.
    #[n(3)]
    pub errors: Told,
    /// Complaints.
    #[n(4)]
    pub complaints: Told,
}

/// The endings of a row, in the order in which they stand there.
pub const ENDINGS: [(Ending, &str); 6] = [
    (Ending::Granted, "granted"),
    (Ending::Refused, "refused"),
    (Ending::NotPossible, "not possible"),
    (Ending::NotPursued, "not pursued"),
    (Ending::Withdrawn, "withdrawn"),
    (Ending::Open, "open"),
];

/// The report of a year, signed by the State with its record key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Report {
    /// Version of this form: 2. Version 1 says nothing of reports of irregularities, of persons and of errors; a program of
    /// version 1 reads no other.
    #[n(0)]
    pub version: u16,
    /// The State.
    #[n(1)]
    pub party: PartyCode,
    /// The year.
    #[n(2)]
    pub year: i16,
    /// When it was made.
    #[n(3)]
    pub at: Timestamp,
    /// The least number that is told.
    #[n(4)]
    pub least: u32,
    /// The counts.
    #[n(5)]
    pub rows: Vec<Row>,
    /// Entries of the ledger when it was made.
    #[n(6)]
    pub ledger_size: u64,
    /// The root of the ledger then.
    #[n(7)]
    pub ledger_root: Hash,
    /// Reports of irregularities, from version 2 on.
    #[n(8)]
    pub irregularities: Option<IrregularityCounts>,
}

/// The reports of irregularities that were filed in a year, counted without a word of what they say.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct IrregularityCounts {
    /// All of them.
    #[n(0)]
    pub filed: Told,
    /// Those opened in time.
    #[n(1)]
    pub opened_in_time: Told,
    /// Those answered in time.
    #[n(2)]
    pub answered_in_time: Told,
    /// How they ended, in the order of [`Outcome::ALL`], and those that are open last.
    #[n(3)]
    pub endings: Vec<Told>,
}

impl Canonical for Report {
    const NAME: &'static str = "an oversight report";
    const LIMIT: usize = 1 << 20;
}

/// It is stated to everybody; the addressee is the State itself, so that it cannot be passed off as a letter to another.
impl Addressed for Report {
    fn sender(&self) -> &PartyCode {
        &self.party
    }

    fn recipient(&self) -> &PartyCode {
        &self.party
    }

    fn stated_at(&self) -> Timestamp {
        self.at
    }
}

/// The rows of a year from its counts, other parties taken together. Numbers below `least` are withheld.
pub fn rows(cells: &BTreeMap<Cell, Counts>, least: u32) -> Vec<Row> {
    let mut together: BTreeMap<(bool, &str), Vec<&Counts>> = BTreeMap::new();
    for (cell, counts) in cells {
        together.entry((cell.sent, cell.measure.as_str())).or_default().push(counts);
    }
    together.into_iter().map(|((sent, measure), counts)| row(sent, measure, &counts, least)).collect()
}

/// The counts of reports of irregularities filed in a year (UTC).
pub fn irregularities<'a>(
    reports: impl IntoIterator<Item = &'a Irregularity>,
    year: i16,
    least: u32,
) -> IrregularityCounts {
    let of_year: Vec<&Irregularity> =
        reports.into_iter().filter(|one| year_of(one.filed) == Some(year)).collect();
    let count = |fits: &dyn Fn(&Irregularity) -> bool| {
        u32::try_from(of_year.iter().filter(|one| fits(one)).count()).unwrap_or(u32::MAX)
    };
    let mut parts: Vec<u32> = Outcome::ALL
        .iter()
        .map(|outcome| count(&|one| one.closed.is_some_and(|(_, how)| how == *outcome)))
        .collect();
    parts.push(count(&|one| one.closed.is_none()));
    let all = count(&|_| true);
    let (filed, endings) = masked(all, &parts, least);
    let of_all = |within: u32| part_of(filed, all, within, least);
    let (opened, answered) =
        (count(&Irregularity::was_opened_in_time), count(&Irregularity::was_answered_in_time));
    IrregularityCounts { filed, opened_in_time: of_all(opened), answered_in_time: of_all(answered), endings }
}

/// A part of a total that stands beside it, so that the rest could be worked out: told where both may be.
fn part_of(told: Told, total: u32, part: u32, least: u32) -> Told {
    let (all, parts) = masked(total, &[part, total.saturating_sub(part)], least);
    match (told, all, parts.first()) {
        (Told::Exactly(_), Told::Exactly(_), Some(part)) => *part,
        _ => Told::Withheld,
    }
}

fn safeguards(told_of_all: Told, all: u32, counts: &[&Counts], least: u32) -> SafeguardsTold {
    let stated = counts.iter().map(|one| one.stated).fold(0, u32::saturating_add);
    let sum = counts.iter().fold(Safeguards::default(), |sum, one| sum.plus(one.safeguards));
    let persons = told(sum.persons, least);
    SafeguardsTold {
        stated: part_of(told_of_all, all, stated, least),
        persons,
        notified: part_of(persons, sum.persons, sum.notified, least),
        errors: told(sum.errors, least),
        complaints: told(sum.complaints, least),
    }
}

fn row(sent: bool, measure: &str, counts: &[&Counts], least: u32) -> Row {
    let sum = |of: &dyn Fn(&Counts) -> u32| counts.iter().map(|one| of(one)).fold(0, u32::saturating_add);
    let all = sum(&|one| one.all);
    let endings = ENDINGS.map(|(ending, _)| sum(&|one| one.ended(ending)));
    let (all_told, endings_told) = masked(all, &endings, least);
    let mut grounds: BTreeMap<String, u32> = BTreeMap::new();
    for (ground, count) in counts.iter().flat_map(|one| &one.grounds) {
        *grounds.entry(ground.clone()).or_default() += count;
    }
    let of_grounds: Vec<u32> = grounds.values().copied().collect();
    let refused: u32 = of_grounds.iter().sum();
    let (refused_told, mut grounds_told) = masked(refused, &of_grounds, least);
    // The number of refusals stands among the endings as well: where it is withheld there, its grounds would sum up to it.
    let among_endings = endings_told.get(1).copied();
    if refused_told == Told::Withheld || among_endings == Some(Told::Withheld) {
        grounds_told.fill(Told::Withheld);
    }
    let emergency = sum(&|one| one.emergency);
    let reviewed = sum(&|one| one.reviewed);
    let (emergency_told, parts) = masked(emergency, &[reviewed, emergency.saturating_sub(reviewed)], least);
    Row {
        sent,
        measure: measure.to_owned(),
        all: all_told,
        endings: endings_told,
        grounds: grounds.into_keys().zip(grounds_told).collect(),
        emergency: emergency_told,
        reviewed: parts.first().copied().unwrap_or(Told::Withheld),
        conditions: told(sum(&|one| one.conditions), least),
        exculpatory: told(sum(&|one| one.exculpatory), least),
        safeguards: Some(safeguards(all_told, all, counts, least)),
    }
}

fn told(count: u32, least: u32) -> Told {
    if count > 0 && count < least { Told::Withheld } else { Told::Exactly(count) }
}

/// A total and its parts. What is withheld could be worked out from the rest where it is one part alone; and where the
/// parts withheld are together below `least`, the rest would tell a number that small (two of them that make two are one
/// each). Then the smallest of the others that is not none is withheld too, or, where there is no such, the total.
fn masked(total: u32, parts: &[u32], least: u32) -> (Told, Vec<Told>) {
    let mut all = told(total, least);
    let mut masked: Vec<Told> = parts.iter().map(|part| told(*part, least)).collect();
    let withheld: Vec<u32> =
        parts.iter().copied().filter(|part| told(*part, least) == Told::Withheld).collect();
    if withheld.len() == 1 || (1..least).contains(&withheld.iter().copied().fold(0, u32::saturating_add)) {
        let smallest =
            masked.iter_mut().filter(|part| matches!(part, Told::Exactly(count) if *count > 0)).min();
        match smallest {
            Some(part) => *part = Told::Withheld,
            None => all = Told::Withheld,
        }
    }
    (all, masked)
}
