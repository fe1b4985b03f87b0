//! `comity guest`, `comity constituent` and `comity circle`: readers who are no officers of the party.

use crate::{
    Exit, Fault, Screen,
    place::{Chosen, Place},
    reach,
    screen::{Cell, Table, Tone},
};
use clap::{Args, Subcommand};
use comity_node::app::{
    account::{
        AccountsShown, AddConstituent, AddGuest, AddPass, EndAccount, GiveCircle, HitsShown, ListAccounts,
        ListHits,
    },
    peer::Entered,
};
use comity_record::{Date, label::Purpose};

const GUEST_HELP: &str = "\
A guest reads by TAXII, MISP, searches and exports what our border clears for the \
party under this purpose, and nothing else; the first read of a record is entered \
in the ledger as a crossing. The party must be a peer.

Example:
  comity guest add xb.duty --party XB --purpose cyber-defence \\
    --name 'duty officer, CERT of XB' --dir ./xa

Next:
  comity guest token xb.duty --dir ./xa";

const CONSTITUENT_HELP: &str = "\
A constituent is somebody at home whom the party serves. It sees what is TLP:AMBER \
or wider and neither personal nor restricted, and in its collection `hits` what \
speaks of its addresses, names and networks: by TAXII, and at /export/hits.csv, \
.txt, .json and so on with its token. Added again, it gets what is given now.

Example:
  comity constituent add hospital-north --name 'Hospital North' \\
    --contact soc@hospital.example --range 192.0.2.0/24 --as 64500 \\
    --domain hospital.example --circle health --dir ./xa

Next:
  comity constituent token hospital-north --dir ./xa
  comity constituent hits --dir ./xa";

const LIST_HELP: &str = "\
Example:
  comity constituent list --dir ./xa

Next:
  comity constituent hits --dir ./xa";

const END_HELP: &str = "\
The account ends at once, and with it every token of it.

Example:
  comity constituent end hospital-north --dir ./xa

Next:
  comity constituent list --dir ./xa";

const TOKEN_HELP: &str = "\
The token is the password of the account's id, or a bearer token. `comity token end` \
ends it by its hash.

Example:
  comity constituent token hospital-north --days 30 --dir ./xa

Next:
  comity constituent list --dir ./xa";

const HITS_HELP: &str = "\
Who of ours is hit: what is held, and not revoked, that speaks of constituents, with \
the values that are theirs. What they do not see themselves, for its labels, a person \
has to decide about.

Example:
  comity constituent hits hospital-north --dir ./xa

Next:
  comity object show ID --dir ./xa";

const CIRCLE_HELP: &str = "\
The guests and constituents of a circle are offered these saved searches as \
collections. A circle widens nothing that a member may read.

Example:
  comity circle health --collection ransomware --dir ./xa

Next:
  comity constituent list --dir ./xa";

/// The verbs of guests.
#[derive(Debug, Subcommand)]
pub enum GuestVerb {
    /// Give an officer of another party an account to read here
    Add(Box<GuestAdd>),
    /// List the guests
    List(List),
    /// Give out a token; it is shown once
    Token(TokenAdd),
    /// End an account and its tokens
    End(End),
}

/// The verbs of constituents.
#[derive(Debug, Subcommand)]
pub enum ConstituentVerb {
    /// Give somebody at home whom the party serves an account
    Add(Box<ConstituentAdd>),
    /// List the constituents
    List(List),
    /// Give out a token; it is shown once
    Token(TokenAdd),
    /// End an account and its tokens
    End(End),
    /// List what is held that speaks of them
    Hits(Hits),
}

