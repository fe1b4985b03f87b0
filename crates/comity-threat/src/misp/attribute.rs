//! One attribute: what it says, and the object it becomes.

use super::{
    ORIGINAL,
    convert::{labelled, seconds, without_local},
    emit::{Emit, without_lists},
    form::Body,
    galaxy::catalogue,
    head::Marks,
    part::PartKind,
    reach::Reach,
    scan::Slice,
    work::Work,
};
use crate::{Object, uuid::Uuid, validate::refuses, validate::validate};
use std::borrow::Cow;

/// An attribute as it came.
#[derive(Debug)]
pub(super) struct Attribute<'a> {
    slice: Slice<'a>,
    uuid: Option<Cow<'a, str>>,
    type_name: Cow<'a, str>,
    category: Cow<'a, str>,
    value: Cow<'a, str>,
    comment: Cow<'a, str>,
    detects: bool,
    deleted: bool,
    sampled: bool,
    distribution: Option<Cow<'a, str>>,
    timestamp: Option<i64>,
    first_seen: Option<String>,
    last_seen: Option<String>,
    sightings: Option<Slice<'a>>,
    marks: Marks<'a>,
}

impl<'a> Attribute<'a> {
    pub(super) fn read(slice: Slice<'a>) -> Attribute<'a> {
        let mut attribute = Attribute {
            slice,
            uuid: None,
            type_name: Cow::default(),
            category: Cow::default(),
            value: Cow::default(),
            comment: Cow::default(),
            detects: false,
            deleted: false,
            sampled: false,
            distribution: None,
            timestamp: None,
            first_seen: None,
            last_seen: None,
            sightings: None,
            marks: Marks::default(),
        };
        for (key, value) in slice.members() {
            attribute.member(&key, value);
        }
        attribute
    }

    fn member(&mut self, key: &str, value: Slice<'a>) {
        let text = || value.as_text().unwrap_or_default();
        match key {
            "uuid" => self.uuid = value.as_text(),
            "type" => self.type_name = text(),
            "category" => self.category = text(),
            "value" => self.value = text(),
            "comment" => self.comment = text(),
            "to_ids" => self.detects = value.as_flag(),
            "deleted" => self.deleted = value.as_flag(),
            "data" => self.sampled = !text().is_empty(),
            "distribution" => self.distribution = value.as_text(),
            "timestamp" => self.timestamp = seconds(&text()),
            "first_seen" => self.first_seen = moment(&text()),
            "last_seen" => self.last_seen = moment(&text()),
            "Sighting" if value.is_list() => self.sightings = Some(value),
            _ => self.marks.read(key, value),
        }
    }

    /// Gives out the object of the attribute, its observables, sightings and galaxies.
    pub(super) fn convert(self, work: &mut Work<'_, 'a>, within: &str, around: &Reach) {
        let levels = &work.conversion.mapping.levels;
        let level = levels.of(self.distribution.as_deref(), work.conversion.arrival);
        let reach = around.join(&level).join(&self.marks.reach());
        let uuid = work.uuid_of(self.uuid.as_deref(), self.slice);
        let json = self.original();
        let body = work.conversion.mapping.forms.body(&self.type_name, &self.value, self.detects);
        let (id, text, beside) = match self.object(work, &uuid, within, &reach, &body, &json) {
            Some(made) => made,
            None => {
                work.done.custom += 1;
                let (id, emit) = self.emit(work, &uuid, within, &reach, &Body::Custom);
                (id, finish(emit, &json), Vec::new())
            }
        };
        work.beside(text);
        beside.into_iter().for_each(|object| work.beside(object));
        work.note(id.clone(), &uuid, &reach);
        work.made.insert(self.uuid.as_deref().unwrap_or(&uuid).to_owned(), (id.clone(), reach.clone()));
        work.clusters(&self.marks.clusters, &reach, Some(&id));
        work.keep_local(&uuid, &self.marks);
        for sighting in self.sightings.into_iter().flat_map(Slice::elements).filter(|slice| slice.is_object())
        {
            super::sighting::convert(work, sighting, &id, &reach);
        }
    }

    /// The attribute's own JSON, without sightings and local tags.
    fn original(&self) -> Cow<'a, str> {
        if self.sightings.is_none() && self.marks.local.is_empty() {
            return Cow::Borrowed(self.slice.text);
        }
        Cow::Owned(without_local(without_lists(self.slice, &["Sighting"]), &self.marks))
    }

