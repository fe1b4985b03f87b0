//! Headers, footers and one line for each value.

use super::{Format, Options, Row, suricata, verbatim::Rules, zone};
use crate::value::{Kind, Value};
use comity_record::Uuid;
use std::fmt::Write as _;

/// The columns of a CSV export.
const COLUMNS: &str = "type,value,name,labels,confidence,valid_from,valid_until,id\r\n";

/// What stands before the first line.
pub(super) fn header(options: &Options, out: &mut String) {
    let name = safe_name(&options.name);
    match options.format {
        Format::Stix => {
            let time = options.now.to_string();
            let id = Uuid::of_name(
                Uuid(0x6f3a0d1c_52d8_4a0e_9c41_7d3c1e8b5a90),
                format!("{name}\n{time}").as_bytes(),
            );
            out.push_str(&format!("{{\"type\":\"bundle\",\"id\":\"bundle--{id}\""));
        }
        Format::Csv => out.push_str(COLUMNS),
        Format::Zeek => out.push_str("#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\n"),
        Format::Rpz => zone::header(&name, options.now, out),
        Format::Misp | Format::Suricata | Format::Sigma | Format::Yara | Format::Plain => {}
    }
}

/// What stands after the last.
pub(super) fn footer(options: &Options, written: u64, out: &mut String) {
    if options.format == Format::Stix {
        // An empty list is no STIX, so the list begins with the first object.
        out.push_str(if written == 0 { "}\n" } else { "\n]}\n" });
    }
}

/// The lines of one value and their number, or why there is none.
pub(super) fn write(
    options: &Options,
    row: &Row<'_>,
    rules: &mut Rules,
    out: &mut String,
) -> Result<u64, &'static str> {
    match options.format {
        Format::Csv => csv(row, out),
        Format::Plain => plain(row.value, out),
        Format::Zeek => return zeek(options, row, out).map(|()| 1),
        Format::Suricata => return suricata::rule(row, || rules.free(options.first_rule), out).map(|()| 1),
        Format::Rpz => return zone::records(row.value, out),
        Format::Stix | Format::Misp | Format::Sigma | Format::Yara => {
            return Err("not written in this language");
        }
    }
    Ok(1)
}

fn plain(value: &Value, out: &mut String) {
    out.push_str(value.text());
    out.push('\n');
}

fn csv(row: &Row<'_>, out: &mut String) {
    let fields = [
        row.value.kind().word(),
        row.value.text(),
        row.name,
        row.labels,
        row.confidence,
        row.valid_from,
        row.valid_until,
        row.id,
    ];
    let fields: Vec<String> = fields.into_iter().map(csv_field).collect();
    out.push_str(&fields.join(","));
    out.push_str("\r\n");
}

/// A field of RFC 4180. A sheet takes a field that begins with one of four signs for a formula; a quote before it is the
/// usual remedy.
fn csv_field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// One row of Zeek's input format: tabs between fields, none inside.
fn zeek(options: &Options, row: &Row<'_>, out: &mut String) -> Result<(), &'static str> {
    let text = row.value.text();
    let (indicator, kind) = match row.value.kind() {
        Kind::Name => (text, "Intel::DOMAIN"),
        Kind::Ipv4 | Kind::Ipv6 => (text, "Intel::ADDR"),
        Kind::Cidr => (text, "Intel::SUBNET"),
        // Zeek knows URLs without their scheme.
        Kind::Url => (text.split_once("//").map_or(text, |(_, rest)| rest), "Intel::URL"),
        Kind::Email => (text, "Intel::EMAIL"),
        Kind::Md5 | Kind::Sha1 | Kind::Sha256 => (text, "Intel::FILE_HASH"),
        Kind::AddressPort | Kind::Sha512 | Kind::Other => {
            return Err("a kind that Zeek's intelligence does not have");
        }
    };
    let name = one_line(if row.name.is_empty() { row.id } else { row.name });
    let source = safe_name(&options.name);
    let written = writeln!(out, "{}\t{kind}\t{source}\t{}", zeek_text(indicator), zeek_text(&name));
    written.map_err(|_| "no room")
}

/// A text as Zeek's reader takes it: a backslash begins bytes in hexadecimal there, and a line that begins with a number sign
/// is a comment.
fn zeek_text(text: &str) -> String {
    let escaped = text.replace('\\', "\\x5c");
    match escaped.strip_prefix('#') {
        Some(rest) => format!("\\x23{rest}"),
        None => escaped,
    }
}

/// An id in a comment or a property: what no id has goes.
pub(super) fn safe_id(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).take(100).collect()
}

/// A text of a stranger in one line: no tabs, no controls, no separators of lines, at most 200 characters.
pub(super) fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let shown: String = text.chars().map(|c| if breaks(c) { ' ' } else { c }).take(200).collect();
    if shown.trim().is_empty() { "-".to_owned() } else { shown.trim().to_owned() }
}

/// A name of letters, digits and hyphens.
pub(super) fn safe_name(name: &str) -> String {
    let shown: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
    if shown.is_empty() { "comity".to_owned() } else { shown.to_ascii_lowercase() }
}
