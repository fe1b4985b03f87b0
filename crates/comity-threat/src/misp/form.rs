//! Which form of STIX a MISP attribute takes: `data/threat/misp-types.csv`.
//!
//! A row has the shape of the value (one word for each half of a composite), the pattern of an indicator and the
//! observables of observed data, with `$1` and `$2` for the halves, `$ip` for the type of the address and `$is` for the
//! comparison it needs. `@yara` is a rule in its own language, `#vulnerability` an object that the value is the name of. A
//! value of another shape than its type promises keeps its place as `x-misp-attribute`.

use crate::{
    SpecVersion, TableFault,
    pattern::{MAX_PATTERN_BYTES, check},
    table::{Row, rows},
};
use std::{borrow::Cow, collections::BTreeMap, net::IpAddr};

/// `misp-types.csv`, read.
#[derive(Debug, Default)]
pub(super) struct Forms {
    by_type: BTreeMap<String, Form>,
}

#[derive(Debug)]
struct Form {
    shapes: Vec<Shape>,
    detection: Detection,
    observables: Vec<Observable>,
}

#[derive(Debug)]
enum Detection {
    Pattern(Vec<Piece>),
    /// A rule in the language of this `pattern_type`.
    Rule(String),
    /// An object of this type that the value names.
    Named(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Half(usize),
    AddressType,
    Comparison,
}

#[derive(Debug)]
struct Observable {
    type_name: Piece,
    /// Path, value, and whether the value is a string.
    members: Vec<(Vec<String>, Piece, bool)>,
}

/// What an attribute becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// An indicator.
    Indicator {
        /// `pattern_type`.
        language: String,
        /// `pattern`.
        pattern: String,
    },
    /// Observed data: type and further members of each observable, as JSON without the brackets around.
    Observed(Vec<(String, String)>),
    /// An object of this type with the value as its name.
    Named(String),
    /// What STIX has no form for.
    Custom,
}

impl Forms {
    pub(super) fn built_in() -> Result<Forms, TableFault> {
        Forms::read(include_str!("../../../../data/threat/misp-types.csv"))
    }

    fn read(text: &str) -> Result<Forms, TableFault> {
        let mut forms = Forms::default();
        let header = ["type", "shape", "pattern", "observable", "note"];
        rows("misp-types.csv", text, &header, |row| {
            let form = Form::read(&row)?;
            forms.by_type.insert(row.field(0).to_owned(), form);
            Ok(())
        })?;
        Ok(forms)
    }

    /// The form of an attribute; `detects` is its flag `to_ids`.
    pub(super) fn body(&self, type_name: &str, value: &str, detects: bool) -> Body {
        self.by_type.get(type_name).and_then(|form| form.body(value, detects)).unwrap_or(Body::Custom)
    }
}

impl Form {
    fn read(row: &Row<'_>) -> Result<Form, TableFault> {
        let shapes: Result<Vec<Shape>, TableFault> =
            row.field(1).split('|').map(|word| shape(row, word)).collect();
        let detection = match (row.field(2).strip_prefix('@'), row.field(2).strip_prefix('#')) {
            (Some(language), _) => Detection::Rule(language.to_owned()),
            (_, Some(name)) => Detection::Named(name.to_owned()),
            _ => Detection::Pattern(pieces(row.field(2))),
        };
        let named = row.field(3).starts_with('#');
        let observables = row.field(3).split(" + ").filter(|text| !named && !text.is_empty());
        let observables: Result<_, TableFault> = observables.map(|text| observable(row, text)).collect();
        Ok(Form { shapes: shapes?, detection, observables: observables? })
    }

    fn body(&self, value: &str, detects: bool) -> Option<Body> {
        let fitted = self.fit(value)?;
        match &self.detection {
            Detection::Named(name) => Some(Body::Named(name.clone())),
            Detection::Rule(language) if detects => {
                Some(Body::Indicator { language: language.clone(), pattern: value.to_owned() })
            }
            Detection::Pattern(pieces) if detects => {
                let pattern = fitted.pattern(pieces);
                let short = pattern.len() <= MAX_PATTERN_BYTES;
                short.then(|| Body::Indicator { language: "stix".to_owned(), pattern })
            }
            _ if self.observables.is_empty() => None,
            _ => Some(Body::Observed(self.observables.iter().map(|one| fitted.observable(one)).collect())),
        }
    }

