//! Zeek's own format: tab-separated columns, named by header lines that begin with `#`.

use super::{
    Field, Record,
    roles::{Dialect, Role, Roles},
    time,
};
use std::borrow::Cow;

/// The columns of a log.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    columns: Vec<(String, Role, u16)>,
    separator: Option<char>,
    unset: String,
    empty: String,
}

impl Columns {
    /// Takes one header line, without its newline.
    pub(super) fn header(&mut self, line: &str, roles: &Roles) {
        if let Some(written) = line.strip_prefix("#separator ") {
            let byte = written.strip_prefix("\\x").and_then(|hex| u8::from_str_radix(hex.trim(), 16).ok());
            self.separator = byte.map(char::from);
            return;
        }
        let Some((key, rest)) = line.split_once(self.separator()) else { return };
        match key {
            "#fields" => {
                let column = |name: &str| {
                    let (role, rank) = roles.of(Dialect::Zeek, name);
                    (name.to_owned(), role, rank)
                };
                self.columns = rest.split(self.separator()).map(column).collect();
            }
            "#unset_field" => self.unset = rest.to_owned(),
            "#empty_field" => self.empty = rest.to_owned(),
            _ => {}
        }
    }

    fn separator(&self) -> char {
        self.separator.unwrap_or('\t')
    }

    /// Reads a line.
    pub(super) fn read<'l>(&'l self, line: &'l str) -> Record<'l> {
        let mut record = Record::default();
        let names = self.columns.iter().map(Some).chain(std::iter::repeat(None));
        for (text, column) in line.split(self.separator()).zip(names) {
            if text == self.unset || text == self.empty {
                continue;
            }
            let text = unescaped(text);
            let (name, role, rank) = match column {
                Some((name, role, rank)) => (name.as_str(), *role, *rank),
                None => ("", Role::Text, u16::MAX),
            };
            if role == Role::Time {
                record.time = time::read(&text);
            }
            record.fields.push(Field { name: Cow::Borrowed(name), role, text, rank });
        }
        record
    }
}

/// Takes back `\x` and two digits, with which Zeek writes bytes that are not printable ASCII.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains("\\x") {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\x") {
        out.extend_from_slice(before.as_bytes());
        match after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.extend_from_slice(b"\\x");
                rest = after;
            }
        }
    }
    out.extend_from_slice(rest.as_bytes());
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}
