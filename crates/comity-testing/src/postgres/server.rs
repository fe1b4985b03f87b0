//! The server's process: who it runs as, how it is started, watched and killed.

use super::ClusterFault;
use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

const READY: &str = "database system is ready to accept";

/// The user that root runs the server as.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// `None` where we are not root and may run it ourselves.
    pub(super) fn to_run_as() -> Result<Option<Account>, ClusterFault> {
        if fs::metadata("/proc/self")?.uid() != 0 {
            return Ok(None);
        }
        let known = fs::read_to_string("/etc/passwd")?;
        let account = |wanted: &str| known.lines().find_map(|line| Account::read(line, wanted));
        account("postgres").or_else(|| account("nobody")).map(Some).ok_or(ClusterFault::NoAccount)
    }

    pub(super) fn own(self, path: &Path) -> Result<(), ClusterFault> {
        Ok(std::os::unix::fs::chown(path, Some(self.user), Some(self.group))?)
    }

    fn read(line: &str, wanted: &str) -> Option<Account> {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let user = fields.nth(1)?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        (name == wanted).then_some(Account { user, group })
    }
}

/// A running postmaster.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
}

impl Server {
    /// Starts the server and returns once it says that it takes connections.
    pub(super) fn start(
        program: &Path,
        arguments: &[String],
        account: Option<Account>,
    ) -> Result<Server, ClusterFault> {
        let mut command = command(program, account);
        let mut child = command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|why| not_started(program, why))?;
        let mut lines = child.stderr.take().map(|stderr| BufReader::new(stderr).lines());
        let mut said = String::new();
        for line in lines.iter_mut().flatten() {
            let line = line?;
            if line.contains(READY) {
                // The pipe is read to its end, so that the server never waits for a reader.
                std::thread::spawn(move || lines.into_iter().flatten().for_each(drop));
                return Ok(Server { child });
            }
            said.push_str(&line);
            said.push(' ');
        }
        child.wait()?;
        Err(ClusterFault::Failed { program: program.display().to_string(), said: last(&said) })
    }

    /// Kills the postmaster first, so that it starts nobody in place of its children, then them.
    pub(super) fn kill(mut self) -> Result<(), ClusterFault> {
        let process = self.child.id();
        let children =
            fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
        self.child.kill()?;
        self.child.wait()?;
        let children: Vec<&str> = children.split_whitespace().collect();
        if !children.is_empty() {
            // Those that ended by themselves are reported as unknown, which is as good.
            Command::new("kill").arg("-KILL").args(&children).stderr(Stdio::null()).status()?;
        }
        for child in children {
            while Path::new("/proc").join(child).exists() && !ended(child) {
                std::thread::yield_now();
            }
        }
        Ok(())
    }
}

/// Whether a process is dead and only its parent's look is missing.
fn ended(process: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    status
        .rsplit(')')
        .next()
        .is_none_or(|rest| matches!(rest.trim_start().chars().next(), None | Some('Z' | 'X')))
}

/// The folder of the newest installed server.
pub(super) fn binaries() -> Result<PathBuf, ClusterFault> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for entry in fs::read_dir("/usr/lib/postgresql").into_iter().flatten() {
        let path = entry?.path();
        let version = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
        found.extend(version.map(|version| (version, path.join("bin"))));
    }
    found.sort();
    let asked = Command::new("pg_config").arg("--bindir").output().ok();
    let asked = asked.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let mut places = found.into_iter().rev().map(|(_, path)| path).chain(asked);
    places.find(|path| path.join("postgres").exists()).ok_or(ClusterFault::NotInstalled)
}

/// Runs a program to its end and returns what it printed.
pub(super) fn run(
    program: &Path,
    arguments: &[&str],
    account: Option<Account>,
) -> Result<String, ClusterFault> {
    let output = command(program, account)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|why| not_started(program, why))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    let said = last(&String::from_utf8_lossy(&output.stderr));
    Err(ClusterFault::Failed { program: program.display().to_string(), said })
}

fn command(program: &Path, account: Option<Account>) -> Command {
    let mut command = Command::new(program);
    // A neutral folder: the current one may be closed to the other user.
    command.current_dir("/").env("LC_ALL", "C");
    if let Some(account) = account {
        command.uid(account.user).gid(account.group);
    }
    command
}

fn not_started(program: &Path, why: std::io::Error) -> ClusterFault {
    ClusterFault::Program { program: program.display().to_string(), why }
}

fn last(said: &str) -> String {
    let line = said.replace('\n', " ");
    let skip = line.chars().count().saturating_sub(600);
    line.chars().skip(skip).collect()
}
