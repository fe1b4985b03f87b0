//! `comity key`: a party's purpose keys.

use crate::{
    Exit, Fault, Screen, World,
    place::{Chosen, Place, root_folder},
    reach,
    screen::{Cell, Table, Tone},
};
use clap::{Args, Subcommand};
use comity_node::{
    app::{
        succession::{KeyRevoked, RevokeKey},
        to_hex,
    },
    keys::{KeyFault, KeyListing, Keys, Root, armour, unarmour},
    random::SystemRandom,
};
use comity_record::{Canonical, Hash, KeyId, KeyPurpose, KeyRevocation, RootSigned, Timestamp};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The shortest beginning of a key's id by which it may be named.
const SHORTEST: usize = 8;
const NAMES: usize = 7;

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

const REVOKE_HELP: &str = "\
The root signs the revocation; peers that are reached by network are told in the \
session and count it once it is entered and cosigned. A thief of the node cannot \
revoke anything. Make new keys first (`comity key rotate PURPOSE --in-days 0`) \
where this one is the only one of its purpose.

Where the root is on another machine, sign there with --out and bring the file.

Example:
  comity key revoke 1a2b3c4d --reason 'stolen with a laptop' --dir ./xa
  comity key revoke 1a2b...64 digits --reason 'stolen' --root /media/offline/root \
      --out key.revocation
  comity key revoke --statement key.revocation --dir ./xa

Next:
  comity letter issue --dir ./xa       a letter without the key; then restart the node";

/// The verbs of keys.
#[derive(Debug, Subcommand)]
pub enum Key {
    /// List the purpose keys: what for, from when until when
    List(List),
    /// Make new keys for a purpose
    Rotate(Rotate),
    /// Revoke a key, as the root signs
    Revoke(Revoke),
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

/// `comity key revoke`
#[derive(Debug, Args)]
#[command(after_help = REVOKE_HELP)]
pub struct Revoke {
    /// The key, by its id or the beginning of it as `key list` shows
    #[arg(value_name = "KEY", required_unless_present = "statement", conflicts_with = "statement")]
    key: Option<String>,
    /// Why, in a sentence; every peer will read it
    #[arg(long, value_name = "TEXT", required_unless_present = "statement", conflicts_with = "statement")]
    reason: Option<String>,
    /// As of when nothing signed by it counts; now if left out
    #[arg(long, value_name = "TIME", conflicts_with = "statement")]
    at: Option<Timestamp>,
    /// The folder of the root key, where it was moved away
    #[arg(long, value_name = "DIR", conflicts_with = "statement")]
    root: Option<PathBuf>,
    /// Only sign, and write the statement here: for a root without a node
    #[arg(long, value_name = "FILE", conflicts_with = "statement")]
    out: Option<PathBuf>,
    /// A statement that was signed elsewhere
    #[arg(long, value_name = "FILE")]
    statement: Option<PathBuf>,
}

/// Does what the verb asks.
pub fn run(verb: &Key, chosen: &Chosen, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    if let Key::Revoke(verb) = verb {
        return revoke(verb, chosen, world, screen);
    }
    let place = chosen.place()?;
    let mut keys = Keys::open(&place.folder).map_err(|found| fault(&found))?;
    let listed = match verb {
        Key::Rotate(rotate) => {
            let from = world.now.plus_millis(i64::from(rotate.in_days) * 86_400_000);
            keys.rotate(purpose(&rotate.purpose), from, &SystemRandom).map_err(|found| fault(&found))?
        }
        Key::List(_) | Key::Revoke(_) => keys.list(),
    };
    let value: Vec<Value> = listed.iter().map(value).collect();
    screen.answer(&value, |screen| show(screen, &listed, world.now));
    Ok(Exit::Ok)
}

/// Signs a revocation, brings one, or both.
fn revoke(verb: &Revoke, chosen: &Chosen, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let signed = match &verb.statement {
        Some(file) => read(file)?,
        None => sign(verb, chosen, world)?,
    };
    if let Some(out) = &verb.out {
        fs::write(out, armour(&signed)).map_err(|why| Fault::file(out, &why))?;
        let value = json!({ "statement": out.display().to_string() });
        screen.answer(&value, |screen| {
            screen.say(Tone::Good, &format!("The revocation is signed: `{}`.", out.display()));
            screen.text("Nothing is revoked until the node gets it: `comity key revoke --statement`.");
        });
        return Ok(Exit::Ok);
    }
    let statement = to_hex(&signed.to_bytes());
    let revoked = reach::ask(&chosen.place()?, RevokeKey { statement })?;
    screen.answer(&revoked, |screen| show_revoked(screen, &revoked));
    Ok(Exit::Ok)
}

fn sign(verb: &Revoke, chosen: &Chosen, world: World) -> Result<RootSigned<KeyRevocation>, Fault> {
    let (key, reason) = (verb.key.as_deref().unwrap_or_default(), verb.reason.as_deref().unwrap_or_default());
    if reason.trim().is_empty() {
        let text = "a revocation needs a reason in words";
        return Err(Fault::new(Exit::Usage, "key/no-reason", text));
    }
    // A root without a node knows keys by their whole id; beside a node the beginning that `key list` shows will do.
    let place = match (&verb.root, &verb.out) {
        (Some(_), Some(_)) => None,
        _ => Some(chosen.place()?),
    };
    let key = match Hash::from_hex(key) {
        Some(hash) => KeyId(hash),
        None => held(place.as_ref(), key)?,
    };
    let folder = match (&verb.root, &place) {
        (Some(named), _) => named.clone(),
        (None, Some(place)) => root_folder(place, None),
        (None, None) => PathBuf::new(),
    };
    let root = Root::open(&folder).map_err(|found| fault(&found))?;
    root.revocation(key, verb.at.unwrap_or(world.now), reason.trim()).map_err(|found| fault(&found))
}

/// The key of a node whose id begins so.
fn held(place: Option<&Place>, beginning: &str) -> Result<KeyId, Fault> {
    let beginning = beginning.to_ascii_lowercase();
    let listed = match place {
        Some(place) => Keys::open(&place.folder).map_err(|found| fault(&found))?.list(),
        None => Vec::new(),
    };
    let of_beginning = |key: &&KeyListing| key.id.to_string().starts_with(&beginning);
    let found: Vec<&KeyListing> = listed.iter().filter(of_beginning).collect();
    match found.as_slice() {
        [key] if beginning.len() >= SHORTEST => Ok(key.id),
        _ => {
            let text = format!("`{beginning}` is not the beginning of exactly one key's id");
            let help = "`comity key list` shows eight digits of each; all 64 name any key";
            Err(Fault::new(Exit::Usage, "key/unknown", text).with_help(help))
        }
    }
}

fn read(file: &Path) -> Result<RootSigned<KeyRevocation>, Fault> {
    let text = fs::read_to_string(file).map_err(|why| Fault::file(file, &why))?;
    unarmour(&text)
        .map_err(|found| Fault::new(Exit::Fault, found.code(), format!("`{}`: {found}", file.display())))
}

fn show_revoked(screen: &mut Screen<'_>, revoked: &KeyRevoked) {
    screen.say(Tone::Good, &format!("The key {} is revoked.", revoked.key));
    screen.item(NAMES, "as of", Tone::Plain, &revoked.at);
    screen.item(NAMES, "reason", Tone::Plain, &revoked.reason);
    let told = match revoked.entered {
        true => {
            "It is entered; peers are told in the session. Restart the node, so that it lets go of the key."
        }
        false => "It is entered and told to peers as soon as a witness has confirmed our head.",
    };
    screen.text(told);
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
