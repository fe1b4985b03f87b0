//! Indicators from files: STIX, and the lists that everybody has. Values only; what they are matched by is
//! [`crate::matching`].

use crate::{
    Moment, Object,
    reader::{ReadFault, read_all},
    value::{self, Kind, Value, decisive, normalise, recognise},
};

/// The form of a file of indicators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// STIX: a bundle, an array, an envelope or objects.
    Stix,
    /// One trail a line: an address, an address with a port, or a name; `#` begins a comment. A line with a path is passed
    /// over, since such a trail is no whole URL.
    Trails,
    /// A table with commas of which a column named `URL` holds URLs; their hosts are meant.
    UrlTable,
    /// Addresses in the first column, after comments.
    FirstColumn,
    /// One value a line, of any kind and perhaps defanged; the first word of the line counts.
    Plain,
}

impl Form {
    /// Every form.
    pub const ALL: [Form; 5] = [Form::Stix, Form::Trails, Form::UrlTable, Form::FirstColumn, Form::Plain];

    /// Its word, in options.
    pub fn word(self) -> &'static str {
        match self {
            Form::Stix => "stix",
            Form::Trails => "trails",
            Form::UrlTable => "url-table",
            Form::FirstColumn => "first-column",
            Form::Plain => "plain",
        }
    }

    /// The form with this word.
    pub fn of_word(word: &str) -> Option<Form> {
        Form::ALL.into_iter().find(|form| form.word() == word)
    }

    /// The form that a file has, by its beginning.
    pub fn of_beginning(text: &str) -> Form {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with(['{', '[']) && !text.starts_with("[.") {
            return Form::Stix;
        }
        let first = text.lines().next().unwrap_or_default().to_ascii_lowercase();
        if first.starts_with('#') && first.contains("maltrail") {
            return Form::Trails;
        }
        if first.split(',').any(|column| column.trim().trim_matches('"') == "url") {
            return Form::UrlTable;
        }
        let line = text.lines().find(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty());
        let mut columns = line.unwrap_or_default().split('\t');
        let address = columns.next().is_some_and(|first| value::is_ipv4(first.trim()));
        if address && columns.next().is_some() { Form::FirstColumn } else { Form::Plain }
    }
}

/// The values of one line of a list: none, or a fault for what should have been one.
///
/// # Errors
/// What is no value, with the text.
pub fn of_line(form: Form, line: &str) -> Option<Result<Value, value::Fault>> {
    match form {
        Form::Trails => of_trail(line),
        Form::FirstColumn | Form::Plain => {
            let bare = line.split('#').next().unwrap_or_default();
            let first = bare.split([',', ';', '\t', ' ']).find(|word| !word.is_empty())?;
            let first = first.trim().trim_matches('"');
            (!first.is_empty()).then(|| recognise(first).ok_or_else(|| not_recognised(first)))
        }
        // These are not read by the line.
        Form::Stix | Form::UrlTable => None,
    }
}

fn not_recognised(text: &str) -> value::Fault {
    value::Fault::NotRecognised { text: crate::reader::brief(text) }
}

fn of_trail(line: &str) -> Option<Result<Value, value::Fault>> {
    let trail = line.split('#').next().unwrap_or_default().trim().to_ascii_lowercase();
    let trail = trail.split_once("://").map_or(trail.as_str(), |(_, rest)| rest);
    if trail.is_empty() || trail.contains('/') {
        return None;
    }
    if value::is_ipv4(trail) {
        return Some(normalise(Kind::Ipv4, trail));
    }
    if trail.contains(':') {
        return Some(normalise(Kind::AddressPort, trail));
    }
    if !trail.contains('.') {
        return Some(Err(not_recognised(trail)));
    }
    Some(normalise(Kind::Name, trail))
}

/// The hosts of the `URL` column of a table; rows that have none are counted in the second number.
pub fn of_url_table(text: &str, mut each: impl FnMut(Value)) -> u64 {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let column = reader
        .headers()
        .ok()
        .and_then(|headers| headers.iter().position(|name| name.trim().eq_ignore_ascii_case("url")))
        .unwrap_or(0);
    let mut refused = 0;
    for row in reader.records() {
        let host = row.ok().and_then(|row| host_of(row.get(column)?));
        match host {
            Some(host) => each(host),
            None => refused += 1,
        }
    }
    refused
}

