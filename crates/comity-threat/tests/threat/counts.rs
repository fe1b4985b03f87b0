//! The open counts: real logs against real lists, as an independent program counted them (../shared/data/threat, rules D1
//! to D7), and once more by a second count in this file that shares nothing with the matcher but the data.

use super::{shared, untar};
use comity_threat::{
    indicators::{Form, of_line, of_stix, of_url_table},
    log::{Reading, Roles, Rule, Tally, Verdict},
    matching::{Matcher, Scanner, Way},
    value::{Kind, normalise, values_of},
    warning::WarningLists,
};
use std::collections::{HashMap, HashSet};

/// What the rules D4 to D6 make of the three lists, for the second count.
#[derive(Default)]
struct Plain {
    names: HashSet<String>,
    addresses: HashSet<String>,
    ports: HashSet<String>,
    literal: HashSet<String>,
}

struct World {
    matcher: Matcher,
    lists: WarningLists,
    plain: Plain,
}

fn world() -> Option<World> {
    let trails = untar(&shared("indicators/maltrail-malware-trails.tar.zst")?);
    let urls = untar(&shared("indicators/jpcert-phishing-urls-2019-2023.tar.zst")?);
    let ipsum = shared("indicators/ipsum-2026-08-22.txt.zst")?;
    let warnings = untar(&shared("misp/warninglists.tar.zst")?);
    let mut matcher = Matcher::new([42; 32], 1 << 20);
    let mut plain = Plain::default();
    for (_, text) in &trails {
        let text = String::from_utf8_lossy(text);
        for line in text.lines() {
            if let Some(Ok(value)) = of_line(Form::Trails, line) {
                matcher.insert(&value, 0).unwrap();
            }
            plain.trail(line);
        }
    }
    for (_, text) in &urls {
        let text = String::from_utf8_lossy(text);
        of_url_table(&text, |value| matcher.insert(&value, 1).unwrap());
        plain.urls(&text);
    }
    for line in String::from_utf8_lossy(&ipsum).lines() {
        if let Some(Ok(value)) = of_line(Form::FirstColumn, line) {
            matcher.insert(&value, 2).unwrap();
        }
        plain.addresses.extend(line.split('\t').next().filter(|first| is_four(first)).map(str::to_owned));
    }
    let mut lists = WarningLists::new([43; 32]);
    for (name, json) in &warnings {
        lists.add(json).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let json: serde_json::Value = serde_json::from_slice(json).unwrap();
        if matches!(json["type"].as_str(), Some("string" | "hostname")) {
            let list = json["list"].as_array().unwrap().iter();
            plain.literal.extend(list.map(|text| text.as_str().unwrap().to_owned()));
        }
    }
    Some(World { matcher, lists, plain })
}

fn is_four(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    // The rules say nothing of leading zeros; the matcher refuses the one address that has them.
    let part = |part: &&str| part.len() <= 3 && part.parse::<u8>().is_ok();
    parts.len() == 4 && parts.iter().all(part)
}

/// Digits: the rules do not ask for more, and the matcher refuses what is no port.
fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

impl Plain {
    fn trail(&mut self, line: &str) {
        let trail = line.split('#').next().unwrap().trim().to_lowercase();
        let trail = trail.rsplit("://").next().unwrap();
        let (host, port) = trail.split_once(':').unwrap_or((trail, ""));
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.-".contains(c);
        if trail.contains('/') || trail.is_empty() {
        } else if is_four(trail) {
            self.addresses.insert(trail.to_owned());
        } else if is_four(host) && is_port(port) {
            self.ports.insert(trail.to_owned());
        } else if trail.contains('.') && trail.chars().all(letters) {
            self.names.insert(trail.to_owned());
        }
    }

    fn urls(&mut self, table: &str) {
        // No row of these files has a comma in its date.
        for url in table.lines().skip(1).filter_map(|row| row.split(',').nth(1)) {
            let Some((_, rest)) = url.trim_matches('"').split_once("://") else { continue };
            let authority = rest.split(['/', '?', '#']).next().unwrap();
            let host = authority.rsplit('@').next().unwrap().split(':').next().unwrap().to_lowercase();
            let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.-".contains(c);
            if is_four(&host) {
                self.addresses.insert(host);
            } else if host.contains('.') && !host.contains("..") && host.chars().all(letters) {
                self.names.insert(host);
            }
        }
    }

