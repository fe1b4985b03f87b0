//! Events put together of the objects that a reader may see.
//!
//! Every part of an event refers to the event's report, and every event, object and attribute to its number, so that the
//! index of references finds them. What is hidden from the reader is not found.

use crate::{
    app::{Ctx, Fault},
    reading::{Bound, Copy, Finder, Place, Query, Reader, Seen, Shelf, Sight, authorise},
};
use comity_exchange::misp::Organisation;
use comity_ledger::store::Store;
use comity_threat::{
    Moment, Object,
    index::Family,
    misp::{Part, PartKind, assemble, number_of, number_ref, party_uuid},
    value,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Objects that are looked for at once.
const PAGE: usize = 512;
/// Types of the objects that attributes become.
const ATTRIBUTE_TYPES: &[&str] =
    &["indicator", "observed-data", "x-misp-attribute", "vulnerability", "campaign", "threat-actor"];
/// The type of the object that holds a sharing group.
pub(super) const GROUP: &str = "x-misp-sharing-group";

/// The events of a party for one reader, at one moment.
#[derive(Debug)]
pub struct Events<'c> {
    ctx: &'c Ctx,
    sight: Sight,
}

/// The party as an organisation of MISP.
pub fn us(ctx: &Ctx) -> Organisation {
    organisation(ctx.party.as_str())
}

/// A party as an organisation of MISP.
fn organisation(code: &str) -> Organisation {
    let uuid = party_uuid(code);
    Organisation { number: number_of(&uuid), uuid, name: code.to_owned() }
}

