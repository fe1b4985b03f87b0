//! One entry for every decoder of foreign bytes: what the fuzz targets call, and what the corpus test replays.
//!
//! An entry must come back for any bytes whatever. Where the bytes are accepted it also checks what acceptance promises:
//! that the value has exactly the encoding it was read from, or reads back from its own text.

pub mod affairs;
pub mod border;
pub mod exchange;
pub mod law;
pub mod ledger;
pub mod node;
pub mod record;
pub mod threat;

/// A decoder under test.
pub type Door = fn(&[u8]);

/// Every entry by the name of its target and corpus folder.
pub const ENTRIES: &[(&str, Door)] = &[
    ("record", record::record),
    ("frame", record::frame),
    ("letter", record::letter),
    ("entry", record::entry),
    ("labels", record::labels),
    ("dates", record::dates),
    ("register", law::register),
    ("change_set", law::change_set),
    ("note", ledger::note),
    ("tile", ledger::tile),
    ("receipt", ledger::receipt),
    ("witness", ledger::witness),
    ("ledger_files", ledger::ledger_files),
    ("stix", threat::stix),
    ("import", threat::import),
    ("pattern", threat::pattern),
    ("rule", threat::rule),
    ("index", threat::index),
    ("value", threat::value),
    ("scan", threat::scan),
    ("log", threat::log),
    ("warning_list", threat::warning_list),
    ("misp", threat::misp),
    ("list", threat::list),
    ("redact", threat::redact),
    ("pack", border::pack),
    ("case_event", affairs::case_event),
    ("evidence", affairs::evidence),
    ("parcel", affairs::parcel),
    ("stamp", affairs::stamp),
    ("dispatch", exchange::dispatch),
    ("turn", exchange::turn),
    ("compressed", exchange::compressed),
    ("taxii", exchange::taxii),
    ("lookup", exchange::lookup),
    ("misp_search", exchange::misp_search),
    ("sealed", node::sealed),
    ("parcel_file", node::parcel_file),
    ("letter_text", node::letter_text),
    ("pouch", node::pouch),
    ("backup", node::backup),
];

/// Runs the entry of a target.
pub fn run(target: &str, bytes: &[u8]) {
    ENTRIES.iter().filter(|(name, _)| *name == target).for_each(|(_, door)| door(bytes));
}
