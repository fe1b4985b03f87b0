//! `comity protected`: the register of protected objects.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::{Cell, Table, Tone},
    trust::attested,
    verb::{house::done, open},
};
use clap::{Args, Subcommand};
use comity_affairs::protected::Protected as Object;
use comity_node::{
    app::protected::{AddProtected, GiveProtected, ListProtected, ProtectedShown, TakeProtected},
    keys::unarmour_attested,
};
use comity_record::Date;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The longest statement that is read.
const LONGEST: u64 = 256 * 1024;

const ADD_HELP: &str = "\
Hospitals, cultural property, dams and others that a body of law protects, known by \
their addresses, names, accounts or devices. A case aimed at one shows its sign, and \
two officers must authorise it. An object is held in trust unless it is public or \
States are named; what is not entered stands nowhere. A later entry under the same \
code takes the place of the earlier one, also to end it (--until).

Example:
  comity protected add st-anne --name 'St Anne Hospital' --kind medical \
    --law 'Additional Protocol I, article 12' --mark 'address 203.0.113.0/28' \
    --mark 'name st-anne.example' --contact 'duty@health.example' --show-to XB \
    --dir ./xa

Next:
  comity protected give st-anne --to XB --out st-anne.object --dir ./xa";

const LIST_HELP: &str = "\
Example:
  comity protected list --dir ./xa

Next:
  comity case new --to XB --form territory --dir ./xa   to tell of harm to one";

const GIVE_HELP: &str = "\
Signed with the record key, for a State that the object is shown to, and no other.

Example:
  comity protected give st-anne --to XB --out st-anne.object --dir ./xa

Next:
  comity protected take st-anne.object --dir ./xb";

const TAKE_HELP: &str = "\
The statement must be signed by a State whose letter was accepted. Nobody is told \
that it was taken.

Example:
  comity protected take st-anne.object --dir ./xb

Next:
  comity protected list --dir ./xb";

const VERIFY_HELP: &str = "\
Offline, with the State's letter alone; the owner is not told. Misuse of a sign is \
told to the body of oversight (`comity irregularity`), or by a notice.

Example:
  comity protected verify st-anne.object --trust xa.letter

Next:
  comity protected take st-anne.object --dir ./xb";

/// The verbs of protected objects.
#[derive(Debug, Subcommand)]
pub enum Protected {
    /// Enter a protected object of ours
    Add(Box<Add>),
    /// List protected objects: ours, and those that other States have stated
    List(List),
    /// State an object of ours to a State that is shown it
    Give(Give),
    /// Take in what another State states of an object of its own
    Take(Take),
    /// Verify a statement, offline
    Verify(Verify),
}

/// `comity protected add`
#[derive(Debug, Args)]
#[command(after_help = ADD_HELP)]
pub struct Add {
    /// Its code here
    #[arg(value_name = "CODE")]
    code: String,
    /// Its name
    #[arg(long, value_name = "NAME")]
    name: String,
    /// medical, humanitarian, cultural, indispensable, dangerous-forces, civil-defence, peace-operation, press, diplomatic
    #[arg(long, value_name = "KIND")]
    kind: String,
    /// The law that protects it, with its article
    #[arg(long, value_name = "LAW")]
    law: String,
    /// Who gave it the emblem, where it bears one
    #[arg(long, value_name = "NAME")]
    issuer: Option<String>,
    /// By what it is known; may be repeated
    #[arg(long = "mark", value_name = "MARK", required = true)]
    marks: Vec<String>,
    /// Whom to tell of harm to it
    #[arg(long, value_name = "TEXT")]
    contact: String,
    /// Show it to everybody
    #[arg(long, conflicts_with = "show_to")]
    public: bool,
    /// Show it to this State; may be repeated
    #[arg(long, value_name = "PARTY")]
    show_to: Vec<String>,
    /// From which day; today if left out
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Its last day, where it is known
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
}

/// `comity protected list`
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP)]
pub struct List {}

