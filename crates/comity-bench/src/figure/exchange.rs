//! Exchange: everything one node holds goes to another over TLS, durable and acknowledged on both sides.
//!
//! Both nodes live in one process, so that its CPU time is the cost of both ends; the bytes between them pass through a
//! relay in the measuring process. The import before it, by the same process, is what the exchange is compared with.

use super::signatures;
use crate::{
    Outcome,
    cast::{self, Node},
    feed,
    line::{Line, Target, rounded},
    machine::Since,
    player::{Player, say, told},
    relay::Relay,
};
use comity_node::app::{Action, crossing::Inbox};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{net::SocketAddr, path::Path, sync::atomic::Ordering};

/// Where the two nodes listen.
#[derive(Debug, Serialize, Deserialize)]
struct Listening {
    a: SocketAddr,
    b: SocketAddr,
}

/// What the process of both nodes measured of itself.
#[derive(Debug, Serialize, Deserialize)]
struct Exchanged {
    records: u64,
    import_cpu: f64,
    share_cpu: f64,
    cpu: f64,
    wall: f64,
}

/// Imports into one node and sends everything to the other.
pub fn measure(dir: &Path, objects: u64) -> Outcome<Vec<Line>> {
    let path = dir.join("feed.json");
    let raw = feed::write(&path, 0, objects)?;
    let mut player = Player::start("exchange", &[dir, &path])?;
    let at: Listening = player.hear()?;
    let relays = [Relay::bind()?, Relay::bind()?];
    let mut addresses = Vec::new();
    for relay in &relays {
        addresses.push(relay.address()?.to_string());
    }
    let passed: Vec<_> = relays.into_iter().zip([at.a, at.b]).map(|(relay, at)| relay.run(at)).collect();
    let bytes = || passed.iter().map(|passed| passed.load(Ordering::Relaxed)).sum::<u64>();
    player.tell(&addresses)?;
    // The letters are exchanged and the import is done; what passes from here on is the exchange.
    let _imported: Value = player.hear()?;
    let before = bytes();
    player.tell(&json!("share"))?;
    let got: Exchanged = player.hear()?;
    let wire = bytes() - before;
    player.end()?;
    let ratio = Line::new("exchange", got.cpu / got.import_cpu, "CPU of an import", Target::AtMost(2.5))
        .beside("objects", objects)
        .beside("records", got.records)
        .beside("cpu_seconds", rounded(got.cpu))
        .beside("of_which_judging_and_entering_at_the_sender", rounded(got.share_cpu))
        .beside("wall_seconds", rounded(got.wall))
        .beside("import_cpu_seconds", rounded(got.import_cpu))
        .beside("objects_per_cpu_second", rounded(objects as f64 / got.cpu));
    let bytes =
        Line::new("exchange-bytes", wire as f64 / raw as f64, "bytes sent per raw byte", Target::AtMost(0.2))
            .beside("objects", objects)
            .beside("bytes", wire)
            .beside("raw_bytes", raw)
            .beside("counted", "both directions, with TLS and HTTP");
    Ok(vec![ratio, bytes, signatures::measure()?])
}

/// The process of both nodes.
pub fn part(dir: &Path, feed: &Path) -> Outcome<()> {
    cast::runtime()?.block_on(async {
        let (a, b) = (Node::start(&dir.join("xa"), "XA").await?, Node::start(&dir.join("xb"), "XB").await?);
        say(&Listening { a: a.peers_at()?, b: b.peers_at()? })?;
        let addresses: Vec<String> = serde_json::from_value(told()?.unwrap_or_default())?;
        let [of_a, of_b] = addresses.as_slice() else { return Err("two addresses are needed".into()) };
        a.accept(&b.letter(of_b)?).await?;
        b.accept(&a.letter(of_a)?).await?;
        let since = Since::now();
        let imported = a.import(feed).await?;
        a.indexed().await?;
        let import_cpu = since.cpu();
        say(&json!("imported"))?;
        told()?;
        let since = Since::now();
        let shared = a.share(&b).await?;
        let share_cpu = since.cpu();
        a.acknowledged().await?;
        b.indexed().await?;
        let (cpu, wall) = (since.cpu(), since.wall());
        let held = held(&b).await?;
        if held != imported.taken {
            return Err(format!("{held} of {} objects arrived", imported.taken).into());
        }
        say(&Exchanged { records: shared.cleared, import_cpu, share_cpu, cpu, wall })?;
        a.running.stop().await?;
        b.running.stop().await?;
        Ok(())
    })
}

/// How many objects a node took in from its peers.
async fn held(node: &Node) -> Outcome<u64> {
    let inbox = Inbox { from: None }.run(node.ctx()?).await?;
    let taken = inbox.iter().filter(|one| one.outcome == "taken in");
    Ok(taken.map(|one| u64::from(one.objects)).sum())
}
