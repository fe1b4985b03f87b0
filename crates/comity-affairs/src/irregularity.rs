//! Reports of irregularities (APPF resolution, paragraph 4): anybody tells a body of oversight of a misuse, without being
//! found out. What is told is sealed to the key of the body before it reaches a node, and what the body answers is sealed to
//! a key that the reporter alone can make again, from a code. A node keeps both and reads neither.
//!
//! **Invariant:** nothing here is a record, and no function makes one of it, so that a report never goes to another State.

use comity_record::{Canonical, Hash, OfficerId, PartyCode, Timestamp, UnitCode};
use minicbor::{Decode, Encode, bytes::ByteVec};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// Within how many days a report is opened: 7 from its filing (Directive (EU) 2019/1937, article 9(1)(b)). A clock warns
/// and decides nothing.
pub const OPEN_DAYS: i64 = 7;
/// Within how many months it is answered: 3 from its opening, or from the end of the days to open it (article 9(1)(f)).
pub const ANSWER_MONTHS: i32 = 3;
const DAY: i64 = 86_400_000;
/// What is sealed has a multiple of this length, so that its size tells little.
const STEP: usize = 16 * 1024;

/// The place under which everything of one report stands. It is made from the reporter's code and tells nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Place(#[n(0)] pub Hash);

/// What a reporter tells. It is sealed to the body of oversight.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Message {
    /// Version of this form: 1.
    #[n(0)]
    pub version: u16,
    /// The place of the report.
    #[n(1)]
    pub place: Place,
    /// The words.
    #[n(2)]
    pub text: String,
    /// Who tells; absent where the reporter stays unnamed.
    #[n(3)]
    pub name: Option<String>,
    /// Files, as they are: what a file says of its maker is not taken out.
    #[n(4)]
    pub files: Vec<Attachment>,
    /// The public key to which answers are sealed.
    #[n(5)]
    pub reply: ByteVec,
    /// Fills the message up.
    #[n(6)]
    pub padding: ByteVec,
}

/// A file in a message.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Attachment {
    /// Its name.
    #[n(0)]
    pub name: String,
    /// Its bytes.
    #[n(1)]
    pub bytes: ByteVec,
}

/// What a body of oversight answers. It is sealed to the reporter, and once more to the body itself.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Reply {
    /// Version of this form: 1.
    #[n(0)]
    pub version: u16,
    /// The place of the report.
    #[n(1)]
    pub place: Place,
    /// The words.
    #[n(2)]
    pub text: String,
    /// Fills the answer up.
    #[n(3)]
    pub padding: ByteVec,
}

/// A sealed message as it is brought to a node.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Filing {
    /// Version of this form: 1.
    #[n(0)]
    pub version: u16,
    /// The State whose body of oversight it is for.
    #[n(1)]
    pub party: PartyCode,
    /// The place of the report.
    #[n(2)]
    pub place: Place,
    /// A [`Message`], sealed.
    #[n(3)]
    pub sealed: ByteVec,
}

/// What a node keeps of a message or an answer: sealed bytes that it cannot open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Kept {
    /// For the body of oversight.
    #[n(0)]
    pub to_body: Option<ByteVec>,
    /// For the reporter.
    #[n(1)]
    pub to_reporter: Option<ByteVec>,
}

macro_rules! canonical {
    ($($type:ty, $name:literal, $limit:expr;)*) => {
        $(impl Canonical for $type {
            const NAME: &'static str = $name;
            const LIMIT: usize = $limit;
        })*
    };
}

canonical! {
    Message, "a report of an irregularity", 2 << 20;
    Reply, "an answer to a report", 256 * 1024;
    Filing, "a sealed report", (2 << 20) + 16 * 1024;
    Kept, "a kept report", (2 << 20) + 16 * 1024;
}

impl Message {
    /// The same, filled up.
    #[must_use]
    pub fn padded(mut self) -> Message {
        self.padding = Vec::new().into();
        self.padding = padding(self.to_bytes().len());
        self
    }
}

impl Reply {
    /// The same, filled up.
    #[must_use]
    pub fn padded(mut self) -> Reply {
        self.padding = Vec::new().into();
        self.padding = padding(self.to_bytes().len());
        self
    }
}

/// Zeros that bring a length, in which an empty byte string stands, to a multiple of [`STEP`]. They are always more than 255
/// and fewer than 65,536, so that their own head takes three bytes in place of one (RFC 8949 section 3).
fn padding(length: usize) -> ByteVec {
    let whole = (length + 2 + 256).next_multiple_of(STEP);
    vec![0; whole - length - 2].into()
}

/// How a report ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Outcome {
    /// An irregularity was found.
    #[n(0)]
    Substantiated,
    /// None was found.
    #[n(1)]
    Unfounded,
    /// Another body or a court is competent, and has it.
    #[n(2)]
    Referred,
    /// It was not gone into: too little to go on, or told again.
    #[n(3)]
    NotPursued,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: &'static [Outcome] =
        &[Outcome::Substantiated, Outcome::Unfounded, Outcome::Referred, Outcome::NotPursued];

    /// The outcome in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Substantiated => "substantiated",
            Outcome::Unfounded => "unfounded",
            Outcome::Referred => "referred",
            Outcome::NotPursued => "not-pursued",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no outcome of a report; known: substantiated, unfounded, referred, not-pursued")]
