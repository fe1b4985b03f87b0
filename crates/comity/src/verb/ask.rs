//! `comity ask`: a request for help to another State.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::Tone,
    verb::share::{Resting, judged},
};
use clap::Args;
use comity_node::app::ask::{Ask as Asking, SelectorAsked};
use comity_record::{Timestamp, label::Purpose};

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
    /// The offence
    #[arg(long, value_name = "OFFENCE")]
    offence: Option<String>,
    /// Its greatest penalty in whole years
    #[arg(long, value_name = "YEARS")]
    penalty: Option<u8>,
    /// Whether an organised criminal group is involved
    #[arg(long, value_name = "YES|NO", value_parser = ["yes", "no"])]
    organised: Option<String>,
    /// An account, as PROVIDER:ACCOUNT
    #[arg(long, value_name = "PROVIDER:ACCOUNT")]
    account: Option<String>,
    /// A named person
    #[arg(long, value_name = "NAME", conflicts_with = "account")]
    person: Option<String>,
    /// One device
    #[arg(long, value_name = "DEVICE", conflicts_with_all = ["account", "person"])]
    device: Option<String>,
    /// An address, seen at --at
    #[arg(long, value_name = "IP", conflicts_with_all = ["account", "person", "device"], requires = "at")]
    address: Option<String>,
    /// The port of --address
    #[arg(long, value_name = "PORT", requires = "address")]
    port: Option<u16>,
    /// When --address was seen, such as 2026-03-01T12:00:00Z
    #[arg(long, value_name = "TIME", requires = "address")]
    at: Option<Timestamp>,
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
        offence: verb.offence.clone(),
        penalty: verb.penalty,
        organised: verb.organised.as_deref().map(|said| said == "yes"),
        selector: selector(verb)?,
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

fn selector(verb: &Ask) -> Result<SelectorAsked, Fault> {
    let wrong = |text: &str| {
        let fault = Fault::new(Exit::Usage, "cli/selector", text);
        fault.with_help("give --account PROVIDER:ACCOUNT, --person, --device, or --address with --at")
    };
    if let Some(account) = &verb.account {
        let (provider, account) =
            account.split_once(':').ok_or_else(|| wrong("an account is PROVIDER:ACCOUNT"))?;
        return Ok(SelectorAsked::Account { provider: provider.to_owned(), account: account.to_owned() });
    }
    match (&verb.person, &verb.device, &verb.address, verb.at) {
        (Some(name), ..) => Ok(SelectorAsked::Person { name: name.clone() }),
        (_, Some(device), ..) => Ok(SelectorAsked::Device { device: device.clone() }),
        (_, _, Some(address), Some(at)) => {
            Ok(SelectorAsked::Address { address: address.clone(), port: verb.port, at: at.to_string() })
        }
        _ => Err(wrong("say whom or what the request is aimed at")),
    }
}
