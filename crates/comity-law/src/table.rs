//! One CSV text (RFC 4180) as rows whose cells know their place. Everything is bounded.

use crate::{
    AsOf,
    fault::{Fault, FaultKind, Faults},
    files::Files,
};
use comity_record::{BadDate, PartialDate};
use csv::ByteRecord;
use std::{fmt::Display, str::FromStr};

/// The longest file that is read, in bytes.
const FILE_LIMIT: usize = 16 * 1024 * 1024;
/// The longest cell that is read, in bytes.
const CELL_LIMIT: usize = 8 * 1024;

/// A file's text with its name, valid UTF-8 and bounded.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
}

/// One row. `columns` are the columns asked for, `order` where each is in the row.
pub(crate) struct Cells<'t, 'f> {
    text: Text<'t>,
    start: usize,
    record: ByteRecord,
    columns: &'static [&'static str],
    order: &'t [usize],
    faults: &'f mut Faults,
}

impl<'a> Text<'a> {
    /// The text of a required file.
    pub(crate) fn required(files: &'a Files<'_>, name: &'a str, faults: &mut Faults) -> Option<Text<'a>> {
        let found = files.get(name);
        if found.is_none() {
            faults.push(Fault { file: name.to_owned(), line: 1, column: 1, kind: FaultKind::MissingFile });
        }
        Text::read(name, found?, faults)
    }

    /// The text of a file, checked for length and UTF-8.
    pub(crate) fn read(name: &'a str, bytes: &'a [u8], faults: &mut Faults) -> Option<Text<'a>> {
        if bytes.len() > FILE_LIMIT {
            let kind = FaultKind::TooLong { what: "the file", limit: FILE_LIMIT };
            faults.push(Fault { file: name.to_owned(), line: 1, column: 1, kind });
            return None;
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Some(Text { name, text }),
            Err(bad) => {
                let valid = bytes.get(..bad.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok());
                let valid = valid.unwrap_or_default();
                faults.push(Text { name, text: valid }.fault(valid.len(), FaultKind::NotUtf8));
                None
            }
        }
    }

    /// A fault at a byte position.
    pub(crate) fn fault(&self, position: usize, kind: FaultKind) -> Fault {
        let before = self.text.get(..position).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = 1 + before.bytes().filter(|b| *b == b'\n').count();
        let column = 1 + before.get(line_start..).unwrap_or_default().chars().count();
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        Fault { file: self.name.to_owned(), line: count(line), column: count(column), kind }
    }

    /// Calls `row` with each row of the table. Rows with a wrong number of cells are faults and left out.
    pub(crate) fn rows(
        &self,
        columns: &'static [&'static str],
        faults: &mut Faults,
        mut row: impl FnMut(&mut Cells<'_, '_>),
    ) {
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(self.text.as_bytes());
        let mut record = ByteRecord::new();
        let mut width = None;
        let mut order = Vec::new();
        // Reading from memory without a fixed width raises no error; the loop ends with the text.
        while reader.read_byte_record(&mut record).unwrap_or(false) {
            let start = record.position().map_or(0, |at| usize::try_from(at.byte()).unwrap_or(0));
            let start = self.skip_blank_lines(start);
            let Some(expected) = width else {
                width = Some(record.len());
                order = self.header(start, &record, columns, faults);
                continue;
            };
            if order.is_empty() {
                return;
            }
            if record.len() != expected {
                let kind = FaultKind::ColumnCount { expected, found: record.len() };
                faults.push(self.fault(start, kind));
                continue;
            }
            let mut cells =
                Cells { text: *self, start, record: record.clone(), columns, order: &order, faults };
            if cells.are_bounded() {
                row(&mut cells);
            }
        }
        if width.is_none() {
            faults
                .push(self.fault(0, FaultKind::MissingColumn(columns.first().copied().unwrap_or_default())));
        }
    }

    /// The first cell of every row, for the codes that a faulty table names all the same.
    pub(crate) fn first_cells(&self) -> Vec<String> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(self.text.as_bytes());
        let rows = reader.byte_records().filter_map(Result::ok);
        rows.filter_map(|row| row.get(0).map(|cell| clip(&String::from_utf8_lossy(cell)))).collect()
    }

    /// Where each column asked for is; empty where the first line is faulty.
    fn header(
        &self,
        start: usize,
        record: &ByteRecord,
        columns: &[&'static str],
        faults: &mut Faults,
    ) -> Vec<usize> {
        let names: Vec<String> = record.iter().map(|name| clip(&String::from_utf8_lossy(name))).collect();
        let mut sound = true;
        for (index, name) in names.iter().enumerate() {
            let kind = if !columns.contains(&name.as_str()) {
                FaultKind::UnknownColumn(name.clone())
            } else if names.iter().take(index).any(|earlier| earlier == name) {
                FaultKind::TwiceColumn(name.clone())
            } else {
                continue;
            };
            sound = false;
            faults.push(self.fault(cell_start(self.text, start, index), kind));
        }
        let mut order = Vec::with_capacity(columns.len());
        for column in columns {
            match names.iter().position(|name| name == column) {
                Some(index) => order.push(index),
                None => {
                    sound = false;
                    faults.push(self.fault(start, FaultKind::MissingColumn(column)));
                }
            }
        }
        if sound { order } else { Vec::new() }
    }

    /// The reader counts empty lines before a record as part of it; they are not.
    fn skip_blank_lines(&self, start: usize) -> usize {
        let rest = self.text.get(start..).unwrap_or_default();
        start + rest.len() - rest.trim_start_matches(['\r', '\n']).len()
    }
}

