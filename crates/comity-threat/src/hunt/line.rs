//! One record of a log as an observation, so that patterns can be asked of it. It is made at home and never leaves.
//!
//! A record becomes the observables that its fields say: names, addresses and what they resolve to, the connection
//! between source and destination with its port, the URL, file hashes, mail addresses. Nothing else of the line is kept.

use crate::{
    Moment,
    log::{Record, Role},
    pattern::{Node, Observable, Observation},
};
use std::{borrow::Cow, net::IpAddr};

type Members<'l> = Vec<(Cow<'l, str>, Node<'l>)>;

/// The observation of a record; `None` where it has no time or says nothing of the kind.
pub fn observation_of<'l>(id: String, record: &'l Record<'l>) -> Option<Observation<'l>> {
    let time = Moment::from_millis(record.time?);
    let mut made = Made { objects: Vec::new() };
    let of = |role: Role| record.fields.iter().filter(move |field| field.role == role);
    let texts = |role: Role| of(role).flat_map(|field| words(&field.text));
    let answers: Vec<String> = texts(Role::Answer).filter_map(|answer| made.host(answer)).collect();
    let mut names = texts(Role::Name);
    let name = names.next();
    for named in name.into_iter().chain(names) {
        made.name(named, &answers);
    }
    let source = texts(Role::Source).next().and_then(|text| made.address(text));
    let destination = texts(Role::Destination).next().and_then(|text| made.address(text));
    let port = texts(Role::DestinationPort).next().and_then(|text| text.parse().ok());
    made.connection(source, destination, port);
    texts(Role::Url).for_each(|url| made.value("url", url.into()));
    let host = name.or_else(|| texts(Role::Destination).next());
    if let (Some(host), Some(target)) = (host, texts(Role::Target).next()) {
        made.value("url", target_of(host, target).into());
    }
    made.file(texts(Role::Hash));
    texts(Role::Mail).for_each(|mail| made.value("email-addr", mail.into()));
    (!made.objects.is_empty()).then(|| Observation {
        id: id.into(),
        first: time,
        last: time,
        number: 1,
        objects: made.objects,
    })
}

/// A field may hold several values, as lists are written in logs.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ', ';'])
        .map(|word| word.trim_matches(['<', '>', '"', '\'']))
        .filter(|word| !word.is_empty())
}

/// The whole URL of a request; logs of requests that only have its target were made of plain HTTP.
fn target_of(host: &str, target: &str) -> String {
    if target.contains("://") { target.to_owned() } else { format!("http://{host}{target}") }
}

struct Made<'l> {
    objects: Vec<Observable<'l>>,
}

impl<'l> Made<'l> {
    fn add(&mut self, type_name: &'static str, properties: Members<'l>) -> String {
        let key = self.objects.len().to_string();
        self.objects.push(Observable {
            key: Cow::Owned(key.clone()),
            type_name: Cow::Borrowed(type_name),
            properties: Node::Map(properties),
        });
        key
    }

    fn value(&mut self, type_name: &'static str, text: Cow<'l, str>) {
        self.add(type_name, vec![("value".into(), Node::Text(text))]);
    }

    fn address(&mut self, text: &'l str) -> Option<String> {
        let type_name = match text.parse().ok()? {
            IpAddr::V4(_) => "ipv4-addr",
            IpAddr::V6(_) => "ipv6-addr",
        };
        Some(self.add(type_name, vec![("value".into(), Node::Text(text.into()))]))
    }

    /// An address or a name.
    fn host(&mut self, text: &'l str) -> Option<String> {
        self.address(text).or_else(|| text.contains('.').then(|| self.name(text, &[])))
    }

