//! `comity unit key`: keys to which something is sealed so that one unit alone opens it.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Cell, Table, Tone},
    verb::{house::done, open},
};
use clap::{Args, Subcommand};
use comity_node::{
    app::unit_key::{AddUnitKey, EndUnitKey, GiveUnitKey, ListUnitKeys, TakeUnitKey, UnitKeyShown},
    keys::{UnitKeyFault, armour_key, make_unit_key},
    random::SystemRandom,
};
use comity_record::Date;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The longest file that is searched for a public key.
const LONGEST: u64 = 64 * 1024;

const MAKE_HELP: &str = "\
Made where the unit works, and not on the node: the secret half (FILE) never leaves \
it, and without it nobody opens what is sealed to the unit. The public half is \
written beside it (FILE.pub); hand it to the node's officers, and confirm its \
number by telephone.

Example:
  comity unit key make --out oversight.key

Next:
  comity unit key add oversight --key oversight.key.pub \\
    --law 'minute of 2026-03-01' --dir ./xa";

const ADD_HELP: &str = "\
Only the public half comes to the node. A later key of the same unit takes the \
place of the earlier one from its first day on.

Example:
  comity unit key add oversight --key oversight.key.pub \\
    --law 'minute of 2026-03-01' --dir ./xa

Next:
  comity unit key give oversight --out xa-oversight.key --dir ./xa";

const LIST_HELP: &str = "\
Example:
  comity unit key list --dir ./xa

Next:
  comity unit key end 1a2b3c4d --dir ./xa";

const GIVE_HELP: &str = "\
The State states, signed with its record key, that this is the unit's key: for \
reporters of irregularities, and for other States that give evidence to the unit.

Example:
  comity unit key give oversight --out xa-oversight.key --dir ./xa

Next:
  comity irregularity write --to xa-oversight.key --trust xa.letter --text told.txt \\
    --code my.code --out report.sealed";

const TAKE_HELP: &str = "\
Evidence that the unit asked for is sealed to it from then on, and nobody else at that \
State opens it before the unit has. A later statement takes the place of an earlier.

Example:
  comity unit key take xb-police.key --dir ./xa

Next:
  comity evidence seal 1a2b3c4d --to XB --unit police --out 7.parcel --dir ./xa";

const END_HELP: &str = "\
What was sealed to a key that ended still opens with its secret half.

Example:
  comity unit key end 1a2b3c4d --on 2026-12-31 --dir ./xa

Next:
  comity unit key list --dir ./xa";

/// The verbs of units' keys.
#[derive(Debug, Subcommand)]
pub enum UnitKey {
    /// Make a unit's key, where the unit works
    Make(Make),
    /// Enter the public half of a unit's key
    Add(Add),
    /// List the keys of units
    List(List),
    /// State a unit's key to those who seal to it
    Give(Give),
    /// Take in a key of another State's unit, as that State states it
    Take(Take),
    /// End a unit's key
    End(End),
}

/// `comity unit key make`
#[derive(Debug, Args)]
#[command(after_help = MAKE_HELP)]
pub struct Make {
    /// Where to write the secret half; the public one goes beside it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// `comity unit key add`
#[derive(Debug, Args)]
#[command(after_help = ADD_HELP)]
pub struct Add {
    /// The unit
    #[arg(value_name = "UNIT")]
    unit: String,
    /// The public half of its key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// On what it rests that this is the unit's key
    #[arg(long, value_name = "LAW")]
    law: String,
    /// From which day; today if left out
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Its last day, where it is known
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
}

/// `comity unit key list`
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP)]
pub struct List {}

