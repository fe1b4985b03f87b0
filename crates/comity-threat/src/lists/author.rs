//! The STIX objects of what a list names, authored by us.

use super::{Entry, Indicator, Report, Thing, Vulnerability};
use crate::{
    Moment, Object,
    identifier::authored_id,
    value::{Kind, Value},
};
use comity_record::{Timestamp, label::Tlp};

/// Who writes, from which source, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The party's code.
    pub party: String,
    /// The party's name.
    pub name: String,
    /// What the list is called.
    pub source: String,
    /// The time of the import.
    pub now: Timestamp,
    /// The audience of what names none.
    pub tlp: Tlp,
}

/// An object that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its id.
    pub id: String,
    /// Its text.
    pub text: String,
}

/// How what a list says stands to the object that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The same, but for the time of the import.
    Known,
    /// It says something else now: this is the next version.
    Changed(Written),
}

impl Author {
    /// The id of the party as an author.
    pub fn identity_id(&self) -> String {
        authored_id("identity", &[&self.party])
    }

    /// The party as an author. Its times are fixed, so that it is one object for good.
    pub fn identity(&self) -> Written {
        let id = self.identity_id();
        let mut object = Writer::new("identity", &id, "2020-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z");
        object.text("name", &self.name);
        object.text("identity_class", "organization");
        object.marking(Tlp::Clear);
        Written { text: object.end(), id }
    }

    /// The id of what an entry names.
    pub fn id_of(&self, thing: &Thing) -> String {
        let own =
            |kind: &str, word: &str, key: &str| authored_id(kind, &[&self.party, &self.source, word, key]);
        match thing {
            Thing::Indicator(one) => own("indicator", one.value.kind().word(), one.value.text()),
            Thing::Vulnerability(one) => own("vulnerability", "", &one.name),
            Thing::Report(one) => own("report", "", &one.key),
        }
    }

    /// The first version of the object of an entry; `entries` are those of its reading, for reports.
    pub fn write(&self, thing: &Thing, entries: &[Entry]) -> Written {
        let created = first_time(thing).map_or_else(|| self.now.to_string(), millis);
        let modified =
            last_time(thing).map_or_else(|| created.clone(), |time| millis(time).max(created.clone()));
        self.version(thing, entries, &created, &modified)
    }

    /// How an entry stands to the object of its id that is held.
    pub fn against(&self, thing: &Thing, entries: &[Entry], held: &Object<'_>) -> Standing {
        let (created, modified) = (held.common().created(), held.common().modified());
        let (created, modified) = (created.unwrap_or_default(), modified.unwrap_or_default());
        if self.version(thing, entries, created, modified).text == held.text() {
            return Standing::Known;
        }
        // A version that says something else is later than the one that is held, whatever the source says.
        let said = last_time(thing).map(millis).filter(|time| time.as_str() > modified);
        let next = said.unwrap_or_else(|| later(modified, self.now));
        Standing::Changed(self.version(thing, entries, created, &next))
    }

    fn version(&self, thing: &Thing, entries: &[Entry], created: &str, modified: &str) -> Written {
        let id = self.id_of(thing);
        let text = match thing {
            Thing::Indicator(one) => self.indicator(one, &id, created, modified),
            Thing::Vulnerability(one) => self.vulnerability(one, &id, created, modified),
            Thing::Report(one) => self.report(one, entries, &id, created, modified),
        };
        Written { id, text }
    }

    fn indicator(&self, one: &Indicator, id: &str, created: &str, modified: &str) -> String {
        let mut object = Writer::new("indicator", id, created, modified);
        object.text("created_by_ref", &self.identity_id());
        object.text("name", &one.value.shown());
        let description = one.description.clone().unwrap_or_else(|| format!("Listed by {}", self.source));
        object.text("description", &description);
        object.list("indicator_types", &["unknown"]);
        object.text("pattern", &pattern(&one.value));
        object.text("pattern_type", "stix");
        object.text("pattern_version", "2.1");
        object.text("valid_from", created);
        object.labels(&one.labels);
        if let Some(confidence) = one.confidence {
            object.raw("confidence", &confidence.to_string());
        }
        object.references(&self.source, None, one.reference.as_slice());
        object.marking(self.tlp);
        object.end()
    }

    fn vulnerability(&self, one: &Vulnerability, id: &str, created: &str, modified: &str) -> String {
        let mut object = Writer::new("vulnerability", id, created, modified);
        object.text("created_by_ref", &self.identity_id());
        object.text("name", &one.name);
        if let Some(description) = &one.description {
            object.text("description", description);
        }
        object.labels(&one.labels);
        let cve = Some(one.name.as_str()).filter(|name| name.starts_with("CVE-"));
        object.references(&self.source, cve, &one.references);
        object.marking(one.tlp.unwrap_or(self.tlp));
        object.end()
    }

    fn report(&self, one: &Report, entries: &[Entry], id: &str, created: &str, modified: &str) -> String {
        let mut object = Writer::new("report", id, created, modified);
        object.text("created_by_ref", &self.identity_id());
        object.text("name", if one.name.is_empty() { &one.key } else { &one.name });
        if let Some(description) = &one.description {
            object.text("description", description);
        }
        object.list("report_types", &["threat-report"]);
        object.text("published", &one.published.map_or_else(|| created.to_owned(), millis));
        let mut about: Vec<String> = one
            .about
            .iter()
            .filter_map(|place| entries.get(*place))
            .map(|entry| self.id_of(&entry.thing))
            .collect();
        // A report is about something; one without anything is about its author.
        if about.is_empty() {
            about.push(self.identity_id());
        }
        object.list("object_refs", &about);
        object.references(&self.source, None, &one.references);
        object.marking(one.tlp.unwrap_or(self.tlp));
        object.end()
    }

