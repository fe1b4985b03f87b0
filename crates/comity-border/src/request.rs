//! What is put to the border: the crossing that is asked for, apart from the record itself.

use crate::words::words;
use comity_record::{
    Canonical, Date, OfficerId, PartyCode, RecordId, Timestamp, UnitCode,
    label::{Purpose, UseLimit},
};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

words! {
    /// Which border judges.
    Direction, "direction":
    /// That of the sender: may it leave.
    0 Sending "sending"
    /// That of the receiver: may it be taken in.
    1 Receiving "receiving"
}

/// The crossing that is asked for. Both sides judge the same crossing, each with its own direction and recorded time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Request {
    /// Which side judges.
    #[n(0)]
    pub direction: Direction,
    /// The sending party.
    #[n(1)]
    pub from: PartyCode,
    /// The receiving party.
    #[n(2)]
    pub to: PartyCode,
    /// What for.
    #[n(3)]
    pub purpose: Purpose,
    /// The judging node's recorded time; law, consents and keys are taken as of its day in UTC.
    #[n(4)]
    pub at: Timestamp,
    /// The unit that sends, with the entry that shows its competence.
    #[n(5)]
    pub sender_unit: Option<Competence>,
    /// The unit it is addressed to, with the entry that shows its competence.
    #[n(6)]
    pub receiver_unit: Option<Competence>,
    /// The legal basis that is cited. Without one, the border takes the first article that is available.
    #[n(7)]
    pub legal_basis: Option<Basis>,
    /// Conditions of articles that an authority has confirmed.
    #[n(8)]
    pub confirmed: Vec<Confirmation>,
    /// What the thread's request asked for, where the record answers it or belongs to it.
    #[n(9)]
    pub case: Option<Case>,
    /// The ground for a transfer of personal data that is cited. Without one, the border looks for a binding
    /// instrument, an adequacy decision and assessed safeguards, in this order.
    #[n(10)]
    pub transfer_ground: Option<TransferGround>,
    /// The parties through which the record travels, beside sender and receiver.
    #[n(11)]
    pub via: Vec<PartyCode>,
    /// Assurances that the receiving party gave.
    #[n(12)]
    pub assurances: BTreeSet<UseLimit>,
    /// The reference of the terms agreed for information given unasked.
    #[n(13)]
    pub terms: Option<String>,
    /// The consents of third parties as the sender states them. The sender's border does not trust this list: it looks
    /// at its own standing. The receiver's border takes it as the sender's word, which is in both ledgers.
    #[n(14)]
    pub consents: Vec<Consent>,
    /// The officer who released an attribution claim.
    #[n(15)]
    pub attribution_release: Option<OfficerId>,
    /// The officer who released data of the sovereign sphere, or read a restriction in words.
    #[n(16)]
    pub sovereign_release: Option<OfficerId>,
}

impl Canonical for Request {
    const NAME: &'static str = "a request to the border";
}

impl Request {
    /// A request that cites nothing yet.
    pub fn new(
        direction: Direction,
        from: PartyCode,
        to: PartyCode,
        purpose: Purpose,
        at: Timestamp,
    ) -> Request {
        Request {
            direction,
            from,
            to,
            purpose,
            at,
            sender_unit: None,
            receiver_unit: None,
            legal_basis: None,
            confirmed: Vec::new(),
            case: None,
            transfer_ground: None,
            via: Vec::new(),
            assurances: BTreeSet::new(),
            terms: None,
            consents: Vec::new(),
            attribution_release: None,
            sovereign_release: None,
        }
    }

    /// The party whose border judges.
    pub fn own(&self) -> &PartyCode {
        match self.direction {
            Direction::Sending => &self.from,
            Direction::Receiving => &self.to,
        }
    }

    /// The other party.
    pub fn peer(&self) -> &PartyCode {
        match self.direction {
            Direction::Sending => &self.to,
            Direction::Receiving => &self.from,
        }
    }

