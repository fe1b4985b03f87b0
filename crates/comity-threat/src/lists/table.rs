//! Tables: CSV and its kin, with named columns or without.

use super::{Entry, Indicator, ListFault, Reading, Thing, date};
use crate::{
    reader::brief,
    value::{Kind, Value, normalise, recognise, refang},
};
use std::{collections::HashSet, fmt};

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// Values.
    Value,
    /// Values of one kind, as the column's name says.
    Of(Kind),
    /// What kind of value stands beside.
    Type,
    /// When it was seen or added.
    Date,
    /// What it is.
    Description,
    /// Words between commas or bars.
    Labels,
    /// 0 to 100.
    Confidence,
    /// Where there is more.
    Reference,
}

/// Which column of a table is what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Use, place from 0, and name of each column that is read.
    pub columns: Vec<(Column, usize, String)>,
    /// Whether the first row holds names.
    pub header: bool,
    /// What stands between fields.
    pub delimiter: u8,
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Column::Value => f.write_str("value"),
            Column::Of(kind) => write!(f, "value ({kind})"),
            Column::Type => f.write_str("type"),
            Column::Date => f.write_str("date"),
            Column::Description => f.write_str("description"),
            Column::Labels => f.write_str("labels"),
            Column::Confidence => f.write_str("confidence"),
            Column::Reference => f.write_str("reference"),
        }
    }
}

impl fmt::Display for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<String> =
            self.columns.iter().map(|(column, _, name)| format!("{name} is {column}")).collect();
        f.write_str(&shown.join(", "))
    }
}

/// The uses that a mapping can name.
const USES: &str = "value, type, date, description, labels, confidence, reference";
/// Rows that are looked at where no names are given.
const SAMPLE: usize = 50;
/// Most columns that are read.
const MOST_COLUMNS: usize = 256;

/// Reads a table.
pub(super) fn read(text: &str, asked: Option<&str>) -> Result<Reading, ListFault> {
    let mapping = Mapping::of(text, asked)?;
    let mut reader = reader(text, mapping.delimiter);
    let mut reading = Reading::default();
    let mut seen = HashSet::new();
    let mut record = csv::StringRecord::new();
    let mut first = mapping.header;
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) if std::mem::take(&mut first) => continue,
            Ok(true) => {}
            Err(why) => {
                let line = why.position().map_or(0, csv::Position::line);
                reading.refuse(line, "list/bad-row", why.to_string());
                continue;
            }
        }
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().all(|field| field.trim().is_empty())
            || record.get(0).is_some_and(|f| f.starts_with('#'))
        {
            continue;
        }
        reading.lines += 1;
        row(&mut reading, &mut seen, &mapping, &record, line);
    }
    reading.mapping = Some(mapping);
    Ok(reading)
}

/// Whether the first line names a column of values.
pub(super) fn has_header(head: &str) -> bool {
    let Some(line) = first_line(head) else { return false };
    let names = fields(line, delimiter(line));
    names.len() > 1
        && names.iter().any(|name| matches!(use_of(name), Some(Column::Value | Column::Of(_))))
        && names.iter().all(|name| recognise(name).is_none())
}

fn row(
    reading: &mut Reading,
    seen: &mut HashSet<Value>,
    mapping: &Mapping,
    record: &csv::StringRecord,
    line: u64,
) {
    let field = |wanted: Column| {
        let place = mapping.columns.iter().find(|(column, _, _)| *column == wanted)?.1;
        record.get(place).map(str::trim).filter(|text| !text.is_empty())
    };
    let named = field(Column::Type).and_then(kind_named);
    let mut any = false;
    for (column, place, _) in &mapping.columns {
        let kind = match column {
            Column::Value => named,
            Column::Of(kind) => Some(*kind),
            _ => continue,
        };
        let Some(text) = record.get(*place).map(str::trim).filter(|text| !text.is_empty()) else { continue };
        any = true;
        let Some(value) = value(text, kind) else {
            reading.refuse_value(line, text);
            continue;
        };
        if !seen.insert(value.clone()) {
            reading.repeated += 1;
            continue;
        }
        let words = field(Column::Labels).unwrap_or_default();
        let labels = words.split([',', '|', ';']).map(str::trim).filter(|word| !word.is_empty());
        let indicator = Indicator {
            value,
            description: field(Column::Description).map(|text| text.chars().take(2000).collect()),
            labels: labels.map(str::to_owned).take(50).collect(),
            seen: field(Column::Date).and_then(date::read),
            confidence: field(Column::Confidence).and_then(|text| text.parse().ok()).filter(|n| *n <= 100),
            reference: field(Column::Reference).map(str::to_owned),
        };
        reading.entries.push(Entry { line, thing: Thing::Indicator(indicator) });
    }
    if !any {
        reading.refuse(line, "list/no-value", "the row holds no value");
    }
}

/// A value of a kind that is said, else by its shape.
fn value(text: &str, kind: Option<Kind>) -> Option<Value> {
    match kind {
        Some(kind) => refang(text).and_then(|text| normalise(kind, &text).ok()),
        None => recognise(text),
    }
}

impl Mapping {
    /// The mapping that is asked for, else the one that the names of the columns or their fields suggest.
    fn of(text: &str, asked: Option<&str>) -> Result<Mapping, ListFault> {
        let line = first_line(text).unwrap_or_default();
        let delimiter = delimiter(line);
        let names = fields(line, delimiter);
        if let Some(asked) = asked {
            return Mapping::asked(asked, &names, delimiter);
        }
        let header = has_header(line) || (names.len() == 1 && names.iter().any(|n| use_of(n).is_some()));
        let mut columns = Vec::new();
        if header {
            for (place, name) in names.iter().enumerate().take(MOST_COLUMNS) {
                if let Some(column) = use_of(name).filter(|column| free(&columns, *column)) {
                    columns.push((column, place, name.clone()));
                }
            }
        } else {
            columns.extend(by_content(text, delimiter));
        }
        let holds_values =
            columns.iter().any(|(column, _, _)| matches!(column, Column::Value | Column::Of(_)));
        if !holds_values {
            return Err(ListFault::NoColumn { columns: brief(&names.join(", ")) });
        }
        Ok(Mapping { columns, header, delimiter })
    }

