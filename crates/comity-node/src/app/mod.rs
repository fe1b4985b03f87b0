//! What a hosted party does: its sequencer, its links to peers, and the actions that people and programs ask for.

mod accord;
pub mod account;
pub mod action;
pub mod agenda;
pub mod ask;
pub mod audit;
pub mod authority;
pub mod backup;
pub mod carry;
pub mod case;
pub mod change;
pub mod claim;
pub mod collection;
pub mod crossing;
pub mod disclosure;
pub mod erase_home;
pub mod erasures;
pub mod evidence;
pub mod export;
pub mod feed;
pub mod head;
pub mod house;
pub mod hunt;
pub mod import;
pub mod index;
pub mod indicators;
pub mod init;
pub mod intake;
pub mod irregularity;
pub mod ledger;
pub mod link;
pub mod lists;
pub mod lookup;
pub mod misp;
pub mod object;
pub mod paper;
pub mod party;
pub mod peer;
pub mod ping;
pub mod pouch;
pub mod proof;
pub mod protected;
pub mod provider;
pub mod reminder;
pub mod roster;
pub mod routes;
pub mod safeguards;
pub mod sealed;
pub mod search;
pub mod sequencer;
pub mod serve;
pub mod share;
pub mod standing;
pub mod statistics;
pub mod succession;
pub mod task;
pub mod tenure;
pub mod unit_key;
pub mod upload;
pub mod warnings;
pub mod watch;
pub mod withdraw;
pub mod zone;

pub use action::{Action, Ctx, Fault};
pub use party::Hosted;
pub use sealed::SealedBodies;
pub use sequencer::{Means, NodeDesk, NotNow, Sequencer};
pub use serve::Running;

/// Bytes as hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes from hexadecimal digits; white space is passed over.
pub fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits?;
    let pairs = digits.chunks_exact(2);
    pairs
        .remainder()
        .is_empty()
        .then(|| pairs.map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}
