//! Change sets: how the register changes. A change set is a typed, canonical statement of its author; whether a node takes,
//! holds or refuses it is that node's decision. Applying one never overwrites: an old question keeps its old answer.

use crate::{
    ChangeSetId, InstrumentId, LawId, MeasureCode, NationalLaw, Party, Position, facts,
    rows::{Article, Instrument, Reservation, Status},
    vocabulary::{ArticleScope, Effect, Side},
};
use comity_record::{Canonical, Date, Hash, PartyCode};
use minicbor::{Decode, Encode};
use std::fmt;

vocabulary! {
    /// What a node does with a change set that reached it.
    Disposition, "disposition":
    /// Apply it.
    Take = "take",
    /// Keep it unapplied, to be decided.
    Hold = "hold",
    /// Do not apply it.
    Refuse = "refuse",
}

/// A set of changes, with its author, date and source.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ChangeSet {
    /// Its id; one author uses an id once.
    #[n(0)]
    pub id: ChangeSetId,
    /// Who made it.
    #[n(1)]
    pub author: PartyCode,
    /// Its date: from this day on the register knows what it says.
    #[n(2)]
    pub date: Date,
    /// Where it has it from, in its author's words.
    #[n(3)]
    pub source_statement: String,
    /// The changes, in order.
    #[n(4)]
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Change {
    /// A row that the register does not have.
    #[n(0)]
    Add(#[n(0)] Row),
    /// What a row should have said; from the set's date on the register knows it so.
    #[n(1)]
    Correct(#[n(0)] Row),
    /// A row that is no longer valid from a day on.
    #[n(2)]
    End(#[n(0)] Key, #[n(1)] Date),
    /// The party itself confirms what others report of its position.
    #[n(3)]
    Confirm(#[n(0)] PositionKey),
}

/// A row that a change set may add or correct.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Row {
    /// A party: an organisation, or a territory with its own authority.
    #[n(0)]
    Party(#[n(0)] Box<Party>),
    /// An instrument.
    #[n(1)]
    Instrument(#[n(0)] Box<Instrument>),
    /// An article.
    #[n(2)]
    Article(#[n(0)] Box<Article>),
    /// A status row.
    #[n(3)]
    Status(#[n(0)] Box<Status>),
    /// A reservation.
    #[n(4)]
    Reservation(#[n(0)] Box<Reservation>),
    /// A national law; only its own State states it.
    #[n(5)]
    NationalLaw(#[n(0)] Box<NationalLaw>),
    /// A position; only the party itself states it.
    #[n(6)]
    Position(#[n(0)] Box<Position>),
}

/// Which row.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Key {
    /// A party.
    #[n(0)]
    Party(#[n(0)] PartyCode),
    /// An instrument.
    #[n(1)]
    Instrument(#[n(0)] InstrumentId),
    /// An article, measure and scope.
    #[n(2)]
    Article(#[n(0)] InstrumentId, #[n(1)] String, #[n(2)] MeasureCode, #[n(3)] ArticleScope),
    /// A status row.
    #[n(3)]
    Status(#[n(0)] InstrumentId, #[n(1)] PartyCode),
    /// A reservation.
    #[n(4)]
    Reservation(#[n(0)] InstrumentId, #[n(1)] PartyCode, #[n(2)] String, #[n(3)] Side, #[n(4)] Effect),
    /// A national law.
    #[n(5)]
    NationalLaw(#[n(0)] PartyCode, #[n(1)] LawId),
}

/// Which position.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PositionKey {
    /// The party.
    #[n(0)]
    pub party: PartyCode,
    /// The question.
    #[n(1)]
    pub topic: String,
    /// The position.
    #[n(2)]
    pub position: String,
}

/// A change set that the register holds.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Applied {
    /// Its id.
    #[n(0)]
    pub id: ChangeSetId,
    /// Who made it.
    #[n(1)]
    pub author: PartyCode,
    /// Its date.
    #[n(2)]
    pub date: Date,
    /// The hash of its canonical bytes.
    #[n(3)]
    pub hash: Hash,
}

impl Canonical for ChangeSet {
    const NAME: &'static str = "change set";
    const LIMIT: usize = 1024 * 1024;
}

impl Row {
    /// Which row it is; a position has no key but its party and topic.
    pub fn key(&self) -> Option<Key> {
        Some(match self {
            Row::Party(row) => Key::Party(row.code.clone()),
            Row::Instrument(row) => Key::Instrument(row.id.clone()),
            Row::Article(row) => row.key(),
            Row::Status(row) => Key::Status(row.instrument.clone(), row.party.clone()),
            Row::Reservation(row) => row.key(),
            Row::NationalLaw(row) => Key::NationalLaw(row.party.clone(), row.id.clone()),
            Row::Position(_) => return None,
        })
    }
}

impl Article {
    /// Which row it is.
    pub fn key(&self) -> Key {
        Key::Article(self.instrument.clone(), self.article.clone(), self.measure.clone(), self.scope)
    }
}

impl Reservation {
    /// Which row it is.
    pub fn key(&self) -> Key {
        let Reservation { instrument, party, article, side, effect, .. } = self;
        Key::Reservation(instrument.clone(), party.clone(), article.clone(), *side, *effect)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Party(code) => write!(f, "the party `{code}`"),
            Key::Instrument(id) => write!(f, "the instrument `{id}`"),
            Key::Article(id, article, measure, scope) => {
                write!(f, "article {article} of `{id}` for `{measure}` as `{scope}`")
            }
            Key::Status(id, party) => write!(f, "`{party}` under `{id}`"),
            Key::Reservation(id, party, article, side, effect) => {
                write!(f, "the reservation of `{party}` on article {article} of `{id}` ({side}, {effect})")
            }
            Key::NationalLaw(party, id) => write!(f, "the law `{id}` of `{party}`"),
        }
    }
}

/// One line that says what a change would do, for the officer who decides on it.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Add(row) => write!(f, "add {row}"),
            Change::Correct(row) => write!(f, "correct {row}"),
            Change::End(key, on) => write!(f, "end {key} on {on}"),
            Change::Confirm(key) => write!(f, "confirm {key}"),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(key) = self.key() {
            write!(f, "{key}: ")?;
        }
        match self {
            Row::Status(row) => match row.in_force {
                Some(date) => write!(f, "{}, in force from {date}", row.status),
                None => write!(f, "{}, no date of effect", row.status),
            },
            Row::Party(row) => f.write_str(&row.name),
            Row::Instrument(row) => f.write_str(&row.title),
            Row::Article(row) => f.write_str(&row.heading),
            Row::Reservation(row) => f.write_str(&row.text),
            Row::NationalLaw(row) => f.write_str(&row.title),
            Row::Position(row) => {
                write!(f, "the position of `{}` on `{}`: {}", row.party, row.topic, row.summary)
            }
        }
    }
}

impl fmt::Display for PositionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the position `{}` of `{}` on `{}`", self.position, self.party, self.topic)
    }
}

impl PositionKey {
    pub(crate) fn is_of(&self, position: &facts::Position) -> bool {
        self.party == position.party && self.topic == position.topic && self.position == position.position
    }
}
