//! An event in the making: what is known of it so far, and what every object of it has.

use super::{
    EVENT, NUMBER, ORIGINAL, PART, WITHIN,
    attribute::accepted,
    convert::{Conversion, Converted, NAMESPACE, marks, time_of},
    emit::Emit,
    galaxy::Cluster,
    head::{Head, Marks},
    number_of, number_ref,
    part::PartKind,
    reach::Reach,
    scan::{Member, Slice},
};
use crate::{
    Object, attribution,
    reader::{Cause, Outline, Position, ReadFault, brief},
    uuid::Uuid,
};
use comity_record::{Date, Timestamp};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
};

/// An event in the making.
pub(super) struct Work<'w, 'a> {
    pub(super) conversion: &'w Conversion<'w, 'w>,
    input: &'a [u8],
    pub(super) each: &'w mut dyn FnMut(String),
    pub(super) uuid: String,
    pub(super) reach: Reach,
    /// Seconds since 1970.
    pub(super) time: i64,
    day: Option<i64>,
    author: Option<String>,
    pub(super) info: Cow<'a, str>,
    organisation: Cow<'a, str>,
    pub(super) marks: Marks<'a>,
    pub(super) published: i64,
    pub(super) deleted: bool,
    /// The latest time of any part.
    pub(super) latest: i64,
    pub(super) done: Converted,
    seen: HashSet<String>,
    pub(super) order: Vec<String>,
    pub(super) local: Vec<String>,
    /// By the UUID of MISP: the object made of it, and how far it goes.
    pub(super) made: HashMap<String, (String, Reach)>,
    pub(super) pending: Vec<(String, Reach, Slice<'a>)>,
    /// Objects that go as far as the event itself.
    pub(super) refs: Vec<String>,
    /// Clusters emitted already.
    clusters: BTreeMap<String, bool>,
    times: Option<(i64, String)>,
}

impl<'w, 'a> Work<'w, 'a> {
    pub(super) fn begin(
        conversion: &'w Conversion<'_, '_>,
        input: &'a [u8],
        event: Slice<'a>,
        members: &[Member<'a>],
        each: &'w mut dyn FnMut(String),
    ) -> Result<Work<'w, 'a>, ReadFault> {
        let mut head = Head::default();
        let mut keys = BTreeSet::new();
        for (key, value) in members {
            if !keys.insert(key.as_ref()) {
                let at = Position::START.within(input, value.at);
                return Err(ReadFault {
                    cause: Cause::DuplicateKey { key: brief(key) },
                    at,
                    object: None,
                    path: String::new(),
                });
            }
            head.read(key, *value);
        }
        let uuid = head.uuid.as_deref().and_then(Uuid::read);
        let uuid = uuid.unwrap_or_else(|| Uuid::of_name(NAMESPACE, &[b"event\0", event.text.as_bytes()]));
        let day = head.date.parse::<Date>().ok().map(|day| day.start().as_seconds());
        let received = conversion.context.policy().received.start().as_seconds();
        let time = head.timestamp.max(head.publish_timestamp).or(day).unwrap_or(received);
        let level = conversion.mapping.levels.of(head.distribution.as_deref(), conversion.arrival);
        let reach = level.join(&head.marks.reach());
        let mut work = Work {
            conversion,
            input,
            each,
            uuid: uuid.to_string(),
            reach,
            time,
            day,
            author: None,
            info: head.info,
            organisation: head.organisation,
            marks: head.marks,
            published: head.publish_timestamp.unwrap_or(time),
            deleted: head.deleted,
            latest: time,
            done: Converted::default(),
            seen: HashSet::new(),
            order: Vec::new(),
            local: Vec::new(),
            made: HashMap::new(),
            pending: Vec::new(),
            refs: Vec::new(),
            clusters: BTreeMap::new(),
            times: None,
        };
        work.author = work.identity(&head.organisation_uuid);
        Ok(work)
    }

    /// Refuses an element that is no object, or one with doubtful JSON.
    pub(super) fn check(&self, slice: Slice<'_>, path: impl Fn() -> String) -> Result<(), ReadFault> {
        if !slice.is_object() {
            let cause = Cause::NotAnObject { found: brief(slice.text) };
            let at = Position::START.within(self.input, slice.at);
            return Err(ReadFault { cause, at, object: None, path: path() });
        }
        self.check_nested(slice, path)
    }

    pub(super) fn check_nested(&self, slice: Slice<'_>, path: impl Fn() -> String) -> Result<(), ReadFault> {
        Outline::of(slice.text).map(drop).map_err(|fault| {
            let offset = usize::try_from(fault.at.offset).unwrap_or(0);
            let inner = if fault.path.is_empty() { String::new() } else { format!(".{}", fault.path) };
            let at = Position::START.within(self.input, slice.at + offset);
            ReadFault { at, path: path() + &inner, ..fault }
        })
    }

    pub(super) fn instance_id(&self) -> String {
        format!("x-misp-instance--{}", Uuid::of_name(NAMESPACE, &[b"instance\0", self.uuid.as_bytes()]))
    }

    /// What a list of references names where nothing else may be named: it is there for every event.
    pub(super) fn fallback(&self) -> String {
        self.author.clone().unwrap_or_else(|| self.instance_id())
    }

    /// The UUID of a part: its own, the first time it occurs; else one that follows from its JSON.
    pub(super) fn uuid_of(&mut self, uuid: Option<&str>, slice: Slice<'_>) -> String {
        if let Some(own) = uuid.and_then(Uuid::read).map(|own| own.to_string())
            && self.seen.insert(own.clone())
        {
            return own;
        }
        for number in 0u32.. {
            let name: &[&[u8]] =
                &[b"part\0", self.uuid.as_bytes(), &number.to_be_bytes(), slice.text.as_bytes()];
            let made = Uuid::of_name(NAMESPACE, name).to_string();
            if self.seen.insert(made.clone()) {
                return made;
            }
        }
        String::new()
    }

    /// The members that every object has.
    pub(super) fn head<T: AsRef<str>>(
        &mut self,
        type_name: &str,
        id: &str,
        timestamp: Option<i64>,
        reach: &Reach,
        tags: &[T],
        claim: Option<&str>,
    ) -> Emit {
        let mut emit = Emit::new(type_name, id);
        self.times_and_author(&mut emit, timestamp);
        emit.texts("labels", tags);
        marks(&mut emit, reach, claim);
        emit
    }

    /// Who wrote it, and when.
    pub(super) fn times_and_author(&mut self, emit: &mut Emit, timestamp: Option<i64>) {
        let modified = timestamp.unwrap_or(self.time);
        self.latest = self.latest.max(modified);
        let created = self.day.filter(|day| *day <= modified).unwrap_or(modified);
        if let Some(author) = &self.author {
            emit.text("created_by_ref", author);
        }
        emit.text("created", &time_of(created));
        let modified = self.shown(modified);
        emit.text("modified", &modified);
    }

    /// Times come in runs: most parts of an event have the same.
    pub(super) fn shown(&mut self, seconds: i64) -> String {
        match &self.times {
            Some((known, text)) if *known == seconds => text.clone(),
            _ => {
                let text = time_of(seconds);
                self.times = Some((seconds, text.clone()));
                text
            }
        }
    }

    /// What part of the event it is; `within` is the id of the object it stands in.
    pub(super) fn part(&self, emit: &mut Emit, kind: PartKind, within: &str, uuid: &str) {
        emit.text(PART, kind.as_str());
        if kind != PartKind::Event {
            emit.text(EVENT, &self.event_id());
        }
        emit.text_if(WITHIN, within);
        if matches!(kind, PartKind::Event | PartKind::Attribute | PartKind::Object) {
            emit.text(NUMBER, &number_ref(number_of(uuid)));
        }
    }

    /// The id of the event's report.
    pub(super) fn event_id(&self) -> String {
        format!("report--{}", self.uuid)
    }

    /// Gives an object out with its original, and notes it.
    pub(super) fn give(&mut self, mut emit: Emit, json: &str, id: String, uuid: &str, reach: &Reach) {
        emit.json_as_text(ORIGINAL, json);
        (self.each)(emit.finish());
        self.note(id, uuid, reach);
    }

    pub(super) fn note(&mut self, id: String, uuid: &str, reach: &Reach) {
        self.order.push(uuid.to_owned());
        if self.reach.is_as_far_as(reach) {
            self.refs.push(id);
        }
    }

    /// Gives out an object that carries no part.
    pub(super) fn beside(&mut self, object: String) {
        (self.each)(object);
    }

    pub(super) fn keep_local(&mut self, uuid: &str, marks: &Marks<'_>) {
        for (list, at, json) in &marks.local {
            self.local.push(format!("{{\"in\":\"{uuid}\",\"list\":\"{list}\",\"at\":{at},\"json\":{json}}}"));
        }
    }

    /// The objects of clusters, and the claim that any of them makes.
    pub(super) fn clusters(
        &mut self,
        clusters: &[Cluster<'_>],
        reach: &Reach,
        source: Option<&str>,
    ) -> Option<String> {
        let mut claim = None;
        for cluster in clusters {
            let Some((id, text)) = self.conversion.mapping.galaxies.object(cluster, reach) else { continue };
            // A cluster is kept in the part that carries it; one that STIX would refuse has no object beside.
            if !self.clusters.contains_key(&id) && accepted(&text).is_none() {
                continue;
            }
            let claims = match self.clusters.get(&id) {
                Some(claims) => *claims,
                None => {
                    let object = Object::read(text.as_bytes());
                    let claims = object.is_ok_and(|object| {
                        !attribution::claims(&object, self.conversion.context).is_empty()
                    });
                    (self.each)(text);
                    self.clusters.insert(id.clone(), claims);
                    claims
                }
            };
            if claims {
                claim = Some(self.claim());
            }
            match source {
                Some(source) => self.relation(source, &id, reach, claims.then(|| self.claim()).as_deref()),
                None => self.refs.push(id),
            }
        }
        claim
    }

    fn relation(&mut self, source: &str, target: &str, reach: &Reach, claim: Option<&str>) {
        let name: &[&[u8]] = &[b"relation\0", source.as_bytes(), b"\0", target.as_bytes()];
        let id = format!("relationship--{}", Uuid::of_name(NAMESPACE, name));
        let mut emit = self.head::<&str>("relationship", &id, None, reach, &[], claim);
        let indicates = source.starts_with("indicator--")
            && !target.starts_with("course-of-action--")
            && !target.starts_with("vulnerability--");
        emit.text("relationship_type", if indicates { "indicates" } else { "related-to" });
        emit.text("source_ref", source);
        emit.text("target_ref", target);
        (self.each)(emit.finish());
    }

    /// Whose words a claim is, and of which day.
    fn claim(&self) -> String {
        let by: String = self.organisation.chars().take(200).collect();
        let by = if by.is_empty() { "unnamed source".to_owned() } else { by };
        format!("{by}:{}", Timestamp::from_millis(self.time.saturating_mul(1000)).date())
    }

    /// The organisation that wrote the event.
    fn identity(&mut self, uuid: &str) -> Option<String> {
        let name = self.organisation.clone();
        (!name.is_empty()).then(|| self.organisation_object(uuid, &name, &self.reach.clone()))
    }

    /// The identity of an organisation; it goes as far as what names it.
    pub(super) fn organisation_object(&mut self, uuid: &str, name: &str, reach: &Reach) -> String {
        let far = reach.name();
        let key: &[&[u8]] =
            &[b"organisation\0", uuid.as_bytes(), b"\0", name.as_bytes(), b"\0", far.as_bytes()];
        let id = format!("identity--{}", Uuid::of_name(NAMESPACE, key));
        if self.clusters.insert(id.clone(), false).is_none() {
            let mut emit = Emit::new("identity", &id);
            emit.text("created", &time_of(0));
            emit.text("modified", &time_of(0));
            emit.text("name", name);
            emit.raw("identity_class", "\"organization\"");
            marks(&mut emit, reach, None);
            (self.each)(emit.finish());
        }
        id
    }
}
