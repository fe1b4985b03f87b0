//! Matching: a million indicators against four kinds of logs, in every way of classifying bytes that the machine has, and
//! beside it the plain way of splitting lines into words and asking a set.
//!
//! What is timed is the whole of a matching from text in memory to judged hits: scan, reading of the lines that hit, rules
//! of their fields. CPU seconds are of the one thread that works; each figure is the best of five.

mod given;
mod plain;

use super::super::{
    Outcome,
    line::{Line, Target, rounded},
    machine::{Memory, Since},
    peer::{Interpreters, against},
};
use comity_threat::{
    log::{Reading, Roles},
    matching::{Matcher, Scanner, Way},
    value::{Kind, Value, normalise},
};
use given::{Given, Log};
use serde_json::{Map, json};
use std::{
    fs,
    io::{BufWriter, Read, Write},
    path::Path,
};

const INDICATORS: usize = 1_000_000;
const LOG_BYTES: usize = 64 << 20;
const ROUNDS: usize = 5;
/// Bytes read at a time, as the node reads.
const WINDOW: usize = 1 << 20;

/// Measures.
pub fn measure(dir: &Path, peers: &Interpreters) -> Outcome<Vec<Line>> {
    let indicators = given::indicators(INDICATORS);
    let logs = given::logs(&indicators, LOG_BYTES);
    let values = values(&indicators)?;
    drop(values);
    let before = Memory::now();
    let (matcher, seconds) = build(&indicators)?;
    let grown = Memory::now().resident - before.resident;
    let mut lines = vec![
        Line::new("match-build", seconds, "CPU-seconds for a million indicators", Target::AtMost(1.0)),
        Line::new("match-memory", grown, "MB for a million indicators", Target::AtMost(100.0)),
    ];
    let (matcher, more) = more(matcher)?;
    lines.push(Line::new(
        "match-more",
        more * 1e3,
        "CPU milliseconds for a thousand more",
        Target::AtMost(10.0),
    ));
    let roles = Roles::built_in()?;
    let plain = plain::rates(&indicators, &logs);
    for (way, name, target) in [
        (Way::Avx512, "match-avx512", 1.0),
        (Way::Avx2, "match-avx2", 0.6),
        (Way::Scalar, "match-scalar", 0.4),
    ] {
        if way.is_here() {
            lines.push(of_way(&matcher, &roles, &logs, way, name, target));
        }
    }
    lines.push(against_plain(&matcher, &roles, &logs, &plain));
    lines.push(folded(&matcher, &roles, &logs)?);
    let ours: Vec<f64> = logs.iter().map(|(_, text)| rate(&matcher, &roles, text, Way::best()).1).collect();
    lines.extend(against_engines(dir, peers, &indicators, &logs, &ours)?);
    Ok(lines)
}

/// Beside Hyperscan, which is given every indicator as a literal, and Tenzir, which is given the log of Suricata's and one
/// address. They do other things: the one finds words inside of words, the other reads every field.
fn against_engines(
    dir: &Path,
    peers: &Interpreters,
    indicators: &[Given],
    logs: &[Log],
    ours: &[f64],
) -> Outcome<[Line; 2]> {
    let mut list = BufWriter::new(fs::File::create(dir.join("indicators.txt"))?);
    for (_, text) in indicators {
        writeln!(list, "{text}")?;
    }
    list.flush()?;
    let mut eve = None;
    for (number, ((name, text), rate)) in logs.iter().zip(ours).enumerate() {
        let path = dir.join(format!("{number}-{name}.log"));
        fs::write(&path, text)?;
        if *name == "eve" {
            eve = Some((path, rate));
        }
    }
    let hyperscan = peers.run("hyperscan", dir)?;
    let mean = |rates: &[f64]| f64::powf(rates.iter().product(), 1.0 / rates.len() as f64);
    let (path, rate) = eve.ok_or("no log of Suricata's among the logs")?;
    let tenzir = peers.run("tenzir", &path)?;
    Ok([
        against(
            hyperscan.as_ref(),
            "match-hyperscan",
            |told| mean(ours) / mean(told.rates()),
            "times its rate, geometric mean",
            Target::AtLeast(10.0),
        ),
        against(
            tenzir.as_ref(),
            "match-tenzir",
            |told| rate * 1e9 / told.bytes_rate(),
            "times its rate on the log of Suricata's",
            Target::AtLeast(10.0),
        ),
    ])
}

fn values(indicators: &[Given]) -> Outcome<Vec<Value>> {
    let value = |(kind, text): &Given| Ok(normalise(kind.parse::<Kind>()?, text)?);
    indicators.iter().map(value).collect()
}