fn host_of(url: &str) -> Option<Value> {
    let url = value::refang(url.trim())?;
    let url = normalise(Kind::Url, &url).ok()?;
    let host = value::split_url(url.text())?.host;
    let kind = if value::is_ipv4(host) {
        Kind::Ipv4
    } else if host.starts_with('[') {
        Kind::Ipv6
    } else {
        Kind::Name
    };
    normalise(kind, host).ok()
}

/// An indicator of a STIX object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StixIndicator {
    /// The id of the object.
    pub id: String,
    /// The version; cyber observables have none.
    pub modified: Option<Moment>,
    /// From when it counts (inclusive).
    pub valid_from: Option<Moment>,
    /// Until when it counts (exclusive).
    pub valid_until: Option<Moment>,
    /// Whether this version takes it back.
    pub revoked: bool,
    /// How sure its author is, from 0 to 100.
    pub confidence: Option<u8>,
    /// The values of which each alone is a hit; empty where its pattern wants more than one value.
    pub values: Vec<Value>,
}

/// What is to be matched of a STIX object: an indicator, or a cyber observable by itself. `None` for all else.
pub fn of_object(object: &Object<'_>) -> Option<StixIndicator> {
    let indicator = object.type_name() == "indicator";
    let values = if indicator {
        let stix = object.text_of("pattern_type").is_none_or(|kind| kind == "stix");
        let pattern = object.text_of("pattern").filter(|_| stix);
        pattern.and_then(|pattern| decisive(&pattern)).map(|found| found.values).unwrap_or_default()
    } else if crate::schema::is_observable(object.type_name()) {
        value::values_of(object)
    } else {
        return None;
    };
    let moment = |key: &str| object.text_of(key).and_then(|text| text.parse().ok());
    Some(StixIndicator {
        id: object.id().to_owned(),
        modified: object.moment(),
        valid_from: moment("valid_from"),
        valid_until: moment("valid_until"),
        revoked: object.common().is_revoked(),
        confidence: object.get("confidence").and_then(|value| value.raw().parse().ok()),
        values: values.into_iter().filter(|value| value.kind() != Kind::Other).collect(),
    })
}

/// The indicators of a STIX input, as they stand in it: several versions of one id may come.
///
/// # Errors
/// A fault of its JSON refuses the whole input.
pub fn of_stix(bytes: &[u8], mut each: impl FnMut(StixIndicator)) -> Result<u64, ReadFault> {
    read_all(bytes, |raw| {
        match Object::read(raw.bytes) {
            Ok(object) => of_object(&object).into_iter().for_each(&mut each),
            Err(fault) if fault.is_of_object_only() => {}
            Err(fault) => return Err(raw.place(fault)),
        }
        Ok(())
    })
}

/// What others say of indicators: an opinion that disagrees, or a sighting (STIX 2.1 sections 4.15 and 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// It was seen.
    Sighted,
    /// Somebody disagrees.
    Against,
}

/// What a STIX input says of indicators, by their ids.
///
/// # Errors
/// A fault of its JSON.
pub fn words_of_stix(bytes: &[u8], mut each: impl FnMut(&str, Word)) -> Result<u64, ReadFault> {
    read_all(bytes, |raw| {
        if let Ok(object) = Object::read(raw.bytes) {
            words_of(&object, &mut each);
        }
        Ok(())
    })
}

