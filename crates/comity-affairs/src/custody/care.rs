//! What a holder decided and found about evidence, beside the custody record: holds, the filter team, defects,
//! disclosure and notice. Each is a note with who made it and when; what stands is read from all of them.

use super::{Item, Package};
use crate::{
    Condition, Defect,
    conditions::{Bar, Hold, Ruling, Use, rule},
};
use comity_record::{Canonical, Date, Hash, OfficerId, Timestamp};
use minicbor::{Decode, Encode, bytes::ByteVec};
use std::collections::{BTreeMap, BTreeSet};

/// One thing that was decided or found.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Note {
    /// Deletion is stopped.
    #[n(0)]
    Held {
        /// By what.
        #[n(0)]
        hold: Hold,
        /// The order, appeal or claim.
        #[n(1)]
        reference: String,
    },
    /// That no longer stops deletion.
    #[n(1)]
    HoldEnds {
        /// What ended.
        #[n(0)]
        hold: Hold,
        /// Why.
        #[n(1)]
        reason: String,
    },
    /// The filter team lets an object pass to the investigators.
    #[n(2)]
    Passed {
        /// The object.
        #[n(0)]
        object: Hash,
        /// Why.
        #[n(1)]
        reason: String,
    },
    /// The filter team keeps an object from them.
    #[n(3)]
    Withheld {
        /// The object.
        #[n(0)]
        object: Hash,
        /// Why.
        #[n(1)]
        reason: String,
    },
    /// Objects do not agree with the manifest. It is a report; what follows from it is a person's decision.
    #[n(4)]
    Defects {
        /// What was found.
        #[n(0)]
        found: Vec<Defect>,
    },
    /// A person decided on the last defect report.
    #[n(5)]
    DefectsDecided {
        /// Whether it was accepted.
        #[n(0)]
        accepted: bool,
        /// Why.
        #[n(1)]
        reason: String,
    },
    /// Disclosed to the defence.
    #[n(6)]
    Disclosed {
        /// The objects.
        #[n(0)]
        objects: Vec<Hash>,
        /// To whom.
        #[n(1)]
        to: String,
    },
    /// Disclosure is put off.
    #[n(7)]
    DisclosureDeferred {
        /// Until when.
        #[n(0)]
        until: Date,
        /// Why, and by whose order.
        #[n(1)]
        reason: String,
    },
    /// The person concerned was told.
    #[n(8)]
    PersonTold {
        /// Who.
        #[n(0)]
        person: String,
    },
    /// Telling the person is put off.
    #[n(9)]
    NoticeDeferred {
        /// Until when.
        #[n(0)]
        until: Date,
        /// Why, and by whose order.
        #[n(1)]
        reason: String,
    },
    /// Material may clear somebody (UNCAC 46(19)).
    #[n(10)]
    Exculpatory {
        /// The objects.
        #[n(0)]
        objects: Vec<Hash>,
        /// Whether it was disclosed before the other State could be told.
        #[n(1)]
        disclosed_already: bool,
    },
    /// The last day passed and access was closed.
    #[n(11)]
    Ended {
        /// That day.
        #[n(0)]
        on: Date,
    },
    /// Objects were deleted: the signed statement.
    #[n(12)]
    Deleted {
        /// The objects.
        #[n(0)]
        objects: Vec<Hash>,
        /// An `Attested<DeletionStatement>`.
        #[n(1)]
        statement: ByteVec,
    },
    /// The State that set a condition waived it.
    #[n(13)]
    Waived {
        /// The condition.
        #[n(0)]
        condition: u16,
        /// Where that was decided.
        #[n(1)]
        reference: String,
    },
}

impl Note {
    /// The note in words.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Note::Held { .. } => "held",
            Note::HoldEnds { .. } => "hold ended",
            Note::Passed { .. } => "passed by the filter team",
            Note::Withheld { .. } => "withheld by the filter team",
            Note::Defects { .. } => "defects found",
            Note::DefectsDecided { .. } => "defects decided on",
            Note::Disclosed { .. } => "disclosed to the defence",
            Note::DisclosureDeferred { .. } => "disclosure deferred",
            Note::PersonTold { .. } => "person told",
            Note::NoticeDeferred { .. } => "notice deferred",
            Note::Exculpatory { .. } => "exculpatory",
            Note::Ended { .. } => "access closed",
            Note::Deleted { .. } => "deleted",
            Note::Waived { .. } => "condition waived",
        }
    }
}

/// A note with who made it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NoteRow {
    /// Who; absent for the node itself.
    #[n(0)]
    pub by: Option<OfficerId>,
    /// When.
    #[n(1)]
    pub at: Timestamp,
    /// What.
    #[n(2)]
    pub note: Note,
}

impl Canonical for NoteRow {
    const NAME: &'static str = "a note about evidence";
    const LIMIT: usize = 1 << 20;
}