/// `comity protected give`
#[derive(Debug, Args)]
#[command(after_help = GIVE_HELP)]
pub struct Give {
    /// Its code
    #[arg(value_name = "CODE")]
    code: String,
    /// The State
    #[arg(long, value_name = "PARTY")]
    to: String,
    /// Where to write the statement
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// `comity protected take`
#[derive(Debug, Args)]
#[command(after_help = TAKE_HELP)]
pub struct Take {
    /// The statement
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// `comity protected verify`
#[derive(Debug, Args)]
#[command(after_help = VERIFY_HELP)]
pub struct Verify {
    /// The statement
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The letter of the State
    #[arg(long, value_name = "FILE", required = true)]
    trust: Vec<PathBuf>,
}

impl Protected {
    /// Whether the verb shows what a party's node holds: all but verifying do.
    pub fn is_of_a_node(&self) -> bool {
        !matches!(self, Protected::Verify(_))
    }
}

/// Does what the verb asks.
pub fn run(verb: &Protected, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    match verb {
        Protected::Add(add) => Ok(done(screen, &reach::ask(&chosen.place()?, asked(add))?)),
        Protected::List(_) => {
            let objects = reach::ask(&chosen.place()?, ListProtected {})?;
            screen.answer(&objects, |screen| table(screen, &objects));
            Ok(Exit::Ok)
        }
        Protected::Give(Give { code, to, out }) => {
            let (code, to) = (code.clone(), to.to_uppercase());
            let given = reach::ask(&chosen.place()?, GiveProtected { code, to: to.clone() })?;
            open::write_new(out, given.statement.as_bytes())?;
            screen.answer(&given, |screen| {
                screen.say(Tone::Good, &format!("Stated to {to}, in {}.", out.display()));
            });
            Ok(Exit::Ok)
        }
        Protected::Take(Take { file }) => {
            let statement = text(file)?;
            Ok(done(screen, &reach::ask(&chosen.place()?, TakeProtected { statement })?))
        }
        Protected::Verify(Verify { file, trust }) => verify(file, trust, screen),
    }
}

fn asked(add: &Add) -> AddProtected {
    let visibility = if add.public { Some("public") } else { None };
    AddProtected {
        code: add.code.clone(),
        name: add.name.clone(),
        kind: add.kind.clone(),
        basis: add.law.clone(),
        issuer: add.issuer.clone(),
        marks: add.marks.clone(),
        contact: add.contact.clone(),
        visibility: visibility.map(str::to_owned),
        shown_to: add.show_to.iter().map(|party| party.to_uppercase()).collect(),
        from: add.from.map(|day| day.to_string()),
        until: add.until.map(|day| day.to_string()),
    }
}

fn text(file: &Path) -> Result<String, Fault> {
    Ok(String::from_utf8_lossy(&open::file(file, LONGEST)?).into_owned())
}

fn verify(file: &Path, trust: &[PathBuf], screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let signed = unarmour_attested::<Object>(&text(file)?).map_err(|fault| {
        Fault::new(
            Exit::No,
            fault.code(),
            format!("`{}` states no protected object: {fault}", file.display()),
        )
    })?;
    let object: Object = attested(signed.as_bytes(), trust, "states the object")?;
    let marks: Vec<String> = object.marks.iter().map(ToString::to_string).collect();
    let shown = json!({
        "owner": object.owner.as_str(), "code": object.code, "name": object.name, "kind": object.kind.as_str(),
        "basis": object.basis, "issuer": object.issuer, "marks": marks, "contact": object.contact,
        "from": object.from.to_string(), "until": object.until.map(|day| day.to_string()),
    });
    screen.answer(&shown, |screen| {
        screen
            .say(Tone::Good, &format!("Signed by {}. Nobody was told that it was looked at.", object.owner));
        screen.text(&object.sign());
        marks.iter().for_each(|mark| screen.indented(2, Tone::Plain, mark));
    });
    Ok(Exit::Ok)
}

fn table(screen: &mut Screen<'_>, objects: &[ProtectedShown]) {
    if objects.is_empty() {
        return screen.text("No protected objects are entered.");
    }
    let mut table = Table::new(&["of", "code", "name", "kind", "by", "known by", "shown", "state"]);
    for one in objects {
        let state = if one.stands {
            Cell::toned(Tone::Good, "protected")
        } else {
            Cell::toned(Tone::Faint, "not today")
        };
        table.row([
            one.owner.as_str().into(),
            one.code.as_str().into(),
            one.name.as_str().into(),
            one.kind.as_str().into(),
            one.basis.as_str().into(),
            one.marks.join("; ").into(),
            one.visibility.as_str().into(),
            state,
        ]);
    }
    screen.table(&table);
}
