//! Sending a case: an authorised draft becomes the request and the step that opens it; of a case that was sent, what did
//! not arrive is put to the border again.

use super::{
    acting::Acting,
    draft::{Checked, lacking},
    opening::act_of,
    resting::RestsOn,
};
use crate::app::{
    Action, Ctx, Fault, NodeDesk,
    share::{JudgedShown, ruled},
};
use comity_affairs::{StepKind, home::HomeEntry};
use comity_exchange::{CaseFile, Scope, Shared, Stepped};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Sends an authorised draft, or again what of a sent case did not arrive.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct SendCase {
    /// The case.
    pub case: String,
    /// The officer, where the console speaks for one.
    pub officer: Option<String>,
    /// What is sent again rests on, where that is another basis than before. A draft names its own.
    #[serde(default)]
    pub rests_on: RestsOn,
}

/// What became of a step.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SteppedShown {
    /// The case.
    pub case: String,
    /// The step.
    pub step: String,
    /// The state of the case now.
    pub state: String,
    /// The record that carries the step.
    pub record: Option<String>,
    /// Whether it goes out. Where it does not, the border refused, and it is no part of the case.
    pub sent: bool,
    /// What our border said of each record.
    pub judged: Vec<JudgedShown>,
    /// What an officer should know about the step; it blocks nothing.
    pub notes: Vec<String>,
}

impl Action for SendCase {
    const NAME: &'static str = "case.send";
    const SUMMARY: &'static str = "sends an authorised draft, or again what of a sent case did not arrive";
    const SCOPE: Scope = Scope::Cases;
    type Reply = SteppedShown;

    async fn run(self, ctx: &Ctx) -> Result<SteppedShown, Fault> {
        let by = ctx.by.clone();
        let sent = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let acting = Acting::of(desk.house(), by.as_ref(), self.officer.as_deref(), now.date())?;
                let case = desk.find_case(&self.case).await?;
                let thread = super::authorise::thread_of(desk, case).await?;
                acting.must_read(desk.house(), thread, &self.case, now.date())?;
                if let Some(file) = desk.case_file(case).await? {
                    let named = self.rests_on.read(&acting.officer)?;
                    let shared = desk.case_resend(now, means.entropy(), &file, &named).await?;
                    return Ok(resent(&case.to_string(), &file.history.view().state.to_string(), &shared));
                }
                if self.rests_on.is_named() {
                    let text = "what a draft rests on stands in the draft, and is authorised with it";
                    return Err(Fault::new("case/basis-in-draft", text)
                        .help("name it with `comity case new --case ID --basis`"));
                }
                let home = desk.home_of(case).await?;
                let open = home.draft.as_ref().filter(|_| home.abandoned.is_none());
                let draft = open.ok_or_else(|| Fault::new("case/not-a-draft", "the draft was given up"))?;
                Checked::of(desk, draft, now.date())?.complete()?;
                let lacking = lacking(desk, &home, draft, now.date());
                if !lacking.is_empty() {
                    let text = format!("before it is sent it needs {}", lacking.join("; "));
                    return Err(
                        Fault::new("case/not-authorised", text).help("`comity case authorise` gives it")
                    );
                }
                let act = act_of(desk, case, draft, &acting, now)?;
                let stepped = desk.case_step(now, means.entropy(), &act).await?;
                if stepped.position.is_some() {
                    let entry = HomeEntry::Sent { record: stepped.record };
                    desk.home_enter(now, means.entropy(), case, by.clone(), &entry).await?;
                }
                shown(desk, &stepped, Vec::new()).await
            })
        });
        sent.await?
    }
}

/// What became of a step, for the officer.
pub async fn shown(desk: &NodeDesk, stepped: &Stepped, notes: Vec<String>) -> Result<SteppedShown, Fault> {
    let case = stepped.event.case;
    let file = desk.case_file(case).await?;
    let state = file.map_or_else(|| "draft".to_owned(), |file| file.history.view().state.to_string());
    let judged = stepped
        .verdicts
        .iter()
        .map(|(record, verdict)| {
            let mut shown = ruled(&record.to_string(), &verdict.decision.to, &verdict.decision.ruling);
            shown.entry = Some(verdict.index);
            shown
        })
        .collect();
    Ok(SteppedShown {
        case: case.to_string(),
        step: stepped.event.step.kind().to_string(),
        state,
        record: Some(stepped.record.to_string()),
        sent: stepped.position.is_some(),
        judged,
        notes,
    })
}

fn judgements(shared: &[Shared]) -> Vec<JudgedShown> {
    let shown = |one: &Shared| {
        let mut shown = ruled(&one.record.to_string(), &one.to, &one.verdict.decision.ruling);
        (shown.entry, shown.position) = (Some(one.verdict.index), one.position);
        shown
    };
    shared.iter().map(shown).collect()
}

/// A delivery whose record the border refused.
pub fn not_given(file: &CaseFile, shared: &[Shared]) -> SteppedShown {
    SteppedShown {
        case: file.case.to_string(),
        step: StepKind::Deliver.to_string(),
        state: file.history.view().state.to_string(),
        record: None,
        sent: false,
        judged: judgements(shared),
        notes: vec!["the record named by the delivery does not cross".to_owned()],
    }
}

fn resent(case: &str, state: &str, shared: &[Shared]) -> SteppedShown {
    let note = match shared.len() {
        0 => "everything of ours in this case has arrived or is on its way".to_owned(),
        count => format!("{count} records that had not arrived were put to the border again"),
    };
    SteppedShown {
        case: case.to_owned(),
        step: "send again".to_owned(),
        state: state.to_owned(),
        record: None,
        sent: shared.iter().all(|one| one.position.is_some()),
        judged: judgements(shared),
        notes: vec![note],
    }
}
