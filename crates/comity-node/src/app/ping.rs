//! Contact checks: is the other desk there, and after how long does it answer? A ping is a flow of its own, typed as such
//! in every step of it; no ping can become a request, and no list of cases has one.

use super::{
    Action, Ctx, Fault, agenda,
    sequencer::{Means, NodeDesk},
    share::{Grounds, request},
};
use comity_affairs::{CaseId, Flow, Side, Step, StepKind, Thread, View};
use comity_exchange::{CaseAct, CaseFile, Scope, Stepped};
use comity_record::{
    Labels, OfficerId, PartyCode, Timestamp,
    label::{Purpose, Tlp},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A contact is silent where its last check has waited so long for an answer (design figure: a day).
const SILENT_MILLIS: i64 = 24 * 3_600_000;

/// Sends a contact check to one party or to all.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SendPing {
    /// The party; absent: every peer that is not suspended.
    pub to: Option<String>,
    /// Whether it is part of an exercise.
    pub exercise: bool,
}

/// Answers the contact checks that have come and wait.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AnswerPing {
    /// Only those of this party.
    pub from: Option<String>,
    /// Those of exercises instead of real ones.
    pub exercise: bool,
}

/// Shows the contacts with their checks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ListPings {
    /// Only this party.
    pub peer: Option<String>,
    /// Those of exercises instead of real ones.
    pub exercise: bool,
}

/// What became of a ping or of its answer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PingSent {
    /// The other party.
    pub party: String,
    /// The check's own reference.
    pub reference: String,
    /// Whether our border cleared it.
    pub cleared: bool,
    /// The codes of a refusal.
    pub codes: Vec<String>,
}

/// A contact with its checks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ContactShown {
    /// The party.
    pub party: String,
    /// Whether the last check waits for an answer longer than a day, or none was ever answered.
    pub silent: bool,
    /// How many of our checks it has answered.
    pub answered: u64,
    /// How many of our checks there were.
    pub sent: u64,
    /// The middle answer time, in seconds.
    pub median_seconds: Option<u64>,
    /// Each check, newest first.
    pub checks: Vec<CheckShown>,
}

/// One contact check.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CheckShown {
    /// Its reference.
    pub reference: String,
    /// Whether we asked.
    pub ours: bool,
    /// Whether it is part of an exercise.
    pub exercise: bool,
    /// When it was sent, by the clock of who asked.
    pub sent: String,
    /// When it was answered, by the clock of who answered.
    pub answered: Option<String>,
    /// The time between both, in seconds.
    pub seconds: Option<u64>,
}

impl Action for SendPing {
    const NAME: &'static str = "ping.send";
    const SUMMARY: &'static str = "sends a contact check to one party or to all";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Vec<PingSent>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<PingSent>, Fault> {
        let to: Option<PartyCode> = self.to.map(|to| to.parse()).transpose().map_err(Fault::input)?;
        let by = ctx.by.clone();
        let exercise = self.exercise;
        ctx.sequencer.run(move |desk, means| Box::pin(send(desk, means, to, exercise, by))).await?
    }
}

impl Action for AnswerPing {
    const NAME: &'static str = "ping.answer";
    const SUMMARY: &'static str = "answers the contact checks that have come";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Vec<PingSent>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<PingSent>, Fault> {
        let from: Option<PartyCode> = self.from.map(|from| from.parse()).transpose().map_err(Fault::input)?;
        let by = ctx.by.clone();
        let exercise = self.exercise;
        ctx.sequencer.run(move |desk, means| Box::pin(answer(desk, means, from, exercise, by))).await?
    }
}

impl Action for ListPings {
    const NAME: &'static str = "ping.list";
    const SUMMARY: &'static str = "shows the contacts with their checks and answer times";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Vec<ContactShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<ContactShown>, Fault> {
        let read = ctx.sequencer.run(|desk, _| {
            Box::pin(async move {
                let peers: BTreeSet<PartyCode> = desk.peers().keys().cloned().collect();
                agenda::files(desk).await.map(|files| (peers, files))
            })
        });
        let (peers, files) = read.await??;
        let mut by_peer: BTreeMap<PartyCode, Vec<CaseFile>> =
            peers.into_iter().map(|peer| (peer, Vec::new())).collect();
        for file in files.into_iter().filter(|file| file.history.flow() == Flow::Ping) {
            if file.history.view().exercise == self.exercise {
                by_peer.entry(file.peer.clone()).or_default().push(file);
            }
        }
        let wanted =
            by_peer.into_iter().filter(|(peer, _)| self.peer.as_ref().is_none_or(|one| one == peer.as_str()));
        let now = ctx.now();
        Ok(wanted.map(|(peer, files)| contact(&peer, &files, now)).collect())
    }
}

