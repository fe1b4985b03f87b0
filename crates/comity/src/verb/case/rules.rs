//! `comity case mandate` and `comity case rule`: what the State has set.

use crate::{Exit, Fault, Screen, place::Chosen, reach, screen::Tone};
use clap::Args;
use comity_node::app::{
    case::mandate::{SetMandate as Mandate, SetRule as Rule},
    peer::Entered,
};
use comity_record::Date;

const MANDATE_HELP: &str = "\
Once a mandate is set, a unit without one reads no thread. The threads of a case are \
police, judicial and diplomatic; a unit sees the steps of its own threads alone.

Example:
  comity case mandate prosecution --role prosecutor --thread judicial \\
    --law 'Prosecution Act s 7' --dir ./xa

Next:
  comity case rule judicial --role prosecutor --law 'MLA Act s 3' --dir ./xa";

const RULE_HELP: &str = "\
Without a rule one officer authorises. Of several rules that are about a case, all \
count, and the highest number of persons.

Example:
  comity case rule coercive --measure stored_content --role prosecutor \\
    --role judge --persons 2 --law 'Criminal Procedure Act s 100' --dir ./xa

Next:
  comity case new --to XB --measure stored_content --show-form --dir ./xa";

/// `comity case mandate`
#[derive(Debug, Args)]
#[command(after_help = MANDATE_HELP)]
pub struct SetMandate {
    /// The unit
    #[arg(value_name = "UNIT")]
    unit: String,
    /// A role in which its officers authorise; may be repeated
    #[arg(long = "role", value_name = "ROLE", value_parser = ["investigator", "prosecutor", "judge", "central-authority"])]
    roles: Vec<String>,
    /// A thread that they read and write; may be repeated
    #[arg(long = "thread", value_name = "THREAD", value_parser = ["police", "judicial", "diplomatic"])]
    threads: Vec<String>,
    /// The law or decision behind it
    #[arg(long, value_name = "LAW")]
    law: String,
    /// From which day; today if left out
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// The last day
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
}

/// `comity case rule`
#[derive(Debug, Args)]
#[command(after_help = RULE_HELP)]
pub struct SetRule {
    /// Its name; a rule of the same name is replaced
    #[arg(value_name = "NAME")]
    name: String,
    /// A measure it is about; none means every case; may be repeated
    #[arg(long = "measure", value_name = "MEASURE")]
    measures: Vec<String>,
    /// A role that must authorise; may be repeated
    #[arg(long = "role", value_name = "ROLE", value_parser = ["investigator", "prosecutor", "judge", "central-authority"])]
    roles: Vec<String>,
    /// How many different officers must authorise, at least
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    persons: u8,
    /// The law or decision behind it
    #[arg(long, value_name = "LAW")]
    law: String,
    /// From which day; today if left out
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// The last day
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
}

/// Sets a mandate.
pub fn mandate(verb: &SetMandate, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let mandate = Mandate {
        unit: verb.unit.clone(),
        roles: verb.roles.clone(),
        threads: verb.threads.clone(),
        from: verb.from.map(|day| day.to_string()),
        until: verb.until.map(|day| day.to_string()),
        source: verb.law.clone(),
    };
    Ok(entered(screen, &reach::ask(&chosen.place()?, mandate)?))
}

/// Sets a rule.
pub fn rule(verb: &SetRule, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let rule = Rule {
        name: verb.name.clone(),
        measures: verb.measures.clone(),
        roles: verb.roles.clone(),
        persons: verb.persons,
        from: verb.from.map(|day| day.to_string()),
        until: verb.until.map(|day| day.to_string()),
        source: verb.law.clone(),
    };
    Ok(entered(screen, &reach::ask(&chosen.place()?, rule)?))
}

fn entered(screen: &mut Screen<'_>, entered: &Entered) -> Exit {
    screen.answer(entered, |screen| {
        let text = format!("Entered in the ledger, which has {} entries now.", entered.ledger_size);
        screen.say(Tone::Good, &text);
    });
    Exit::Ok
}
