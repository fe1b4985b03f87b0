//! What is done at home before a case is sent: a draft, the persons who authorise it, and approvals by a second person.
//! None of it is ever told to the other State.

use crate::{CaseId, Thread};
use comity_record::{Canonical, Date, Hash, OfficerId, PartyCode, RecordId, UnitCode, body::Selector};
use minicbor::{Decode, Encode};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

/// The capacity in which an officer authorises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// Investigates.
    #[n(0)]
    Investigator,
    /// Prosecutes.
    #[n(1)]
    Prosecutor,
    /// Judges: a court or an investigating judge.
    #[n(2)]
    Judge,
    /// The central authority for mutual assistance (Budapest 27(2), UNCAC 46(13)).
    #[n(3)]
    CentralAuthority,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Role] =
        &[Role::Investigator, Role::Prosecutor, Role::Judge, Role::CentralAuthority];

    /// The role as a code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Investigator => "investigator",
            Role::Prosecutor => "prosecutor",
            Role::Judge => "judge",
            Role::CentralAuthority => "central-authority",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Role, String> {
        let found = Role::ALL.iter().copied().find(|role| role.as_str() == text);
        let known = || Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
        found.ok_or_else(|| format!("`{text}` is no role; known: {}", known()))
    }
}

/// What a unit may do in cases: which roles its officers have, and which threads they read. Dated, with its source.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Mandate {
    /// The unit.
    #[n(0)]
    pub unit: UnitCode,
    /// In which roles its officers authorise.
    #[n(1)]
    pub roles: BTreeSet<Role>,
    /// Which threads they read and write.
    #[n(2)]
    pub threads: BTreeSet<Thread>,
    /// First day.
    #[n(3)]
    pub from: Date,
    /// Last day.
    #[n(4)]
    pub until: Option<Date>,
    /// The law or decision behind it.
    #[n(5)]
    pub source: String,
}

impl Mandate {
    /// Whether it stands on a day.
    pub fn stands_on(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

/// Who must authorise a case before it is sent, as the State has set.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Rule {
    /// Its name.
    #[n(0)]
    pub name: String,
    /// The measures it is about, as codes of `measures.csv`; empty means every case.
    #[n(1)]
    pub measures: BTreeSet<String>,
    /// Roles each of which must have authorised.
    #[n(2)]
    pub roles: BTreeSet<Role>,
    /// How many different officers must have authorised, at least.
    #[n(3)]
    pub persons: u8,
    /// First day.
    #[n(4)]
    pub from: Date,
    /// Last day.
    #[n(5)]
    pub until: Option<Date>,
    /// The law or decision behind it.
    #[n(6)]
    pub source: String,
}

impl Rule {
    fn is_about(&self, measure: &str, on: Date) -> bool {
        let stands = self.from <= on && self.until.is_none_or(|until| on <= until);
        stands && (self.measures.is_empty() || self.measures.contains(measure))
    }
}

/// A case in preparation, as its author has it. Values of fields stand under their codes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Draft {
    /// The party it is meant for.
    #[n(0)]
    pub to: PartyCode,
    /// The form, by its code.
    #[n(1)]
    pub form: String,
    /// The measure, a code of `measures.csv`; empty where none is asked for.
    #[n(2)]
    pub measure: String,
    /// The fields of the form.
    #[n(3)]
    pub fields: BTreeMap<String, String>,
    /// What the measure is aimed at.
    #[n(4)]
    pub selector: Option<Selector>,
    /// A code of `offences.csv`.
    #[n(5)]
    pub offence: Option<String>,
    /// The greatest penalty in years.
    #[n(6)]
    pub penalty: Option<u8>,
    /// Whether an organised group is involved.
    #[n(7)]
    pub organised: Option<bool>,
    /// The purpose of the crossing, a code of `purposes.csv`.
    #[n(8)]
    pub purpose: String,
    /// The channel.
    #[n(9)]
    pub thread: Thread,
    /// The unit that sends.
    #[n(10)]
    pub unit: UnitCode,
    /// Who drafted it.
    #[n(11)]
    pub officer: OfficerId,
    /// Whether life is in danger.
    #[n(12)]
    pub emergency: bool,
    /// Whether it is exercise traffic.
    #[n(13)]
    pub exercise: bool,
    /// The article relied on, as `instrument article`.
    #[n(14)]
    pub basis: Option<String>,
    /// An assurance of reciprocity, in words.
    #[n(15)]
    pub assurance: Option<String>,
    /// Another basis that the authority names.
    #[n(16)]
    pub other_basis: Option<String>,
    /// Conditions of articles that an authority confirms, each as `instrument article condition`.
    #[n(17)]
    pub confirmed: Vec<String>,
    /// Labels beside those of the channel, as `label`, `value`.
    #[n(18)]
    pub labels: Vec<(String, String)>,
    /// Further selectors of the same kind; absent where there is none.
    #[n(19)]
    pub further: Option<Vec<Selector>>,
}

