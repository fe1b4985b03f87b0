//! Parts of a measurement that need a process of their own: the program starts itself with the name of a part, and the
//! two talk in lines of JSON.

use crate::{Outcome, figure};
use comity_node::projection::Words;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// Plays a part; for the process that was started so.
pub fn play(part: &str, rest: &[String]) -> Outcome<()> {
    let rest: Vec<&Path> = rest.iter().map(Path::new).collect();
    match (part, rest.as_slice()) {
        ("import", [dir, feed]) => figure::import::part(dir, feed, Words::LeftOut),
        ("import-words", [dir, feed]) => figure::import::part(dir, feed, Words::Kept),
        ("exchange", [dir, feed]) => figure::exchange::part(dir, feed),
        ("receipt", [dir, feed]) => figure::ledger::part(dir, feed),
        ("taxii", [dir, way]) => figure::taxii::part(dir, way),
        ("publish", [dir, feed, program]) => figure::publish::part(dir, feed, program),
        ("serve", [dir]) => figure::start::part(dir),
        _ => Err(format!("there is no part `{part}` with {} arguments", rest.len()).into()),
    }
}

/// A process that plays a part. It is killed when this is dropped.
#[derive(Debug)]
pub struct Player {
    child: Child,
    says: BufReader<ChildStdout>,
    hears: Option<ChildStdin>,
}

impl Player {
    /// Starts a part.
    pub fn start(part: &str, rest: &[&Path]) -> Outcome<Player> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--part").arg(part).args(rest);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let says = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let hears = child.stdin.take();
        Ok(Player { child, says, hears })
    }

    /// The next thing it says.
    pub fn hear<T: DeserializeOwned>(&mut self) -> Outcome<T> {
        let mut line = String::new();
        if self.says.read_line(&mut line)? == 0 {
            return Err("a part of the measurement ended early; its fault stands above".into());
        }
        Ok(serde_json::from_str(&line)?)
    }

    /// Says something to it.
    pub fn tell(&mut self, value: &impl Serialize) -> Outcome<()> {
        let hears = self.hears.as_mut().ok_or("it was let go already")?;
        writeln!(hears, "{}", serde_json::to_string(value)?)?;
        Ok(hears.flush()?)
    }

    /// Lets it end by itself.
    pub fn end(mut self) -> Outcome<()> {
        drop(self.hears.take());
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("a part ended with {status}").into()) }
    }

    /// Ends it as a power cut would, by SIGKILL.
    pub fn kill(mut self) -> Outcome<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // Both fail where it ended already, which is what is wanted.
        let _ended = self.child.kill().is_err() || self.child.wait().is_err();
    }
}

/// Says something to the process that started this one.
pub fn say(value: &impl Serialize) -> Outcome<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{}", serde_json::to_string(value)?)?;
    Ok(out.flush()?)
}

/// The next thing that the process that started this one says; `None` where it lets this one end.
pub fn told() -> Outcome<Option<Value>> {
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line)?;
    Ok(if read == 0 { None } else { Some(serde_json::from_str(&line)?) })
}
