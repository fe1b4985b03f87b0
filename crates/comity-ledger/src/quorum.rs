//! Whose cosignatures make a crossing's proof more than the word of the two who crossed.

use comity_record::PartyCode;
use std::collections::BTreeSet;

/// How many independent witnesses are wanted. The default is one that is neither sender nor receiver, where the
/// verifier knows at least three parties; with two parties there is nobody else, and the counterpart counts, marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// Cosignatures wanted from parties that are neither owner nor counterpart.
    pub independent: u8,
}

/// How a quorum was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Met {
    /// By parties that are neither the log's owner nor its counterpart in the crossing.
    Independent(BTreeSet<PartyCode>),
    /// By the counterpart alone, as no third party is known.
    CounterpartOnly(PartyCode),
}

impl Default for Quorum {
    fn default() -> Quorum {
        Quorum { independent: 1 }
    }
}

impl Quorum {
    /// How the cosignatures of `witnesses` on a checkpoint of `owner` meet the quorum, `known` being all parties the
    /// verifier knows; `None` where they do not.
    pub fn met(
        &self,
        known: &BTreeSet<PartyCode>,
        owner: &PartyCode,
        counterpart: Option<&PartyCode>,
        witnesses: &BTreeSet<PartyCode>,
    ) -> Option<Met> {
        let third = |party: &&PartyCode| *party != owner && Some(*party) != counterpart;
        let independent: BTreeSet<PartyCode> = witnesses.iter().filter(third).cloned().collect();
        if independent.len() >= usize::from(self.independent.max(1)) {
            return Some(Met::Independent(independent));
        }
        let anyone_else = known.iter().any(|party| third(&party));
        let counterpart =
            counterpart.filter(|party| !anyone_else && *party != owner && witnesses.contains(*party));
        counterpart.cloned().map(Met::CounterpartOnly)
    }
}
