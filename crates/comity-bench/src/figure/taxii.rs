//! TAXII: objects added over HTTP, and pages read, against a fixed body of the same length on the same stack.
//!
//! The server runs in a process of its own, and only its CPU time counts. The client is this one: one connection, one
//! request at a time.

use crate::{
    Outcome, cast, feed,
    line::{Line, Target, rounded},
    player::{Player, say, told},
};
use axum::{Router, body::Bytes, routing::get};
use comity_node::{
    app::{
        Action,
        house::{AddOfficer, AddToken},
    },
    http::{ConnectionLimits, api},
    stop::Stop,
};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
};

/// Where the server answers.
#[derive(Debug, Serialize, Deserialize)]
struct Serving {
    pid: u32,
    at: SocketAddr,
    token: String,
}

/// Objects of one request, and of one page.
const BATCH: u64 = 1000;
/// Requests of what costs less than a tick of the clock.
const OFTEN: u32 = 20_000;
/// Objects at which the first page is measured first.
const FEW: u64 = 10_000;
const OBJECTS: &str = "/taxii2/xa/collections/tlp-green/objects/";

/// Measures a server that is filled over TAXII.
pub fn measure(dir: &Path, objects: u64) -> Outcome<Vec<Line>> {
    let mut player = Player::start("taxii", &[&dir.join("xa")])?;
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
    for encoding in ["zstd", "gzip"] {
        let kept = client.each(OFTEN, OBJECTS, encoding)?;
        lines.push(against_fixed(&mut player, &mut client, "taxii-kept-page", encoding, 0.7, &kept)?);
    }
    lines.push(against_fixed(&mut player, &mut client, "taxii-cold-page", "identity", 0.25, &cold)?);
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
    Ok(lines)
}

/// The share that a page has of the pages per CPU-second that a fixed body of its length comes to.
fn against_fixed(
    player: &mut Player,
    client: &mut Client,
    figure: &'static str,
    encoding: &'static str,
    target: f64,
    page: &Cost,
) -> Outcome<Line> {
    player.tell(&page.bytes)?;
    let at: SocketAddr = player.hear()?;
    let serving = Serving { at, pid: client.pid, token: String::new() };
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

/// What a request costs the server.
struct Cost {
    millis: f64,
    bytes: usize,
}

/// One connection to the server.
struct Client {
    pid: u32,
    token: String,
    stream: BufReader<TcpStream>,
}

impl Client {
    fn connect(serving: &Serving) -> Outcome<Client> {
        let stream = TcpStream::connect(serving.at)?;
        stream.set_nodelay(true)?;
        Ok(Client { pid: serving.pid, token: serving.token.clone(), stream: BufReader::new(stream) })
    }

    fn post(&mut self, body: &str) -> Outcome<Vec<u8>> {
        let head =
            format!("content-type: application/taxii+json;version=2.1\r\ncontent-length: {}\r\n", body.len());
        self.ask("POST", OBJECTS, &head, body).map(|(_, body)| body)
    }

    /// The same request many times.
    fn each(&mut self, times: u32, path: &str, encoding: &str) -> Outcome<Cost> {
        let head = format!("accept-encoding: {encoding}\r\n");
        let bytes = self.ask("GET", path, &head, "")?.1.len();
        let before = cpu_of(self.pid)?;
        for _ in 0..times {
            self.ask("GET", path, &head, "")?;
        }
        Ok(Cost { millis: (cpu_of(self.pid)? - before) * 1000.0 / f64::from(times), bytes })
    }

    /// The date of the last object in the collection.
    fn last_added(&mut self) -> Outcome<String> {
        let (mut query, mut last) = (String::new(), String::new());
        loop {
            let (head, _) = self.ask("GET", &format!("{OBJECTS}?limit=1000{query}"), "", "")?;
            match head.iter().find_map(|line| line.strip_prefix("x-taxii-date-added-last: ")) {
                Some(date) => date.clone_into(&mut last),
                None => return Ok(last),
            }
            query = format!("&added_after={last}");
        }
    }

    fn ask(&mut self, method: &str, path: &str, more: &str, body: &str) -> Outcome<(Vec<String>, Vec<u8>)> {
        let stream = self.stream.get_mut();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: node.example\r\nauthorization: Bearer {}\r\n\
             accept: application/taxii+json;version=2.1\r\n{more}\r\n",
            self.token
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let line = line.trim_end().to_owned();
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        if !lines.first().is_some_and(|line| line.starts_with("HTTP/1.1 20")) {
            return Err(format!("{method} {path}: {lines:?}").into());
        }
        let length = lines.iter().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.ok_or("an answer without a length")?.parse()?];
        self.stream.read_exact(&mut body)?;
        Ok((lines, body))
    }
}

/// User and system seconds of a process, in steps of 10 ms (proc(5)).
fn cpu_of(pid: u32) -> Outcome<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = after.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    Ok(ticks.sum::<f64>() / 100.0)
}

/// The process that serves. Told a number, it serves a fixed body of so many bytes beside, and says where.
pub fn part(dir: &Path) -> Outcome<()> {
    cast::runtime()?.block_on(async {
        let node = cast::Node::start(dir, "XA").await?;
        let ctx = node.ctx()?;
        let add =
            AddOfficer { id: "analyst".into(), unit: "cert".into(), name: "Analyst".into(), from: None };
        add.run(ctx).await?;
        let scopes = vec!["read".into(), "import".into()];
        let token = AddToken { officer: "analyst".into(), scopes, days: None }.run(ctx).await?.token;
        let at = node.running.api_at.ok_or("no listener")?;
        say(&Serving { pid: std::process::id(), at, token })?;
        let (stop, _) = Stop::new();
        while let Some(bytes) = tokio::task::spawn_blocking(told).await?? {
            let body = Bytes::from(vec![b'x'; usize::try_from(bytes.as_u64().unwrap_or(0))?]);
            let router = Router::new().route("/fixed", get(move || std::future::ready(body.clone())));
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            say(&listener.local_addr()?)?;
            tokio::spawn(api::run(
                router,
                Some(listener),
                None,
                None,
                ConnectionLimits::default(),
                stop.watch(),
            ));
        }
        stop.now();
        node.running.stop().await?;
        Outcome::Ok(())
    })
}
