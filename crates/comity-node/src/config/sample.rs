//! The configuration as commented TOML.

use super::{
    Config, Party, TimeStamp,
    section::{Key, Section},
};
use serde::Serialize;

/// A value as TOML writes it on one line.
pub(super) fn value<T: Serialize>(value: &T) -> String {
    // A table is written inline; nothing in a configuration fails to be TOML, which a test checks for every key.
    toml::Value::try_from(value).map(|value| value.to_string()).unwrap_or_default()
}

pub(super) fn render(config: &Config) -> String {
    let mut out =
        String::from("# The configuration of a Comity node. Every key is shown with its comment.\n");
    section(&mut out, "node", &config.node, "");
    section(&mut out, "peers", &config.peers, "");
    section(&mut out, "api", &config.api, "");
    section(&mut out, "taxii", &config.taxii, "");
    section(&mut out, "lookup", &config.lookup, "");
    section(&mut out, "witness", &config.witness, "");
    section(&mut out, "evidence", &config.evidence, "");
    section(&mut out, "log", &config.log, "");
    if config.timestamp.is_empty() {
        out.push_str("\n# One section for each service of time-stamps, under a name of your choice.\n");
        section(&mut out, "timestamp.NAME", &TimeStamp::default(), "# ");
    }
    for (name, service) in &config.timestamp {
        section(&mut out, &format!("timestamp.{name}"), service, "");
    }
    if config.party.is_empty() {
        out.push_str("\n# One section for each party hosted here. XA is an invented State.\n");
        section(&mut out, "party.XA", &Party::default(), "# ");
    }
    for (code, party) in &config.party {
        section(&mut out, &format!("party.{}", code.0), party, "");
    }
    out
}

pub(super) fn keys() -> Vec<String> {
    let config = Config::default();
    let list = |name: &str, keys: Vec<Key>| {
        keys.into_iter().map(|key| format!("{name}.{} = {}", key.name, key.value)).collect::<Vec<_>>()
    };
    [
        list("node", config.node.keys()),
        list("peers", config.peers.keys()),
        list("api", config.api.keys()),
        list("taxii", config.taxii.keys()),
        list("lookup", config.lookup.keys()),
        list("witness", config.witness.keys()),
        list("evidence", config.evidence.keys()),
        list("log", config.log.keys()),
        list("timestamp.<name>", TimeStamp::default().keys()),
        list("party.<code>", Party::default().keys()),
    ]
    .concat()
}

/// One section; `mark` before each line makes it an example.
fn section<S: Section>(out: &mut String, name: &str, section: &S, mark: &str) {
    out.push('\n');
    comment(out, &S::about(), mark);
    out.push_str(&format!("{mark}[{name}]\n"));
    for Key { name, doc, value } in section.keys() {
        comment(out, &doc, mark);
        out.push_str(&format!("{mark}{name} = {value}\n"));
    }
}

fn comment(out: &mut String, doc: &str, mark: &str) {
    for line in doc.lines() {
        out.push_str(&format!("{mark}#{line}\n"));
    }
}
