//! STIX: reading a bundle, every rule that says MUST, SHA-256 and an index of each object.

use crate::{
    Outcome, feed,
    line::{Line, Target, rounded},
    machine::Since,
    peer::{Interpreters, Told, against},
};
use comity_record::{Hash, sha256};
use comity_threat::{Object, reader::read_all, validate_musts};
use std::{collections::HashMap, fs, path::Path};

/// Some 170 MB.
const OBJECTS: u64 = 236_000;
/// What the peers in Python are given: the same objects, fewer of them.
const FEWER: u64 = 10_000;
const ROUNDS: usize = 3;

/// Measures.
pub fn measure(dir: &Path, peers: &Interpreters) -> Outcome<Vec<Line>> {
    let path = dir.join("bundle.json");
    feed::write(&path, 0, OBJECTS)?;
    let bundle = fs::read(&path)?;
    let (mut best, mut asked) = (f64::INFINITY, 0);
    for _ in 0..ROUNDS {
        let round = one_round(&bundle)?;
        best = best.min(round.seconds);
        asked = round.asked;
    }
    let objects =
        Line::new("stix", OBJECTS as f64 / best, "objects per CPU-second", Target::AtLeast(300_000.0))
            .beside("done", "read, all rules that say MUST, pattern grammar, SHA-256, index")
            .beside("objects", OBJECTS);
    let rate = bundle.len() as f64 / best;
    let bytes = Line::new("stix-bytes", rate / 1e6, "MB per CPU-second", Target::AtLeast(250.0))
        .beside("megabytes", rounded(bundle.len() as f64 / 1e6));
    let few = dir.join("few.json");
    feed::write(&few, 0, FEWER)?;
    let per_object = rounded(asked as f64 / OBJECTS as f64);
    let allocations = Line::new("stix-allocations", per_object, "allocations an object", Target::AtMost(4.0))
        .beside("done", "as for `stix`; the index was given its room before");
    let mut lines = vec![objects, bytes, allocations];
    for (peer, name, times) in
        [("stix2-parse", "stix-python-stix2", 150.0), ("stix-rust", "stix-stix-rust", 4.0)]
    {
        let told = peers.run(peer, &few)?;
        let ratio = |told: &Told| rate / told.bytes_rate();
        lines.push(against(told.as_ref(), name, ratio, "times its rate", Target::AtLeast(times)));
    }
    Ok(lines)
}

/// CPU seconds of a bundle, and how often memory was asked for.
struct Round {
    seconds: f64,
    asked: u64,
}

fn one_round(bundle: &[u8]) -> Outcome<Round> {
    let (since, before) = (Since::on_this_thread(), comity_heap::asked());
    // As for a bundle whose length is known: no object of one is much shorter.
    let mut index: HashMap<String, (u64, Hash)> = HashMap::with_capacity(bundle.len() / 512);
    let mut faults = 0;
    let count = read_all(bundle, |raw| {
        let object = Object::read(raw.bytes)?;
        faults += validate_musts(&object).len();
        index.insert(object.id().to_owned(), (raw.at.offset, sha256(&[raw.bytes])));
        Ok(())
    })?;
    let (seconds, asked) = (since.cpu(), comity_heap::asked() - before);
    if (count, index.len() as u64, faults) != (OBJECTS, OBJECTS, 0) {
        return Err(format!("{count} objects, {} ids, {faults} faults of {OBJECTS}", index.len()).into());
    }
    Ok(Round { seconds, asked })
}
