//! One log, read from its beginning to its end.

use super::{
    Field, Format, Found, Record, Role, Roles, combined, csv, json,
    judge::{Judge, Valid},
    time, zeek,
};
use crate::matching::{Matcher, Origin, Scanner};
use memchr::{memchr, memchr_iter, memmem, memrchr};
use std::borrow::Cow;

/// The reading of a log. Text comes in pieces of any size; what it needs of earlier pieces it keeps.
pub struct Reading<'r> {
    matcher: &'r Matcher,
    roles: &'r Roles,
    valid: Box<Valid<'r>>,
    scanner: Scanner,
    fields: Scanner,
    so_far: SoFar,
}

/// What the reading of a log keeps of what it has read. With it another reading goes on, with other indicators perhaps.
#[derive(Debug, Default)]
pub struct SoFar {
    format: Option<Format>,
    columns: zeek::Columns,
    header: Option<csv::Header>,
    lines: u64,
    records: u64,
}

impl std::fmt::Debug for Reading<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reading({:?}, {} lines)", self.so_far.format, self.so_far.lines)
    }
}

/// A record that hits something.
#[derive(Debug)]
pub struct Seen<'s> {
    /// The number of its line, from 1.
    pub line: u64,
    /// When it happened, in milliseconds since 1970.
    pub time: Option<i64>,
    /// The rules it fulfils.
    pub found: &'s [Found],
}

impl SoFar {
    /// Before the first line of a log of this format; `None` lets its first line say.
    pub fn of_format(format: Option<Format>) -> SoFar {
        SoFar { format, ..SoFar::default() }
    }
}

