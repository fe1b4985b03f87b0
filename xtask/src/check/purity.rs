//! **Invariant:** record, law, ledger, threat, border and exchange do no I/O, read no clock and no environment,
//! and draw no randomness. The manifests keep out the libraries; this keeps out the standard library's own doors.

use super::edges::{HOUSE, Kind};
use crate::{report::Outcome, token, tree};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Paths that no pure crate names, and what stands behind them.
const DOORS: &[(&str, &str)] = &[
    ("std::fs", "files"),
    ("std::net", "the network"),
    ("std::env", "the environment"),
    ("std::process", "other programs"),
    ("std::thread", "threads"),
    ("std::os", "the operating system"),
    ("std::time::SystemTime", "a clock"),
    ("std::time::Instant", "a clock"),
    ("std::time::*", "a clock"),
    ("std::io::stdin", "a stream of the process"),
    ("std::io::stdout", "a stream of the process"),
    ("std::io::stderr", "a stream of the process"),
    ("std::io::*", "a stream of the process"),
    ("std::collections::hash_map::RandomState", "randomness"),
    ("std::hash::RandomState", "randomness"),
    ("SystemTime", "a clock"),
    ("Instant", "a clock"),
    ("jiff::Zoned::now", "a clock"),
    ("jiff::Timestamp::now", "a clock"),
    ("Zoned::now", "a clock"),
    ("Timestamp::now", "a clock"),
    ("aws_lc_rs::rand", "randomness"),
    ("aws_lc_rs::agreement::EphemeralPrivateKey", "randomness"),
    ("rand", "randomness"),
    ("getrandom", "randomness"),
    ("SystemRandom", "randomness"),
    ("println", "a stream of the process"),
    ("eprintln", "a stream of the process"),
];

/// Values that live behind a door and open nothing.
const VALUES: &[&str] = &[
    "std::net::IpAddr",
    "std::net::Ipv4Addr",
    "std::net::Ipv6Addr",
    "std::net::SocketAddr",
    "std::net::AddrParseError",
];

/// Checks the sources of every pure crate, tests apart.
pub fn check(root: &Path) -> io::Result<Outcome> {
    let mut faults = Vec::new();
    let mut count = 0;
    for place in HOUSE.iter().filter(|p| p.kind == Kind::Pure) {
        let folder = root.join("crates").join(place.name).join("src");
        for (path, code) in product_code(&folder)? {
            count += 1;
            faults.extend(
                faults_in(&code).map(|(line, why)| format!("{}:{line}: {why}", tree::shown(root, &path))),
            );
        }
    }
    Ok(Outcome::of_check(format!("{count} files of the pure crates, {} doors", DOORS.len()), faults))
}

/// The files of a source folder with the tokens of their code, tests left out, also those in files of their own.
pub fn product_code(folder: &Path) -> io::Result<Vec<(PathBuf, Vec<token::Token>)>> {
    let mut out = Vec::new();
    let mut tests: Vec<PathBuf> = Vec::new();
    for path in tree::files_ending(folder, &["rs"])? {
        let all = token::tokens(&fs::read_to_string(&path)?);
        let (kept, modules) = token::without_tests(&all);
        tests.extend(modules.iter().flat_map(|name| places_of_module(&path, name)));
        out.push((path, kept));
    }
    out.retain(|(path, _)| !tests.iter().any(|test| path.starts_with(test)));
    Ok(out)
}

/// Where the module `name`, declared in the file at `path`, may be: a file, or a folder.
fn places_of_module(path: &Path, name: &str) -> [PathBuf; 2] {
    let parent = path.parent().unwrap_or(Path::new(""));
    let stem = path.file_stem().unwrap_or_default();
    let folder =
        if stem == "lib" || stem == "main" || stem == "mod" { parent.to_owned() } else { parent.join(stem) };
    [folder.join(format!("{name}.rs")), folder.join(name)]
}

fn faults_in(tokens: &[token::Token]) -> impl Iterator<Item = (usize, String)> {
    let paths = token::paths(&token::code(tokens));
    paths.into_iter().filter_map(|(line, path)| {
        if VALUES.iter().any(|value| leads_to(&path, value)) {
            return None;
        }
        let behind = DOORS.iter().find(|(door, _)| leads_to(&path, door))?;
        Some((line, format!("`{path}` leads to {}: a pure crate takes such things as arguments", behind.1)))
    })
}

fn leads_to(path: &str, door: &str) -> bool {
    path.strip_prefix(door).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(source: &str) -> usize {
        let (kept, _) = token::without_tests(&token::tokens(source));
        faults_in(&kept).count()
    }

    #[test]
    fn every_door_is_seen() {
        for source in [
            "use std::fs;",
            "use std::{fmt, net::TcpStream};",
            "fn a() { std::env::var(\"X\"); }",
            "use std::time::{Duration, Instant};",
            "fn a() { let t = SystemTime::now(); }",
            "fn a() { let t = Timestamp::now(); }",
            "use aws_lc_rs::rand::SystemRandom;",
            "fn a() { println!(\"x\"); }",
        ] {
            assert_eq!(faults(source), 1, "{source}");
        }
    }

    #[test]
    fn what_computes_is_left_alone() {
        for source in [
            "use std::{fmt, io::Read, net::IpAddr, time::Duration};",
            "// std::fs is not used here\nfn a() {}",
            "#[cfg(test)] mod tests { use std::fs; }",
            "fn operand() { let brand = instant(); }",
        ] {
            assert_eq!(faults(source), 0, "{source}");
        }
    }

    #[test]
    fn test_modules_in_files_of_their_own_are_known() {
        let beside = places_of_module(Path::new("src/lib.rs"), "tests");
        assert_eq!(beside[0], Path::new("src/tests.rs"));
        let below = places_of_module(Path::new("src/tree.rs"), "tests");
        assert_eq!(below[0], Path::new("src/tree/tests.rs"));
    }
}