/// What the notes come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Care {
    /// What stops deletion, with its reference.
    pub holds: BTreeMap<Hold, String>,
    /// Objects that the filter team let pass.
    pub passed: BTreeSet<Hash>,
    /// Objects that it keeps, with the reason.
    pub withheld: BTreeMap<Hash, String>,
    /// The last defect report.
    pub defects: Vec<Defect>,
    /// Whether nobody decided on it yet.
    pub defects_open: bool,
    /// What was disclosed to the defence.
    pub disclosed: BTreeSet<Hash>,
    /// Until when disclosure is put off.
    pub disclosure_deferred: Option<Date>,
    /// Persons told.
    pub told: BTreeSet<String>,
    /// Until when notice is put off.
    pub notice_deferred: Option<Date>,
    /// Objects that may clear somebody.
    pub exculpatory: BTreeSet<Hash>,
    /// Days on which access was closed.
    pub ended: BTreeSet<Date>,
    /// Objects deleted.
    pub deleted: BTreeSet<Hash>,
    /// Conditions waived.
    pub waived: BTreeSet<u16>,
}

impl Care {
    /// Reads the notes in their order.
    pub fn of<'n>(notes: impl IntoIterator<Item = &'n Note>) -> Care {
        let mut care = Care::default();
        notes.into_iter().for_each(|note| care.take(note));
        care
    }

    fn take(&mut self, note: &Note) {
        match note {
            Note::Held { hold, reference } => {
                self.holds.insert(*hold, reference.clone());
            }
            Note::HoldEnds { hold, .. } => {
                self.holds.remove(hold);
            }
            Note::Passed { object, .. } => {
                self.withheld.remove(object);
                self.passed.insert(*object);
            }
            Note::Withheld { object, reason } => {
                self.passed.remove(object);
                self.withheld.insert(*object, reason.clone());
            }
            Note::Defects { found } => (self.defects, self.defects_open) = (found.clone(), true),
            Note::DefectsDecided { .. } => self.defects_open = false,
            Note::Exculpatory { objects, .. } => {
                self.exculpatory.extend(objects);
                self.holds.insert(Hold::Exculpatory, "it may clear somebody".to_owned());
            }
            Note::Deleted { objects, .. } => self.deleted.extend(objects),
            Note::Waived { condition, .. } => {
                self.waived.insert(*condition);
            }
            _ => self.take_telling(note),
        }
    }

    fn take_telling(&mut self, note: &Note) {
        match note {
            Note::Disclosed { objects, .. } => self.disclosed.extend(objects),
            Note::DisclosureDeferred { until, .. } => self.disclosure_deferred = Some(*until),
            Note::PersonTold { person } => {
                self.told.insert(person.clone());
            }
            Note::NoticeDeferred { until, .. } => self.notice_deferred = Some(*until),
            Note::Ended { on } => {
                self.ended.insert(*on);
            }
            _ => {}
        }
    }

    /// The conditions of a package that bind: not waived here, and not waived in the case.
    pub fn binding<'c>(
        &'c self,
        package: &'c Package,
        waived: &'c BTreeSet<u16>,
    ) -> impl Iterator<Item = &'c Condition> {
        let free = move |number: &u16| self.waived.contains(number) || waived.contains(number);
        package.conditions.iter().filter(move |condition| !free(&condition.number))
    }

    /// Rules a use of one object on a day: the conditions that came with it, the filter team, the end of personal data.
    pub fn rule(
        &self,
        package: &Package,
        item: &Item,
        waived: &BTreeSet<u16>,
        wanted: Use<'_>,
        on: Date,
    ) -> Ruling {
        let mut ruling = rule(self.binding(package, waived), wanted, on);
        let mut bar = |why: String| ruling.blocked.push(Bar { condition: 0, why });
        if self.deleted.contains(&item.sha256) {
            bar("it was deleted".to_owned());
        }
        if let Some(terms) = item.personal.as_ref().filter(|terms| on > terms.until) {
            bar(format!("the personal data in it could be accessed until {}", terms.until));
        }
        let filtering = matches!(wanted, Use::Filter);
        match self.withheld.get(&item.sha256) {
            Some(why) if !filtering => bar(format!("the filter team keeps it: {why}")),
            None if item.privileged && !filtering && !self.passed.contains(&item.sha256) => {
                bar("it may be privileged or immune: the filter team sees it first".to_owned());
            }
            _ => {}
        }
        ruling
    }

    /// What stops a deletion.
    pub fn holding(&self) -> Vec<Hold> {
        self.holds.keys().copied().collect()
    }

    /// The earliest day after which something of a package may no longer be accessed and is still held.
    pub fn ends(&self, package: &Package, waived: &BTreeSet<u16>) -> Option<Date> {
        let conditions = self.binding(package, waived).filter(|condition| condition.kind.closes_access());
        let conditions = conditions.filter_map(|condition| condition.by);
        let kept = |item: &&Item| !self.deleted.contains(&item.sha256);
        let personal =
            package.items.iter().filter(kept).filter_map(|item| Some(item.personal.as_ref()?.until));
        let any_kept = package.items.iter().any(|item| kept(&item));
        conditions.chain(personal).min().filter(|_| any_kept)
    }
}
