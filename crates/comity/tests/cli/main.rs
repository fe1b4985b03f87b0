//! The built command on real arguments. What a person sees is kept in tests/golden; read the difference before
//! accepting it with COMITY_BLESS=1.

#![expect(clippy::unwrap_used, clippy::panic, reason = "test helpers outside #[test] functions")]

mod astray;
mod backup;
mod border;
mod built;
mod capture;
mod case;
mod claim;
mod crossing;
mod disclosure;
mod door;
mod evidence;
mod help;
mod hunt;
mod irregularity;
mod keys;
mod law;
mod ledger;
mod lists;
mod matching;
mod node;
mod oversight;
mod paper;
mod protected;
mod provider;
mod streams;
mod wrong;
