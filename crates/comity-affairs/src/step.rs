//! The steps: what a side may say in a case, with what belongs to it.

use comity_record::{Date, Hash, RecordId};
use minicbor::{Decode, Encode};
use std::{collections::BTreeMap, fmt};

/// A ground on which help is refused or postponed, as the asked State states it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Ground {
    /// A code of refusal_grounds.csv, or the State's own words where the register's list has no such ground.
    #[n(0)]
    pub code: String,
    /// The instrument and article it rests on; absent for own law, discretion or another text named in the reasons.
    #[n(1)]
    pub article: Option<String>,
}

/// What a condition forbids or demands. Conditions travel with each object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum ConditionKind {
    /// Keep it secret.
    #[n(0)]
    Secret,
    /// Use only in the proceedings named (Budapest 28(2)(b)).
    #[n(1)]
    OnlyFor,
    /// Do not pass it on.
    #[n(2)]
    NoOnward,
    /// Delete by the date.
    #[n(3)]
    DeleteBy,
    /// Give an account of use (Budapest 28(4)).
    #[n(4)]
    ReportUse,
    /// Consult before use in court.
    #[n(5)]
    ConsultBeforeCourt,
    /// Return or destroy after use.
    #[n(6)]
    ReturnAfterUse,
    /// Another condition, in words: shown at every opening, and confirmed by a person.
    #[n(7)]
    Other,
}

impl ConditionKind {
    /// The kind as a code.
    pub const fn as_str(self) -> &'static str {
        match self {
            ConditionKind::Secret => "secret",
            ConditionKind::OnlyFor => "only-for",
            ConditionKind::NoOnward => "no-onward",
            ConditionKind::DeleteBy => "delete-by",
            ConditionKind::ReportUse => "report-use",
            ConditionKind::ConsultBeforeCourt => "consult-before-court",
            ConditionKind::ReturnAfterUse => "return-after-use",
            ConditionKind::Other => "other",
        }
    }

    /// Every kind, in order.
    pub const ALL: &'static [ConditionKind] = &[
        ConditionKind::Secret,
        ConditionKind::OnlyFor,
        ConditionKind::NoOnward,
        ConditionKind::DeleteBy,
        ConditionKind::ReportUse,
        ConditionKind::ConsultBeforeCourt,
        ConditionKind::ReturnAfterUse,
        ConditionKind::Other,
    ];

    /// Whether its day, once passed, closes access.
    pub const fn closes_access(self) -> bool {
        matches!(self, ConditionKind::DeleteBy | ConditionKind::ReturnAfterUse)
    }

    /// Whether it forbids passing the object on.
    pub const fn forbids_onward(self) -> bool {
        matches!(self, ConditionKind::Secret | ConditionKind::OnlyFor | ConditionKind::NoOnward)
    }
}

/// One condition on use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct Condition {
    /// Its number in the case, by which a waiver names it.
    #[n(0)]
    pub number: u16,
    /// What it forbids or demands.
    #[n(1)]
    pub kind: ConditionKind,
    /// The proceedings, the words of another condition, or empty.
    #[n(2)]
    pub text: String,
    /// The date of a condition that has one.
    #[n(3)]
    pub by: Option<Date>,
}

/// How much of a request is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Acceptance {
    /// All of it.
    #[n(0)]
    Whole,
    /// A part, said in words.
    #[n(1)]
    Part(#[n(0)] String),
}

/// What is wrong with one object of a product.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Defect {
    /// The object, by its id in the manifest.
    #[n(0)]
    pub object: String,
    /// What was found: missing, another hash, another size.
    #[n(1)]
    pub found: String,
}

/// What the notified State found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Finding {
    /// Found as described.
    #[n(0)]
    Found,
    /// Not found.
    #[n(1)]
    NotFound,
    /// Not in its territory.
    #[n(2)]
    NotOurs,
    /// It cannot tell.
    #[n(3)]
    CannotTell,
}

impl Finding {
    /// The finding as a code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Finding::Found => "found",
            Finding::NotFound => "not-found",
            Finding::NotOurs => "not-ours",
            Finding::CannotTell => "cannot-tell",
        }
    }
}

