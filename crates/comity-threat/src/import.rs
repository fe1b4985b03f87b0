//! Import: from the bytes of an input to chunks of one label class, each ready for the manifest of one record.

mod seen;

use crate::{
    Context, Labelled, Level, Object, Policy, Survey, Tables,
    labels::{Audience, labels_for},
    reader::{ObjectSplitter, Position, RawObject, ReadFault, brief},
    validate::{refuses, validate},
};
use comity_record::{Hash, Labels, Manifest, label::Personal, label::Tlp, sha256};
use seen::{Seen, Sighting};
use std::collections::BTreeMap;

/// Objects of one label class, within the bounds of one record. [`Manifest::of`] takes `objects` as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The labels of the record.
    pub labels: Labels,
    /// The exact bytes of each object, in the order of the input.
    pub objects: Vec<Vec<u8>>,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Objects found in the input.
    pub objects: u64,
    /// Objects taken into chunks.
    pub taken: u64,
    /// Taken objects by type; beyond [`MAX_TYPES`] types under `other types`.
    pub by_type: BTreeMap<String, u64>,
    /// Taken objects by audience.
    pub by_tlp: BTreeMap<Tlp, u64>,
    /// Taken objects without a TLP marking, which got [`Policy::unmarked`].
    pub unmarked: u64,
    /// Taken objects with a marking whose definition is not known, which got at least [`Policy::unresolved`].
    pub unresolved: u64,
    /// Taken objects with granular markings.
    pub granular: u64,
    /// Taken objects with personal parts.
    pub personal: u64,
    /// Taken objects that claim a State's involvement.
    pub claims: u64,
    /// Objects left out because the same version came before with the same bytes.
    pub repeated: u64,
    /// Taken objects whose version came before with other bytes.
    pub conflicting: u64,
    /// Refused objects; the first [`MAX_REFUSED`] of them.
    pub refused: Vec<Refused>,
    /// Refused objects by code.
    pub refused_by_code: BTreeMap<&'static str, u64>,
    /// Findings at level `should` in taken objects, by code.
    pub advice_by_code: BTreeMap<&'static str, u64>,
}

/// An object that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its number in the input, from 0.
    pub index: u64,
    /// Where it begins.
    pub at: Position,
    /// Its id, as far as it has one.
    pub id: String,
    /// The code of the first grave finding.
    pub code: &'static str,
    /// What is wrong, with its path.
    pub message: String,
}

/// Most refused objects that are described one by one.
pub const MAX_REFUSED: usize = 1000;
/// Most types that are counted apart.
pub const MAX_TYPES: usize = 500;
/// Most bytes of chunks that are not full; beyond it, the largest is given out early.
const MAX_OPEN_BYTES: usize = 32 << 20;

impl ImportReport {
    /// Objects refused.
    pub fn refusals(&self) -> u64 {
        self.refused_by_code.values().sum()
    }
}

/// The second reading of an input, after [`Survey`] has found its JSON sound.
#[derive(Debug)]
pub struct Import<'c, 't> {
    context: &'c Context<'t>,
    splitter: ObjectSplitter,
    open: BTreeMap<Labels, Open>,
    open_bytes: usize,
    full: Vec<Chunk>,
    seen: Seen,
    report: ImportReport,
}

#[derive(Debug, Default)]
struct Open {
    objects: Vec<Vec<u8>>,
    bytes: usize,
}

/// Surveys and imports an input that is in memory.
pub fn import_bytes(
    bytes: &[u8],
    tables: &Tables,
    policy: Policy,
) -> Result<(Vec<Chunk>, ImportReport), ReadFault> {
    let mut survey = Survey::new(Context::new(tables, policy));
    for window in bytes.chunks(1 << 18) {
        survey.feed(window)?;
    }
    let (context, _) = survey.finish()?;
    let mut import = Import::new(&context);
    let mut chunks = Vec::new();
    for window in bytes.chunks(1 << 18) {
        chunks.append(&mut import.feed(window)?);
    }
    let (mut rest, report) = import.finish()?;
    chunks.append(&mut rest);
    Ok((chunks, report))
}

impl<'c, 't> Import<'c, 't> {
    /// An import with what the survey learned.
    pub fn new(context: &'c Context<'t>) -> Import<'c, 't> {
        Import {
            context,
            splitter: ObjectSplitter::new(),
            open: BTreeMap::new(),
            open_bytes: 0,
            full: Vec::new(),
            seen: Seen::default(),
            report: ImportReport::default(),
        }
    }

