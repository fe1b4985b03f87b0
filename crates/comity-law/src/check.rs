//! What a row must satisfy before the register takes it, from a file or from a change set alike.

use crate::{
    MeasureCode, NationalLaw, OffenceCode, Party, Position,
    fault::FaultKind,
    register::Content,
    rows::{Article, Instrument, Reservation, Status},
    table::clip,
    vocabulary::{ArticleScope, ReservationStatus, TextRead, WithoutTreatyStatus},
};
use comity_record::PartyCode;

/// What is wrong with a row, and in which column.
pub(crate) type Problem = (&'static str, FaultKind);

impl Content {
    pub(crate) fn party_problems(&self, row: &Party) -> Vec<Problem> {
        let part_of = row.part_of.as_ref().and_then(|whole| self.unknown_party("part_of", whole));
        let name = row.name.trim().is_empty().then_some(("name", FaultKind::Empty("name")));
        part_of.into_iter().chain(name).collect()
    }

    pub(crate) fn instrument_problems(&self, row: &Instrument) -> Vec<Problem> {
        let title = row.title.trim().is_empty().then_some(("title", FaultKind::Empty("title")));
        let graded = row.status.is_verified().then(|| unsourced("status", row.status.as_str(), &row.source));
        title.into_iter().chain(graded.flatten()).collect()
    }

    pub(crate) fn article_problems(&self, row: &Article) -> Vec<Problem> {
        let instrument = self.unknown_instrument(row.instrument.as_str());
        let needs_measure = matches!(
            row.scope,
            ArticleScope::Cooperation | ArticleScope::DirectToProvider | ArticleScope::DomesticPower
        );
        let measure = needs_measure.then(|| self.unknown_measure("measure_code", &row.measure)).flatten();
        let read =
            (row.text_read == TextRead::Yes).then(|| unsourced("text_read", "yes", &row.source)).flatten();
        let article = row.article.trim().is_empty().then_some(("article", FaultKind::Empty("article")));
        instrument.into_iter().chain(measure).chain(read).chain(article).collect()
    }

    pub(crate) fn status_problems(&self, row: &Status) -> Vec<Problem> {
        let graded =
            row.status.claims_source().then(|| unsourced("status", row.status.as_str(), &row.source));
        self.unknown_instrument(row.instrument.as_str())
            .into_iter()
            .chain(self.unknown_party("state", &row.party))
            .chain(graded.flatten())
            .collect()
    }

    pub(crate) fn reservation_problems(&self, row: &Reservation) -> Vec<Problem> {
        let verified = row.status == ReservationStatus::Verified;
        let graded = verified.then(|| unsourced("status", row.status.as_str(), &row.source)).flatten();
        let article =
            row.article.trim().is_empty().then_some(("affects_article", FaultKind::Empty("affects_article")));
        self.unknown_instrument(row.instrument.as_str())
            .into_iter()
            .chain(self.unknown_party("state", &row.party))
            .chain(graded)
            .chain(article)
            .collect()
    }

    pub(crate) fn position_problems(&self, row: &Position) -> Vec<Problem> {
        self.unknown_party("state", &row.party).into_iter().collect()
    }

    pub(crate) fn law_problems(&self, row: &NationalLaw) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self.unknown_party("party", &row.party).into_iter().collect();
        problems.extend(row.offences.iter().filter_map(|made| self.unknown_offence(&made.offence)));
        problems.extend(row.powers.iter().filter_map(|power| self.unknown_measure("powers", &power.measure)));
        if let Some(law) = &row.without_treaty {
            problems
                .extend(law.measures.iter().filter_map(|code| self.unknown_measure("without_treaty", code)));
            if law.status == WithoutTreatyStatus::NotOnRecord {
                let text = "`not-on-record` is no statement of a law".to_owned();
                problems.push(("without_treaty", FaultKind::UnknownValue(text)));
            }
        }
        if row.title.trim().is_empty() {
            problems.push(("title", FaultKind::Empty("title")));
        }
        problems
    }

    pub(crate) fn unknown_measure(&self, column: &'static str, code: &MeasureCode) -> Option<Problem> {
        let text = code.as_str();
        let unknown = || FaultKind::UnknownMeasure { text: clip(text), near: self.near_measure(text) };
        (!self.measures.contains_key(code)).then(|| (column, unknown()))
    }

    pub(crate) fn unknown_instrument(&self, text: &str) -> Option<Problem> {
        let unknown = || FaultKind::UnknownInstrument { text: clip(text), near: self.near_instrument(text) };
        (!self.dossiers.contains_key(text)).then(|| ("instrument", unknown()))
    }

    fn unknown_party(&self, column: &'static str, code: &PartyCode) -> Option<Problem> {
        let text = code.as_str();
        let unknown = || FaultKind::UnknownParty { text: clip(text), near: self.near_party(text) };
        (!self.parties.contains_key(code)).then(|| (column, unknown()))
    }

    fn unknown_offence(&self, code: &OffenceCode) -> Option<Problem> {
        let text = code.as_str();
        let unknown = || FaultKind::UnknownOffence { text: clip(text), near: self.near_offence(text) };
        (!self.offences.contains_key(code)).then(|| ("offences", unknown()))
    }
}

/// A fault where no source is named. `memory` is general knowledge and no source (SOURCES.md).
pub(crate) fn unsourced(column: &'static str, grade: &'static str, source: &str) -> Option<Problem> {
    let named = source.split(';').map(str::trim).any(|code| !code.is_empty() && code != "memory");
    (!named).then_some((column, FaultKind::VerifiedWithoutSource { grade }))
}