macro_rules! steps {
    ($($(#[doc = $doc:literal])* $number:literal $variant:ident $text:literal { $($(#[doc = $field_doc:literal])* $field_number:literal $field:ident: $type:ty),* $(,)? })*) => {
        /// What a side says in a case.
        #[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
        pub enum Step {
            $(
                $(#[doc = $doc])*
                #[n($number)]
                #[cbor(map)]
                $variant {
                    $($(#[doc = $field_doc])* #[n($field_number)] $field: $type,)*
                },
            )*
        }

        /// The kind of a step, as it stands in the tables.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum StepKind {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Step {
            /// The kind.
            pub const fn kind(&self) -> StepKind {
                match self { $(Step::$variant { .. } => StepKind::$variant,)* }
            }
        }

        impl StepKind {
            /// Every kind, in order.
            pub const ALL: &'static [StepKind] = &[$(StepKind::$variant),*];

            /// The step in words.
            pub const fn as_str(self) -> &'static str {
                match self { $(StepKind::$variant => $text,)* }
            }
        }
    };
}

steps! {
    /// The request, notice, offer or proposal itself. It opens the case.
    0 Send "send" {
        /// The form, by its code.
        0 form: String,
        /// The fields filled in, by their codes.
        1 fields: BTreeMap<String, String>,
        /// The request record that the border judges; absent where no measure is asked for.
        2 request: Option<RecordId>,
        /// Whether life is in danger: the measure may be carried out first, papers follow.
        3 emergency: bool,
        /// The asking side's own reference.
        4 reference: String,
    }
    /// The asking side no longer asks.
    1 Withdraw "withdraw" {
        /// Why.
        0 reason: String,
    }
    /// Answer to a question.
    2 GiveInformation "give information" {
        /// The fields, by name.
        0 fields: BTreeMap<String, String>,
    }
    /// The conditions offered are taken.
    3 AcceptTerms "accept terms" {
        /// The numbers of the conditions, all of them.
        0 conditions: Vec<u16>,
    }
    /// The conditions offered are not taken.
    4 DeclineTerms "decline terms" {
        /// Why.
        0 reason: String,
    }
    /// A question after progress (UNCAC 46(24)).
    5 AskProgress "ask for progress" {}
    /// A wish to keep data longer.
    6 AskExtension "ask for extension" {
        /// Until when.
        0 until: Date,
    }
    /// The request that follows a preservation was sent.
    7 SendFollowUp "send follow-up" {
        /// The asking side's reference of the request.
        0 reference: String,
    }
    /// The papers of an emergency, afterwards.
    8 FilePapers "file papers" {
        /// The fields that were missing, by their codes.
        0 fields: BTreeMap<String, String>,
    }
    /// The product came.
    9 ReceiveProduct "receive product" {
        /// Hash of the custody manifest.
        0 manifest: Hash,
    }
    /// The product agrees with its manifest.
    10 Verify "verify" {
        /// Hash of the custody manifest.
        0 manifest: Hash,
    }
    /// The product does not agree with its manifest.
    11 ReportDefect "report defect" {
        /// Hash of the custody manifest.
        0 manifest: Hash,
        /// What is wrong.
        1 defects: Vec<Defect>,
    }
    /// Use begins, in named proceedings.
    12 BeginUse "begin use" {
        /// The proceedings.
        0 proceedings: String,
    }
    /// An account of use.
    13 AccountForUse "account for use" {
        /// The account.
        0 account: String,
    }
    /// A wish to be freed of a condition: a request of its own.
    14 AskWaiver "ask for a waiver" {
        /// The condition.
        0 condition: u16,
        /// Why.
        1 reason: String,
    }
    /// Material may clear somebody: told before it is disclosed, or at once after (UNCAC 46(19)).
    15 TellExculpatory "tell of exculpatory material" {
        /// The objects.
        0 objects: Vec<String>,
        /// Whether it was impossible to tell before.
        1 disclosed_already: bool,
    }
    /// The asking side takes after all what was released while its withdrawal was on the way.
    16 KeepSealed "take sealed material" {
        /// Why.
        0 reason: String,
    }
    /// The asking side destroys unopened what was released while its withdrawal was on the way.
    48 DestroySealed "destroy sealed material" {
        /// What was destroyed, when and by whom.
        0 statement: String,
    }
    /// A wish that a refusal be looked at again, once.
    17 Reconsider "ask to reconsider" {
        /// Why.
        0 reasons: String,
    }
    /// The end of the case.
    18 Close "close" {
        /// Why.
        0 reason: String,
        /// Whether the matter is resolved; an unresolved one may be closed too.
        1 resolved: bool,
    }
    /// The desk has it. Concedes nothing.
    19 Acknowledge "acknowledge" {
        /// The asked side's ticket.
        0 ticket: String,
    }
    /// The check begins, or begins again.
    20 BeginCheck "begin check" {}
    /// A question.
    21 AskInformation "ask for information" {
        /// The fields wanted, by name.
        0 fields: Vec<String>,
        /// The question.
        1 question: String,
    }
    /// Passed on to the right authority.
    22 Refer "refer" {
        /// The authority, as it may be known outside.
        0 authority: String,
    }
    /// Consultation before refusing, postponing or making conditions.
    23 Consult "consult" {
        /// What about.
        0 about: String,
    }
    /// Refusal.
    24 Refuse "refuse" {
        /// The ground.
        0 ground: Ground,
        /// The reasons.
        1 reasons: String,
        /// Why there was no consultation before, where there was none.
        2 not_consulted: Option<String>,
    }
    /// Postponement.
    25 Postpone "postpone" {
        /// The ground.
        0 ground: Ground,
        /// Until when.
        1 until: Date,
        /// The reasons.
        2 reasons: String,
        /// Why there was no consultation before, where there was none.
        3 not_consulted: Option<String>,
    }
    /// Help on conditions.
    26 Offer "offer on conditions" {
        /// The conditions.
        0 conditions: Vec<Condition>,
    }
    /// Acceptance.
    27 Accept "accept" {
        /// All or a part.
        0 acceptance: Acceptance,
    }
    /// The measure is being carried out.
    28 BeginExecution "begin execution" {}
    /// Carried out.
    29 Execute "execute" {
        /// What was done, as the other side may know it.
        0 summary: String,
    }
    /// It cannot be carried out.
    30 CannotExecute "cannot execute" {
        /// Why.
        0 reason: String,
    }
    /// A second person looks at what would be released.
    31 ReviewRelease "review release" {}
    /// Release, by two persons.
    32 Release "release" {
        /// Hash of the custody manifest.
        0 manifest: Hash,
    }
    /// Transmission, or transmission again after a defect.
    33 Transmit "transmit" {
        /// Hash of the custody manifest.
        0 manifest: Hash,
    }
    /// The end for want of an answer: a person's decision with reasons, never a clock's.
    34 CloseForSilence "close for silence" {
        /// The reasons.
        0 reasons: String,
    }
    /// The data are kept.
    35 Preserve "preserve" {
        /// Until when; at least 60 days under Budapest 29(7).
        0 until: Date,
    }
    /// The data are kept longer.
    36 Extend "extend" {
        /// Until when.
        0 until: Date,
    }
    /// The data are kept until the follow-up is decided.
    37 TieToFollowUp "tie to follow-up" {
        /// The reference of the request that follows.
        0 reference: String,
    }
    /// The hold ends.
    38 ReleaseHold "release hold" {
        /// Why.
        0 reason: String,
    }
    /// The preservation ends after its date: a person's act.
    39 Lapse "let lapse" {}
    /// Progress, as the other side may know it.
    40 ReportProgress "report progress" {
        /// How far.
        0 text: String,
        /// When more may be expected.
        1 next: Option<Date>,
    }
    /// A decision on a waiver.
    41 DecideWaiver "decide on a waiver" {
        /// The condition.
        0 condition: u16,
        /// Whether it is waived.
        1 waived: bool,
        /// Why.
        2 reason: String,
    }
    /// What the notified State found. No attribution is computed or implied.
    42 Assess "assess" {
        /// The finding.
        0 finding: Finding,
        /// What may be told of it.
        1 text: String,
    }
    /// A step taken, dated, with as much of its result as the State gives.
    43 TakeStep "take a step" {
        /// The step: detect, investigate, address, mitigate, help.
        0 what: String,
        /// On which day.
        1 on: Date,
        /// Its result, where told.
        2 result: Option<String>,
    }
    /// The sender of a notice disagrees with an answer; the answer stands as it is.
    44 Disagree "disagree" {
        /// With what, and why.
        0 reasons: String,
    }
    /// An offer or proposal is not taken.
    45 Decline "decline" {
        /// Why.
        0 reason: String,
    }
    /// The information, help or evidence agreed on is given.
    46 Deliver "deliver" {
        /// The record that holds it.
        0 record: RecordId,
    }
    /// When a remedy is to be ready.
    49 PlanFix "plan a fix" {
        /// On which day.
        0 on: Date,
        /// What it is, as the other side may know it.
        1 text: String,
    }
    /// A day for publication; after one is agreed, a wish for another. It binds nobody until the other side agrees.
    50 ProposeDay "propose a day" {
        /// The day.
        0 day: Date,
        /// Why.
        1 reasons: String,
    }
    /// The day that the other side proposed is taken.
    51 AgreeDay "agree to the day" {
        /// The day, as the other side proposed it.
        0 day: Date,
    }
    /// A person of this side has published. The step tells of it and publishes nothing.
    52 Publish "publish" {
        /// The identifier or address under which it is public.
        0 reference: String,
        /// Why before the day, or without one on which both agree.
        1 early: Option<String>,
    }
    /// A position in a consultation.
    47 StatePosition "state position" {
        /// The position.
        0 text: String,
    }
    /// Access to what was given has ended at this side: its last day has passed, and nothing of it is opened any more. It
    /// reports what happened, asks for nothing, and says nothing of a deletion.
    53 TellAccessEnded "tell that access ended" {
        /// Hash of the custody manifest.
        0 manifest: Hash,
        /// The last day of access.
        1 on: Date,
    }
}

impl StepKind {
    /// The version of the form of events that first has the step. A peer that reads earlier ones alone is not sent it.
    pub const fn version(self) -> u16 {
        match self {
            StepKind::TellAccessEnded => 2,
            _ => 1,
        }
    }
}

impl fmt::Display for StepKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
