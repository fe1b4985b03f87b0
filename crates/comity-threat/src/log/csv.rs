//! Columns with a separator between them, named by the first line. A field does not go on over the end of its line.

use super::{
    Field, Record,
    roles::{Dialect, Role, Roles},
    time,
};
use std::borrow::Cow;

/// The columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    separator: char,
    columns: Vec<(String, Role, u16)>,
}

/// What stands between the columns of this line: the most frequent of tab, semicolon and comma.
pub(super) fn separator(line: &str) -> char {
    let count = |c: char| line.matches(c).count();
    [',', ';', '\t'].into_iter().max_by_key(|c| count(*c)).unwrap_or(',')
}

impl Header {
    /// Reads the first line.
    pub(super) fn read(line: &str, roles: &Roles) -> Header {
        let line = line.trim_start_matches('\u{feff}');
        let separator = separator(line);
        let column = |name: Cow<'_, str>| {
            let name = name.trim().to_owned();
            let (role, rank) = roles.of(Dialect::Generic, &name);
            (name, role, rank)
        };
        Header { separator, columns: cells(line, separator).map(column).collect() }
    }

    /// Reads a line.
    pub(super) fn line<'l>(&'l self, line: &'l str) -> Record<'l> {
        let mut record = Record::default();
        let names = self.columns.iter().map(Some).chain(std::iter::repeat(None));
        for (text, column) in cells(line, self.separator).zip(names) {
            let (name, role, rank) = match column {
                Some((name, role, rank)) => (name.as_str(), *role, *rank),
                None => ("", Role::Text, u16::MAX),
            };
            if role == Role::Time {
                record.time = record.time.or_else(|| time::read(&text));
            }
            record.fields.push(Field { name: Cow::Borrowed(name), role, text, rank });
        }
        record
    }
}

/// The cells of a line (RFC 4180); a quote inside of a quoted cell is doubled.
fn cells(line: &str, separator: char) -> impl Iterator<Item = Cow<'_, str>> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(inner) = text.strip_prefix('"') else {
            let (cell, after) = match text.split_once(separator) {
                Some((cell, after)) => (cell, Some(after)),
                None => (text, None),
            };
            rest = after;
            return Some(Cow::Borrowed(cell));
        };
        let mut cell = String::new();
        let mut inner = inner;
        loop {
            let Some((before, after)) = inner.split_once('"') else {
                cell.push_str(inner);
                rest = None;
                break;
            };
            cell.push_str(before);
            match after.strip_prefix('"') {
                Some(after) => {
                    cell.push('"');
                    inner = after;
                }
                None => {
                    rest = after.split_once(separator).map(|(_, after)| after);
                    break;
                }
            }
        }
        Some(Cow::Owned(cell))
    })
}
