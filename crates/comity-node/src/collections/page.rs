//! Reading a page of a collection.
//!
//! The cost follows from the page, not from the collection: rows are scanned from where the page begins, bytes are read
//! in the order in which they lie and spliced as they are. What was erased meanwhile is left out and fails nothing.

use super::{
    Collection, Collections,
    cache::{Kept, Name},
    derive::versions_of,
    rows::{BASES, Base, ITEMS, item},
};
use crate::{
    projection::Behind,
    reading::{Place, Reader, Shelf, authorise_own},
};
use axum::body::Bytes;
use comity_exchange::taxii::{
    Added, Encoding, Filter, HeldVersions, Item, Manifest, ManifestEntry, Marks, TaxiiFault, VersionList,
    envelope, object_media_type,
};
use comity_ledger::store::{Order, Partition, Store, StoreFault};
use comity_record::RecordId;
use serde::Deserialize;
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    io::Write,
};

/// The most items of a page.
pub const PAGE: u32 = 1000;
/// Rows scanned at once, at most.
const ROWS: u32 = 4096;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Objects in their bytes.
    Objects,
    /// The manifest.
    Manifest,
    /// The versions of one object.
    Versions,
}

/// A question to a collection.
#[derive(Debug)]
pub struct Question<'q> {
    /// The collection.
    pub collection: &'q Collection,
    /// One object, or all.
    pub object: Option<&'q str>,
    /// What is asked for.
    pub sort: Sort,
    /// Which.
    pub filter: &'q Filter,
    /// The encoding in which a kept page may go out.
    pub encoding: Encoding,
}

