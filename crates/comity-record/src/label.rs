//! Labels: what a record says about its own handling.
//!
//! Every vocabulary is closed and belongs to [`VOCABULARY_VERSION`]; a value outside it is refused together with the list
//! of known ones. Sources: FIRST TLP 2.0, PAP, FIRST IEP 2.0, Europol handling and evaluation codes, LED articles 6, 10
//! and 35 to 39, Convention 108+ articles 5, 6 and 14, and the data categories of the Budapest Convention.
//! `legal_basis`, `transfer_ground` and `via` are not here: they belong to the crossing.

use crate::{Date, PartyCode};
use minicbor::{Decode, Encode};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// The version of the closed vocabularies below. A value added or removed makes a new version.
pub const VOCABULARY_VERSION: u16 = 3;
/// The version of labels that say nothing of a later one: what an earlier program reads is written for it.
pub const FIRST_VERSION: u16 = 1;
/// The version with `embargo-until`.
const EMBARGO_VERSION: u16 = 2;
/// The version with the scale of an evaluation, where its code does not tell it.
const SCALE_VERSION: u16 = 3;

/// A label or value that the vocabulary does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelFault {
    /// No such label.
    #[error("`{key}` is not a label; known: {known}")]
    UnknownLabel {
        /// The key as given.
        key: String,
        /// All keys of this version.
        known: String,
    },
    /// No such value.
    #[error("`{value}` is not a value of `{label}`; known: {known}")]
    UnknownValue {
        /// The label.
        label: &'static str,
        /// The value as given.
        value: String,
        /// What is known, or the form wanted.
        known: String,
    },
}

impl LabelFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            LabelFault::UnknownLabel { .. } => "record/unknown-label",
            LabelFault::UnknownValue { .. } => "record/unknown-value",
        }
    }
}

