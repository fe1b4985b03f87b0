//! What is weak about a candidate, said beside it and never hidden in a grade.

use crate::{
    register::Dossier,
    rows::{Article, Instrument},
    standing::StandingOf,
    vocabulary::TextRead,
};
use comity_record::{Date, PartyCode};
use std::collections::BTreeSet;

/// The instruments for which every candidate says for how many parties reservations were read (design section 7).
const COUNTED: [&str; 3] = ["budapest", "budapest-ap1", "budapest-ap2"];

/// What is weak about an article's own row.
pub(crate) fn of_article(article: &Article) -> Option<String> {
    let read = match article.text_read {
        TextRead::Yes => return None,
        TextRead::Partly => "only part of the article's text was read",
        TextRead::Summary => "only a summary of the article was read",
        TextRead::HeadingOnly => "only the article's heading was read",
        TextRead::No | TextRead::Derived => "the article's text was not read",
    };
    Some(read.to_owned())
}

/// What is weak about an instrument and the two status rows.
pub(crate) fn of_instrument(
    dossier: &Dossier,
    instrument: &Instrument,
    standings: &[StandingOf],
    known: Option<Date>,
    is_invented: impl Fn(&PartyCode) -> bool,
) -> Vec<String> {
    let mut weak = Vec::new();
    if !instrument.is_soft_law() && !instrument.status.is_verified() {
        weak.push(format!("the instrument's row is graded {}", instrument.status));
    }
    for standing in standings {
        match standing.as_of {
            None => weak.push(format!("the register has no row for {}", standing.party)),
            Some(_) if !standing.is_verified => {
                weak.push(format!("the row for {} is not graded verified", standing.party));
            }
            Some(_) => {}
        }
    }
    if COUNTED.contains(&instrument.id.as_str()) {
        weak.push(reservations_read(dossier, known, is_invented));
    }
    weak
}

/// For how many of the parties on record reservations were read; invented States are no parties of a real instrument.
/// Silence of the rest proves nothing.
fn reservations_read(
    dossier: &Dossier,
    known: Option<Date>,
    is_invented: impl Fn(&PartyCode) -> bool,
) -> String {
    let rows = dossier.statuses.values().filter_map(|row| row.known(known));
    let parties: BTreeSet<&PartyCode> =
        rows.filter(|row| row.names_party() && !is_invented(&row.party)).map(|row| &row.party).collect();
    let reserving = dossier.reservations.iter().filter_map(|row| row.known(known)).map(|row| &row.party);
    let read = reserving.filter(|party| parties.contains(party)).collect::<BTreeSet<_>>().len();
    format!("reservations were read for {read} of the {} parties on record", parties.len())
}