    /// The next bytes of the input; the chunks that are full now.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Chunk>, ReadFault> {
        let mut splitter = std::mem::take(&mut self.splitter);
        splitter.push(bytes);
        while let Some(raw) = splitter.next_object()? {
            self.object(raw)?;
        }
        self.splitter = splitter;
        Ok(std::mem::take(&mut self.full))
    }

    /// What was done so far.
    pub fn report(&self) -> &ImportReport {
        &self.report
    }

    /// The end of the input: the chunks that are left, in the order of their labels, and the report.
    pub fn finish(mut self) -> Result<(Vec<Chunk>, ImportReport), ReadFault> {
        std::mem::take(&mut self.splitter).finish()?;
        for (labels, open) in std::mem::take(&mut self.open) {
            self.full.push(Chunk { labels, objects: open.objects });
        }
        Ok((self.full, self.report))
    }

    fn object(&mut self, raw: RawObject<'_>) -> Result<(), ReadFault> {
        self.report.objects += 1;
        let object = match Object::read(raw.bytes) {
            Ok(object) => object,
            Err(fault) if fault.is_of_object_only() => {
                let placed = raw.place(fault);
                self.refuse(&raw, String::new(), placed.code(), placed.to_string());
                return Ok(());
            }
            Err(fault) => return Err(raw.place(fault)),
        };
        let findings = validate(&object);
        if refuses(&findings) {
            let grave = findings.iter().find(|finding| finding.level == Level::Must);
            let (code, message) =
                grave.map_or(("threat/invalid", String::new()), |f| (f.code, f.to_string()));
            self.refuse(&raw, brief(object.id()), code, message);
            return Ok(());
        }
        if self.is_repeated(&object) {
            return Ok(());
        }
        for finding in &findings {
            *self.report.advice_by_code.entry(finding.code).or_default() += 1;
        }
        let labelled = labels_for(&object, self.context);
        self.count(&object, &labelled);
        self.put(labelled.labels, raw.bytes);
        Ok(())
    }

    fn refuse(&mut self, raw: &RawObject<'_>, id: String, code: &'static str, message: String) {
        *self.report.refused_by_code.entry(code).or_default() += 1;
        if self.report.refused.len() < MAX_REFUSED {
            self.report.refused.push(Refused { index: raw.index, at: raw.at, id, code, message });
        }
    }

    /// Whether this version came before with the same bytes.
    fn is_repeated(&mut self, object: &Object<'_>) -> bool {
        let time = object.common().modified().or(object.common().created()).unwrap_or_default();
        let version = sha256(&[object.id().as_bytes(), b"\0", time.as_bytes()]);
        let content = sha256(&[object.text().as_bytes()]);
        let sighting = self.seen.take(number(&version), number(&content));
        self.report.repeated += u64::from(sighting == Sighting::Repeated);
        self.report.conflicting += u64::from(sighting == Sighting::Conflicting);
        sighting == Sighting::Repeated
    }

    fn count(&mut self, object: &Object<'_>, labelled: &Labelled) {
        let report = &mut self.report;
        report.taken += 1;
        let known = report.by_type.len() < MAX_TYPES || report.by_type.contains_key(object.type_name());
        let name = if known { object.type_name() } else { "other types" };
        match report.by_type.get_mut(name) {
            Some(count) => *count += 1,
            None => {
                report.by_type.insert(name.to_owned(), 1);
            }
        }
        *report.by_tlp.entry(labelled.labels.tlp).or_default() += 1;
        report.unmarked += u64::from(labelled.audience == Audience::Unmarked);
        report.unresolved += u64::from(labelled.audience == Audience::Unresolved);
        report.granular += u64::from(!labelled.granular.is_empty());
        report.personal += u64::from(labelled.labels.personal != Personal::None);
        report.claims += u64::from(!labelled.claims.is_empty());
    }

    fn put(&mut self, labels: Labels, bytes: &[u8]) {
        if bytes.len() > Manifest::MAX_BYTES {
            self.full.push(Chunk { labels, objects: vec![bytes.to_vec()] });
            return;
        }
        if !self.open.contains_key(&labels) {
            self.open.insert(labels.clone(), Open::default());
        }
        let Some(open) = self.open.get_mut(&labels) else { return };
        if open.bytes + bytes.len() > Manifest::MAX_BYTES {
            self.open_bytes -= open.bytes;
            let objects = std::mem::take(open).objects;
            self.full.push(Chunk { labels: labels.clone(), objects });
        }
        open.objects.push(bytes.to_vec());
        open.bytes += bytes.len();
        self.open_bytes += bytes.len();
        if open.objects.len() == Manifest::MAX_OBJECTS {
            self.give_out(&labels);
        } else if self.open_bytes > MAX_OPEN_BYTES {
            let largest =
                self.open.iter().max_by_key(|(_, open)| open.bytes).map(|(labels, _)| labels.clone());
            self.give_out(&largest.unwrap_or(labels));
        }
    }

    fn give_out(&mut self, labels: &Labels) {
        if let Some((labels, open)) = self.open.remove_entry(labels) {
            self.open_bytes -= open.bytes;
            self.full.push(Chunk { labels, objects: open.objects });
        }
    }
}