fn unknown(label: &'static str, value: &str, known: impl Into<String>) -> LabelFault {
    LabelFault::UnknownValue { label, value: value.chars().take(80).collect(), known: known.into() }
}

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident $label:literal { $($(#[$vdoc:meta])* $n:literal $variant:ident $text:literal)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(index_only)]
        pub enum $name {
            $($(#[$vdoc])* #[n($n)] $variant,)*
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The value as text.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl FromStr for $name {
            type Err = LabelFault;
            fn from_str(text: &str) -> Result<Self, LabelFault> {
                let found = $name::ALL.iter().find(|value| value.as_str().eq_ignore_ascii_case(text));
                found.copied().ok_or_else(|| unknown($label, text, join($name::ALL)))
            }
        }
    };
}

mod evaluation;

pub use evaluation::{Evaluation, Scale};

vocabulary! {
    /// Audience, FIRST Traffic Light Protocol 2.0, from widest to narrowest.
    Tlp "tlp" {
        /// No limit.
        0 Clear "clear"
        /// The community.
        1 Green "green"
        /// The recipient's organisation and its clients, on a need-to-know basis.
        2 Amber "amber"
        /// The recipient's organisation only.
        3 AmberStrict "amber+strict"
        /// Named individuals only.
        4 Red "red"
    }
}
vocabulary! {
    /// Permissible Actions Protocol: what a recipient may actively do with the information.
    Pap "pap" {
        /// No restriction.
        0 Clear "clear"
        /// Active, non-destructive use.
        1 Green "green"
        /// Passive use, not visible to the target.
        2 Amber "amber"
        /// Non-detectable use on own infrastructure only.
        3 Red "red"
    }
}
vocabulary! {
    /// Categories of data; `subscriber`, `traffic` and `content` are those of the Budapest Convention.
    Category "category" {
        /// Indicators and other technical facts.
        0 TechnicalIndicator "technical-indicator"
        /// A vulnerability.
        1 Vulnerability "vulnerability"
        /// An incident.
        2 Incident "incident"
        /// A malware sample.
        3 MalwareSample "malware-sample"
        /// Subscriber information (Budapest 18(3)).
        4 Subscriber "subscriber"
        /// Traffic data (Budapest 1(d)).
        5 Traffic "traffic"
        /// Content of communications.
        6 Content "content"
        /// Identity of a person.
        7 Identity "identity"
        /// Biometric data.
        8 Biometric "biometric"
        /// Bank and payment data.
        9 Financial "financial"
        /// An official document.
        10 OfficialDocument "official-document"
        /// A working paper.
        11 WorkingPaper "working-paper"
    }
}
vocabulary! {
    /// Whether and how personal the data is (Convention 108+ art. 6, LED art. 10).
    Personal "personal" {
        /// Not personal.
        0 None "none"
        /// Personal.
        1 Personal "personal"
        /// Special category.
        2 SpecialCategory "special-category"
        /// Criminal convictions.
        3 CriminalConviction "criminal-conviction"
        /// Of a minor or a victim.
        4 MinorOrVictim "minor-or-victim"
    }
}
vocabulary! {
    /// Whose data it is (LED art. 6).
    DataSubject "data-subject" {
        /// A suspect.
        0 Suspect "suspect"
        /// A convicted person.
        1 Convicted "convicted"
        /// A victim.
        2 Victim "victim"
        /// A witness.
        3 Witness "witness"
        /// A contact of one of these.
        4 Contact "contact"
        /// An official acting as such.
        5 Official "official"
    }
}
vocabulary! {
    /// What the record may be used for (`purposes.csv`), plus attribution.
    Purpose "purpose" {
        /// Defence of networks.
        0 CyberDefence "cyber-defence"
        /// Response to an incident.
        1 IncidentResponse "incident-response"
        /// Coordinated disclosure of a vulnerability.
        2 VulnerabilityDisclosure "vulnerability-disclosure"
        /// Investigation of an offence.
        3 CriminalInvestigation "criminal-investigation"
        /// Prosecution.
        4 Prosecution "prosecution"
        /// Preservation of data.
        5 Preservation "preservation"
        /// Danger to life.
        6 EmergencyLife "emergency-life"
        /// Information given unasked.
        7 SpontaneousInformation "spontaneous-information"
        /// Capacity building.
        8 CapacityBuilding "capacity-building"
        /// Confidence building.
        9 ConfidenceBuilding "confidence-building"
        /// Policy dialogue.
        10 PolicyDialogue "policy-dialogue"
    }
}
vocabulary! {
    /// Assurances the use is bound to.
    UseLimit "use-limits" {
        /// Not to be used as evidence.
        0 NoEvidence "no-evidence"
        /// Not in a case that can end in the death penalty.
        1 NoDeathPenalty "no-death-penalty"
        /// Not for a political offence.
        2 NoPoliticalOffence "no-political-offence"
        /// Not for commercial use.
        3 NoCommercial "no-commercial"
        /// The source is not to be named.
        4 NoAttributionToSource "no-attribution-to-source"
        /// A person reviews before an adverse decision.
        5 HumanReview "human-review-before-adverse-decision"
        /// Encrypted at rest.
        6 EncryptAtRest "encrypt-at-rest"
        /// Encrypted in transit.
        7 EncryptInTransit "encrypt-in-transit"
    }
}
vocabulary! {
    /// IEP 2.0 directives on naming the source and telling affected parties.
    Directive "directive" {
        /// Allowed.
        0 May "may"
        /// Required.
        1 Must "must"
        /// Forbidden.
        2 MustNot "must-not"
    }
}
vocabulary! {
    /// How fast it must be handled.
    Urgency "urgency" {
        /// In turn.
        0 Routine "routine"
        /// Before routine work.
        1 Priority "priority"
        /// By the round-the-clock point of contact.
        2 RoundTheClock "24/7"
        /// Danger to life or critical infrastructure.
        3 Emergency "emergency"
    }
}
vocabulary! {
    /// Whether dual criminality was established.
    DualCriminality "dual-criminality" {
        /// Yes.
        0 Yes "yes"
        /// No.
        1 No "no"
        /// It does not apply.
        2 NotApplicable "n-a"
    }
}
vocabulary! {
    /// Europol handling codes.
    HandlingCode "handling" {
        /// For the prevention and combating of crime.
        0 H0 "H0"
        /// Not to be used in judicial proceedings without permission.
        1 H1 "H1"
        /// Not to be disseminated without permission.
        2 H2 "H2"
        /// Other restriction, in text.
        3 H3 "H3"
    }
}

/// A handling code and, for H3, its text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Handling {
    /// The code.
    #[n(0)]
    pub code: HandlingCode,
    /// The restriction of H3, at most 500 characters; absent for the others.
    #[n(1)]
    pub text: Option<String>,
}

/// How far the record belongs to the sovereign sphere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Sovereign {
    /// Open.
    #[n(0)]
    Open,
    /// Internal to government.
    #[n(1)]
    GovernmentInternal,
    /// Important data in the sense of a national data-security law.
    #[n(2)]
    ImportantData,
    /// Core data in that sense.
    #[n(3)]
    CoreData,
    /// About critical infrastructure.
    #[n(4)]
    CriticalInfrastructure,
    /// Classified.
    #[n(5)]
    Classified {
        /// The level, such as `restricted`.
        #[n(0)]
        level: String,
        /// The scheme it belongs to, such as the party's code.
        #[n(1)]
        scheme: String,
    },
}

/// Whether the recipient may pass the record on (LED art. 35(1)(e), UN Convention art. 36).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Onward {
    /// Not at all.
    #[n(0)]
    Prohibited,
    /// With the origin's prior authorisation.
    #[n(1)]
    PriorAuthorisation,
    /// To the parties listed.
    #[n(2)]
    Listed(#[n(0)] BTreeSet<PartyCode>),
    /// To parties of the instrument under which it was given.
    #[n(3)]
    WithinInstrument,
    /// Freely, within the other labels.
    #[n(4)]
    Free,
}

/// How long the record may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Retention {
    /// Until a day.
    #[n(0)]
    Until(#[n(0)] Date),
    /// So many days after the case closes.
    #[n(1)]
    AfterClosure(#[n(0)] u16),
    /// To be reviewed on a day.
    #[n(2)]
    Review(#[n(0)] Date),
}

/// The record alleges a State's involvement: whose allegation, and when. Such a record waits for a person before its first
/// release and is always shown as the source's words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct AttributionClaim {
    /// Who makes the claim, as the source names itself, at most 200 characters.
    #[n(0)]
    pub by: String,
    /// When it was made.
    #[n(1)]
    pub on: Date,
}

/// All labels of a record. Compared as a whole they are its *label class*.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct Labels {
    /// The vocabulary version.
    #[n(0)]
    pub version: u16,
    /// Audience.
    #[n(1)]
    pub tlp: Tlp,
    /// Permitted actions.
    #[n(2)]
    pub pap: Option<Pap>,
    /// Handling code.
    #[n(3)]
    pub handling: Option<Handling>,
    /// Evaluation codes.
    #[n(4)]
    pub evaluation: Option<Evaluation>,
    /// Data categories.
    #[n(5)]
    pub category: BTreeSet<Category>,
    /// Whether personal.
    #[n(6)]
    pub personal: Personal,
    /// Whose data.
    #[n(7)]
    pub data_subject: BTreeSet<DataSubject>,
    /// Sovereign sphere.
    #[n(8)]
    pub sovereign: Sovereign,
    /// The party the information comes from where that is not the author's: originator control follows it.
    #[n(9)]
    pub origin: Option<PartyCode>,
    /// Purposes it may be used for.
    #[n(10)]
    pub purpose: BTreeSet<Purpose>,
    /// Onward rule.
    #[n(11)]
    pub onward: Onward,
    /// Assurances.
    #[n(12)]
    pub use_limits: BTreeSet<UseLimit>,
    /// Retention.
    #[n(13)]
    pub retention: Option<Retention>,
    /// Whether the source is to be named.
    #[n(14)]
    pub attribution: Option<Directive>,
    /// Whether affected parties are to be told.
    #[n(15)]
    pub affected_party_notifications: Option<Directive>,
    /// Dual criminality.
    #[n(16)]
    pub dual_criminality: Option<DualCriminality>,
    /// Urgency.
    #[n(17)]
    pub urgency: Option<Urgency>,
    /// Allegation of a State's involvement.
    #[n(18)]
    pub attribution_claim: Option<AttributionClaim>,
    /// Before this day nobody but its author passes the record on. Since version 2.
    #[n(19)]
    pub embargo_until: Option<Date>,
    /// The scale of [`Labels::evaluation`], where its code does not tell it: [`Labels::scale`]. Since version 3; a label of an
    /// earlier version does not say it.
    #[n(20)]
    pub evaluation_scale: Option<Scale>,
}

impl Labels {
    /// Labels with this audience, nothing personal, open, onward free, no purpose yet.
    pub fn new(tlp: Tlp) -> Labels {
        Labels {
            version: FIRST_VERSION,
            tlp,
            pap: None,
            handling: None,
            evaluation: None,
            category: BTreeSet::new(),
            personal: Personal::None,
            data_subject: BTreeSet::new(),
            sovereign: Sovereign::Open,
            origin: None,
            purpose: BTreeSet::new(),
            onward: Onward::Free,
            use_limits: BTreeSet::new(),
            retention: None,
            attribution: None,
            affected_party_notifications: None,
            dual_criminality: None,
            urgency: None,
            attribution_claim: None,
            embargo_until: None,
            evaluation_scale: None,
        }
    }

    /// The scale by which the evaluation is given, as its code or its author says. `None` where neither does, as in records
    /// before version 3.
    pub fn scale(&self) -> Option<Scale> {
        self.evaluation.and_then(Evaluation::told).or(self.evaluation_scale)
    }

    /// The version that says what these labels say, and no later one: earlier programs read what they can.
    fn version_needed(&self) -> u16 {
        if self.evaluation_scale.is_some() {
            SCALE_VERSION
        } else if self.embargo_until.is_some() {
            EMBARGO_VERSION
        } else {
            FIRST_VERSION
        }
    }

    /// The keys of this vocabulary version, in order.
    pub const KEYS: &'static [&'static str] = &[
        "tlp",
        "pap",
        "handling",
        "evaluation",
        "category",
        "personal",
        "data-subject",
        "sovereign",
        "origin",
        "purpose",
        "onward",
        "use-limits",
        "retention",
        "attribution",
        "affected-party-notifications",
        "dual-criminality",
        "urgency",
        "attribution-claim",
        "embargo-until",
    ];

    /// Sets one label from text, as `--label key=value` gives it. Sets are separated by commas and replace the set.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), LabelFault> {
        match key {
            "tlp" => self.tlp = value.parse()?,
            "pap" => self.pap = Some(value.parse()?),
            "handling" => self.handling = Some(handling(value)?),
            "evaluation" => {
                let (evaluation, scale) = evaluation::read(value)?;
                (self.evaluation, self.evaluation_scale) = (Some(evaluation), scale);
                self.version = self.version_needed();
            }
            "category" => self.category = set(value)?,
            "personal" => self.personal = value.parse()?,
            "data-subject" => self.data_subject = set(value)?,
            "sovereign" => self.sovereign = sovereign(value)?,
            "origin" => self.origin = Some(value.parse().map_err(|_| party_wanted("origin", value))?),
            "purpose" => self.purpose = set(value)?,
            "onward" => self.onward = onward(value)?,
            "use-limits" => self.use_limits = set(value)?,
            "retention" => self.retention = Some(retention(value)?),
            "attribution" => self.attribution = Some(directive("attribution", value)?),
            "affected-party-notifications" => {
                self.affected_party_notifications = Some(directive("affected-party-notifications", value)?);
            }
            "dual-criminality" => self.dual_criminality = Some(value.parse()?),
            "urgency" => self.urgency = Some(value.parse()?),
            "attribution-claim" => self.attribution_claim = Some(claim(value)?),
            "embargo-until" => {
                self.embargo_until = Some(embargo(value)?);
                self.version = self.version_needed();
            }
            _ => {
                let key = key.chars().take(80).collect();
                return Err(LabelFault::UnknownLabel { key, known: Labels::KEYS.join(", ") });
            }
        }
        Ok(())
    }

    /// The labels that say something, as text; [`Labels::set`] reads each back.
    pub fn entries(&self) -> Vec<(&'static str, String)> {
        let mut out = vec![("tlp", self.tlp.to_string())];
        let mut push = |key, value: Option<String>| out.extend(value.map(|value| (key, value)));
        push("pap", self.pap.map(|v| v.to_string()));
        push("handling", self.handling.as_ref().map(show_handling));
        push("evaluation", self.evaluation.map(|code| evaluation::show(code, self.evaluation_scale)));
        push("category", show_set(&self.category));
        push("personal", (self.personal != Personal::None).then(|| self.personal.to_string()));
        push("data-subject", show_set(&self.data_subject));
        push("sovereign", (self.sovereign != Sovereign::Open).then(|| self.sovereign.to_string()));
        push("origin", self.origin.as_ref().map(ToString::to_string));
        push("purpose", show_set(&self.purpose));
        push("onward", (self.onward != Onward::Free).then(|| self.onward.to_string()));
        push("use-limits", show_set(&self.use_limits));
        push("retention", self.retention.map(|v| v.to_string()));
        push("attribution", self.attribution.map(|v| v.to_string()));
        push("affected-party-notifications", self.affected_party_notifications.map(|v| v.to_string()));
        push("dual-criminality", self.dual_criminality.map(|v| v.to_string()));
        push("urgency", self.urgency.map(|v| v.to_string()));
        push("attribution-claim", self.attribution_claim.as_ref().map(|v| format!("{}:{}", v.by, v.on)));
        push("embargo-until", self.embargo_until.map(|day| day.to_string()));
        out
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries: Vec<String> = self.entries().into_iter().map(|(k, v)| format!("{k}={v}")).collect();
        f.write_str(&entries.join(" "))
    }
}

