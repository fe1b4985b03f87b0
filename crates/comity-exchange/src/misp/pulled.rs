//! What is read of another's MISP: which events its feed or its server lists, and whether an event is the one that the
//! `hashes.csv` of a feed was written for.

use super::{attributes, flag_of, text_of};
use md5::{Digest, Md5};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Most events of one manifest that are looked at.
const MAX_EVENTS: usize = 50_000;

/// An event that a manifest lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its UUID, as the file's name has it.
    pub uuid: String,
    /// When it last changed, in seconds since 1970.
    pub timestamp: i64,
}

/// A manifest that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// What it lists, the oldest change first.
    pub listed: Vec<Listed>,
    /// Rows that name no event, and why.
    pub unsound: Vec<String>,
}

impl Manifest {
    /// Adds what another page of an index lists. Returns how many of its events were not listed before.
    pub fn join(&mut self, page: Manifest) -> usize {
        let known: BTreeSet<String> = self.listed.iter().map(|one| one.uuid.clone()).collect();
        let before = self.listed.len();
        self.listed.extend(page.listed.into_iter().filter(|one| !known.contains(&one.uuid)));
        self.listed.sort_by(|a, b| (a.timestamp, &a.uuid).cmp(&(b.timestamp, &b.uuid)));
        let new = self.listed.len() - before;
        if new > 0 {
            self.unsound.extend(page.unsound);
        }
        new
    }
}

/// Why a manifest cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestFault {
    /// It is not an object of events.
    #[error("the manifest is no JSON object with a row for each event: {why}")]
    NotAManifest {
        /// What is wrong.
        why: String,
    },
    /// The answer of a server is no list of events.
    #[error("the index of events is no JSON list with a row for each event: {why}")]
    NotAnIndex {
        /// What is wrong.
        why: String,
    },
    /// It lists more than is looked at.
    #[error("the manifest lists {count} events, more than {MAX_EVENTS}")]
    TooMany {
        /// How many.
        count: usize,
    },
}

impl ManifestFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            ManifestFault::NotAManifest { .. } => "misp/manifest",
            ManifestFault::NotAnIndex { .. } => "misp/index",
            ManifestFault::TooMany { .. } => "misp/manifest-too-long",
        }
    }
}

/// Reads a `manifest.json`. A name that is no UUID is never asked for: it would become part of an address.
pub fn read_manifest(bytes: &[u8]) -> Result<Manifest, ManifestFault> {
    let rows: BTreeMap<String, Value> =
        serde_json::from_slice(bytes).map_err(|why| ManifestFault::NotAManifest { why: why.to_string() })?;
    if rows.len() > MAX_EVENTS {
        return Err(ManifestFault::TooMany { count: rows.len() });
    }
    Ok(listed(rows))
}

/// Reads a page of a server's `events/index`, and how many rows it has. What is not published is passed over, as MISP does.
pub fn read_index(bytes: &[u8]) -> Result<(Manifest, usize), ManifestFault> {
    let wrong = |why: String| ManifestFault::NotAnIndex { why };
    let rows: Vec<Value> = serde_json::from_slice(bytes).map_err(|why| wrong(why.to_string()))?;
    if rows.len() > MAX_EVENTS {
        return Err(ManifestFault::TooMany { count: rows.len() });
    }
    let count = rows.len();
    let is_draft = |row: &Value| row.get("published").is_some() && !flag_of(row, "published");
    let rows = rows.into_iter().filter(|row| !is_draft(row)).map(|row| (text_of(&row, "uuid"), row));
    Ok((listed(rows), count))
}

fn listed(rows: impl IntoIterator<Item = (String, Value)>) -> Manifest {
    let mut manifest = Manifest::default();
    for (uuid, row) in rows {
        let timestamp = text_of(&row, "timestamp").parse::<i64>().ok().filter(|seconds| *seconds > 0);
        match timestamp {
            _ if !is_uuid(&uuid) => manifest.unsound.push(format!("`{uuid}` is no UUID of an event")),
            None => manifest.unsound.push(format!("{uuid}: its row has no `timestamp`")),
            Some(timestamp) => manifest.listed.push(Listed { uuid, timestamp }),
        }
    }
    manifest.listed.sort_by(|a, b| (a.timestamp, &a.uuid).cmp(&(b.timestamp, &b.uuid)));
    manifest
}

/// Hashes by the UUID of the event whose values they are of.
pub type Hashes = BTreeMap<String, BTreeSet<String>>;

/// Reads of a `hashes.csv` what concerns these events. A line that is none is passed over.
pub fn read_hashes(bytes: &[u8], wanted: &BTreeSet<&str>) -> Hashes {
    let mut hashes = Hashes::new();
    for line in String::from_utf8_lossy(bytes).lines() {
        let Some((hash, uuid)) = line.split_once(',') else { continue };
        if wanted.contains(uuid.trim()) {
            hashes.entry(uuid.trim().to_owned()).or_default().insert(hash.trim().to_ascii_lowercase());
        }
    }
    hashes
}

