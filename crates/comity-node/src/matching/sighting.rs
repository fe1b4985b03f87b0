//! Sightings: what may leave of a matching. One says which indicator was seen, how often, and when first and last; no line,
//! no value and no name of a log is in it.

use super::Hit;
use crate::random::{Random, RandomFailed};
use comity_record::Timestamp;
use comity_threat::value::{Kind, Value};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Sightings that are being counted.
#[derive(Clone, Debug, Default)]
pub struct Sightings {
    seen: BTreeMap<Of, Count>,
}

/// What was seen: an object, or a value of a list, which has none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    Object(String),
    Value(String, String),
}

#[derive(Clone, Debug, Default)]
struct Count {
    count: u64,
    first: Option<String>,
    last: Option<String>,
}

/// The most that a sighting can say (STIX 2.1 section 5.2).
const MOST: u64 = 999_999_999;

impl Sightings {
    /// Counts a hit; one that is suppressed is no sighting.
    pub fn add(&mut self, hit: &Hit) {
        if hit.suppressed.is_some() {
            return;
        }
        let ids: Vec<&String> = hit.indicators.iter().filter_map(|indicator| indicator.id.as_ref()).collect();
        // An observable is not sighted but observed (STIX 2.1 section 5.2): its value gets an indicator, as one of a list.
        let ids: Vec<&String> = ids.into_iter().filter(|id| id.starts_with("indicator--")).collect();
        if ids.is_empty() {
            self.count(Of::Value(hit.kind.clone(), hit.indicator.clone()), hit);
        }
        ids.into_iter().for_each(|id| self.count(Of::Object(id.clone()), hit));
    }

    fn count(&mut self, of: Of, hit: &Hit) {
        let count = self.seen.entry(of).or_default();
        count.count += 1;
        if let Some(time) = &hit.time {
            let earlier = count.first.as_ref().is_none_or(|first| time < first);
            let later = count.last.as_ref().is_none_or(|last| time > last);
            count.first = if earlier { Some(time.clone()) } else { count.first.take() };
            count.last = if later { Some(time.clone()) } else { count.last.take() };
        }
    }

    /// Whether nothing was seen.
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// As a bundle. A value of a list comes with an indicator of its own, since a sighting is always of an object.
    ///
    /// # Errors
    /// Where the generator gives no ids.
    pub fn bundle(&self, now: Timestamp, random: &dyn Random) -> Result<Json, RandomFailed> {
        let mut objects = Vec::new();
        for (of, count) in &self.seen {
            let sighted = match of {
                Of::Object(id) => id.clone(),
                Of::Value(kind, text) => {
                    let id = format!("indicator--{}", uuid(random)?);
                    let Some(pattern) = pattern(kind, text) else { continue };
                    let from = count.first.clone().unwrap_or_else(|| now.to_string());
                    objects.push(json!({
                        "type": "indicator", "spec_version": "2.1", "id": id,
                        "created": now.to_string(), "modified": now.to_string(),
                        "pattern": pattern, "pattern_type": "stix", "valid_from": from,
                    }));
                    id
                }
            };
            let mut sighting = json!({
                "type": "sighting", "spec_version": "2.1", "id": format!("sighting--{}", uuid(random)?),
                "created": now.to_string(), "modified": now.to_string(),
                "count": count.count.min(MOST), "sighting_of_ref": sighted,
            });
            if let (Some(first), Some(last), Some(object)) =
                (&count.first, &count.last, sighting.as_object_mut())
            {
                object.insert("first_seen".to_owned(), json!(first));
                if first != last {
                    object.insert("last_seen".to_owned(), json!(last));
                }
            }
            objects.push(sighting);
        }
        Ok(json!({ "type": "bundle", "id": format!("bundle--{}", uuid(random)?), "objects": objects }))
    }
}

/// A random UUID (RFC 9562 section 5.4).
fn uuid(random: &dyn Random) -> Result<String, RandomFailed> {
    let bits = u128::from_be_bytes(random.bytes()?);
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
    let part = |(from, to): (usize, usize)| hex.get(from..to).unwrap_or_default();
    Ok(parts.map(part).join("-"))
}

