//! The register: the law as dated data, and the question for a legal basis.
//!
//! A [`Register`] is loaded from texts ([`Files`]) with every fault named by place, changes only by [`ChangeSet`]s, and
//! remembers what it knew when. [`Register::bases`] answers on which legal basis one party may ask another for a measure
//! on a date (design section 7); the answer is an argument for an authority and never blocks by itself.
//!
//! **Invariant:** absence of data is reported as absence (`no-record`, `not-on-record`), never as "not a party".
//! **Invariant:** a row without a source never loads as verified.
//! **Invariant:** nothing here does I/O or reads a clock; dates are arguments.

#[macro_use]
pub mod vocabulary;

mod answer;
mod apply;
mod as_of;
mod cbor;
mod change;
mod change_json;
mod check;
mod codes;
mod compare;
mod facts;
mod fault;
mod files;
mod judge;
mod load;
mod load_facts;
mod matrix;
mod near;
mod query;
mod reason;
mod register;
mod rows;
mod scope;
mod show;
mod standing;
mod table;
mod text;
mod threshold;
mod version;
mod weak;

pub use answer::{Answer, Candidate, Condition, Grade, Outcome, WithoutTreaty};
pub use as_of::AsOf;
pub use change::{Applied, Change, ChangeSet, Disposition, Key, PositionKey, Row};
pub use codes::{BadLawCode, ChangeSetId, InstrumentId, LawId, MeasureCode, OffenceCode, PurposeCode};
pub use compare::{ComparedArticle, ComparedInstrument, Comparison};
pub use facts::{
    HeldPosition, Measure, NationalLaw, NationalOffence, NationalPower, Norm, Offence, Party, Position,
    Principle, Purpose, PurposeMeasures, RefusalGround, Region, RequestField, WithoutTreatyLaw,
};
pub use fault::{Fault, FaultKind};
pub use files::Files;
pub use load::check;
pub use matrix::{Asking, DualCriminality, Matrix, MeasureLine, OffenceLine, Section, Test};
pub use near::near_matches;
pub use query::{BadPenalty, Organised, Penalty, Query, QueryFault};
pub use reason::{Reason, ReasonCode};
pub use register::Register;
pub use rows::{Article, Instrument, Reservation, Status};
pub use show::{Shown, ShownArticle, ShownParty, ShownReservation};
pub use standing::{Standing, StandingOf, Weight};
pub use text::{ARGUMENT, DESIGNATIONS, EXERCISE, standing_sentence};
pub use version::{Version, Versions};
