//! Starting and resting: how soon a node serves after a clean stop and after a kill, and how much memory it holds when
//! nothing happens. A node serves when it says so and its peers' port takes a connection. Files are in the page cache.

use crate::{
    Outcome, cast, feed,
    line::{Line, Target, rounded},
    machine::Memory,
    player::{Player, say, told},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// How long a node is left alone before its memory at rest is read.
const REST: Duration = Duration::from_secs(3);

/// A serving node, as its process tells.
#[derive(Debug, Serialize, Deserialize)]
struct Serving {
    at: SocketAddr,
}

/// Resident, anonymous and peak memory, as the node's process tells.
#[derive(Debug, Serialize, Deserialize)]
struct Held {
    resident: f64,
    anonymous: f64,
    peak: f64,
}

/// Starts and stops a node in every way.
pub fn measure(dir: &Path, objects: u64) -> Outcome<Vec<Line>> {
    let (node, path) = (dir.join("xa"), dir.join("feed.json"));
    feed::write(&path, 0, objects)?;
    // The first start makes the party, the second is of an empty node.
    started(&node)?.0.end()?;
    let (mut player, _) = started(&node)?;
    let empty = at_rest(&mut player)?;
    player.tell(&json!({ "import": path }))?;
    let _imported: Value = player.hear()?;
    player.kill()?;
    let (mut player, after_kill) = started(&node)?;
    let killed = at_rest(&mut player)?;
    player.end()?;
    let (mut player, after_stop) = started(&node)?;
    let full = at_rest(&mut player)?;
    player.end()?;
    let of_memory = |name, held: &Held, target| {
        Line::new(name, held.resident, "MB resident", Target::AtMost(target))
            .beside("anonymous", rounded(held.anonymous))
            .beside("peak", rounded(held.peak))
    };
    Ok(vec![
        Line::new("start-after-stop", after_stop, "seconds until serving", Target::AtMost(3.0))
            .beside("objects", objects),
        Line::new("start-after-kill", after_kill, "seconds until serving", Target::AtMost(10.0))
            .beside("objects", objects)
            .beside("killed", "right after the import was acknowledged, the store not closed")
            .beside("resident_at_rest_then", rounded(killed.resident)),
        of_memory("idle-memory-empty", &empty, 60.0),
        of_memory("idle-memory", &full, 120.0).beside("objects", objects),
    ])
}

/// A node's process, and the seconds from starting it until it served.
fn started(dir: &Path) -> Outcome<(Player, f64)> {
    let from = Instant::now();
    let mut player = Player::start("serve", &[dir])?;
    let serving: Serving = player.hear()?;
    TcpStream::connect(serving.at)?;
    Ok((player, from.elapsed().as_secs_f64()))
}

fn at_rest(player: &mut Player) -> Outcome<Held> {
    std::thread::sleep(REST);
    player.tell(&json!("memory"))?;
    player.hear()
}

/// The process of a node. It stops cleanly when nobody talks to it any more.
pub fn part(dir: &Path) -> Outcome<()> {
    let runtime = cast::runtime()?;
    let node = runtime.block_on(cast::Node::start(dir, "XA"))?;
    say(&Serving { at: node.peers_at()? })?;
    while let Some(asked) = told()? {
        match asked.get("import").and_then(Value::as_str).map(PathBuf::from) {
            Some(path) => {
                let imported = runtime.block_on(node.import(&path))?;
                runtime.block_on(node.indexed())?;
                say(&imported.taken)?;
            }
            None => say(&Memory::now())?,
        }
    }
    runtime.block_on(node.running.stop())?;
    Ok(())
}
