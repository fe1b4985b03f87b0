//! `comity irregularity`: a channel in which anybody tells a body of oversight of a misuse, without being found out. What is
//! told is sealed and opened here, on the machines of the reporter and of the body, and never in a node.

mod body;
mod reporter;

use crate::{Exit, Fault, Screen, World, place::Chosen};
use clap::{Args, Subcommand};
use comity_affairs::irregularity::Outcome;
use std::path::PathBuf;

const WRITE_HELP: &str = "\
Works without a node, on the reporter's own machine. The report is sealed to the body \
of oversight: the node that takes it in cannot open it, nor can who runs that node. \
No name is asked for. What is answered is found and opened by the code in FILE, which \
is made if it is not there: keep it, nobody else has it. The same code adds to a \
report. Files are sealed as they are: what they say of their maker stays in them. If \
you suffer for having reported, tell the body under the same code.

Example:
  comity irregularity write --to xa-oversight.key --trust xa.letter \\
    --text told.txt --file log.txt --code my.code --out report.sealed

Next:
  comity irregularity file report.sealed --dir ./xa";

const FILE_HELP: &str = "\
Anybody may file; who does is neither asked nor kept. Over the local API no token is \
needed (POST /api/v1/irregularity/file). A report never goes to another State's node.

Example:
  comity irregularity file report.sealed --dir ./xa

Next:
  comity irregularity look --code my.code --dir ./xa";

const LOOK_HELP: &str = "\
Example:
  comity irregularity look --code my.code --dir ./xa

Next:
  comity irregularity write --to xa-oversight.key --trust xa.letter \\
    --text more.txt --code my.code --out more.sealed";

const LIST_HELP: &str = "\
An officer sees the reports to the own body and no other. A report should be opened \
within 7 days and answered within three months; the clocks warn and decide nothing.

Example:
  comity irregularity list --dir ./xa

Next:
  comity irregularity open 1a2b3c4d --key oversight.key --dir ./xa";

const OPEN_HELP: &str = "\
Opened with the secret key of the body, on its own machine. That it was given out, \
when and to whom is entered before it is.

Example:
  comity irregularity open 1a2b3c4d --key oversight.key --save ./1a2b --dir ./xa

Next:
  comity irregularity answer 1a2b3c4d --key oversight.key --text answer.txt --dir ./xa";

const ANSWER_HELP: &str = "\
The answer is sealed to the reporter, and once more to the body. With --close the \
report ends: substantiated, unfounded, referred or not-pursued. A further message of \
the reporter begins it again.

Example:
  comity irregularity answer 1a2b3c4d --key oversight.key --text answer.txt \\
    --close referred --dir ./xa

Next:
  comity oversight report --year 2026 --out 2026.txt --dir ./xa";

const ERASE_HELP: &str = "\
At the end of its retention what was told and answered is erased, in every copy. That \
there was a report, and what was done when and by whom, stays in the ledger.

Example:
  comity irregularity erase 1a2b3c4d --yes --dir ./xa

Next:
  comity irregularity list --dir ./xa";

/// The verbs of reports of irregularities.
#[derive(Debug, Subcommand)]
pub enum Irregularity {
    /// Write a report, sealed to a body of oversight, without a node
    Write(Write),
    /// File a sealed report at the State's node
    File(File),
    /// Look what became of a report, and open the answers
    Look(Look),
    /// List the reports to the own body of oversight
    List(List),
    /// Open a report with the key of the body
    Open(Open),
    /// Answer a report, and close it
    Answer(Answer),
    /// Erase what was told and answered in a report
    Erase(Erase),
}

/// `comity irregularity write`
#[derive(Debug, Args)]
#[command(after_help = WRITE_HELP)]
pub struct Write {
    /// The key of the body of oversight, as its State states it
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// The letter of the State
    #[arg(long, value_name = "FILE", required = true)]
    trust: Vec<PathBuf>,
    /// What is told
    #[arg(long, value_name = "FILE")]
    text: PathBuf,
    /// A file that goes with it; may be repeated
    #[arg(long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Who tells; left out, the reporter stays unnamed
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The file of the code; made if it is not there
    #[arg(long, value_name = "FILE")]
    code: PathBuf,
    /// Where to write the sealed report
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// `comity irregularity file`
#[derive(Debug, Args)]
#[command(after_help = FILE_HELP)]
pub struct File {
    /// The sealed report
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// `comity irregularity look`
#[derive(Debug, Args)]
#[command(after_help = LOOK_HELP)]
pub struct Look {
    /// The file of the code
    #[arg(long, value_name = "FILE")]
    code: PathBuf,
}

/// `comity irregularity list`
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP)]
pub struct List {}

/// `comity irregularity open`
#[derive(Debug, Args)]
#[command(after_help = OPEN_HELP)]
pub struct Open {
    /// The report, or at least eight digits of it
    #[arg(value_name = "REPORT")]
    report: String,
    /// The secret key of the body
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// A new folder for the files of the report
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
}

/// `comity irregularity answer`
#[derive(Debug, Args)]
#[command(after_help = ANSWER_HELP)]
pub struct Answer {
    /// The report, or at least eight digits of it
    #[arg(value_name = "REPORT")]
    report: String,
    /// The secret key of the body
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The answer
    #[arg(long, value_name = "FILE", required_unless_present = "close")]
    text: Option<PathBuf>,
    /// How the report ends
    #[arg(long, value_name = "OUTCOME")]
    close: Option<Outcome>,
}

/// `comity irregularity erase`
#[derive(Debug, Args)]
#[command(after_help = ERASE_HELP)]
pub struct Erase {
    /// The report, or at least eight digits of it
    #[arg(value_name = "REPORT")]
    report: String,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
}

/// Does what the verb asks.
pub fn run(
    verb: &Irregularity,
    chosen: &Chosen,
    world: World,
    screen: &mut Screen<'_>,
) -> Result<Exit, Fault> {
    match verb {
        Irregularity::Write(verb) => reporter::write(verb, world, screen),
        Irregularity::File(verb) => reporter::file(verb, chosen, screen),
        Irregularity::Look(verb) => reporter::look(verb, chosen, screen),
        Irregularity::List(_) => body::list(chosen, screen),
        Irregularity::Open(verb) => body::open(verb, chosen, screen),
        Irregularity::Answer(verb) => body::answer(verb, chosen, screen),
        Irregularity::Erase(verb) => body::erase(verb, chosen, screen),
    }
}

impl Irregularity {
    /// Whether the verb shows what a party's node holds: all but writing do.
    pub fn is_of_a_node(&self) -> bool {
        !matches!(self, Irregularity::Write(_))
    }
}
