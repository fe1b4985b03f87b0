//! The states of a case.

use minicbor::{Decode, Encode};
use std::fmt;

macro_rules! states {
    ($($(#[doc = $doc:literal])* $number:literal $variant:ident $text:literal)*) => {
        /// Where a case stands, as the signed events of both sides say.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(index_only)]
        pub enum State {
            $($(#[doc = $doc])* #[n($number)] $variant,)*
        }

        impl State {
            /// Every state, in order.
            pub const ALL: &'static [State] = &[$(State::$variant),*];

            /// The state in words.
            pub const fn as_str(self) -> &'static str {
                match self { $(State::$variant => $text,)* }
            }
        }
    };
}

states! {
    /// Nothing was sent yet.
    0 New "new"
    /// Sent by the asking side; the asked side has said nothing yet.
    1 Sent "sent"
    /// The asked side's desk has it, which concedes nothing.
    2 Acknowledged "acknowledged"
    /// The asked side is looking whether and how it can be done.
    3 UnderCheck "under check"
    /// The asked side needs to know more.
    4 InfoNeeded "information needed"
    /// The asking side has answered the question.
    5 InfoGiven "information given"
    /// Passed on to the right authority of the asked State.
    6 Referred "referred"
    /// The asked side consults before it refuses, postpones or makes conditions.
    7 Consulting "consulting"
    /// Refused on a stated ground, with reasons.
    8 Refused "refused"
    /// Postponed to a date, with reasons.
    9 Postponed "postponed"
    /// Offered on conditions.
    10 Offered "offered on conditions"
    /// The asking side does not take the conditions.
    11 TermsDeclined "terms declined"
    /// Accepted, whole or in part.
    12 Accepted "accepted"
    /// The conditions are agreed.
    13 TermsAccepted "terms accepted"
    /// The measure is being carried out.
    14 InExecution "in execution"
    /// Carried out.
    15 Executed "executed"
    /// It cannot be carried out.
    16 NotPossible "not possible"
    /// A second person looks at what would be released.
    17 ReleaseReview "release review"
    /// Released by two persons, with its custody manifest.
    18 Released "released"
    /// On its way to the asking side.
    19 Transmitted "transmitted"
    /// The asking side has it, sealed.
    20 ProductReceived "product received"
    /// What came is damaged or incomplete.
    21 DefectReported "defect reported"
    /// What came agrees with its manifest.
    22 Verified "verified"
    /// In use within its conditions.
    23 InUse "in use"
    /// Withdrawn by the asking side.
    24 Withdrawn "withdrawn"
    /// A withdrawal crossed a release on the way: the material stays sealed until the asking side decides.
    25 SealedAfterWithdrawal "sealed after withdrawal"
    /// Ended by the asked side since the asking side gave no answer, with reasons.
    26 NotPursued "not pursued"
    /// The data are kept until a date.
    27 Preserved "preserved"
    /// The data are kept until the follow-up is decided (Budapest 29(7)).
    28 TiedToFollowUp "tied to follow-up"
    /// The hold was lifted by a person.
    29 ReleasedFromHold "released from hold"
    /// A person let the preservation end after its date.
    30 Lapsed "lapsed"
    /// The asking side asks once to look again.
    31 ReconsiderationAsked "reconsideration asked"
    /// Assessed by the notified side.
    32 Assessed "assessed"
    /// Steps are being taken on a notice or for a State in need.
    33 StepsTaken "steps taken"
    /// A joint investigation under its agreement, or help under way.
    34 Active "active"
    /// Declined.
    35 Declined "declined"
    /// Closed.
    36 Closed "closed"
    /// The other side has said when a remedy is to be ready.
    37 FixPlanned "fix planned"
    /// Both sides have the same day for publication.
    38 DayAgreed "day agreed"
    /// One side does not take the day for publication.
    39 DayDisputed "day in dispute"
    /// A side has said that it published.
    40 Published "published"
}

impl State {
    /// Whether nothing more is expected of anybody.
    pub const fn is_final(self) -> bool {
        matches!(self, State::Closed | State::Withdrawn | State::ReleasedFromHold | State::TermsDeclined)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
