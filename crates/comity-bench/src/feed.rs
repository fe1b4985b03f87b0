//! The feed that is measured on: invented STIX indicators, the same bytes for the same number, some 720 bytes each.
//!
//! Four kinds of pattern in turn (address, domain, URL, file hash). Ids and file hashes are as random as in life, so that
//! compression is not flattered.

use crate::Outcome;
use comity_record::sha256;
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

/// 2025-01-01T00:00:00Z in milliseconds.
const FIRST: i64 = 1_735_689_600_000;

/// Writes a bundle of `count` indicators, beginning with number `first`; gives the bytes of the objects alone.
pub fn write(path: &Path, first: u64, count: u64) -> Outcome<u64> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut bytes = 0;
    write!(out, r#"{{"type":"bundle","id":"bundle--{}","objects":["#, uuid("bundle", first))?;
    for number in first..first + count {
        let object = indicator(number);
        bytes += object.len() as u64;
        let comma = if number == first { "" } else { "," };
        write!(out, "{comma}{object}")?;
    }
    write!(out, "]}}")?;
    out.flush()?;
    Ok(bytes)
}

/// The indicator of a number.
pub fn indicator(number: u64) -> String {
    let at = comity_record::Timestamp::from_millis(FIRST + number as i64 * 1000);
    let (id, author, pattern) = (uuid("indicator", number), uuid("cert", 0), pattern(number));
    [
        format!(r#"{{"type":"indicator","spec_version":"2.1","id":"indicator--{id}","#),
        format!(r#""created_by_ref":"identity--{author}","created":"{at}","modified":"{at}","#),
        format!(r#""name":"Indicator {number}","description":"Observed in a phishing campaign against "#),
        r#"public administration; confidence as stated.","indicator_types":["malicious-activity"],"#
            .to_owned(),
        format!(r#""pattern":"{pattern}","pattern_type":"stix","pattern_version":"2.1","#),
        format!(r#""valid_from":"{at}","labels":["phishing","apt"],"confidence":75,"#),
        r#""object_marking_refs":["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]}"#.to_owned(),
    ]
    .concat()
}

fn pattern(number: u64) -> String {
    match number % 4 {
        0 => {
            let [.., a, b, c] = number.to_be_bytes();
            format!("[ipv4-addr:value = '198.{}.{b}.{c}']", 18 + a % 2)
        }
        1 => format!("[domain-name:value = 'host{number}.example.net']"),
        2 => format!("[url:value = 'https://host{number}.example.org/p/{number}']"),
        _ => format!("[file:hashes.'SHA-256' = '{}']", sha256(&[b"file", &number.to_be_bytes()])),
    }
}

/// A name-based UUID in the form of RFC 9562 version 5, but from SHA-256.
fn uuid(name: &str, number: u64) -> String {
    let hash = sha256(&[name.as_bytes(), &number.to_be_bytes()]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(hash.0.split_at(16).0);
    let value = u128::from_be_bytes(bytes);
    let value = value & !(0xf << 76) & !(0b11 << 62) | 0x5 << 76 | 0b10 << 62;
    let digits = format!("{value:032x}");
    let mut out = String::with_capacity(36);
    for (at, digit) in digits.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use comity_threat::{Policy, Tables, import_bytes};

    #[test]
    fn a_feed_is_taken_in_whole_and_is_of_the_usual_length() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("feed.json");
        let bytes = write(&path, 0, 3_000).unwrap();
        assert!((650..760).contains(&(bytes / 3_000)), "{}", bytes / 3_000);
        let feed = std::fs::read(&path).unwrap();
        write(&path, 0, 3_000).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), feed, "the same number gives the same bytes");
        let policy = Policy::new("2026-01-01".parse().unwrap());
        let (chunks, report) = import_bytes(&feed, &Tables::built_in().unwrap(), policy).unwrap();
        assert_eq!((report.taken, report.refusals(), report.repeated), (3_000, 0, 0), "{report:?}");
        assert_eq!(chunks.len(), 3, "one label class, a thousand objects a record");
    }
}
