//! `comity ledger succeed`: the root lets a ledger that lost entries for good go on under a new origin.

use crate::{
    Exit, Fault, Screen, World,
    place::{Chosen, root_folder},
    reach,
    screen::Tone,
    verb::{keys, letter},
};
use clap::Args;
use comity_ledger::SuccessionStatement;
use comity_node::{
    app::{
        hex,
        succession::{DraftSuccession, Succeed as SucceedAction, SuccessionDrafted},
        to_hex,
    },
    keys::{Keys, LetterTerms, Root},
};
use comity_record::Canonical;
use std::path::PathBuf;

const HELP: &str = "\
For the case that a witness has shown entries which this ledger lost and nobody has \
their hashes, or that the ledger went on before anybody could show it. The root \
signs what is lost and the new origin; peers check that against what they saw, and \
everybody can see it from then on. The root key is needed.

Example:
  comity ledger succeed --reason 'the backup of May was restored' \\
    --root /media/offline/root --dir ./xa

Next:
  comity letter show --dir ./xa       for peers that are not reached by network";

/// How often the draft is made anew because the ledger grew in the meantime.
const TRIES: u32 = 3;
const NAMES: usize = 9;

/// `comity ledger succeed`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Succeed {
    /// What happened, in a sentence
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The folder of the root key, where it was moved away
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// The origin line of the new ledger; the present one with the letter's number if left out
    #[arg(long, value_name = "LINE")]
    origin: Option<String>,
}

/// Drafts, signs and enters.
pub fn succeed(
    verb: &Succeed,
    chosen: &Chosen,
    world: World,
    screen: &mut Screen<'_>,
) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    let keys = Keys::open(&place.folder).map_err(|fault| keys::fault(&fault))?;
    let root = Root::open(&root_folder(&place, verb.root.as_deref())).map_err(|fault| keys::fault(&fault))?;
    let last = keys.own_letter().map_err(|fault| keys::fault(&fault))?;
    let last = last.introduce().map_err(|fault| Fault::new(Exit::Fault, fault.code(), fault.to_string()))?;
    let origin = verb.origin.clone().unwrap_or_else(|| format!("{}/{}", last.ledger, last.serial + 1));
    let terms = LetterTerms {
        serial: last.serial + 1,
        issued: world.now,
        expires: world.now.plus_millis(letter::LETTER_DAYS * letter::DAY),
        address: last.address.clone(),
        ledger: origin.clone(),
        units: last.units.clone(),
    };
    let letter = keys.sign_letter(&root, terms).map_err(|fault| keys::fault(&fault))?;
    let mut tries = 0;
    let drafted = loop {
        tries += 1;
        let draft = DraftSuccession { origin: origin.clone(), reason: verb.reason.clone() };
        let drafted = reach::ask(&place, draft)?;
        let statement = root.succession(&statement(&drafted)?).map_err(|fault| keys::fault(&fault))?;
        let succeed =
            SucceedAction { statement: to_hex(&statement.to_bytes()), letter: to_hex(&letter.to_bytes()) };
        match reach::ask(&place, succeed) {
            Ok(_) => break drafted,
            Err(fault) if fault.code == "succession/surviving" && tries < TRIES => {}
            Err(fault) => return Err(fault),
        }
    };
    keys.keep_letter(&letter).map_err(|fault| keys::fault(&fault))?;
    screen.answer(&drafted, |screen| {
        screen.say(Tone::Open, &format!("The ledger of {} goes on as `{origin}`.", place.party));
        let lost = format!("entries {} to {}", drafted.lost_from, drafted.lost_to);
        screen.item(NAMES, "lost", Tone::Bad, &lost);
        screen.item(NAMES, "survive", Tone::Plain, &format!("{} entries", drafted.surviving));
        screen.item(NAMES, "witnessed", Tone::Plain, &format!("{} entries", drafted.witnessed));
    });
    Ok(Exit::Ok)
}

fn statement(drafted: &SuccessionDrafted) -> Result<SuccessionStatement, Fault> {
    let bytes = hex(&drafted.statement).unwrap_or_default();
    let read = SuccessionStatement::from_bytes(&bytes);
    read.map_err(|fault| Fault::new(Exit::Fault, fault.code(), fault.to_string()))
}