    /// The day on which law, consents and keys are taken.
    pub fn on(&self) -> Date {
        self.at.date()
    }
}

/// A unit and the entry that shows what it is competent for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Competence {
    /// The unit.
    #[n(0)]
    pub unit: UnitCode,
    /// The national law or decision that makes it competent, as its register entry cites it. Empty shows nothing.
    #[n(1)]
    pub citation: String,
}

/// The legal basis that a crossing cites.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Basis {
    /// An article of an instrument; the register says whether it is available.
    #[n(0)]
    Instrument {
        /// The instrument's id, such as `budapest`.
        #[n(0)]
        instrument: String,
        /// The article.
        #[n(1)]
        article: String,
    },
    /// An assurance of the receiving State, recorded by an officer.
    #[n(1)]
    Assurance {
        /// What is assured.
        #[n(0)]
        text: String,
        /// Who recorded it.
        #[n(1)]
        by: OfficerId,
    },
    /// Another basis that an authority names and answers for.
    #[n(2)]
    Other {
        /// Its name, such as a section of national law.
        #[n(0)]
        name: String,
        /// Who named it.
        #[n(1)]
        by: OfficerId,
    },
    /// Danger to life, declared by an officer; the papers follow.
    #[n(3)]
    Emergency {
        /// The danger, in a sentence.
        #[n(0)]
        danger: String,
        /// Who declared it.
        #[n(1)]
        by: OfficerId,
    },
}

/// An authority confirms an open condition of an article for this crossing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Confirmation {
    /// The instrument.
    #[n(0)]
    pub instrument: String,
    /// The article.
    #[n(1)]
    pub article: String,
    /// The condition's code, such as `organised_transnational`.
    #[n(2)]
    pub condition: String,
    /// Who confirms.
    #[n(3)]
    pub by: OfficerId,
}

/// What a thread's request asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Case {
    /// A code of measures.csv.
    #[n(0)]
    pub measure: String,
    /// A code of offences.csv.
    #[n(1)]
    pub offence: Option<String>,
    /// The greatest penalty in years.
    #[n(2)]
    pub penalty: Option<u8>,
    /// Whether an organised group is involved.
    #[n(3)]
    pub organised: Option<bool>,
    /// The party that asks in the thread. A step in a case travels in both directions, so it is said; absent, the
    /// receiving party asks, as with an answer.
    #[n(4)]
    pub asking: Option<PartyCode>,
}

/// The ground for a transfer of personal data (LED articles 36 to 39, Convention 108 article 12).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum TransferGround {
    /// Both parties are bound by Convention 108; the register says whether they are.
    #[n(0)]
    BindingInstrument,
    /// An adequacy decision of the sending party for the receiving one.
    #[n(1)]
    Adequacy,
    /// Safeguards that the sending party has assessed.
    #[n(2)]
    AssessedSafeguards,
    /// A derogation, letters `a` to `e` of LED article 38(1), for which an officer answers.
    #[n(3)]
    Derogation {
        /// The letter.
        #[n(0)]
        letter: char,
        /// Who answers for it.
        #[n(1)]
        by: OfficerId,
    },
    /// The data is not personal.
    #[n(4)]
    NotPersonal,
}

/// A third party consents that its information is passed on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Consent {
    /// Who consents.
    #[n(0)]
    pub by: PartyCode,
    /// Who may receive.
    #[n(1)]
    pub to: PartyCode,
    /// The record it covers; `None`: all its information.
    #[n(2)]
    pub record: Option<RecordId>,
    /// The purpose it covers; `None`: any.
    #[n(3)]
    pub purpose: Option<Purpose>,
    /// First day.
    #[n(4)]
    pub from: Date,
    /// Last day; `None`: until withdrawn.
    #[n(5)]
    pub until: Option<Date>,
    /// Where it is recorded.
    #[n(6)]
    pub reference: String,
}
