//! What the other State will see, read from the very records that would go out.

use super::{
    acting::Acting,
    draft::{Checked, selector_text},
    opening::act_of,
};
use crate::app::{
    Action, Ctx, Fault,
    share::{JudgedShown, ruled},
};
use comity_affairs::{
    Event, Step,
    form::{Form, Language, label, within},
};
use comity_exchange::Scope;
use comity_record::{Body, Verified, body};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Shows what the other State will see of a draft, and what our border says of it. Nothing is entered or sent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PreviewCase {
    /// The draft.
    pub case: String,
    /// The language of the labels: en, fr, ar, zh.
    pub language: Option<String>,
    /// The officer, where the console speaks for one.
    pub officer: Option<String>,
}

/// What the other State will see.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PreviewShown {
    /// The case.
    pub case: String,
    /// The party.
    pub to: String,
    /// Whether the labels are written from right to left.
    pub right_to_left: bool,
    /// The records that it would get, in order.
    pub records: Vec<RecordShown>,
    /// What our border says of each.
    pub judged: Vec<JudgedShown>,
    /// Why it cannot be sent yet; what is shown is then only a part. Empty where all of it is shown.
    pub faults: Vec<super::draft::FaultShown>,
    /// What the other side may object to; it blocks nothing.
    pub warnings: Vec<String>,
}

/// A record as the other side reads it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RecordShown {
    /// Its kind.
    pub kind: String,
    /// The party and unit that sign it.
    pub from: String,
    /// The officer answerable.
    pub officer: String,
    /// Its labels.
    pub labels: String,
    /// What it says, line by line.
    pub lines: Vec<LineShown>,
}

/// One line of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineShown {
    /// The code of the field.
    pub code: String,
    /// Its label.
    pub label: String,
    /// Its value.
    pub value: String,
}

impl Action for PreviewCase {
    const NAME: &'static str = "case.preview";
    const SUMMARY: &'static str = "shows exactly what the other State will see of a draft";
    const SCOPE: Scope = Scope::Cases;
    type Reply = PreviewShown;

    async fn run(self, ctx: &Ctx) -> Result<PreviewShown, Fault> {
        let by = ctx.by.clone();
        let previewed = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let acting = Acting::of(desk.house(), by.as_ref(), self.officer.as_deref(), now.date())?;
                let case = desk.find_case(&self.case).await?;
                let home = desk.home_of(case).await?;
                let language = super::language(self.language.as_deref())?;
                let draft = home.draft.as_ref();
                let draft = draft.ok_or_else(|| Fault::new("case/not-a-draft", "there is no draft of it"))?;
                acting.must_read(desk.house(), draft.thread, &self.case, now.date())?;
                let Checked { faults, warnings, .. } = Checked::of(desk, draft, now.date())?;
                let mut shown = PreviewShown {
                    case: case.to_string(),
                    to: draft.to.to_string(),
                    right_to_left: language.is_right_to_left(),
                    records: Vec::new(),
                    judged: Vec::new(),
                    faults,
                    warnings,
                };
                if !shown.faults.is_empty() {
                    return Ok(shown);
                }
                let act = act_of(desk, case, draft, &acting, now)?;
                let previewed = desk.case_preview(now, means.entropy(), &act).await?;
                for (record, ruling) in previewed.records.iter().zip(&previewed.rulings) {
                    shown.judged.push(ruled(&record.id().to_string(), &act.peer, ruling));
                }
                shown.records = previewed.records.iter().map(|one| record_shown(one, language)).collect();
                Ok(shown)
            })
        });
        previewed.await?
    }
}

/// A record as its reader sees it.
pub fn record_shown(record: &Verified, language: Language) -> RecordShown {
    let statement = record.statement();
    let unit = statement.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
    let lines = match &statement.body {
        Body::Request(request) => request_lines(request, language),
        Body::CaseEvent { version, bytes } => match Event::read(*version, bytes) {
            Ok(event) => event_lines(&event, language),
            Err(fault) => vec![line("unreadable", "Unreadable", fault.to_string())],
        },
        _ => Vec::new(),
    };
    RecordShown {
        kind: record.header().kind.to_string(),
        from: format!("{}{unit}", statement.origin),
        officer: statement.officer.as_ref().map(ToString::to_string).unwrap_or_default(),
        labels: statement.labels.to_string(),
        lines,
    }
}

fn line(code: &str, label: &str, value: String) -> LineShown {
    LineShown { code: code.to_owned(), label: label.to_owned(), value }
}

