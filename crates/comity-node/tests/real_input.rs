//! Real threat data, as its publishers wrote it, crosses between two nodes and comes out byte for byte.

use crate::support::{Holding, Of, holdings, import, two};
use comity_node::app::{Action, crossing::Outbox, share::JudgedShown};
use comity_record::{Hash, RecordId, label::Tlp, sha256};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    time::Instant,
};

/// The marking definitions of TLP:RED, of STIX 2.1 (section 7.2.1.4) and of TLP 2.0.
const RED: [&str; 2] = [
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
];

#[derive(Deserialize)]
struct Bundle<'a> {
    #[serde(borrow, default)]
    objects: Vec<&'a RawValue>,
}

/// What is looked at of an object here, by other code than the product's.
#[derive(Deserialize)]
struct Object {
    id: String,
    #[serde(default)]
    object_marking_refs: Vec<String>,
    #[serde(default)]
    granular_markings: Vec<Granular>,
}

#[derive(Deserialize)]
struct Granular {
    #[serde(default)]
    marking_ref: String,
}

impl Object {
    fn is_red(&self) -> bool {
        let granular = self.granular_markings.iter().map(|one| &one.marking_ref);
        self.object_marking_refs.iter().chain(granular).any(|marking| RED.contains(&marking.as_str()))
    }
}

fn read(bytes: &[u8]) -> Object {
    serde_json::from_slice(bytes).unwrap()
}

fn hash(bytes: &[u8]) -> Hash {
    sha256(&[bytes])
}

/// The bundles: ATT&CK, the OASIS examples, and the Talos reports unpacked into `folder`.
fn sources(stix: &Path, folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        ["attack-enterprise-18.1.stix20", "attack-ics-17.1.stix21", "attack-ics-18.1.stix21"]
            .iter()
            .map(|name| stix.join(format!("{name}.json.zst")))
            .collect();
    let mut examples: Vec<PathBuf> =
        fs::read_dir(stix.join("oasis-examples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    examples.sort();
    found.extend(examples);
    let talos = fs::File::open(stix.join("talos-reports-2022-2024.stix20.tar.zst")).unwrap();
    tar::Archive::new(zstd::Decoder::new(talos).unwrap()).unpack(folder).unwrap();
    let mut reports = Vec::new();
    files_below(folder, &mut reports);
    assert_eq!(reports.len(), 73);
    found.extend(reports);
    found
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() { files_below(&entry, found) } else { found.push(entry) }
    }
}

/// Every object of a file as its bytes stand there.
fn objects_in(file: &Path) -> Vec<Vec<u8>> {
    let mut bytes = fs::read(file).unwrap();
    if file.extension().is_some_and(|extension| extension == "zst") {
        let mut unfolded = Vec::new();
        zstd::Decoder::new(bytes.as_slice()).unwrap().read_to_end(&mut unfolded).unwrap();
        bytes = unfolded;
    }
    // The OASIS observables are a bare list.
    let objects: Vec<&RawValue> = match bytes.trim_ascii_start().first() {
        Some(b'[') => serde_json::from_slice(&bytes).unwrap(),
        _ => serde_json::from_slice::<Bundle>(&bytes).unwrap().objects,
    };
    objects.iter().map(|raw| raw.get().as_bytes().to_vec()).collect()
}

/// How often each object is there, by the hash of its bytes.
type Count = BTreeMap<Hash, u64>;

fn count<'a>(objects: impl IntoIterator<Item = &'a Vec<u8>>) -> Count {
    let mut counted = Count::new();
    for object in objects {
        *counted.entry(hash(object)).or_default() += 1;
    }
    counted
}

