//! `comity feed`: collections of other TAXII 2.1 servers, and MISP feeds and servers.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Table, Tone},
};
use clap::{Args, Subcommand};
use comity_node::app::feed::{AddFeed, EndFeed, FeedShown, ListFeeds, Report};
use indicatif::ProgressBar;
use std::{fs, path::PathBuf};

const NAMES: usize = 8;

const ADD_HELP: &str = "\
What is pulled becomes records of ours, each object under its own marking. What is \
pushed to another party's server is only what the border has cleared for that \
party (--to). The password is kept in a file of the party's folder.

A MISP feed (--kind misp) is a folder with manifest.json and a file for each event. \
A run fetches what is new or has changed there; an event that cannot be taken is \
told and asked for again by the next run. A MISP server (--kind misp-server) is \
asked over its REST interface, as another instance pulls: its index of published \
events, then what is new or has changed. The password is an authentication key; \
another Comity node is one too, with a token of the scope read.

Example:
  comity feed add partner --pull --user xa --password-file ./secret \\
    https://taxii.example/api/collections/1/ --every 30 --dir ./xa
  comity feed add osint --pull --kind misp https://misp.example/feed/ --dir ./xa
  comity feed add csirt --pull --kind misp-server https://misp.example/ \
    --password-file ./key --every 30 --dir ./xa

Next:
  comity feed run partner --dir ./xa";

const RUN_HELP: &str = "\
A run goes on from where the one before it ended.

Example:
  comity feed run partner --dir ./xa

Next:
  comity feed list --dir ./xa";

const LIST_HELP: &str = "\
Example:
  comity feed list --dir ./xa

Next:
  comity feed run partner --dir ./xa";

const END_HELP: &str = "\
What the feed brought stays.

Example:
  comity feed end partner --dir ./xa

Next:
  comity feed list --dir ./xa";

/// The verbs of feeds.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List the feeds and what their last run came to
    List(List),
    /// Begin a feed from or to a collection of another server, or from MISP
    Add(Box<Add>),
    /// Run a feed now
    Run(Run),
    /// End a feed
    End(End),
}

/// `comity feed list`
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP)]
pub struct List {}

/// `comity feed add`
#[derive(Debug, Args)]
#[command(after_help = ADD_HELP)]
pub struct Add {
    /// Its name: small letters, digits and hyphens
    #[arg(value_name = "NAME")]
    name: String,
    /// The address of the other server's collection, of the folder of a MISP feed, or of a MISP server
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// What is there: taxii, misp for a MISP feed, or misp-server
    #[arg(long, value_name = "KIND", default_value = "taxii", value_parser = ["taxii", "misp", "misp-server"])]
    kind: String,
    /// Pull from it
    #[arg(long, conflicts_with = "push", required_unless_present = "push")]
    pull: bool,
    /// Push this collection of ours to it
    #[arg(long, value_name = "ALIAS")]
    push: Option<String>,
    /// The party whose server it is, where that is another
    #[arg(long, value_name = "PARTY", requires = "push")]
    to: Option<String>,
    /// The user name there; without one the password is a bearer token, or a key of MISP
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// The file that holds the password or token
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The TLP of pulled objects that carry none
    #[arg(long, value_name = "TLP")]
    unmarked: Option<String>,
    /// Run it every so many minutes
    #[arg(long, value_name = "MINUTES")]
    every: Option<u32>,
}

/// `comity feed run`
#[derive(Debug, Args)]
#[command(after_help = RUN_HELP)]
pub struct Run {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
}

/// `comity feed end`
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
            let feeds = reach::ask(&place, ListFeeds {})?;
            screen.answer(&feeds, |screen| list(screen, &feeds));
        }
        Verb::Add(add) => {
            let begun = reach::ask(&place, asked(add)?)?;
            screen.answer(&begun, |screen| {
                screen.say(Tone::Good, &format!("The feed `{}` begins.", begun.name));
            });
        }
        Verb::Run(Run { name }) => {
            let bar = ProgressBar::new_spinner();
            let report = reach::run_feed(&place, name, |report| {
                let Report { new, changed, known, refused, .. } = report;
                bar.set_message(format!(
                    "{name}: {new} new, {changed} changed, {known} known, {refused} refused"
                ));
                bar.tick();
            });
            bar.finish_and_clear();
            let report = report?;
            screen.answer(&report, |screen| tell(screen, &report));
        }
        Verb::End(End { name }) => {
            let entered = reach::ask(&place, EndFeed { name: name.clone() })?;
            screen
                .answer(&entered, |screen| screen.say(Tone::Open, &format!("The feed `{name}` has ended.")));
        }
    }
    Ok(Exit::Ok)
}

fn asked(add: &Add) -> Result<AddFeed, Fault> {
    let password = add.password_file.as_ref().map(|path| {
        let text = fs::read_to_string(path);
        text.map_err(|why| {
            Fault::new(Exit::Fault, "cli/unreadable", format!("`{}` cannot be read: {why}", path.display()))
        })
    });
    Ok(AddFeed {
        name: add.name.clone(),
        direction: if add.pull { "pull" } else { "push" }.to_owned(),
        kind: Some(add.kind.clone()),
        address: add.address.clone(),
        user: add.user.clone(),
        password: password.transpose()?.map(|text| text.trim_end().to_owned()),
        unmarked: add.unmarked.clone(),
        collection: add.push.clone(),
        to: add.to.as_ref().map(|party| party.to_uppercase()),
        minutes: add.every,
    })
}

fn list(screen: &mut Screen<'_>, feeds: &[FeedShown]) {
    if feeds.is_empty() {
        return screen.text("There is no feed yet: `comity feed add`.");
    }
    let mut table = Table::new(&["name", "way", "kind", "address", "every", "last run"]);
    for feed in feeds {
        let every = if feed.minutes > 0 { format!("{} min", feed.minutes) } else { "when asked".to_owned() };
        let running =
            feed.running.as_ref().map(|report| format!("runs: {} new so far", report.new + report.changed));
        let last = running.unwrap_or_else(|| match &feed.last {
            None => "never".to_owned(),
            Some(Report { fault: Some(fault), at, .. }) => format!("{at}: {fault}"),
            Some(report) => format!("{}: {} new", report.at, report.new + report.changed),
        });
        table.row([
            feed.name.as_str().into(),
            feed.direction.as_str().into(),
            feed.kind.as_str().into(),
            feed.address.as_str().into(),
            every.into(),
            last.into(),
        ]);
    }
    screen.table(&table);
}

fn tell(screen: &mut Screen<'_>, report: &Report) {
    screen.say(Tone::Good, "The feed was run.");
    for (name, count) in [
        ("new", report.new),
        ("changed", report.changed),
        ("known", report.known),
        ("refused", report.refused),
    ] {
        screen.item(NAMES, name, Tone::Plain, &count.to_string());
    }
    if report.unchanged > 0 {
        screen.item(NAMES, "events", Tone::Plain, &format!("{} unchanged and not fetched", report.unchanged));
    }
    for reason in &report.reasons {
        screen.item(NAMES, "why", Tone::Bad, reason);
    }
}
