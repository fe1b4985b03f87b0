//! The event itself, and what concerns only the instance it comes from.

use super::{
    ORIGINAL,
    convert::{time_of, without_local},
    emit::{Emit, push_json, without_lists},
    head::Marks,
    part::PartKind,
    reach::Reach,
    scan::{Member, Slice},
    work::Work,
};

/// Members of an event that concern only the instance it comes from: how many attributes there are, which other events it
/// has that are like this one, and the address of who wrote it.
const INSTANCE_MEMBERS: &[&str] = &["attribute_count", "RelatedEvent", "event_creator_email", "Sighting"];

impl<'a> Work<'_, 'a> {
    /// The event without its lists, as a report.
    pub(super) fn shell(&mut self, event: Slice<'a>) {
        let marks = std::mem::take(&mut self.marks);
        let reach = self.reach.clone();
        let claim = self.clusters(&marks.clusters, &reach, None);
        let id = self.event_id();
        let mut emit = self.head("report", &id, None, &reach, &marks.tags, claim.as_deref());
        emit.text("name", if self.info.is_empty() { "(no title)" } else { &self.info });
        emit.text("published", &time_of(self.published));
        let mut refs = std::mem::take(&mut self.refs);
        if refs.is_empty() {
            refs.push(self.fallback());
        }
        emit.texts("object_refs", refs);
        if self.deleted {
            emit.raw("revoked", "true");
        }
        self.part(&mut emit, PartKind::Event, "", &self.uuid);
        let emptied = ["Attribute", "Object", "EventReport"];
        let json = without_instance(event, &emptied, &marks);
        emit.json_as_text(ORIGINAL, &json);
        (self.each)(emit.finish());
        self.keep_local(&self.uuid.clone(), &marks);
    }

    /// What concerns only the instance: it stays at home.
    pub(super) fn instance(&mut self, members: &[Member<'a>]) {
        let mut json = String::from("{\"order\":[");
        for (at, uuid) in self.order.iter().enumerate() {
            json.push_str(if at > 0 { "," } else { "" });
            push_json(&mut json, uuid);
        }
        json.push_str("],\"members\":{");
        let kept = members.iter().filter(|(key, _)| INSTANCE_MEMBERS.contains(&key.as_ref()));
        for (at, (key, value)) in kept.enumerate() {
            json.push_str(if at > 0 { "," } else { "" });
            push_json(&mut json, key);
            json.push(':');
            json.push_str(value.text);
        }
        json.push_str("},\"local\":[");
        json.push_str(&self.local.join(","));
        json.push_str("]}");
        let id = self.instance_id();
        let mut emit =
            self.head::<&str>("x-misp-instance", &id, Some(self.latest), &Reach::home(), &[], None);
        self.part(&mut emit, PartKind::Instance, "", "");
        emit.json_as_text(ORIGINAL, &json);
        (self.each)(emit.finish());
    }
}

fn without_instance(event: Slice<'_>, emptied: &[&str], marks: &Marks<'_>) -> String {
    let mut json = without_lists(event, emptied);
    for name in INSTANCE_MEMBERS {
        json = without_member(&json, name);
    }
    without_local(json, marks)
}

fn without_member(json: &str, name: &str) -> String {
    let whole = Slice::whole(json);
    if whole.get(name).is_none() {
        return json.to_owned();
    }
    let mut out = Emit::bare();
    for (key, value) in whole.members().filter(|(key, _)| key != name) {
        out.raw_quoted(&key, value.text);
    }
    out.finish()
}
