//! `comity claim`: records that allege a State's involvement, read by a person before they first go out.

use super::share::judged;
use crate::{
    Exit, Fault, Screen,
    place::{Chosen, Place},
    question, reach,
    screen::{Cell, Table, Tone},
};
use clap::{Args, Subcommand};
use comity_node::app::{
    claim::{ClaimRead, ListClaims, ShowClaim},
    share::{Grounds, Share},
};
use comity_record::label::Purpose;

const NAMES: usize = 10;

const LIST_HELP: &str = "\
A record whose source alleges that a State is behind something is never shared until \
an officer has read it and released it by name (border/attribution-held). The rules \
by which a record is such a claim are a table, data/threat/attribution.csv. Nothing \
is concluded from a claim here: it stays the words of its source.

Example:
  comity claim list --dir ./xa
  comity claim list --waiting --dir ./xa    those that nobody has released

Next:
  comity claim show RECORD --dir ./xa       what it says, and who says it";

const SHOW_HELP: &str = "\
Shown are the objects by which the record is a claim, with the rule and with what \
they say in words, under the name of the source. To whom it was released, when and \
by whom stands below.

Example:
  comity claim show RECORD --dir ./xa

Next:
  comity claim release RECORD --to XB --purpose cyber-defence --dir ./xa";

const RELEASE_HELP: &str = "\
What the source says is shown first, and what the border would decide once it is \
released; on a terminal the question follows, elsewhere --yes releases. Who releases \
is named in the ledger's entry, and so is that it was done for this party and this \
purpose: another party or another day needs another release. The exit code is 1 \
where the border refuses for another reason.

Example:
  comity claim release RECORD --to XB --purpose cyber-defence --dir ./xa
  comity claim release RECORD --to XB --purpose cyber-defence --yes --dir ./xa

Next:
  comity claim show RECORD --dir ./xa       to whom it was released, and by whom
  comity outbox --dir ./xa                  what arrived";

/// The verbs of attribution claims.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List the records that allege a State's involvement
    List(List),
    /// Read one: whose words, and what they say
    Show(Show),
    /// Release one to a party, by name
    Release(Release),
}

/// `comity claim list`
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP)]
pub struct List {
    /// Only those that nobody has released to anybody
    #[arg(long)]
    waiting: bool,
}

/// `comity claim show`
#[derive(Debug, Args)]
#[command(after_help = SHOW_HELP)]
pub struct Show {
    /// The record, by its id
    #[arg(value_name = "RECORD")]
    record: String,
}

/// `comity claim release`
#[derive(Debug, Args)]
#[command(after_help = RELEASE_HELP)]
pub struct Release {
    /// The record, by its id
    #[arg(value_name = "RECORD")]
    record: String,
    /// The receiving party
    #[arg(long, value_name = "PARTY")]
    to: String,
    /// What for, such as cyber-defence
    #[arg(long, value_name = "PURPOSE")]
    purpose: Purpose,
    /// The sending unit; the first competent one if left out
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// Release it and send what is cleared
    #[arg(long)]
    yes: bool,
}

/// Runs one.
pub fn run(verb: &Verb, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    match verb {
        Verb::List(wanted) => list(wanted, &place, screen),
        Verb::Show(wanted) => {
            let read = reach::ask(&place, ShowClaim { record: wanted.record.clone() })?;
            screen.answer(&read, |screen| shown(screen, &read));
            Ok(Exit::Ok)
        }
        Verb::Release(wanted) => release(wanted, &place, screen),
    }
}

fn list(wanted: &List, place: &Place, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let claims = reach::ask(place, ListClaims { waiting: wanted.waiting })?;
    screen.answer(&claims, |screen| {
        if claims.is_empty() {
            screen.text("No record here alleges a State's involvement and waits.");
            return;
        }
        for claim in &claims {
            screen.say(Tone::Strong, &claim.record);
            screen.item(NAMES, "claimed", Tone::Plain, &format!("by {} on {}", claim.by, claim.on));
            let from = if claim.redacted { ", redacted here" } else { "" };
            let text = format!("{} objects, signed by {}{from}", claim.objects, claim.origin);
            screen.item(NAMES, "record", Tone::Faint, &text);
            let to: Vec<&str> = claim.released.iter().map(|release| release.to.as_str()).collect();
            match to.as_slice() {
                [] => screen.item(NAMES, "released", Tone::Open, "to nobody; it waits for an officer"),
                to => screen.item(NAMES, "released", Tone::Good, &format!("to {}", to.join(", "))),
            }
        }
    });
    Ok(Exit::Ok)
}

fn shown(screen: &mut Screen<'_>, read: &ClaimRead) {
    let claim = &read.claim;
    screen.say(Tone::Strong, &format!("{} says, on {}:", claim.by, claim.on));
    for words in &read.words {
        screen.blank();
        screen.text(&words.id);
        for (property, text) in &words.said {
            screen.item(NAMES, property, Tone::Plain, text);
        }
        if !words.rules.is_empty() {
            screen.item(NAMES, "rules", Tone::Faint, &words.rules.join(", "));
        }
    }
    screen.blank();
    screen.say(Tone::Faint, "These are the words of that source. Nothing is concluded from them here.");
    if claim.released.is_empty() {
        return screen.say(Tone::Open, "Released to nobody; it waits for an officer.");
    }
    let mut table = Table::new(&["released to", "on", "by", "entry"]);
    for release in &claim.released {
        let cells = [&release.to, &release.at, &release.by].map(|text| Cell::from(text.as_str()));
        table.row(cells.into_iter().chain([release.entry.to_string().into()]));
    }
    screen.table(&table);
}

fn release(wanted: &Release, place: &Place, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let read = reach::ask(place, ShowClaim { record: wanted.record.clone() })?;
    let grounds = Grounds { unit: wanted.unit.clone(), release_attribution: true, ..Grounds::default() };
    let share = Share {
        to: vec![wanted.to.to_uppercase()],
        purpose: wanted.purpose.to_string(),
        records: vec![read.claim.record.clone()],
        preview: !wanted.yes,
        grounds,
    };
    let reply = reach::ask(place, share.clone())?;
    let cleared = reply.cleared + reply.redacted > 0;
    screen.answer(&reply, |screen| {
        shown(screen, &read);
        screen.blank();
        reply.judged.iter().for_each(|one| judged(screen, one));
        screen.blank();
        match (cleared, wanted.yes) {
            (false, _) => {
                screen.say(Tone::Bad, "Nothing was sent: the border refuses for what stands above.")
            }
            (true, true) => screen.say(Tone::Good, "Released and sent."),
            (true, false) => {
                screen.say(Tone::Strong, "Nothing was released yet; `--yes` releases and sends.")
            }
        }
    });
    let asks = format!("Release these words of {} to {}?", read.claim.by, wanted.to.to_uppercase());
    if cleared && !wanted.yes && question::confirmed(&asks, screen)? == Some(true) {
        let sent = reach::ask(place, Share { preview: false, ..share })?;
        screen.say(Tone::Good, "Released and sent.");
        return Ok(if sent.cleared + sent.redacted > 0 { Exit::Ok } else { Exit::No });
    }
    Ok(if cleared { Exit::Ok } else { Exit::No })
}
