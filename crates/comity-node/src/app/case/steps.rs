//! The steps by name: what each wants to be told, how it is read from that, and how it reads back.

use crate::app::Fault;
use comity_affairs::{
    Acceptance, Condition, ConditionKind, Defect, Finding, Ground, Step, StepKind, View,
    form::{Form, within},
};
use comity_record::{Date, Hash};
use std::{collections::BTreeMap, fmt::Display, str::FromStr};

/// Something that a step wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The name of the option.
    pub name: &'static str,
    /// Whether the step needs it.
    pub needed: bool,
    /// What it is.
    pub about: &'static str,
}

const fn needs(name: &'static str, about: &'static str) -> Wanted {
    Wanted { name, needed: true, about }
}

const fn takes(name: &'static str, about: &'static str) -> Wanted {
    Wanted { name, needed: false, about }
}

const REASON: Wanted = needs("reason", "why");
const REASONS: Wanted = needs("reasons", "the reasons");
const MANIFEST: Wanted = needs("manifest", "the hash of the custody manifest");
const UNTIL: Wanted = needs("until", "until which day");
const DAY: Wanted = needs("day", "the day for publication");
const NUMBER: Wanted = needs("number", "the number of the condition");
const FIELD: Wanted = needs("field", "fields, each as CODE=VALUE");
const GROUND: Wanted = needs("ground", "a code of the register's list, or your own words");
const ARTICLE: Wanted = takes("article", "the article it rests on, such as 'budapest 29(5)(b)'");
const NOT_CONSULTED: Wanted = takes("not-consulted", "why there was no consultation before");

/// What a step wants to be told.
pub const fn wanted(kind: StepKind) -> &'static [Wanted] {
    match kind {
        StepKind::Send => &[],
        StepKind::Withdraw
        | StepKind::DeclineTerms
        | StepKind::KeepSealed
        | StepKind::CannotExecute
        | StepKind::ReleaseHold
        | StepKind::Decline => const { &[REASON] },
        StepKind::GiveInformation | StepKind::FilePapers => const { &[FIELD] },
        StepKind::AcceptTerms => {
            const { &[takes("number", "the numbers of the conditions; all of them if left out")] }
        }
        StepKind::AskProgress
        | StepKind::BeginCheck
        | StepKind::BeginExecution
        | StepKind::ReviewRelease
        | StepKind::Lapse => &[],
        StepKind::AskExtension | StepKind::Preserve | StepKind::Extend => const { &[UNTIL] },
        StepKind::SendFollowUp | StepKind::TieToFollowUp => {
            const { &[needs("reference", "the reference of the request that follows")] }
        }
        StepKind::ReceiveProduct | StepKind::Verify | StepKind::Release | StepKind::Transmit => {
            const { &[MANIFEST] }
        }
        StepKind::ReportDefect => {
            const { &[MANIFEST, needs("defect", "what is wrong, each as OBJECT=FOUND")] }
        }
        StepKind::BeginUse => const { &[needs("proceedings", "the proceedings")] },
        StepKind::AccountForUse => {
            const {
                &[
                    needs("use-made", "objects used, where and when"),
                    needs("conditions-kept", "how each condition was kept"),
                ]
            }
        }
        StepKind::AskWaiver => const { &[NUMBER, REASON] },
        StepKind::TellExculpatory => {
            const {
                &[
                    needs("object", "the objects"),
                    takes("disclosed", "yes, where it was impossible to tell before"),
                ]
            }
        }
        StepKind::TellAccessEnded => {
            const {
                &[
                    takes("manifest", "the hash of the custody manifest; that of what ended if left out"),
                    takes("on", "the last day of access; that which passed if left out"),
                ]
            }
        }
        StepKind::DestroySealed => const { &[needs("text", "what was destroyed, when and by whom")] },
        StepKind::Reconsider | StepKind::CloseForSilence | StepKind::Disagree => const { &[REASONS] },
        StepKind::Close => const { &[REASON, takes("resolved", "no, where the matter is left unresolved")] },
        StepKind::Acknowledge => const { &[needs("ticket", "our ticket")] },
        StepKind::AskInformation => {
            const { &[takes("want", "a field that is missing, by its code"), takes("question", "the question")] }
        }
        StepKind::Refer => const { &[needs("authority", "the authority, as it may be known outside")] },
        StepKind::Consult => const { &[needs("about", "what about")] },
        StepKind::Refuse => const { &[GROUND, ARTICLE, REASONS, NOT_CONSULTED] },
        StepKind::Postpone => const { &[GROUND, ARTICLE, UNTIL, REASONS, NOT_CONSULTED] },
        StepKind::Offer => const { &[needs("condition", "each as KIND, KIND:TEXT or KIND@DAY")] },
        StepKind::Accept => const { &[takes("part", "the part that is accepted; the whole if left out")] },
        StepKind::Execute => const { &[needs("text", "what was done, as the other side may know it")] },
        StepKind::ReportProgress => {
            const { &[needs("text", "how far"), takes("next", "when more may be expected")] }
        }
        StepKind::DecideWaiver => const { &[NUMBER, needs("decision", "waived or kept"), REASON] },
        StepKind::Assess => {
            const {
                &[
                    needs("finding", "found, not-found, not-ours or cannot-tell"),
                    needs("text", "what may be told of it"),
                ]
            }
        }
        StepKind::TakeStep => {
            const {
                &[
                    needs("what", "detect, investigate, address, mitigate, help"),
                    needs("on", "on which day"),
                    takes("result", "its result, where told"),
                ]
            }
        }
        StepKind::Deliver => const { &[needs("record", "the record that holds what is given")] },
        StepKind::StatePosition => const { &[needs("text", "the position")] },
        StepKind::PlanFix => {
            const {
                &[
                    needs("on", "on which day it is to be ready"),
                    needs("text", "what it is, as the other side may know it"),
                ]
            }
        }
        StepKind::ProposeDay => const { &[DAY, REASONS] },
        StepKind::AgreeDay => const { &[DAY] },
        StepKind::Publish => {
            const {
                &[
                    needs("reference", "the identifier or address under which it is public"),
                    takes("early", "why before the day, or without one on which both agree"),
                ]
            }
        }
    }
}

