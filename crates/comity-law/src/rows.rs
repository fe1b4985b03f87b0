//! The typed rows of the register: instruments, their articles, who stands where, and with which reservations.
//!
//! A row says what its source says and nothing more. When the register knew it is kept beside it, in [`crate::Version`].

use crate::{
    AsOf, InstrumentId, MeasureCode,
    vocabulary::{
        Act, ArticleScope, Effect, InstrumentKind, InstrumentStatus, MaterialScope, ReservationStatus, Side,
        Specificity, StatusWord, TextRead, YesNo,
    },
};
use comity_record::{Date, PartialDate, PartyCode};
use minicbor::{Decode, Encode};

/// A treaty, agreement, resolution or other text (instruments.csv).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Instrument {
    /// Its code.
    #[n(0)]
    pub id: InstrumentId,
    /// Its title, in the words of SOURCES.md.
    #[n(1)]
    pub title: String,
    /// What kind of text it is.
    #[n(2)]
    pub kind: InstrumentKind,
    /// Whether it binds; what does not is soft law.
    #[n(3)]
    pub binding: YesNo,
    /// When it was opened or adopted.
    #[cbor(n(4), with = "crate::cbor::optional")]
    pub opened: Option<PartialDate>,
    /// When it entered into force as a whole.
    #[cbor(n(5), with = "crate::cbor::optional")]
    pub in_force: Option<PartialDate>,
    /// What its entry into force depends on.
    #[n(6)]
    pub in_force_condition: String,
    /// Who keeps it.
    #[n(7)]
    pub depositary: String,
    /// What it is about.
    #[n(8)]
    pub subject: String,
    /// How well the row is supported.
    #[n(9)]
    pub status: InstrumentStatus,
    /// Source codes of SOURCES.md, separated by semicolons.
    #[n(10)]
    pub source: String,
    /// The latest date that the source shows.
    #[cbor(n(11), with = "crate::cbor::text")]
    pub as_of: AsOf,
    /// How close it is to the matter.
    #[n(12)]
    pub specificity: Specificity,
    /// Which offences it covers.
    #[n(13)]
    pub material_scope: MaterialScope,
    /// When it ceased; only a change set says so.
    #[cbor(n(14), with = "crate::cbor::optional")]
    pub ended: Option<PartialDate>,
}

/// An article and what it authorises (instrument_articles.csv). An article that authorises several measures has a row for each.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Article {
    /// The instrument.
    #[n(0)]
    pub instrument: InstrumentId,
    /// Its number as text.
    #[n(1)]
    pub article: String,
    /// Its heading.
    #[n(2)]
    pub heading: String,
    /// The measure, or in rules and definitions a bare topic.
    #[n(3)]
    pub measure: MeasureCode,
    /// What it does.
    #[n(4)]
    pub scope: ArticleScope,
    /// What it authorises, in our words.
    #[n(5)]
    pub what_it_authorises: String,
    /// Its time limit, in our words.
    #[n(6)]
    pub time_limit: String,
    /// How much of its text was read.
    #[n(7)]
    pub text_read: TextRead,
    /// Source codes.
    #[n(8)]
    pub source: String,
    /// When it ceased; only a change set says so.
    #[cbor(n(9), with = "crate::cbor::optional")]
    pub ended: Option<PartialDate>,
}

/// What a source says of one party under one instrument (instrument_status.csv).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Status {
    /// The instrument.
    #[n(0)]
    pub instrument: InstrumentId,
    /// The party.
    #[n(1)]
    pub party: PartyCode,
    /// When it signed.
    #[cbor(n(2), with = "crate::cbor::optional")]
    pub signed: Option<PartialDate>,
    /// When it deposited its ratification, accession or like act.
    #[cbor(n(3), with = "crate::cbor::optional")]
    pub ratified: Option<PartialDate>,
    /// Which act that was.
    #[cbor(n(4), with = "crate::cbor::optional")]
    pub act: Option<Act>,
    /// From when the instrument is in force for it.
    #[cbor(n(5), with = "crate::cbor::optional")]
    pub in_force: Option<PartialDate>,
    /// When it ceased to be bound.
    #[cbor(n(6), with = "crate::cbor::optional")]
    pub ended: Option<PartialDate>,
    /// Territorial extent, where one was declared.
    #[n(7)]
    pub territory: String,
    /// A note on reservations and on the row.
    #[n(8)]
    pub note: String,
    /// What the source says, and how well it is supported.
    #[n(9)]
    pub status: StatusWord,
    /// Source codes.
    #[n(10)]
    pub source: String,
    /// The latest date that the source shows.
    #[cbor(n(11), with = "crate::cbor::text")]
    pub as_of: AsOf,
}

