//! Matching at home: files of indicators and logs in, hits out. It needs no party and no ledger, and nothing of a log
//! leaves it; what may leave are sightings, which say that an indicator was seen, how often and when.

mod fault;
mod follow;
mod hit;
mod input;
mod logs;
mod sighting;
mod sources;
pub(crate) mod tail;

pub use comity_threat::{indicators::Form, log::Format};
pub use fault::MatchFault;
pub use follow::Follow;
pub use hit::{Hit, HitIndicator, LogShown, RuleShown, SuppressedBy};
pub(crate) use input::{files, unfolded as unfold};
pub use logs::{Matching, Settings};
pub use sighting::Sightings;
pub use sources::{Indicators, Lists, SourceShown};

/// The form of files of indicators with this word.
pub fn form(word: &str) -> Option<Form> {
    Form::of_word(word)
}

/// The format of logs with this word.
pub fn format(word: &str) -> Option<Format> {
    Format::of_word(word)
}

#[cfg(test)]
mod tests;
