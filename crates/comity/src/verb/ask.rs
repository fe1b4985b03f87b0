//! `comity ask`: a request for help to another State.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::Tone,
    verb::{
        matter::Matter,
        share::{Resting, judged},
    },
};
use clap::Args;
use comity_node::app::ask::Ask as Asking;
use comity_record::label::Purpose;

const HELP: &str = "\
The request becomes a record of its own and goes through the border like any \
other; it is sent where it is cleared. It is aimed at one person, account, address \
or device: no bulk request can be written. The exit code is 1 where it is refused.

Example:
  comity ask --to XB --measure preserve_stored_data --purpose preservation \\
    --offence illegal_access --penalty 5 --organised no \\
    --account mail.example:person-1 --reference XA-2026-1 \\
    --facts 'a login from this account opened the door' --dir ./xa

Next:
  comity outbox --to XB --dir ./xa    whether it arrived";

/// `comity ask`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Ask {
    /// The asked party
    #[arg(long, value_name = "PARTY")]
    to: String,
    /// What is asked, such as preserve_stored_data
    #[arg(long, value_name = "MEASURE")]
    measure: String,
    /// What for, such as preservation
    #[arg(long, value_name = "PURPOSE")]
    purpose: Purpose,
    #[command(flatten)]
    matter: Matter,
    /// Short facts, and the link between the data and the offence
    #[arg(long, value_name = "TEXT")]
    facts: String,
    /// Our own reference
    #[arg(long, value_name = "TEXT")]
    reference: String,
    #[command(flatten)]
    resting: Resting,
}

/// Asks.
pub fn run(verb: &Ask, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let asking = Asking {
        to: verb.to.to_uppercase(),
        measure: verb.measure.clone(),
        offence: verb.matter.offence.clone(),
        penalty: verb.matter.penalty,
        organised: verb.matter.is_organised(),
        selector: verb.matter.one_selector()?,
        facts: verb.facts.clone(),
        reference: verb.reference.clone(),
        purpose: verb.purpose.to_string(),
        grounds: verb.resting.grounds(),
    };
    let asked = reach::ask(&chosen.place()?, asking)?;
    screen.answer(&asked, |screen| {
        screen.item(7, "request", Tone::Plain, &asked.record);
        asked.judged.iter().for_each(|one| judged(screen, one));
    });
    let cleared = asked.judged.iter().any(|one| one.verdict == "cleared");
    Ok(if cleared { Exit::Ok } else { Exit::No })
}
