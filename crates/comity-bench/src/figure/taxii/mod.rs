//! TAXII: objects added over HTTP, and pages read, against a fixed body of the same length on the same stack.
//!
//! The server runs in a process of its own, and only its CPU time counts. The client is this one: one connection, one
//! request at a time.

mod client;
mod served;

pub use served::part;

use crate::{
    Outcome, feed,
    line::{Line, Target, rounded},
    peer::{Interpreters, against},
    player::Player,
};
use client::{Client, Cost, cpu_of};
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::Path};

/// Where the server answers.
#[derive(Debug, Serialize, Deserialize)]
struct Serving {
    pid: u32,
    at: SocketAddr,
    token: String,
    /// In PEM, where it speaks TLS.
    certificate: Option<String>,
}

/// How the part is told to speak TLS, or not to.
const OVER_TLS: &str = "over-tls";
const IN_CLEAR: &str = "in-clear";
/// The name in the certificate.
const NAME: &str = "localhost";

/// Objects of one request, and of one page.
const BATCH: u64 = 1000;
/// Requests of what costs less than a tick of the clock.
const OFTEN: u32 = 20_000;
/// Objects at which the first page is measured first.
const FEW: u64 = 10_000;
const OBJECTS: &str = "/taxii2/xa/collections/tlp-green/objects/";

/// Measures a server that is filled over TAXII.
pub fn measure(dir: &Path, objects: u64, peers: &Interpreters) -> Outcome<Vec<Line>> {
    let mut player = Player::start("taxii", &[&dir.join("xa"), Path::new(IN_CLEAR)])?;
    let serving: Serving = player.hear()?;
    let mut client = Client::connect(&serving)?;
    let few = objects.min(FEW);
    let mut cpu = fill(&mut client, 0, few)?;
    let first_of_few = client.each(200, OBJECTS, "identity")?;
    cpu += fill(&mut client, few, objects)?;
    let added =
        Line::new("taxii-post", objects as f64 / cpu, "objects per CPU-second", Target::AtLeast(20_000.0))
            .beside("objects", objects)
            .beside("cpu_seconds", rounded(cpu));
    let cold = client.each(200, OBJECTS, "identity")?;
    let page = Line::new("taxii-page", cold.millis, "ms of CPU, 1,000 objects", Target::AtMost(2.0))
        .beside("bytes", cold.bytes)
        .beside("objects_per_cpu_second", rounded(1e6 / cold.millis));
    let grown = Line::new(
        "taxii-first-page",
        cold.millis / first_of_few.millis,
        "times that at few",
        Target::AtMost(2.0),
    )
    .beside("objects", objects)
    .beside("few", few)
    .beside("ms_at_few", rounded(first_of_few.millis));
    let mut lines = vec![added, page, grown];
    lines.extend(kept_pages(&mut player, &mut client, &serving, "taxii-kept-page")?);
    lines.push(against_fixed(&mut player, &serving, "taxii-cold-page", "identity", 0.25, &cold)?);
    lines.push(against_medallion(dir, peers, &cold)?);
    let last = client.last_added()?;
    let empty = client.each(5000, &format!("{OBJECTS}?added_after={last}"), "identity")?;
    lines.push(Line::new("taxii-empty", empty.millis, "ms of CPU, nothing new", Target::AtMost(0.2)));
    let small = client.each(20_000, "/taxii2/xa/collections/tlp-green/", "identity")?;
    lines.push(Line::new(
        "taxii-small",
        1e3 / small.millis,
        "requests per CPU-second",
        Target::AtLeast(20_000.0),
    ));
    player.end()?;
    lines.extend(over_tls(dir)?);
    Ok(lines)
}

/// A page of the first thousand objects, which is kept in both encodings.
fn kept_pages(
    player: &mut Player,
    client: &mut Client,
    serving: &Serving,
    figure: &'static str,
) -> Outcome<Vec<Line>> {
    let mut lines = Vec::new();
    for encoding in ["zstd", "gzip"] {
        let kept = client.each(OFTEN, OBJECTS, encoding)?;
        lines.push(against_fixed(player, serving, figure, encoding, 0.7, &kept)?);
    }
    Ok(lines)
}

/// Kept pages of a server that speaks TLS, against a fixed body under the same certificate.
fn over_tls(dir: &Path) -> Outcome<Vec<Line>> {
    let mut player = Player::start("taxii", &[&dir.join("xb"), Path::new(OVER_TLS)])?;
    let serving: Serving = player.hear()?;
    let mut client = Client::connect(&serving)?;
    // A page is kept once it is full and another follows.
    fill(&mut client, 0, 2 * BATCH)?;
    let lines = kept_pages(&mut player, &mut client, &serving, "taxii-kept-page-tls")?;
    player.end()?;
    Ok(lines)
}

/// Pages of a thousand objects, neither kept nor encoded, beside those of medallion, which holds them in memory.
fn against_medallion(dir: &Path, peers: &Interpreters, cold: &Cost) -> Outcome<Line> {
    let bundle = dir.join("medallion.json");
    feed::write(&bundle, 0, BATCH)?;
    let told = peers.run("medallion", &bundle)?;
    let target = Target::AtLeast(100.0);
    Ok(against(
        told.as_ref(),
        "taxii-medallion",
        |told| told.millis() / cold.millis,
        "times its rate",
        target,
    )
    .beside("ms_of_cpu", rounded(cold.millis)))
}

/// The share that a page has of the pages per CPU-second that a fixed body of its length comes to.
fn against_fixed(
    player: &mut Player,
    serving: &Serving,
    figure: &'static str,
    encoding: &'static str,
    target: f64,
    page: &Cost,
) -> Outcome<Line> {
    player.tell(&page.bytes)?;
    let at: SocketAddr = player.hear()?;
    let serving = Serving { at, token: String::new(), certificate: serving.certificate.clone(), ..*serving };
    let fixed = Client::connect(&serving)?.each(OFTEN, "/fixed", "identity")?;
    let line = Line::new(figure, fixed.millis / page.millis, "of a fixed body", Target::AtLeast(target));
    Ok(line
        .beside("encoding", encoding)
        .beside("bytes", page.bytes)
        .beside("ms_of_cpu", rounded(page.millis))
        .beside("fixed_ms_of_cpu", rounded(fixed.millis)))
}

/// Adds indicators in batches; the CPU seconds that it took.
fn fill(client: &mut Client, from: u64, to: u64) -> Outcome<f64> {
    let before = cpu_of(client.pid)?;
    let mut next = from;
    while next < to {
        let end = to.min(next + BATCH);
        let objects: Vec<String> = (next..end).map(feed::indicator).collect();
        let answer = client.post(&format!(r#"{{"objects":[{}]}}"#, objects.join(",")))?;
        let status: serde_json::Value = serde_json::from_slice(&answer)?;
        if status.get("success_count").and_then(serde_json::Value::as_u64) != Some(end - next) {
            return Err(format!("not all objects were added: {status}").into());
        }
        next = end;
    }
    Ok(cpu_of(client.pid)? - before)
}
