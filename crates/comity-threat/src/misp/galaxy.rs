//! Galaxy clusters as STIX objects: `data/threat/misp-galaxies.csv` says which type.
//!
//! The cluster's own JSON stays where it was, in the event or the attribute that carries it; the object made here is for
//! search, relations and other tools. MISP gives clusters no time of creation: `created` is 1970-01-01 and `modified` as
//! many seconds after it as the cluster's version says, so that a later version follows an earlier one and none passes for
//! an object of its original source.

use super::{
    convert::{NAMESPACE, time_of},
    emit::Emit,
    reach::Reach,
    scan::Slice,
};
use crate::{TableFault, table::rows, uuid::Uuid};
use std::{borrow::Cow, collections::BTreeMap};

/// `misp-galaxies.csv`, read.
#[derive(Debug, Default)]
pub(super) struct Galaxies {
    types: BTreeMap<String, String>,
}

/// A cluster as it stands in an event.
#[derive(Debug, Default)]
pub(super) struct Cluster<'a> {
    galaxy: Cow<'a, str>,
    uuid: Cow<'a, str>,
    name: Cow<'a, str>,
    description: Cow<'a, str>,
    version: Cow<'a, str>,
    tag: Cow<'a, str>,
    /// The facts of its `meta` that bear on it: texts by key.
    meta: Vec<(Cow<'a, str>, Vec<Cow<'a, str>>)>,
}

impl Galaxies {
    pub(super) fn built_in() -> Result<Galaxies, TableFault> {
        let mut galaxies = Galaxies::default();
        let text = include_str!("../../../../data/threat/misp-galaxies.csv");
        rows("misp-galaxies.csv", text, &["galaxy", "type"], |row| {
            galaxies.types.insert(row.field(0).to_owned(), row.field(1).to_owned());
            Ok(())
        })?;
        Ok(galaxies)
    }

    /// The object of a cluster: its id and its text; `None` where the galaxy has no form in STIX.
    pub(super) fn object(&self, cluster: &Cluster<'_>, reach: &Reach) -> Option<(String, String)> {
        let type_name = self.types.get(cluster.galaxy.as_ref()).filter(|_| !cluster.name.is_empty())?;
        let far = reach.name();
        let name: &[&[u8]] =
            &[b"cluster\0", cluster.uuid.as_bytes(), b"\0", cluster.name.as_bytes(), b"\0", far.as_bytes()];
        let id = format!("{type_name}--{}", Uuid::of_name(NAMESPACE, name));
        let mut emit = Emit::new(type_name, &id);
        emit.text("created", &time_of(0));
        emit.text("modified", &time_of(cluster.version.parse().unwrap_or(0)));
        emit.text("name", &cluster.name);
        emit.text_if("description", &cluster.description);
        if type_name == "malware" {
            emit.raw("is_family", "true");
        }
        if matches!(type_name.as_str(), "threat-actor" | "intrusion-set" | "malware" | "tool") {
            emit.texts("aliases", cluster.facts("synonyms"));
        }
        emit.texts("labels", Some(&cluster.tag).filter(|tag| !tag.is_empty()));
        for (key, property) in STATES {
            emit.texts(property, cluster.facts(key));
        }
        super::convert::marks(&mut emit, reach, None);
        cluster.references(&mut emit);
        Some((id, emit.finish()))
    }
}

/// What a cluster says of a State, and the property that the rules on attribution look at.
const STATES: &[(&str, &str)] =
    &[("country", "x_misp_country"), ("cfr-suspected-state-sponsor", "x_misp_cfr_suspected_state_sponsor")];

impl<'a> Cluster<'a> {
    /// The clusters of a member `Galaxy`.
    pub(super) fn of_list(galaxies: Slice<'a>) -> Vec<Cluster<'a>> {
        let mut found = Vec::new();
        for galaxy in galaxies.elements() {
            let kind = galaxy.get("type").and_then(Slice::as_text).unwrap_or_default();
            let clusters = galaxy.get("GalaxyCluster").into_iter().flat_map(Slice::elements);
            found.extend(clusters.map(|cluster| Cluster::read(kind.clone(), cluster)));
        }
        found
    }

    fn read(galaxy: Cow<'a, str>, slice: Slice<'a>) -> Cluster<'a> {
        let mut cluster = Cluster { galaxy, ..Cluster::default() };
        for (key, value) in slice.members() {
            let text = || value.as_text().unwrap_or_default();
            match key.as_ref() {
                "uuid" => cluster.uuid = text(),
                "value" => cluster.name = text(),
                "description" => cluster.description = text(),
                "version" => cluster.version = text(),
                "tag_name" => cluster.tag = text(),
                "meta" => cluster.meta = meta(value),
                _ => {}
            }
        }
        cluster
    }

    fn facts(&self, key: &str) -> impl Iterator<Item = &str> {
        let found = self.meta.iter().filter(move |(found, _)| found == key);
        found.flat_map(|(_, texts)| texts).map(Cow::as_ref).filter(|text| !text.is_empty())
    }

    fn references(&self, emit: &mut Emit) {
        let mut references = Vec::new();
        for id in self.facts("external_id") {
            let mut reference = Emit::bare();
            reference.text("source_name", catalogue(id).unwrap_or("misp-galaxy"));
            reference.text("external_id", id);
            references.push(reference.finish());
        }
        for url in self.facts("refs").filter(|url| url.contains("://")).take(50) {
            let mut reference = Emit::bare();
            reference.text("source_name", "misp-galaxy");
            reference.text("url", url);
            references.push(reference.finish());
        }
        if !references.is_empty() {
            emit.raw("external_references", &format!("[{}]", references.join(",")));
        }
    }
}

/// The catalogue that a number is of, where STIX wants it named (STIX 2.1 sections 4.1.1 and 4.18.1).
pub(super) fn catalogue(number: &str) -> Option<&'static str> {
    match number.get(..4) {
        Some("CVE-") => Some("cve"),
        Some("CAPE") => Some("capec"),
        _ => None,
    }
}

/// `meta` holds a text or a list of texts for each key.
fn meta<'a>(slice: Slice<'a>) -> Vec<(Cow<'a, str>, Vec<Cow<'a, str>>)> {
    let texts = |value: Slice<'a>| match value.is_list() {
        true => value.elements().filter_map(Slice::as_text).collect(),
        false => value.as_text().into_iter().collect(),
    };
    slice.members().map(|(key, value)| (key, texts(value))).collect()
}
