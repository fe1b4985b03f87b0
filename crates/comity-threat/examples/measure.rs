//! Measures reading, labelling and import: `cargo run --release -p comity-threat --example measure [FILE]`.
//!
//! Without a file, a million indicators are made on the fly, so that memory is that of the import alone. Prints one JSON
//! line per figure; compare ratios, since machines differ.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for measuring, run by hand")]

use comity_record::sha256;
use comity_threat::{
    Context, Import, Object, Policy, Survey, Tables, labels_for,
    reader::{ObjectSplitter, read_all},
    validate, validate_musts,
};
use std::collections::HashMap;

fn indicators(from: u64, count: u64) -> Vec<u8> {
    let one = |n: u64| {
        format!(
            r#"{{"type":"indicator","spec_version":"2.1","id":"indicator--c0a1170e-0000-4000-8000-{n:012}","created_by_ref":"identity--c0a1170e-0000-4000-8000-000000000003","created":"2026-02-01T08:00:00.000Z","modified":"2026-02-01T08:00:00.000Z","name":"Download host {n}","description":"Seen by a sensor of the exercise while it loaded a second stage; kept here to give the object a usual length, as reports do. {n}","indicator_types":["malicious-activity"],"pattern":"[domain-name:value = 'host{n}.paperboat.example'] OR [url:value = 'http://host{n}.paperboat.example/a']","pattern_type":"stix","valid_from":"2026-02-01T08:00:00.000Z","labels":["exercise","loader"],"object_marking_refs":["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]}}"#
        )
    };
    let objects: Vec<String> = (from..from + count).map(one).collect();
    objects.join(",\n").into_bytes()
}

/// CPU seconds of this process so far; other work on the machine does not count.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanos = stat.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok());
    nanos.unwrap_or_default() / 1e9
}

fn figure(name: &str, bytes: usize, objects: u64, start: f64) {
    let seconds = cpu_seconds() - start;
    let (rate, per_second) = (bytes as f64 / seconds / 1e6, objects as f64 / seconds);
    println!(
        r#"{{"figure":"{name}","objects":{objects},"mb_per_cpu_second":{rate:.0},"objects_per_cpu_second":{per_second:.0}}}"#
    );
}

fn main() {
    let tables = Tables::built_in().unwrap();
    let input = match std::env::args().nth(1) {
        Some(path) => std::fs::read(path).unwrap(),
        None => [b"[".as_slice(), &indicators(0, 20_000), b"]"].concat(),
    };
    let start = cpu_seconds();
    let mut splitter = ObjectSplitter::new();
    for chunk in input.chunks(1 << 18) {
        splitter.push(chunk);
        while splitter.next_object().unwrap().is_some() {}
    }
    figure("split", input.len(), splitter.finish().unwrap(), start);

    let start = cpu_seconds();
    let count = read_all(&input, |raw| Object::read(raw.bytes).map(|_| ())).unwrap();
    figure("split and read", input.len(), count, start);

    let start = cpu_seconds();
    let mut findings = 0;
    let count = read_all(&input, |raw| {
        findings += validate(&Object::read(raw.bytes)?).len();
        Ok(())
    });
    figure("split, read and validate", input.len(), count.unwrap(), start);

    let start = cpu_seconds();
    let mut index = HashMap::new();
    let count = read_all(&input, |raw| {
        let object = Object::read(raw.bytes)?;
        findings += validate_musts(&object).len();
        index.insert(object.id().to_owned(), (raw.at.offset, sha256(&[raw.bytes])));
        Ok(())
    });
    figure("split, read, validate musts, SHA-256 and index", input.len(), count.unwrap(), start);
    findings += index.len().min(1);
    drop(index);

    let context = Context::new(&tables, Policy::default());
    let start = cpu_seconds();
    let count = read_all(&input, |raw| {
        let object = Object::read(raw.bytes)?;
        findings += validate(&object).len() + labels_for(&object, &context).personal.len();
        Ok(())
    });
    figure("split, read, validate and label", input.len(), count.unwrap(), start);
    drop(input);

    let start = cpu_seconds();
    let mut survey = Survey::new(context);
    let mut bytes = 0;
    let parts = || {
        (0..1000).map(|part| {
            if part == 0 {
                indicators(0, 1000)
            } else {
                [b",".to_vec(), indicators(part * 1000, 1000)].concat()
            }
        })
    };
    survey.feed(b"[").unwrap();
    for part in parts() {
        bytes += part.len();
        survey.feed(&part).unwrap();
    }
    survey.feed(b"]").unwrap();
    let (context, count) = survey.finish().unwrap();
    figure("survey of a million, made on the fly", bytes, count, start);

    let start = cpu_seconds();
    let mut import = Import::new(&context);
    let mut chunks = import.feed(b"[").unwrap().len();
    for part in parts() {
        chunks += import.feed(&part).unwrap().len();
    }
    chunks += import.feed(b"]").unwrap().len();
    let (rest, report) = import.finish().unwrap();
    figure("import of a million, made on the fly", bytes, report.taken, start);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("unknown").replace('\t', " ");
    println!(r#"{{"chunks":{},"findings":{findings},"peak":"{peak}"}}"#, chunks + rest.len());
}
