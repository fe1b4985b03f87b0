//! `comity peer`: the parties whose letters were accepted.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Cell, Table, Tone},
};
use clap::{Args, Subcommand};
use comity_node::app::peer::{ListPeers, PeerShown, ResumePeer, SuspendPeer};

const LIST_HELP: &str = "\
Example:
  comity peer list --dir ./xa

Next:
  comity letter accept xb.letter --fingerprint '...' --dir ./xa";

const SUSPEND_HELP: &str = "\
Nothing crosses in either direction until dealings are resumed. It is entered in \
the ledger with its reason.

Example:
  comity peer suspend XB --reason 'decision 7 of the ministry' --dir ./xa

Next:
  comity peer resume XB --dir ./xa";

const RESUME_HELP: &str = "\
Example:
  comity peer resume XB --dir ./xa

Next:
  comity outbox --dir ./xa            what waits for it";

/// The verbs of peers.
#[derive(Debug, Subcommand)]
pub enum Peer {
    /// List the peers, and where each stands
    List(List),
    /// Suspend dealings with a peer
    Suspend(Suspend),
    /// Lift a suspension
    Resume(Resume),
}

/// `comity peer list`
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP)]
pub struct List {}

/// `comity peer suspend`
#[derive(Debug, Args)]
#[command(after_help = SUSPEND_HELP)]
pub struct Suspend {
    /// The peer
    #[arg(value_name = "PEER")]
    peer: String,
    /// Why, and by whose decision
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// `comity peer resume`
#[derive(Debug, Args)]
#[command(after_help = RESUME_HELP)]
pub struct Resume {
    /// The peer
    #[arg(value_name = "PEER")]
    peer: String,
}

/// Does what the verb asks.
pub fn run(verb: &Peer, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    match verb {
        Peer::List(_) => {
            let peers = reach::ask(&place, ListPeers {})?;
            screen.answer(&peers, |screen| list(screen, &peers));
        }
        Peer::Suspend(Suspend { peer, reason }) => {
            let suspend = SuspendPeer { party: peer.to_uppercase(), reason: reason.clone() };
            let entered = reach::ask(&place, suspend)?;
            screen.answer(&entered, |screen| {
                screen.say(Tone::Open, &format!("Dealings with {} are suspended.", peer.to_uppercase()));
            });
        }
        Peer::Resume(Resume { peer }) => {
            let entered = reach::ask(&place, ResumePeer { party: peer.to_uppercase() })?;
            screen.answer(&entered, |screen| {
                screen.say(Tone::Good, &format!("Dealings with {} are resumed.", peer.to_uppercase()));
            });
        }
    }
    Ok(Exit::Ok)
}

fn list(screen: &mut Screen<'_>, peers: &[PeerShown]) {
    if peers.is_empty() {
        return screen.text("No letter was accepted yet: `comity letter accept FILE`.");
    }
    let mut table = Table::new(&["peer", "address", "given", "acknowledged", "held", "state"]);
    for peer in peers {
        let address = if peer.address.is_empty() { "it calls us" } else { &peer.address };
        let state = match &peer.suspended {
            Some(reason) => Cell::toned(Tone::Bad, format!("suspended: {reason}")),
            None if peer.alarm => Cell::toned(Tone::Bad, "open, no quorum"),
            None => Cell::toned(Tone::Good, "open"),
        };
        let count = |count: u64| Cell::from(count.to_string());
        let (given, acknowledged, held) = (count(peer.given), count(peer.acknowledged), count(peer.held));
        table.row([peer.party.as_str().into(), address.into(), given, acknowledged, held, state]);
    }
    screen.table(&table);
    for peer in peers.iter().filter(|peer| peer.alarm) {
        let since = peer.unwitnessed_since.as_deref().unwrap_or_default();
        let text = format!(
            "Crossings with {} wait for a quorum of witnesses since {since}: see that a third party is reached.",
            peer.party
        );
        screen.say(Tone::Bad, &text);
    }
}