impl Draft {
    /// Everything that the measure is aimed at.
    pub fn selectors(&self) -> impl Iterator<Item = &Selector> {
        self.selector.iter().chain(self.further.iter().flatten())
    }
}

impl Canonical for Draft {
    const NAME: &'static str = "a draft";
    const LIMIT: usize = 512 * 1024;
}

/// An officer authorises a draft as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Authorisation {
    /// Who.
    #[n(0)]
    pub officer: OfficerId,
    /// The officer's unit.
    #[n(1)]
    pub unit: UnitCode,
    /// In which capacity; absent where the State has set no roles.
    #[n(2)]
    pub role: Option<Role>,
    /// Hash of the draft. A draft changed afterwards is another one.
    #[n(3)]
    pub draft: Hash,
}

/// A second person approves a step before it is taken, as a release.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Approval {
    /// Who.
    #[n(0)]
    pub officer: OfficerId,
    /// The step, in words.
    #[n(1)]
    pub step: String,
    /// What exactly is approved: the manifest of a release.
    #[n(2)]
    pub subject: Option<Hash>,
}

/// Something done at home about a case.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum HomeEntry {
    /// A draft was written, or written anew.
    #[n(0)]
    Draft(#[n(0)] Box<Draft>),
    /// The draft was given up.
    #[n(1)]
    Abandoned {
        /// Why.
        #[n(0)]
        reason: String,
    },
    /// The draft was authorised.
    #[n(2)]
    Authorised(#[n(0)] Authorisation),
    /// A second person approved a step.
    #[n(3)]
    Approved(#[n(0)] Approval),
    /// The case was sent.
    #[n(4)]
    Sent {
        /// The record of the step that opened it.
        #[n(0)]
        record: RecordId,
    },
}

impl Canonical for HomeEntry {
    const NAME: &'static str = "something done at home about a case";
    const LIMIT: usize = 1 << 20;
}

/// What the entries at home come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    /// The case.
    pub case: CaseId,
    /// The draft as it stands.
    pub draft: Option<Draft>,
    /// Who authorised it as it stands.
    pub authorised: Vec<Authorisation>,
    /// Approvals of single steps.
    pub approvals: Vec<Approval>,
    /// Why it was given up.
    pub abandoned: Option<String>,
    /// Whether it was sent.
    pub sent: bool,
}

impl Desk {
    /// Reads the entries of a case in their order.
    pub fn read<'a>(case: CaseId, entries: impl IntoIterator<Item = &'a HomeEntry>) -> Desk {
        let mut desk = Desk {
            case,
            draft: None,
            authorised: Vec::new(),
            approvals: Vec::new(),
            abandoned: None,
            sent: false,
        };
        entries.into_iter().for_each(|entry| desk.take(entry));
        desk
    }

    fn take(&mut self, entry: &HomeEntry) {
        match entry {
            HomeEntry::Draft(draft) => {
                self.authorised.clear();
                self.draft = Some((**draft).clone());
            }
            HomeEntry::Abandoned { reason } => self.abandoned = Some(reason.clone()),
            HomeEntry::Authorised(one) => {
                let stands = self.draft.as_ref().is_some_and(|draft| draft.hash() == one.draft);
                if stands && !self.authorised.contains(one) {
                    self.authorised.push(one.clone());
                }
            }
            HomeEntry::Approved(approval) => self.approvals.push(approval.clone()),
            HomeEntry::Sent { .. } => self.sent = true,
        }
    }

    /// Somebody other than `officer` who approved a step on exactly this subject.
    pub fn second(&self, step: &str, subject: Option<Hash>, officer: &OfficerId) -> Option<&OfficerId> {
        let fits = |approval: &&Approval| {
            approval.step == step && approval.subject == subject && approval.officer != *officer
        };
        self.approvals.iter().rev().find(fits).map(|approval| &approval.officer)
    }

    /// What the rules still want before the draft may be sent, one line each; nothing where it may.
    pub fn lacking(&self, rules: &[Rule], on: Date) -> Vec<String> {
        let Some(draft) = &self.draft else { return vec!["a draft".to_owned()] };
        let about: Vec<&Rule> = rules.iter().filter(|rule| rule.is_about(&draft.measure, on)).collect();
        let mut lacking = Vec::new();
        for rule in &about {
            for role in &rule.roles {
                if !self.authorised.iter().any(|one| one.role == Some(*role)) {
                    lacking.push(format!("an authorisation as {role} ({}: {})", rule.name, rule.source));
                }
            }
        }
        let persons: BTreeSet<&OfficerId> = self.authorised.iter().map(|one| &one.officer).collect();
        let wanted = about.iter().map(|rule| usize::from(rule.persons)).max().unwrap_or(0).max(1);
        if persons.len() < wanted {
            lacking.push(match wanted {
                1 => "a person who authorises it".to_owned(),
                _ => format!("{wanted} persons who authorise it, and {} did", persons.len()),
            });
        }
        lacking
    }
}
