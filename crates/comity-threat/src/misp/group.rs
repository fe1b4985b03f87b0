//! The attributes, objects, references and reports of an event.

use super::{
    attribute::Attribute,
    emit::without_lists,
    head::Head,
    part::PartKind,
    reach::Reach,
    scan::{Member, Slice},
    work::Work,
};
use crate::reader::ReadFault;

impl<'a> Work<'_, 'a> {
    pub(super) fn lists(&mut self, members: &[Member<'a>]) -> Result<(), ReadFault> {
        for (key, value) in members {
            match key.as_ref() {
                "Attribute" => {
                    let (report, reach) = (self.event_id(), self.reach.clone());
                    for (at, slice) in value.elements().enumerate() {
                        self.check(slice, || format!("Event.Attribute.[{at}]"))?;
                        self.attribute(slice, &report, &reach);
                    }
                }
                "Object" => {
                    for (at, slice) in value.elements().enumerate() {
                        self.check(slice, || format!("Event.Object.[{at}]"))?;
                        self.object(slice);
                    }
                }
                "EventReport" => {
                    for (at, slice) in value.elements().enumerate() {
                        self.check(slice, || format!("Event.EventReport.[{at}]"))?;
                        self.report(slice);
                    }
                }
                other if value.is_object() || value.is_list() => {
                    self.check_nested(*value, || format!("Event.{other}"))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn attribute(&mut self, slice: Slice<'a>, within: &str, around: &Reach) {
        let attribute = Attribute::read(slice);
        self.done.attributes += 1;
        attribute.convert(self, within, around);
    }

    fn object(&mut self, slice: Slice<'a>) {
        self.done.objects += 1;
        let mut head = Head::default();
        slice.members().for_each(|(key, value)| head.read(&key, value));
        let uuid = self.uuid_of(head.uuid.as_deref(), slice);
        let level = self.conversion.mapping.levels.of(head.distribution.as_deref(), self.conversion.arrival);
        let reach = self.reach.join(&level).join(&head.marks.reach());
        let id = format!("grouping--{uuid}");
        self.made.insert(head.uuid.as_deref().unwrap_or(&uuid).to_owned(), (id.clone(), reach.clone()));
        let before = self.refs.len();
        for attribute in slice.get("Attribute").into_iter().flat_map(Slice::elements) {
            if attribute.is_object() {
                self.attribute(attribute, &id, &reach);
            }
        }
        let as_far = self.reach.is_as_far_as(&reach);
        let inside: Vec<String> = self.refs.get(before..).unwrap_or_default().to_vec();
        if let Some(references) = slice.get("ObjectReference").filter(|list| list.is_list()) {
            self.pending.push((id.clone(), reach.clone(), references));
        }
        let mut emit = self.head("grouping", &id, head.timestamp, &reach, &head.marks.tags, None);
        if head.deleted {
            emit.raw("revoked", "true");
        }
        emit.text_if("name", &head.name);
        emit.text_if("description", if head.comment.is_empty() { &head.description } else { &head.comment });
        emit.raw("context", "\"unspecified\"");
        // What is not as wide as the grouping is not named in it.
        match inside.is_empty() || !as_far {
            true => emit.texts("object_refs", [self.fallback()]),
            false => emit.texts("object_refs", inside),
        }
        self.part(&mut emit, PartKind::Object, &self.event_id(), &uuid);
        let json = without_lists(slice, &["Attribute", "ObjectReference"]);
        self.give(emit, &json, id, &uuid, &reach);
        self.keep_local(&uuid, &head.marks);
    }

    fn report(&mut self, slice: Slice<'a>) {
        let mut head = Head::default();
        slice.members().for_each(|(key, value)| head.read(&key, value));
        let uuid = self.uuid_of(head.uuid.as_deref(), slice);
        let level = self.conversion.mapping.levels.of(head.distribution.as_deref(), self.conversion.arrival);
        let reach = self.reach.join(&level);
        let id = format!("note--{uuid}");
        let mut emit = self.head::<&str>("note", &id, head.timestamp, &reach, &[], None);
        if head.deleted {
            emit.raw("revoked", "true");
        }
        emit.text_if("abstract", &head.name);
        emit.text("content", if head.content.is_empty() { &head.name } else { &head.content });
        emit.texts("object_refs", [self.event_id()]);
        self.part(&mut emit, PartKind::Report, &self.event_id(), &uuid);
        self.give(emit, slice.text, id, &uuid, &reach);
    }

    pub(super) fn references(&mut self) {
        for (object, reach, list) in std::mem::take(&mut self.pending) {
            for slice in list.elements().filter(|slice| slice.is_object()) {
                self.reference(&object, &reach, slice);
            }
        }
    }

    fn reference(&mut self, object: &str, around: &Reach, slice: Slice<'a>) {
        let mut head = Head::default();
        slice.members().for_each(|(key, value)| head.read(&key, value));
        let target = self.made.get(head.referenced.as_ref()).cloned();
        let copied = slice.get("Attribute").or_else(|| slice.get("Object")).is_some();
        let (target, reach) = match target {
            Some((id, reach)) => (id, around.join(&reach)),
            // A copy of something that is not in this event: nobody said how far it may go.
            None if copied => (self.fallback(), Reach::home()),
            None => (self.fallback(), around.clone()),
        };
        let uuid = self.uuid_of(head.uuid.as_deref(), slice);
        let id = format!("relationship--{uuid}");
        let mut emit = self.head::<&str>("relationship", &id, head.timestamp, &reach, &[], None);
        if head.deleted {
            emit.raw("revoked", "true");
        }
        emit.text("relationship_type", &verb(&head.relationship));
        emit.text("source_ref", object);
        emit.text("target_ref", &target);
        emit.text_if("description", &head.comment);
        self.part(&mut emit, PartKind::Reference, object, &uuid);
        self.give(emit, slice.text, id, &uuid, &reach);
    }
}

/// A relationship type as STIX allows it: lower-case letters, digits and hyphens (STIX 2.1 section 5.1).
fn verb(text: &str) -> String {
    let clean: String = text
        .chars()
        .take(100)
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let clean = clean.trim_matches('-');
    if clean.is_empty() { "related-to".to_owned() } else { clean.to_owned() }
}
