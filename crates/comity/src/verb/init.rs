//! `comity init`: a node's folder with a party's keys, its letter and the configuration. All of it, or nothing.

use crate::{
    Exit, Fault, Screen, World,
    place::{Chosen, party_folder},
    screen::Tone,
    verb::{keys, letter, open},
};
use clap::Args;
use comity_node::{
    config::{Config, Party, Text},
    keys::{Keys, LetterTerms, Root},
    random::SystemRandom,
};
use comity_record::{PartyCode, UnitStatement};
use serde_json::json;
use std::{fs, path::Path};

const NAMES: usize = 8;

const HELP: &str = "\
Keys are made on this machine and never leave it. The root key signs all others; \
once the letter is issued, move its folder to offline storage. A second party may \
be added to the same folder; the two share nothing.

Example:
  comity init --party XA --dir ./xa --address node.xa.example:4433 \\
    --unit 'cert=Exercise Cyber Act, section 4'

Next:
  comity letter show --dir ./xa       the letter, to hand to other parties
  comity config --check --dir ./xa    after the configuration was edited";

/// `comity init`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Init {
    /// `host:port` where peers connect; without it the node opens all connections
    #[arg(long, value_name = "HOST:PORT", default_value = "", hide_default_value = true)]
    address: String,
    /// The line that names the ledger in checkpoints; it must never change
    #[arg(long, value_name = "LINE", default_value = "", hide_default_value = true)]
    ledger: String,
    /// A unit that peers may address, with what makes it competent; may be repeated
    #[arg(long = "unit", value_name = "CODE=LAW", value_parser = letter::unit)]
    units: Vec<UnitStatement>,
}

/// Makes the folder.
pub fn run(verb: &Init, chosen: &Chosen, world: World, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let named = chosen.party.as_deref().ok_or_else(|| {
        let fault = Fault::new(Exit::Usage, "cli/option-missing", "say whose node it is");
        fault.with_help("name the party with --party, such as --party JP")
    })?;
    let party = open::party(&open::register()?, named)?;
    let config = config(verb, chosen, &party)?;
    let folder = party_folder(&config, &party);
    if folder.exists() {
        let text = format!("`{}` exists already", folder.display());
        return Err(Fault::new(Exit::Fault, "keys/exists", text)
            .with_help("keys are never overwritten; choose another --dir"));
    }
    let fingerprint = make(verb, &config, &party, world, &folder)?;
    let path = chosen.config_path();
    config.add_party(&path, &party).map_err(|failed| Fault::file(&path, &failed))?;
    let value = json!({
        "party": party.as_str(), "folder": folder, "config": chosen.config_path(), "fingerprint": fingerprint,
        "root": folder.join("root"),
    });
    screen.answer(&value, |screen| show(screen, chosen, &party, &folder, &fingerprint));
    Ok(Exit::Ok)
}

/// The configuration with the party in it; one that is there already is kept.
fn config(verb: &Init, chosen: &Chosen, party: &PartyCode) -> Result<Config, Fault> {
    let mut config = if chosen.config_path().exists() { chosen.config()? } else { Config::default() };
    if config.party.keys().any(|code| code.0 == *party) {
        let text = format!("`{}` hosts `{party}` already", chosen.config_path().display());
        return Err(Fault::new(Exit::Fault, "cli/party-exists", text));
    }
    if !chosen.config_path().exists() {
        config.node.data_dir = chosen.dir.join(&config.node.data_dir);
    }
    let hosted = Party { address: verb.address.clone(), ledger: verb.ledger.clone(), ..Party::default() };
    config.party.insert(Text(party.clone()), hosted);
    Ok(config)
}

/// Keys and letter, in a folder beside, which then takes its place in one step.
fn make(
    verb: &Init,
    config: &Config,
    party: &PartyCode,
    world: World,
    folder: &Path,
) -> Result<String, Fault> {
    let beside = folder.with_extension("new");
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |failed: std::io::Error| Fault::file(&path, &failed)
    };
    if beside.exists() {
        fs::remove_dir_all(&beside).map_err(failed(&beside))?;
    }
    fs::create_dir_all(&beside).map_err(failed(&beside))?;
    let made = Keys::create(&beside, party, world.now, &SystemRandom).map_err(|fault| keys::fault(&fault))?;
    let root = Root::open(&beside.join("root")).map_err(|fault| keys::fault(&fault))?;
    let hosted = config.party.get(&Text(party.clone())).cloned().unwrap_or_default();
    let terms = LetterTerms {
        serial: 1,
        issued: world.now,
        expires: world.now.plus_millis(letter::LETTER_DAYS * letter::DAY),
        address: hosted.address.clone(),
        ledger: hosted.ledger_origin(party),
        units: verb.units.clone(),
    };
    made.issue_letter(&root, terms).map_err(|fault| keys::fault(&fault))?;
    fs::rename(&beside, folder).map_err(failed(folder))?;
    Ok(comity_node::keys::fingerprint(made.root_verifier()))
}

fn show(screen: &mut Screen<'_>, chosen: &Chosen, party: &PartyCode, folder: &Path, fingerprint: &str) {
    screen.say(Tone::Good, &format!("The node of {party} is made."));
    screen.item(NAMES, "config", Tone::Plain, &chosen.config_path().display().to_string());
    screen.item(NAMES, "keys", Tone::Plain, &folder.join("keys").display().to_string());
    let root = format!("{}: move it to offline storage", folder.join("root").display());
    screen.item(NAMES, "root", Tone::Open, &root);
    screen.blank();
    screen.text("The fingerprint of its root key, for reading over the telephone:");
    screen.page(fingerprint);
}
