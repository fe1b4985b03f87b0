//! `comity disclosure report`.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    reach,
    verb::case::{draft, fields_in, language, pairs},
};
use clap::Args;
use comity_affairs::form::Form;
use comity_node::app::case::draft::NewCase;
use std::{collections::BTreeMap, path::PathBuf};

const HELP: &str = "\
The report is a draft of a case; it is authorised and sent as any other, one to each \
party. Until the day proposed nobody but us passes it on: it carries the label \
embargo-until, and a party whose program does not read that label is not sent it. \
Details of the vulnerability go as a record of their own, with `comity case step ID \
deliver`. The exit code is 1 while something is wrong.

Example:
  comity disclosure report --to XB --fields xa.toml \\
    --vulnerability CVE-2026-0001 \\
    --field products='Mail Server 4.0 to 4.2' --field part=coordinator \\
    --field consequence='remote code, no login' --field exploitation=not-seen \\
    --field finder=unnamed --day 2026-06-01 --field reference=XA-V-1 --dir ./xa

Next:
  comity case authorise XA-V-1 --dir ./xa
  comity case send XA-V-1 --dir ./xa";

/// `comity disclosure report`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Report {
    /// The draft to go on with, by its id or reference
    #[arg(long, value_name = "ID")]
    case: Option<String>,
    /// The party it is meant for
    #[arg(long, value_name = "PARTY")]
    to: Option<String>,
    /// The vulnerability: its identifier, or a working name
    #[arg(long, value_name = "NAME")]
    vulnerability: Option<String>,
    /// The day proposed for publication
    #[arg(long, value_name = "DATE")]
    day: Option<String>,
    /// A field of the form; may be repeated
    #[arg(long = "field", value_name = "CODE=VALUE")]
    field: Vec<String>,
    /// A file of fields, TOML or JSON, such as the letterhead; may be repeated
    #[arg(long = "fields", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The unit that sends; the officer's own if left out
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
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
pub fn run(verb: &Report, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let mut letterhead = BTreeMap::new();
    for file in &verb.files {
        letterhead.extend(fields_in(file)?);
    }
    let mut fields = pairs(&verb.field)?;
    let named = [("vulnerability", &verb.vulnerability), ("publication-day", &verb.day)];
    fields.extend(named.into_iter().filter_map(|(code, value)| Some((code.to_owned(), value.clone()?))));
    let new = NewCase {
        case: verb.case.clone(),
        to: verb.to.as_ref().map(|to| to.to_uppercase()),
        form: Some(Form::Disclosure.to_string()),
        fields,
        letterhead,
        unit: verb.unit.clone(),
        officer: verb.officer.clone(),
        exercise: verb.exercise,
        language: verb.label_language.clone(),
        dry: verb.show_form,
        ..NewCase::default()
    };
    let shown = reach::ask(&chosen.place()?, new)?;
    let writing = language(verb.label_language.as_deref());
    screen.answer(&shown, |screen| draft(screen, &shown, writing));
    Ok(if shown.faults.is_empty() || verb.show_form { Exit::Ok } else { Exit::No })
}