    /// An author for fuzzing and tests: a party of the exercise.
    pub(super) fn exercise() -> Author {
        Author {
            party: "XA".to_owned(),
            name: "State XA".to_owned(),
            source: "trial".to_owned(),
            now: Timestamp::from_millis(1_772_323_200_000),
            tlp: Tlp::Green,
        }
    }
}

fn first_time(thing: &Thing) -> Option<Moment> {
    match thing {
        Thing::Indicator(one) => one.seen,
        Thing::Vulnerability(one) => one.created,
        Thing::Report(one) => one.published,
    }
}

fn last_time(thing: &Thing) -> Option<Moment> {
    match thing {
        Thing::Indicator(_) => None,
        Thing::Vulnerability(one) => one.modified,
        Thing::Report(one) => one.modified,
    }
}

/// To the millisecond, as STIX asks of the times of a version.
fn millis(time: Moment) -> String {
    time.timestamp().to_string()
}

/// The present, or the millisecond after the version that is held.
fn later(modified: &str, now: Timestamp) -> String {
    let held = modified.parse::<Moment>().map_or(0, |time| time.timestamp().as_millis());
    Timestamp::from_millis(now.as_millis().max(held + 1)).to_string()
}

/// The pattern that finds a value, as STIX writes it (2.1 section 9).
pub fn pattern(value: &Value) -> String {
    let quoted = value.text().replace('\\', "\\\\").replace('\'', "\\'");
    let family = |text: &str| if text.contains(':') { "ipv6-addr" } else { "ipv4-addr" };
    match value.kind() {
        Kind::Name => format!("[domain-name:value = '{quoted}']"),
        Kind::Ipv4 => format!("[ipv4-addr:value = '{quoted}']"),
        Kind::Ipv6 => format!("[ipv6-addr:value = '{quoted}']"),
        Kind::Cidr => format!("[{}:value ISSUBSET '{quoted}']", family(&quoted)),
        Kind::AddressPort => with_port(&quoted),
        // A URL without a scheme is meant under either.
        Kind::Url if quoted.starts_with("//") => {
            format!("[url:value = 'http:{quoted}' OR url:value = 'https:{quoted}']")
        }
        Kind::Url => format!("[url:value = '{quoted}']"),
        Kind::Email => format!("[email-addr:value = '{quoted}']"),
        Kind::Md5 => format!("[file:hashes.MD5 = '{quoted}']"),
        Kind::Sha1 => format!("[file:hashes.'SHA-1' = '{quoted}']"),
        Kind::Sha256 => format!("[file:hashes.'SHA-256' = '{quoted}']"),
        Kind::Sha512 => format!("[file:hashes.'SHA-512' = '{quoted}']"),
        Kind::Other => format!("[artifact:payload_bin = '{quoted}']"),
    }
}

fn with_port(text: &str) -> String {
    let (address, port) = text.rsplit_once(':').unwrap_or((text, "0"));
    let address = address.trim_matches(['[', ']']);
    format!("[network-traffic:dst_ref.value = '{address}' AND network-traffic:dst_port = {port}]")
}

/// One object, property by property.
struct Writer(String);

impl Writer {
    fn new(kind: &str, id: &str, created: &str, modified: &str) -> Writer {
        let mut object = Writer(format!("{{\"type\":\"{kind}\",\"spec_version\":\"2.1\",\"id\":\"{id}\""));
        object.text("created", created);
        object.text("modified", modified);
        object
    }

    fn raw(&mut self, key: &str, json: &str) {
        self.0.push_str(",\"");
        self.0.push_str(key);
        self.0.push_str("\":");
        self.0.push_str(json);
    }

    fn text(&mut self, key: &str, text: &str) {
        self.raw(key, &json(text));
    }

    fn list(&mut self, key: &str, texts: &[impl AsRef<str>]) {
        let texts: Vec<String> = texts.iter().map(|text| json(text.as_ref())).collect();
        self.raw(key, &format!("[{}]", texts.join(",")));
    }

    fn labels(&mut self, labels: &[String]) {
        if !labels.is_empty() {
            self.list("labels", labels);
        }
    }

    /// The source, a CVE number and addresses, as external references.
    fn references(&mut self, source: &str, cve: Option<&str>, addresses: &[String]) {
        let source = json(source);
        let mut rows = Vec::new();
        if let Some(cve) = cve {
            rows.push(format!("{{\"source_name\":\"cve\",\"external_id\":{}}}", json(cve)));
        }
        for address in addresses {
            // What is no address is told, not linked.
            let key = if (crate::validate::text::URI.holds)(address) { "url" } else { "description" };
            rows.push(format!("{{\"source_name\":{source},\"{key}\":{}}}", json(address)));
        }
        if addresses.is_empty() {
            rows.push(format!("{{\"source_name\":{source},\"description\":\"the list it was read from\"}}"));
        }
        self.raw("external_references", &format!("[{}]", rows.join(",")));
    }

    fn marking(&mut self, tlp: Tlp) {
        self.list("object_marking_refs", &[crate::marking::reference(tlp)]);
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