/// The pattern that is true of a value.
fn pattern(kind: &str, text: &str) -> Option<String> {
    let value = Value::of_canonical(kind.parse().ok()?, text).ok()?;
    let quoted = format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    Some(match value.kind() {
        Kind::Name => format!("[domain-name:value = {quoted}]"),
        Kind::Ipv4 => format!("[ipv4-addr:value = {quoted}]"),
        Kind::Ipv6 => format!("[ipv6-addr:value = {quoted}]"),
        Kind::Cidr if text.contains(':') => format!("[ipv6-addr:value ISSUBSET {quoted}]"),
        Kind::Cidr => format!("[ipv4-addr:value ISSUBSET {quoted}]"),
        Kind::AddressPort => {
            let address: std::net::SocketAddr = text.parse().ok()?;
            format!(
                "[network-traffic:dst_ref.value = '{}' AND network-traffic:dst_port = {}]",
                address.ip(),
                address.port()
            )
        }
        Kind::Url => format!("[url:value = {quoted}]"),
        Kind::Email => format!("[email-addr:value = {quoted}]"),
        Kind::Md5 => format!("[file:hashes.MD5 = {quoted}]"),
        Kind::Sha1 => format!("[file:hashes.'SHA-1' = {quoted}]"),
        Kind::Sha256 => format!("[file:hashes.'SHA-256' = {quoted}]"),
        Kind::Sha512 => format!("[file:hashes.'SHA-512' = {quoted}]"),
        Kind::Other => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::{HitIndicator, SuppressedBy};
    use crate::random::SystemRandom;

    fn hit(indicator: &str, time: &str, id: Option<&str>) -> Hit {
        Hit {
            log: "secret.log".to_owned(),
            line: 7,
            time: Some(time.to_owned()),
            rule: "name".to_owned(),
            exact: false,
            field: "query".to_owned(),
            value: format!("secret-host.{indicator}"),
            indicator: indicator.to_owned(),
            kind: "name".to_owned(),
            indicators: vec![HitIndicator {
                source: "list".to_owned(),
                id: id.map(str::to_owned),
                confidence: None,
                grade: 0,
            }],
            suppressed: None,
        }
    }

    #[test]
    fn sightings_count_and_say_nothing_of_the_log() {
        let mut sightings = Sightings::default();
        let id = "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
        for time in ["2026-03-02T00:00:00.000Z", "2026-03-01T00:00:00.000Z"] {
            sightings.add(&hit("evil.example.com", time, Some(id)));
            sightings.add(&hit("o'evil.example", time, None));
        }
        let mut suppressed = hit("good.example.com", "2026-03-01T00:00:00.000Z", None);
        suppressed.suppressed = Some(SuppressedBy { list: "x".to_owned(), how: "literally".to_owned() });
        sightings.add(&suppressed);
        let now = Timestamp::from_millis(1_772_366_400_000);
        let bundle = sightings.bundle(now, &SystemRandom).unwrap();
        let text = bundle.to_string();
        assert!(!text.contains("secret") && !text.contains("good.example"), "{text}");
        let objects = bundle.get("objects").and_then(Json::as_array).unwrap();
        // The name with a quote is no value and has no pattern.
        assert_eq!(objects.len(), 1);
        let sighting = objects.first().unwrap();
        assert_eq!(sighting.pointer("/sighting_of_ref").unwrap(), id);
        assert_eq!(sighting.pointer("/count").unwrap(), 2);
        assert_eq!(sighting.pointer("/first_seen").unwrap(), "2026-03-01T00:00:00.000Z");
        assert_eq!(sighting.pointer("/last_seen").unwrap(), "2026-03-02T00:00:00.000Z");
    }

    #[test]
    fn a_value_of_a_list_comes_with_an_indicator() {
        let mut sightings = Sightings::default();
        sightings.add(&hit("evil.example.com", "2026-03-01T00:00:00.000Z", None));
        let bundle = sightings.bundle(Timestamp::from_millis(0), &SystemRandom).unwrap();
        let [indicator, sighting] = bundle.get("objects").and_then(Json::as_array).unwrap().as_slice() else {
            panic!("{bundle}");
        };
        assert_eq!(indicator["pattern"], "[domain-name:value = 'evil.example.com']");
        assert_eq!(indicator["id"], sighting["sighting_of_ref"]);
    }
}