impl Sovereign {
    /// The first word of the text form.
    pub fn as_str(&self) -> &'static str {
        match self {
            Sovereign::Open => "open",
            Sovereign::GovernmentInternal => "government-internal",
            Sovereign::ImportantData => "important-data",
            Sovereign::CoreData => "core-data",
            Sovereign::CriticalInfrastructure => "critical-infrastructure",
            Sovereign::Classified { .. } => "classified",
        }
    }
}

impl fmt::Display for Sovereign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        if let Sovereign::Classified { level, scheme } = self {
            write!(f, ":{level}:{scheme}")?;
        }
        Ok(())
    }
}

impl Onward {
    /// The first word of the text form.
    pub fn as_str(&self) -> &'static str {
        match self {
            Onward::Prohibited => "prohibited",
            Onward::PriorAuthorisation => "prior-authorisation",
            Onward::Listed(_) => "listed",
            Onward::WithinInstrument => "within-instrument",
            Onward::Free => "free",
        }
    }
}

impl fmt::Display for Onward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        if let Onward::Listed(parties) = self {
            write!(f, ":{}", join_with(parties, "+"))?;
        }
        Ok(())
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Retention::Until(day) => write!(f, "until:{day}"),
            Retention::AfterClosure(days) => write!(f, "closure+{days}"),
            Retention::Review(day) => write!(f, "review:{day}"),
        }
    }
}

