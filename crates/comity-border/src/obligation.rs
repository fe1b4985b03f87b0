//! Obligations: duties that come with a clearance. The list is closed, each duty has an owner and a term, and where two
//! policies ask for the same duty the stricter parameters win.
//!
//! Merging is a join: it does not matter in which order policies are read, nor how often.

use crate::words::words;
use comity_record::{Date, PartyCode, Timestamp, label::Retention};
use minicbor::{Decode, Encode};
use std::{collections::BTreeMap, collections::BTreeSet, fmt};

words! {
    /// The closed list of duties.
    DutyKind, "duty":
    /// Make a derived record without these fields, and judge that one.
    0 Redact "redact"
    /// Work with pseudonyms in place of these fields.
    1 Pseudonymise "pseudonymise"
    /// Keep no longer than this.
    2 Retain "retain"
    /// Delete after the retention end and confirm it.
    3 DeleteAndConfirm "delete-and-confirm"
    /// Tell the party it comes from.
    4 NotifyOriginator "notify-originator"
    /// Tell the data-protection authority.
    5 NotifyDpa "notify-dpa"
    /// Tell the persons concerned.
    6 NotifySubject "notify-subject"
    /// Seek the consent of a party before passing on.
    7 SeekConsent "seek-consent"
    /// Do not pass on.
    8 NoOnward "no-onward"
    /// Use for the purpose of the crossing only.
    9 PurposeBind "purpose-bind"
    /// Acknowledge at the desk.
    10 Acknowledge "acknowledge"
    /// Give an account of use.
    11 ReportUse "report-use"
    /// Report a breach.
    12 ReportBreach "report-breach"
    /// Let only these read it.
    13 RestrictAccess "restrict-access"
    /// Log each reading.
    14 LogAccess "log-access"
    /// A person reviews.
    15 HumanReview "human-review"
    /// Name the source.
    16 Attribute "attribute"
    /// Do not name the source; wins over naming it.
    17 DoNotAttribute "do-not-attribute"
    /// Keep encrypted.
    18 EncryptAtRest "encrypt-at-rest"
}

words! {
    /// Who has a duty.
    Owner, "owner of a duty":
    /// The party that sends.
    0 Sender "sender"
    /// The party that receives.
    1 Receiver "receiver"
}

words! {
    /// Who may read, from widest to narrowest.
    Access, "role":
    /// The receiving organisation and those it serves.
    0 Organisation "organisation"
    /// The unit it went to.
    1 Unit "unit"
    /// Persons named for it.
    2 NamedPersons "named-persons"
}

words! {
    /// From when a term runs.
    TermFrom, "start of a term":
    /// From the crossing.
    0 Crossing "crossing"
    /// From the event the duty speaks of: a breach, the retention end, the closing of the case.
    1 Event "event"
}

/// The parameters of a duty. What a kind does not use stays empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Terms {
    /// The fields of `redact` and `pseudonymise`; `personal` means all that the personal-data table names.
    #[n(0)]
    pub fields: BTreeSet<String>,
    /// The term in hours.
    #[n(1)]
    pub hours: Option<u32>,
    /// The last day of `retain`, where the label names one.
    #[n(2)]
    pub until: Option<Date>,
    /// Days after the case closes, of `retain`.
    #[n(3)]
    pub after_closure: Option<u16>,
    /// The day by which a person reviews whether to keep, of `retain`.
    #[n(4)]
    pub review: Option<Date>,
    /// Who may read, of `restrict-access`.
    #[n(5)]
    pub access: Option<Access>,
    /// The parties whose consent is to be sought, of `seek-consent`.
    #[n(6)]
    pub consent_of: BTreeSet<PartyCode>,
}

/// A duty with its owner, its terms and the policies that ask for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Obligation {
    /// Which duty.
    #[n(0)]
    pub duty: DutyKind,
    /// Who has it.
    #[n(1)]
    pub owner: Owner,
    /// Its parameters, the strictest of all policies.
    #[n(2)]
    pub terms: Terms,
    /// The ids of the policies that ask for it.
    #[n(3)]
    pub policies: BTreeSet<String>,
}

/// The obligations of a decision, one for each duty and owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Obligations(BTreeMap<(Owner, DutyKind), Obligation>);

impl Terms {
    /// The terms that satisfy both: least hours, earliest days, all fields, narrowest access.
    #[must_use]
    pub fn strictest(&self, other: &Terms) -> Terms {
        Terms {
            fields: self.fields.union(&other.fields).cloned().collect(),
            hours: least(self.hours, other.hours),
            until: least(self.until, other.until),
            after_closure: least(self.after_closure, other.after_closure),
            review: least(self.review, other.review),
            access: self.access.max(other.access),
            consent_of: self.consent_of.union(&other.consent_of).cloned().collect(),
        }
    }

