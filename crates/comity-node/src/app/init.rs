//! Making a party: its keys, its first letter, its configuration. Nothing is entered yet; that begins with the first act.

use super::{
    Fault,
    party::{folder, is_exercise},
};
use crate::{
    clock::Clock,
    config::{Config, Text},
    keys::{Keys, LetterTerms, Root},
    random::Random,
};
use comity_law::Register;
use comity_record::{Letter, PartyCode, RootSigned, UnitStatement};
use std::{fs, os::unix::fs::DirBuilderExt, path::Path};

/// How long a letter may be accepted, in days.
pub const LETTER_DAYS: i32 = 90;

/// Makes a party below `data_dir` and adds it to the configuration there.
pub fn init(
    config_path: &Path,
    party: &PartyCode,
    address: &str,
    clock: &Clock,
    random: &dyn Random,
) -> Result<Keys, Fault> {
    let register = if is_exercise(party) { Register::with_exercise() } else { Register::shipped() };
    let register = register.map_err(|faults| {
        Fault::new("law/register", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    })?;
    register
        .find_party(party.as_str())
        .map_err(|fault| Fault { help: fault.help(), ..Fault::new(fault.code(), fault.to_string()) })?;
    let mut config = if config_path.exists() { load(config_path)? } else { Config::default() };
    let data_dir = config_path
        .parent()
        .map_or_else(|| config.node.data_dir.clone(), |dir| dir.join(&config.node.data_dir));
    let dir = folder(&data_dir, party);
    make_folder(&dir)?;
    let keys = Keys::create(&dir, party, clock.now(), random)
        .map_err(|fault| Fault { help: fault.help(), ..Fault::new(fault.code(), fault.to_string()) })?;
    let settings = config.party.entry(Text(party.clone())).or_default();
    settings.address = address.to_owned();
    write_config(config_path, &config)?;
    issue_letter(&config, config_path, party, Vec::new(), clock)?;
    Ok(keys)
}

/// Issues a new letter, which needs the root's folder: with the units that peers may address, and every key in use.
pub fn issue_letter(
    config: &Config,
    config_path: &Path,
    party: &PartyCode,
    units: Vec<UnitStatement>,
    clock: &Clock,
) -> Result<RootSigned<Letter>, Fault> {
    let data_dir = config_path
        .parent()
        .map_or_else(|| config.node.data_dir.clone(), |dir| dir.join(&config.node.data_dir));
    let dir = folder(&data_dir, party);
    let fault = |fault: crate::keys::KeyFault| Fault {
        help: fault.help(),
        ..Fault::new(fault.code(), fault.to_string())
    };
    let keys = Keys::open(&dir).map_err(fault)?;
    let root = Root::open(&dir.join("root")).map_err(fault)?;
    let settings = config.party.get(&Text(party.clone())).cloned().unwrap_or_default();
    let before = keys.own_letter().ok().and_then(|letter| letter.introduce().ok());
    let issued = clock.now();
    let terms = LetterTerms {
        serial: before.as_ref().map_or(1, |letter| letter.serial.saturating_add(1)),
        issued,
        expires: issued.date().plus_days(LETTER_DAYS).start(),
        address: settings.address.clone(),
        ledger: settings.ledger_origin(party),
        units,
    };
    keys.issue_letter(&root, terms).map_err(fault)
}

fn load(path: &Path) -> Result<Config, Fault> {
    let text = fs::read_to_string(path)
        .map_err(|why| Fault::new("config/unreadable", format!("`{}`: {why}", path.display())))?;
    Config::parse(&text, path)
        .map_err(|fault| Fault { help: fault.help(), ..Fault::new(fault.code(), fault.to_string()) })
}

fn write_config(path: &Path, config: &Config) -> Result<(), Fault> {
    let fault = |why: std::io::Error| Fault::new("config/unwritable", format!("`{}`: {why}", path.display()));
    // Written beside and moved, so that a crash leaves the old file or the new one.
    let beside = path.with_extension("toml.new");
    fs::write(&beside, config.to_text()).map_err(fault)?;
    fs::rename(&beside, path).map_err(fault)
}

fn make_folder(path: &Path) -> Result<(), Fault> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|why| Fault::new("node/folder", format!("`{}` cannot be made: {why}", path.display())))
}
