//! Other programs that do the same, run beside ours: Python libraries in the interpreters that the user names.

use crate::Outcome;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
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

    /// As it is written beside a figure.
    pub fn shown(&self) -> Value {
        json!({
            "version": format!("{} {}", self.peer, self.version),
            "per_cpu_second": crate::line::rounded(self.rate()),
            "count": self.count,
        })
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
            let ended = Command::new(interpreter).arg(&script).arg(peer).arg(file).output()?;
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
