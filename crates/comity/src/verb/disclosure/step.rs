//! The steps of a disclosure by their own words; each is a step of the case.

use crate::{Exit, Fault, Screen, place::Chosen, reach, verb::case::stepped};
use clap::Args;
use comity_node::app::case::step::StepCase;

const ASSESS: &str = "\
Example:
  comity disclosure assess XA-V-1 --finding found \\
    --text 'the login of 4.1 can be skipped' --dir ./xb

Next:
  comity disclosure list --dir ./xb";

const PLAN: &str = "\
Example:
  comity disclosure plan XA-V-1 --on 2026-05-20 \\
    --text 'a corrected version 4.2.1' --dir ./xb

Next:
  comity disclosure list --dir ./xb";

const PROPOSE: &str = "\
Example:
  comity disclosure propose XA-V-1 --day 2026-06-15 \\
    --reasons 'hospitals update on the 10th' --dir ./xb

Next:
  comity disclosure list --dir ./xb";

const AGREE: &str = "\
Example:
  comity disclosure agree XA-V-1 --day 2026-06-15 --dir ./xa

Next:
  comity disclosure list --dir ./xb";

const DISPUTE: &str = "\
Example:
  comity disclosure dispute XA-V-1 \\
    --reasons 'it is exploited already' --dir ./xa

Next:
  comity disclosure list --dir ./xb";

const PUBLISHED: &str = "\
The step tells the other party what a person did. Before the day on which both agreed, \
or without one, it needs a reason. No clock takes this step.

Example:
  comity disclosure published XA-V-1 --reference CVE-2026-0001 --dir ./xb

Next:
  comity disclosure list --dir ./xb";

/// `comity disclosure assess`
#[derive(Debug, Args)]
#[command(after_help = ASSESS)]
pub struct Assess {
    #[command(flatten)]
    on: OnCase,
    /// What was found
    #[arg(long, value_name = "FINDING", value_parser = ["found", "not-found", "not-ours", "cannot-tell"])]
    finding: String,
    /// What may be told of it
    #[arg(long, value_name = "TEXT")]
    text: String,
}

/// `comity disclosure plan`
#[derive(Debug, Args)]
#[command(after_help = PLAN)]
pub struct Plan {
    #[command(flatten)]
    on: OnCase,
    /// On which day it is to be ready
    #[arg(long = "on", value_name = "DATE")]
    day: String,
    /// What it is, as the other party may know it
    #[arg(long, value_name = "TEXT")]
    text: String,
}

/// `comity disclosure propose`
#[derive(Debug, Args)]
#[command(after_help = PROPOSE)]
pub struct Propose {
    #[command(flatten)]
    on: OnCase,
    /// The day for publication
    #[arg(long, value_name = "DATE")]
    day: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reasons: String,
}

/// `comity disclosure agree`
#[derive(Debug, Args)]
#[command(after_help = AGREE)]
pub struct Agree {
    #[command(flatten)]
    on: OnCase,
    /// The day, as the other party proposed it
    #[arg(long, value_name = "DATE")]
    day: String,
}

/// `comity disclosure dispute`
#[derive(Debug, Args)]
#[command(after_help = DISPUTE)]
pub struct Dispute {
    #[command(flatten)]
    on: OnCase,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reasons: String,
}

/// `comity disclosure published`
#[derive(Debug, Args)]
#[command(after_help = PUBLISHED)]
pub struct Published {
    #[command(flatten)]
    on: OnCase,
    /// The identifier or address under which it is public
    #[arg(long, value_name = "TEXT")]
    reference: String,
    /// Why before the day, or without one on which both agree
    #[arg(long, value_name = "TEXT")]
    early: Option<String>,
}

/// The case, and who acts.
#[derive(Debug, Args)]
struct OnCase {
    /// The case
    #[arg(value_name = "ID")]
    case: String,
    /// The officer for whom the console speaks
    #[arg(long, value_name = "ID")]
    officer: Option<String>,
}

/// Says what was found.
pub fn assess(verb: &Assess, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    take(&verb.on, "assess", &[("finding", &verb.finding), ("text", &verb.text)], chosen, screen)
}

/// Says when a remedy is to be ready.
pub fn plan(verb: &Plan, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    take(&verb.on, "plan-a-fix", &[("on", &verb.day), ("text", &verb.text)], chosen, screen)
}

/// Proposes a day.
pub fn propose(verb: &Propose, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    take(&verb.on, "propose-a-day", &[("day", &verb.day), ("reasons", &verb.reasons)], chosen, screen)
}

/// Agrees to the other side's day.
pub fn agree(verb: &Agree, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    take(&verb.on, "agree-to-the-day", &[("day", &verb.day)], chosen, screen)
}

/// Does not take the day.
pub fn dispute(verb: &Dispute, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    take(&verb.on, "disagree", &[("reasons", &verb.reasons)], chosen, screen)
}

/// Tells that we published.
pub fn published(verb: &Published, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let mut with = vec![("reference", verb.reference.as_str())];
    with.extend(verb.early.as_deref().map(|early| ("early", early)));
    take(&verb.on, "publish", &with, chosen, screen)
}

fn take(
    on: &OnCase,
    step: &str,
    with: &[(&str, &str)],
    chosen: &Chosen,
    screen: &mut Screen<'_>,
) -> Result<Exit, Fault> {
    let told = |(name, value): &(&str, &str)| ((*name).to_owned(), vec![(*value).to_owned()]);
    let step = StepCase {
        case: on.case.clone(),
        step: step.to_owned(),
        with: with.iter().map(told).collect(),
        officer: on.officer.clone(),
        ..StepCase::default()
    };
    let done = reach::ask(&chosen.place()?, step)?;
    Ok(stepped(screen, &done))
}
