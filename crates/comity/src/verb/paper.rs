//! `comity paper`: records of a case on paper, and back.

use crate::{Exit, Fault, Screen, place::Chosen, reach, screen::Tone, verb::open};
use clap::{Args, Subcommand};
use comity_node::{
    app::{
        paper::{ReadPaper, WritePaper},
        pouch::PouchOpened,
        to_hex,
    },
    paper,
};
use std::path::PathBuf;

/// The longest page that is read, in bytes: codes drawn as pictures take most of it.
const LONGEST: u64 = 16 << 20;

const WRITE_HELP: &str = "\
The page is one file in HTML: labels in English, French, Arabic and Chinese, each \
value, and codes that hold the signed records. Print it, or send it by mail. It is \
not sealed: whoever holds it can read it. What must stay secret goes by pouch.

Example:
  comity paper write XA-2026-1 --out request.html --dir ./xa

Next:
  comity paper read request.html --dir ./xb       at the other side's node";

const READ_HELP: &str = "\
Give the page itself, or files with the text of the scanned codes, in any order. \
What is taken in are the signed records in the codes; each is checked, judged and \
entered as if it had come by the network. The text beside them is for reading.

Example:
  comity paper read scanned-1.txt scanned-2.txt --dir ./xb

Next:
  comity inbox --dir ./xb
  comity paper write XA-2026-1 --out answer.html --dir ./xb";

/// The verbs of paper.
#[derive(Debug, Subcommand)]
pub enum Paper {
    /// Write our records of a case as a page with codes
    Write(WriteArgs),
    /// Take in what a page or its scanned codes hold
    Read(ReadArgs),
}

/// `comity paper write`
#[derive(Debug, Args)]
#[command(after_help = WRITE_HELP)]
pub struct WriteArgs {
    /// The case: its reference, its ticket, or eight digits of its id
    #[arg(value_name = "CASE")]
    case: String,
    /// Where to write the page
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Records that the other side has, too
    #[arg(long)]
    all: bool,
    /// The officer who acts, at the machine itself
    #[arg(long, value_name = "OFFICER")]
    officer: Option<String>,
}

/// `comity paper read`
#[derive(Debug, Args)]
#[command(after_help = READ_HELP)]
pub struct ReadArgs {
    /// The page, or the text of its codes
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// Does what the verb asks.
pub fn run(verb: &Paper, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    match verb {
        Paper::Write(WriteArgs { case, out, all, officer }) => {
            let (case, officer) = (case.clone(), officer.clone());
            let mut written = reach::ask(&place, WritePaper { case, all: *all, officer })?;
            open::write_new(out, std::mem::take(&mut written.page).as_bytes())?;
            screen.answer(&written, |screen| {
                let mark = if written.exercise { "EXERCISE: " } else { "" };
                let text = format!(
                    "{mark}{} records for {} in {}. The page is not sealed.",
                    written.records,
                    written.to,
                    out.display()
                );
                screen.say(Tone::Good, &text);
            });
            Ok(Exit::Ok)
        }
        Paper::Read(ReadArgs { files }) => {
            let opened = reach::ask(&place, ReadPaper { payload: to_hex(&joined(files)?) })?;
            screen.answer(&opened, |screen| show(screen, &opened));
            Ok(Exit::Ok)
        }
    }
}

/// What the codes in these files hold together.
pub fn joined(files: &[PathBuf]) -> Result<Vec<u8>, Fault> {
    let mut read = String::new();
    for file in files {
        // A scanner may write anything beside the codes; what is no text is passed over.
        read.push_str(&String::from_utf8_lossy(&open::file(file, LONGEST)?));
        read.push('\n');
    }
    paper::join(&read).map_err(|fault| comity_node::app::Fault::from(fault).into())
}

fn show(screen: &mut Screen<'_>, opened: &PouchOpened) {
    let text = format!("From {}: {} records, {} of them known.", opened.from, opened.items, opened.known);
    screen.say(Tone::Good, &text);
    for event in &opened.events {
        screen.indented(2, Tone::Plain, event);
    }
}