pub struct NoOutcome(String);

impl FromStr for Outcome {
    type Err = NoOutcome;
    fn from_str(text: &str) -> Result<Outcome, NoOutcome> {
        let found = Outcome::ALL.iter().copied().find(|outcome| outcome.as_str() == text);
        found.ok_or_else(|| NoOutcome(text.chars().take(40).collect()))
    }
}

/// What was done about a report. None of it says what the report says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Deed {
    /// The reporter told something. Nobody is named.
    #[n(0)]
    Filed,
    /// An officer of the body was given what is sealed to the body.
    #[n(1)]
    Opened,
    /// The body answered.
    #[n(2)]
    Answered,
    /// The body closed it.
    #[n(3)]
    Closed(#[n(0)] Outcome),
    /// Everything told and answered was erased.
    #[n(4)]
    Erased,
}

impl Deed {
    /// The deed in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Deed::Filed => "filed",
            Deed::Opened => "opened",
            Deed::Answered => "answered",
            Deed::Closed(_) => "closed",
            Deed::Erased => "erased",
        }
    }
}

/// A deed with who did it, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// When.
    pub at: Timestamp,
    /// By whom; never said of what a reporter did, and absent for the console of the machine itself.
    pub by: Option<OfficerId>,
    /// What.
    pub deed: Deed,
}

/// A report, as what was done about it leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Irregularity {
    /// Its place.
    pub place: Place,
    /// The body of oversight.
    pub unit: UnitCode,
    /// When it was filed first.
    pub filed: Timestamp,
    /// How many messages the reporter sent.
    pub messages: u32,
    /// Whether something came that nobody has opened.
    pub unread: bool,
    /// When it was opened first.
    pub opened: Option<Timestamp>,
    /// When it was answered first.
    pub answered: Option<Timestamp>,
    /// When it was closed last, and how. A message after that opens it again.
    pub closed: Option<(Timestamp, Outcome)>,
    /// When it was erased.
    pub erased: Option<Timestamp>,
    /// Everything that was done, oldest first.
    pub done: Vec<Done>,
}

impl Irregularity {
    /// A report as it begins.
    pub fn new(place: Place, unit: UnitCode, filed: Timestamp) -> Irregularity {
        Irregularity {
            place,
            unit,
            filed,
            messages: 0,
            unread: false,
            opened: None,
            answered: None,
            closed: None,
            erased: None,
            done: Vec::new(),
        }
    }

    /// Adds what was done next.
    pub fn add(&mut self, done: Done) {
        match done.deed {
            Deed::Filed => {
                self.messages = self.messages.saturating_add(1);
                self.unread = true;
                self.closed = None;
            }
            Deed::Opened => {
                self.opened = self.opened.or(Some(done.at));
                self.unread = false;
            }
            Deed::Answered => self.answered = self.answered.or(Some(done.at)),
            Deed::Closed(outcome) => self.closed = Some((done.at, outcome)),
            Deed::Erased => self.erased = Some(done.at),
        }
        self.done.push(done);
    }

    /// Until when it should be opened.
    pub fn open_by(&self) -> Timestamp {
        self.filed.plus_millis(OPEN_DAYS * DAY)
    }

    /// Until when it should be answered: the end of that day in UTC.
    pub fn answer_by(&self) -> Timestamp {
        let opened = self.opened.map_or(self.open_by(), |opened| opened.min(self.open_by()));
        opened.date().plus_months(ANSWER_MONTHS).plus_days(1).start()
    }

    /// What it waits for and until when; `None` where it is closed or erased, or answered with nothing unread.
    pub fn due(&self) -> Option<(&'static str, Timestamp)> {
        match (self.closed, self.erased, self.opened, self.answered) {
            (Some(_), ..) | (_, Some(_), ..) => None,
            (.., None, _) => Some(("open", self.open_by())),
            (.., None) => Some(("answer", self.answer_by())),
            _ => None,
        }
    }

    /// Whether it was opened in time.
    pub fn was_opened_in_time(&self) -> bool {
        self.opened.is_some_and(|opened| opened <= self.open_by())
    }

    /// Whether it was answered in time.
    pub fn was_answered_in_time(&self) -> bool {
        self.answered.is_some_and(|answered| answered <= self.answer_by())
    }

    /// The state in a word.
    pub fn state(&self) -> &'static str {
        match (self.erased, self.closed, self.unread, self.answered, self.opened) {
            (Some(_), ..) => "erased",
            (_, Some((_, outcome)), ..) => outcome.as_str(),
            (.., true, _, _) => "unread",
            (.., Some(_), _) => "answered",
            (.., Some(_)) => "opened",
            _ => "unread",
        }
    }
}

/// The reports that these deeds come to, by their place. Each is of the unit that its first message was sealed to.
pub fn reports(deeds: impl IntoIterator<Item = (Place, UnitCode, Done)>) -> BTreeMap<Place, Irregularity> {
    let mut reports: BTreeMap<Place, Irregularity> = BTreeMap::new();
    for (place, unit, done) in deeds {
        let at = done.at;
        reports.entry(place).or_insert_with(|| Irregularity::new(place, unit, at)).add(done);
    }
    reports
}
