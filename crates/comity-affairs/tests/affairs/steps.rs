//! Steps with plausible contents, for tests.

use comity_affairs::{
    Acceptance, CaseId, Condition, ConditionKind, Defect, Event, Finding, Flow, Ground, Side, Step, StepKind,
    Thread, View,
};
use comity_record::{Date, Hash, RecordId, Timestamp, sha256};

/// The case that all tests play.
pub fn case() -> CaseId {
    CaseId::of(&"XA".parse().unwrap(), &"XB".parse().unwrap(), "A-1", &[7; 16])
}

/// An event with a step; its places in the chains are filled in by the history.
pub fn event(side: Side, flow: Flow, step: Step) -> Event {
    Event {
        version: 1,
        case: case(),
        flow,
        side,
        number: 0,
        previous: None,
        seen: None,
        at: Timestamp::from_millis(1_800_000_000_000),
        thread: Thread::Judicial,
        unit: "central".parse().unwrap(),
        officer: "one".parse().unwrap(),
        second: Some("two".parse().unwrap()),
        exercise: true,
        step,
    }
}

fn day(n: i32) -> Date {
    Date::new(2026, 3, 1).unwrap().plus_days(n)
}

/// A day after the time of every event.
fn far() -> Date {
    Date::new(2027, 6, 1).unwrap()
}

fn text() -> String {
    "as agreed by telephone".to_owned()
}

fn ground() -> Ground {
    Ground { code: "ongoing_own_proceedings".to_owned(), article: Some("budapest 27(5)".to_owned()) }
}

/// A step of a kind that fits the case as it stands.
pub fn step(kind: StepKind, view: &View, emergency: bool) -> Step {
    let manifest = view.manifest.unwrap_or_else(|| sha256(&[b"manifest"]));
    let record = RecordId(Hash::default());
    let kept = view.preservation.until.unwrap_or(day(0));
    let condition = view.conditions.keys().next().copied().unwrap_or(1);
    match kind {
        StepKind::Send => Step::Send {
            form: "preservation".to_owned(),
            fields: match view.flow {
                Flow::Disclosure => [("publication-day".to_owned(), far().to_string())].into(),
                _ => [("facts".to_owned(), text())].into(),
            },
            request: Some(record),
            emergency,
            reference: "A-1".to_owned(),
        },
        StepKind::Withdraw => Step::Withdraw { reason: text() },
        StepKind::GiveInformation => {
            Step::GiveInformation { fields: [("port".to_owned(), "443".to_owned())].into() }
        }
        StepKind::AcceptTerms => Step::AcceptTerms { conditions: view.conditions.keys().copied().collect() },
        StepKind::DeclineTerms => Step::DeclineTerms { reason: text() },
        StepKind::AskProgress => Step::AskProgress {},
        StepKind::AskExtension => Step::AskExtension { until: kept.plus_days(30) },
        StepKind::SendFollowUp => Step::SendFollowUp { reference: "A-2".to_owned() },
        StepKind::FilePapers => Step::FilePapers { fields: [("offences".to_owned(), text())].into() },
        StepKind::ReceiveProduct => Step::ReceiveProduct { manifest },
        StepKind::Verify => Step::Verify { manifest },
        StepKind::ReportDefect => Step::ReportDefect {
            manifest,
            defects: vec![Defect { object: "1".to_owned(), found: "another hash".to_owned() }],
        },
        StepKind::BeginUse => Step::BeginUse { proceedings: "court 7, case 12".to_owned() },
        StepKind::AccountForUse => Step::AccountForUse { account: text() },
        StepKind::AskWaiver => Step::AskWaiver { condition, reason: text() },
        StepKind::TellExculpatory => {
            Step::TellExculpatory { objects: vec!["1".to_owned()], disclosed_already: false }
        }
        StepKind::KeepSealed => Step::KeepSealed { reason: text() },
        StepKind::DestroySealed => Step::DestroySealed { statement: text() },
        StepKind::Reconsider => Step::Reconsider { reasons: text() },
        StepKind::Close => Step::Close { reason: text(), resolved: true },
        StepKind::Acknowledge => Step::Acknowledge { ticket: "B-9".to_owned() },
        StepKind::BeginCheck => Step::BeginCheck {},
        StepKind::AskInformation => {
            Step::AskInformation { fields: vec!["port".to_owned()], question: text() }
        }
        StepKind::Refer => Step::Refer { authority: text() },
        StepKind::Consult => Step::Consult { about: text() },
        StepKind::Refuse => Step::Refuse { ground: ground(), reasons: text(), not_consulted: Some(text()) },
        StepKind::Postpone => {
            Step::Postpone { ground: ground(), until: day(90), reasons: text(), not_consulted: Some(text()) }
        }
        StepKind::Offer => Step::Offer {
            conditions: vec![Condition { number: 1, kind: ConditionKind::OnlyFor, text: text(), by: None }],
        },
        StepKind::Accept => Step::Accept { acceptance: Acceptance::Whole },
        StepKind::BeginExecution => Step::BeginExecution {},
        StepKind::Execute => Step::Execute { summary: text() },
        StepKind::CannotExecute => Step::CannotExecute { reason: text() },
        StepKind::ReviewRelease => Step::ReviewRelease {},
        StepKind::Release => Step::Release { manifest: sha256(&[b"manifest"]) },
        StepKind::Transmit => Step::Transmit { manifest },
        StepKind::CloseForSilence => Step::CloseForSilence { reasons: text() },
        StepKind::Preserve => Step::Preserve { until: kept.plus_days(60) },
        StepKind::Extend => Step::Extend { until: kept.plus_days(30) },
        StepKind::TieToFollowUp => Step::TieToFollowUp { reference: "A-2".to_owned() },
        StepKind::ReleaseHold => Step::ReleaseHold { reason: text() },
        StepKind::Lapse => Step::Lapse {},
        StepKind::ReportProgress => Step::ReportProgress { text: text(), next: Some(day(14)) },
        StepKind::DecideWaiver => Step::DecideWaiver { condition, waived: true, reason: text() },
        StepKind::Assess => {
            let found = view.flow == Flow::Disclosure;
            Step::Assess { finding: if found { Finding::Found } else { Finding::CannotTell }, text: text() }
        }
        StepKind::TakeStep => Step::TakeStep { what: "investigate".to_owned(), on: day(2), result: None },
        StepKind::Disagree => Step::Disagree { reasons: text() },
        StepKind::Decline => Step::Decline { reason: text() },
        StepKind::Deliver => Step::Deliver { record },
        StepKind::PlanFix => Step::PlanFix { on: day(20), text: text() },
        // Days after the time of every event, so that one may be agreed; they differ with the length of the case.
        StepKind::ProposeDay => {
            let day = far().plus_days(i32::try_from(view.lines.len()).unwrap());
            Step::ProposeDay { day, reasons: text() }
        }
        StepKind::AgreeDay => {
            Step::AgreeDay { day: *view.disclosure.proposed.values().next().unwrap_or(&far()) }
        }
        StepKind::Publish => Step::Publish { reference: "CVE-0000-0001".to_owned(), early: Some(text()) },
        StepKind::StatePosition => Step::StatePosition { text: text() },
        StepKind::TellAccessEnded => Step::TellAccessEnded { manifest, on: day(30) },
    }
}
