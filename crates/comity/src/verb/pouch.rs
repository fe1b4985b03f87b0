//! `comity pouch`: the same crossings without a network.

use crate::{Exit, Fault, Screen, place::Chosen, reach, screen::Tone, verb::open};
use clap::{Args, Subcommand};
use comity_node::app::{
    hex,
    pouch::{OpenPouch, PackPouch},
    to_hex,
};
use serde_json::json;
use std::path::PathBuf;

/// The longest pouch that is read, in bytes.
const LONGEST: u64 = 256 << 20;

const PACK_HELP: &str = "\
A pouch is sealed to its recipient and carries what that party has not yet \
acknowledged. It carries no diplomatic immunity. Where it is not all, the answer \
says where the next part begins.

Example:
  comity pouch pack --to XC --out to-xc.pouch --dir ./xa

Next, at the recipient's:
  comity pouch open to-xc.pouch --dir ./xc";

const OPEN_HELP: &str = "\
Each item is judged and entered as if it had come by the network. It is safe to \
open a pouch twice, or in parts.

Example:
  comity pouch open to-xc.pouch --dir ./xc

Next:
  comity pouch pack --to XA --out back.pouch --dir ./xc   the acknowledgements";

/// The verbs of pouches.
#[derive(Debug, Subcommand)]
pub enum Pouch {
    /// Pack a pouch for a peer, to be carried by hand
    Pack(Pack),
    /// Open a pouch
    Open(Open),
}

/// `comity pouch pack`
#[derive(Debug, Args)]
#[command(after_help = PACK_HELP)]
pub struct Pack {
    /// The recipient
    #[arg(long, value_name = "PARTY")]
    to: String,
    /// The new file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Only positions after this one, for the next part
    #[arg(long, value_name = "POSITION")]
    after: Option<u64>,
}

/// `comity pouch open`
#[derive(Debug, Args)]
#[command(after_help = OPEN_HELP)]
pub struct Open {
    /// The pouch
    #[arg(value_name = "FILE")]
    pouch: PathBuf,
}

/// Does what the verb asks.
pub fn run(verb: &Pouch, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    match verb {
        Pouch::Pack(verb) => pack(verb, chosen, screen),
        Pouch::Open(verb) => self::open(verb, chosen, screen),
    }
}

fn pack(verb: &Pack, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let packed = reach::ask(&chosen.place()?, PackPouch { to: verb.to.to_uppercase(), after: verb.after })?;
    let bytes = hex(&packed.pouch).unwrap_or_default();
    open::write_new(&verb.out, &bytes)?;
    let value = json!({
        "file": verb.out, "bytes": bytes.len(), "items": packed.items,
        "acknowledgements": packed.acknowledgements, "next": packed.next,
    });
    screen.answer(&value, |screen| {
        let (items, acknowledgements) = (packed.items, packed.acknowledgements);
        let text = format!("`{}`: {items} items and {acknowledgements} acknowledgements", verb.out.display());
        screen.say(Tone::Good, &text);
        if let Some(next) = packed.next {
            screen.say(Tone::Open, &format!("This is not all; the next part: --after {next}"));
        }
    });
    Ok(Exit::Ok)
}

fn open(verb: &Open, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let bytes = open::file(&verb.pouch, LONGEST)?;
    let opened = reach::ask(&chosen.place()?, OpenPouch { pouch: to_hex(&bytes) })?;
    screen.answer(&opened, |screen| {
        screen.say(Tone::Good, &format!("A pouch of {}.", opened.from));
        opened.events.iter().for_each(|event| screen.indented(2, Tone::Plain, event));
        if opened.events.is_empty() {
            screen.text("Everything in it was known already.");
        }
    });
    Ok(Exit::Ok)
}
