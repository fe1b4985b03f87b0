//! `comity case authorise` and `comity case send`.

use super::{
    basis::BasisGiven,
    show::{Writing, draft},
};
use crate::{Exit, Fault, Screen, place::Chosen, reach, screen::Tone, verb::share::judged};
use clap::Args;
use comity_node::app::case::{
    authorise::AuthoriseCase,
    send::{SendCase, SteppedShown},
};

const AUTHORISE_HELP: &str = "\
Who must authorise is what the State has set (`comity case rule`); a draft changed \
afterwards is another one and needs it again. A release needs a second person, who \
approves the very manifest beforehand. None of it is ever told to the other State.

Example:
  comity case authorise XA-2026-1 --officer p.one --role prosecutor --dir ./xa
  comity case authorise XB-9 --step release --manifest 1a2b... --dir ./xb

Next:
  comity case send XA-2026-1 --dir ./xa";

const SEND_HELP: &str = "\
The border judges the request and the step that opens the case; where it refuses, \
the refusal is entered and nothing is sent. Of a case that was sent, what did not \
arrive is put to the border again, on another basis where one is named. The exit code \
is 1 where something is refused.

Example:
  comity case send XA-2026-1 --dir ./xa
  comity case send XA-2026-1 --basis 'untoc 18' --dir ./xa    of what did not arrive

Next:
  comity case show XA-2026-1 --dir ./xa    whether it arrived";

/// `comity case authorise`
#[derive(Debug, Args)]
#[command(after_help = AUTHORISE_HELP)]
pub struct Authorise {
    /// The case
    #[arg(value_name = "ID")]
    case: String,
    /// In which role
    #[arg(long, value_name = "ROLE", value_parser = ["investigator", "prosecutor", "judge", "central-authority"])]
    role: Option<String>,
    /// The officer for whom the console speaks
    #[arg(long, value_name = "ID")]
    officer: Option<String>,
    /// Approve a step as its second person, such as release
    #[arg(long, value_name = "STEP")]
    step: Option<String>,
    /// The hash of the manifest whose release is approved
    #[arg(long, value_name = "HASH", requires = "step")]
    manifest: Option<String>,
    /// Give the draft up, with the reason
    #[arg(long, value_name = "REASON", conflicts_with_all = ["role", "step"])]
    abandon: Option<String>,
}

/// `comity case send`
#[derive(Debug, Args)]
#[command(after_help = SEND_HELP)]
pub struct Send {
    /// The case
    #[arg(value_name = "ID")]
    case: String,
    /// The officer for whom the console speaks
    #[arg(long, value_name = "ID")]
    officer: Option<String>,
    #[command(flatten)]
    resting: BasisGiven,
}

/// Authorises.
pub fn run(verb: &Authorise, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let authorise = AuthoriseCase {
        case: verb.case.clone(),
        role: verb.role.clone(),
        officer: verb.officer.clone(),
        step: verb.step.clone(),
        manifest: verb.manifest.clone(),
        abandon: verb.abandon.clone(),
    };
    let done = reach::ask(&chosen.place()?, authorise)?;
    screen.answer(&done, |screen| {
        screen.say(Tone::Good, &format!("{}: {}.", done.officer, done.said));
        if let Some(one) = done.draft.as_ref().filter(|one| one.standing == "draft") {
            draft(screen, one, Writing::LeftToRight);
        }
    });
    Ok(Exit::Ok)
}

/// Sends.
pub fn send(verb: &Send, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let send =
        SendCase { case: verb.case.clone(), officer: verb.officer.clone(), rests_on: verb.resting.named() };
    let sent = reach::ask(&chosen.place()?, send)?;
    Ok(stepped(screen, &sent))
}

/// What became of a step.
pub fn stepped(screen: &mut Screen<'_>, shown: &SteppedShown) -> Exit {
    screen.answer(shown, |screen| {
        let refused: Vec<_> = shown.judged.iter().filter(|one| one.verdict != "cleared").collect();
        match shown.sent {
            true => screen.say(Tone::Good, &format!("{}: the case is now {}.", shown.step, shown.state)),
            false => screen.say(
                Tone::Bad,
                &format!("{} does not go out: the border refused, and the case is as it was.", shown.step),
            ),
        }
        refused.iter().for_each(|one| judged(screen, one));
        shown.notes.iter().for_each(|note| screen.say(Tone::Open, &format!("Note: {note}.")));
    });
    if shown.sent { Exit::Ok } else { Exit::No }
}
