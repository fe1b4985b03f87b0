//! Disclosures of vulnerabilities, by vulnerability: with which parties they stand, which day each proposed, and whether all
//! have the same. Each is a case between two parties; its steps are those of [`super::case`].
//!
//! **Invariant:** it reads and warns. No day that comes makes a step, and nothing here publishes.

use super::{
    Action, Ctx, Fault,
    agenda::{Beside, files, running_in},
    case::{acting::Acting, show::says, step::who_moves},
    sequencer::NodeDesk,
};
use comity_affairs::{Finding, Flow, Side, State, clock::ClockKind};
use comity_exchange::{CaseFile, Scope};
use comity_record::{Date, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The field of the form that names the vulnerability.
const VULNERABILITY: &str = "vulnerability";

/// Lists disclosures by vulnerability.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ListDisclosures {
    /// Only this vulnerability, as the reports name it.
    pub vulnerability: Option<String>,
    /// Exercises instead of real matters.
    #[serde(default)]
    pub exercise: bool,
    /// The officer, where the console speaks for one.
    pub officer: Option<String>,
}

/// A vulnerability with everybody with whom it stands.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct VulnerabilityShown {
    /// The vulnerability, as the reports name it.
    pub vulnerability: String,
    /// The day on which every open case of it agrees; absent where they do not, or where no day is agreed in one.
    pub day: Option<String>,
    /// How its day stands: `agreed`, `open`, `differs`, `in dispute` or `published`.
    pub standing: String,
    /// Its cases.
    pub cases: Vec<DisclosureShown>,
}

/// A disclosure between us and one party.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DisclosureShown {
    /// The case.
    pub case: String,
    /// The reference of the side that reported.
    pub reference: Option<String>,
    /// The other party.
    pub party: String,
    /// Our side: asking (we reported) or asked.
    pub side: String,
    /// Where it stands.
    pub state: String,
    /// Who must move.
    pub moves: String,
    /// What the other side, or we, found last.
    pub finding: Option<String>,
    /// When a remedy is to be ready.
    pub fix: Option<String>,
    /// The day that we proposed last.
    pub proposed_by_us: Option<String>,
    /// The day that the other party proposed last.
    pub proposed_by_them: Option<String>,
    /// The day on which both agreed last. It stands until both agree on another.
    pub agreed: Option<String>,
    /// The first day on which others may pass on what is said in the case.
    pub embargo_until: Option<String>,
    /// Where we say that we published.
    pub published_by_us: Option<String>,
    /// Where the other party says that it published.
    pub published_by_them: Option<String>,
    /// When publication is due, and what that clock says: `overdue`, `soon` or `later`. It warns and publishes nothing.
    pub due: Option<(String, String)>,
}

impl Action for ListDisclosures {
    const NAME: &'static str = "disclosure.list";
    const SUMMARY: &'static str =
        "lists disclosures of vulnerabilities with the day each side proposed, and whether all agree";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Vec<VulnerabilityShown>;

    async fn run(self, ctx: &Ctx) -> Result<Vec<VulnerabilityShown>, Fault> {
        let by = ctx.by.clone();
        let listed = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let acting = Acting::of(desk.house(), by.as_ref(), self.officer.as_deref(), now.date())?;
                self.list(desk, &acting, now).await
            })
        });
        listed.await?
    }
}

impl ListDisclosures {
    async fn list(
        &self,
        desk: &NodeDesk,
        acting: &Acting,
        now: Timestamp,
    ) -> Result<Vec<VulnerabilityShown>, Fault> {
        let all = files(desk).await?;
        let beside = Beside::of(desk, &all).await?;
        let mut found: BTreeMap<String, Vec<DisclosureShown>> = BTreeMap::new();
        for file in all.iter().filter(|file| self.is_wanted(desk, acting, now.date(), file)) {
            let clocks = running_in(desk, file, &beside).await?;
            let due = clocks.iter().find(|clock| clock.kind == ClockKind::Publication);
            let due = due.map(|clock| (clock.due.to_string(), says(clock.says(now)).to_owned()));
            found.entry(named(file)).or_default().push(shown(desk, file, due));
        }
        Ok(found.into_iter().map(|(vulnerability, cases)| together(vulnerability, cases)).collect())
    }

    /// Who does not read the thread of the report is shown nothing of the case.
    fn is_wanted(&self, desk: &NodeDesk, acting: &Acting, on: Date, file: &CaseFile) -> bool {
        let view = file.history.view();
        let reads = file.entries.first().is_some_and(|one| acting.reads(desk.house(), one.event.thread, on));
        let wanted = self.vulnerability.as_ref().is_none_or(|wanted| *wanted == named(file));
        view.flow == Flow::Disclosure && view.exercise == self.exercise && reads && wanted
    }
}

fn named(file: &CaseFile) -> String {
    let view = file.history.view();
    let name = view.fields.get(VULNERABILITY).map(|name| name.trim().to_owned());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "not named".to_owned())
}

fn shown(desk: &NodeDesk, file: &CaseFile, due: Option<(String, String)>) -> DisclosureShown {
    let view = file.history.view();
    let known = &view.disclosure;
    let (ours, theirs) = (file.side, file.side.other());
    let proposed = |side: Side| known.proposed.get(&side).map(Date::to_string);
    DisclosureShown {
        case: file.case.to_string(),
        reference: view.reference.clone(),
        party: file.peer.to_string(),
        side: file.side.to_string(),
        state: view.state.to_string(),
        moves: who_moves(file, desk.party().as_str()),
        finding: known.finding.map(Finding::as_str).map(str::to_owned),
        fix: known.fix.map(|day| day.to_string()),
        proposed_by_us: proposed(ours),
        proposed_by_them: proposed(theirs),
        agreed: known.agreed.map(|day| day.to_string()),
        embargo_until: known.embargo().map(|day| day.to_string()),
        published_by_us: known.published.get(&ours).cloned(),
        published_by_them: known.published.get(&theirs).cloned(),
        due,
    }
}

/// Whether all who know of it have the same day. Whoever publishes for one, publishes for all: so that is told first.
fn together(vulnerability: String, cases: Vec<DisclosureShown>) -> VulnerabilityShown {
    let open = |one: &&DisclosureShown| {
        let over = [State::Withdrawn, State::Closed, State::Declined].map(State::as_str);
        !over.contains(&one.state.as_str())
    };
    let days: BTreeSet<Option<&String>> = cases.iter().filter(open).map(|one| one.agreed.as_ref()).collect();
    let is_public = |one: &DisclosureShown| one.published_by_us.is_some() || one.published_by_them.is_some();
    let disputed = |one: &DisclosureShown| one.state == State::DayDisputed.as_str();
    let standing = match days.len() {
        _ if cases.iter().any(is_public) => "published",
        _ if cases.iter().any(disputed) => "in dispute",
        0 => "open",
        1 if days.contains(&None) => "open",
        1 => "agreed",
        _ => "differs",
    };
    let day = days.first().copied().flatten().filter(|_| days.len() == 1).cloned();
    VulnerabilityShown { vulnerability, day, standing: standing.to_owned(), cases }
}
