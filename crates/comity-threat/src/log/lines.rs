//! Every record of a log, whatever it says: for hunts, which ask more of a line than whether a value is in it.

use super::{Format, Record, Roles, combined, csv, json, reading::plain, zeek};

/// The lines of one log, in order.
#[derive(Debug)]
pub struct Lines<'r> {
    roles: &'r Roles,
    format: Option<Format>,
    columns: zeek::Columns,
    header: Option<csv::Header>,
    number: u64,
}

impl<'r> Lines<'r> {
    /// Of one log, in this format; `None` lets its first line say.
    pub fn new(roles: &'r Roles, format: Option<Format>) -> Lines<'r> {
        Lines { roles, format, columns: zeek::Columns::default(), header: None, number: 0 }
    }

    /// The number of the line that was read last, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Reads the next line, and hands over its record where it is one and no header, comment or empty line.
    pub fn read(&mut self, line: &[u8], each: impl FnOnce(u64, &Record<'_>)) {
        self.number += 1;
        let line = String::from_utf8_lossy(line.trim_ascii_end());
        if line.trim().is_empty() {
            return;
        }
        let format = *self.format.get_or_insert_with(|| Format::of_first_line(&line, self.roles));
        let number = self.number;
        match (format, &self.header) {
            (Format::Zeek, _) if line.starts_with('#') => self.columns.header(&line, self.roles),
            (Format::Zeek, _) => each(number, &self.columns.read(&line)),
            (Format::Json, _) => each(number, &json::read(&line, self.roles).unwrap_or_else(|| plain(&line))),
            (Format::Combined, _) => each(number, &combined::read(&line).unwrap_or_else(|| plain(&line))),
            (Format::Csv, None) => self.header = Some(csv::Header::read(&line, self.roles)),
            (Format::Csv, Some(header)) => each(number, &header.line(&line)),
            (Format::Text, _) => each(number, &plain(&line)),
        }
    }
}
