//! The verb of Comity: the judgement whether a record may cross from one party to another.
//!
//! [`decide`] is pure and total. It takes packs (what the policies say), the register (what the law is), the standing (what
//! the node holds about its peers), a subject (labels and kind, never content) and a request, and gives a [`Decision`]
//! with its reasons, duties and citations. [`judge`] does the same for a verified record and is the only maker of
//! [`Cleared`], without which nothing is sent. Both ends judge, each by its own packs.
//!
//! **Invariant:** `comity-border` does no I/O and never reads a clock; the recorded time is in the request.
//! **Invariant:** deny wins, nothing permitted is refused, and an error in a policy is a refusal.
//! **Invariant:** no clearance without a citation; no refusal without a reason.

mod basis;
mod cache;
mod code;
mod decide;
mod decision;
mod evaluate;
mod facts;
mod judge;
mod missing;
mod obligation;
pub mod pack;
mod replay;
mod request;
mod show;
mod standing;
mod stating;
mod subject;
mod words;

pub use basis::{BasisFound, Considered};
pub use cache::ClassCache;
pub use code::Code;
pub use decide::{PERSONAL, decide, redacted_labels};
pub use decision::{Decision, Missing, PolicyRef, Ruling, Verdict};
pub use facts::Ground;
pub use judge::{
    Changed, Cleared, DisclosedRefusal, Disclosure, Judgement, RedactFirst, Refusal, judge, judge_cached,
    judge_narrowed,
};
pub use obligation::{Access, DutyKind, Obligation, Obligations, Owner, TermFrom, Terms};
pub use pack::{Adoption, Layer, PackFault, PackSource, PackText, Packs};
pub use replay::{Inputs, Replay, replay};
pub use request::{Basis, Case, Competence, Confirmation, Consent, Direction, Request, TransferGround};
pub use standing::{Pair, Period, SecurityAgreement, Standing, StandingEntries, Suspension};
pub use subject::{Asked, Subject, Unbounded, is_bounded, unbounded};
pub use words::UnknownWord;
