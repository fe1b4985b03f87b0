//! `comity disclosure report`.

use crate::{
    Exit, Fault, Screen,
    place::Chosen,
    verb::case::{Keeping, letterhead, pairs},
};
use clap::Args;
use comity_affairs::form::Form;
use comity_node::app::case::draft::NewCase;
use std::path::PathBuf;

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
    #[command(flatten)]
    keeping: Keeping,
}

/// Writes the draft and shows it.
pub fn run(verb: &Report, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let mut fields = pairs(&verb.field)?;
    let named = [("vulnerability", &verb.vulnerability), ("publication-day", &verb.day)];
    fields.extend(named.into_iter().filter_map(|(code, value)| Some((code.to_owned(), value.clone()?))));
    let new = NewCase {
        case: verb.case.clone(),
        to: verb.to.as_ref().map(|to| to.to_uppercase()),
        form: Some(Form::Disclosure.to_string()),
        fields,
        letterhead: letterhead(&verb.files)?,
        unit: verb.unit.clone(),
        ..NewCase::default()
    };
    verb.keeping.keep(new, chosen, screen)
}
