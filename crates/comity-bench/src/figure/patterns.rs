//! Patterns: ten and a hundred thousand, compiled together, against observations of which few fulfil one.

use crate::{
    Outcome,
    line::{Line, Target, rounded},
    machine::Since,
    peer::{Interpreters, NOT_RUN},
};
use comity_threat::{
    Moment, Object, SpecVersion,
    pattern::{DEFAULT_BUDGET, Hunt, PatternSet, Plan, observations},
};
use serde_json::{Value, json};
use std::{fs, path::Path};

const SOME: usize = 10_000;
const MANY: usize = 100_000;
const OBSERVED: usize = 20_000;
/// What the peer in Python is given: it asks every pattern of every observation.
const FEW: usize = 100;
/// One observation in so many fulfils a pattern.
const ONE_IN: usize = 1_000;
const ROUNDS: usize = 3;
/// Hunts of a round, so that the clock is fine enough.
const TURNS: u32 = 50;

/// Measures.
pub fn measure(dir: &Path, peers: &Interpreters) -> Outcome<Vec<Line>> {
    let seen: Vec<Vec<Value>> = (0..OBSERVED).map(observed).collect();
    let (some, many) = (of_set(SOME, &seen)?, of_set(MANY, &seen)?);
    let pairs = SOME as f64 * some.rate;
    let rate = Line::new("patterns", many.rate, "observations per CPU-second", Target::AtLeast(500_000.0))
        .beside("patterns", MANY)
        .beside("hits", many.hits)
        .beside("build_cpu_seconds", rounded(many.build))
        .beside("tested_on_every_object", many.by_presence)
        .beside("hostile_pattern", hostile()?);
    let growth = Line::new(
        "patterns-growth",
        some.rate / many.rate,
        "times the cost at a tenth of the patterns",
        Target::AtMost(1.5),
    )
    .beside("patterns", json!([SOME, MANY]));
    let path = dir.join("few.json");
    let bundle =
        |objects: &Vec<Value>| json!({ "type": "bundle", "id": id("bundle", 0), "objects": objects });
    let few = json!({
        "patterns": (0..FEW).map(pattern).collect::<Vec<_>>(),
        "observations": seen.iter().take(FEW).map(bundle).collect::<Vec<_>>(),
    });
    fs::write(&path, few.to_string())?;
    let told = peers.run("stix2-matcher", &path)?;
    let ratio = told.as_ref().map_or(f64::NAN, |told| pairs / told.rate());
    let against =
        Line::new("patterns-stix2-matcher", ratio, "times its pairs per CPU-second", Target::AtLeast(1000.0))
            .beside("ours", rounded(pairs))
            .beside("peer", told.map_or_else(|| NOT_RUN.into(), |told| told.shown()));
    Ok(vec![rate, growth, against])
}

struct Measured {
    rate: f64,
    hits: usize,
    build: f64,
    by_presence: usize,
}

/// The observations through a set of so many patterns.
fn of_set(count: usize, seen: &[Vec<Value>]) -> Outcome<Measured> {
    let since = Since::on_this_thread();
    let plans: Result<Vec<Plan>, _> =
        (0..count).map(|number| Plan::new(&pattern(number), SpecVersion::V21)).collect();
    let set = PatternSet::new(plans?)?;
    let build = since.cpu();
    let texts: Vec<String> = seen.iter().flatten().map(Value::to_string).collect();
    let objects: Result<Vec<Object<'_>>, _> =
        texts.iter().map(|text| Object::read(text.as_bytes())).collect();
    let objects = objects?;
    let (ready, unfit) = observations(&objects);
    if ready.len() != seen.len() {
        return Err(format!("{} of {} observations: {unfit:?}", ready.len(), seen.len()).into());
    }
    let (mut hits, mut best) = (0, f64::INFINITY);
    for _ in 0..ROUNDS {
        let mut seconds = 0.0;
        for _ in 0..TURNS {
            let mut hunt = Hunt::new(&set);
            hits = 0;
            let since = Since::on_this_thread();
            (0..).zip(&ready).for_each(|(name, one)| hunt.observe(name, one, |_| hits += 1));
            seconds += since.cpu();
            hunt.finish(|_| hits += 1);
        }
        best = best.min(seconds / f64::from(TURNS));
    }
    Ok(Measured { rate: seen.len() as f64 / best, hits, build, by_presence: set.size().by_presence })
}

