//! `comity law check`: a register and packs, each fault with file, line and column.

use crate::{Exit, Fault, Screen, screen::Tone, verb::open};
use clap::Args;
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
        checked.push("the register built in".to_owned());
        found.extend(register("", &Files::with_exercise()));
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

fn check_folder(folder: &Path) -> Result<Vec<Found>, Fault> {
    let names = names(folder, "")?;
    if !names.iter().any(|name| name.ends_with(".csv")) {
        let text = format!("`{}` holds no file of a register", folder.display());
        let fault = Fault::new(Exit::Usage, "cli/nothing-to-check", text);
        return Err(fault.with_help("give a folder with states.csv and so on"));
    }
    let mut files = Files::new();
    for name in names.into_iter().filter(|name| name.ends_with(".csv") || name == "SOURCES.md") {
        let text = open::file(&folder.join(&name), LONGEST)?;
        files = files.with(name, text);
    }
    Ok(register(&format!("{}/", folder.display()), &files))
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

/// The files of a folder, and of its folder `exercise`, by name.
fn names(folder: &Path, prefix: &str) -> Result<Vec<String>, Fault> {
    let failed = |failed: std::io::Error| Fault::file(folder, &failed);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            if prefix.is_empty() && name == "exercise" {
                names.extend(self::names(&entry.path(), "exercise/")?);
            }
        } else {
            names.push(format!("{prefix}{name}"));
        }
    }
    names.sort();
    Ok(names)
}