    /// Exact, sub, suppressed, kept, source, destination, address with port: of fields by their names.
    fn count(&self, records: impl Iterator<Item = HashMap<String, String>>) -> [u64; 7] {
        let mut out = [0; 7];
        for record in records {
            let of = |names: &[&str]| names.iter().find_map(|name| record.get(*name)).map(String::as_str);
            let hit = ["query", "host", "server_name"].iter().filter_map(|name| record.get(*name)).find_map(
                |field| {
                    let name = field.to_lowercase();
                    let name = match name.rsplit_once(':') {
                        Some((bare, port)) if port.parse::<u32>().is_ok() => bare.to_owned(),
                        _ => name,
                    };
                    let name = name.strip_suffix('.').unwrap_or(&name).to_owned();
                    if self.names.contains(&name) {
                        return Some((name, 0));
                    }
                    let mut rest = name.as_str();
                    while let Some((_, parent)) = rest.split_once('.') {
                        if self.names.contains(parent) {
                            return Some((parent.to_owned(), 1));
                        }
                        rest = parent;
                    }
                    None
                },
            );
            if let Some((indicator, place)) = hit {
                out[place] += 1;
                out[if self.literal.contains(&indicator) { 2 } else { 3 }] += 1;
            }
            let source = of(&["id.orig_h", "id_orig_h", "client"]).unwrap_or_default();
            let destination = of(&["id.resp_h", "id_resp_h"]).unwrap_or_default();
            let port = of(&["id.resp_p", "id_resp_p"]).unwrap_or_default();
            out[4] += u64::from(self.addresses.contains(source));
            out[5] += u64::from(self.addresses.contains(destination));
            out[6] += u64::from(self.ports.contains(&format!("{destination}:{port}")));
        }
        out
    }
}

/// The records of a log as maps from field to text, read in the plainest way.
fn records(text: &str) -> Vec<HashMap<String, String>> {
    let mut names: Vec<String> = Vec::new();
    let mut out = Vec::new();
    for line in text.lines() {
        if let Some(fields) = line.strip_prefix("#fields\t") {
            names = fields.split('\t').map(str::to_owned).collect();
        } else if line.starts_with('{') {
            let json: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
            let text = |value: serde_json::Value| value.as_str().map_or(value.to_string(), str::to_owned);
            out.push(json.into_iter().map(|(key, value)| (key, text(value))).collect());
        } else if !line.starts_with('#') && !names.is_empty() {
            out.push(names.iter().cloned().zip(line.split('\t').map(str::to_owned)).collect());
        } else if !line.starts_with('#') {
            let client = line.split(' ').next().unwrap().to_owned();
            out.push(HashMap::from([("client".to_owned(), client)]));
        }
    }
    out
}

impl World {
    fn tally(&self, way: Way, logs: &[(String, Vec<u8>)]) -> Tally {
        let roles = Roles::built_in().unwrap();
        let mut all = Tally::default();
        for (_, text) in logs {
            let mut tally = Tally::default();
            let mut reading = Reading::new(&self.matcher, &roles, Scanner::new(way), None);
            reading.read(text, true, &mut |seen| {
                for found in seen.found {
                    let value = self.matcher.indicators(found.head).next().unwrap().value().unwrap();
                    let suppressed = self.lists.literally(&value).is_some();
                    tally.add(found, if suppressed { Verdict::Suppressed } else { Verdict::Kept });
                }
            });
            tally.records = reading.records();
            all.join(&tally);
        }
        all
    }

    /// Checks the counts of a log in every way of this machine, and by the second count.
    fn check(&self, name: &str, logs: &[(String, Vec<u8>)], expected: (u64, [u64; 7])) {
        assert!(!logs.is_empty(), "{name}");
        for way in Way::ALL.into_iter().filter(|way| way.is_here()) {
            let tally = self.tally(way, logs);
            let names = tally.of(Rule::Name);
            let all = |rule| tally.of(rule).exact;
            let found = [
                names.exact,
                names.sub,
                names.suppressed,
                names.kept,
                all(Rule::Source),
                all(Rule::Destination),
                all(Rule::AddressPort),
            ];
            assert_eq!((tally.records, found), expected, "{name}, {way:?}");
        }
        let texts = logs.iter().map(|(_, text)| String::from_utf8_lossy(text));
        let records: Vec<_> = texts.flat_map(|text| records(&text)).collect();
        assert_eq!(
            (records.len() as u64, self.plain.count(records.into_iter())),
            expected,
            "{name}, second count"
        );
    }
}