    /// `value=URL,date=3`: names of columns, or numbers from 1.
    fn asked(asked: &str, names: &[String], delimiter: u8) -> Result<Mapping, ListFault> {
        let mut columns = Vec::new();
        let mut header = false;
        for pair in asked.split(',') {
            let bad = || ListFault::BadMapping { text: brief(pair), known: USES };
            let (word, name) = pair.split_once('=').ok_or_else(bad)?;
            let column = match word.trim() {
                "value" => Column::Value,
                "type" => Column::Type,
                "date" => Column::Date,
                "description" => Column::Description,
                "labels" => Column::Labels,
                "confidence" => Column::Confidence,
                "reference" => Column::Reference,
                _ => return Err(bad()),
            };
            let named = names.iter().position(|known| known.eq_ignore_ascii_case(name.trim()));
            header |= named.is_some();
            let numbered = name.trim().parse::<usize>().ok().and_then(|n| n.checked_sub(1));
            let place = named.or(numbered.filter(|place| *place < names.len()));
            let unknown =
                || ListFault::UnknownColumn { name: brief(name), columns: brief(&names.join(", ")) };
            columns.push((column, place.ok_or_else(unknown)?, name.trim().to_owned()));
        }
        Ok(Mapping { columns, header, delimiter })
    }
}

/// One column is enough for all uses but values of a kind.
fn free(columns: &[(Column, usize, String)], column: Column) -> bool {
    !columns.iter().any(|(taken, _, _)| *taken == column)
}

/// The column in which most fields are values.
fn by_content(text: &str, delimiter: u8) -> Option<(Column, usize, String)> {
    let mut counts = vec![0usize; MOST_COLUMNS];
    let mut rows = 0;
    for record in reader(text, delimiter).records().take(SAMPLE).filter_map(Result::ok) {
        rows += 1;
        for (count, field) in counts.iter_mut().zip(record.iter()) {
            *count += usize::from(recognise(field.trim()).is_some());
        }
    }
    let (place, count) =
        counts.into_iter().enumerate().max_by_key(|(place, count)| (*count, usize::MAX - place))?;
    (count * 2 > rows).then(|| (Column::Value, place, format!("column {}", place + 1)))
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter).comment(Some(b'#'));
    builder.from_reader(text.as_bytes())
}

fn first_line(text: &str) -> Option<&str> {
    text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'))
}

fn delimiter(line: &str) -> u8 {
    let count = |sign: u8| line.bytes().filter(|byte| *byte == sign).count();
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|sign| count(*sign)).unwrap_or(b',')
}

fn fields(line: &str, delimiter: u8) -> Vec<String> {
    let record = reader(line, delimiter).records().next().and_then(Result::ok).unwrap_or_default();
    record.iter().map(|field| field.trim().to_owned()).collect()
}

/// What a column is for, by its name.
fn use_of(name: &str) -> Option<Column> {
    let name = name.to_ascii_lowercase().replace([' ', '-'], "_");
    Some(match name.as_str() {
        "url" | "uri" | "phishing_url" => Column::Of(Kind::Url),
        "domain" | "hostname" | "host" | "fqdn" | "domain_name" => Column::Of(Kind::Name),
        "md5" | "md5_hash" => Column::Of(Kind::Md5),
        "sha1" | "sha_1" | "sha1_hash" => Column::Of(Kind::Sha1),
        "sha256" | "sha_256" | "sha256_hash" => Column::Of(Kind::Sha256),
        "sha512" | "sha_512" => Column::Of(Kind::Sha512),
        "email" | "mail" | "sender" => Column::Of(Kind::Email),
        "indicator" | "ioc" | "ioc_value" | "value" | "observable" | "ip" | "ip_address" | "ipaddress"
        | "address" | "dst_ip" | "src_ip" | "hash" | "ipv4" | "ipv6" | "cidr" => Column::Value,
        "type" | "ioc_type" | "indicator_type" | "kind" => Column::Type,
        "date" | "first_seen" | "firstseen" | "first_seen_utc" | "dateadded" | "date_added" | "timestamp"
        | "created" | "submission_time" => Column::Date,
        "description" | "comment" | "note" | "notes" | "app" | "malware" | "threat" | "family" | "brand"
        | "target" | "category" => Column::Description,
        "tags" | "tag" | "labels" | "label" => Column::Labels,
        "confidence" | "confidence_level" => Column::Confidence,
        "reference" | "references" | "link" | "permalink" => Column::Reference,
        _ => return None,
    })
}

/// The kind that a word of a `type` column names; `None` leaves it to the shape of the value.
fn kind_named(word: &str) -> Option<Kind> {
    let word = word.to_ascii_lowercase().replace([' ', '-'], "_");
    Some(match word.as_str() {
        "domain" | "hostname" | "host" | "fqdn" | "domain_name" => Kind::Name,
        "url" | "uri" => Kind::Url,
        "email" | "email_src" | "email_addr" | "mail" => Kind::Email,
        "md5" => Kind::Md5,
        "sha1" | "sha_1" => Kind::Sha1,
        "sha256" | "sha_256" => Kind::Sha256,
        "sha512" | "sha_512" => Kind::Sha512,
        _ => return None,
    })
}