/// Which form within a case a step fills in, and which option each field of that form stands in.
pub const fn filled_by(kind: StepKind) -> Option<(Form, &'static [(&'static str, &'static str)])> {
    match kind {
        StepKind::AccountForUse => Some((
            Form::Account,
            const { &[("use-made", "use-made"), ("conditions-kept", "conditions-kept")] },
        )),
        StepKind::AskWaiver => Some((Form::Waiver, const { &[("waiver-reason", "reason")] })),
        StepKind::AskExtension => Some((Form::Extension, const { &[("extension-until", "until")] })),
        _ => None,
    }
}

/// The word by which a step is named at the console and in the API.
pub fn word(kind: StepKind) -> String {
    kind.as_str().replace(' ', "-")
}

/// The step of a word, in the words of the tables or with hyphens.
pub fn kind_of(text: &str) -> Result<StepKind, Fault> {
    let wanted = text.trim().to_lowercase().replace(' ', "-");
    let found = StepKind::ALL.iter().copied().find(|kind| word(*kind) == wanted);
    found.ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        let near = StepKind::ALL.iter().map(|kind| word(*kind)).filter(|word| {
            word.split('-')
                .any(|part| wanted.split('-').any(|given| given.len() > 2 && part.starts_with(given)))
        });
        let near: Vec<String> = near.collect();
        let fault = Fault::new("case/no-step", format!("`{shown}` is no step"));
        match near.is_empty() {
            true => fault.help("`comity case step ID` lists the steps that are open now"),
            false => fault.help(format!("near it: {}", near.join(", "))),
        }
    })
}

/// What is given with a step.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Options by name; some may be given several times.
    pub with: BTreeMap<String, Vec<String>>,
    /// Fields by their codes.
    pub fields: BTreeMap<String, String>,
}

