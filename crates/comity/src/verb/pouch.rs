//! `comity pouch`: the same crossings without a network.

use crate::{Exit, Fault, Screen, place::Chosen, reach, screen::Tone, verb::open};
use clap::{Args, Subcommand};
use comity_node::app::{
    hex,
    pouch::{LookPouch, OpenPouch, PackPouch, PouchOpened},
    to_hex,
};
use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The longest pouch that is read, in bytes.
const LONGEST: u64 = 256 << 20;

const PACK_HELP: &str = "\
A pouch is sealed to its recipient and carries what that party has not yet \
acknowledged. It carries no diplomatic immunity. Where it does not fit into one \
file, further parts are written beside it: to-xc.2.pouch, to-xc.3.pouch and so on.

Example:
  comity pouch pack --to XC --out to-xc.pouch --dir ./xa

Next, at the recipient's:
  comity pouch open to-xc.pouch --dir ./xc";

const OPEN_HELP: &str = "\
Each item is judged and entered as if it had come by the network. Several files are \
opened in the order of what they carry, however they are named. It is safe to open \
one twice, or some parts now and others later. What is no pouch for this party is \
named, and the others are opened all the same.

Example:
  comity pouch open to-xc.pouch to-xc.2.pouch --dir ./xc

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
}

/// `comity pouch open`
#[derive(Debug, Args)]
#[command(after_help = OPEN_HELP)]
pub struct Open {
    /// The pouches
    #[arg(value_name = "FILE", required = true)]
    pouches: Vec<PathBuf>,
}

/// Does what the verb asks.
pub fn run(verb: &Pouch, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    match verb {
        Pouch::Pack(verb) => pack(verb, chosen, screen),
        Pouch::Open(verb) => self::open(verb, chosen, screen),
    }
}

fn pack(verb: &Pack, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    let (mut parts, mut after) = (Vec::new(), None);
    loop {
        let file = part_name(&verb.out, parts.len() + 1);
        let asked = reach::ask(&place, PackPouch { to: verb.to.to_uppercase(), after });
        let written = asked.and_then(|packed| {
            let bytes = hex(&packed.pouch).unwrap_or_default();
            open::write_new(&file, &bytes).map(|()| (packed, bytes.len()))
        });
        let (packed, bytes) = written.inspect_err(|_| remove(&parts))?;
        after = packed.next;
        parts.push(Part { file, bytes, items: packed.items, acknowledgements: packed.acknowledgements });
        if after.is_none() {
            break;
        }
    }
    screen.answer(&parts, |screen| {
        for Part { file, items, acknowledgements, .. } in &parts {
            let text = format!("`{}`: {items} items and {acknowledgements} acknowledgements", file.display());
            screen.say(Tone::Good, &text);
        }
    });
    Ok(Exit::Ok)
}

/// A part as written.
#[derive(Debug, Serialize)]
struct Part {
    file: PathBuf,
    bytes: usize,
    items: u64,
    acknowledgements: u64,
}

/// All parts or none: the parts before one that failed are taken back.
fn remove(parts: &[Part]) {
    for part in parts {
        // What failed first is what the person has to know; a part that stays is seen in its place.
        let _gone = fs::remove_file(&part.file).is_err();
    }
}

/// `to-xc.pouch`, `to-xc.2.pouch`, `to-xc.3.pouch`.
fn part_name(first: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return first.to_owned();
    }
    match first.extension() {
        Some(ending) => first.with_extension(format!("{number}.{}", ending.display())),
        None => first.with_extension(number.to_string()),
    }
}

/// What became of one file.
#[derive(Debug, Serialize)]
struct Opened {
    file: PathBuf,
    opened: Option<PouchOpened>,
    fault: Option<String>,
}

fn open(verb: &Open, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    let (mut inside, mut done) = (Vec::new(), Vec::new());
    for file in &verb.pouches {
        let looked = open::file(file, LONGEST)
            .and_then(|bytes| reach::ask(&place, LookPouch { pouch: to_hex(&bytes) }));
        match looked {
            // One file that cannot be opened is told as any other verb would.
            Err(fault) if verb.pouches.len() == 1 => return Err(named(file, fault)),
            Err(fault) => {
                done.push(Opened { file: file.clone(), opened: None, fault: Some(fault.to_string()) })
            }
            Ok(seen) => inside.push((seen.from, seen.first, file)),
        }
    }
    inside.sort();
    for (_, _, file) in inside {
        let bytes = open::file(file, LONGEST)?;
        let opened = reach::ask(&place, OpenPouch { pouch: to_hex(&bytes) })?;
        done.push(Opened { file: file.clone(), opened: Some(opened), fault: None });
    }
    screen.answer(&done, |screen| done.iter().for_each(|one| show(screen, one)));
    if let Some((from, first, last)) = still_missing(&done) {
        let text =
            format!("Positions {first} to {last} of {from} are not here yet: another part may carry them.");
        screen.say(Tone::Open, &text);
    }
    Ok(if done.iter().any(|one| one.fault.is_some()) { Exit::No } else { Exit::Ok })
}

/// A fault of a file that the node was given, with its name.
fn named(file: &Path, fault: Fault) -> Fault {
    let name = format!("`{}`", file.display());
    if fault.text.contains(&name) {
        return fault;
    }
    Fault { text: format!("{name}: {}", fault.text), ..fault }
}

fn show(screen: &mut Screen<'_>, one: &Opened) {
    let file = one.file.display();
    match (&one.opened, &one.fault) {
        (Some(opened), _) => {
            let (items, known) = (opened.items, opened.known);
            let text = format!("`{file}`: a pouch of {}, {items} items, {known} of them known.", opened.from);
            screen.say(Tone::Good, &text);
            opened.events.iter().for_each(|event| screen.indented(2, Tone::Plain, event));
        }
        (None, Some(fault)) => screen.say(Tone::Bad, &format!("`{file}` was not opened: {fault}")),
        (None, None) => {}
    }
}

/// What the last pouch left open.
fn still_missing(done: &[Opened]) -> Option<(&str, u64, u64)> {
    let last = done.iter().filter_map(|one| one.opened.as_ref()).next_back()?;
    last.missing.map(|(first, end)| (last.from.as_str(), first, end))
}