/// A page as it goes out.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its bytes.
    pub body: Bytes,
    /// How they are encoded.
    pub encoding: Encoding,
    /// The dates of its first and last item; none where it is empty.
    pub span: Option<(String, String)>,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageFault {
    /// The question is wrong, or its object is not there.
    #[error(transparent)]
    Asked(#[from] TaxiiFault),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The collections are behind the log.
    #[error(transparent)]
    Behind(#[from] Behind),
}

impl Collections {
    /// Returns once the collections follow from the first `size` entries of the log.
    pub async fn reach(&self, size: u64) -> Result<(), Behind> {
        match &self.progress {
            Some(progress) => progress.reaches(size).await,
            None => Ok(()),
        }
    }

    /// The page that answers a question.
    pub async fn page(&self, question: &Question<'_>) -> Result<Answer, PageFault> {
        let bound = self.bound(question);
        let filter = question.filter;
        let resumed =
            filter.next.as_deref().map(|next| self.keys.page().position(&bound, next)).transpose()?;
        let start = resumed.max(filter.added_after).unwrap_or(Added::NEVER);
        let limit = filter.limit.map_or(PAGE, |limit| limit.get().min(PAGE));
        let short = self.keys.page().name(&bound);
        let name = Name { question: short, start, limit, encoding: question.encoding };
        let pages = &self.shared.pages;
        if let Some(kept) = pages.find(&name) {
            let span = Some((kept.first.to_string(), kept.last.to_string()));
            return Ok(Answer { body: kept.body, encoding: question.encoding, span });
        }
        let generation = pages.generation();
        let mut items = self.select(question, start, limit).await?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let span = items.first().zip(items.last()).map(|(first, last)| (first.added, last.added));
        let next = span.filter(|_| more).map(|(_, last)| self.keys.page().token(&bound, last));
        let body = self.body(question.sort, items, next).await?;
        let told = span.map(|(first, last)| (first.to_string(), last.to_string()));
        let Some((first, last)) = span.filter(|_| more && question.encoding != Encoding::Identity) else {
            return Ok(Answer { body: body.into(), encoding: Encoding::Identity, span: told });
        };
        let body = encode(body, question.encoding).await?;
        let partition = question.collection.partition;
        pages.keep(name, Kept { partition, first, last, body: body.clone() }, generation);
        Ok(Answer { body, encoding: question.encoding, span: told })
    }

    /// What a paging token is bound to.
    pub(super) fn bound(&self, question: &Question<'_>) -> Vec<u8> {
        let sort = match question.sort {
            Sort::Objects => b'o',
            Sort::Manifest => b'm',
            Sort::Versions => b'v',
        };
        let mut out = question.collection.id.to_string().into_bytes();
        out.push(sort);
        let object = question.object.unwrap_or_default();
        out.extend_from_slice(&(object.len() as u64).to_be_bytes());
        out.extend_from_slice(object.as_bytes());
        out.extend_from_slice(&question.filter.question());
        out
    }

    /// The items of a page, and one more where there is more.
    async fn select(
        &self,
        question: &Question<'_>,
        start: Added,
        limit: u32,
    ) -> Result<Vec<Item>, PageFault> {
        let filter = question.filter;
        let ids: BTreeSet<&str> = match question.object {
            Some(id) => BTreeSet::from([id]),
            None if filter.ids.is_empty() => {
                return Ok(self.scan(question.collection, filter, start, limit).await?);
            }
            None => filter.ids.iter().map(String::as_str).filter(|id| is_of(id, &filter.types)).collect(),
        };
        let objects = self.objects(question.collection, ids.into_iter()).await?;
        if question.object.is_some() && !objects.values().any(is_there) {
            return Err(TaxiiFault::NotFound.into());
        }
        let mut dates: Vec<Added> = Vec::new();
        for versions in objects.values() {
            let marks = versions.marks();
            dates.extend(versions.iter().filter_map(|held| {
                let version = held.dated.unwrap_or_else(|| held.added.moment());
                let marks = marks.get(&held.added).copied().unwrap_or_default();
                let wanted = match question.sort {
                    // Without `match[spec_version]` the versions of every specification are listed.
                    Sort::Versions => filter.takes_out(marks, version),
                    _ => filter.admits_version(marks, version),
                };
                (wanted && held.added > start).then_some(held.added)
            }));
        }
        dates.sort_unstable();
        dates.truncate(limit as usize + 1);
        let partition = question.collection.partition;
        let keys: Vec<_> = dates.iter().map(|added| (partition, added.key().to_vec())).collect();
        let found = self.feed.store().get_many(ITEMS, &keys).await?;
        let mut items = Vec::with_capacity(keys.len());
        for ((_, key), value) in keys.iter().zip(found) {
            let item = value.map(|value| item(key, &value)).transpose()?;
            items.extend(item);
        }
        Ok(items)
    }

    /// Items in their order from where the page begins.
    async fn scan(
        &self,
        collection: &Collection,
        filter: &Filter,
        start: Added,
        limit: u32,
    ) -> Result<Vec<Item>, StoreFault> {
        let mut items = Vec::new();
        let mut from = start;
        let mut rows = limit.saturating_add(1).clamp(16, ROWS);
        // What is behind the head that was published is not looked for: an empty answer reads nothing.
        while from < collection.head.added() {
            let first = Added(from.0.saturating_add(1)).key();
            let found =
                self.feed.store().scan(ITEMS, collection.partition, &first, &[], rows, Order::Ascending);
            let found = found.await?;
            let ended = found.len() < rows as usize;
            for (key, value) in &found {
                let item = item(key, value)?;
                from = item.added;
                if filter.admits(&item) {
                    items.push(item);
                }
                if items.len() > limit as usize {
                    return Ok(items);
                }
            }
            if ended {
                break;
            }
            rows = rows.saturating_mul(2).min(ROWS);
        }
        Ok(items)
    }

    /// The versions of objects in a collection, by id.
    pub async fn objects<'i>(
        &self,
        collection: &Collection,
        ids: impl Iterator<Item = &'i str>,
    ) -> Result<BTreeMap<&'i str, HeldVersions>, StoreFault> {
        let named: Vec<(&str, (u32, [u8; 16]))> =
            ids.map(|id| (id, (collection.partition, self.keys.id(id)))).collect();
        let names = named.iter().map(|(_, name)| *name).collect();
        let found = versions_of(self.feed.store(), names).await?;
        Ok(named.into_iter().filter_map(|(id, name)| Some((id, found.get(&name)?.clone()))).collect())
    }

    /// The versions of objects by collection and id under the node's key.
    pub async fn versions(
        &self,
        names: BTreeSet<(Partition, [u8; 16])>,
    ) -> Result<BTreeMap<(Partition, [u8; 16]), HeldVersions>, StoreFault> {
        versions_of(self.feed.store(), names).await
    }

    /// The last versions that came in after a date, at most so many.
    pub async fn after(
        &self,
        collection: &Collection,
        start: Added,
        limit: u32,
    ) -> Result<Vec<Item>, StoreFault> {
        let mut items = self.scan(collection, &Filter::default(), start, limit).await?;
        items.truncate(limit as usize);
        Ok(items)
    }

    /// The records that carry items, by entry.
    pub async fn records_of(&self, items: &[Item]) -> Result<BTreeMap<u64, RecordId>, StoreFault> {
        let entries: BTreeSet<u64> = items.iter().map(|item| item.entry).collect();
        self.records(entries.into_iter()).await
    }

    /// Which of these objects, by entry and slot, are in a collection: they came in and were not taken out.
    pub async fn present(
        &self,
        collection: &Collection,
        places: &[(u64, u32)],
    ) -> Result<Vec<bool>, StoreFault> {
        present_in(self.feed.store(), collection.partition, places).await
    }

    /// The last versions of the objects that a filter names.
    pub async fn of_ids(&self, collection: &Collection, filter: &Filter) -> Result<Vec<Item>, PageFault> {
        let question =
            Question { collection, object: None, sort: Sort::Objects, filter, encoding: Encoding::Identity };
        self.select(&question, Added::NEVER, PAGE).await
    }

    async fn body(&self, sort: Sort, items: Vec<Item>, next: Option<String>) -> Result<Vec<u8>, StoreFault> {
        match sort {
            Sort::Objects => {
                let bytes = self.bytes(&items).await?;
                Ok(envelope(bytes.iter().flatten().map(Vec::as_slice), next.as_deref()))
            }
            Sort::Manifest => {
                let bytes = self.bytes(&items).await?;
                let entries =
                    items.iter().zip(&bytes).filter_map(|(item, bytes)| entry(item, bytes.as_deref()?));
                let manifest = Manifest { more: next.is_some(), next, objects: entries.collect() };
                serde_json::to_vec(&manifest).map_err(|why| unwritten(&why))
            }
            Sort::Versions => {
                let versions = items.iter().map(|item| item.version().to_string()).collect();
                let list = VersionList { more: next.is_some(), next, versions };
                serde_json::to_vec(&list).map_err(|why| unwritten(&why))
            }
        }
    }

    /// The bytes of items, in their order; `None` where they were erased. These are the party's own collections: who is not
    /// of the party reads by [`super::Outside`].
    pub async fn bytes(&self, items: &[Item]) -> Result<Vec<Option<Vec<u8>>>, StoreFault> {
        let records =
            self.records(items.iter().map(|item| item.entry).collect::<BTreeSet<_>>().into_iter()).await?;
        let places = items.iter().map(|item| Place { entry: item.entry, slot: item.slot }).collect();
        let permitted = authorise_own(&Reader::Own, places, records);
        Shelf::new(self.feed.store(), &self.bodies).sweep(&permitted).await
    }

    async fn records(
        &self,
        entries: impl Iterator<Item = u64>,
    ) -> Result<BTreeMap<u64, RecordId>, StoreFault> {
        let entries: Vec<u64> = entries.collect();
        let keys: Vec<_> = entries.iter().map(|entry| (0, entry.to_be_bytes().to_vec())).collect();
        let found = self.feed.store().get_many(BASES, &keys).await?;
        let mut records = BTreeMap::new();
        for (entry, value) in entries.into_iter().zip(found) {
            if let Some(value) = value {
                records.insert(entry, Base::from_value(&value)?.record);
            }
        }
        Ok(records)
    }
}