impl Given {
    /// Refuses what the step does not take, and names what it needs and was not given.
    fn check(&self, kind: StepKind) -> Result<(), Fault> {
        let wanted = wanted(kind);
        let known: Vec<&str> = wanted.iter().map(|one| one.name).collect();
        for name in self.with.keys() {
            if !known.contains(&name.as_str()) {
                let text = format!("`{}` takes no `{name}`", word(kind));
                return Err(Fault::new("case/option", text).help(match known.is_empty() {
                    true => "it takes nothing".to_owned(),
                    false => format!("it takes {}", known.join(", ")),
                }));
            }
        }
        if !self.fields.is_empty() && !known.contains(&"field") {
            return Err(Fault::new("case/option", format!("`{}` takes no fields", word(kind))));
        }
        for one in wanted.iter().filter(|one| one.needed) {
            let has =
                if one.name == "field" { !self.fields.is_empty() } else { self.with.contains_key(one.name) };
            if !has {
                let text = format!("`{}` needs `{}`: {}", word(kind), one.name, one.about);
                return Err(Fault::new("case/option", text));
            }
        }
        Ok(())
    }

    /// What is given, with the fields of a form within a case in the options in which they stand.
    fn with_form(&self, kind: StepKind) -> Given {
        let mut given = self.clone();
        for (code, name) in filled_by(kind).map_or(&[][..], |(_, fields)| fields) {
            if let Some(value) = given.fields.remove(*code) {
                given.with.entry((*name).to_owned()).or_default().push(value);
            }
        }
        given
    }

    /// The fields of the form that a step fills in, by their codes: all of them, in their notation.
    fn of_form(&self, kind: StepKind) -> Result<BTreeMap<String, String>, Fault> {
        let Some((form, fields)) = filled_by(kind) else { return Ok(BTreeMap::new()) };
        let values: BTreeMap<String, String> =
            fields.iter().map(|(code, name)| ((*code).to_owned(), self.text(name))).collect();
        match within::check_own(form, &values).into_iter().next() {
            Some(fault) => Err(Fault::new(fault.code(), fault.to_string())),
            None => Ok(values),
        }
    }

    fn all(&self, name: &str) -> &[String] {
        self.with.get(name).map_or(&[], Vec::as_slice)
    }

    fn text(&self, name: &str) -> String {
        self.all(name).first().cloned().unwrap_or_default()
    }

    fn optional(&self, name: &str) -> Option<String> {
        self.all(name).first().cloned()
    }

    fn read<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, Fault> {
        self.text(name)
            .parse()
            .map_err(|fault| Fault::new("input/bad-value", format!("`{name}` is not as it must be: {fault}")))
    }

    fn day(&self, name: &str) -> Result<Option<Date>, Fault> {
        self.optional(name).map(|_| self.read(name)).transpose()
    }

    fn manifest(&self) -> Result<Hash, Fault> {
        let text = self.text("manifest");
        Hash::from_hex(&text)
            .ok_or_else(|| Fault::new("input/bad-value", "a manifest is named by 64 hexadecimal digits"))
    }

    fn ground(&self) -> Ground {
        Ground { code: self.text("ground"), article: self.optional("article") }
    }

    fn choice(&self, name: &str, yes: &str, no: &str, absent: bool) -> Result<bool, Fault> {
        match self.optional(name).as_deref() {
            None => Ok(absent),
            Some(word) if word == yes => Ok(true),
            Some(word) if word == no => Ok(false),
            Some(other) => {
                let text = format!(
                    "`{name}` is `{yes}` or `{no}`, not `{}`",
                    other.chars().take(20).collect::<String>()
                );
                Err(Fault::new("input/bad-value", text))
            }
        }
    }
}

