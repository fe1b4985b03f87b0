//! A package as CASE/UCO JSON-LD (CASE 1.4.0 and UCO 1.4.0): the investigation, what authorised it, each act of custody as an
//! investigative action with what went in and came out, and a provenance record for each holder.
//!
//! Every class and property stands in `data/affairs/case_uco_terms.csv` with its source; a test compares.

use comity_affairs::custody::{Act, Chain, Entry, Item, Package};
use comity_record::{Canonical, RecordId, Uuid};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The namespace of the names of a graph: UUIDs of version 5 in it, so that two exports give the same graph.
const NAMES: Uuid = Uuid(0x6f6d_6974_7900_5e1d_8c0e_000e_71de_ce00);

/// The prefixes of a graph, each with what it stands for.
const CONTEXT: &[(&str, &str)] = &[
    ("case-investigation", "https://ontology.caseontology.org/case/investigation/"),
    ("uco-action", "https://ontology.unifiedcyberontology.org/uco/action/"),
    ("uco-core", "https://ontology.unifiedcyberontology.org/uco/core/"),
    ("uco-identity", "https://ontology.unifiedcyberontology.org/uco/identity/"),
    ("uco-location", "https://ontology.unifiedcyberontology.org/uco/location/"),
    ("uco-observable", "https://ontology.unifiedcyberontology.org/uco/observable/"),
    ("uco-tool", "https://ontology.unifiedcyberontology.org/uco/tool/"),
    ("uco-types", "https://ontology.unifiedcyberontology.org/uco/types/"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

struct Graph {
    record: RecordId,
    nodes: BTreeMap<String, Value>,
}

/// The graph of a package and the custody records of its holders.
pub fn graph(record: RecordId, package: &Package, chains: &[Chain]) -> Value {
    let mut graph = Graph { record, nodes: BTreeMap::new() };
    let files: BTreeMap<_, _> = package.items.iter().map(|item| (item.sha256, graph.file(item))).collect();
    let authorisation = graph.add(
        "authorization",
        &package.order,
        json!({
            "@type": "case-investigation:Authorization",
            "case-investigation:authorizationIdentifier": package.order,
        }),
    );
    let mut parts: Vec<Value> = files.values().cloned().collect();
    for chain in chains {
        parts.extend(graph.chain(chain, &files));
    }
    graph.add(
        "investigation",
        &package.case.to_string(),
        json!({
            "@type": "case-investigation:Investigation",
            "uco-core:name": format!("case {}", package.case),
            "case-investigation:relevantAuthorization": [authorisation],
            "uco-core:object": parts,
        }),
    );
    let kb = format!("urn:comity:{record}:");
    let mut context = serde_json::Map::new();
    context.insert("kb".to_owned(), json!(kb));
    context.extend(CONTEXT.iter().map(|(prefix, iri)| ((*prefix).to_owned(), json!(iri))));
    json!({ "@context": context, "@graph": graph.nodes.into_values().collect::<Vec<_>>() })
}

impl Graph {
    /// Adds a node that has a name of its kind, once; a reference to it.
    fn add(&mut self, kind: &str, name: &str, mut node: Value) -> Value {
        let whole = format!("{}\0{kind}\0{name}", self.record);
        let id = format!("kb:{kind}-{}", Uuid::of_name(NAMES, whole.as_bytes()));
        if let Some(fields) = node.as_object_mut() {
            fields.insert("@id".to_owned(), json!(id));
        }
        self.nodes.entry(id.clone()).or_insert(node);
        json!({ "@id": id })
    }

    fn file(&mut self, item: &Item) -> Value {
        let hashes = [("SHA256", item.sha256.to_string()), ("SHA512", item.sha512.to_string())];
        let hashes: Vec<Value> = hashes
            .into_iter()
            .map(|(method, value)| {
                let node = json!({
                    "@type": "uco-types:Hash",
                    "uco-types:hashMethod": method,
                    "uco-types:hashValue": { "@type": "xsd:hexBinary", "@value": value },
                });
                self.add("hash", &format!("{} {method}", item.id), node)
            })
            .collect();
        let size = json!({ "@type": "xsd:integer", "@value": item.size.to_string() });
        let content = json!({
            "@type": "uco-observable:ContentDataFacet",
            "uco-observable:mimeType": item.media_type,
            "uco-observable:sizeInBytes": size,
            "uco-observable:hash": hashes,
        });
        let content = self.add("content-data-facet", &item.id, content);
        let named = json!({
            "@type": "uco-observable:FileFacet",
            "uco-observable:fileName": item.name,
            "uco-observable:sizeInBytes": size,
        });
        let named = self.add("file-facet", &item.id, named);
        let about = format!(
            "source: {}; selector: {}; time basis: {}; tool: {}; operator: {}",
            item.source, item.selector, item.time_basis, item.tool, item.operator
        );
        let file = json!({
            "@type": "uco-observable:File",
            "uco-core:name": item.name,
            "uco-core:description": about,
            "uco-core:hasFacet": [content, named],
        });
        self.add("file", &item.id, file)
    }

    /// One action for each entry, and the provenance record of the holder: its root exhibits are the files.
    fn chain(&mut self, chain: &Chain, files: &BTreeMap<comity_record::Hash, Value>) -> Vec<Value> {
        let (mut parts, mut before) = (Vec::new(), None);
        for entry in chain.entries() {
            let action = self.action(entry, files, before.as_ref());
            before = Some(action.clone());
            parts.push(action);
        }
        let Some(holder) = chain.holder() else { return parts };
        let provenance = json!({
            "@type": "case-investigation:ProvenanceRecord",
            "uco-core:description": format!("custody record of {holder}"),
            "case-investigation:exhibitNumber": self.record.to_string(),
            "uco-core:object": files.values().cloned().chain(parts.iter().cloned()).collect::<Vec<_>>(),
        });
        parts.push(self.add("provenance-record", holder.as_str(), provenance));
        parts
    }

    fn action(
        &mut self,
        entry: &Entry,
        files: &BTreeMap<comity_record::Hash, Value>,
        before: Option<&Value>,
    ) -> Value {
        let touched: Vec<Value> =
            entry.objects.iter().filter_map(|object| files.get(object)).cloned().collect();
        let performer = json!({
            "@type": "uco-identity:Identity",
            "uco-core:name": format!("{} of {} ({})", entry.officer, entry.unit, entry.party),
        });
        let performer = self.add("identity", &format!("{} {}", entry.party, entry.officer), performer);
        let at = json!({ "@type": "xsd:dateTime", "@value": entry.at.to_string() });
        let mut node = json!({
            "@type": "case-investigation:InvestigativeAction",
            "uco-core:name": entry.act.as_str(),
            "uco-core:description": format!("{}; custody entry {} of {}, SHA-256 {}",
                entry.reason, entry.number, entry.party, entry.hash()),
            "uco-action:startTime": at,
            "uco-action:endTime": at,
            "uco-action:performer": performer,
        });
        let mut set = |key: &str, value: Value| {
            if let Some(fields) = node.as_object_mut() {
                fields.insert(key.to_owned(), value);
            }
        };
        // The first touch has no input: what it touches is its result.
        let first = matches!(entry.act, Act::Collected | Act::Received);
        if !first {
            set("uco-action:object", json!(touched));
        }
        if entry.act != Act::Destroyed {
            set("uco-action:result", json!(touched));
        }
        if let Some(before) = before {
            set("case-investigation:wasInformedBy", json!([before]));
        }
        if !entry.tool.is_empty() {
            let tool = json!({ "@type": "uco-tool:Tool", "uco-core:name": entry.tool });
            set("uco-action:instrument", json!([self.add("tool", &entry.tool, tool)]));
        }
        if let Some(transfer) = &entry.transfer {
            let other = json!({
                "@type": "uco-identity:Organization", "uco-core:name": transfer.party.as_str(),
            });
            let other = self.add("organization", transfer.party.as_str(), other);
            set("uco-action:instrument", json!([other]));
        }
        if !entry.place.is_empty() {
            let place = json!({ "@type": "uco-location:Location", "uco-core:name": entry.place });
            set("uco-action:location", json!([self.add("location", &entry.place, place)]));
        }
        self.add("investigative-action", &format!("{} {}", entry.party, entry.number), node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use comity_affairs::{CaseId, custody::Digest};
    use std::collections::BTreeSet;

    const TERMS: &str = include_str!("../../../../../data/affairs/case_uco_terms.csv");

    fn sample() -> (Package, Chain) {
        let mut digest = Digest::new();
        digest.update(b"a letter");
        let (size, sha256, sha512) = digest.finish();
        let item = Item {
            id: "0001".into(),
            name: "mail.mbox".into(),
            media_type: "application/mbox".into(),
            size,
            sha256,
            sha512,
            source: "mail.example".into(),
            selector: "account person-1".into(),
            time_basis: "UTC".into(),
            tool: "imager 4.2".into(),
            operator: "lab.two".parse().unwrap(),
            privileged: false,
            personal: None,
        };
        let mut chain = Chain::default();
        for act in Act::ALL.iter().filter(|act| !matches!(act, Act::Received | Act::HandedOver)) {
            let entry = Entry {
                number: 0,
                previous: None,
                party: "XB".parse().unwrap(),
                unit: "lab".parse().unwrap(),
                officer: "hand".parse().unwrap(),
                at: "2026-03-01T08:00:00Z".parse().unwrap(),
                act: *act,
                objects: vec![sha256],
                place: "room 4".into(),
                reason: "order 7".into(),
                tool: "imager 4.2".into(),
                transfer: None,
            };
            chain.write(entry).unwrap();
        }
        let package = Package {
            version: 1,
            case: CaseId(sha256),
            from: "XB".parse().unwrap(),
            unit: "lab".parse().unwrap(),
            order: "order 7".into(),
            closed: "2026-03-01T09:00:00Z".parse().unwrap(),
            items: vec![item],
            conditions: Vec::new(),
            custody: chain.head().unwrap(),
            certificate: String::new(),
        };
        (package, chain)
    }

    /// Every class and property of a value, but for JSON-LD's own words and XML Schema's types.
    fn terms(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Array(all) => all.iter().for_each(|one| terms(one, found)),
            Value::Object(fields) => {
                for (key, value) in fields {
                    match (key.as_str(), value) {
                        ("@type", Value::String(class)) if !class.starts_with("xsd:") => {
                            found.insert(class.clone());
                        }
                        (key, _) if !key.starts_with('@') => {
                            found.insert(key.to_owned());
                        }
                        _ => {}
                    }
                    terms(value, found);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn every_term_stands_in_the_list_with_its_source() {
        let (package, chain) = sample();
        let graph = graph(RecordId::default(), &package, &[chain]);
        let mut used = BTreeSet::new();
        terms(&graph["@graph"], &mut used);
        let context = graph["@context"].as_object().unwrap();
        let listed: BTreeMap<&str, &str> = TERMS
            .lines()
            .skip(1)
            .map(|line| {
                let mut cells = line.split(',');
                (cells.next().unwrap(), cells.nth(1).unwrap())
            })
            .collect();
        for term in &used {
            let iri = listed.get(term.as_str()).unwrap_or_else(|| panic!("`{term}` is not in the list"));
            let (prefix, name) = term.split_once(':').unwrap();
            assert_eq!(format!("{}{name}", context[prefix].as_str().unwrap()), *iri);
        }
        let unused: Vec<_> = listed.keys().filter(|term| !used.contains(**term)).collect();
        // An organisation appears only in a transfer.
        assert_eq!(unused, [&"uco-identity:Organization"]);
    }

    #[test]
    fn the_first_touch_has_no_input_and_each_reference_leads_somewhere() {
        let (package, chain) = sample();
        let graph = graph(RecordId::default(), &package, &[chain]);
        let nodes = graph["@graph"].as_array().unwrap();
        let ids: BTreeSet<&str> = nodes.iter().map(|node| node["@id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), nodes.len());
        let mut collected = 0;
        for node in nodes {
            if node["uco-core:name"] == "collected" {
                collected += 1;
                assert!(node.get("uco-action:object").is_none() && node.get("uco-action:result").is_some());
            }
            let mut wanted = vec![node];
            while let Some(value) = wanted.pop() {
                match value {
                    Value::Array(all) => wanted.extend(all),
                    Value::Object(fields) => {
                        if let (Some(Value::String(id)), 1) = (fields.get("@id"), fields.len()) {
                            assert!(ids.contains(id.as_str()), "{id}");
                        }
                        wanted.extend(fields.values());
                    }
                    _ => {}
                }
            }
        }
        assert_eq!(collected, 1);
    }
}