fn request_lines(request: &body::Request, language: Language) -> Vec<LineShown> {
    let labelled = |code: &str, value: String| line(code, label(code, language).unwrap_or(code), value);
    let mut lines = vec![line("measure", "measure", request.measure.clone())];
    lines.extend(request.offence.clone().map(|code| line("offence", "offence", code)));
    lines.extend(request.penalty.map(|years| line("penalty", "penalty, years", years.to_string())));
    lines.extend(
        request
            .organised
            .map(|yes| line("organised", "organised group", if yes { "yes" } else { "no" }.into())),
    );
    lines.extend(request.selectors().map(|selector| labelled("selector", selector_text(selector))));
    lines.push(labelled("facts", request.facts.clone()));
    lines.extend(request.until.map(|day| labelled("collection-until", day.to_string())));
    lines.push(labelled("reference", request.reference.clone()));
    lines
}

/// A step, line by line.
pub fn event_lines(event: &Event, language: Language) -> Vec<LineShown> {
    let mut lines = vec![
        line("step", "step", event.step.kind().to_string()),
        line("flow", "flow", event.flow.to_string()),
        line("thread", "thread", event.thread.to_string()),
        line("at", "at", event.at.to_string()),
    ];
    if event.exercise {
        lines.push(line("exercise", "exercise", "this is exercise traffic".to_owned()));
    }
    lines.extend(event.second.as_ref().map(|second| line("second", "second person", second.to_string())));
    lines.extend(step_lines(&event.step, language));
    lines
}

fn fields(fields: &BTreeMap<String, String>, language: Language) -> Vec<LineShown> {
    let one = |(code, value): (&String, &String)| {
        line(code, label(code, language).unwrap_or(code.as_str()), value.clone())
    };
    // The order of the form, then whatever a later version may have.
    let mut lines: Vec<LineShown> = comity_affairs::form::FIELDS
        .iter()
        .filter_map(|field| fields.get_key_value(field.code).map(one))
        .collect();
    let known = |code: &str| comity_affairs::form::FIELDS.iter().any(|field| field.code == code);
    lines.extend(fields.iter().filter(|(code, _)| !known(code)).map(one));
    lines
}

fn of_field(code: &str, value: &str, language: Language) -> LineShown {
    line(code, label(code, language).unwrap_or(code), value.to_owned())
}

fn step_lines(step: &Step, language: Language) -> Vec<LineShown> {
    let text = |code: &str, value: &str| line(code, code, value.to_owned());
    match step {
        Step::Send { form, fields: values, emergency, reference, .. } => {
            let mut lines = vec![text("form", form), text("reference", reference)];
            if *emergency {
                lines.push(text("emergency", "life is in danger: carried out first, papers follow"));
            }
            lines.extend(fields(values, language).into_iter().filter(|line| line.code != "reference"));
            lines
        }
        Step::AccountForUse { account } => match within::of_words(Form::Account, account) {
            Some(values) => fields(&values, language),
            None => vec![text("text", account)],
        },
        Step::AskWaiver { condition, reason } => {
            vec![text("number", &condition.to_string()), of_field("waiver-reason", reason, language)]
        }
        Step::AskExtension { until } => {
            vec![of_field("extension-until", &until.to_string(), language)]
        }
        Step::GiveInformation { fields: values } | Step::FilePapers { fields: values } => {
            fields(values, language)
        }
        Step::AskInformation { fields, question } => {
            let asked = fields.iter().map(|code| {
                line("field", "field wanted", label(code, language).unwrap_or(code.as_str()).to_owned())
            });
            asked.chain([text("question", question)]).collect()
        }
        Step::Refuse { ground, reasons, not_consulted } => {
            let mut lines = vec![text("ground", &ground.code)];
            lines.extend(ground.article.as_deref().map(|article| text("article", article)));
            lines.push(text("reasons", reasons));
            lines.extend(not_consulted.as_deref().map(|why| text("not-consulted", why)));
            lines
        }
        Step::Postpone { ground, until, reasons, not_consulted } => {
            let mut lines = vec![text("ground", &ground.code), text("until", &until.to_string())];
            lines.extend(ground.article.as_deref().map(|article| text("article", article)));
            lines.push(text("reasons", reasons));
            lines.extend(not_consulted.as_deref().map(|why| text("not-consulted", why)));
            lines
        }
        Step::Offer { conditions } => conditions
            .iter()
            .map(|one| {
                let by = one.by.map(|day| format!(" by {day}")).unwrap_or_default();
                let value = format!("{} {}{by} {}", one.number, one.kind.as_str(), one.text);
                line("condition", "condition", value.trim_end().to_owned())
            })
            .collect(),
        other => super::steps::said(other).into_iter().map(|(code, value)| text(code, &value)).collect(),
    }
}
