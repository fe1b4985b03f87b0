//! Running a program with its output as it comes, and an end to silence.

use std::{
    io::{self, BufRead, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

/// A program that says nothing for this long is ended, so that a hanging test cannot hold up a build for ever.
const SILENCE: Duration = Duration::from_secs(20 * 60);

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with success.
    Well,
    /// By itself, without.
    Badly,
    /// By us, after a long silence.
    Silent,
}

/// The `cargo` that runs this task.
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root);
    command
}

/// Runs a program and hands each line of its output, both streams in the order written, to `line`.
pub fn stream(command: &mut Command, mut line: impl FnMut(&str)) -> io::Result<Ended> {
    let (reader, writer) = io::pipe()?;
    let mut child = command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer).spawn()?;
    // The command keeps its ends of the pipe until they are replaced, and the reader would never see the end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for bytes in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&bytes).into_owned()).is_err() {
                break;
            }
        }
    });
    loop {
        match lines.recv_timeout(SILENCE) {
            Ok(text) => line(&text),
            Err(RecvTimeoutError::Disconnected) => return child.wait().map(Ended::from),
            Err(RecvTimeoutError::Timeout) => {
                end(&mut child)?;
                return Ok(Ended::Silent);
            }
        }
    }
}

/// What a program prints on its standard output, where it ends well.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Ended {
        if status.success() { Ended::Well } else { Ended::Badly }
    }
}

/// Ends a program and what it started.
fn end(child: &mut Child) -> io::Result<()> {
    for id in descendants(child.id()) {
        Command::new("kill").args(["-9", &id.to_string()]).status()?;
    }
    child.kill()?;
    child.wait().map(|_| ())
}

/// The ids of all processes below one, from Linux's `/proc`; none elsewhere.
fn descendants(of: u32) -> Vec<u32> {
    let pairs = parents();
    let mut found = vec![of];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(pairs.iter().filter(|(_, p)| *p == parent).map(|(id, _)| *id));
        at += 1;
    }
    found.split_off(1)
}

fn parents() -> Vec<(u32, u32)> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries.filter_map(Result::ok).filter_map(|e| parent_of(&e.path())).collect()
}

/// A process and its parent, from a line such as `12 (name) S 1 …`.
fn parent_of(folder: &Path) -> Option<(u32, u32)> {
    let id = folder.file_name()?.to_str()?.parse().ok()?;
    let stat = std::fs::read_to_string(folder.join("stat")).ok()?;
    let (_, after) = stat.rsplit_once(')')?;
    Some((id, after.split_whitespace().nth(1)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_streams_come_in_order_and_the_status_is_told() {
        let mut lines = Vec::new();
        let ended = stream(Command::new("sh").args(["-c", "echo a; echo b >&2; echo c; exit 3"]), |l| {
            lines.push(l.to_owned());
        });
        assert_eq!(ended.unwrap(), Ended::Badly);
        assert_eq!(lines, ["a", "b", "c"]);
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        assert!(stream(&mut Command::new("no-such-program-of-ours"), |_| {}).is_err());
    }

    #[test]
    fn processes_below_one_are_found() {
        let mut child = Command::new("sh").args(["-c", "read x"]).stdin(Stdio::piped()).spawn().unwrap();
        let below = descendants(std::process::id());
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(below.contains(&child.id()), "{below:?}");
    }
}
