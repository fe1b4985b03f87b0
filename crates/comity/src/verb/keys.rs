//! `comity key`: a party's purpose keys.

use crate::{
    Exit, Fault, Screen, World,
    place::Chosen,
    screen::{Cell, Table, Tone},
};
use clap::{Args, Subcommand};
use comity_node::{
    keys::{KeyFault, KeyListing, Keys},
    random::SystemRandom,
};
use comity_record::{KeyPurpose, Timestamp};
use serde_json::{Value, json};

const LIST_HELP: &str = "\
Example:
  comity key list --dir ./xa

Next:
  comity key rotate record --dir ./xa  before a key's validity ends";

const ROTATE_HELP: &str = "\
Peers learn a new key by the next letter, so a key is made some days before it is \
used. The root key is needed for the letter only.

Example:
  comity key rotate record --in-days 14 --dir ./xa

Next:
  comity letter issue --root /media/offline/root --dir ./xa";

/// The verbs of keys.
#[derive(Debug, Subcommand)]
pub enum Key {
    /// List the purpose keys: what for, from when until when
    List(List),
    /// Make new keys for a purpose
    Rotate(Rotate),
}

/// `comity key list`
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP)]
pub struct List {}

/// `comity key rotate`
#[derive(Debug, Args)]
#[command(after_help = ROTATE_HELP)]
pub struct Rotate {
    /// What for: tls, checkpoint, record or sealing
    #[arg(value_name = "PURPOSE", value_parser = ["tls", "checkpoint", "record", "sealing"])]
    purpose: String,
    /// In how many days it is first used; 0 after a theft
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    in_days: u16,
}

/// Does what the verb asks.
pub fn run(verb: &Key, chosen: &Chosen, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    let mut keys = Keys::open(&place.folder).map_err(|found| fault(&found))?;
    let listed = match verb {
        Key::List(_) => keys.list(),
        Key::Rotate(rotate) => {
            let from = world.now.plus_millis(i64::from(rotate.in_days) * 86_400_000);
            keys.rotate(purpose(&rotate.purpose), from, &SystemRandom).map_err(|found| fault(&found))?
        }
    };
    let value: Vec<Value> = listed.iter().map(value).collect();
    screen.answer(&value, |screen| show(screen, &listed, world.now));
    Ok(Exit::Ok)
}

/// A fault of keys in Comity's form.
pub(super) fn fault(fault: &KeyFault) -> Fault {
    let told = Fault::new(Exit::Fault, fault.code(), fault.to_string());
    match fault.help() {
        Some(help) => told.with_help(help),
        None => told,
    }
}

/// The purpose of a word that the parser has checked.
fn purpose(word: &str) -> KeyPurpose {
    match word {
        "tls" => KeyPurpose::Tls,
        "checkpoint" => KeyPurpose::Checkpoint,
        "sealing" => KeyPurpose::Sealing,
        _ => KeyPurpose::Record,
    }
}

fn value(key: &KeyListing) -> Value {
    json!({
        "purpose": key.purpose.to_string(), "algorithm": key.algorithm, "id": key.id.to_string(),
        "valid_from": key.valid_from.to_string(), "valid_to": key.valid_to.to_string(),
        "revoked": key.revoked.map(|at| at.to_string()),
    })
}

fn show(screen: &mut Screen<'_>, keys: &[KeyListing], now: Timestamp) {
    let mut table = Table::new(&["purpose", "algorithm", "id", "from", "until", "state"]);
    for key in keys {
        table.row([
            key.purpose.to_string().into(),
            key.algorithm.into(),
            key.id.0.short().into(),
            key.valid_from.date().to_string().into(),
            key.valid_to.date().to_string().into(),
            state(key, now),
        ]);
    }
    screen.table(&table);
}

fn state(key: &KeyListing, now: Timestamp) -> Cell {
    match key.revoked {
        Some(at) => Cell::toned(Tone::Bad, format!("revoked {}", at.date())),
        None if now < key.valid_from => Cell::toned(Tone::Open, "later"),
        None if now >= key.valid_to => Cell::toned(Tone::Faint, "ended"),
        None => Cell::toned(Tone::Good, "in use"),
    }
}