impl<'r> Reading<'r> {
    /// Of one log, in this format; `None` lets its first line say.
    pub fn new(
        matcher: &'r Matcher,
        roles: &'r Roles,
        scanner: Scanner,
        format: Option<Format>,
    ) -> Reading<'r> {
        Reading {
            matcher,
            roles,
            valid: Box::new(|_, _| true),
            fields: scanner.clone(),
            scanner,
            so_far: SoFar::of_format(format),
        }
    }

    /// Going on where another reading of the log stopped.
    pub fn going_on(self, so_far: SoFar) -> Reading<'r> {
        Reading { so_far, ..self }
    }

    /// Stops, so that another reading can go on.
    pub fn stop(self) -> SoFar {
        self.so_far
    }

    /// With a say about which indicators count at which time.
    pub fn valid(mut self, valid: impl Fn(Origin, Option<i64>) -> bool + 'r) -> Reading<'r> {
        self.valid = Box::new(valid);
        self
    }

    /// Records so far; lines that are a header or comment are none.
    pub fn records(&self) -> u64 {
        self.so_far.records
    }

    /// The format, once the first line has come.
    pub fn format(&self) -> Option<Format> {
        self.so_far.format
    }

    /// Reads the whole lines of a text, and what is left at its end where it is the `last`. Returns the bytes read; the
    /// others come again at the beginning of the next text.
    pub fn read(&mut self, text: &[u8], last: bool, each: &mut dyn FnMut(Seen<'_>)) -> usize {
        let end = if last { text.len() } else { memrchr(b'\n', text).map_or(0, |at| at + 1) };
        let whole = text.get(..end).unwrap_or_default();
        if whole.is_empty() {
            return end;
        }
        let format = *self.so_far.format.get_or_insert_with(|| {
            let first = whole.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
            Format::of_first_line(&String::from_utf8_lossy(first.unwrap_or_default()), self.roles)
        });
        match format {
            Format::Zeek => self.zeek(whole, each),
            _ => {
                let rest = self.without_header(format, whole);
                self.lines_of(format, rest, each);
            }
        }
        end
    }

    /// Takes the first line of a log whose columns it names.
    fn without_header<'t>(&mut self, format: Format, text: &'t [u8]) -> &'t [u8] {
        if format != Format::Csv || self.so_far.header.is_some() {
            return text;
        }
        let end = memchr(b'\n', text).map_or(text.len(), |at| at + 1);
        let (line, rest) = text.split_at_checked(end).unwrap_or((text, &[]));
        self.so_far.header =
            Some(csv::Header::read(&String::from_utf8_lossy(line.trim_ascii_end()), self.roles));
        self.so_far.lines += 1;
        rest
    }

    /// Goes from header to header: a log may be several logs one after another.
    fn zeek(&mut self, text: &[u8], each: &mut dyn FnMut(Seen<'_>)) {
        let mut rest = text;
        while !rest.is_empty() {
            let at = match rest.first() {
                Some(b'#') => 0,
                _ => memmem::find(rest, b"\n#").map_or(rest.len(), |at| at + 1),
            };
            let (records, comments) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            self.lines_of(Format::Zeek, records, each);
            let end = memchr(b'\n', comments).map_or(comments.len(), |at| at + 1);
            let (comment, after) = comments.split_at_checked(end).unwrap_or((comments, &[]));
            if !comment.is_empty() {
                let comment = String::from_utf8_lossy(comment);
                self.so_far.columns.header(comment.trim_end_matches(['\n', '\r']), self.roles);
                self.so_far.lines += 1;
            }
            rest = after;
        }
    }

    fn lines_of(&mut self, format: Format, text: &[u8], each: &mut dyn FnMut(Seen<'_>)) {
        let mut places: Vec<usize> =
            self.matcher.scan(&mut self.scanner, text).iter().map(|candidate| candidate.start).collect();
        escapes(format, text, &mut places);
        let (mut counted, mut done) = (0, 0);
        for place in places {
            if place < done {
                continue;
            }
            let before = text.get(..place).unwrap_or_default();
            let start = memrchr(b'\n', before).map_or(0, |at| at + 1);
            let rest = text.get(start..).unwrap_or_default();
            let length = memchr(b'\n', rest).unwrap_or(rest.len());
            self.so_far.lines += newlines(text, counted, start);
            (counted, done) = (start, start + length + 1);
            self.line(format, rest.get(..length).unwrap_or_default(), each);
        }
        self.so_far.lines += newlines(text, counted, text.len());
        let unfinished = u64::from(text.last().is_some_and(|byte| *byte != b'\n'));
        self.so_far.records += newlines(text, 0, text.len()) + unfinished;
        self.so_far.lines += unfinished;
    }

    fn line(&mut self, format: Format, line: &[u8], each: &mut dyn FnMut(Seen<'_>)) {
        let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line));
        let record = match format {
            Format::Zeek => self.so_far.columns.read(&line),
            Format::Json => json::read(&line, self.roles).unwrap_or_else(|| plain(&line)),
            Format::Combined => combined::read(&line).unwrap_or_else(|| plain(&line)),
            Format::Csv => match &self.so_far.header {
                Some(header) => header.line(&line),
                None => plain(&line),
            },
            Format::Text => plain(&line),
        };
        let mut judge = Judge {
            matcher: self.matcher,
            valid: &*self.valid,
            scanner: &mut self.fields,
            found: Vec::new(),
            time: None,
        };
        judge.record(&record);
        if !judge.found.is_empty() {
            each(Seen { line: self.so_far.lines + 1, time: record.time, found: &judge.found });
        }
    }
}

fn newlines(text: &[u8], from: usize, to: usize) -> u64 {
    memchr_iter(b'\n', text.get(from..to).unwrap_or_default()).count() as u64
}

/// A line as one text. It may begin with a time.
pub(super) fn plain(line: &str) -> Record<'_> {
    let words: Vec<&str> = line.splitn(3, [' ', '\t']).collect();
    let first = words.first().and_then(|word| time::read(word));
    let two = || {
        let length = words.iter().take(2).map(|word| word.len() + 1).sum::<usize>();
        line.get(..length.saturating_sub(1)).and_then(time::read)
    };
    let field = Field { name: Cow::Borrowed(""), role: Role::Text, text: Cow::Borrowed(line), rank: 0 };
    Record { time: first.or_else(two), fields: vec![field] }
}

/// Places of escapes that may hide a value from the raw scan: `\u` of JSON, `\x` of Zeek.
fn escapes(format: Format, text: &[u8], places: &mut Vec<usize>) {
    let sign: &[u8] = match format {
        Format::Json => b"\\u",
        Format::Zeek => b"\\x",
        Format::Combined | Format::Csv | Format::Text => return,
    };
    let before = places.len();
    for at in memmem::find_iter(text, sign) {
        let backslashes =
            text.get(..at).unwrap_or_default().iter().rev().take_while(|b| **b == b'\\').count();
        if backslashes % 2 == 0 {
            places.push(at);
        }
    }
    if places.len() > before {
        places.sort_unstable();
    }
}
