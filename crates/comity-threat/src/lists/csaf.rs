//! CSAF 2.0 security advisories: a report, and the vulnerabilities it is about.

use super::{Entry, ListFault, Reading, Report, Thing, Vulnerability, date};
use crate::marking::tlp_named;
use comity_record::label::Tlp;
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Deserialize)]
struct Advisory<'a> {
    #[serde(borrow)]
    document: Document<'a>,
    #[serde(borrow, default)]
    vulnerabilities: Vec<Flaw<'a>>,
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    title: Cow<'a, str>,
    #[serde(borrow)]
    csaf_version: Cow<'a, str>,
    #[serde(borrow)]
    tracking: Tracking<'a>,
    #[serde(borrow, default)]
    distribution: Option<Distribution<'a>>,
    #[serde(borrow, default)]
    notes: Vec<Note<'a>>,
    #[serde(borrow, default)]
    references: Vec<Reference<'a>>,
}

#[derive(Deserialize)]
struct Tracking<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    initial_release_date: Cow<'a, str>,
    #[serde(borrow)]
    current_release_date: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Distribution<'a> {
    #[serde(borrow, default)]
    tlp: Option<Label<'a>>,
}

#[derive(Deserialize)]
struct Label<'a> {
    #[serde(borrow)]
    label: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Note<'a> {
    #[serde(borrow)]
    category: Cow<'a, str>,
    #[serde(borrow)]
    text: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow)]
    url: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Flaw<'a> {
    #[serde(borrow, default)]
    cve: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    title: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    notes: Vec<Note<'a>>,
    #[serde(borrow, default)]
    references: Vec<Reference<'a>>,
}

pub(super) fn read(text: &str) -> Result<Reading, ListFault> {
    let bad = |why: String| ListFault::BadDocument { format: "CSAF 2.0", why };
    let advisory: Advisory<'_> = serde_json::from_str(text).map_err(|why| bad(why.to_string()))?;
    let document = &advisory.document;
    if document.csaf_version != "2.0" {
        return Err(bad(format!("it is of version `{}`", crate::reader::brief(&document.csaf_version))));
    }
    let colour = document.distribution.as_ref().and_then(|distribution| distribution.tlp.as_ref());
    let tlp = colour.and_then(|colour| tlp_named(&colour.label));
    let mut reading = Reading::default();
    for (place, flaw) in advisory.vulnerabilities.iter().enumerate() {
        reading.lines += 1;
        match flaw.cve.as_ref().or(flaw.title.as_ref()) {
            Some(name) => {
                let thing = vulnerability(name, flaw, document, tlp);
                reading.entries.push(Entry { line: 1, thing: Thing::Vulnerability(thing) });
            }
            None => {
                let message = format!("vulnerability {place} has neither a CVE number nor a title");
                reading.refuse(1, "list/no-value", message);
            }
        }
    }
    let report = report(document, reading.entries.len(), tlp);
    reading.entries.push(Entry { line: 1, thing: Thing::Report(report) });
    Ok(reading)
}

fn vulnerability(name: &str, flaw: &Flaw<'_>, document: &Document<'_>, tlp: Option<Tlp>) -> Vulnerability {
    Vulnerability {
        name: name.to_owned(),
        description: told(&flaw.notes),
        labels: Vec::new(),
        created: date::read(&document.tracking.initial_release_date),
        modified: date::read(&document.tracking.current_release_date),
        references: urls(&flaw.references),
        tlp,
    }
}

fn report(document: &Document<'_>, flaws: usize, tlp: Option<Tlp>) -> Report {
    Report {
        key: document.tracking.id.clone().into_owned(),
        name: document.title.clone().into_owned(),
        description: told(&document.notes),
        published: date::read(&document.tracking.initial_release_date),
        modified: date::read(&document.tracking.current_release_date),
        references: urls(&document.references),
        about: (0..flaws).collect(),
        tlp,
    }
}

/// The summary, else the description.
fn told(notes: &[Note<'_>]) -> Option<String> {
    let of = |category: &str| notes.iter().find(|note| note.category == category);
    let note = of("summary").or_else(|| of("description"))?;
    Some(note.text.chars().take(10_000).collect())
}

fn urls(references: &[Reference<'_>]) -> Vec<String> {
    references.iter().map(|reference| reference.url.clone().into_owned()).take(50).collect()
}
