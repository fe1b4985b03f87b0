//! Publishing: from the moment at which one node begins to publish an indicator to the sighting that `comity match` reports at
//! another, which follows a growing log. All peers get every publication; the one that follows holds many indicators.

use crate::{
    Outcome,
    cast::{self, Node},
    feed,
    line::{Line, Target, rounded},
    player::{Player, say},
};
use serde::{Deserialize, Serialize};
use std::{
    fs::OpenOptions,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

/// Who publishes.
const AUTHOR: &str = "CH";
/// Who is given everything: the codes alone count here, and all of it is cleared. The first follows a log.
const PEERS: [&str; 46] = [
    "AT", "AU", "BE", "BG", "BR", "CA", "CL", "CR", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB",
    "GR", "HR", "HU", "IE", "IS", "IT", "JP", "KE", "KR", "LT", "LU", "LV", "MA", "MT", "MX", "MY", "NL",
    "NO", "NZ", "PE", "PH", "PL", "PT", "RO", "SE", "SG", "SI", "SK", "TH",
];
/// Publications.
const TIMES: u64 = 200;
/// How often a line with the name that is published comes into the log.
const EVERY: Duration = Duration::from_millis(20);
/// After so long without a hit the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// What was measured.
#[derive(Debug, Serialize, Deserialize)]
struct Published {
    /// Seconds to each sighting, the shortest first.
    waits: Vec<f64>,
    /// Seconds until all that were given it had acknowledged the last.
    all: f64,
}

/// Publishes, and tells how long sightings took.
pub fn measure(dir: &Path, objects: u64) -> Outcome<Vec<Line>> {
    let target = Target::AtMost(2.0);
    let unit = "seconds to a sighting, 99 in 100";
    let program = std::env::current_exe()?.with_file_name("comity");
    if !program.is_file() {
        let line = Line::new("publish", f64::NAN, unit, target);
        return Ok(vec![line.beside("not_run", "`comity` is not built beside this program")]);
    }
    let path = dir.join("feed.json");
    feed::write(&path, 0, objects)?;
    let mut player = Player::start("publish", &[dir, &path, &program])?;
    let got: Published = player.hear()?;
    player.end()?;
    let at = |part: usize| got.waits.get(got.waits.len() * part / 100).copied().unwrap_or(f64::NAN);
    let line = Line::new("publish", at(99), unit, target)
        .beside("half_of_them", rounded(at(50)))
        .beside("publications", TIMES)
        .beside("peers", PEERS.len())
        .beside("held_by_the_one_that_follows", objects)
        .beside("seconds_until_all_had_acknowledged_the_last", rounded(got.all))
        .beside("counted", "reading the file, signing, judging 46 times, TLS, judging there, index, log");
    Ok(vec![line])
}

/// The process of all nodes.
pub fn part(dir: &Path, feed: &Path, program: &Path) -> Outcome<()> {
    let published = cast::runtime()?.block_on(async {
        let author = Node::start(&dir.join("author"), AUTHOR).await?;
        let mut peers = Vec::with_capacity(PEERS.len());
        for code in PEERS {
            let peer = Node::start(&dir.join(code), code).await?;
            author.accept(&peer.letter(&peer.peers_at()?.to_string())?).await?;
            peer.accept(&author.letter(&author.peers_at()?.to_string())?).await?;
            peers.push(peer);
        }
        let follower = peers.first().ok_or("no peer")?;
        follower.import(feed).await?;
        follower.indexed().await?;
        let mut log = FollowedLog::start(program, &dir.join(follower.code.as_str()), &dir.join("dns.log"))?;
        // A name that is held already: once it is found, the indicators are loaded.
        tokio::task::block_in_place(|| log.sighted(&name(1), PATIENCE))?;
        let mut waits = Vec::new();
        let mut last = Instant::now();
        for number in 0..TIMES {
            // Names are every fourth kind of the feed, beyond what the follower holds.
            let number = 4 * (1 << 28) + 4 * number + 1;
            let path = dir.join("one.json");
            feed::write(&path, number, 1)?;
            last = Instant::now();
            author.import(&path).await?;
            author.share_with(&PEERS).await?;
            tokio::task::block_in_place(|| log.sighted(&name(number), PATIENCE))?;
            waits.push(last.elapsed().as_secs_f64());
        }
        author.acknowledged().await?;
        let all = last.elapsed().as_secs_f64();
        drop(log);
        waits.sort_by(f64::total_cmp);
        Outcome::Ok(Published { waits, all })
    })?;
    say(&published)
}

fn name(number: u64) -> String {
    format!("host{number}.example.net")
}

/// A log that `comity match` follows in a process of its own. It is killed when this is dropped.
struct FollowedLog {
    matching: Child,
    hits: Receiver<String>,
    path: std::path::PathBuf,
}

impl FollowedLog {
    fn start(program: &Path, node: &Path, log: &Path) -> Outcome<FollowedLog> {
        std::fs::write(log, "")?;
        let mut command = Command::new(program);
        command.args(["match", "--indicators", "held", "--follow", "--format", "text", "--output", "lines"]);
        command.arg("--log").arg(log).arg("--dir").arg(node);
        let mut matching = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn()?;
        let says = BufReader::new(matching.stdout.take().ok_or("no standard output")?);
        let (tell, hits) = channel();
        thread::spawn(move || says.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Ok(FollowedLog { matching, hits, path: log.to_owned() })
    }

    /// Writes the name into the log again and again until a hit tells of it.
    fn sighted(&mut self, name: &str, patience: Duration) -> Outcome<()> {
        let since = Instant::now();
        let mut log = OpenOptions::new().append(true).open(&self.path)?;
        while since.elapsed() < patience {
            writeln!(log, "query {name}")?;
            match self.hits.recv_timeout(EVERY) {
                Ok(hit) if hit.contains(name) => return Ok(()),
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err("`comity match` ended".into()),
            }
        }
        Err(format!("`{name}` was not sighted in {} s", patience.as_secs()).into())
    }
}

impl Drop for FollowedLog {
    fn drop(&mut self) {
        // One that has ended by itself needs nothing more.
        if self.matching.kill().is_ok() {
            let _status = self.matching.wait();
        }
    }
}
