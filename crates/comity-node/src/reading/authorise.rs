//! The one authorisation function.

use super::{
    Place, Reader, Seen, Sight,
    shelf::{Header, headers},
};
use crate::app::{Ctx, Fault};
use comity_exchange::Bodies;
use comity_ledger::store::{Kv, Store};
use comity_record::{PartyCode, RecordId};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

/// Places that a reader may read now. Made by [`authorise`] alone.
#[derive(Clone, Debug, Default)]
pub struct Permitted {
    places: Vec<Place>,
    headers: BTreeMap<u64, Arc<Header>>,
    /// The records of entries, where no more was asked of them.
    records: BTreeMap<u64, RecordId>,
}

impl Permitted {
    /// The places, in the order asked for.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// The record of an entry.
    pub(super) fn record(&self, entry: u64) -> Option<RecordId> {
        let known = self.headers.get(&entry).map(|header| header.record);
        known.or_else(|| self.records.get(&entry).copied())
    }

    /// What is known of the record of an entry.
    pub(super) fn header(&self, entry: u64) -> Option<&Arc<Header>> {
        self.headers.get(&entry)
    }
}

/// How often other parties read here, after the first read of a record, which is in the ledger. Since the start.
#[derive(Clone, Debug, Default)]
pub struct Reads(Arc<Mutex<BTreeMap<PartyCode, u64>>>);

impl Reads {
    /// The count of each party.
    pub fn counts(&self) -> BTreeMap<PartyCode, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, party: &PartyCode, objects: u64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(party.clone()).or_default();
        *count = count.saturating_add(objects);
    }
}

/// Which of these places the reader may read. What it may not is left out, and nothing tells that it is there.
///
/// For a reader of another party, every record among them that it never read before is judged by our border and entered
/// in the ledger as a crossing, all in one commit, before this returns.
pub async fn authorise<S: Store + Kv, B: Bodies>(
    ctx: &Ctx,
    sight: &Sight,
    store: &S,
    bodies: &B,
    seen: &[Seen],
) -> Result<Permitted, Fault> {
    // Classes were chosen by the sight already; a place that comes from elsewhere is held to it as well.
    let seen: Vec<Seen> = seen.iter().filter(|one| sight.classes().contains(&one.class)).copied().collect();
    let entries: BTreeSet<u64> = seen.iter().map(|one| one.place.entry).collect();
    let mut headers = headers(store, bodies, &entries).await?;
    // A record that its author narrowed is in the class of its narrower labels, and is shown with these.
    for one in &seen {
        let (Some(known), Some(header)) =
            (ctx.views.index().classes.get(&one.class), headers.get_mut(&one.place.entry))
        else {
            continue;
        };
        if header.labels != known.subject.labels {
            *header = Arc::new(Header { labels: known.subject.labels.clone(), ..Header::clone(header) });
        }
    }
    let mut places: Vec<Place> = seen.iter().map(|one| one.place).collect();
    places.retain(|place| headers.contains_key(&place.entry));
    let Reader::Other { party, .. } = sight.reader() else {
        return Ok(Permitted { places, headers, ..Permitted::default() });
    };
    let released = release(ctx, sight, headers.values().map(|header| header.record).collect()).await?;
    let mut permitted = Permitted { places, headers, ..Permitted::default() };
    permitted.headers.retain(|_, header| released.contains(&header.record));
    permitted.places.retain(|place| permitted.headers.contains_key(&place.entry));
    ctx.views.reads().add(party, permitted.places.len() as u64);
    Ok(permitted)
}

/// The same for the party itself, whose reads the scope of the token authorises, where the records are known already. For
/// any other reader it permits nothing.
pub fn authorise_own(reader: &Reader, places: Vec<Place>, records: BTreeMap<u64, RecordId>) -> Permitted {
    match reader {
        Reader::Own => Permitted { places, headers: BTreeMap::new(), records },
        Reader::Other { .. } | Reader::Constituent(_) => Permitted::default(),
    }
}

async fn release(ctx: &Ctx, sight: &Sight, records: BTreeSet<RecordId>) -> Result<BTreeSet<RecordId>, Fault> {
    let Some(request) = sight.request().cloned() else { return Ok(BTreeSet::new()) };
    let released = ctx.sequencer.run(move |desk, means| {
        Box::pin(async move {
            let now = means.now();
            desk.release(now, means.entropy(), records, request).await
        })
    });
    Ok(released.await??)
}
