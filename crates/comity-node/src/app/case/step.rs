//! Taking a step in a case, and what is open to whom.

use super::{
    acting::Acting,
    labels,
    resting::RestsOn,
    send::{SteppedShown, not_given, shown},
    steps::{Given, kind_of, step_of},
};
use crate::app::{Action, Ctx, Fault, NodeDesk, evidence::ended};
use comity_affairs::{
    Flow, Side, State, Step, Thread, View,
    ground::{Standing, standing},
};
use comity_exchange::{CaseAct, CaseFault, CaseFile, DeskFault, Entropy, Scope, Sharing};
use comity_record::{Date, OfficerId, RecordId, Timestamp, UnitCode, label::Purpose};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Takes a step in a case that was sent or received.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct StepCase {
    /// The case, by the digits of its id, our reference or the other side's ticket.
    pub case: String,
    /// The step, such as `begin-check`.
    pub step: String,
    /// What the step says, by option: `ground`, `reasons`, `until` and so on.
    #[serde(default)]
    pub with: BTreeMap<String, Vec<String>>,
    /// Fields, by their codes.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// The thread; that of the step which opened the case where absent.
    pub thread: Option<String>,
    /// The unit that takes it; the officer's own where absent.
    pub unit: Option<String>,
    /// The officer, where the console speaks for one.
    pub officer: Option<String>,
    /// What it rests on, where that is another basis than the case rested on so far.
    #[serde(default)]
    pub rests_on: RestsOn,
}

impl Action for StepCase {
    const NAME: &'static str = "case.step";
    const SUMMARY: &'static str =
        "takes a step in a case: acknowledge, check, ask back, refuse, execute and so on";
    const SCOPE: Scope = Scope::Cases;
    type Reply = SteppedShown;

    async fn run(self, ctx: &Ctx) -> Result<SteppedShown, Fault> {
        let by = ctx.by.clone();
        let stepped = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let kind = kind_of(&self.step)?;
                let acting = Acting::of(desk.house(), by.as_ref(), self.officer.as_deref(), now.date())?;
                let (file, mut act, notes) = self.act(desk, &acting, kind, now.date()).await?;
                must_be_whole(desk, &file).await?;
                if let Some(refused) = give(desk, now, means.entropy(), &file, &mut act).await? {
                    return Ok(refused);
                }
                if let Step::TellAccessEnded { manifest, on } = &act.step {
                    ended::enter(desk, now, means.entropy(), RecordId(*manifest), *on).await?;
                }
                let stepped = desk.case_step(now, means.entropy(), &act).await?;
                shown(desk, &stepped, notes).await
            })
        });
        stepped.await?
    }
}

/// What a delivery names crosses first, under the terms of the case; where the border refuses that, there is no delivery.
/// Where redaction came first, the delivery names what was made of the record.
async fn give(
    desk: &mut NodeDesk,
    now: Timestamp,
    entropy: &mut dyn Entropy,
    file: &CaseFile,
    act: &mut CaseAct,
) -> Result<Option<SteppedShown>, DeskFault> {
    let Step::Deliver { record } = &mut act.step else { return Ok(None) };
    if desk.given(&file.peer).await?.contains(record) {
        return Ok(None);
    }
    let mut request = act.request.clone();
    if file.history.flow() == Flow::Spontaneous {
        request.purpose = Purpose::SpontaneousInformation;
        request.terms = Some(format!("the terms accepted in case {}", file.case));
    }
    let shared = desk.share(now, entropy, vec![Sharing { record: *record, request }]).await?;
    match shared.iter().find(|one| one.position.is_some()) {
        Some(given) => {
            *record = given.judged;
            Ok(None)
        }
        None => Ok(Some(not_given(file, &shared))),
    }
}

/// A chain grows only behind steps that the other side has or will get: else what follows would wait there for ever.
async fn must_be_whole(desk: &NodeDesk, file: &CaseFile) -> Result<(), Fault> {
    let lost = desk.case_delivery(file).await?.into_iter().filter(|(_, delivery)| delivery.is_lost()).count();
    if lost == 0 {
        return Ok(());
    }
    let text = format!("{lost} records of ours in this case did not reach `{}`", file.peer);
    Err(Fault::new("case/not-delivered", text)
        .help("`comity case show` says why; `comity case send` sends them again"))
}

