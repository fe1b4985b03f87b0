//! Pulling from MISP: the list of events, then each event that is new or has changed since, one after another. A feed is a
//! folder with a manifest; a server is asked over its REST interface, as another MISP instance does when it pulls.
//!
//! An event that cannot be taken is told with its reason and asked for again by the next run; it does not hold up the others.

use super::{Report, State, keep_state};
use crate::{
    app::{Ctx, Fault, intake},
    http::remote::Remote,
};
use comity_exchange::{
    feed::{Feed, Kind},
    misp::{Hashes, Listed, Manifest, read_hashes, read_index, read_manifest, strangers, text_of},
};
use comity_threat::{
    Context, Policy, Tables,
    misp::{Arrival, Conversion, Mapping, events},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The list of what there is.
const MANIFEST: &str = "manifest.json";
/// Rows of one page of a server's index. Servers that know no pages answer with all of them.
const ROWS: usize = 5000;
/// Pages of an index that are asked for.
const PAGES: usize = 100;
/// After so many events it is kept how far a run is.
const KEPT: usize = 64;
/// Codes of a fault of one file, and not of the whole feed.
const OF_ONE: [&str; 6] = [
    "feed/refused",
    "feed/absent",
    "feed/too-long",
    "feed/misp-event",
    "taxii/not-an-envelope",
    "taxii/not-json",
];

/// An event that is to be fetched, and its hashes.
struct Due {
    listed: Listed,
    hashes: BTreeSet<String>,
}

/// Takes in what is new or changed.
pub(super) async fn pull(
    ctx: &Ctx,
    feed: &Feed,
    remote: &Remote,
    state: &mut State,
    report: &mut Report,
) -> Result<(), Fault> {
    let from = From::of(feed);
    let manifest = from.list(remote, PAGES).await?;
    manifest.unsound.iter().for_each(|why| report.refuse(why));
    let listed: BTreeSet<&str> = manifest.listed.iter().map(|one| one.uuid.as_str()).collect();
    state.events.retain(|uuid, _| listed.contains(uuid.as_str()));
    let known = |one: &Listed| state.events.get(&one.uuid).is_some_and(|known| *known >= one.timestamp);
    let (unchanged, due): (Vec<Listed>, Vec<Listed>) = manifest.listed.into_iter().partition(known);
    report.unchanged = unchanged.len() as u64;
    if due.is_empty() {
        return Ok(());
    }
    let mut hashes = match from {
        From::Folder => hashes(remote, &due, report).await?,
        From::Server => Hashes::new(),
    };
    let mapping = Mapping::built_in().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    let mapping = Arc::new(mapping);
    for (done, listed) in (1usize..).zip(due) {
        let hashes = hashes.remove(&listed.uuid).unwrap_or_default();
        let (uuid, due) = (listed.uuid.clone(), Due { listed, hashes });
        match event(ctx, feed, remote, &mapping, due, report).await {
            Ok(timestamp) => drop(state.events.insert(uuid, timestamp)),
            Err(fault) => {
                from.whose(remote, &fault).await?;
                report.refuse(&format!("{uuid}: {fault} [{}]", fault.code));
            }
        }
        ctx.feeds.tell(&feed.name, report);
        if done.is_multiple_of(KEPT) {
            keep_state(ctx, &feed.name, state).await?;
        }
    }
    Ok(())
}

/// What is pulled from.
#[derive(Clone, Copy)]
enum From {
    /// A feed: a folder of files.
    Folder,
    /// A server, by its REST interface.
    Server,
}

impl From {
    fn of(feed: &Feed) -> From {
        if feed.kind == Some(Kind::MispServer) { From::Server } else { From::Folder }
    }

    /// The events that there are, from so many pages at most.
    async fn list(self, remote: &Remote, pages: usize) -> Result<Manifest, Fault> {
        let unread = |fault: comity_exchange::misp::ManifestFault| {
            Fault::new(fault.code(), fault.to_string()).help("look at the address and the kind of the feed")
        };
        let mut all = Manifest::default();
        if let From::Folder = self {
            let (_, bytes) = remote.get(MANIFEST).await?;
            return read_manifest(&bytes).map_err(unread);
        }
        for page in 1..=pages {
            let asked = json!({ "minimal": 1, "published": 1, "page": page, "limit": ROWS });
            let bytes = remote.post("events/index", asked.to_string().into_bytes()).await?;
            let (found, rows) = read_index(&bytes).map_err(unread)?;
            // A page that is not full is the last; one that has nothing new comes of a server that knows no pages.
            if all.join(found) == 0 || rows != ROWS {
                break;
            }
        }
        Ok(all)
    }

    /// Where an event is. The name was found to be a UUID.
    fn place(self, uuid: &str) -> String {
        match self {
            From::Folder => format!("{uuid}.json"),
            From::Server => format!("events/view/{uuid}"),
        }
    }

    /// Goes on where a fault is that of one event. Where the server did not answer for it, that is so if it still lists them.
    async fn whose(self, remote: &Remote, fault: &Fault) -> Result<(), Fault> {
        match fault.code.as_ref() {
            code if OF_ONE.contains(&code) => Ok(()),
            "feed/unreachable" => self.list(remote, 1).await.map(drop),
            _ => Err(fault.clone()),
        }
    }
}

/// The hashes of the events that are due. Without them, or where they cannot be had, events are taken unchecked.
async fn hashes(remote: &Remote, due: &[Listed], report: &mut Report) -> Result<Hashes, Fault> {
    let wanted: BTreeSet<&str> = due.iter().map(|one| one.uuid.as_str()).collect();
    match remote.find("hashes.csv").await {
        Ok(bytes) => Ok(bytes.map_or_else(BTreeMap::new, |bytes| read_hashes(&bytes, &wanted))),
        Err(fault) => {
            From::Folder.whose(remote, &fault).await?;
            report.tell(&format!("hashes.csv, without which events are unchecked: {fault} [{}]", fault.code));
            Ok(Hashes::new())
        }
    }
}

/// Takes in an event. What it gives is the time up to which the event is known: that of its file where the manifest is ahead.
async fn event(
    ctx: &Ctx,
    feed: &Feed,
    remote: &Remote,
    mapping: &Arc<Mapping>,
    due: Due,
    report: &mut Report,
) -> Result<i64, Fault> {
    let (_, bytes) = remote.get(&From::of(feed).place(&due.listed.uuid)).await?;
    let (mapping, tables) = (Arc::clone(mapping), Arc::clone(ctx.collections.tables()));
    let policy = Policy { unmarked: feed.unmarked, ..Policy::new(ctx.now().date()) };
    let converted = tokio::task::spawn_blocking(move || objects(&bytes, &due, &mapping, &tables, policy));
    let converted = converted.await.map_err(|fault| Fault::new("import/broken", fault.to_string()))?;
    let (body, timestamp) = converted.map_err(|why| {
        Fault::new("feed/misp-event", why).help("who keeps it can mend it; the next run asks for it again")
    })?;
    intake::take_in(ctx, feed.unmarked, body, report).await?;
    Ok(timestamp)
}

/// The objects of an event, as the body of an envelope; else why the file is not the one that is listed.
fn objects(
    bytes: &[u8],
    due: &Due,
    mapping: &Mapping,
    tables: &Tables,
    policy: Policy,
) -> Result<(Vec<u8>, i64), String> {
    let found = events(bytes).map_err(|fault| fault.to_string())?;
    let [one] = found.as_slice() else { return Err(format!("the file holds {} events", found.len())) };
    let event: Value = serde_json::from_str(one.text).map_err(|why| why.to_string())?;
    if !text_of(&event, "uuid").eq_ignore_ascii_case(&due.listed.uuid) {
        return Err("the file holds another event than its name says".to_owned());
    }
    let strangers = strangers(&event, &due.hashes);
    if strangers > 0 {
        let text =
            "hashes of `hashes.csv` are of no value that the event has: it is cut, or older than its hashes";
        return Err(format!("{strangers} {text}"));
    }
    let timestamp = text_of(&event, "timestamp").parse().unwrap_or(due.listed.timestamp);
    let context = Context::new(tables, policy);
    // One step of its distribution is used up by the way here.
    let conversion = Conversion { mapping, context: &context, arrival: Arrival::Pulled };
    let (objects, _) = conversion.input(bytes).map_err(|fault| fault.to_string())?;
    let body = [br#"{"objects":"#.as_slice(), &objects, b"}"].concat();
    Ok((body, due.listed.timestamp.min(timestamp)))
}