    fn fit<'v>(&self, value: &'v str) -> Option<Fitted<'v>> {
        let halves: Vec<&str> = match self.shapes.as_slice() {
            [_] => vec![value],
            // A file may have a bar in its name; a text may have one after the first.
            [_, Shape::Text] => value.split_once('|').map(|(a, b)| vec![a, b])?,
            _ => value.rsplit_once('|').map(|(a, b)| vec![a, b])?,
        };
        let mut fitted = Fitted { halves: Vec::with_capacity(2), address: "", range: false };
        for (shape, half) in self.shapes.iter().zip(halves) {
            fitted.halves.push(shape.read(half)?);
            if matches!(shape, Shape::Ip) {
                fitted.address = if half.contains(':') { "ipv6-addr" } else { "ipv4-addr" };
                fitted.range = half.contains('/');
            }
        }
        Some(fitted)
    }
}

struct Fitted<'v> {
    halves: Vec<Cow<'v, str>>,
    address: &'static str,
    range: bool,
}

impl Fitted<'_> {
    fn piece<'p>(&'p self, piece: &'p Piece) -> &'p str {
        match piece {
            Piece::Text(text) => text,
            Piece::Half(at) => self.halves.get(*at).map_or("", |half| half.as_ref()),
            Piece::AddressType => self.address,
            Piece::Comparison => {
                if self.range {
                    "ISSUBSET"
                } else {
                    "="
                }
            }
        }
    }

    fn pattern(&self, pieces: &[Piece]) -> String {
        let mut out = String::with_capacity(96);
        for piece in pieces {
            let text = self.piece(piece);
            match piece {
                // STIX 2.1 section 9.4: only these two are escaped in a string.
                Piece::Half(_) if text.contains(['\\', '\'']) => {
                    out.push_str(&text.replace('\\', "\\\\").replace('\'', "\\'"));
                }
                _ => out.push_str(text),
            }
        }
        out
    }

    fn observable(&self, of: &Observable) -> (String, String) {
        let mut members = String::new();
        let mut hashes = String::new();
        for (path, piece, quoted) in &of.members {
            let (text, nested) = (self.piece(piece), path.len() > 1);
            let out = if nested { &mut hashes } else { &mut members };
            super::emit::push_json(out, path.last().map_or("", String::as_str));
            out.push(':');
            match quoted {
                true => super::emit::push_json(out, text),
                false => out.push_str(text),
            }
            out.push(',');
        }
        if !hashes.is_empty() {
            members.push_str("\"hashes\":{");
            members.push_str(hashes.trim_end_matches(','));
            members.push('}');
        }
        (self.piece(&of.type_name).to_owned(), members.trim_end_matches(',').to_owned())
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push(Piece::Text(before.to_owned()));
        let (piece, length) = sign(after);
        out.push(piece);
        rest = after.get(length..).unwrap_or_default();
    }
    out.push(Piece::Text(rest.to_owned()));
    out.retain(|piece| *piece != Piece::Text(String::new()));
    out
}

/// The piece that stands after a `$`, and its length.
fn sign(text: &str) -> (Piece, usize) {
    match text.as_bytes() {
        [b'i', b'p', ..] => (Piece::AddressType, 2),
        [b'i', b's', ..] => (Piece::Comparison, 2),
        [b'2', ..] => (Piece::Half(1), 1),
        _ => (Piece::Half(0), 1),
    }
}

fn observable(row: &Row<'_>, text: &str) -> Result<Observable, TableFault> {
    let one = |text: &str| pieces(text).into_iter().next().unwrap_or(Piece::Text(String::new()));
    let mut words = text.split(' ');
    let type_name = one(words.next().unwrap_or_default());
    let mut members = Vec::new();
    for word in words {
        let (path, value) =
            word.split_once('=').ok_or_else(|| row.fault(format!("`{word}` sets nothing")))?;
        let path: Vec<String> = path.trim_end_matches(':').splitn(2, '.').map(str::to_owned).collect();
        members.push((path, one(value), !word.contains(":=")));
    }
    Ok(Observable { type_name, members })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Text,
    Word,
    Hex(usize),
    Number,
    AutonomousSystem,
    Ip,
    Name,
    Url,
    Mail,
    Mac,
    Pattern,
}

fn shape(row: &Row<'_>, word: &str) -> Result<Shape, TableFault> {
    Ok(match word {
        "text" => Shape::Text,
        "word" => Shape::Word,
        "number" => Shape::Number,
        "as" => Shape::AutonomousSystem,
        "ip" => Shape::Ip,
        "name" => Shape::Name,
        "url" => Shape::Url,
        "mail" => Shape::Mail,
        "mac" => Shape::Mac,
        "stix" => Shape::Pattern,
        _ => match word.strip_prefix("hex").and_then(|digits| digits.parse().ok()) {
            Some(digits) => Shape::Hex(digits),
            None => return Err(row.fault(format!("`{word}` is no shape"))),
        },
    })
}