/// What an object says of indicators, by their ids.
pub fn words_of(object: &Object<'_>, each: &mut impl FnMut(&str, Word)) {
    match object.type_name() {
        "sighting" => {
            let of = object.text_of("sighting_of_ref");
            of.iter().for_each(|id| each(id, Word::Sighted));
        }
        "opinion" => {
            let against = object.text_of("opinion").is_some_and(|said| said.ends_with("disagree"));
            let about = object.get("object_refs").filter(|_| against);
            let about = about.into_iter().flat_map(crate::reader::Value::children);
            about.filter_map(crate::reader::Value::as_str).for_each(|id| each(&id, Word::Against));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_file_shows_in_its_beginning() {
        for (text, form) in [
            ("{\"type\":\"bundle\"}", Form::Stix),
            (" [\n{", Form::Stix),
            ("# Copyright (c) Maltrail developers\n", Form::Trails),
            ("date,URL,description\n", Form::UrlTable),
            ("# comment\n#\n192.0.2.1\t10\n", Form::FirstColumn),
            ("evil[.]example[.]com\n", Form::Plain),
            ("", Form::Plain),
        ] {
            assert_eq!(Form::of_beginning(text), form, "{text}");
        }
    }

    #[test]
    fn lines_of_lists_are_read_by_their_form() {
        let shown = |form, line: &str| match of_line(form, line) {
            None => "-".to_owned(),
            Some(Ok(value)) => format!("{} {value}", value.kind()),
            Some(Err(fault)) => fault.code().to_owned(),
        };
        for (form, line, expected) in [
            (Form::Trails, "http://192.0.2.1 # x", "ipv4 192.0.2.1"),
            (Form::Trails, "192.0.2.1:8080", "address-port 192.0.2.1:8080"),
            (Form::Trails, "Evil.BAZAR", "name evil.bazar"),
            (Form::Trails, "evil.example.com/path", "-"),
            (Form::Trails, "# only words", "-"),
            (Form::Trails, "evil[0-9]+\\.com", "value/not-a-name"),
            (Form::Trails, "word", "value/not-recognised"),
            (Form::FirstColumn, "192.0.2.1\t10", "ipv4 192.0.2.1"),
            (Form::Plain, "hxxp://evil[.]com/a, seen twice", "url http://evil.com/a"),
            (Form::Plain, "setup.exe", "value/not-recognised"),
            (Form::Plain, "  ", "-"),
        ] {
            assert_eq!(shown(form, line), expected, "{line}");
        }
    }

    #[test]
    fn hosts_of_a_table_of_urls_are_values() {
        let mut found = Vec::new();
        let table = "date,URL,description\n1,http://u@Evil.example:80/a,\"x, y\"\n2,http://192.0.2.1/,\n3,nothing here,\n";
        let refused = of_url_table(table, |value| found.push(value.text().to_owned()));
        assert_eq!((found, refused), (vec!["evil.example".to_owned(), "192.0.2.1".to_owned()], 1));
    }

    #[test]
    fn sightings_and_opinions_are_words_about_indicators() {
        let bundle = r#"[{"type":"sighting","id":"sighting--1","sighting_of_ref":"indicator--1"},
            {"type":"opinion","id":"opinion--1","opinion":"strongly-disagree","object_refs":["indicator--1","indicator--2"]},
            {"type":"opinion","id":"opinion--2","opinion":"agree","object_refs":["indicator--1"]}]"#;
        let mut said = Vec::new();
        words_of_stix(bundle.as_bytes(), |id, word| said.push(format!("{id} {word:?}"))).unwrap();
        assert_eq!(said, ["indicator--1 Sighted", "indicator--1 Against", "indicator--2 Against"]);
    }

    #[test]
    fn indicators_come_with_their_window_and_observables_without() {
        let bundle = r#"{"type":"bundle","id":"bundle--1","objects":[
            {"type":"indicator","id":"indicator--1","modified":"2026-01-02T00:00:00Z","revoked":true,"confidence":80,
             "valid_from":"2026-01-01T00:00:00Z","valid_until":"2026-02-01T00:00:00Z","pattern_type":"stix",
             "pattern":"[domain-name:value = 'evil.example.com']"},
            {"type":"indicator","id":"indicator--2","pattern":"[a:b = 'c' AND a:d = 'e']"},
            {"type":"ipv4-addr","id":"ipv4-addr--1","value":"192.0.2.1"},
            {"type":"malware","id":"malware--1","name":"x"}]}"#;
        let mut found = Vec::new();
        assert_eq!(of_stix(bundle.as_bytes(), |one| found.push(one)), Ok(4));
        let shown: Vec<_> = found
            .iter()
            .map(|one| {
                (one.id.as_str(), one.revoked, one.confidence, one.values.len(), one.valid_until.is_some())
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("indicator--1", true, Some(80), 1, true),
                ("indicator--2", false, None, 0, false),
                ("ipv4-addr--1", false, None, 1, false),
            ]
        );
    }
}