/// `comity unit key give`
#[derive(Debug, Args)]
#[command(after_help = GIVE_HELP)]
pub struct Give {
    /// The unit
    #[arg(value_name = "UNIT")]
    unit: String,
    /// Where to write the statement
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// `comity unit key take`
#[derive(Debug, Args)]
#[command(after_help = TAKE_HELP)]
pub struct Take {
    /// The statement
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// `comity unit key end`
#[derive(Debug, Args)]
#[command(after_help = END_HELP)]
pub struct End {
    /// The key's number, or at least eight digits of it
    #[arg(value_name = "KEY")]
    key: String,
    /// Its last day; today if left out
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
}

/// Does what the verb asks.
pub fn run(verb: &UnitKey, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    match verb {
        UnitKey::Make(Make { out }) => make(out, screen),
        UnitKey::Add(add) => {
            let key = String::from_utf8_lossy(&open::file(&add.key, LONGEST)?).into_owned();
            let (unit, source) = (add.unit.clone(), add.law.clone());
            let asked = AddUnitKey { unit, key, source, from: day(add.from), until: day(add.until) };
            Ok(done(screen, &reach::ask(&chosen.place()?, asked)?))
        }
        UnitKey::List(_) => {
            let keys = reach::ask(&chosen.place()?, ListUnitKeys {})?;
            screen.answer(&keys, |screen| table(screen, &keys));
            Ok(Exit::Ok)
        }
        UnitKey::Give(Give { unit, out }) => {
            let given = reach::ask(&chosen.place()?, GiveUnitKey { unit: unit.clone() })?;
            open::write_new(out, given.statement.as_bytes())?;
            screen.answer(&given, |screen| {
                screen
                    .say(Tone::Good, &format!("The key of `{}` is stated in {}.", given.unit, out.display()));
                screen.verbatim(&given.key);
            });
            Ok(Exit::Ok)
        }
        UnitKey::Take(Take { file }) => {
            let statement = String::from_utf8_lossy(&open::file(file, LONGEST)?).into_owned();
            Ok(done(screen, &reach::ask(&chosen.place()?, TakeUnitKey { statement })?))
        }
        UnitKey::End(end) => {
            let asked = EndUnitKey { key: end.key.clone(), on: day(end.on) };
            Ok(done(screen, &reach::ask(&chosen.place()?, asked)?))
        }
    }
}

fn make(out: &Path, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let mut beside = out.as_os_str().to_owned();
    beside.push(".pub");
    // Both files are there or none: a public half that cannot be written leaves no secret that nobody knows of.
    let public = open::NewFile::claim(Path::new(&beside))?;
    let key = make_unit_key(out, &SystemRandom).map_err(|fault| of_key(&fault))?;
    public.write(armour_key(&key.to_bytes()).as_bytes())?;
    let number = key.id().to_string();
    let shown = json!({ "secret": out, "public": Path::new(&beside), "key": number });
    screen.answer(&shown, |screen| {
        screen.say(Tone::Good, &format!("The secret half is in {}. It stays with the unit.", out.display()));
        screen.text(&format!("The public half is in {}. Its number:", Path::new(&beside).display()));
        screen.verbatim(&number);
    });
    Ok(Exit::Ok)
}

/// A fault of a unit's key in Comity's form.
pub(super) fn of_key(fault: &UnitKeyFault) -> Fault {
    let told = Fault::new(Exit::Fault, fault.code(), fault.to_string());
    match fault.help() {
        Some(help) => told.with_help(help),
        None => told,
    }
}

fn table(screen: &mut Screen<'_>, keys: &[UnitKeyShown]) {
    if keys.is_empty() {
        return screen.text("No unit has a key yet.");
    }
    let mut table = Table::new(&["of", "unit", "key", "from", "until", "state", "rests on"]);
    for one in keys {
        let state = if one.stands {
            Cell::toned(Tone::Good, "in use")
        } else {
            Cell::toned(Tone::Faint, "not in use")
        };
        table.row([
            one.party.as_str().into(),
            one.unit.as_str().into(),
            one.key.chars().take(16).collect::<String>().into(),
            one.from.as_str().into(),
            one.until.clone().unwrap_or_default().into(),
            state,
            one.source.as_str().into(),
        ]);
    }
    screen.table(&table);
}
