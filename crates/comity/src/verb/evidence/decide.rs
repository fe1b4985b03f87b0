//! `comity evidence decide`: decisions about evidence, each a person's and each entered.

use crate::{Exit, Fault, Screen, place::Chosen, reach, screen::Tone};
use clap::{Args, Subcommand};
use comity_node::app::evidence::care::{DecideEvidence, Decision};

const HELP: &str = "\
Decisions are notes beside the custody record. Nothing follows from a clock: a hold \
stops deletion until a person ends it, a defect report waits for a person.

Example:
  comity evidence decide 1a2b3c4d hold --by court --reference 'order 7'
  comity evidence decide 1a2b3c4d --object 0002 pass --reason 'no privilege'

Next:
  comity evidence show RECORD";

/// `comity evidence decide`
#[derive(Debug, Args)]
#[command(after_help = HELP, subcommand_help_heading = "Decisions", subcommand_value_name = "DECISION")]
pub struct Decide {
    /// The record of the manifest, at least eight digits
    #[arg(value_name = "RECORD")]
    record: String,
    /// An object: id, name or digits of the SHA-256; all if none
    #[arg(long = "object", value_name = "OBJECT")]
    objects: Vec<String>,
    #[command(subcommand)]
    what: What,
}

const NOTE_HELP: &str = "\
Example:
  comity evidence decide --help

Next:
  comity evidence show RECORD";

/// What is decided.
#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Stop deletion: court, appeal or exculpatory
    #[command(after_help = NOTE_HELP)]
    Hold {
        /// What stops it
        #[arg(long, value_name = "WHAT")]
        by: String,
        /// The order, appeal or claim
        #[arg(long, value_name = "TEXT")]
        reference: String,
    },
    /// End a hold
    #[command(after_help = NOTE_HELP)]
    EndHold {
        /// What ended
        #[arg(long, value_name = "WHAT")]
        by: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// As the filter team, let objects pass to the investigators
    #[command(after_help = NOTE_HELP)]
    Pass {
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// As the filter team, keep objects from the investigators
    #[command(after_help = NOTE_HELP)]
    Withhold {
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Decide on the last defect report
    #[command(after_help = NOTE_HELP)]
    Defects {
        /// The report is accepted; without it, it is not
        #[arg(long)]
        accepted: bool,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Objects may clear somebody
    #[command(after_help = NOTE_HELP)]
    Exculpatory {
        /// They were disclosed before the other State could be told
        #[arg(long)]
        disclosed_already: bool,
    },
    /// Objects were disclosed to the defence
    #[command(after_help = NOTE_HELP)]
    Disclosed {
        /// To whom
        #[arg(long, value_name = "TEXT")]
        to: String,
    },
    /// Put disclosure off
    #[command(after_help = NOTE_HELP)]
    DeferDisclosure {
        /// Until which day
        #[arg(long, value_name = "DAY")]
        until: String,
        /// Why, and by whose order
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// The person concerned was told
    #[command(after_help = NOTE_HELP)]
    Told {
        /// Who
        #[arg(long, value_name = "TEXT")]
        person: String,
    },
    /// Put telling the person off
    #[command(after_help = NOTE_HELP)]
    DeferNotice {
        /// Until which day
        #[arg(long, value_name = "DAY")]
        until: String,
        /// Why, and by whose order
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// Enters the decision.
pub fn run(verb: &Decide, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let decision = match verb.what.clone() {
        What::Hold { by, reference } => Decision::Hold { by, reference },
        What::EndHold { by, reason } => Decision::EndHold { by, reason },
        What::Pass { reason } => Decision::Pass { reason },
        What::Withhold { reason } => Decision::Withhold { reason },
        What::Defects { accepted, reason } => Decision::Defects { accepted, reason },
        What::Exculpatory { disclosed_already } => Decision::Exculpatory { disclosed_already },
        What::Disclosed { to } => Decision::Disclosed { to },
        What::DeferDisclosure { until, reason } => Decision::DeferDisclosure { until, reason },
        What::Told { person } => Decision::Told { person },
        What::DeferNotice { until, reason } => Decision::DeferNotice { until, reason },
    };
    let decide = DecideEvidence { record: verb.record.clone(), objects: verb.objects.clone(), decision };
    let entered = reach::ask(&chosen.place()?, decide)?;
    screen.answer(&entered, |screen| {
        screen.say(Tone::Good, &format!("Entered: the ledger has {} entries.", entered.ledger_size));
    });
    Ok(Exit::Ok)
}