fn build(indicators: &[Given]) -> Outcome<(Matcher, f64)> {
    let since = Since::on_this_thread();
    let mut matcher = Matcher::new([9; 32], indicators.len());
    for (kind, text) in indicators {
        matcher.insert(&normalise(kind.parse::<Kind>()?, text)?, 0)?;
    }
    Ok((matcher, since.cpu()))
}

fn more(mut matcher: Matcher) -> Outcome<(Matcher, f64)> {
    let texts: Vec<String> = (0..1000).map(|number| format!("new{number}.example.com")).collect();
    let since = Since::on_this_thread();
    for text in &texts {
        matcher.insert(&normalise(Kind::Name, text)?, 1)?;
    }
    Ok((matcher, since.cpu()))
}

/// Hits of a log in one way, and the best rate in GB of text per CPU-second.
fn rate(matcher: &Matcher, roles: &Roles, text: &[u8], way: Way) -> (u64, f64) {
    let mut best = (0, 0.0);
    for _ in 0..ROUNDS {
        let since = Since::on_this_thread();
        let mut reading = Reading::new(matcher, roles, Scanner::new(way), None);
        let hits = over(&mut reading, text);
        best = (hits, f64::max(best.1, text.len() as f64 / since.cpu() / 1e9));
    }
    best
}

/// Reads a text in windows, as from a file.
fn over(reading: &mut Reading<'_>, text: &[u8]) -> u64 {
    let (mut hits, mut rest) = (0, text);
    while !rest.is_empty() {
        let (window, after) = rest.split_at_checked(WINDOW).unwrap_or((rest, &[]));
        let taken = reading.read(window, after.is_empty(), &mut |seen| hits += seen.found.len() as u64);
        rest = rest.get(taken.max(1)..).unwrap_or_default();
    }
    hits
}

fn of_way(matcher: &Matcher, roles: &Roles, logs: &[Log], way: Way, name: &'static str, target: f64) -> Line {
    let mut by_log = Map::new();
    let mut product = 1.0;
    for (log, text) in logs {
        let (hits, rate) = rate(matcher, roles, text, way);
        product *= rate;
        by_log.insert((*log).to_owned(), json!({ "gb_per_cpu_second": rounded(rate), "hits": hits }));
    }
    let mean = f64::powf(product, 1.0 / logs.len() as f64);
    let line = Line::new(name, mean, "GB of text per CPU-second, geometric mean", Target::AtLeast(target));
    line.beside("logs", by_log).beside("bytes_of_each", LOG_BYTES as u64)
}

fn against_plain(matcher: &Matcher, roles: &Roles, logs: &[Log], plain: &[f64]) -> Line {
    let ratios =
        logs.iter().zip(plain).map(|((_, text), plain)| rate(matcher, roles, text, Way::best()).1 / plain);
    let mean = f64::powf(ratios.product(), 1.0 / logs.len() as f64);
    let line = Line::new(
        "match-plain",
        mean,
        "times a plain split and HashSet, geometric mean",
        Target::AtLeast(5.0),
    );
    line.beside("plain_gb_per_cpu_second", plain.iter().map(|rate| rounded(*rate)).collect::<Vec<_>>())
        .beside("way", Way::best().word())
}

/// The same from text that lies folded by zstd, unfolding included.
fn folded(matcher: &Matcher, roles: &Roles, logs: &[Log]) -> Outcome<Line> {
    let mut product = 1.0;
    for (_, text) in logs {
        let folded = zstd::encode_all(text.as_slice(), 3)?;
        let mut best: f64 = 0.0;
        for _ in 0..ROUNDS {
            let since = Since::on_this_thread();
            let mut decoder = zstd::stream::read::Decoder::new(folded.as_slice())?;
            let mut reading = Reading::new(matcher, roles, Scanner::new(Way::best()), None);
            let mut kept = Vec::with_capacity(2 * WINDOW);
            loop {
                let read = (&mut decoder).take(WINDOW as u64).read_to_end(&mut kept)?;
                let taken = reading.read(&kept, read == 0, &mut |_| {});
                kept.drain(..taken);
                if read == 0 {
                    break;
                }
            }
            best = best.max(text.len() as f64 / since.cpu() / 1e9);
        }
        product *= best;
    }
    let mean = f64::powf(product, 1.0 / logs.len() as f64);
    // Nothing was promised of folded text; half of the plain text is what a decoder of that speed leaves.
    Ok(Line::new("match-zstd", mean, "GB of unfolded text per CPU-second from zstd -3", Target::AtLeast(0.5)))
}
