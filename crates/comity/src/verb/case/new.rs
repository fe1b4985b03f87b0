//! `comity case new`: a draft from the form that the measure and the basis need.

use super::{
    basis::BasisGiven,
    show::{draft, language},
};
use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    screen::Tone,
    verb::{matter::Matter, open},
};
use clap::Args;
use comity_node::app::case::draft::{DraftShown, NewCase};
use comity_record::label::Purpose;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// The longest file of fields that is read.
const LONGEST: u64 = 1 << 20;

const HELP: &str = "\
The form shows only what the measure and the basis need. A draft stays at home, and \
may be written in several goes: name it with --case. Fields come one by one, or from \
files (TOML, or JSON), of which a letterhead may be one: what is typed once is typed \
once. Of files only the fields that the form has are taken; an empty --field takes \
back what was filled in. No bulk request can be written: a measure is aimed at one person, account, \
address with its time, or device; the option may be repeated for up to twenty of one \
kind, accounts of one provider. The exit code is 1 while something is wrong.

Example:
  comity case new --to XB --measure preserve_stored_data --show-form --dir ./xa
  comity case new --to XB --measure preserve_stored_data --fields xa.toml \\
    --offence illegal_access --penalty 5 --organised no \\
    --account mail.example:person-1 --field reference=XA-2026-1 --dir ./xa

Next:
  comity case preview XA-2026-1 --dir ./xa    what the other State will see";

/// `comity case new`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct New {
    /// The draft to go on with, by its id or reference
    #[arg(long, value_name = "ID")]
    case: Option<String>,
    /// The party it is meant for
    #[arg(long, value_name = "PARTY")]
    to: Option<String>,
    /// The measure, such as preserve_stored_data
    #[arg(long, value_name = "MEASURE")]
    measure: Option<String>,
    /// The form, where no measure is named, such as territory
    #[arg(long, value_name = "FORM")]
    form: Option<String>,
    /// A field of the form; may be repeated
    #[arg(long = "field", value_name = "CODE=VALUE")]
    field: Vec<String>,
    /// A file of fields, TOML or JSON; may be repeated, later ones count
    #[arg(long = "fields", value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    matter: Matter,
    #[command(flatten)]
    resting: BasisGiven,
    /// The purpose; that of the form if left out
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<Purpose>,
    /// The thread; that of the form if left out
    #[arg(long, value_name = "THREAD", value_parser = ["police", "judicial", "diplomatic"])]
    thread: Option<String>,
    /// The unit that sends; the officer's own if left out
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// A label beside those of the thread; may be repeated
    #[arg(long = "label", value_name = "LABEL=VALUE")]
    labels: Vec<String>,
    /// Life is in danger: carried out first, papers follow
    #[arg(long)]
    emergency: bool,
    #[command(flatten)]
    keeping: Keeping,
}

/// How a draft is kept and shown: the options that every verb has which writes one.
#[derive(Debug, Args)]
pub struct Keeping {
    /// Mark it as exercise traffic
    #[arg(long)]
    exercise: bool,
    /// Only show what the form needs; nothing is kept
    #[arg(long)]
    show_form: bool,
    /// The language of the labels: en, fr, ar, zh
    #[arg(long, value_name = "TAG", value_parser = ["en", "fr", "ar", "zh"])]
    label_language: Option<String>,
    /// The officer for whom the console speaks
    #[arg(long, value_name = "ID")]
    officer: Option<String>,
}

/// Writes the draft and shows it.
pub fn run(verb: &New, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let mut selectors = verb.matter.selectors()?.into_iter();
    let new = NewCase {
        case: verb.case.clone(),
        to: verb.to.as_ref().map(|to| to.to_uppercase()),
        form: verb.form.clone(),
        measure: verb.measure.clone(),
        fields: pairs(&verb.field)?,
        letterhead: letterhead(&verb.files)?,
        selector: selectors.next(),
        further: selectors.collect(),
        offence: verb.matter.offence.clone(),
        penalty: verb.matter.penalty,
        organised: verb.matter.is_organised(),
        purpose: verb.purpose.map(|purpose| purpose.to_string()),
        thread: verb.thread.clone(),
        unit: verb.unit.clone(),
        emergency: verb.emergency,
        basis: verb.resting.basis.clone(),
        assurance: verb.resting.assurance.clone(),
        other_basis: verb.resting.other_basis.clone(),
        confirmed: verb.resting.confirmed.clone(),
        labels: verb.labels.clone(),
        ..NewCase::default()
    };
    verb.keeping.keep(new, chosen, screen)
}

impl Keeping {
    /// Writes a draft and shows it; the exit is [`Exit::No`] while something is wrong with it.
    pub fn keep(&self, new: NewCase, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
        let letterhead = new.letterhead.clone();
        let new = NewCase {
            officer: self.officer.clone(),
            exercise: self.exercise,
            language: self.label_language.clone(),
            dry: self.show_form,
            ..new
        };
        let shown = reach::ask(&chosen.place()?, new)?;
        let right = language(self.label_language.as_deref());
        screen.answer(&shown, |screen| {
            draft(screen, &shown, right);
            left_out(screen, &letterhead, &shown);
        });
        Ok(if shown.faults.is_empty() || self.show_form { Exit::Ok } else { Exit::No })
    }
}

/// The fields of files, the later ones before the earlier.
pub fn letterhead(files: &[PathBuf]) -> Result<BTreeMap<String, String>, Fault> {
    let mut fields = BTreeMap::new();
    for file in files {
        fields.extend(read(file)?);
    }
    Ok(fields)
}

/// Fields of files that the form does not have: a letterhead serves many forms, but a slip must not pass unseen.
fn left_out(screen: &mut Screen<'_>, letterhead: &BTreeMap<String, String>, shown: &DraftShown) {
    let on_form = |code: &String| shown.fields.iter().any(|field| field.code == *code);
    let codes: Vec<&str> = letterhead.keys().filter(|code| !on_form(code)).map(String::as_str).collect();
    if !codes.is_empty() {
        let text = format!("The form has no {}; the file keeps it for others.", codes.join(", "));
        screen.say(Tone::Open, &text);
    }
}

/// Fields given one by one.
pub fn pairs(given: &[String]) -> Result<BTreeMap<String, String>, Fault> {
    let pair = |text: &String| match text.split_once('=') {
        Some((code, value)) => Ok((code.trim().to_owned(), value.to_owned())),
        None => Err(Fault::new(Exit::Usage, "cli/field", format!("`{text}` is no field"))
            .with_help("write it as CODE=VALUE")),
    };
    given.iter().map(pair).collect()
}

/// Fields of a file: texts, numbers and yes or no, by their codes.
pub fn read(file: &Path) -> Result<BTreeMap<String, String>, Fault> {
    let bytes = open::file(file, LONGEST)?;
    let wrong = |why: String| Fault::new(Exit::Usage, "cli/fields", format!("`{}`: {why}", file.display()));
    let text = String::from_utf8(bytes).map_err(|_| wrong("it is not text in UTF-8".to_owned()))?;
    let values: BTreeMap<String, Value> = match text.trim_start().starts_with('{') {
        true => serde_json::from_str(&text).map_err(|fault| wrong(fault.to_string()))?,
        false => toml::from_str(&text).map_err(|fault| wrong(fault.message().to_owned()))?,
    };
    let mut fields = BTreeMap::new();
    for (code, value) in values {
        let value = match value {
            Value::String(text) => text,
            Value::Bool(yes) => if yes { "yes" } else { "no" }.to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return Err(wrong(format!("`{code}` is neither a text nor a number"))),
        };
        fields.insert(code, value);
    }
    Ok(fields)
}