impl<'c> Events<'c> {
    /// What a reader may see now; waits until the views have come to what the log holds.
    pub async fn of(ctx: &'c Ctx, reader: Reader) -> Result<Events<'c>, Fault> {
        let head = ctx.views.feed().store().head().await?;
        ctx.views.index().objects.reaches(head.size).await?;
        let sight = Sight::of(ctx, reader).await?;
        Ok(Events { ctx, sight })
    }

    /// The event with this UUID, as it was written.
    pub async fn event(&self, uuid: &str) -> Result<Option<Value>, Fault> {
        let report = format!("report--{uuid}");
        let copies = self.found(&[(Family::Id, report.clone()), (Family::Reference, report)]).await?;
        let mut current: BTreeMap<String, (Option<Moment>, Place, Part)> = BTreeMap::new();
        for copy in copies {
            let Ok(object) = Object::read(&copy.bytes) else { continue };
            let Some(part) = Part::of(&object).filter(|part| part.event == uuid) else { continue };
            let newer = |(moment, place, _): &(Option<Moment>, Place, Part)| {
                (object.moment(), copy.place) > (*moment, *place)
            };
            if current.get(object.id()).is_none_or(newer) {
                current.insert(object.id().to_owned(), (object.moment(), copy.place, part));
            }
        }
        let parts: Vec<Part> = one_form_each(current.into_values());
        let text = assemble(&parts);
        let read = |text: String| serde_json::from_str::<Value>(&text).ok();
        Ok(text.and_then(read).and_then(|mut event| event.get_mut("Event").map(Value::take)))
    }

    /// The UUID of the event that is meant by a UUID or number of itself, or of an attribute or object of it.
    pub async fn event_of(&self, name: &str) -> Result<Option<String>, Fault> {
        let terms: Vec<(Family, String)> = match name.parse::<u64>() {
            Ok(number) => vec![(Family::Reference, number_ref(number))],
            Err(_) => self.of_uuid(name),
        };
        Ok(self.parts(&terms).await?.pop().map(|part| part.event))
    }

    /// The UUID of the part that is meant by a UUID or number.
    pub async fn part_of(&self, name: &str) -> Result<Option<(String, String)>, Fault> {
        let terms: Vec<(Family, String)> = match name.parse::<u64>() {
            Ok(number) => vec![(Family::Reference, number_ref(number))],
            Err(_) => self.of_uuid(name),
        };
        Ok(self.parts(&terms).await?.pop().map(|part| (part.event, part.uuid)))
    }

    fn of_uuid(&self, uuid: &str) -> Vec<(Family, String)> {
        let types = ATTRIBUTE_TYPES.iter().chain(&["report", "grouping"]);
        types.map(|name| (Family::Id, format!("{name}--{}", uuid.to_ascii_lowercase()))).collect()
    }

    /// The UUIDs of events that hold a value, or attributes with one of these labels; every event where neither is asked
    /// for. Newest first.
    pub async fn candidates(&self, values: &[String], labels: &[String]) -> Result<Vec<String>, Fault> {
        let exact: Option<Vec<(Family, String)>> = values
            .iter()
            .map(|text| value_term(text))
            .collect::<Option<Vec<_>>>()
            .filter(|terms| !terms.is_empty());
        let labels: Vec<(Family, String)> = labels
            .iter()
            .map(|label| (Family::Label, comity_threat::index::fold(label).into_owned()))
            .collect();
        let parts = match (exact, labels.is_empty()) {
            (Some(terms), _) => self.parts(&terms).await?,
            (None, false) => self.parts(&labels).await?,
            (None, true) => return self.all("report").await,
        };
        let mut seen = BTreeSet::new();
        Ok(parts.into_iter().rev().map(|part| part.event).filter(|uuid| seen.insert(uuid.clone())).collect())
    }

    /// Every event, newest first.
    async fn all(&self, type_name: &str) -> Result<Vec<String>, Fault> {
        let mut seen = BTreeSet::new();
        let copies = self.typed(type_name).await?;
        let parts = copies.iter().filter_map(|copy| Part::of(&Object::read(&copy.bytes).ok()?));
        let events = parts.filter(|part| part.kind == PartKind::Event).map(|part| part.event);
        Ok(events.filter(|uuid| seen.insert(uuid.clone())).collect())
    }

    /// The sharing groups that are kept here: their current JSON.
    pub async fn groups(&self) -> Result<Vec<Value>, Fault> {
        let mut current: BTreeMap<String, (Option<Moment>, Place, bool, String)> = BTreeMap::new();
        for copy in self.typed(GROUP).await? {
            let Ok(object) = Object::read(&copy.bytes) else { continue };
            let Some(text) = object.text_of(comity_threat::misp::ORIGINAL) else { continue };
            let newer = |(moment, place, ..): &(Option<Moment>, Place, bool, String)| {
                (object.moment(), copy.place) > (*moment, *place)
            };
            if current.get(object.id()).is_none_or(newer) {
                let state = (object.moment(), copy.place, object.common().is_revoked(), text.into_owned());
                current.insert(object.id().to_owned(), state);
            }
        }
        let held = current.into_values().filter(|(_, _, revoked, _)| !revoked);
        Ok(held.filter_map(|(.., text)| serde_json::from_str(&text).ok()).collect())
    }

    /// The parties that this node knows, as organisations of MISP; its own first.
    pub async fn organisations(&self) -> Result<Vec<Organisation>, Fault> {
        if !self.sight.is_own() {
            // Whom else we know is nobody's business.
            return Ok(vec![us(self.ctx)]);
        }
        let peers = self.ctx.sequencer.run(|desk, _| {
            Box::pin(
                async move { desk.peers().keys().map(|code| code.as_str().to_owned()).collect::<Vec<_>>() },
            )
        });
        let codes = std::iter::once(self.ctx.party.as_str().to_owned()).chain(peers.await?);
        Ok(codes.map(|code| organisation(&code)).collect())
    }

    async fn parts(&self, terms: &[(Family, String)]) -> Result<Vec<Part>, Fault> {
        let copies = self.found(terms).await?;
        Ok(copies.iter().filter_map(|copy| Part::of(&Object::read(&copy.bytes).ok()?)).collect())
    }

    /// The objects with any of these terms, oldest first.
    async fn found(&self, terms: &[(Family, String)]) -> Result<Vec<Copy>, Fault> {
        let feed = self.ctx.views.feed();
        let finder = Finder::new(feed.store(), self.ctx.views.index(), &self.sight);
        let mut seen: Vec<Seen> = Vec::new();
        for (family, term) in terms {
            seen.extend(finder.with(*family, term, u32::MAX).await?.into_iter().map(|found| found.seen));
        }
        seen.sort_unstable();
        seen.dedup();
        self.read(&seen).await
    }

    /// The objects of a type, newest first.
    async fn typed(&self, name: &str) -> Result<Vec<Copy>, Fault> {
        let feed = self.ctx.views.feed();
        let finder = Finder::new(feed.store(), self.ctx.views.index(), &self.sight);
        let query = Query { any: vec![vec![(Family::Type, name.to_owned())]], ..Query::default() };
        let (mut copies, mut after) = (Vec::new(), None);
        loop {
            let page = finder.page(&query, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(copies) };
            let Place { entry, slot } = last.seen.place;
            after = Some(Bound { at: last.at, entry, slot });
            let seen: Vec<Seen> = page.iter().map(|found| found.seen).collect();
            copies.extend(self.read(&seen).await?);
        }
    }

    async fn read(&self, seen: &[Seen]) -> Result<Vec<Copy>, Fault> {
        let feed = self.ctx.views.feed();
        let permitted = authorise(self.ctx, &self.sight, feed.store(), feed.bodies(), seen).await?;
        Ok(Shelf::new(feed.store(), feed.bodies()).read(&permitted).await?)
    }
}

/// An attribute that became an object of another type (it began to detect) has two objects; the later one stands.
fn one_form_each(versions: impl Iterator<Item = (Option<Moment>, Place, Part)>) -> Vec<Part> {
    let mut parts: BTreeMap<String, (Option<Moment>, Place, Part)> = BTreeMap::new();
    for (moment, place, part) in versions {
        let newer = |(known, at, _): &(Option<Moment>, Place, Part)| (moment, place) > (*known, *at);
        if parts.get(&part.uuid).is_none_or(newer) {
            parts.insert(part.uuid.clone(), (moment, place, part));
        }
    }
    let mut parts: Vec<_> = parts.into_values().collect();
    parts.sort_by_key(|(_, place, _)| *place);
    parts.into_iter().map(|(.., part)| part).collect()
}

/// The term of a value, where it has a canonical form and no wildcard.
fn value_term(text: &str) -> Option<(Family, String)> {
    let value = (!text.contains('%') && !text.starts_with('!')).then(|| value::recognise(text)).flatten()?;
    Some((Family::Value, format!("{}:{}", value.kind().word(), value.text())))
}