fn join<T: fmt::Display>(values: &[T]) -> String {
    join_with(values, ", ")
}

fn join_with<T: fmt::Display>(values: impl IntoIterator<Item = T>, separator: &str) -> String {
    values.into_iter().map(|v| v.to_string()).collect::<Vec<_>>().join(separator)
}

fn show_set<T: fmt::Display>(values: &BTreeSet<T>) -> Option<String> {
    (!values.is_empty()).then(|| join_with(values, ","))
}

fn show_handling(handling: &Handling) -> String {
    match &handling.text {
        Some(text) => format!("{}:{text}", handling.code),
        None => handling.code.to_string(),
    }
}

fn set<T: FromStr<Err = LabelFault> + Ord>(value: &str) -> Result<BTreeSet<T>, LabelFault> {
    value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::parse).collect()
}

fn directive(label: &'static str, value: &str) -> Result<Directive, LabelFault> {
    value.parse().map_err(|_| unknown(label, value, join(Directive::ALL)))
}

fn party_wanted(label: &'static str, value: &str) -> LabelFault {
    unknown(label, value, "a party code such as JP")
}

fn handling(value: &str) -> Result<Handling, LabelFault> {
    let (code, text) = match value.split_once(':') {
        Some((code, text)) => (code, Some(text)),
        None => (value, None),
    };
    let code: HandlingCode = code.parse()?;
    match (code, text) {
        (HandlingCode::H3, Some(text)) if !text.is_empty() && text.chars().count() <= 500 => {
            Ok(Handling { code, text: Some(text.to_owned()) })
        }
        (HandlingCode::H3, _) => Err(unknown("handling", value, "H3 needs its restriction, as H3:text")),
        (_, None) => Ok(Handling { code, text: None }),
        (_, Some(_)) => Err(unknown("handling", value, "H0, H1 and H2 take no text")),
    }
}