/// `comity guest add`
#[derive(Debug, Args)]
#[command(after_help = GUEST_HELP)]
pub struct GuestAdd {
    /// The id of the account, such as xb.duty
    #[arg(value_name = "ID")]
    id: String,
    /// The party
    #[arg(long, value_name = "PARTY")]
    party: String,
    /// What for
    #[arg(long, value_name = "PURPOSE")]
    purpose: Purpose,
    /// The name or office
    #[arg(long, value_name = "NAME")]
    name: String,
    /// A circle; may be repeated
    #[arg(long = "circle", value_name = "CIRCLE")]
    circles: Vec<String>,
    /// A saved search that is offered; may be repeated
    #[arg(long = "collection", value_name = "NAME")]
    collections: Vec<String>,
    /// From which day; today if left out
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
}

/// `comity constituent add`
#[derive(Debug, Args)]
#[command(after_help = CONSTITUENT_HELP)]
pub struct ConstituentAdd {
    /// The id of the account, such as hospital-north
    #[arg(value_name = "ID")]
    id: String,
    /// The name
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Whom to reach, and how
    #[arg(long, value_name = "TEXT", default_value = "")]
    contact: String,
    /// An address or range; may be repeated, as those below
    #[arg(long = "range", value_name = "RANGE")]
    ranges: Vec<String>,
    /// The number of an autonomous system
    #[arg(long = "as", value_name = "NUMBER")]
    networks: Vec<u32>,
    /// A name; it speaks of all below it
    #[arg(long = "domain", value_name = "NAME")]
    domains: Vec<String>,
    /// A circle
    #[arg(long = "circle", value_name = "CIRCLE")]
    circles: Vec<String>,
    /// A saved search that is offered
    #[arg(long = "collection", value_name = "NAME")]
    collections: Vec<String>,
    /// From which day; today if left out
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
}

/// A list.
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP)]
pub struct List {}

/// `comity guest token` and `comity constituent token`
#[derive(Debug, Args)]
#[command(after_help = TOKEN_HELP)]
pub struct TokenAdd {
    /// The id of the account
    #[arg(value_name = "ID")]
    id: String,
    /// For how many days
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    days: u16,
}

/// `comity guest end` and `comity constituent end`
#[derive(Debug, Args)]
#[command(after_help = END_HELP)]
pub struct End {
    /// The id of the account
    #[arg(value_name = "ID")]
    id: String,
}

/// `comity constituent hits`
#[derive(Debug, Args)]
#[command(after_help = HITS_HELP)]
pub struct Hits {
    /// One constituent; all if left out
    #[arg(value_name = "ID")]
    id: Option<String>,
}

/// `comity circle`
#[derive(Debug, Args)]
#[command(after_help = CIRCLE_HELP)]
pub struct Circle {
    /// The circle
    #[arg(value_name = "CIRCLE")]
    circle: String,
    /// A saved search; may be repeated; none ends the offer
    #[arg(long = "collection", value_name = "NAME")]
    collections: Vec<String>,
}

/// Does what the verb asks of guests.
pub fn guest(verb: &GuestVerb, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    match verb {
        GuestVerb::List(_) => {
            let accounts = reach::ask(&place, ListAccounts {})?;
            screen.answer(&accounts, |screen| guests(screen, &accounts));
            Ok(Exit::Ok)
        }
        GuestVerb::Token(add) => token(&place, add, screen),
        GuestVerb::End(end) => Ok(done(screen, &reach::ask(&place, EndAccount { id: end.id.clone() })?)),
        GuestVerb::Add(add) => {
            let action = AddGuest {
                id: add.id.clone(),
                party: add.party.to_uppercase(),
                name: add.name.clone(),
                purpose: add.purpose.to_string(),
                circles: add.circles.clone(),
                collections: add.collections.clone(),
                from: add.from.map(|from| from.to_string()),
            };
            Ok(done(screen, &reach::ask(&place, action)?))
        }
    }
}