impl Shape {
    /// The text in the form STIX wants; `None` where it has another shape.
    fn read(self, text: &str) -> Option<Cow<'_, str>> {
        let fits = match self {
            Shape::Text => !text.is_empty(),
            Shape::Word => is_word(text),
            Shape::Hex(digits) => text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
            Shape::Number => return number(text),
            Shape::AutonomousSystem => return number(text.strip_prefix("AS").unwrap_or(text)),
            Shape::Ip => is_address(text),
            Shape::Name => is_word(text) && !text.contains(['/', ':', '@']),
            Shape::Url => is_word(text) && text.contains("://"),
            Shape::Mail => is_word(text) && text.split('@').count() == 2,
            Shape::Mac => return mac(text),
            Shape::Pattern => check(text, SpecVersion::V21).is_ok(),
        };
        fits.then_some(Cow::Borrowed(text))
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn number(text: &str) -> Option<Cow<'_, str>> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = digits.then(|| text.parse().ok()).flatten()?;
    Some(Cow::Owned(number.to_string()))
}

fn is_address(text: &str) -> bool {
    let (address, prefix) =
        text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let most = if address.is_ipv4() { 32 } else { 128 };
    prefix.is_none_or(|prefix| prefix.parse::<u8>().is_ok_and(|prefix| prefix <= most))
}

fn mac(text: &str) -> Option<Cow<'_, str>> {
    let lower = text.to_ascii_lowercase().replace('-', ":");
    let pairs =
        lower.split(':').all(|pair| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit()));
    (pairs && lower.len() == 17).then_some(Cow::Owned(lower))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn becomes(type_name: &str, value: &str, detects: bool, expected: &str) {
        let body = Forms::built_in().unwrap().body(type_name, value, detects);
        let shown = match body {
            Body::Indicator { language, pattern } if language == "stix" => {
                check(&pattern, SpecVersion::V21).unwrap();
                pattern
            }
            Body::Indicator { language, pattern } => format!("{language}: {pattern}"),
            Body::Observed(objects) => objects
                .iter()
                .map(|(name, members)| format!("{name} {members}"))
                .collect::<Vec<_>>()
                .join(" + "),
            Body::Named(name) => format!("#{name}"),
            Body::Custom => "custom".to_owned(),
        };
        assert_eq!(shown, expected, "{type_name} {value}");
    }

    #[test]
    fn detected_values_become_patterns() {
        becomes("domain", "example.org", true, "[domain-name:value = 'example.org']");
        becomes("ip-dst", "192.0.2.1", true, "[ipv4-addr:value = '192.0.2.1']");
        becomes("ip-src", "2001:db8::/32", true, "[ipv6-addr:value ISSUBSET '2001:db8::/32']");
        becomes(
            "ip-dst|port",
            "192.0.2.1|8443",
            true,
            "[network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:dst_port = 8443]",
        );
        becomes("regkey", r"HKLM\a'b", true, r"[windows-registry-key:key = 'HKLM\\a\'b']");
        becomes(
            "filename|md5",
            "a|b.exe|b2a5abfeef9e36964281a31e17b57c97",
            true,
            "[file:name = 'a|b.exe' AND file:hashes.MD5 = 'b2a5abfeef9e36964281a31e17b57c97']",
        );
        becomes("AS", "AS174", true, "[autonomous-system:number = 174]");
        becomes("yara", "rule a { condition: true }", true, "yara: rule a { condition: true }");
    }

    #[test]
    fn other_values_become_observed_data() {
        becomes("domain", "example.org", false, r#"domain-name "value":"example.org""#);
        becomes("AS", "174", false, r#"autonomous-system "number":174"#);
        becomes(
            "domain|ip",
            "example.org|192.0.2.1",
            false,
            r#"domain-name "value":"example.org" + ipv4-addr "value":"192.0.2.1""#,
        );
        let hash = "b2a5abfeef9e36964281a31e17b57c97";
        becomes(
            "filename|md5",
            &format!("a\"b|{hash}"),
            false,
            &format!(r#"file "name":"a\"b","hashes":{{"MD5":"{hash}"}}"#),
        );
        becomes("vulnerability", "CVE-2021-29921", false, "#vulnerability");
    }

    #[test]
    fn a_value_that_is_not_what_its_type_says_stays_a_custom_attribute() {
        for (type_name, value) in [
            ("md5", "xyz"),
            ("ip-dst", "300.1.1.1"),
            ("ip-dst", "10.0.0.0/33"),
            ("ip-dst|port", "192.0.2.1"),
            ("domain", "a b"),
            ("port", "eighty"),
            ("stix2-pattern", "[oops"),
            ("no-such-type", "x"),
            ("domain", ""),
        ] {
            becomes(type_name, value, true, "custom");
            becomes(type_name, value, false, "custom");
        }
    }
}