/// The step of a kind with what is given.
pub fn step_of(kind: StepKind, given: &Given, view: &View) -> Result<Step, Fault> {
    let given = &given.with_form(kind);
    given.check(kind)?;
    let fields = given.of_form(kind)?;
    match kind {
        StepKind::AccountForUse => {
            Ok(Step::AccountForUse { account: within::in_words(Form::Account, &fields) })
        }
        StepKind::Send => Err(Fault::new("case/no-step", "a case is opened by sending its draft")
            .help("`comity case new`, `comity case authorise`, `comity case send`")),
        StepKind::AskProgress => Ok(Step::AskProgress {}),
        StepKind::BeginCheck => Ok(Step::BeginCheck {}),
        StepKind::BeginExecution => Ok(Step::BeginExecution {}),
        StepKind::ReviewRelease => Ok(Step::ReviewRelease {}),
        StepKind::Lapse => Ok(Step::Lapse {}),
        StepKind::Withdraw
        | StepKind::DeclineTerms
        | StepKind::KeepSealed
        | StepKind::CannotExecute
        | StepKind::ReleaseHold
        | StepKind::Decline
        | StepKind::Reconsider
        | StepKind::CloseForSilence
        | StepKind::Disagree
        | StepKind::Refer
        | StepKind::Consult
        | StepKind::Execute
        | StepKind::BeginUse
        | StepKind::DestroySealed
        | StepKind::StatePosition
        | StepKind::SendFollowUp
        | StepKind::TieToFollowUp
        | StepKind::Acknowledge => Ok(of_one_text(kind, given)),
        StepKind::AskExtension => Ok(Step::AskExtension { until: given.read("until")? }),
        StepKind::AgreeDay => Ok(Step::AgreeDay { day: given.read("day")? }),
        StepKind::Preserve => Ok(Step::Preserve { until: given.read("until")? }),
        StepKind::Extend => Ok(Step::Extend { until: given.read("until")? }),
        StepKind::ReceiveProduct => Ok(Step::ReceiveProduct { manifest: given.manifest()? }),
        StepKind::Verify => Ok(Step::Verify { manifest: given.manifest()? }),
        StepKind::Release => Ok(Step::Release { manifest: given.manifest()? }),
        StepKind::Transmit => Ok(Step::Transmit { manifest: given.manifest()? }),
        _ => of_several(kind, given, view),
    }
}

/// Steps that are a text and nothing else.
fn of_one_text(kind: StepKind, given: &Given) -> Step {
    let text = wanted(kind).first().map(|one| given.text(one.name)).unwrap_or_default();
    match kind {
        StepKind::Withdraw => Step::Withdraw { reason: text },
        StepKind::DeclineTerms => Step::DeclineTerms { reason: text },
        StepKind::KeepSealed => Step::KeepSealed { reason: text },
        StepKind::CannotExecute => Step::CannotExecute { reason: text },
        StepKind::ReleaseHold => Step::ReleaseHold { reason: text },
        StepKind::Decline => Step::Decline { reason: text },
        StepKind::Reconsider => Step::Reconsider { reasons: text },
        StepKind::CloseForSilence => Step::CloseForSilence { reasons: text },
        StepKind::Disagree => Step::Disagree { reasons: text },
        StepKind::Refer => Step::Refer { authority: text },
        StepKind::Consult => Step::Consult { about: text },
        StepKind::Execute => Step::Execute { summary: text },
        StepKind::BeginUse => Step::BeginUse { proceedings: text },
        StepKind::DestroySealed => Step::DestroySealed { statement: text },
        StepKind::SendFollowUp => Step::SendFollowUp { reference: text },
        StepKind::TieToFollowUp => Step::TieToFollowUp { reference: text },
        StepKind::Acknowledge => Step::Acknowledge { ticket: text },
        _ => Step::StatePosition { text },
    }
}

fn of_several(kind: StepKind, given: &Given, view: &View) -> Result<Step, Fault> {
    Ok(match kind {
        StepKind::PlanFix => Step::PlanFix { on: given.read("on")?, text: given.text("text") },
        StepKind::ProposeDay => Step::ProposeDay { day: given.read("day")?, reasons: given.text("reasons") },
        StepKind::Publish => {
            Step::Publish { reference: given.text("reference"), early: given.optional("early") }
        }
        StepKind::GiveInformation => Step::GiveInformation { fields: given.fields.clone() },
        StepKind::FilePapers => Step::FilePapers { fields: given.fields.clone() },
        StepKind::AcceptTerms => Step::AcceptTerms { conditions: numbers(given, view)? },
        StepKind::ReportDefect => {
            Step::ReportDefect { manifest: given.manifest()?, defects: defects(given.all("defect"))? }
        }
        StepKind::AskWaiver => {
            Step::AskWaiver { condition: given.read("number")?, reason: given.text("reason") }
        }
        StepKind::TellExculpatory => Step::TellExculpatory {
            objects: given.all("object").to_vec(),
            disclosed_already: given.choice("disclosed", "yes", "no", false)?,
        },
        StepKind::Close => Step::Close {
            reason: given.text("reason"),
            resolved: given.choice("resolved", "yes", "no", true)?,
        },
        StepKind::AskInformation => {
            Step::AskInformation { fields: given.all("want").to_vec(), question: given.text("question") }
        }
        StepKind::Refuse => Step::Refuse {
            ground: given.ground(),
            reasons: given.text("reasons"),
            not_consulted: given.optional("not-consulted"),
        },
        StepKind::Postpone => Step::Postpone {
            ground: given.ground(),
            until: given.read("until")?,
            reasons: given.text("reasons"),
            not_consulted: given.optional("not-consulted"),
        },
        StepKind::Offer => Step::Offer { conditions: conditions(given.all("condition"))? },
        StepKind::Accept => {
            Step::Accept { acceptance: given.optional("part").map_or(Acceptance::Whole, Acceptance::Part) }
        }
        StepKind::ReportProgress => {
            Step::ReportProgress { text: given.text("text"), next: given.day("next")? }
        }
        StepKind::DecideWaiver => Step::DecideWaiver {
            condition: given.read("number")?,
            waived: given.choice("decision", "waived", "kept", false)?,
            reason: given.text("reason"),
        },
        StepKind::Assess => {
            Step::Assess { finding: finding(&given.text("finding"))?, text: given.text("text") }
        }
        StepKind::TakeStep => Step::TakeStep {
            what: given.text("what"),
            on: given.read("on")?,
            result: given.optional("result"),
        },
        StepKind::Deliver => Step::Deliver { record: given.read("record")? },
        StepKind::TellAccessEnded => {
            Step::TellAccessEnded { manifest: given.manifest()?, on: given.read("on")? }
        }
        other => return Err(Fault::new("case/no-step", format!("`{}` cannot be read", word(other)))),
    })
}

