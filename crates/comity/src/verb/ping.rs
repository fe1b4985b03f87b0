//! `comity ping`: is the other desk there, and after how long does it answer?

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Cell, Table, Tone},
};
use clap::{Args, Subcommand};
use comity_node::app::ping::{AnswerPing, ContactShown, ListPings, PingSent, SendPing};

const SEND_HELP: &str = "\
A ping is typed as such: it is no case, and no case comes of it. With --exercise it \
is marked as a part of an exercise in each of its steps.

Example:
  comity ping XB --dir ./xa
  comity ping --all --dir ./xa

Next:
  comity ping list --dir ./xa";

const ANSWER_HELP: &str = "\
Answers every ping that has come and waits.

Example:
  comity ping answer --dir ./xb

Next:
  comity ping list --dir ./xb";

const LIST_HELP: &str = "\
A contact is silent where its last ping waits for an answer for more than a day.

Example:
  comity ping list --dir ./xa

Next:
  comity ping --all --dir ./xa";

/// `comity ping`
#[derive(Debug, Args)]
#[command(after_help = SEND_HELP, args_conflicts_with_subcommands = true, subcommand_help_heading = "Verbs", subcommand_value_name = "VERB")]
pub struct Ping {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// The party
    #[arg(value_name = "PEER")]
    peer: Option<String>,
    /// Every peer that is not suspended
    #[arg(long, conflicts_with = "peer")]
    all: bool,
    /// Mark it as a part of an exercise
    #[arg(long)]
    exercise: bool,
}

/// What else is done with contact checks.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Answer the contact checks that have come
    Answer(Answer),
    /// Show the contacts with their checks and answer times
    List(List),
}

/// `comity ping answer`
#[derive(Debug, Args)]
#[command(after_help = ANSWER_HELP)]
pub struct Answer {
    /// Only those of this party
    #[arg(long, value_name = "PEER")]
    from: Option<String>,
    /// Those of exercises instead of real ones
    #[arg(long)]
    exercise: bool,
}

/// `comity ping list`
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP)]
pub struct List {
    /// Only this party
    #[arg(long, value_name = "PEER")]
    peer: Option<String>,
    /// Those of exercises instead of real ones
    #[arg(long)]
    exercise: bool,
}

/// Does what the verb asks.
pub fn run(verb: &Ping, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    let upper = |peer: &Option<String>| peer.as_ref().map(|peer| peer.to_uppercase());
    match &verb.verb {
        None => {
            if verb.peer.is_none() && !verb.all {
                let fault = Fault::new(Exit::Usage, "cli/option-missing", "no party is named");
                return Err(fault.with_help("name one, or give --all"));
            }
            let exercise = verb.exercise;
            let sent = reach::ask(&place, SendPing { to: upper(&verb.peer), exercise })?;
            screen.answer(&sent, |screen| tell(screen, &sent, exercise, "sent to", "No peers."));
            Ok(exit(&sent))
        }
        Some(Verb::Answer(Answer { from, exercise })) => {
            let answered = reach::ask(&place, AnswerPing { from: upper(from), exercise: *exercise })?;
            screen.answer(&answered, |screen| {
                tell(screen, &answered, *exercise, "answered to", "No ping waits for an answer.");
            });
            Ok(exit(&answered))
        }
        Some(Verb::List(List { peer, exercise })) => {
            let contacts = reach::ask(&place, ListPings { peer: upper(peer), exercise: *exercise })?;
            screen.answer(&contacts, |screen| list(screen, &contacts));
            Ok(Exit::Ok)
        }
    }
}

fn exit(sent: &[PingSent]) -> Exit {
    if sent.iter().all(|one| one.cleared) { Exit::Ok } else { Exit::No }
}

fn tell(screen: &mut Screen<'_>, sent: &[PingSent], exercise: bool, done: &str, none: &str) {
    if sent.is_empty() {
        return screen.text(none);
    }
    let mark = if exercise { "EXERCISE " } else { "" };
    for one in sent {
        match one.cleared {
            true => screen.say(Tone::Good, &format!("{mark}ping {done} {}: {}", one.party, one.reference)),
            false => {
                let why = one.codes.join(", ");
                screen.say(
                    Tone::Bad,
                    &format!("{mark}ping not {done} {}: our border refused it ({why})", one.party),
                );
            }
        }
    }
}

fn list(screen: &mut Screen<'_>, contacts: &[ContactShown]) {
    let mut table = Table::new(&["party", "contact", "answered", "median", "last ping", "answer"]);
    for one in contacts {
        let last = one.checks.iter().find(|check| check.ours);
        let standing = match (one.silent, last) {
            (true, _) => Cell::toned(Tone::Bad, "silent"),
            (false, None) => Cell::toned(Tone::Open, "never checked"),
            (false, Some(check)) if check.answered.is_none() => Cell::toned(Tone::Open, "waiting"),
            _ => Cell::toned(Tone::Good, "there"),
        };
        let mark = if last.is_some_and(|check| check.exercise) { "EXERCISE " } else { "" };
        table.row([
            one.party.as_str().into(),
            standing,
            format!("{} of {}", one.answered, one.sent).into(),
            one.median_seconds.map_or_else(String::new, time).into(),
            last.map_or_else(String::new, |check| format!("{mark}{}", check.sent)).into(),
            last.and_then(|check| check.seconds).map_or_else(String::new, time).into(),
        ]);
    }
    if table.is_empty() { screen.text("No peers.") } else { screen.table(&table) }
}

/// Seconds as a person reads them.
fn time(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
