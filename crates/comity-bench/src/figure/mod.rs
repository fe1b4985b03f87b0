//! The figures, each in a module: what is measured, how, and what was promised.

pub mod border;
pub mod exchange;
pub mod import;
pub mod ledger;
pub mod lookup;
pub mod matching;
pub mod misp;
pub mod patterns;
pub mod publish;
pub mod signatures;
pub mod start;
pub mod stix;
pub mod taxii;

use crate::{Outcome, line::Line, peer::Interpreters};
use clap::ValueEnum;
use std::path::Path;

/// A group of figures that are measured together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Figure {
    /// Objects taken in durably.
    Import,
    /// Judgements.
    Border,
    /// Objects from node to node.
    Exchange,
    /// Entries and receipts.
    Ledger,
    /// Starting, and memory at rest.
    Start,
    /// Logs against a million indicators.
    Match,
    /// Objects added and pages read over TAXII.
    Taxii,
    /// Bundles read and checked.
    Stix,
    /// Patterns against observations.
    Patterns,
    /// MISP events converted.
    Misp,
    /// Oblivious questions.
    Lookup,
    /// From publishing to a sighting elsewhere.
    Publish,
}

impl Figure {
    /// All of them.
    pub const ALL: [Figure; 12] = [
        Figure::Import,
        Figure::Border,
        Figure::Exchange,
        Figure::Ledger,
        Figure::Start,
        Figure::Match,
        Figure::Taxii,
        Figure::Stix,
        Figure::Patterns,
        Figure::Misp,
        Figure::Lookup,
        Figure::Publish,
    ];

    /// Measures, with files below `dir`, and peers beside where there are some.
    pub fn measure(self, dir: &Path, objects: u64, peers: &Interpreters) -> Outcome<Vec<Line>> {
        match self {
            Figure::Import => import::measure(dir, objects),
            Figure::Border => border::measure(),
            Figure::Exchange => exchange::measure(dir, objects),
            Figure::Ledger => ledger::measure(dir),
            Figure::Start => start::measure(dir, objects),
            Figure::Match => matching::measure(dir, peers),
            Figure::Taxii => taxii::measure(dir, objects, peers),
            Figure::Stix => stix::measure(dir, peers),
            Figure::Patterns => patterns::measure(dir, peers),
            Figure::Misp => misp::measure(dir, peers),
            Figure::Lookup => lookup::measure(dir),
            Figure::Publish => publish::measure(dir, objects),
        }
    }
}