/// A reservation or declaration that was read in full (instrument_reservations.csv). Silence proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Reservation {
    /// The instrument.
    #[n(0)]
    pub instrument: InstrumentId,
    /// The reserving party.
    #[n(1)]
    pub party: PartyCode,
    /// The article it affects.
    #[n(2)]
    pub article: String,
    /// Whom it concerns.
    #[n(3)]
    pub side: Side,
    /// What it does.
    #[n(4)]
    pub effect: Effect,
    /// From when; empty: from the party's `in_force`.
    #[cbor(n(5), with = "crate::cbor::optional")]
    pub from: Option<PartialDate>,
    /// Its content, in our words.
    #[n(6)]
    pub text: String,
    /// How well the row is supported.
    #[n(7)]
    pub status: ReservationStatus,
    /// Source codes.
    #[n(8)]
    pub source: String,
    /// The latest date that the source shows.
    #[cbor(n(9), with = "crate::cbor::text")]
    pub as_of: AsOf,
    /// When it was withdrawn; only a change set says so.
    #[cbor(n(10), with = "crate::cbor::optional")]
    pub ended: Option<PartialDate>,
}

impl Instrument {
    /// Whether it binds nobody.
    pub fn is_soft_law(&self) -> bool {
        !self.binding.is_yes()
    }

    /// Whether it is between two parties.
    pub fn is_bilateral(&self) -> bool {
        self.kind == InstrumentKind::Bilateral || self.specificity == Specificity::Bilateral
    }

    /// From when and until when the row is valid: entry into force (of soft law, its opening) and end.
    pub fn valid(&self) -> (Option<PartialDate>, Option<PartialDate>) {
        (if self.is_soft_law() { self.opened } else { self.in_force }, self.ended)
    }
}

impl Status {
    /// From when and until when the party is bound.
    pub fn valid(&self) -> (Option<PartialDate>, Option<PartialDate>) {
        (self.in_force, self.ended)
    }

    /// Whether the row speaks of a binding act, on whatever date: it names a party, not a mere signatory or invitee.
    pub fn names_party(&self) -> bool {
        !matches!(self.status, StatusWord::NotParty | StatusWord::Invited)
            && (self.in_force.is_some() || self.bound_on_unknown_date())
    }

    /// Whether the row speaks of a binding act without the date from which it binds.
    pub fn bound_on_unknown_date(&self) -> bool {
        self.status.names_party()
            || self.ratified.is_some()
            || self.act.is_some_and(|act| act != Act::Signature)
    }
}

impl Reservation {
    /// From when and until when the reservation has effect, given the party's own status row.
    pub fn valid(&self, status: Option<&Status>) -> (Option<PartialDate>, Option<PartialDate>) {
        (self.from.or_else(|| status.and_then(|row| row.in_force)), self.ended)
    }

    /// Whether it has effect on `on`: from its own date, else from the party's `in_force`, else always.
    pub fn has_effect(&self, status: Option<&Status>, on: Date) -> bool {
        let (from, until) = self.valid(status);
        from.is_none_or(|from| from.last_day() <= on) && until.is_none_or(|until| until.first_day() > on)
    }
}

impl Article {
    /// Whether the article can be a basis at all.
    pub fn is_basis(&self) -> bool {
        matches!(self.scope, ArticleScope::Cooperation | ArticleScope::DirectToProvider)
    }

    /// Whether both rows are of one article, measure and scope.
    pub(crate) fn is_same(&self, other: &Article) -> bool {
        self.article == other.article && self.measure == other.measure && self.scope == other.scope
    }

    /// Whether it has ended on `on`.
    pub fn has_ended(&self, on: Date) -> bool {
        self.ended.is_some_and(|ended| ended.first_day() <= on)
    }
}