/// Which of these objects, by entry and slot, are in a partition of the collections.
pub(super) async fn present_in(
    store: &impl Store,
    partition: Partition,
    places: &[(u64, u32)],
) -> Result<Vec<bool>, StoreFault> {
    let entries: BTreeSet<u64> = places.iter().map(|(entry, _)| *entry).collect();
    let keys: Vec<_> = entries.iter().map(|entry| (0, entry.to_be_bytes().to_vec())).collect();
    let mut bases = BTreeMap::new();
    for (entry, value) in entries.into_iter().zip(store.get_many(BASES, &keys).await?) {
        if let Some(value) = value {
            bases.insert(entry, Base::from_value(&value)?);
        }
    }
    let date = |(entry, slot): &(u64, u32)| bases.get(entry).map_or(Added::NEVER, |base| base.at(*slot));
    let keys: Vec<_> = places.iter().map(|place| (partition, date(place).key().to_vec())).collect();
    let found = store.get_many(ITEMS, &keys).await?;
    Ok(found.into_iter().map(|item| item.is_some()).collect())
}

/// Whether an id is one of these types, or of any where there are none.
fn is_of(id: &str, types: &BTreeSet<String>) -> bool {
    types.is_empty() || id.split_once("--").is_some_and(|(name, _)| types.contains(name))
}

/// Whether anything of an object is served.
pub(crate) fn is_there(versions: &HeldVersions) -> bool {
    versions.marks().values().any(|marks| marks.contains(Marks::SERVED))
}

/// The line of a manifest.
fn entry(item: &Item, bytes: &[u8]) -> Option<ManifestEntry> {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        id: Cow<'a, str>,
    }
    let named: Named<'_> = serde_json::from_slice(bytes).ok()?;
    Some(ManifestEntry {
        id: named.id.into_owned(),
        date_added: item.added.to_string(),
        version: item.version().to_string(),
        media_type: Some(object_media_type(item.marks.spec()).to_owned()),
    })
}

pub(super) fn unwritten(why: &serde_json::Error) -> StoreFault {
    StoreFault::Damaged { why: format!("an answer cannot be written as JSON: {why}") }
}

/// Encodes a page on a thread that may take its time.
async fn encode(body: Vec<u8>, encoding: Encoding) -> Result<Bytes, StoreFault> {
    let encoded = tokio::task::spawn_blocking(move || match encoding {
        Encoding::Identity => Ok(body),
        Encoding::Zstd => zstd::bulk::compress(&body, 3),
        Encoding::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(&body).and_then(|()| encoder.finish())
        }
    });
    let fault = |why: String| StoreFault::Damaged { why: format!("a page cannot be encoded: {why}") };
    let encoded = encoded.await.map_err(|why| fault(why.to_string()))?;
    encoded.map(Bytes::from).map_err(|why| fault(why.to_string()))
}