    /// The object in the form that STIX has for it, with its observables; `None` where STIX would refuse one of them.
    fn object(
        &self,
        work: &mut Work<'_, 'a>,
        uuid: &str,
        within: &str,
        reach: &Reach,
        body: &Body,
        json: &str,
    ) -> Option<(String, String, Vec<String>)> {
        if *body == Body::Custom {
            return None;
        }
        let (id, mut emit) = self.emit(work, uuid, within, reach, body);
        let mut beside = Vec::new();
        if let Body::Observed(observables) = body {
            let mut refs = Vec::new();
            for (number, (type_name, members)) in (0u32..).zip(observables) {
                let observable = observable(uuid, number, type_name, members, reach);
                accepted(&observable.1)?;
                refs.push(observable.0);
                beside.push(observable.1);
            }
            emit.texts("object_refs", refs);
        }
        let text = finish(emit, json);
        accepted(&text)?;
        Some((id, text, beside))
    }

    fn emit(
        &self,
        work: &mut Work<'_, 'a>,
        uuid: &str,
        within: &str,
        reach: &Reach,
        body: &Body,
    ) -> (String, Emit) {
        let type_name = match body {
            Body::Indicator { .. } => "indicator",
            Body::Observed(_) => "observed-data",
            Body::Named(name) => name.as_str(),
            Body::Custom => "x-misp-attribute",
        };
        let id = format!("{type_name}--{uuid}");
        let mut emit = Emit::new(type_name, &id);
        work.times_and_author(&mut emit, self.timestamp);
        if self.deleted {
            emit.raw("revoked", "true");
        }
        let named = [("type", &self.type_name), ("category", &self.category)];
        let named = named.into_iter().filter(|(_, text)| !text.is_empty());
        // As other converters write them; searches by type find them among the labels.
        let named = named.map(|(key, text)| Cow::Owned(format!("misp:{key}=\"{text}\"")));
        emit.texts("labels", named.chain(self.marks.tags.iter().cloned()));
        let sample =
            (self.sampled && self.type_name == "malware-sample").then_some(("category", "malware-sample"));
        labelled(&mut emit, reach, sample);
        self.body(work, &mut emit, body);
        emit.text_if("x_misp_type", &self.type_name);
        emit.text_if("x_misp_category", &self.category);
        work.part(&mut emit, PartKind::Attribute, within, uuid);
        (id, emit)
    }

    fn body(&self, work: &mut Work<'_, 'a>, emit: &mut Emit, body: &Body) {
        let stamp = work.shown(self.timestamp.unwrap_or(work.time));
        let first = self.first_seen.as_deref().unwrap_or(&stamp);
        match body {
            Body::Indicator { language, pattern } => {
                emit.text_if("description", &self.comment);
                emit.text("pattern", pattern);
                emit.text("pattern_type", language);
                emit.text("valid_from", first);
                if let Some(last) = self.last_seen.as_deref().filter(|last| *last > first) {
                    emit.text("valid_until", last);
                }
            }
            Body::Observed(_) => {
                emit.text("first_observed", first);
                let last = self.last_seen.as_deref().filter(|last| *last > first);
                emit.text("last_observed", last.unwrap_or(first));
                emit.raw("number_observed", "1");
                emit.text_if("x_misp_comment", &self.comment);
            }
            Body::Named(_) => {
                emit.text("name", &self.value);
                emit.text_if("description", &self.comment);
                if let Some(catalogue) = catalogue(&self.value) {
                    let mut reference = Emit::bare();
                    reference.text("source_name", catalogue);
                    reference.text("external_id", &self.value);
                    emit.raw("external_references", &format!("[{}]", reference.finish()));
                }
            }
            Body::Custom => {
                emit.text_if("x_misp_value", &self.value);
                emit.text_if("x_misp_comment", &self.comment);
            }
        }
    }
}

fn finish(mut emit: Emit, json: &str) -> String {
    emit.json_as_text(ORIGINAL, json);
    emit.finish()
}

/// An observable of one attribute. Its id follows from the attribute and not from the value: each goes as far as its own
/// attribute, and no id tells of a value.
fn observable(uuid: &str, number: u32, type_name: &str, members: &str, reach: &Reach) -> (String, String) {
    let name: &[&[u8]] = &[b"observable\0", uuid.as_bytes(), &number.to_be_bytes()];
    let id = format!("{type_name}--{}", Uuid::of_name(super::convert::NAMESPACE, name));
    let mut emit = Emit::new(type_name, &id);
    labelled(&mut emit, reach, None);
    let text = emit.finish();
    let open = text.strip_suffix('}').unwrap_or(&text);
    (id, format!("{open},{members}}}"))
}

/// Whether the import will take the object.
pub(super) fn accepted(text: &str) -> Option<()> {
    let object = Object::read(text.as_bytes()).ok()?;
    (!refuses(&validate(&object))).then_some(())
}

/// A time of MISP as STIX writes it; `None` where it is not in UTC, which MISP's are.
fn moment(text: &str) -> Option<String> {
    let plain = text.strip_suffix("+00:00").or_else(|| text.strip_suffix('Z'))?;
    let moment: crate::Moment = format!("{plain}Z").parse().ok()?;
    Some(moment.to_string())
}
