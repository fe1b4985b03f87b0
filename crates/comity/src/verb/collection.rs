//! `comity collection`: what tools read over TAXII.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Table, Tone},
};
use clap::{Args, Subcommand};
use comity_node::app::collection::{AddCollection, CollectionShown, EndCollection, ListCollections};

const ADD_HELP: &str = "\
Values of one condition are joined by \"or\", conditions by \"and\". The collection \
is read-only: it holds what is found now, and what will come.

Example:
  comity collection add phishing --type indicator --label phishing --dir ./xa
  comity collection add ours --value ministry.example --value 192.0.2.7 --dir ./xa

Next:
  comity collection list --dir ./xa   its id, for a TAXII client";

const LIST_HELP: &str = "\
There is one collection for each audience class, and one for each saved search. A \
TAXII 2.1 client reads them at /taxii2/ of the API's address, as an officer with a \
token as password.

Example:
  comity collection list --dir ./xa

Next:
  comity token add duty.officer --scope read --dir ./xa    for a client";

const END_HELP: &str = "\
Example:
  comity collection end phishing --dir ./xa

Next:
  comity collection list --dir ./xa";

/// The verbs of collections.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List the collections that tools read over TAXII
    List(List),
    /// Begin a saved search as a read-only collection
    Add(Box<Add>),
    /// End a saved search; the objects that it found stay
    End(End),
}

/// `comity collection list`
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP)]
pub struct List {}

/// `comity collection add`
#[derive(Debug, Args)]
#[command(after_help = ADD_HELP)]
pub struct Add {
    /// Its name: small letters, digits and hyphens
    #[arg(value_name = "NAME")]
    name: String,
    /// Its title
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Objects of this STIX type (may be repeated, as those below)
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Of records with this TLP
    #[arg(long, value_name = "TLP")]
    tlp: Vec<String>,
    /// With this label
    #[arg(long = "label", value_name = "LABEL")]
    labels: Vec<String>,
    /// By this author: the id in `created_by_ref`
    #[arg(long = "author", value_name = "ID")]
    authors: Vec<String>,
    /// Of records from this party
    #[arg(long = "from", value_name = "PARTY")]
    origins: Vec<String>,
    /// With this text in any string, without regard to case
    #[arg(long = "text", value_name = "TEXT")]
    texts: Vec<String>,
    /// That speak of this value: a name and what is below it, an address and the ranges it is in, a URL, a hash, mail
    #[arg(long = "value", value_name = "VALUE")]
    values: Vec<String>,
}

/// `comity collection end`
#[derive(Debug, Args)]
#[command(after_help = END_HELP)]
pub struct End {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
}

/// Does what the verb asks.
pub fn run(verb: &Verb, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    match verb {
        Verb::List(_) => {
            let collections = reach::ask(&place, ListCollections {})?;
            screen.answer(&collections, |screen| list(screen, &collections));
        }
        Verb::Add(add) => {
            let origins = add.origins.iter().map(|party| party.to_uppercase()).collect();
            let action = AddCollection {
                name: add.name.clone(),
                title: add.title.clone(),
                types: add.types.clone(),
                tlp: add.tlp.clone(),
                labels: add.labels.clone(),
                authors: add.authors.clone(),
                origins,
                texts: add.texts.clone(),
                values: add.values.clone(),
            };
            let begun = reach::ask(&place, action)?;
            screen.answer(&begun, |screen| {
                screen.say(Tone::Good, &format!("The collection `{}` begins.", begun.alias));
                screen.item(8, "id", Tone::Plain, &begun.id);
                screen.item(8, "finds", Tone::Plain, &begun.description);
                screen.item(8, "objects", Tone::Plain, &begun.objects.to_string());
            });
        }
        Verb::End(End { name }) => {
            let entered = reach::ask(&place, EndCollection { name: name.clone() })?;
            screen.answer(&entered, |screen| {
                screen.say(Tone::Open, &format!("The collection `{name}` has ended."));
            });
        }
    }
    Ok(Exit::Ok)
}

fn list(screen: &mut Screen<'_>, collections: &[CollectionShown]) {
    let mut table = Table::new(&["alias", "id", "objects", "writable"]);
    for one in collections {
        table.row([
            one.alias.as_str().into(),
            one.id.as_str().into(),
            one.objects.to_string().into(),
            if one.writable { "yes" } else { "no" }.into(),
        ]);
    }
    screen.table(&table);
}
