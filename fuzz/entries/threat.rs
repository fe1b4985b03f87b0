//! Entries of `comity-threat`.

use comity_record::Date;
use comity_threat::{Policy, Tables};
use std::sync::OnceLock;

/// Hostile JSON: the splitter, the object reader and the validation, whole and in pieces.
pub fn stix(bytes: &[u8]) {
    comity_threat::reader::fuzz_entry(bytes);
}

/// A whole import: markings, personal parts and claims, until chunks of one label class.
pub fn import(bytes: &[u8]) {
    static TABLES: OnceLock<Option<Tables>> = OnceLock::new();
    let Some(tables) = TABLES.get_or_init(|| Tables::built_in().ok()) else { return };
    let Some(received) = Date::new(2026, 3, 1) else { return };
    if let Ok((chunks, report)) = comity_threat::import_bytes(bytes, tables, Policy::new(received)) {
        let carried: usize = chunks.iter().map(|chunk| chunk.objects.len()).sum();
        assert_eq!(carried as u64, report.taken, "every object taken is in a chunk");
        assert!(report.taken + report.refusals() + report.repeated <= report.objects, "no object is made up");
    }
}

/// The pattern of an indicator.
pub fn pattern(bytes: &[u8]) {
    comity_threat::pattern::fuzz_entry(bytes);
}

/// MISP events: taken apart, converted, and put together again.
pub fn misp(bytes: &[u8]) {
    comity_threat::misp::fuzz_entry(bytes);
}

/// Redaction of every part of an object.
pub fn redact(bytes: &[u8]) {
    comity_threat::redact::fuzz_entry(bytes);
}

/// What an object can be found by: terms, words of its text, and its own text as a search.
pub fn index(bytes: &[u8]) {
    comity_threat::index::fuzz_entry(bytes);
}

/// A value of any kind, as written.
pub fn value(bytes: &[u8]) {
    comity_threat::value::fuzz_entry(bytes);
}

/// Bytes of a log, classified in every way that the machine has.
pub fn scan(bytes: &[u8]) {
    comity_threat::matching::classes_fuzz_entry(bytes);
}

/// A log of any format.
pub fn log(bytes: &[u8]) {
    comity_threat::log::fuzz_entry(bytes);
}

/// A warning list in the format of MISP.
pub fn warning_list(bytes: &[u8]) {
    comity_threat::warning::fuzz_entry(bytes);
}

/// A list in any format.
pub fn list(bytes: &[u8]) {
    comity_threat::lists::fuzz_entry(bytes);
}

/// A rule of another language, on its way into an export.
pub fn rule(bytes: &[u8]) {
    comity_threat::export::fuzz_entry(bytes);
}
