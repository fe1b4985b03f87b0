//! The catalogue of known exploited vulnerabilities, as its JSON is published.

use super::{Entry, ListFault, Reading, Thing, Vulnerability, date};
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Deserialize)]
struct Catalogue<'a> {
    #[serde(borrow)]
    vulnerabilities: Vec<Row<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(borrow, rename = "cveID")]
    cve: Cow<'a, str>,
    #[serde(borrow, default)]
    vulnerability_name: Cow<'a, str>,
    #[serde(borrow, default)]
    date_added: Cow<'a, str>,
    #[serde(borrow, default)]
    short_description: Cow<'a, str>,
    #[serde(borrow, default)]
    known_ransomware_campaign_use: Cow<'a, str>,
    #[serde(borrow, default)]
    notes: Cow<'a, str>,
}

pub(super) fn read(text: &str) -> Result<Reading, ListFault> {
    let catalogue: Catalogue<'_> = serde_json::from_str(text)
        .map_err(|why| ListFault::BadDocument { format: "the KEV catalogue", why: why.to_string() })?;
    let mut reading = Reading::default();
    for (place, row) in catalogue.vulnerabilities.iter().enumerate() {
        reading.lines += 1;
        if !row.cve.starts_with("CVE-") {
            let message = format!("entry {place} has no CVE number");
            reading.refuse(1, "list/no-value", message);
            continue;
        }
        reading.entries.push(Entry { line: 1, thing: Thing::Vulnerability(vulnerability(row)) });
    }
    Ok(reading)
}

fn vulnerability(row: &Row<'_>) -> Vulnerability {
    let mut labels = vec!["known-exploited".to_owned()];
    if row.known_ransomware_campaign_use == "Known" {
        labels.push("ransomware".to_owned());
    }
    let words = row.notes.split([' ', ';']).filter(|word| word.starts_with("http"));
    let both = [&*row.vulnerability_name, &*row.short_description];
    let told: Vec<&str> = both.into_iter().filter(|text| !text.is_empty()).collect();
    Vulnerability {
        name: row.cve.clone().into_owned(),
        description: (!told.is_empty()).then(|| told.join(": ")),
        labels,
        created: date::read(&row.date_added),
        modified: None,
        references: words.take(20).map(str::to_owned).collect(),
        tlp: None,
    }
}