fn sovereign(value: &str) -> Result<Sovereign, LabelFault> {
    let mut parts = value.split(':');
    let known = "open, government-internal, important-data, core-data, critical-infrastructure, classified:LEVEL:SCHEME";
    match (parts.next().unwrap_or_default(), parts.next(), parts.next(), parts.next()) {
        ("open", None, ..) => Ok(Sovereign::Open),
        ("government-internal", None, ..) => Ok(Sovereign::GovernmentInternal),
        ("important-data", None, ..) => Ok(Sovereign::ImportantData),
        ("core-data", None, ..) => Ok(Sovereign::CoreData),
        ("critical-infrastructure", None, ..) => Ok(Sovereign::CriticalInfrastructure),
        ("classified", Some(level), Some(scheme), None) if !level.is_empty() && !scheme.is_empty() => {
            Ok(Sovereign::Classified { level: level.to_owned(), scheme: scheme.to_owned() })
        }
        _ => Err(unknown("sovereign", value, known)),
    }
}

fn onward(value: &str) -> Result<Onward, LabelFault> {
    match value.split_once(':') {
        None => match value {
            "prohibited" => Ok(Onward::Prohibited),
            "prior-authorisation" => Ok(Onward::PriorAuthorisation),
            "within-instrument" => Ok(Onward::WithinInstrument),
            "free" => Ok(Onward::Free),
            _ => Err(unknown("onward", value, ONWARD)),
        },
        Some(("listed", parties)) => {
            let parties: Result<BTreeSet<PartyCode>, _> = parties.split('+').map(str::parse).collect();
            parties.map(Onward::Listed).map_err(|_| party_wanted("onward", value))
        }
        Some(_) => Err(unknown("onward", value, ONWARD)),
    }
}

