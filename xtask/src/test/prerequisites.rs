//! What the tests need from the machine: parts of the Rust toolchain, a C compiler, PostgreSQL's server
//! programs, OpenSSL's command, and Python; and what is good to have beside them.
//!
//! On Debian, as root, what is missing is installed; anywhere else it is named, and the run stops there where it cannot do
//! without. No database is
//! set up: tests that want one start a private cluster in a folder of their own.

use crate::{command, report::Outcome};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The oldest PostgreSQL that the store is tested on.
const OLDEST_POSTGRES: u32 = 15;

/// One thing needed.
struct Need {
    what: &'static str,
    package: Option<&'static str>,
    component: Option<&'static str>,
    found: fn() -> Option<String>,
}

const NEEDS: [Need; 6] = [
    Need { what: "cargo fmt", package: None, component: Some("rustfmt"), found: || cargo_part("fmt") },
    Need { what: "cargo clippy", package: None, component: Some("clippy"), found: || cargo_part("clippy") },
    Need {
        what: "a C compiler (`cc`)",
        package: Some("build-essential"),
        component: None,
        found: c_compiler,
    },
    Need {
        what: "the server programs of PostgreSQL 15 or later (`initdb`, `postgres`)",
        package: Some("postgresql"),
        component: None,
        found: postgres,
    },
    Need {
        what: "`openssl`, which serves as a service of time-stamps",
        package: Some("openssl"),
        component: None,
        found: openssl,
    },
    Need {
        what: "Python 3 with `venv`, for third-party clients",
        package: Some("python3-venv"),
        component: None,
        found: python,
    },
];

/// What is brought where it can be, and without which the rest is still tested.
const WELCOME: [Need; 1] = [Need {
    what: "`named-checkzone`, which reads exported zones",
    package: Some("bind9-utils"),
    component: None,
    found: zone_checker,
}];

/// Looks for each thing, brings what can be brought, and names what is missing.
pub fn check(say: &dyn Fn(&str)) -> Outcome {
    if all().any(|n| (n.found)().is_none()) {
        bring(say);
    }
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for need in &NEEDS {
        match (need.found)() {
            Some(version) => found.push(version),
            None => missing.push(format!("missing: {}{}", need.what, advice(need))),
        }
    }
    let mut outcome = Outcome::of_check(String::new(), missing);
    for need in &WELCOME {
        match (need.found)() {
            Some(version) => found.push(version),
            None => outcome.not_run.push(format!("not run: {} is missing{}", need.what, advice(need))),
        }
    }
    outcome.ran = found.join(", ");
    outcome
}

fn all() -> impl Iterator<Item = &'static Need> {
    NEEDS.iter().chain(&WELCOME)
}

/// The folder with the server programs of the newest PostgreSQL that is new enough.
pub fn postgres_programs() -> Option<(PathBuf, u32)> {
    let configured = command::output(Command::new("pg_config").arg("--bindir")).map(PathBuf::from);
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let packaged = versions.map(|entry| entry.path().join("bin"));
    let usable = |folder: PathBuf| Some((postgres_version(&folder)?, folder));
    let best = packaged.chain(configured).filter_map(usable).max()?;
    (best.0 >= OLDEST_POSTGRES).then_some((best.1, best.0))
}

fn postgres_version(folder: &Path) -> Option<u32> {
    if !folder.join("initdb").is_file() {
        return None;
    }
    let text = command::output(Command::new(folder.join("postgres")).arg("--version"))?;
    major_version(&text)
}

/// The number in `postgres (PostgreSQL) 15.18 (Debian …)`.
fn major_version(text: &str) -> Option<u32> {
    let (_, after) = text.split_once(") ")?;
    after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn postgres() -> Option<String> {
    postgres_programs().map(|(_, version)| format!("PostgreSQL {version}"))
}

/// The version of Python, where it can make environments with `pip` in them.
fn python() -> Option<String> {
    command::output(Command::new("python3").args(["-c", "import venv, ensurepip"]))?;
    command::output(Command::new("python3").arg("--version"))
}

fn zone_checker() -> Option<String> {
    let version = command::output(Command::new("named-checkzone").arg("-v"))?;
    Some(format!("named-checkzone {}", version.lines().next()?.trim()))
}

fn openssl() -> Option<String> {
    let version = command::output(Command::new("openssl").arg("version"))?;
    Some(version.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

fn cargo_part(part: &str) -> Option<String> {
    command::output(Command::new("cargo").args([part, "--version"]))
}

fn c_compiler() -> Option<String> {
    command::output(Command::new("cc").arg("--version"))?.lines().next().map(str::to_owned)
}

fn advice(need: &Need) -> String {
    match (need.component, need.package) {
        (Some(component), _) => format!(": `rustup component add {component}`"),
        (None, Some(package)) => format!(": on Debian, `apt-get install {package}`"),
        (None, None) => String::new(),
    }
}

/// Installs what is missing where that is in our power. What fails here is found missing afterwards.
fn bring(say: &dyn Fn(&str)) {
    let missing = || all().filter(|n| (n.found)().is_none());
    for component in missing().filter_map(|n| n.component) {
        say(&format!("installing the toolchain's {component}"));
        run(Command::new("rustup").args(["component", "add", component]), say);
    }
    let packages: Vec<&str> = missing().filter_map(|n| n.package).collect();
    if packages.is_empty() || !is_root() || !Path::new("/etc/debian_version").exists() {
        return;
    }
    say(&format!("installing Debian packages: {}", packages.join(" ")));
    run(apt().arg("update"), say);
    run(apt().args(["install", "-y", "--no-install-recommends"]).args(&packages), say);
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("-q");
    command
}

fn run(command: &mut Command, say: &dyn Fn(&str)) {
    let mut last = String::new();
    match command::stream(command, |line| last = line.to_owned()) {
        Ok(command::Ended::Well) => {}
        Ok(_) => say(&format!("  it failed: {last}")),
        Err(why) => say(&format!("  it could not be started: {why}")),
    }
}

fn is_root() -> bool {
    command::output(Command::new("id").arg("-u")).is_some_and(|id| id == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_version("something else"), None);
    }
}
