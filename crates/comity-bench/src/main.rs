//! The figures of speed and size: `cargo run --release -p comity-bench [-- NAME…] [--objects N]`.
//!
//! One JSON line per figure. CPU seconds of nodes are of whole processes, those of pure functions of
//! the one thread that calls them; what is compared is compared within one run. Nothing here is a test: a noisy machine makes a bad line, never a failure, and every
//! line carries the load under which it was taken.

mod cast;
mod feed;
mod figure;
mod line;
mod machine;
mod peer;
mod player;
mod relay;

use clap::Parser;
use figure::Figure;
use peer::Interpreters;
use std::{error::Error, io::Write, path::PathBuf, process::ExitCode};

#[global_allocator]
static HEAP: comity_heap::Counted = comity_heap::Counted;

/// What may go wrong in a measurement; the run ends with it.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures, and prints one JSON line per figure.
#[derive(Debug, Parser)]
#[command(name = "comity-bench")]
struct Asked {
    /// The figures: import, border, exchange, ledger, start, match, taxii, stix, patterns, misp, lookup. All where
    /// none is named.
    names: Vec<Figure>,
    /// How many indicators import, exchange, start and taxii work on.
    #[arg(long, default_value_t = 200_000)]
    objects: u64,
    /// Where stores and files are made; the system's temporary folder where absent.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Interpreters of Python in which peers may be found: stix2, stix-rust, stix2-matcher, misp-stix, medallion,
    /// hyperscan, tenzir.
    #[arg(long, default_values_os_t = [PathBuf::from("target/python/bin/python")])]
    python: Vec<PathBuf>,
    /// Plays a part of a measurement; used by the program itself.
    #[arg(long, hide = true, num_args = 1.., exclusive = true)]
    part: Vec<String>,
}

fn main() -> ExitCode {
    // As the program that is measured does it.
    comity_heap::bound_arenas();
    let asked = Asked::parse();
    let ended = match asked.part.split_first() {
        Some((part, rest)) => player::play(part, rest),
        None => measure(&asked),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            let told = writeln!(std::io::stderr(), "error: {fault}");
            // Where even that fails, the exit code alone tells it.
            drop(told);
            ExitCode::FAILURE
        }
    }
}

fn measure(asked: &Asked) -> Outcome<()> {
    let figures = if asked.names.is_empty() { Figure::ALL.to_vec() } else { asked.names.clone() };
    let peers = Interpreters(asked.python.clone());
    let parent = asked.dir.clone().unwrap_or_else(std::env::temp_dir);
    for figure in figures {
        let dir = tempfile::Builder::new().prefix("comity-bench-").tempdir_in(&parent)?;
        for line in figure.measure(dir.path(), asked.objects, &peers)? {
            writeln!(std::io::stdout(), "{}", serde_json::to_string(&line)?)?;
        }
    }
    Ok(())
}