/// The first eight bytes.
fn number(hash: &Hash) -> u64 {
    hash.0.first_chunk().copied().map_or(0, u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(n: u64, extra: &str) -> String {
        format!(
            r#"{{"type":"url","id":"url--11111111-2222-4333-8444-{n:012}","value":"http://example.org/{n}"{extra}}}"#
        )
    }

    fn run(objects: &[String]) -> (Vec<Chunk>, ImportReport) {
        let text = format!("[{}]", objects.join(","));
        import_bytes(text.as_bytes(), &Tables::built_in().unwrap(), Policy::default()).unwrap()
    }

    #[test]
    fn a_chunk_holds_a_thousand_objects_of_one_label_class() {
        let mut objects: Vec<String> = (0..2500).map(|n| url(n, "")).collect();
        objects.push(url(9000, r#","labels":["tlp:red"]"#));
        let (chunks, report) = run(&objects);
        assert_eq!(chunks.iter().map(|c| c.objects.len()).collect::<Vec<_>>(), [1000, 1000, 500, 1]);
        assert_eq!((report.objects, report.taken, report.unmarked), (2501, 2501, 2500));
        assert_eq!(report.by_tlp, BTreeMap::from([(Tlp::Green, 2500), (Tlp::Red, 1)]));
        assert_eq!(chunks[0].objects[1], objects[1].as_bytes());
        assert_eq!(chunks[3].labels.tlp, Tlp::Red);
    }

    #[test]
    fn a_chunk_holds_a_mebibyte_or_one_large_object() {
        let filler = |bytes: usize| format!(r#","x_text":"{}""#, "x".repeat(bytes));
        let objects =
            [url(1, &filler(600_000)), url(2, &filler(600_000)), url(3, &filler(2_000_000)), url(4, "")];
        let (chunks, _) = run(&objects);
        assert_eq!(chunks.iter().map(|c| c.objects.len()).collect::<Vec<_>>(), [1, 1, 2]);
        for chunk in &chunks {
            let manifest = Manifest::of(&comity_record::RecordSalt::new([0; 32]), &chunk.objects);
            assert!(manifest.is_within_bounds());
        }
    }

    #[test]
    fn repetitions_conflicts_and_refusals_are_counted() {
        let objects = [
            url(1, ""),
            url(1, ""),
            url(1, r#","defanged":true"#),
            url(1, ""),
            url(1, r#","defanged":true"#),
            url(2, "").replace("url--", "uri--"),
            url(3, "").replace(r#""type":"url""#, r#""type":7"#),
            url(4, r#","x_comity_labels":{"tlp":"mauve"}"#),
            url(5, r#","object_marking_refs":["marking-definition--11111111-2222-4333-8444-000000000099"]"#),
        ];
        let (_, report) = run(&objects);
        assert_eq!((report.objects, report.taken, report.repeated, report.conflicting), (9, 3, 3, 1));
        assert_eq!((report.refusals(), report.unresolved), (3, 1));
        let refused: Vec<_> = report.refused.iter().map(|r| (r.index, r.code)).collect();
        assert_eq!(refused, [(5, "threat/bad-id"), (6, "threat/wrong-type"), (7, "threat/unknown-label")]);
    }

    #[test]
    fn broken_json_refuses_the_whole_input_before_anything_is_used() {
        let text = format!("[{},\n {{\"type\":\"url\",\"type\":1}}]", url(1, ""));
        let fault =
            import_bytes(text.as_bytes(), &Tables::built_in().unwrap(), Policy::default()).unwrap_err();
        assert_eq!(
            (fault.code(), fault.object, fault.at.line, fault.at.column),
            ("threat/duplicate-key", Some(1), 2, 16)
        );
    }

    proptest! {
        /// Chunks do not depend on how the bytes are fed, hold every byte, and keep the bounds of a record.
        #[test]
        fn chunks_are_the_same_for_every_split(count in 1u64..40, window in 1usize..200, red in 0u64..40) {
            let objects: Vec<String> = (0..count).map(|n| url(n, if n == red { r#","labels":["tlp:red"]"# } else { "" })).collect();
            let text = format!("{{\"objects\":[{}]}}", objects.join(",\n"));
            let tables = Tables::built_in().unwrap();
            let context = Context::new(&tables, Policy::default());
            let mut import = Import::new(&context);
            let mut chunks = Vec::new();
            for bytes in text.as_bytes().chunks(window) {
                chunks.extend(import.feed(bytes).unwrap());
            }
            let (rest, _) = import.finish().unwrap();
            chunks.extend(rest);
            let (whole, _) = import_bytes(text.as_bytes(), &tables, Policy::default()).unwrap();
            prop_assert_eq!(&chunks, &whole);
            let mut bytes: Vec<&[u8]> = chunks.iter().flat_map(|c| &c.objects).map(Vec::as_slice).collect();
            let mut expected: Vec<&[u8]> = objects.iter().map(String::as_bytes).collect();
            bytes.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(bytes, expected);
        }
    }
}
