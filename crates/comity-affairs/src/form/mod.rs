//! Forms that know the rules: which fields a measure and the chosen basis need, and whether what was filled in will do.
//!
//! The fields are rows of `request_fields.csv` (T-CY forms under Budapest 29/30 and 31, UNCAC 46(15), the directory
//! template; rows marked `design` where no form was at hand). Values are texts in one notation each, so that a form
//! reads the same in print, in a record and on a page. Fields are known by their codes; labels exist in English, French,
//! Arabic and Chinese ([`label`]).

mod check;
mod fields;
mod labels;
mod safeguards;
pub mod within;

pub use check::{FormFault, Shown, check, shown};
pub use fields::FIELDS;
pub use labels::{Language, label};
pub use safeguards::unsaid;

use std::fmt;

/// One field of the forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The section, as in `request_fields.csv`.
    pub section: &'static str,
    /// The row, as in `request_fields.csv`.
    pub row: &'static str,
    /// The code by which records and labels know it.
    pub code: &'static str,
    /// What kind of value it takes.
    pub kind: FieldKind,
    /// When it is needed.
    pub need: Need,
    /// On which forms it stands.
    pub forms: Forms,
}

/// What kind of value a field takes, and its notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// One line.
    Line,
    /// A text of several lines.
    Text,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// Two days, `YYYY-MM-DD/YYYY-MM-DD`, the first not after the last.
    Interval,
    /// A time zone: a name such as `Asia/Tokyo`, or an offset such as `+09:00`.
    TimeZone,
    /// `yes` or `no`.
    Flag,
    /// One of these codes.
    Choice(&'static [&'static str]),
    /// Some of these codes, separated by commas.
    Choices(&'static [&'static str]),
    /// A file: its name, a space and its SHA-256 in hexadecimal digits.
    File,
    /// A bounded selector; it stands in the request itself.
    Selector,
    /// The value of another field, under another name.
    Same(&'static str),
    /// The signature of the record.
    Signature,
    /// Filled by the asked side, as the steps of the case.
    Answer,
}

/// When a field is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// On every form that has it.
    Always,
    /// Where the form follows an earlier request.
    FollowUp,
    /// The offence: needed, but in danger to life it may follow (design invariant 7).
    Offence,
    /// The article relied on: needed unless an assurance or another basis is named.
    Basis,
    /// Under a general instrument of mutual assistance (UNCAC 46(15), UNTOC 18).
    General,
    /// Where it is known.
    IfKnown,
    /// Never needed.
    Optional,
    /// Not for the asking side to fill.
    Never,
}

macro_rules! forms {
    ($($(#[doc = $doc:literal])* $variant:ident $bit:literal $text:literal [$($measure:literal),*])*) => {
        /// A form.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Form {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Form {
            /// Every form.
            pub const ALL: &'static [Form] = &[$(Form::$variant),*];

            /// Its code.
            pub const fn as_str(self) -> &'static str {
                match self { $(Form::$variant => $text,)* }
            }

            /// The measures of `measures.csv` that it asks for.
            pub const fn measures(self) -> &'static [&'static str] {
                match self { $(Form::$variant => &[$($measure),*],)* }
            }

            /// The set of this form alone.
            pub const fn set(self) -> Forms {
                match self { $(Form::$variant => Forms(1 << $bit),)* }
            }
        }
    };
}

forms! {
    /// Keep stored data.
    Preservation 0 "preservation" ["preserve_stored_data"]
    /// Keep stored data longer.
    Extension 1 "extension" []
    /// Who an account or address belongs to.
    Subscriber 2 "subscriber" ["subscriber_information", "domain_registration"]
    /// Traffic data, stored or preserved.
    Traffic 3 "traffic" ["disclose_traffic_data", "partial_traffic_disclosure"]
    /// Stored content.
    Content 4 "content" ["stored_content"]
    /// Collection in real time.
    RealTime 5 "real-time" ["real_time_traffic", "interception_content"]
    /// Danger to life.
    Emergency 6 "emergency" ["emergency_mla"]
    /// A joint investigation.
    Joint 7 "joint" ["joint_investigation"]
    /// Information given unasked.
    Spontaneous 8 "spontaneous" ["spontaneous_information", "police_cooperation"]
    /// A consultation, on jurisdiction or otherwise.
    Jurisdiction 9 "jurisdiction" ["consultation"]
    /// An account of use.
    Account 10 "account" []
    /// A hearing by video.
    Video 11 "video" ["video_hearing"]
    /// A statement taken.
    Statement 12 "statement" ["take_statement"]
    /// Documents served.
    Service 13 "service" ["serve_documents"]
    /// A person located.
    Locate 14 "locate" ["locate_person"]
    /// Bank records.
    Bank 15 "bank" ["bank_records"]
    /// Assets traced, frozen, confiscated.
    Assets 16 "assets" ["trace_freeze_assets", "confiscate_assets"]
    /// Proceedings transferred.
    Transfer 17 "transfer" ["transfer_proceedings"]
    /// Technical assistance.
    Technical 18 "technical" ["technical_assistance"]
    /// Help for attacked critical infrastructure.
    Infrastructure 19 "infrastructure" ["assistance_request"]
    /// A notice that harmful activity comes from a territory.
    Territory 20 "territory" ["territory_notice"]
    /// An objection or protest.
    Protest 21 "protest" ["protest"]
    /// A waiver of a condition.
    Waiver 22 "waiver" []
    /// Mutual assistance in general, other measures included.
    General 23 "general" ["mutual_legal_assistance", "special_techniques", "extradition"]
    /// A vulnerability, told before it is public.
    Disclosure 24 "disclosure" []
}

