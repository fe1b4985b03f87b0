//! Ledger: entries in groups against the same bytes appended to a file and synchronised, and the time a receipt takes to
//! verify.

use crate::{
    Outcome,
    cast::{self, Node},
    feed,
    line::{Line, Target, rounded},
    machine::Since,
    player::{Player, say},
};
use comity_ledger::{Log, Provisional, Quorum, Receipt, Trust};
use comity_node::app::{Action, crossing::Outbox, hex, proof::ExportReceipt};
use comity_record::{Canonical, Entry, EntryKind, EntrySalt, PartyCode, RecordId, Timestamp, sha256};
use comity_store::{FjallOptions, FjallStore};
use serde::{Deserialize, Serialize};
use std::{fs::OpenOptions, io::Write, path::Path, time::Instant};

/// Entries committed together.
const GROUP: u64 = 256;
/// Groups of a run.
const GROUPS: u64 = 400;
/// Times that a receipt is verified.
const VERIFIED: u32 = 500;

/// A verified receipt, as its process tells.
#[derive(Debug, Serialize, Deserialize)]
struct Verified {
    milliseconds: f64,
    bytes: usize,
    provisional: bool,
    checked: Vec<String>,
}

/// Appends in both ways, then verifies.
pub fn measure(dir: &Path) -> Outcome<Vec<Line>> {
    let entries = cast::runtime()?.block_on(entries(dir))?;
    let path = dir.join("feed.json");
    feed::write(&path, 0, 2_000)?;
    let mut player = Player::start("receipt", &[dir, &path])?;
    let got: Verified = player.hear()?;
    player.end()?;
    let receipt = Line::new("receipt", got.milliseconds, "CPU milliseconds to verify", Target::AtMost(1.0))
        .beside("bytes", got.bytes)
        .beside("provisional", got.provisional)
        .beside("checked", got.checked);
    Ok(vec![entries, receipt])
}

/// Groups of entries to the embedded store and, after each, the same bytes to a file: the disk is the same for both.
async fn entries(dir: &Path) -> Outcome<Line> {
    let store = FjallStore::open(&dir.join("store"), FjallOptions::default()).await?;
    let mut log = Log::open(&store).await?;
    let mut file = OpenOptions::new().append(true).create(true).open(dir.join("plain"))?;
    let (mut ours, mut plain, mut bytes) = (Vec::new(), Vec::new(), 0);
    for group in 0..GROUPS {
        let entries = group_of(group)?;
        let mut same = Vec::new();
        for (index, (entry, salt)) in (log.size()..).zip(&entries) {
            same.extend(index.to_be_bytes());
            same.extend(salt);
            same.extend(entry.to_bytes());
        }
        bytes += same.len();
        let from = Instant::now();
        log.commit(&store, entries, Vec::new()).await?;
        ours.push(from.elapsed().as_secs_f64());
        let from = Instant::now();
        file.write_all(&same)?;
        file.sync_data()?;
        plain.push(from.elapsed().as_secs_f64());
    }
    store.close().await?;
    let (our_time, plain_time) = (ours.iter().sum::<f64>(), plain.iter().sum::<f64>());
    let count = (GROUPS * GROUP) as f64;
    Ok(Line::new(
        "ledger",
        plain_time / our_time,
        "of the rate of appending and syncing",
        Target::AtLeast(0.5),
    )
    .beside("entries", GROUPS * GROUP)
    .beside("entries_per_commit", GROUP)
    .beside("bytes", bytes)
    .beside("entries_per_second", rounded(count / our_time))
    .beside("appended_per_second", rounded(count / plain_time))
    .beside("median_commit_milliseconds", rounded(median(&mut ours) * 1e3))
    .beside("median_append_milliseconds", rounded(median(&mut plain) * 1e3)))
}

/// Entries as a clearance makes them, with every hash filled in.
fn group_of(group: u64) -> Outcome<Vec<(Entry, EntrySalt)>> {
    let (at, party, other) = (
        "2026-01-01T00:00:00Z".parse::<Timestamp>()?,
        "XA".parse::<PartyCode>()?,
        "XB".parse::<PartyCode>()?,
    );
    let one = |number: u64| {
        let hash = |what: &[u8]| sha256(&[what, &number.to_be_bytes()]);
        let mut entry = Entry::new(EntryKind::Cleared, at, party.clone());
        entry.counterparty = Some(other.clone());
        entry.record = Some(RecordId(hash(b"record")));
        entry.crossing = Some(comity_record::CrossingId::of(&RecordId(hash(b"record")), &party, &other));
        entry.decision = Some(hash(b"decision"));
        entry.pack = Some(hash(b"pack"));
        entry.register = Some(hash(b"register"));
        entry.request = Some(hash(b"request"));
        entry.engine = Some(comity_record::ENGINE_VERSION.to_owned());
        let mut salt = EntrySalt::default();
        salt.copy_from_slice(hash(b"salt").0.split_at(16).0);
        (entry, salt)
    };
    Ok((group * GROUP..(group + 1) * GROUP).map(one).collect())
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The process that makes a crossing, exports its receipt and verifies it.
pub fn part(dir: &Path, feed: &Path) -> Outcome<()> {
    cast::runtime()?.block_on(async {
        let (a, b) = (Node::start(&dir.join("xa"), "XA").await?, Node::start(&dir.join("xb"), "XB").await?);
        let letters = [a.letter(&a.peers_at()?.to_string())?, b.letter(&b.peers_at()?.to_string())?];
        let [of_a, of_b] = &letters;
        a.accept(of_b).await?;
        b.accept(of_a).await?;
        a.import(feed).await?;
        a.share(&b).await?;
        a.acknowledged().await?;
        let outbox = Outbox { to: None }.run(a.ctx()?).await?;
        let id = outbox.into_iter().next().ok_or("nothing was shared")?.crossing;
        let exported = ExportReceipt { id, with_record: true }.run(a.ctx()?).await?;
        let bytes = hex(&exported.receipt).ok_or("the receipt is not in hexadecimal digits")?;
        a.running.stop().await?;
        b.running.stop().await?;
        let mut trust = Trust::new([of_a.introduce()?, of_b.introduce()?]);
        trust.quorum = Quorum::default();
        let milliseconds = verify(&bytes, exported.provisional, &trust)?;
        say(&Verified {
            milliseconds,
            bytes: bytes.len(),
            provisional: exported.provisional,
            checked: exported.checked,
        })
    })
}

/// CPU milliseconds of reading and verifying a receipt once.
fn verify(bytes: &[u8], provisional: bool, trust: &Trust) -> Outcome<f64> {
    let since = Since::on_this_thread();
    for _ in 0..VERIFIED {
        if provisional {
            Provisional::from_bytes(bytes)?.verify(trust)?;
        } else {
            Receipt::from_bytes(bytes)?.verify(trust)?;
        }
    }
    Ok(since.cpu() * 1e3 / f64::from(VERIFIED))
}