/// The number of the object that an import's line of refusal speaks of.
fn refused_index(line: &str) -> usize {
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

/// One line for each object that did not arrive as it was.
struct Report {
    lines: Vec<String>,
    by_fate: BTreeMap<String, u64>,
}

impl Report {
    fn note(&mut self, object: &[u8], fate: &str, why: &str) {
        self.lines.push(format!("{}\t{}\t{fate}\t{why}", hash(object), read(object).id));
        *self.by_fate.entry(fate.to_owned()).or_default() += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_input_crosses_byte_for_byte() {
    let stix = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/threat/stix");
    if !stix.is_dir() {
        let _ = writeln!(std::io::stderr(), "not run: real STIX bundles, the folder `shared` is not there");
        return;
    }
    let unpacked = tempfile::tempdir().unwrap();
    let sources = sources(&stix, unpacked.path());
    let (a, b) = two().await;
    let mut report = Report { lines: Vec::new(), by_fate: BTreeMap::new() };

    let begun = Instant::now();
    let (mut expected, mut read_in, mut repeated) = (Count::new(), 0, 0);
    for source in &sources {
        let objects = objects_in(source);
        let shown = import(a.ctx(), source).await;
        assert_eq!(shown.objects, objects.len() as u64, "{}", source.display());
        assert_eq!(shown.refusals.len() as u64, shown.refused, "every refusal has its line");
        let refused: BTreeMap<usize, &String> =
            shown.refusals.iter().map(|line| (refused_index(line), line)).collect();
        // An object that comes twice in one file with the same bytes is taken once.
        let mut taken = BTreeSet::new();
        for (at, object) in objects.iter().enumerate() {
            match refused.get(&at) {
                Some(line) => report.note(object, "not imported", line),
                None if taken.insert(hash(object)) => *expected.entry(hash(object)).or_default() += 1,
                None => repeated += 1,
            }
        }
        assert_eq!(shown.taken, taken.len() as u64, "{}", source.display());
        read_in += objects.len();
    }
    let imported = begun.elapsed();

    let begun = Instant::now();
    let shared = a.share("XB").await;
    let judged = begun.elapsed();
    a.delivered("XB").await;
    let arrived = begun.elapsed();

    let own = holdings(a.ctx(), Of::Own).await;
    let there = holdings(b.ctx(), Of::Others).await;
    let originals = || own.iter().filter(|one| !one.derived);
    assert_eq!(count(originals().flat_map(|one| &one.objects)), expected, "what was imported is held");

    check_arrivals(&own, &there, &Outbox { to: None }.run(a.ctx()).await.unwrap());
    check_markings(&own, &there);
    explain(&own, &there, &shared.judged, &mut report);
    let same: u64 = there.iter().filter(|one| !one.derived).map(|one| one.objects.len() as u64).sum();
    let unlike: u64 = report.by_fate.values().sum();
    // Nothing is lost: every object read arrived as it was, came twice, or has its line in the report.
    assert_eq!(read_in as u64, same + unlike + repeated + unchanged_in_derived(&own, &there));

    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("real-input-report.tsv");
    fs::write(&path, report.lines.join("\n")).unwrap();
    let summary = format!(
        "real input: {} files, {read_in} objects ({repeated} twice in a file); imported in {imported:.1?}, \
         {} records judged in {judged:.1?}, all delivered after {arrived:.1?}\n\
         arrived byte for byte in their record: {same}; unchanged in a redacted record: {}; others: {:?}\n\
         one line for each other: {}",
        sources.len(),
        shared.judged.len(),
        unchanged_in_derived(&own, &there),
        report.by_fate,
        path.display(),
    );
    let _ = writeln!(std::io::stderr(), "{summary}");
    a.running.stop().await.unwrap();
    b.running.stop().await.unwrap();
}

/// Every record that was given and taken in is held with the same bytes, and no other is.
fn check_arrivals(own: &[Holding], there: &[Holding], outbox: &[comity_node::app::crossing::OutboxShown]) {
    let by_id: BTreeMap<RecordId, &Holding> = own.iter().map(|one| (one.record, one)).collect();
    let taken: BTreeSet<String> =
        outbox.iter().filter(|one| one.state == "taken in").map(|one| one.record.clone()).collect();
    assert_eq!(there.iter().map(|one| one.record.to_string()).collect::<BTreeSet<_>>(), taken);
    assert!(!taken.is_empty());
    for one in there {
        assert!(by_id.get(&one.record).unwrap().objects == one.objects, "{} differs", one.record);
    }
}

/// Nothing marked RED, as a whole or in part, is at the other end; and there was something to keep back.
fn check_markings(own: &[Holding], there: &[Holding]) {
    let red: Vec<&Vec<u8>> = own
        .iter()
        .filter(|one| !one.derived)
        .flat_map(|one| &one.objects)
        .filter(|object| read(object).is_red())
        .collect();
    // Of using-granular-markings.json: an actor and a relationship as a whole, an indicator in its description.
    assert!(red.len() >= 3, "{}", red.len());
    for one in there {
        assert!(one.tlp < Tlp::Red);
        for object in &one.objects {
            assert!(!read(object).is_red(), "{}", read(object).id);
            let text = std::str::from_utf8(object).unwrap();
            assert!(!text.contains("Known to be used by The Joker"), "{text}");
            assert!(!text.contains("threat-actor--8b6297fe-cae7-47c6-9256-5584b417849c"), "{text}");
        }
    }
}

/// A line for every object that is not at the other end as it was.
fn explain(own: &[Holding], there: &[Holding], judged: &[JudgedShown], report: &mut Report) {
    let there: BTreeMap<String, &Holding> = there.iter().map(|one| (one.record.to_string(), one)).collect();
    let mut of_record: BTreeMap<&str, Vec<&JudgedShown>> = BTreeMap::new();
    for one in judged {
        of_record.entry(&one.record).or_default().push(one);
    }
    for original in own.iter().filter(|one| !one.derived) {
        let id = original.record.to_string();
        if there.contains_key(&id) {
            continue;
        }
        let judgements = of_record.get(id.as_str()).unwrap();
        let why: Vec<String> = judgements.iter().map(|one| reason(one)).collect();
        assert!(judgements.iter().any(|one| one.verdict != "cleared"), "{id} was cleared and is not there");
        let derived = judgements.iter().filter_map(|one| there.get(one.derived.as_ref()?)).next();
        let left: BTreeMap<String, Hash> = derived
            .iter()
            .flat_map(|one| &one.objects)
            .map(|object| (version(object), hash(object)))
            .collect();
        for object in &original.objects {
            match left.get(&version(object)) {
                Some(same) if *same == hash(object) => {}
                Some(_) => report.note(object, "redacted", &why.join("; ")),
                None if derived.is_some() => report.note(object, "withheld", &why.join("; ")),
                None => report.note(object, "refused", &why.join("; ")),
            }
        }
    }
}

/// The version of an object: its id and when it was modified.
fn version(object: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(object).unwrap();
    format!("{} {}", value.get("id").unwrap(), value.get("modified").unwrap_or(&serde_json::Value::Null))
}

fn reason(judged: &JudgedShown) -> String {
    match judged.verdict.as_str() {
        "refused" => format!("refused {}", judged.codes.join(",")),
        other => other.to_owned(),
    }
}

/// How many objects came unchanged in a record from which others were redacted.
fn unchanged_in_derived(own: &[Holding], there: &[Holding]) -> u64 {
    let known = count(own.iter().filter(|one| !one.derived).flat_map(|one| &one.objects));
    let derived = there.iter().filter(|one| one.derived).flat_map(|one| &one.objects);
    derived.filter(|object| known.contains_key(&hash(object))).count() as u64
}