#[test]
fn the_open_counts_are_reproduced_exactly_by_both_counts_and_in_every_way() {
    let Some(world) = world() else { return };
    // Four names of phishing URLs have soft hyphens or a byte order mark, which UTS #46 takes out and D5 leaves alone.
    assert_eq!(
        (world.plain.names.len(), world.plain.addresses.len(), world.plain.ports.len()),
        (747_913, 152_630, 108_380)
    );
    let hosts = untar(&shared("logs/zeek-cloudhost2024.tar.zst").unwrap());
    let of = |kind: &str| -> Vec<(String, Vec<u8>)> {
        hosts.iter().filter(|(name, _)| name.contains(&format!("/{kind}."))).cloned().collect()
    };
    let one = |name: &str| vec![(name.to_owned(), shared(&format!("logs/{name}.zst")).unwrap())];
    for (logs, name, expected) in [
        (one("zeek-wrccdc2018/dns.log"), "dns", (53_615, [1158, 134, 1288, 4])),
        (one("zeek-wrccdc2018/dns.json"), "dns json", (53_615, [1158, 134, 1288, 4])),
        (one("zeek-wrccdc2018/ssl.log"), "ssl", (49_474, [167, 19, 186, 0])),
        (one("zeek-lab2018/http.log"), "http", (27_204, [27, 0, 27, 0])),
        (one("zeek-lab2018/http.json"), "http json", (27_204, [27, 0, 27, 0])),
        (of("http"), "cloud http", (9873, [3, 0, 3, 0])),
        (of("dns"), "cloud dns", (1833, [1, 0, 1, 0])),
        (of("ssl"), "cloud ssl", (43, [0, 0, 0, 0])),
        (of("conn"), "cloud conn", (31_367, [0, 0, 0, 0])),
        (one("apache-access-2015.log"), "apache", (10_000, [0, 0, 0, 0])),
        (one("apt29-emulation-day1-zeek.json"), "apt29", (2140, [0, 0, 0, 0])),
    ] {
        // The columns of addresses; where the table of counts has none (-), both counts still agree with each other.
        let addresses = match name {
            "ssl" => [None, None, Some(11)],
            "http" | "http json" => [None, Some(6), None],
            "cloud conn" => [Some(5345), Some(177), None],
            "cloud http" => [Some(78), None, None],
            "cloud dns" => [Some(18), None, None],
            "cloud ssl" => [Some(2), None, None],
            "apache" => [Some(32), None, None],
            "apt29" => [Some(0), Some(0), Some(0)],
            _ => [None, None, None],
        };
        let texts = logs.iter().map(|(_, text)| String::from_utf8_lossy(text));
        let all: Vec<_> = texts.flat_map(|text| records(&text)).collect();
        let second = world.plain.count(all.into_iter());
        let mut whole = [0; 7];
        for (at, number) in expected.1.into_iter().enumerate() {
            whole[at] = number;
        }
        for (at, number) in addresses.into_iter().enumerate() {
            whole[at + 4] = number.unwrap_or(second[at + 4]);
        }
        world.check(name, &logs, (expected.0, whole));
    }
}

#[test]
fn no_file_hash_of_real_indicators_is_in_the_windows_events() {
    let mut matcher = Matcher::new([44; 32], 1 << 18);
    let mut hold = |value: &comity_threat::value::Value| {
        if value.kind().is_hash() {
            matcher.insert(value, 0).unwrap();
        }
    };
    let Some(talos) = shared("stix/talos-reports-2022-2024.stix20.tar.zst") else { return };
    for (_, bundle) in untar(&talos) {
        of_stix(&bundle, |indicator| indicator.values.iter().for_each(&mut hold)).unwrap();
        comity_threat::reader::read_all(&bundle, |raw| {
            if let Ok(object) = comity_threat::Object::read(raw.bytes) {
                values_of(&object).iter().for_each(&mut hold);
            }
            Ok(())
        })
        .unwrap();
    }
    for name in ["stix/amnesty-cytrox.stix21.json.zst", "stix/amnesty-nso.stix21.json.zst"] {
        of_stix(&shared(name).unwrap(), |indicator| indicator.values.iter().for_each(&mut hold)).unwrap();
    }
    let archives = ["eset-events", "misp-stix-mapping-examples", "pymisp-test-events"];
    let archive = |name| untar(&shared(&format!("misp/{name}.tar.zst")).unwrap());
    for (_, event) in archives.into_iter().flat_map(archive) {
        let text = String::from_utf8_lossy(&event).into_owned();
        for word in text.split(|c: char| !c.is_ascii_hexdigit()) {
            let kind = match word.len() {
                32 => Kind::Md5,
                40 => Kind::Sha1,
                64 => Kind::Sha256,
                _ => continue,
            };
            hold(&normalise(kind, word).unwrap());
        }
    }
    assert!(matcher.len() > 3000, "{}", matcher.len());
    let roles = Roles::built_in().unwrap();
    let (mut records, mut hits) = (0, 0);
    for name in [
        "cmd_dumping_ntds_dit_file_volume_shadow_copy",
        "cmd_wevtutil_modify_security_eventlog_path",
        "covenant_dcom_iertutil_dll_hijack",
        "empire_dcom_shellwindows_stager",
        "empire_persistence_registry_modification_run_keys_standard_user",
        "purplesharp_ad_playbook_I",
    ] {
        let log = shared(&format!("logs/windows-events/{name}.jsonl.zst")).unwrap();
        let mut reading = Reading::new(&matcher, &roles, Scanner::new(Way::best()), None);
        reading.read(&log, true, &mut |seen| hits += seen.found.len());
        records += reading.records();
    }
    // The table of counts says 179,133; the six files have so many lines.
    assert_eq!((hits, records), (0, 176_512));
}
