//! Counts of cases: per pair of States, measure and ground. What is counted is what the signed events of both sides say;
//! exercises and contact checks are never among it.

use crate::{Flow, Side, State, StepKind, View, oversight::Safeguards};
use comity_record::{PartyCode, Timestamp};
use std::collections::BTreeMap;

/// A case to be counted.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    /// What it comes to.
    pub view: &'a View,
    /// Our side.
    pub side: Side,
    /// The other party.
    pub peer: &'a PartyCode,
    /// The measure; absent where none is asked for.
    pub measure: Option<&'a str>,
    /// What officers last stated of its safeguards; absent where nobody has.
    pub safeguards: Option<&'a Safeguards>,
}

/// How a case ended, or that it has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// Nothing was decided yet.
    Open,
    /// Help was given or is being given, in whole or part.
    Granted,
    /// Refused.
    Refused,
    /// It could not be done.
    NotPossible,
    /// Not pursued after silence, by a person with reasons.
    NotPursued,
    /// Withdrawn.
    Withdrawn,
}

/// A stage whose time is measured, from the sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The desk said that it has it.
    Acknowledged,
    /// The asked State decided.
    Decided,
    /// The measure was carried out.
    CarriedOut,
    /// The product came.
    Received,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: &'static [Stage] =
        &[Stage::Acknowledged, Stage::Decided, Stage::CarriedOut, Stage::Received];

    /// The stage as a code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Stage::Acknowledged => "acknowledged",
            Stage::Decided => "decided",
            Stage::CarriedOut => "carried-out",
            Stage::Received => "received",
        }
    }

    const fn steps(self) -> &'static [StepKind] {
        match self {
            Stage::Acknowledged => &[StepKind::Acknowledge],
            Stage::Decided => &[
                StepKind::Accept,
                StepKind::Refuse,
                StepKind::AcceptTerms,
                StepKind::Preserve,
                StepKind::Assess,
            ],
            Stage::CarriedOut => &[StepKind::Execute, StepKind::Preserve],
            Stage::Received => &[StepKind::ReceiveProduct],
        }
    }
}

/// How times to a stage lie: the middle one, the quarters and the ends, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// How many cases reached the stage.
    pub count: u32,
    /// The shortest.
    pub least: i64,
    /// A quarter took at most this.
    pub lower: i64,
    /// Half took at most this.
    pub median: i64,
    /// Three quarters took at most this.
    pub upper: i64,
    /// The longest.
    pub most: i64,
}

/// What is counted apart: a pair, a direction, a measure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// The other party.
    pub peer: PartyCode,
    /// Whether we sent it.
    pub sent: bool,
    /// The measure, or the flow where none is asked for.
    pub measure: String,
}

/// The counts of a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All cases.
    pub all: u32,
    /// By ending.
    pub endings: BTreeMap<Ending, u32>,
    /// Refusals by ground.
    pub grounds: BTreeMap<String, u32>,
    /// Cases in which life was in danger.
    pub emergency: u32,
    /// Of these, those whose papers were filed and could be reviewed.
    pub reviewed: u32,
    /// Cases with conditions on use.
    pub conditions: u32,
    /// Cases in which exculpatory material was told of.
    pub exculpatory: u32,
    /// Cases of which somebody stated how many persons they affect.
    pub stated: u32,
    /// Of these cases together: persons affected, persons given notice, errors found, and complaints.
    pub safeguards: Safeguards,
    times: BTreeMap<Stage, Vec<i64>>,
}

impl Counts {
    /// How many ended so.
    pub fn ended(&self, ending: Ending) -> u32 {
        self.endings.get(&ending).copied().unwrap_or(0)
    }

    /// How the times to a stage lie; `None` where no case reached it.
    pub fn times(&self, stage: Stage) -> Option<Times> {
        let mut times = self.times.get(&stage)?.clone();
        times.sort_unstable();
        // The value at or below which that part of all lies: nearest rank.
        let rank = |part: usize| times.get((times.len() * part).div_ceil(4).max(1) - 1).copied();
        Some(Times {
            count: u32::try_from(times.len()).unwrap_or(u32::MAX),
            least: times.first().copied()?,
            lower: rank(1)?,
            median: rank(2)?,
            upper: rank(3)?,
            most: times.last().copied()?,
        })
    }
}

/// Counts cases by cell. `year` takes only those sent in that year (UTC).
pub fn count<'a>(cases: impl IntoIterator<Item = Counted<'a>>, year: Option<i16>) -> BTreeMap<Cell, Counts> {
    let mut cells: BTreeMap<Cell, Counts> = BTreeMap::new();
    for case in cases {
        let Some(sent) = sent(case.view) else { continue };
        let in_year = year.is_none_or(|year| year_of(sent) == Some(year));
        if case.view.exercise || case.view.flow == Flow::Ping || !in_year {
            continue;
        }
        let cell = Cell {
            peer: case.peer.clone(),
            sent: case.side == Side::Asking,
            measure: case.measure.map_or_else(|| case.view.flow.to_string(), str::to_owned),
        };
        let counts = cells.entry(cell).or_default();
        enter(counts, case.view, sent);
        if let Some(stated) = case.safeguards {
            counts.stated += 1;
            counts.safeguards = counts.safeguards.plus(*stated);
        }
    }
    cells
}

fn enter(counts: &mut Counts, view: &View, sent: Timestamp) {
    counts.all += 1;
    let ending = ending(view);
    *counts.endings.entry(ending).or_default() += 1;
    if let (Ending::Refused, Some((ground, _))) = (ending, &view.ground) {
        *counts.grounds.entry(ground.code.clone()).or_default() += 1;
    }
    counts.emergency += u32::from(view.emergency);
    counts.reviewed += u32::from(view.emergency && view.papers_filed);
    counts.conditions += u32::from(!view.conditions.is_empty());
    let exculpatory = view.lines.iter().any(|line| line.step == StepKind::TellExculpatory);
    counts.exculpatory += u32::from(exculpatory);
    for stage in Stage::ALL {
        let reached = view.lines.iter().find(|line| stage.steps().contains(&line.step));
        if let Some(line) = reached {
            let took = line.at.as_millis().saturating_sub(sent.as_millis()).max(0);
            counts.times.entry(*stage).or_default().push(took);
        }
    }
}

fn sent(view: &View) -> Option<Timestamp> {
    view.lines.iter().find(|line| line.step == StepKind::Send).map(|line| line.at)
}

pub(crate) fn year_of(at: Timestamp) -> Option<i16> {
    at.date().to_string().split('-').next()?.parse().ok()
}

/// The last step that decides says how a case ended; what was noted after it, as a withdrawal that met a refusal, does not.
pub fn ending(view: &View) -> Ending {
    if view.state == State::Withdrawn {
        return Ending::Withdrawn;
    }
    let decides = |step| {
        Some(match step {
            StepKind::Accept | StepKind::AcceptTerms | StepKind::Preserve | StepKind::BeginExecution => {
                Ending::Granted
            }
            StepKind::Refuse | StepKind::Decline => Ending::Refused,
            StepKind::CannotExecute => Ending::NotPossible,
            StepKind::CloseForSilence => Ending::NotPursued,
            StepKind::Reconsider | StepKind::GiveInformation => Ending::Open,
            _ => return None,
        })
    };
    let mut moved = view.lines.iter().rev().filter(|line| !line.crossed || line.from != line.to);
    moved.find_map(|line| decides(line.step)).unwrap_or(Ending::Open)
}