fn numbers(given: &Given, view: &View) -> Result<Vec<u16>, Fault> {
    let named = given.all("number");
    if named.is_empty() {
        return Ok(view.conditions.keys().copied().collect());
    }
    let split = named.iter().flat_map(|text| text.split(','));
    let numbers: Result<Vec<u16>, _> = split.map(|text| text.trim().parse()).collect();
    numbers.map_err(|fault| {
        Fault::new("input/bad-value", format!("a condition is named by its number: {fault}"))
    })
}

fn defects(texts: &[String]) -> Result<Vec<Defect>, Fault> {
    let defect = |text: &String| {
        let (object, found) = text.split_once('=')?;
        Some(Defect { object: object.to_owned(), found: found.to_owned() })
    };
    let defects: Option<Vec<Defect>> = texts.iter().map(defect).collect();
    defects.ok_or_else(|| Fault::new("input/bad-value", "a defect is written OBJECT=FOUND"))
}

const CONDITIONS: &[ConditionKind] = &[
    ConditionKind::Secret,
    ConditionKind::OnlyFor,
    ConditionKind::NoOnward,
    ConditionKind::DeleteBy,
    ConditionKind::ReportUse,
    ConditionKind::ConsultBeforeCourt,
    ConditionKind::ReturnAfterUse,
    ConditionKind::Other,
];

/// Conditions with the numbers from 1 on: `secret`, `only-for:12 Js 4/26`, `delete-by@2027-01-31`.
fn conditions(texts: &[String]) -> Result<Vec<Condition>, Fault> {
    let mut conditions = Vec::with_capacity(texts.len());
    for (number, text) in (1u16..).zip(texts) {
        let (head, text) = text.split_once(':').unwrap_or((text, ""));
        let (kind, day) = head.split_once('@').map_or((head, None), |(kind, day)| (kind, Some(day)));
        let known = CONDITIONS.iter().copied().find(|known| known.as_str() == kind.trim());
        let kind = known.ok_or_else(|| {
            let known: Vec<&str> = CONDITIONS.iter().map(|kind| kind.as_str()).collect();
            let kind: String = kind.chars().take(40).collect();
            Fault::new("input/bad-value", format!("`{kind}` is no condition"))
                .help(format!("the conditions are {}", known.join(", ")))
        })?;
        let by = day.map(str::parse).transpose().map_err(Fault::input)?;
        conditions.push(Condition { number, kind, text: text.trim().to_owned(), by });
    }
    Ok(conditions)
}

fn finding(text: &str) -> Result<Finding, Fault> {
    let all = [Finding::Found, Finding::NotFound, Finding::NotOurs, Finding::CannotTell];
    all.into_iter().find(|finding| finding.as_str() == text).ok_or_else(|| {
        let text: String = text.chars().take(40).collect();
        Fault::new("input/bad-value", format!("`{text}` is no finding"))
            .help("found, not-found, not-ours or cannot-tell")
    })
}