/// Ten kinds of pattern in turn, as reports hold them.
fn pattern(number: usize) -> String {
    let (a, b, c) = (number >> 16 & 255, number >> 8 & 255, number & 255);
    let hash = comity_record::sha256(&[b"file", &number.to_be_bytes()]);
    match number % 10 {
        0 => format!("[ipv4-addr:value = '198.{a}.{b}.{c}']"),
        1 => format!("[domain-name:value = 'host{number}.example.net']"),
        2 => format!("[url:value = 'https://host{number}.example.org/p']"),
        3 => format!("[file:hashes.'SHA-256' = '{hash}']"),
        4 => format!("[file:name = 'tool{number}.exe' AND file:size > {number}]"),
        5 => {
            format!("[ipv4-addr:value ISSUBSET '10.{b}.{c}.0/24' AND ipv4-addr:x_port = {}]", 70_000 + number)
        }
        6 => format!("[process:command_line LIKE '%tool{number}.exe%']"),
        7 => format!("[url:value MATCHES '^https://[a-z]+{number}[.]example[.]com/']"),
        8 => format!(
            "[domain-name:value = 'a{number}.example.net'] FOLLOWEDBY [ipv4-addr:value = '203.{a}.{b}.{c}'] WITHIN 300 SECONDS"
        ),
        _ => format!(
            "[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\\\run{number}'] OR [mutex:name = 'm{number}']"
        ),
    }
}

/// An observation with its objects: mostly of values that no pattern names.
fn observed(number: usize) -> Vec<Value> {
    let named = if number.is_multiple_of(ONE_IN) { number / ONE_IN * 10 + 1 } else { number + 10 * MANY };
    let objects = [
        json!({"type": "domain-name", "spec_version": "2.1", "id": id("domain-name", number),
            "value": format!("host{named}.example.net")}),
        json!({"type": "ipv4-addr", "spec_version": "2.1", "id": id("ipv4-addr", number),
            "value": format!("192.0.{}.{}", number >> 8 & 255, number & 255)}),
        json!({"type": "url", "spec_version": "2.1", "id": id("url", number),
            "value": format!("https://www{number}.example.edu/index.html")}),
    ];
    let refs: Vec<&Value> = objects.iter().filter_map(|one| one.get("id")).collect();
    let at = Moment::from_millis(1_772_323_200_000 + number as i64 * 1000).to_string();
    let data = json!({"type": "observed-data", "spec_version": "2.1", "id": id("observed-data", number),
        "created": at, "modified": at, "first_observed": at, "last_observed": at, "number_observed": 1,
        "object_refs": refs});
    [vec![data], objects.to_vec()].concat()
}

fn id(kind: &str, number: usize) -> String {
    format!("{kind}--3c6f0a52-6a0e-4a52-9a3b-{number:012x}")
}

/// How a pattern ends that is written to cost much: by its budget of steps.
fn hostile() -> Outcome<String> {
    let row = ["[ipv4-addr:value LIKE '%0%']"; 12].join(" FOLLOWEDBY ");
    let plan = Plan::new(&format!("({row}) WITHIN 5 SECONDS"), SpecVersion::V21)?;
    let texts: Vec<String> = (0..200).flat_map(observed).map(|one| one.to_string()).collect();
    let objects: Result<Vec<Object<'_>>, _> =
        texts.iter().map(|text| Object::read(text.as_bytes())).collect();
    let objects = objects?;
    let (ready, _) = observations(&objects);
    Ok(format!("{:?}", plan.evaluate(&ready, DEFAULT_BUDGET).verdict))
}