    fn name(&mut self, text: &'l str, answers: &[String]) -> String {
        let mut properties = vec![("value".into(), Node::Text(text.into()))];
        if !answers.is_empty() {
            let list = answers.iter().map(|key| Node::Text(Cow::Owned(key.clone()))).collect();
            properties.push(("resolves_to_refs".into(), Node::List(list)));
        }
        // A web server's name may be an address.
        if let Some(key) = self.address(text) { key } else { self.add("domain-name", properties) }
    }

    fn connection(&mut self, source: Option<String>, destination: Option<String>, port: Option<i64>) {
        if source.is_none() && destination.is_none() {
            return;
        }
        let reference = |name: &'static str, key: Option<String>| {
            key.map(|key| (Cow::Borrowed(name), Node::Text(Cow::Owned(key))))
        };
        let mut properties: Members<'l> = Vec::new();
        properties.extend(reference("src_ref", source));
        properties.extend(reference("dst_ref", destination));
        properties.extend(port.map(|port| (Cow::Borrowed("dst_port"), Node::Integer(port))));
        self.add("network-traffic", properties);
    }

    fn file(&mut self, hashes: impl Iterator<Item = &'l str>) {
        let mut known: Members<'l> = Vec::new();
        for hash in hashes.map(|hash| hash.rsplit_once('=').map_or(hash, |(_, digits)| digits)) {
            let name = match hash.len() {
                32 => "MD5",
                40 => "SHA-1",
                64 => "SHA-256",
                128 => "SHA-512",
                _ => continue,
            };
            if hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                known.push((name.into(), Node::Text(Cow::Owned(hash.to_ascii_lowercase()))));
            }
        }
        if !known.is_empty() {
            self.add("file", vec![("hashes".into(), Node::Map(known))]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        SpecVersion,
        log::{Lines, Roles},
        pattern::{DEFAULT_BUDGET, Plan, Verdict},
    };

    fn check(log: &str, pattern: &str, matches: bool) {
        let roles = Roles::built_in().unwrap();
        let mut lines = Lines::new(&roles, None);
        let plan = Plan::new(pattern, SpecVersion::V21).unwrap();
        let mut found = false;
        for line in log.lines() {
            lines.read(line.as_bytes(), |number, record| {
                if let Some(one) = observation_of(number.to_string(), record) {
                    found |= matches!(plan.evaluate(&[one], DEFAULT_BUDGET).verdict, Verdict::Match(_));
                }
            });
        }
        assert_eq!(found, matches, "{pattern}");
    }

    #[test]
    fn records_of_logs_are_observed() {
        let conn = "#separator \\x09\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\n1700000000.5\t192.0.2.1\t4000\t198.51.100.7\t443\n";
        check(
            conn,
            "[network-traffic:dst_ref.value ISSUBSET '198.51.100.0/24' AND network-traffic:dst_port = 443]",
            true,
        );
        check(conn, "[network-traffic:src_ref.value = '198.51.100.7']", false);
        let dns = r#"{"timestamp":"2026-03-01T12:00:00.000000+0000","event_type":"dns","src_ip":"192.0.2.1","dest_ip":"192.0.2.2","dest_port":53,"dns":{"rrname":"x.example","answers":[{"rrname":"x.example","rdata":"203.0.113.9"}]}}"#;
        check(
            dns,
            "[domain-name:value LIKE '%.example' AND domain-name:resolves_to_refs[*].value = '203.0.113.9']",
            true,
        );
        check(dns, "[ipv4-addr:value = '203.0.113.9']", true);
        let http = "#separator \\x09\n#fields\tts\tid.orig_h\tid.resp_h\thost\turi\n1700000000\t192.0.2.1\t198.51.100.7\twww.example\t/a/login\n";
        check(http, "[url:value MATCHES '^http://www[.]example/.*login$']", true);
        let files =
            "#separator \\x09\n#fields\tts\tmd5\tsha1\n1700000000\td41d8cd98f00b204e9800998ecf8427e\t-\n";
        check(files, "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']", true);
        check("no time, no observation: x.example", "[EXISTS domain-name:value]", false);
    }
}