/// What a step says, for steps without fields, grounds and conditions.
pub fn said(step: &Step) -> Vec<(&'static str, String)> {
    let day = |day: &Date| day.to_string();
    match step {
        Step::Withdraw { reason }
        | Step::DeclineTerms { reason }
        | Step::KeepSealed { reason }
        | Step::CannotExecute { reason }
        | Step::ReleaseHold { reason }
        | Step::Decline { reason } => vec![("reason", reason.clone())],
        Step::Reconsider { reasons } | Step::CloseForSilence { reasons } | Step::Disagree { reasons } => {
            vec![("reasons", reasons.clone())]
        }
        Step::AcceptTerms { conditions } => {
            let numbers: Vec<String> = conditions.iter().map(u16::to_string).collect();
            vec![("conditions", numbers.join(", "))]
        }
        Step::AskExtension { until } | Step::Preserve { until } | Step::Extend { until } => {
            vec![("until", day(until))]
        }
        Step::SendFollowUp { reference } | Step::TieToFollowUp { reference } => {
            vec![("reference", reference.clone())]
        }
        Step::ReceiveProduct { manifest }
        | Step::Verify { manifest }
        | Step::Release { manifest }
        | Step::Transmit { manifest } => vec![("manifest", manifest.to_string())],
        Step::ReportDefect { manifest, defects } => {
            let defects = defects.iter().map(|one| ("defect", format!("{}: {}", one.object, one.found)));
            std::iter::once(("manifest", manifest.to_string())).chain(defects).collect()
        }
        Step::Acknowledge { ticket } => vec![("ticket", ticket.clone())],
        Step::Refer { authority } => vec![("authority", authority.clone())],
        Step::Consult { about } => vec![("about", about.clone())],
        other => said_more(other),
    }
}

fn said_more(step: &Step) -> Vec<(&'static str, String)> {
    let answer = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    match step {
        Step::BeginUse { proceedings } => vec![("proceedings", proceedings.clone())],
        Step::AccountForUse { account: text }
        | Step::DestroySealed { statement: text }
        | Step::Execute { summary: text }
        | Step::StatePosition { text } => vec![("text", text.clone())],
        Step::AskWaiver { condition, reason } => {
            vec![("number", condition.to_string()), ("reason", reason.clone())]
        }
        Step::TellExculpatory { objects, disclosed_already } => {
            vec![("objects", objects.join(", ")), ("disclosed", answer(*disclosed_already))]
        }
        Step::Close { reason, resolved } => {
            vec![("reason", reason.clone()), ("resolved", answer(*resolved))]
        }
        Step::Accept { acceptance: Acceptance::Whole } => vec![("accepted", "the whole".to_owned())],
        Step::Accept { acceptance: Acceptance::Part(part) } => vec![("accepted", part.clone())],
        Step::ReportProgress { text, next } => {
            let next = next.map(|day| ("next", day.to_string()));
            std::iter::once(("text", text.clone())).chain(next).collect()
        }
        Step::DecideWaiver { condition, waived, reason } => vec![
            ("number", condition.to_string()),
            ("decision", if *waived { "waived" } else { "kept" }.to_owned()),
            ("reason", reason.clone()),
        ],
        Step::Assess { finding, text } => {
            vec![("finding", finding.as_str().to_owned()), ("text", text.clone())]
        }
        Step::TakeStep { what, on, result } => {
            let result = result.clone().map(|result| ("result", result));
            [("what", what.clone()), ("on", on.to_string())].into_iter().chain(result).collect()
        }
        Step::Deliver { record } => vec![("record", record.to_string())],
        Step::TellAccessEnded { manifest, on } => {
            vec![("manifest", manifest.to_string()), ("on", on.to_string())]
        }
        Step::PlanFix { on, text } => vec![("on", on.to_string()), ("text", text.clone())],
        Step::ProposeDay { day, reasons } => vec![("day", day.to_string()), ("reasons", reasons.clone())],
        Step::AgreeDay { day } => vec![("day", day.to_string())],
        Step::Publish { reference, early } => {
            let early = early.clone().map(|early| ("early", early));
            std::iter::once(("reference", reference.clone())).chain(early).collect()
        }
        _ => Vec::new(),
    }
}
