//! Other programs that do the same, run beside ours: what the interpreters of Python that the user names have.

use crate::{
    Outcome,
    line::{Line, Target},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    io,
    path::{Path, PathBuf},
    process::Command,
};

/// What a peer measured of itself.
#[derive(Debug, Deserialize)]
pub struct Told {
    peer: String,
    version: String,
    count: u64,
    bytes: u64,
    cpu_seconds: f64,
    /// Of each file, where it was given several: GB in a CPU-second.
    #[serde(default)]
    rates: Vec<f64>,
    #[serde(default)]
    hits: Vec<u64>,
    compile_cpu_seconds: Option<f64>,
}

impl Told {
    /// How many it did in a CPU-second.
    pub fn rate(&self) -> f64 {
        self.count as f64 / self.cpu_seconds
    }

    /// How many bytes it read in a CPU-second.
    pub fn bytes_rate(&self) -> f64 {
        self.bytes as f64 / self.cpu_seconds
    }

    /// GB in a CPU-second of each file, where it was given several.
    pub fn rates(&self) -> &[f64] {
        &self.rates
    }

    /// Milliseconds of CPU for one of what it did.
    pub fn millis(&self) -> f64 {
        self.cpu_seconds * 1e3 / self.count as f64
    }

    /// As it is written beside a figure.
    pub fn shown(&self) -> Value {
        let rates: Vec<f64> = self.rates.iter().map(|rate| crate::line::rounded(*rate)).collect();
        let more = [
            (!rates.is_empty()).then(|| ("gb_per_cpu_second", json!(rates))),
            (!self.hits.is_empty()).then(|| ("hits", json!(self.hits))),
            self.compile_cpu_seconds.map(|cpu| ("compile_cpu_seconds", json!(crate::line::rounded(cpu)))),
        ];
        let first = [
            ("version", json!(format!("{} {}", self.peer, self.version))),
            ("per_cpu_second", json!(crate::line::rounded(self.rate()))),
            ("count", json!(self.count)),
        ];
        let members = first.into_iter().chain(more.into_iter().flatten());
        Value::Object(members.map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

/// How the script ends where the interpreter has no such library.
const ABSENT: i32 = 3;

/// Interpreters in which peers may be found.
#[derive(Clone, Debug, Default)]
pub struct Interpreters(pub Vec<PathBuf>);

impl Interpreters {
    /// Runs a peer over a file, in the first interpreter that has it; nothing where none has.
    ///
    /// # Errors
    /// Where it fails, or prints what cannot be understood.
    pub fn run(&self, peer: &str, file: &Path) -> Outcome<Option<Told>> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/peers.py");
        for interpreter in &self.0 {
            let ran = Command::new(interpreter).arg(&script).arg(peer).arg(file).output();
            // The one that the tests make may not be there yet.
            let ended = match ran {
                Err(none) if none.kind() == io::ErrorKind::NotFound => continue,
                ran => ran?,
            };
            match ended.status.code() {
                Some(0) => return Ok(Some(serde_json::from_slice(&ended.stdout)?)),
                Some(ABSENT) => {}
                _ => return Err(format!("{peer}: {}", String::from_utf8_lossy(&ended.stderr)).into()),
            }
        }
        Ok(None)
    }
}

/// What stands beside a figure whose peer was not there.
pub const NOT_RUN: &str = "not run: name an interpreter that has it by --python";

/// A line of a ratio to a peer, or one that says that the peer was not there.
pub fn against(
    told: Option<&Told>,
    figure: &'static str,
    ratio: impl FnOnce(&Told) -> f64,
    unit: &'static str,
    target: Target,
) -> Line {
    match told {
        Some(told) => Line::new(figure, ratio(told), unit, target).beside("peer", told.shown()),
        None => Line::new(figure, f64::NAN, unit, target).beside("peer", NOT_RUN),
    }
}
