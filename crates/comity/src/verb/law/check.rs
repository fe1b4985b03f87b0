//! `comity law check`: a register and packs, each fault with file, line and column.

use crate::{Exit, Fault, Screen, screen::Tone, verb::open};
use clap::Args;
use comity_border::{Adoption, Layer, PackFault, PackText, Packs};
use comity_law::Files;
use serde::Serialize;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The longest file of a register that is read, in bytes.
const LONGEST: u64 = 16 << 20;

const HELP: &str = "\
Without DIR the register and packs built into this program are checked. A DIR \
holds the files of a register (states.csv and so on), or packs (*.cedar), or both.

Example:
  comity law check data/law packs

Next:
  comity law show INSTRUMENT          what a register says of an instrument";

/// `comity law check`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Check {
    /// Folders to check
    #[arg(value_name = "DIR")]
    folders: Vec<PathBuf>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize)]
struct Found {
    file: String,
    line: u64,
    column: u64,
    code: &'static str,
    text: String,
}

/// Checks and lists the faults.
pub fn run(verb: &Check, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let mut found = Vec::new();
    let mut checked = Vec::new();
    if verb.folders.is_empty() {
        checked.push("the register and packs built in".to_owned());
        found.extend(register("", &Files::with_exercise()));
        found.extend(built_in_packs());
    }
    for folder in &verb.folders {
        checked.push(format!("`{}`", folder.display()));
        found.extend(check_folder(folder)?);
    }
    let value = json!({ "checked": checked, "faults": found });
    screen.answer(&value, |screen| show(screen, &checked, &found));
    Ok(if found.is_empty() { Exit::Ok } else { Exit::No })
}

fn show(screen: &mut Screen<'_>, checked: &[String], found: &[Found]) {
    for fault in found {
        screen.text(&format!("{}:{}:{}: {}", fault.file, fault.line, fault.column, fault.text));
        screen.indented(4, Tone::Faint, fault.code);
    }
    let checked = checked.join(", ");
    match found.len() {
        0 => screen.say(Tone::Good, &format!("No fault in {checked}.")),
        1 => screen.say(Tone::Bad, &format!("1 fault in {checked}.")),
        faults => screen.say(Tone::Bad, &format!("{faults} faults in {checked}.")),
    }
}

/// A folder holds a register, packs, or both.
fn check_folder(folder: &Path) -> Result<Vec<Found>, Fault> {
    let names = names(folder, "")?;
    let (is_register, is_pack) =
        (|name: &String| name.ends_with(".csv"), |name: &String| name.ends_with(".cedar"));
    if !names.iter().any(|name| is_register(name) || is_pack(name)) {
        let text = format!("`{}` holds neither a register nor packs", folder.display());
        let fault = Fault::new(Exit::Usage, "cli/nothing-to-check", text);
        return Err(fault.with_help("give a folder with states.csv and so on, or with *.cedar"));
    }
    let mut found = Vec::new();
    if names.iter().any(is_register) {
        let mut files = Files::new();
        for name in names.iter().filter(|name| is_register(name) || *name == "SOURCES.md") {
            files = files.with(name.clone(), open::file(&folder.join(name), LONGEST)?);
        }
        found.extend(register(&format!("{}/", folder.display()), &files));
    }
    if names.iter().any(is_pack) {
        let texts: Result<Vec<PackText>, Fault> =
            names.iter().filter(|name| is_pack(name)).map(|name| pack(folder, name)).collect();
        found.extend(packs(texts?));
    }
    Ok(found)
}

fn pack(folder: &Path, name: &str) -> Result<PackText, Fault> {
    let path = folder.join(name);
    let file = path.display().to_string();
    let layer = layer(name).ok_or_else(|| {
        let text = format!("`{file}`: the layer of a pack is told from its name, and this one tells none");
        let fault = Fault::new(Exit::Usage, "cli/pack-layer", text);
        fault.with_help("principles.cedar, instruments.cedar, safeguards.cedar, obligations/*.cedar, national/PARTY.cedar")
    })?;
    let text = String::from_utf8(open::file(&path, LONGEST)?).map_err(|broken| {
        let at = broken.utf8_error().valid_up_to();
        Fault::new(Exit::Fault, "cli/not-utf8", format!("`{file}` is not UTF-8 from byte {at} on"))
    })?;
    Ok(PackText { file, layer, text })
}

/// The layer that a pack's place gives it.
fn layer(name: &str) -> Option<Layer> {
    match name.split_once('/') {
        Some(("obligations", _)) => Some(Layer::Obligations),
        Some(("national" | "exercise", file)) => {
            file.strip_suffix(".cedar")?.parse().ok().map(Layer::National)
        }
        Some(_) => None,
        None => match name {
            "principles.cedar" => Some(Layer::Principles),
            "instruments.cedar" => Some(Layer::Instruments),
            "safeguards.cedar" => Some(Layer::Safeguards),
            national => national.strip_suffix(".cedar")?.parse().ok().map(Layer::National),
        },
    }
}

fn built_in_packs() -> Vec<Found> {
    let mut texts = Packs::shipped_texts();
    let invented = ["XA", "XB", "XC"].iter().filter_map(|code| code.parse().ok());
    texts.extend(invented.filter_map(|code| Packs::exercise_text(&code)));
    packs(texts)
}

fn packs(texts: Vec<PackText>) -> Vec<Found> {
    let found = |fault: &PackFault| Found {
        file: fault.place.file.clone(),
        line: fault.place.line as u64,
        column: fault.place.column as u64,
        code: fault.code(),
        text: fault.fault.to_string(),
    };
    Packs::load(texts, &Adoption::Whole).err().unwrap_or_default().iter().map(found).collect()
}

fn register(prefix: &str, files: &Files<'_>) -> Vec<Found> {
    let found = |fault: &comity_law::Fault| Found {
        file: format!("{prefix}{}", fault.file),
        line: fault.line,
        column: fault.column,
        code: fault.code(),
        text: fault.kind.to_string(),
    };
    comity_law::check(files).iter().map(found).collect()
}

/// The files of a folder and of the folders in it, by name.
fn names(folder: &Path, prefix: &str) -> Result<Vec<String>, Fault> {
    let failed = |failed: std::io::Error| Fault::file(folder, &failed);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !entry.path().is_dir() {
            names.push(format!("{prefix}{name}"));
        } else if prefix.is_empty() {
            names.extend(self::names(&entry.path(), &format!("{name}/"))?);
        }
    }
    names.sort();
    Ok(names)
}