impl Form {
    /// The form for a measure of `measures.csv`; `None` where the measure is not asked for by a form.
    pub fn of_measure(measure: &str) -> Option<Form> {
        Form::ALL.iter().copied().find(|form| form.measures().contains(&measure))
    }

    /// The flow that the form opens.
    pub const fn flow(self) -> crate::Flow {
        use crate::Flow;
        match self {
            Form::Joint => Flow::Joint,
            Form::Spontaneous => Flow::Spontaneous,
            Form::Jurisdiction => Flow::Consultation,
            Form::Technical | Form::Infrastructure => Flow::Assistance,
            Form::Territory | Form::Protest => Flow::Notice,
            Form::Disclosure => Flow::Disclosure,
            _ => Flow::Request,
        }
    }

    /// The fields that stand on it, in order.
    pub fn fields(self) -> impl Iterator<Item = &'static Field> {
        FIELDS.iter().filter(move |field| field.forms.contains(self))
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no form")]
pub struct NoForm(pub String);

impl std::str::FromStr for Form {
    type Err = NoForm;
    fn from_str(text: &str) -> Result<Form, NoForm> {
        let found = Form::ALL.iter().copied().find(|form| form.as_str() == text);
        found.ok_or_else(|| NoForm(text.chars().take(40).collect()))
    }
}

/// A set of forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forms(u32);

impl Forms {
    /// Every form.
    pub const ALL: Forms = Forms(u32::MAX);
    /// Preservation.
    pub const PRESERVATION: Forms = Form::Preservation.set();
    /// Extension.
    pub const EXTENSION: Forms = Form::Extension.set();
    /// Emergency.
    pub const EMERGENCY: Forms = Form::Emergency.set();
    /// Collection in real time.
    pub const REAL_TIME: Forms = Form::RealTime.set();
    /// Joint investigation.
    pub const JOINT: Forms = Form::Joint.set();
    /// Spontaneous information.
    pub const SPONTANEOUS: Forms = Form::Spontaneous.set();
    /// Consultation.
    pub const JURISDICTION: Forms = Form::Jurisdiction.set();
    /// Account of use.
    pub const ACCOUNT: Forms = Form::Account.set();
    /// Hearing by video.
    pub const VIDEO: Forms = Form::Video.set();
    /// Hearing by video, and statements.
    pub const HEARINGS: Forms = Form::Video.set().or(Form::Statement.set());
    /// Service.
    pub const SERVICE: Forms = Form::Service.set();
    /// Locating a person.
    pub const LOCATE: Forms = Form::Locate.set();
    /// Bank records.
    pub const BANK: Forms = Form::Bank.set();
    /// Assets.
    pub const ASSETS: Forms = Form::Assets.set();
    /// Transfer of proceedings.
    pub const TRANSFER: Forms = Form::Transfer.set();
    /// Technical assistance.
    pub const TECHNICAL: Forms = Form::Technical.set();
    /// Help for infrastructure.
    pub const INFRASTRUCTURE: Forms = Form::Infrastructure.set();
    /// Territory notice.
    pub const TERRITORY: Forms = Form::Territory.set();
    /// Protest.
    pub const PROTEST: Forms = Form::Protest.set();
    /// Vulnerability.
    pub const DISCLOSURE: Forms = Form::Disclosure.set();
    /// Waiver.
    pub const WAIVER: Forms = Form::Waiver.set();
    /// Notices and calls for help.
    pub const NOTICES: Forms = Form::Territory.set().or(Form::Infrastructure.set());
    /// Forms that ask for data by a selector.
    pub const DATA: Forms = Form::Preservation
        .set()
        .or(Form::Subscriber.set())
        .or(Form::Traffic.set())
        .or(Form::Content.set())
        .or(Form::RealTime.set())
        .or(Form::Emergency.set());
    /// Forms of mutual assistance: what comes is meant for proceedings.
    pub const MUTUAL: Forms = Form::Subscriber
        .set()
        .or(Form::Traffic.set())
        .or(Form::Content.set())
        .or(Form::RealTime.set())
        .or(Form::Emergency.set())
        .or(Form::Video.set())
        .or(Form::Statement.set())
        .or(Form::Service.set())
        .or(Form::Locate.set())
        .or(Form::Bank.set())
        .or(Form::Assets.set())
        .or(Form::Transfer.set())
        .or(Form::General.set());
    /// Forms of coercive measures but collection in real time, whose authority and last day are fields of its own.
    pub const COERCIVE_AT_REST: Forms = Form::Preservation
        .set()
        .or(Form::Subscriber.set())
        .or(Form::Traffic.set())
        .or(Form::Content.set())
        .or(Form::Emergency.set())
        .or(Form::Bank.set())
        .or(Form::Assets.set())
        .or(Form::General.set());
    /// Forms of coercive measures, as measures.csv marks them: the safeguard check is a part of them (AALCO (g), norm e).
    pub const COERCIVE: Forms = Forms::COERCIVE_AT_REST.or(Form::RealTime.set());
    /// Forms that ask for a measure.
    pub const REQUESTS: Forms = Forms::MUTUAL.or(Form::Preservation.set()).or(Form::Extension.set());

    /// Both.
    pub const fn or(self, other: Forms) -> Forms {
        Forms(self.0 | other.0)
    }

    /// Whether a form belongs to the set.
    pub const fn contains(self, form: Form) -> bool {
        self.0 & form.set().0 != 0
    }
}
