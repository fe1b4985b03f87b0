//! `comity letter`: the signed introduction of a node, shown, issued and read.

use crate::{
    Exit, Fault, Screen, World,
    place::{Chosen, root_folder},
    reach,
    screen::Tone,
    trust,
    verb::keys,
};
use clap::{Args, Subcommand};
use comity_node::{
    app::{peer::AcceptLetter, succession::AnnounceLetter, to_hex},
    keys::{Keys, LetterTerms, Root, armour, fingerprint},
};
use comity_record::{Canonical, KeyStatement, Letter as Introduction, UnitStatement, label::Purpose};
use serde_json::{Value, json};
use std::{collections::BTreeSet, path::PathBuf};

/// For how many days a letter may be accepted.
pub(super) const LETTER_DAYS: i64 = 90;
/// A day in milliseconds.
pub(super) const DAY: i64 = 86_400_000;
const NAMES: usize = 9;

const SHOW_HELP: &str = "\
The letter stands between two marks and survives mail and print; what stands \
around it is ignored when it is read.

Example:
  comity letter show --dir ./xa > xa.letter

Next:
  comity letter read xa.letter        what the other party will see";

const ISSUE_HELP: &str = "\
A new letter names the keys as they are now and carries the next number. It needs \
the root key. Peers that are reached by network are told of it in the session.

Example:
  comity letter issue --root /media/offline/root --dir ./xa

Next:
  comity letter show --dir ./xa       for peers that are not reached by network";

const READ_HELP: &str = "\
Whether the root in a letter is really that party's is for two people to confirm: \
read the fingerprint to them by a channel that the letter did not come by.
The exit code is 1 where the letter may not be accepted today.

Example:
  comity letter read xb.letter

Next:
  comity ledger verify DIR --trust xb.letter";

const ACCEPT_HELP: &str = "\
Get the fingerprint by a channel that the letter did not come by: this is the one \
moment at which a stranger could step in.

Example:
  comity letter accept xb.letter --fingerprint '01234 56789 ...' --dir ./xa

Next:
  comity peer list --dir ./xa";

/// The verbs of letters.
#[derive(Debug, Subcommand)]
pub enum Letter {
    /// Show our own letter, to hand to other parties
    Show(Show),
    /// Issue a new letter, after keys or units have changed
    Issue(Issue),
    /// Read another party's letter: what it says, and its fingerprint
    Read(Read),
    /// Accept another party's letter, its fingerprint compared
    Accept(Accept),
}

/// `comity letter show`
#[derive(Debug, Args)]
#[command(after_help = SHOW_HELP)]
pub struct Show {}

/// `comity letter issue`
#[derive(Debug, Args)]
#[command(after_help = ISSUE_HELP)]
pub struct Issue {
    /// The folder of the root key, where it was moved away
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// For how many days it may be accepted
    #[arg(long, value_name = "DAYS", default_value_t = LETTER_DAYS as u16)]
    days: u16,
    /// A unit that peers may address, in place of those of the last letter
    #[arg(long = "unit", value_name = "CODE=LAW", value_parser = unit)]
    units: Vec<UnitStatement>,
}

/// `comity letter read`
#[derive(Debug, Args)]
#[command(after_help = READ_HELP)]
pub struct Read {
    /// The letter
    #[arg(value_name = "FILE")]
    letter: PathBuf,
}

/// `comity letter accept`
#[derive(Debug, Args)]
#[command(after_help = ACCEPT_HELP)]
pub struct Accept {
    /// The letter
    #[arg(value_name = "FILE")]
    letter: PathBuf,
    /// The fingerprint, as the other party read it to you
    #[arg(long, value_name = "DIGITS")]
    fingerprint: String,
}

/// Does what the verb asks.
pub fn run(verb: &Letter, chosen: &Chosen, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    match verb {
        Letter::Show(_) => show(chosen, screen),
        Letter::Issue(issue) => self::issue(issue, chosen, world, screen),
        Letter::Read(read) => self::read(read, world, screen),
        Letter::Accept(accept) => self::accept(accept, chosen, screen),
    }
}

/// Reads `CODE=LAW` or `CODE=LAW;purpose,purpose`.
pub(super) fn unit(text: &str) -> Result<UnitStatement, String> {
    let wanted = "a unit is written CODE=LAW, or CODE=LAW;PURPOSE,PURPOSE";
    let (code, rest) = text.split_once('=').ok_or(wanted)?;
    let (law, purposes) = rest.split_once(';').unwrap_or((rest, ""));
    if law.trim().is_empty() {
        return Err(wanted.to_owned());
    }
    let named = purposes.split(',').map(str::trim).filter(|word| !word.is_empty());
    let purposes: Result<BTreeSet<Purpose>, _> = named.map(str::parse).collect();
    Ok(UnitStatement {
        unit: code.parse().map_err(|bad: comity_record::BadCode| bad.to_string())?,
        competence: law.trim().to_owned(),
        purposes: purposes.map_err(|fault| fault.to_string())?,
    })
}

fn show(chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let keys = Keys::open(&chosen.place()?.folder).map_err(|fault| keys::fault(&fault))?;
    let signed = keys.own_letter().map_err(|fault| keys::fault(&fault))?;
    let root = fingerprint(keys.root_verifier());
    let text = armour(&signed);
    let value = json!({ "party": keys.party().as_str(), "fingerprint": one_line(&root), "letter": text });
    screen.answer(&value, |screen| {
        screen.text(&format!("The letter of {}. The fingerprint of its root:", keys.party()));
        screen.page(&root);
        screen.page(&text);
    });
    Ok(Exit::Ok)
}