impl StepCase {
    async fn act(
        &self,
        desk: &NodeDesk,
        acting: &Acting,
        kind: comity_affairs::StepKind,
        on: comity_record::Date,
    ) -> Result<(CaseFile, CaseAct, Vec<String>), Fault> {
        let case = desk.find_case(&self.case).await?;
        let Some(file) = desk.case_file(case).await? else {
            let text = "the case is a draft: it is opened by sending it";
            return Err(
                Fault::new("case/not-sent", text).help("`comity case authorise`, then `comity case send`")
            );
        };
        let opened = file.entries.first().map_or(Thread::Judicial, |first| first.event.thread);
        let thread = self.thread.as_deref().map(super::thread).transpose()?.unwrap_or(opened);
        acting.must_read(desk.house(), thread, &self.case, on)?;
        let view = file.history.view();
        // What is not open wants nothing to be told: it is said before any option is asked for.
        if kind != comity_affairs::StepKind::Send {
            file.history.must_be_open(file.side, kind).map_err(CaseFault::from).map_err(DeskFault::from)?;
        }
        let mut given = Given { with: self.with.clone(), fields: self.fields.clone() };
        if kind == comity_affairs::StepKind::TellAccessEnded {
            ended::complete(desk, &file, &mut given.with, on).await?;
        }
        let step = step_of(kind, &given, &view)?;
        let mut request = desk.case_request(&file).await?.ok_or_else(|| {
            Fault::new(
                "case/no-judgement",
                "no crossing of this case is held here, so nothing can rest on it",
            )
        })?;
        if self.rests_on.is_named() && request.case.is_none() {
            let text = "this case asks for no measure, so that no step of it rests on a legal basis";
            return Err(Fault::new("case/no-measure", text).help("take the step without one"));
        }
        self.rests_on.read(&acting.officer)?.put(&mut request);
        let unit: Option<UnitCode> =
            self.unit.as_deref().map(str::parse).transpose().map_err(Fault::input)?;
        let competence = acting.competence(desk, unit.as_ref(), request.purpose, on)?;
        let purpose: Purpose = request.purpose;
        request.sender_unit = Some(competence.clone());
        let second = second(desk, &file, acting, &step).await?;
        let notes = notes(desk, &file, &step, on).await?;
        let embargo = embargo(&view, &step, on);
        let act = CaseAct {
            case,
            peer: file.peer.clone(),
            flow: file.history.flow(),
            exercise: view.exercise,
            thread,
            unit: competence.unit,
            officer: acting.officer.clone(),
            second,
            step,
            asks: None,
            labels: labels::under_embargo(labels::of_channel(thread, purpose), embargo)?,
            request,
        };
        Ok((file, act, notes))
    }
}

/// What a step of a disclosure says stays under embargo until the day agreed, or proposed where none is; a step that names a
/// later day until that. What is public, or whose day has come, is under none.
fn embargo(view: &View, step: &Step, on: Date) -> Option<Date> {
    let named = match step {
        Step::ProposeDay { day, .. } | Step::AgreeDay { day } => Some(*day),
        Step::Publish { .. } => return None,
        _ => None,
    };
    let known = view.disclosure.embargo().into_iter().chain(named).max();
    known.filter(|day| view.flow == Flow::Disclosure && *day > on)
}

/// The second person of a release: who approved this very manifest at home, and is another officer.
async fn second(
    desk: &NodeDesk,
    file: &CaseFile,
    acting: &Acting,
    step: &Step,
) -> Result<Option<OfficerId>, Fault> {
    let Step::Release { manifest } = step else { return Ok(None) };
    let home = desk.home_of(file.case).await?;
    let second = home.second(step.kind().as_str(), Some(*manifest), &acting.officer);
    second.cloned().map(Some).ok_or_else(|| {
        Fault::new("case/no-second", "nobody else has approved the release of this manifest").help(
            "a second officer approves it with `comity case authorise ID --step release --manifest HASH`",
        )
    })
}

/// What the register says of a step. It is shown, and blocks nothing.
async fn notes(desk: &NodeDesk, file: &CaseFile, step: &Step, on: Date) -> Result<Vec<String>, DeskFault> {
    if let Step::Preserve { until } = step {
        let about = super::show::About::of(desk, file).await?;
        return Ok(about.too_short(&desk.law().register, *until, on).into_iter().collect());
    }
    let (Step::Refuse { ground, .. } | Step::Postpone { ground, .. }) = step else { return Ok(Vec::new()) };
    let about = super::show::About::of(desk, file).await?;
    let how = standing(&desk.law().register, about.ground(), &ground.code);
    Ok(match how {
        Standing::Listed => Vec::new(),
        _ => vec![format!("the ground `{}` is {}; it was stated all the same", ground.code, how.as_str())],
    })
}

/// Whose turn it is to move the case on, in words.
pub fn who_moves(file: &CaseFile, own: &str) -> String {
    let view = file.history.view();
    if view.state.is_final() {
        return "nobody: nothing more is expected".to_owned();
    }
    let moves = |side: Side| {
        comity_affairs::table::edges(view.flow, view.emergency)
            .any(|edge| edge.owner == side && edge.to.is_some() && edge.from.contains(&view.state))
    };
    let name = |side: Side| if side == file.side { own.to_owned() } else { file.peer.to_string() };
    match (moves(Side::Asking), moves(Side::Asked), view.state) {
        (_, true, _) if view.state != State::InfoNeeded && view.state != State::Offered => name(Side::Asked),
        (true, ..) => name(Side::Asking),
        (false, true, _) => name(Side::Asked),
        (false, false, _) => "nobody: nothing more is expected".to_owned(),
    }
}