/// Does what the verb asks of constituents.
pub fn constituent(verb: &ConstituentVerb, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    match verb {
        ConstituentVerb::List(_) => {
            let accounts = reach::ask(&place, ListAccounts {})?;
            screen.answer(&accounts, |screen| constituents(screen, &accounts));
            Ok(Exit::Ok)
        }
        ConstituentVerb::Token(add) => token(&place, add, screen),
        ConstituentVerb::End(end) => {
            Ok(done(screen, &reach::ask(&place, EndAccount { id: end.id.clone() })?))
        }
        ConstituentVerb::Hits(asked) => {
            let found = reach::ask(&place, ListHits { id: asked.id.clone() })?;
            screen.answer(&found, |screen| hits(screen, &found));
            Ok(if found.is_empty() { Exit::No } else { Exit::Ok })
        }
        ConstituentVerb::Add(add) => {
            let action = AddConstituent {
                id: add.id.clone(),
                name: add.name.clone(),
                contact: add.contact.clone(),
                ranges: add.ranges.clone(),
                networks: add.networks.clone(),
                domains: add.domains.clone(),
                circles: add.circles.clone(),
                collections: add.collections.clone(),
                from: add.from.map(|from| from.to_string()),
            };
            Ok(done(screen, &reach::ask(&place, action)?))
        }
    }
}

/// Offers saved searches to a circle.
pub fn circle(verb: &Circle, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let action = GiveCircle { circle: verb.circle.clone(), collections: verb.collections.clone() };
    Ok(done(screen, &reach::ask(&chosen.place()?, action)?))
}

fn token(place: &Place, add: &TokenAdd, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let given = reach::ask(place, AddPass { id: add.id.clone(), days: Some(add.days) })?;
    screen.answer(&given, |screen| {
        screen.say(Tone::Good, &format!("Good until {}. It is shown now and never again:", given.until));
        screen.verbatim(&given.token);
        screen.say(Tone::Faint, &format!("Its hash: {}", given.hash));
    });
    Ok(Exit::Ok)
}

fn done(screen: &mut Screen<'_>, entered: &Entered) -> Exit {
    screen.answer(entered, |screen| {
        let text = format!("Entered in the ledger, which has {} entries now.", entered.ledger_size);
        screen.say(Tone::Good, &text);
    });
    Exit::Ok
}

fn guests(screen: &mut Screen<'_>, accounts: &AccountsShown) {
    let mut table = Table::new(&["guest", "party", "name", "purpose", "offered", "tokens"]);
    for one in &accounts.guests {
        table.row([
            one.id.as_str().into(),
            one.party.as_str().into(),
            one.name.as_str().into(),
            one.purpose.as_str().into(),
            one.collections.join(", ").into(),
            one.tokens.to_string().into(),
        ]);
    }
    show(screen, &table, "guests");
}

fn constituents(screen: &mut Screen<'_>, accounts: &AccountsShown) {
    let mut table = Table::new(&["constituent", "name", "contact", "territory", "offered", "tokens"]);
    for one in &accounts.constituents {
        let networks = one.networks.iter().map(|number| format!("AS{number}"));
        let territory = one.ranges.iter().chain(&one.domains).cloned().chain(networks);
        table.row([
            one.id.as_str().into(),
            one.name.as_str().into(),
            one.contact.as_str().into(),
            territory.collect::<Vec<_>>().join(" ").into(),
            one.collections.join(", ").into(),
            one.tokens.to_string().into(),
        ]);
    }
    show(screen, &table, "constituents");
}

fn hits(screen: &mut Screen<'_>, found: &[HitsShown]) {
    let mut table = Table::new(&["constituent", "values", "what", "seen", "tlp", "shown", "id"]);
    for one in found {
        let shown = if one.shown { Cell::toned(Tone::Good, "yes") } else { Cell::toned(Tone::Open, "no") };
        table.row([
            one.constituent.as_str().into(),
            one.values.join(" ").into(),
            one.what.as_str().into(),
            one.sightings.to_string().into(),
            one.tlp.as_str().into(),
            shown,
            one.id.as_str().into(),
        ]);
    }
    show(screen, &table, "hits");
}

fn show(screen: &mut Screen<'_>, table: &Table, what: &str) {
    if table.is_empty() { screen.text(&format!("No {what} yet.")) } else { screen.table(table) }
}