    /// The terms of `retain` that a label sets.
    pub fn of_retention(retention: Retention) -> Terms {
        let mut terms = Terms::default();
        match retention {
            Retention::Until(day) => terms.until = Some(day),
            Retention::AfterClosure(days) => terms.after_closure = Some(days),
            Retention::Review(day) => terms.review = Some(day),
        }
        terms
    }
}

impl DutyKind {
    /// From when the hours of this duty run.
    pub const fn runs_from(self) -> TermFrom {
        match self {
            DutyKind::ReportBreach | DutyKind::DeleteAndConfirm => TermFrom::Event,
            _ => TermFrom::Crossing,
        }
    }
}

impl Obligation {
    /// When it is due for a crossing at `at`: the end of its hours or the start of the day after its last day, whichever
    /// is earlier. `None` for a standing duty, and for one whose term runs from an event.
    pub fn due(&self, at: Timestamp) -> Option<Timestamp> {
        if self.duty.runs_from() == TermFrom::Event {
            return None;
        }
        let hours = self.terms.hours.map(|hours| at.plus_millis(i64::from(hours) * 3_600_000));
        let day = least(self.terms.until, self.terms.review).map(|day| day.plus_days(1).start());
        least(hours, day)
    }

    fn key(&self) -> (Owner, DutyKind) {
        (self.owner, self.duty)
    }
}

impl Obligations {
    /// None.
    pub fn new() -> Obligations {
        Obligations::default()
    }

    /// Adds a duty; one that is there already gets the stricter terms of both.
    pub fn add(&mut self, obligation: Obligation) {
        match self.0.get_mut(&obligation.key()) {
            Some(held) => {
                held.terms = held.terms.strictest(&obligation.terms);
                held.policies.extend(obligation.policies);
            }
            None => {
                self.0.insert(obligation.key(), obligation);
            }
        }
        self.drop_outweighed();
    }

    /// The duties of both, each in its stricter form.
    #[must_use]
    pub fn strictest(mut self, other: Obligations) -> Obligations {
        for obligation in other.0.into_values() {
            self.add(obligation);
        }
        self
    }

    /// In the order of owner and duty.
    pub fn iter(&self) -> impl Iterator<Item = &Obligation> {
        self.0.values()
    }

    /// The duty of an owner.
    pub fn get(&self, owner: Owner, duty: DutyKind) -> Option<&Obligation> {
        self.0.get(&(owner, duty))
    }

    /// Takes a duty out.
    pub(crate) fn remove(&mut self, owner: Owner, duty: DutyKind) -> Option<Obligation> {
        self.0.remove(&(owner, duty))
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Naming and not naming the source cannot both be done: not naming it is the stricter.
    fn drop_outweighed(&mut self) {
        for &owner in Owner::ALL {
            if self.0.contains_key(&(owner, DutyKind::DoNotAttribute)) {
                self.0.remove(&(owner, DutyKind::Attribute));
            }
        }
    }
}

impl<C> Encode<C> for Obligations {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(self.0.len() as u64)?;
        self.0.values().try_for_each(|obligation| obligation.encode(e, ctx))
    }
}

impl<'b, C> Decode<'b, C> for Obligations {
    fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        let list: Vec<Obligation> = Decode::decode(d, ctx)?;
        Ok(list.into_iter().collect())
    }
}

impl FromIterator<Obligation> for Obligations {
    fn from_iter<T: IntoIterator<Item = Obligation>>(iter: T) -> Obligations {
        let mut out = Obligations::new();
        iter.into_iter().for_each(|obligation| out.add(obligation));
        out
    }
}

impl fmt::Display for Obligation {
    /// One line without the policies, such as `retain (receiver): at most 2160 h`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.duty, self.owner)?;
        let terms = self.terms.words();
        if terms.is_empty() { Ok(()) } else { write!(f, ": {}", terms.join(", ")) }
    }
}

impl Terms {
    /// Each parameter in words.
    fn words(&self) -> Vec<String> {
        let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(", ");
        let mut out = Vec::new();
        if !self.fields.is_empty() {
            out.push(format!("fields {}", list(&self.fields)));
        }
        out.extend(self.hours.map(hours_in_words));
        out.extend(self.until.map(|day| format!("until {day}")));
        out.extend(self.after_closure.map(|days| format!("{days} days after the case closes")));
        out.extend(self.review.map(|day| format!("review by {day}")));
        out.extend(self.access.map(|access| access.to_string()));
        if !self.consent_of.is_empty() {
            let parties = self.consent_of.iter().map(ToString::to_string).collect();
            out.push(format!("of {}", list(&parties)));
        }
        out
    }
}

/// A term in hours, in days where it is whole days.
fn hours_in_words(hours: u32) -> String {
    if hours > 72 && hours.is_multiple_of(24) {
        format!("within {} days", hours / 24)
    } else {
        format!("within {hours} h")
    }
}

/// The lesser of two, where nothing means no bound.
fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