async fn send(
    desk: &mut NodeDesk,
    means: &mut Means,
    to: Option<PartyCode>,
    exercise: bool,
    by: Option<OfficerId>,
) -> Result<Vec<PingSent>, Fault> {
    let to = match to {
        Some(to) => vec![to],
        None => {
            let open = desk.peers().iter().filter(|(_, peer)| peer.suspended.is_none());
            open.map(|(code, _)| code.clone()).collect()
        }
    };
    let mut sent = Vec::new();
    for party in to {
        let now = means.now();
        let mut nonce = [0; 16];
        means.entropy().fill(&mut nonce);
        let reference = format!("ping {}", now);
        let case = CaseId::of(desk.party(), &party, &reference, &nonce);
        let step = Step::Send {
            form: "ping".to_owned(),
            fields: BTreeMap::new(),
            request: None,
            emergency: false,
            reference: reference.clone(),
        };
        let act = act(desk, case, &party, exercise, by.clone(), step, now)?;
        let stepped = desk.case_step(now, means.entropy(), &act).await?;
        sent.push(told(&party, reference, &stepped));
    }
    Ok(sent)
}

async fn answer(
    desk: &mut NodeDesk,
    means: &mut Means,
    from: Option<PartyCode>,
    exercise: bool,
    by: Option<OfficerId>,
) -> Result<Vec<PingSent>, Fault> {
    let mut answered = Vec::new();
    for file in agenda::files(desk).await? {
        let view = file.history.view();
        let waits = file.history.flow() == Flow::Ping && file.side == Side::Asked && !is_answered(&view);
        if !waits || view.exercise != exercise || from.as_ref().is_some_and(|from| *from != file.peer) {
            continue;
        }
        let now = means.now();
        let reference = view.reference.unwrap_or_default();
        let step = Step::Acknowledge { ticket: format!("answer to {reference}") };
        let act = act(desk, file.case, &file.peer, exercise, by.clone(), step, now)?;
        let stepped = desk.case_step(now, means.entropy(), &act).await?;
        answered.push(told(&file.peer, reference, &stepped));
    }
    Ok(answered)
}

/// A step of a contact check: information between two desks, on the competence of both.
fn act(
    desk: &NodeDesk,
    case: CaseId,
    peer: &PartyCode,
    exercise: bool,
    by: Option<OfficerId>,
    step: Step,
    now: Timestamp,
) -> Result<CaseAct, Fault> {
    let purpose = Purpose::ConfidenceBuilding;
    let request = request(desk, now, peer, purpose, &Grounds::default(), by.as_ref())?;
    let unit = request.sender_unit.as_ref().map(|unit| unit.unit.clone()).ok_or_else(|| {
        Fault::new(
            "case/no-designation",
            format!("no unit of this party is designated for `{purpose}` today"),
        )
        .help("enter one with `comity authority add`")
    })?;
    let console = || "console".parse().map_err(Fault::input);
    let mut labels = Labels::new(Tlp::Amber);
    labels.purpose.insert(purpose);
    Ok(CaseAct {
        case,
        peer: peer.clone(),
        flow: Flow::Ping,
        exercise,
        thread: Thread::Diplomatic,
        unit,
        officer: by.map_or_else(console, Ok)?,
        second: None,
        step,
        asks: None,
        labels,
        request,
    })
}

fn told(party: &PartyCode, reference: String, stepped: &Stepped) -> PingSent {
    let rulings = stepped.verdicts.iter().map(|(_, verdict)| &verdict.decision.ruling);
    PingSent {
        party: party.to_string(),
        reference,
        cleared: stepped.position.is_some(),
        codes: rulings.flat_map(|ruling| ruling.codes.iter().map(ToString::to_string)).collect(),
    }
}

fn is_answered(view: &View) -> bool {
    view.lines.iter().any(|line| line.step == StepKind::Acknowledge)
}

fn contact(peer: &PartyCode, files: &[CaseFile], now: Timestamp) -> ContactShown {
    let mut checks: Vec<(Timestamp, CheckShown)> = files.iter().filter_map(check).collect();
    checks.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let ours = || checks.iter().filter(|(_, check)| check.ours);
    let waiting = ours().next().filter(|(_, check)| check.answered.is_none());
    let silent = waiting.is_some_and(|(at, _)| at.plus_millis(SILENT_MILLIS) < now);
    let mut seconds: Vec<u64> = ours().filter_map(|(_, check)| check.seconds).collect();
    seconds.sort_unstable();
    ContactShown {
        party: peer.to_string(),
        silent,
        answered: seconds.len() as u64,
        sent: ours().count() as u64,
        median_seconds: seconds.get(seconds.len() / 2).copied(),
        checks: checks.into_iter().map(|(_, check)| check).collect(),
    }
}

fn check(file: &CaseFile) -> Option<(Timestamp, CheckShown)> {
    let view = file.history.view();
    let sent = view.lines.iter().find(|line| line.step == StepKind::Send)?.at;
    let answered = view.lines.iter().find(|line| line.step == StepKind::Acknowledge).map(|line| line.at);
    let took =
        answered.map(|at| at.as_millis().saturating_sub(sent.as_millis()).max(0).unsigned_abs() / 1000);
    let shown = CheckShown {
        reference: view.reference.clone().unwrap_or_default(),
        ours: file.side == Side::Asking,
        exercise: view.exercise,
        sent: sent.to_string(),
        answered: answered.map(|at| at.to_string()),
        seconds: took,
    };
    Some((sent, shown))
}