const ONWARD: &str = "prohibited, prior-authorisation, listed:XA+XB, within-instrument, free";

fn retention(value: &str) -> Result<Retention, LabelFault> {
    let bad = || unknown("retention", value, "until:2027-01-31, review:2027-01-31, closure+90");
    if let Some(days) = value.strip_prefix("closure+") {
        return days.parse().map(Retention::AfterClosure).map_err(|_| bad());
    }
    match value.split_once(':') {
        Some(("until", day)) => day.parse().map(Retention::Until).map_err(|_| bad()),
        Some(("review", day)) => day.parse().map(Retention::Review).map_err(|_| bad()),
        _ => Err(bad()),
    }
}

fn embargo(value: &str) -> Result<Date, LabelFault> {
    value.parse().map_err(|_| {
        unknown("embargo-until", value, "the first day on which others may pass it on, 2026-06-01")
    })
}

fn claim(value: &str) -> Result<AttributionClaim, LabelFault> {
    let bad = || unknown("attribution-claim", value, "who claims it and when, such as Vendor X:2026-03-01");
    let (by, on) = value.rsplit_once(':').ok_or_else(bad)?;
    if by.is_empty() || by.chars().count() > 200 {
        return Err(bad());
    }
    Ok(AttributionClaim { by: by.to_owned(), on: on.parse().map_err(|_| bad())? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every() -> Vec<(&'static str, &'static str)> {
        vec![
            ("tlp", "amber+strict"),
            ("pap", "red"),
            ("handling", "H3:only for unit A"),
            ("evaluation", "4x4:B2"),
            ("category", "subscriber,traffic"),
            ("personal", "minor-or-victim"),
            ("data-subject", "suspect,victim"),
            ("sovereign", "classified:restricted:XA"),
            ("origin", "XB"),
            ("purpose", "criminal-investigation,prosecution"),
            ("onward", "listed:XA+XB"),
            ("use-limits", "no-evidence,no-death-penalty"),
            ("retention", "closure+90"),
            ("attribution", "must-not"),
            ("affected-party-notifications", "may"),
            ("dual-criminality", "n-a"),
            ("urgency", "24/7"),
            ("attribution-claim", "Vendor: X:2026-03-01"),
            ("embargo-until", "2026-06-01"),
        ]
    }

    #[test]
    fn every_label_is_set_from_text_and_shown_as_the_same_text() {
        let mut labels = Labels::new(Tlp::Clear);
        for (key, value) in every() {
            labels.set(key, value).unwrap();
        }
        assert_eq!(labels.entries(), every().into_iter().map(|(k, v)| (k, v.to_owned())).collect::<Vec<_>>());
        assert_eq!(every().iter().map(|(k, _)| *k).collect::<Vec<_>>(), Labels::KEYS);
        let bytes = crate::canonical::encode(&labels);
        assert_eq!(minicbor::decode::<Labels>(&bytes).unwrap(), labels);
    }

    #[test]
    fn labels_of_earlier_versions_keep_their_bytes() {
        // A record of version 1 with an evaluation that both scales have, as a program before version 3 wrote it.
        let mut labels = Labels::new(Tlp::Green);
        labels.set("evaluation", "B2").unwrap();
        let bytes = crate::canonical::encode(&labels);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "aa000101010482184202058006000780088200800a800b8204800c80");
        assert_eq!(minicbor::decode::<Labels>(&bytes).unwrap().scale(), None);
    }

    #[test]
    fn an_unknown_value_is_refused_with_the_known_ones() {
        let mut labels = Labels::new(Tlp::Clear);
        let fault = labels.set("tlp", "white").unwrap_err();
        assert_eq!(
            fault.to_string(),
            "`white` is not a value of `tlp`; known: clear, green, amber, amber+strict, red"
        );
        assert_eq!(fault.code(), "record/unknown-value");
        assert!(labels.set("colour", "red").unwrap_err().to_string().contains("attribution-claim"));
        for (key, value) in [
            ("evaluation", "G1"),
            ("evaluation", "A7"),
            ("handling", "H3"),
            ("handling", "H1:x"),
            ("sovereign", "classified:x"),
            ("onward", "listed:xa"),
            ("retention", "until:2026-02-30"),
            ("attribution-claim", "Vendor"),
            ("embargo-until", "soon"),
            ("category", "subscriber,secret"),
        ] {
            assert!(labels.set(key, value).is_err(), "{key}={value}");
        }
        assert_eq!(labels, Labels::new(Tlp::Clear));
    }
}
