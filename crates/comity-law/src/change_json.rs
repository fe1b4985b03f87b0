//! Change sets as a person writes them: JSON whose rows have the columns of the register's own tables. The canonical bytes,
//! not this text, are what is signed.

use crate::{
    ChangeSetId, Fault, FaultKind, InstrumentId, LawId, MeasureCode, OffenceCode,
    change::{Change, ChangeSet, Key, PositionKey, Row},
    facts::{NationalLaw, NationalOffence, NationalPower, WithoutTreatyLaw},
    fault::Faults,
    load, load_facts,
    table::{Cells, Text, clip},
};
use comity_record::{BadDate, Canonical, Date, PartialDate, PartyCode};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt::Display, str::FromStr};

/// The set as written. Every cell is a text; a column left out is empty.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    author: String,
    date: String,
    source_statement: String,
    changes: Vec<WrittenChange>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum WrittenChange {
    Add(WrittenRow),
    Correct(WrittenRow),
    End { row: WrittenRow, on: String },
    Confirm { state: String, topic: String, position_code: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum WrittenRow {
    States(BTreeMap<String, String>),
    Instruments(BTreeMap<String, String>),
    InstrumentArticles(BTreeMap<String, String>),
    InstrumentStatus(BTreeMap<String, String>),
    InstrumentReservations(BTreeMap<String, String>),
    Positions(BTreeMap<String, String>),
    NationalLaws(Box<WrittenLaw>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct WrittenLaw {
    party: String,
    id: String,
    title: String,
    dated: String,
    consolidated: String,
    link: String,
    language: String,
    offences: Vec<WrittenOffence>,
    powers: Vec<WrittenPower>,
    without_treaty: Option<WrittenWithoutTreaty>,
    oversight: String,
    gap_note: String,
    in_force: String,
    ended: String,
    as_of: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOffence {
    offence: String,
    #[serde(default)]
    section: String,
    #[serde(default)]
    treaty_article: String,
    #[serde(default)]
    penalty: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPower {
    measure: String,
    #[serde(default)]
    section: String,
    #[serde(default)]
    conditions: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenWithoutTreaty {
    status: String,
    #[serde(default)]
    measures: Vec<String>,
    #[serde(default)]
    note: String,
}

impl ChangeSet {
    /// Reads a change set as a person writes it. In a fault, `line` is the number of the change, counted from 1, and `column`
    /// is 0; where the text is no such JSON, both are the text's own. At most as long as the canonical form may be.
    pub fn from_json(name: &str, text: &str) -> Result<ChangeSet, Vec<Fault>> {
        let fault = |line: u64, column: u64, kind| Fault { file: name.to_owned(), line, column, kind };
        if text.len() > ChangeSet::LIMIT {
            return Err(vec![fault(
                1,
                1,
                FaultKind::TooLong { what: "the change set", limit: ChangeSet::LIMIT },
            )]);
        }
        let written: Written = serde_json::from_str(text).map_err(|bad| {
            let place = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
            let kind = FaultKind::UnknownValue(clip_sentence(&bad.to_string()));
            vec![fault(place(bad.line()), place(bad.column()), kind)]
        })?;
        let mut faults = Faults::default();
        let mut changes = Vec::new();
        for (index, change) in written.changes.iter().enumerate() {
            let line = u64::try_from(index + 1).unwrap_or(u64::MAX);
            match change.read() {
                Ok(change) => changes.push(change),
                Err(kinds) => kinds.into_iter().for_each(|kind| faults.push(fault(line, 0, kind))),
            }
        }
        match written.head() {
            Ok((id, author, date)) => {
                let source_statement = written.source_statement;
                faults.or(ChangeSet { id, author, date, source_statement, changes })
            }
            Err(kind) => {
                faults.push(fault(0, 0, kind));
                Err(faults.list())
            }
        }
    }
}

impl Written {
    fn head(&self) -> Result<(ChangeSetId, PartyCode, Date), FaultKind> {
        Ok((word(&self.id)?, word(&self.author)?, dated(&self.date)?))
    }
}

impl WrittenChange {
    fn read(&self) -> Result<Change, Vec<FaultKind>> {
        match self {
            WrittenChange::Add(row) => row.read().map(Change::Add),
            WrittenChange::Correct(row) => row.read().map(Change::Correct),
            WrittenChange::End { row, on } => {
                let on = dated(on).map_err(|kind| vec![kind])?;
                Ok(Change::End(row.key().map_err(|kind| vec![kind])?, on))
            }
            WrittenChange::Confirm { state, topic, position_code } => Ok(Change::Confirm(PositionKey {
                party: word(state).map_err(|kind| vec![kind])?,
                topic: topic.clone(),
                position: position_code.clone(),
            })),
        }
    }
}

impl WrittenRow {
    fn read(&self) -> Result<Row, Vec<FaultKind>> {
        match self {
            WrittenRow::States(cells) => {
                let (cells, [part_of, ended]) = apart(cells, ["part_of", "ended"]);
                let mut row = table(&cells, load_facts::PARTIES, load_facts::party)?;
                row.part_of = optional(&part_of, word)?;
                row.ended = optional(&ended, dated)?;
                Ok(Row::Party(Box::new(row)))
            }
            WrittenRow::Instruments(cells) => {
                let (cells, [ended]) = apart(cells, ["ended"]);
                let mut row = table(&cells, load::INSTRUMENTS, load::instrument)?;
                row.ended = optional(&ended, dated)?;
                Ok(Row::Instrument(Box::new(row)))
            }
            WrittenRow::InstrumentArticles(cells) => {
                let (cells, [ended]) = apart(cells, ["ended"]);
                let mut row = table(&cells, load::ARTICLES, load::article)?;
                row.ended = optional(&ended, dated)?;
                Ok(Row::Article(Box::new(row)))
            }
            WrittenRow::InstrumentStatus(cells) => {
                table(cells, load::STATUSES, load::status).map(|row| Row::Status(Box::new(row)))
            }
            WrittenRow::InstrumentReservations(cells) => {
                let (cells, [ended]) = apart(cells, ["ended"]);
                let mut row = table(&cells, load::RESERVATIONS, load::reservation)?;
                row.ended = optional(&ended, dated)?;
                Ok(Row::Reservation(Box::new(row)))
            }
            WrittenRow::Positions(cells) => table(cells, load_facts::POSITIONS, load_facts::position)
                .map(|row| Row::Position(Box::new(row))),
            WrittenRow::NationalLaws(law) => {
                law.read().map(|row| Row::NationalLaw(Box::new(row))).map_err(|kind| vec![kind])
            }
        }
    }

    /// Which row is meant: only the columns that name it are read.
    fn key(&self) -> Result<Key, FaultKind> {
        fn cell<'a>(cells: &'a BTreeMap<String, String>, column: &'static str) -> Result<&'a str, FaultKind> {
            cells.get(column).map(String::as_str).ok_or(FaultKind::Empty(column))
        }
        let instrument = |cells| cell(cells, "instrument").and_then(word::<InstrumentId>);
        match self {
            WrittenRow::States(cells) => Ok(Key::Party(cell(cells, "alpha2").and_then(word)?)),
            WrittenRow::Instruments(cells) => Ok(Key::Instrument(cell(cells, "id").and_then(word)?)),
            WrittenRow::InstrumentArticles(cells) => Ok(Key::Article(
                instrument(cells)?,
                cell(cells, "article")?.to_owned(),
                cell(cells, "measure_code").and_then(word)?,
                cell(cells, "scope").and_then(word)?,
            )),
            WrittenRow::InstrumentStatus(cells) => {
                Ok(Key::Status(instrument(cells)?, cell(cells, "state").and_then(word)?))
            }
            WrittenRow::InstrumentReservations(cells) => Ok(Key::Reservation(
                instrument(cells)?,
                cell(cells, "state").and_then(word)?,
                cell(cells, "affects_article")?.to_owned(),
                cell(cells, "side").and_then(word)?,
                cell(cells, "effect").and_then(word)?,
            )),
            WrittenRow::NationalLaws(law) => Ok(Key::NationalLaw(word(&law.party)?, word(&law.id)?)),
            WrittenRow::Positions(_) => Err(FaultKind::UnknownValue(
                "a position is corrected or confirmed, it does not end".to_owned(),
            )),
        }
    }
}

impl WrittenLaw {
    fn read(&self) -> Result<NationalLaw, FaultKind> {
        let offences = self.offences.iter().map(WrittenOffence::read).collect::<Result<_, _>>()?;
        let powers = self.powers.iter().map(WrittenPower::read).collect::<Result<_, _>>()?;
        let date =
            |text: &String| if text.is_empty() { Ok(None) } else { dated::<PartialDate>(text).map(Some) };
        Ok(NationalLaw {
            party: word(&self.party)?,
            id: word::<LawId>(&self.id)?,
            title: self.title.clone(),
            dated: date(&self.dated)?,
            consolidated: date(&self.consolidated)?,
            link: self.link.clone(),
            language: self.language.clone(),
            offences,
            powers,
            without_treaty: self.without_treaty.as_ref().map(WrittenWithoutTreaty::read).transpose()?,
            oversight: self.oversight.clone(),
            gap_note: self.gap_note.clone(),
            in_force: date(&self.in_force)?,
            ended: date(&self.ended)?,
            as_of: dated(&self.as_of)?,
        })
    }
}

impl WrittenOffence {
    fn read(&self) -> Result<NationalOffence, FaultKind> {
        Ok(NationalOffence {
            offence: word::<OffenceCode>(&self.offence)?,
            section: self.section.clone(),
            treaty_article: self.treaty_article.clone(),
            penalty: self.penalty.clone(),
        })
    }
}

impl WrittenPower {
    fn read(&self) -> Result<NationalPower, FaultKind> {
        Ok(NationalPower {
            measure: word::<MeasureCode>(&self.measure)?,
            section: self.section.clone(),
            conditions: self.conditions.clone(),
        })
    }
}

impl WrittenWithoutTreaty {
    fn read(&self) -> Result<WithoutTreatyLaw, FaultKind> {
        Ok(WithoutTreatyLaw {
            status: word(&self.status)?,
            measures: self.measures.iter().map(|code| word::<MeasureCode>(code)).collect::<Result<_, _>>()?,
            note: self.note.clone(),
        })
    }
}

/// Reads a row as the loader reads one of a file: the same columns, the same faults.
fn table<T>(
    cells: &BTreeMap<String, String>,
    columns: &'static [&'static str],
    read: fn(&mut Cells<'_, '_>) -> Option<T>,
) -> Result<T, Vec<FaultKind>> {
    let unknown: Vec<FaultKind> = cells
        .keys()
        .filter(|column| !columns.contains(&column.as_str()))
        .map(|column| FaultKind::UnknownColumn(clip(column)))
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    let row: Vec<String> =
        columns.iter().map(|column| quoted(cells.get(*column).map_or("", String::as_str))).collect();
    let text = format!("{}\n{}\n", columns.join(","), row.join(","));
    let mut faults = Faults::default();
    let mut found = None;
    Text { name: "", text: &text }.rows(columns, &mut faults, |cells| found = read(cells));
    faults.or(found).map_err(|faults| faults.into_iter().map(|fault| fault.kind).collect()).and_then(
        |found| {
            // Without a fault there is a row: the text above has one.
            found.ok_or_else(|| vec![FaultKind::SaysNothing])
        },
    )
}

/// The cells without those columns, and those columns' cells (empty where left out).
fn apart<const N: usize>(
    cells: &BTreeMap<String, String>,
    columns: [&str; N],
) -> (BTreeMap<String, String>, [String; N]) {
    let mut rest = cells.clone();
    let taken = columns.map(|column| rest.remove(column).unwrap_or_default());
    (rest, taken)
}

fn optional<T>(text: &str, read: fn(&str) -> Result<T, FaultKind>) -> Result<Option<T>, Vec<FaultKind>> {
    if text.is_empty() {
        return Ok(None);
    }
    read(text).map(Some).map_err(|kind| vec![kind])
}

fn word<T: FromStr<Err: Display>>(text: &str) -> Result<T, FaultKind> {
    text.parse().map_err(|bad: T::Err| FaultKind::UnknownValue(bad.to_string()))
}

fn dated<T: FromStr<Err = BadDate>>(text: &str) -> Result<T, FaultKind> {
    text.parse().map_err(|bad: BadDate| FaultKind::BadDate(BadDate { text: clip(&bad.text), ..bad }))
}

fn clip_sentence(text: &str) -> String {
    text.chars().take(200).collect()
}
