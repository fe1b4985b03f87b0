//! What the heads of events, objects, references and reports say.

use super::{convert::seconds, galaxy::Cluster, reach::Reach, scan::Slice};
use std::borrow::Cow;

/// What the heads of events, objects, references and reports say.
#[derive(Debug, Default)]
pub(super) struct Head<'a> {
    pub(super) uuid: Option<Cow<'a, str>>,
    pub(super) info: Cow<'a, str>,
    pub(super) name: Cow<'a, str>,
    pub(super) description: Cow<'a, str>,
    pub(super) comment: Cow<'a, str>,
    pub(super) content: Cow<'a, str>,
    pub(super) date: Cow<'a, str>,
    pub(super) timestamp: Option<i64>,
    pub(super) publish_timestamp: Option<i64>,
    pub(super) distribution: Option<Cow<'a, str>>,
    pub(super) deleted: bool,
    pub(super) organisation: Cow<'a, str>,
    pub(super) organisation_uuid: Cow<'a, str>,
    pub(super) referenced: Cow<'a, str>,
    pub(super) relationship: Cow<'a, str>,
    pub(super) marks: Marks<'a>,
}

impl<'a> Head<'a> {
    pub(super) fn read(&mut self, key: &str, value: Slice<'a>) {
        let text = || value.as_text().unwrap_or_default();
        match key {
            "uuid" => self.uuid = value.as_text(),
            "info" => self.info = text(),
            "name" => self.name = text(),
            "description" => self.description = text(),
            "comment" => self.comment = text(),
            "content" => self.content = text(),
            "date" => self.date = text(),
            "timestamp" => self.timestamp = seconds(&text()),
            "publish_timestamp" => self.publish_timestamp = seconds(&text()),
            "distribution" => self.distribution = value.as_text(),
            "deleted" => self.deleted = value.as_flag(),
            "Orgc" => {
                self.organisation = value.get("name").and_then(Slice::as_text).unwrap_or_default();
                self.organisation_uuid = value.get("uuid").and_then(Slice::as_text).unwrap_or_default();
            }
            "referenced_uuid" => self.referenced = text(),
            "relationship_type" => self.relationship = text(),
            _ => self.marks.read(key, value),
        }
    }
}

/// Tags and galaxies of something.
#[derive(Debug, Default)]
pub(super) struct Marks<'a> {
    pub(super) tags: Vec<Cow<'a, str>>,
    pub(super) clusters: Vec<Cluster<'a>>,
    /// List, place in it and JSON of what only the instance sees.
    pub(super) local: Vec<(&'static str, usize, &'a str)>,
}

impl<'a> Marks<'a> {
    /// Reads a member, where it is one of these.
    pub(super) fn read(&mut self, key: &str, value: Slice<'a>) {
        match key {
            "Tag" => {
                for (at, tag) in value.elements().enumerate() {
                    match tag.get("local").is_some_and(Slice::as_flag) {
                        true => self.local.push(("Tag", at, tag.text)),
                        false => self.tags.extend(tag.get("name").and_then(Slice::as_text)),
                    }
                }
            }
            "Galaxy" => {
                for (at, galaxy) in value.elements().enumerate() {
                    let clusters = galaxy.get("GalaxyCluster").into_iter().flat_map(Slice::elements);
                    let mut local = clusters.filter_map(|cluster| cluster.get("local")).map(Slice::as_flag);
                    if local.next().is_some_and(|first| first && local.all(|more| more)) {
                        self.local.push(("Galaxy", at, galaxy.text));
                    }
                }
                self.clusters = Cluster::of_list(value);
            }
            _ => {}
        }
    }

    pub(super) fn reach(&self) -> Reach {
        self.tags.iter().fold(Reach::default(), |reach, tag| reach.join(&Reach::of_tag(tag)))
    }
}