/// How many of the hashes are of no value that the event has. Writers of feeds differ in how they hash a time, so that each
/// attribute of that kind excuses one; a hash that is missing excuses itself.
pub fn strangers(event: &Value, hashes: &BTreeSet<String>) -> usize {
    let (mut own, mut times) = (BTreeSet::new(), 0);
    for (attribute, _) in attributes(event) {
        let value = text_of(attribute, "value");
        times += usize::from(text_of(attribute, "type") == "datetime");
        own.extend(value.split('|').map(hash));
        own.insert(hash(&value));
    }
    hashes.difference(&own).count().saturating_sub(times)
}

fn hash(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a text has the form of a UUID (RFC 9562 section 4).
fn is_uuid(text: &str) -> bool {
    let part =
        |(text, length): (&str, usize)| text.len() == length && text.bytes().all(|c| c.is_ascii_hexdigit());
    text.split('-').count() == 5 && text.split('-').zip([8, 4, 4, 4, 12]).all(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const UUID: &str = "5c6d0a52-6a0e-4a52-9a3b-0d0a64c19999";

    #[test]
    fn a_manifest_lists_the_oldest_change_first_and_names_no_path() {
        let other = UUID.replace("9999", "9998");
        let manifest = json!({ UUID: { "timestamp": "9" }, &other: { "timestamp": 5 }, "../secret": { "timestamp": "1" },
            "5c6d0a52-6a0e-4a52-9a3b-0d0a64c1999": { "timestamp": "1" }, "5c6d0a52-6a0e-4a52-9a3b-0d0a64c19997": {} });
        let read = read_manifest(manifest.to_string().as_bytes()).unwrap();
        let listed: Vec<(&str, i64)> =
            read.listed.iter().map(|one| (one.uuid.as_str(), one.timestamp)).collect();
        assert_eq!((listed, read.unsound.len()), (vec![(other.as_str(), 5), (UUID, 9)], 3));
        for wrong in ["", "[1]", "{"] {
            assert_eq!(read_manifest(wrong.as_bytes()).unwrap_err().code(), "misp/manifest");
        }
    }

    #[test]
    fn an_index_lists_what_is_published_and_its_pages_are_joined() {
        let other = UUID.replace("9999", "9998");
        let row = |uuid: &str, timestamp: &str, published: Value| json!({ "id": "1", "uuid": uuid, "timestamp": timestamp, "published": published });
        let rows = json!([
            row(UUID, "9", json!(true)),
            row(&other, "5", json!("1")),
            row("../x", "5", json!(true)),
            row(&UUID.replace("9999", "9997"), "5", json!(false)),
            row(&UUID.replace("9999", "9996"), "", json!(1))
        ]);
        let (mut read, count) = read_index(rows.to_string().as_bytes()).unwrap();
        let uuids: Vec<&str> = read.listed.iter().map(|one| one.uuid.as_str()).collect();
        assert_eq!((uuids, read.unsound.len(), count), (vec![other.as_str(), UUID], 2, 5));
        let (again, _) = read_index(rows.to_string().as_bytes()).unwrap();
        assert_eq!((read.join(again), read.listed.len(), read.unsound.len()), (0, 2, 2));
        for wrong in ["{}", "<html>", "[1"] {
            assert_eq!(read_index(wrong.as_bytes()).unwrap_err().code(), "misp/index");
        }
    }

    #[test]
    fn a_hash_of_no_value_of_the_event_is_a_stranger() {
        // RFC 1321 appendix A.5: of `a`, of `abc`, of nothing.
        let [a, abc, none] = [
            "0cc175b9c0f1b6a831c399e269772661",
            "900150983cd24fb0d6963f7d28e17f72",
            "d41d8cd98f00b204e9800998ecf8427e",
        ];
        let text = format!("{},{UUID}\r\n{abc},{UUID}\nnonsense\n{none},another\n", a.to_uppercase());
        let read = read_hashes(text.as_bytes(), &BTreeSet::from([UUID]));
        let hashes = read.get(UUID).unwrap();
        assert_eq!((read.len(), hashes.len()), (1, 2));
        let event = |value: &str, kind: &str| json!({ "Attribute": [{ "type": kind, "value": value }] });
        assert_eq!(strangers(&event("abc|a", "filename|md5"), hashes), 0);
        assert_eq!(strangers(&event("abc", "domain"), hashes), 1);
        assert_eq!(strangers(&event("abcd", "domain"), hashes), 2);
        assert_eq!(strangers(&event("2026-03-01", "datetime"), hashes), 1);
    }
}