fn issue(verb: &Issue, chosen: &Chosen, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    let keys = Keys::open(&place.folder).map_err(|fault| keys::fault(&fault))?;
    let root = Root::open(&root_folder(&place, verb.root.as_deref())).map_err(|fault| keys::fault(&fault))?;
    let last = keys.own_letter().map_err(|fault| keys::fault(&fault))?;
    let last = last.introduce().map_err(|fault| Fault::new(Exit::Fault, fault.code(), fault.to_string()))?;
    let hosted = place.config.party.iter().find(|(code, _)| code.0 == place.party).map(|(_, hosted)| hosted);
    let terms = LetterTerms {
        serial: last.serial + 1,
        issued: world.now,
        expires: world.now.plus_millis(i64::from(verb.days) * DAY),
        address: hosted.map_or_else(|| last.address.clone(), |hosted| hosted.address.clone()),
        ledger: last.ledger.clone(),
        units: if verb.units.is_empty() { last.units.clone() } else { verb.units.clone() },
    };
    let signed = keys.issue_letter(&root, terms).map_err(|fault| keys::fault(&fault))?;
    let letter =
        signed.introduce().map_err(|fault| Fault::new(Exit::Fault, fault.code(), fault.to_string()))?;
    // A node that does not run tells its peers at its next start.
    reach::tell(&place, AnnounceLetter {})?;
    screen.answer(&value(&letter, None), |screen| {
        screen.say(Tone::Good, &format!("Letter {} of {} is issued.", letter.serial, letter.party));
        describe(screen, &letter);
    });
    Ok(Exit::Ok)
}

fn read(verb: &Read, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let letter = trust::letter(&verb.letter)?;
    let hindrance = if letter.issued > world.now.plus_millis(DAY) {
        Some("it is dated in the future: compare both clocks")
    } else if world.now >= letter.expires {
        Some("it has expired: ask for a new one")
    } else {
        None
    };
    screen.answer(&value(&letter, hindrance), |screen| {
        let tone = if hindrance.is_some() { Tone::Bad } else { Tone::Good };
        screen.say(tone, &format!("A letter of {}, signed by the root that it carries.", letter.party));
        if let Some(hindrance) = hindrance {
            screen.say(Tone::Bad, &format!("It may not be accepted: {hindrance}."));
        }
        describe(screen, &letter);
        screen.text("Compare the fingerprint by another channel than the letter came:");
        screen.page(&fingerprint(&letter.root));
    });
    Ok(if hindrance.is_some() { Exit::No } else { Exit::Ok })
}

fn accept(verb: &Accept, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    let signed = trust::signed_letter(&verb.letter)?;
    let letter = trust::letter(&verb.letter)?;
    let accept = AcceptLetter { letter: to_hex(&signed.to_bytes()), fingerprint: verb.fingerprint.clone() };
    let accepted = reach::ask(&place, accept)?;
    screen.answer(&accepted, |screen| {
        screen.say(Tone::Good, &format!("The letter of {} is accepted by {}.", accepted.party, place.party));
        describe(screen, &letter);
    });
    Ok(Exit::Ok)
}

fn value(letter: &Introduction, hindrance: Option<&str>) -> Value {
    json!({
        "party": letter.party.as_str(), "fingerprint": one_line(&fingerprint(&letter.root)), "serial": letter.serial,
        "issued": letter.issued.to_string(), "expires": letter.expires.to_string(), "address": letter.address,
        "ledger": letter.ledger, "hindrance": hindrance,
        "keys": letter.keys.iter().map(key).collect::<Vec<_>>(),
        "units": letter.units.iter().map(|unit| json!({
            "unit": unit.unit.as_str(), "competence": unit.competence,
            "purposes": unit.purposes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

fn describe(screen: &mut Screen<'_>, letter: &Introduction) {
    let address =
        if letter.address.is_empty() { "none: the node opens all connections" } else { &letter.address };
    let items = [
        ("number", letter.serial.to_string()),
        ("issued", letter.issued.to_string()),
        ("expires", letter.expires.to_string()),
        ("address", address.to_owned()),
        ("ledger", letter.ledger.clone()),
    ];
    for (name, text) in items {
        screen.item(NAMES, name, Tone::Plain, &text);
    }
    for unit in &letter.units {
        screen.item(NAMES, "unit", Tone::Plain, &format!("{}: {}", unit.unit, unit.competence));
    }
    for statement in &letter.keys {
        screen.item(NAMES, "key", Tone::Plain, &key(statement));
    }
}

/// `record 1a2b3c4d, valid 2026-03-01 to 2027-04-01`.
fn key(statement: &KeyStatement) -> String {
    let id = statement.key.as_ref().map_or_else(|| "X-Wing".to_owned(), |key| key.id().0.short());
    format!(
        "{} {id}, valid {} to {}",
        statement.purpose,
        statement.valid_from.date(),
        statement.valid_to.date()
    )
}

fn one_line(fingerprint: &str) -> String {
    fingerprint.split_whitespace().collect::<Vec<_>>().join(" ")
}
