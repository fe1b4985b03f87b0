//! `comity share` and `comity border who`: who gets what, under which duties; and sending it.

use crate::{
    Exit, Fault, Screen,
    place::{Chosen, Place},
    question, reach,
    screen::Tone,
};
use clap::Args;
use comity_node::app::{
    peer::ListPeers,
    share::{Grounds, JudgedShown, Share as Sharing, ShareReply},
};
use comity_record::label::Purpose;

const NAMES: usize = 8;

const HELP: &str = "\
First it is shown who would get what under which duties; on a terminal the question \
follows whether to send it, elsewhere --yes sends. The border judges again at the \
moment of sending. The exit code is 1 where nothing is cleared.

Example:
  comity share --to XB --purpose cyber-defence --dir ./xa
  comity share --to XB --purpose cyber-defence --yes --dir ./xa

Next:
  comity outbox --dir ./xa            what arrived";

const WHO_HELP: &str = "\
Nothing is entered or sent. The exit code is 1 where no peer may get it.

Example:
  comity border who --record 1a2b... --purpose cyber-defence --dir ./xa

Next:
  comity share --to XB --purpose cyber-defence --record 1a2b... --yes --dir ./xa";

/// `comity share`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Share {
    /// The receiving parties, separated by commas
    #[arg(long, value_name = "PARTY", required = true, value_delimiter = ',')]
    to: Vec<String>,
    /// What for, such as cyber-defence
    #[arg(long, value_name = "PURPOSE")]
    purpose: Purpose,
    /// A record, by its id; without one, every record not yet given
    #[arg(long = "record", value_name = "ID")]
    records: Vec<String>,
    /// Send what is cleared
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    resting: Resting,
}

/// What a crossing rests on, beyond what the register finds by itself.
#[derive(Debug, Args)]
pub struct Resting {
    /// The sending unit; the first competent one if left out
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// The article that is cited, such as 'budapest 29'
    #[arg(long, value_name = "BASIS")]
    basis: Option<String>,
    /// An assurance of the receiving State in place of an article
    #[arg(long, value_name = "TEXT", conflicts_with = "basis")]
    assurance: Option<String>,
    /// A condition confirmed, as 'INSTRUMENT ARTICLE CONDITION'
    #[arg(long = "confirm", value_name = "CONDITION")]
    confirmed: Vec<String>,
    /// Release records that claim a State's involvement; `comity claim` shows them
    #[arg(long)]
    release_attribution: bool,
    /// Release data of the sovereign sphere
    #[arg(long)]
    release_sovereign: bool,
}

/// `comity border who`
#[derive(Debug, Args)]
#[command(after_help = WHO_HELP)]
pub struct Who {
    /// The record, by its id
    #[arg(long, value_name = "ID")]
    record: String,
    /// What for, such as cyber-defence
    #[arg(long, value_name = "PURPOSE")]
    purpose: Purpose,
    #[command(flatten)]
    resting: Resting,
}

impl Resting {
    /// The same in the node's words.
    pub fn grounds(&self) -> Grounds {
        Grounds {
            unit: self.unit.clone(),
            basis: self.basis.clone(),
            assurance: self.assurance.clone(),
            confirmed: self.confirmed.clone(),
            release_attribution: self.release_attribution,
            release_sovereign: self.release_sovereign,
        }
    }
}

/// Shows, and with `--yes` sends.
pub fn run(verb: &Share, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let sharing = Sharing {
        to: verb.to.iter().map(|to| to.to_uppercase()).collect(),
        purpose: verb.purpose.to_string(),
        records: verb.records.clone(),
        preview: !verb.yes,
        grounds: verb.resting.grounds(),
    };
    let place = chosen.place()?;
    let reply = reach::ask(&place, sharing.clone())?;
    screen.answer(&reply, |screen| {
        reply.judged.iter().for_each(|one| judged(screen, one));
        closing(screen, &reply, verb.yes);
    });
    let open = !verb.yes && ended(&reply) == Exit::Ok;
    if open && question::confirmed("Send what is cleared now?", screen)? == Some(true) {
        let sent = reach::ask(&place, Sharing { preview: false, ..sharing })?;
        closing(screen, &sent, true);
        return Ok(ended(&sent));
    }
    Ok(ended(&reply))
}

/// Shows what every peer would get.
pub fn who(verb: &Who, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place: Place = chosen.place()?;
    let peers = reach::ask(&place, ListPeers {})?;
    let sharing = Sharing {
        to: peers.into_iter().map(|peer| peer.party).collect(),
        purpose: verb.purpose.to_string(),
        records: vec![verb.record.clone()],
        preview: true,
        grounds: verb.resting.grounds(),
    };
    let reply = reach::ask(&place, sharing)?;
    screen.answer(&reply, |screen| {
        if reply.judged.is_empty() {
            screen.text("There is no peer yet; `comity letter accept` makes one.");
        }
        reply.judged.iter().for_each(|one| judged(screen, one));
    });
    Ok(ended(&reply))
}

/// One judgement.
pub fn judged(screen: &mut Screen<'_>, one: &JudgedShown) {
    let tone = match one.verdict.as_str() {
        "cleared" => Tone::Good,
        "redact-first" => Tone::Open,
        _ => Tone::Bad,
    };
    let record: String = one.record.chars().take(16).collect();
    let codes = if one.codes.is_empty() { String::new() } else { format!(" {}", one.codes.join(", ")) };
    let objects = if one.objects == 1 { "1 object".to_owned() } else { format!("{} objects", one.objects) };
    screen.say(tone, &format!("{} -> {}: {}{codes} ({objects})", record, one.to, one.verdict));
    // Duties come with a clearance; what they would have been is of no use beside a refusal.
    let none = Vec::new();
    let duties = if one.verdict == "refused" { &none } else { &one.obligations };
    let lists =
        [("because", &one.reasons), ("lifts", &one.lifts), ("duties", duties), ("basis", &one.citations)];
    for (name, lines) in lists {
        let mut name = name;
        for line in lines {
            screen.item(NAMES, name, Tone::Plain, line);
            name = "";
        }
    }
    if one.codes.iter().any(|code| code == "border/attribution-held") {
        screen.item(NAMES, "next", Tone::Plain, &format!("comity claim show {}", one.record));
    }
    if let Some(entry) = one.entry {
        screen.item(NAMES, "entry", Tone::Faint, &format!("{entry} in the ledger"));
    }
}

fn closing(screen: &mut Screen<'_>, reply: &ShareReply, sent: bool) {
    screen.blank();
    let counts =
        format!("{} cleared, {} to redact first, {} refused", reply.cleared, reply.redacted, reply.refused);
    match sent {
        true => screen.say(Tone::Strong, &format!("Sent: {counts}.")),
        false => {
            screen.say(Tone::Strong, &format!("Nothing was sent: {counts}. `--yes` sends what is cleared."))
        }
    }
}

fn ended(reply: &ShareReply) -> Exit {
    if reply.cleared + reply.redacted > 0 { Exit::Ok } else { Exit::No }
}