impl Cells<'_, '_> {
    /// The text of a cell.
    pub(crate) fn text(&self, column: &'static str) -> String {
        self.cell(column).to_owned()
    }

    /// The text of a cell that may not be empty.
    pub(crate) fn filled(&mut self, column: &'static str) -> Option<String> {
        let text = self.text(column);
        if text.trim().is_empty() {
            self.fault(column, FaultKind::Empty(column));
            return None;
        }
        Some(text)
    }

    /// A word or code.
    pub(crate) fn word<T: FromStr<Err: Display>>(&mut self, column: &'static str) -> Option<T> {
        let parsed = self.cell(column).parse::<T>().map_err(|bad| FaultKind::UnknownValue(bad.to_string()));
        parsed.map_err(|kind| self.fault(column, kind)).ok()
    }

    /// A word or code, or nothing where the cell is empty. The outer `None` is a fault.
    pub(crate) fn optional<T: FromStr<Err: Display>>(&mut self, column: &'static str) -> Option<Option<T>> {
        if self.cell(column).is_empty() { Some(None) } else { self.word(column).map(Some) }
    }

    /// A date, or nothing where the cell is empty. The outer `None` is a fault.
    pub(crate) fn date(&mut self, column: &'static str) -> Option<Option<PartialDate>> {
        if self.cell(column).is_empty() {
            return Some(None);
        }
        self.dated(column).map(Some)
    }

    /// The `as_of` of the row.
    pub(crate) fn as_of(&mut self) -> Option<AsOf> {
        self.dated("as_of")
    }

    /// Codes separated by semicolons; an empty cell is an empty list.
    pub(crate) fn list<T: FromStr<Err: Display>>(&mut self, column: &'static str) -> Option<Vec<T>> {
        let parsed: Result<Vec<T>, T::Err> =
            self.cell(column).split(';').filter(|part| !part.is_empty()).map(str::parse).collect();
        let parsed = parsed.map_err(|bad| FaultKind::UnknownValue(bad.to_string()));
        parsed.map_err(|kind| self.fault(column, kind)).ok()
    }

    /// Notes a fault in a cell.
    pub(crate) fn fault(&mut self, column: &'static str, kind: FaultKind) {
        let position = cell_start(self.text.text, self.start, self.index(column));
        self.faults.push(self.text.fault(position, kind));
    }

    /// The text of a cell, borrowed.
    pub(crate) fn cell(&self, column: &str) -> &str {
        let bytes = self.record.get(self.index(column)).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    fn dated<T: FromStr<Err = BadDate>>(&mut self, column: &'static str) -> Option<T> {
        let parsed = self.cell(column).parse::<T>().map_err(|bad| BadDate { text: clip(&bad.text), ..bad });
        parsed.map_err(|bad| self.fault(column, FaultKind::BadDate(bad))).ok()
    }

    fn index(&self, column: &str) -> usize {
        let place = self.columns.iter().position(|name| *name == column);
        place.and_then(|place| self.order.get(place)).copied().unwrap_or(usize::MAX)
    }

    fn are_bounded(&mut self) -> bool {
        let long = self.record.iter().position(|cell| cell.len() > CELL_LIMIT);
        if let Some(index) = long {
            let position = cell_start(self.text.text, self.start, index);
            let kind = FaultKind::TooLong { what: "the cell", limit: CELL_LIMIT };
            self.faults.push(self.text.fault(position, kind));
        }
        long.is_none()
    }
}

/// The first characters of foreign text, for an error.
pub(crate) fn clip(text: &str) -> String {
    text.chars().take(60).collect()
}

/// The byte position of a cell in a record that starts at `start`: `index` commas further, not counting quoted ones.
fn cell_start(text: &str, start: usize, index: usize) -> usize {
    let mut quoted = false;
    let mut left = index;
    if left == 0 {
        return start;
    }
    for (offset, byte) in text.as_bytes().iter().enumerate().skip(start) {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => left -= 1,
            _ => {}
        }
        if left == 0 {
            return offset + 1;
        }
    }
    start
}
