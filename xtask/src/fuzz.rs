//! `cargo xtask fuzz`: every decoder of foreign bytes against bytes nobody would send.
//!
//! It needs a nightly toolchain and `cargo fuzz`, which the tests do not: the corpora are replayed there as ordinary
//! tests.

use crate::{
    command::{self, Ended},
    tree,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// Runs one target or all, each for so many seconds, and says whether none crashed.
pub fn run(seconds: u64, target: Option<&str>, say: &dyn Fn(&str)) -> io::Result<bool> {
    if let Some(missing) = missing() {
        say(missing);
        return Ok(false);
    }
    let root = tree::root();
    let targets = targets(&root)?;
    let chosen: Vec<&String> =
        targets.iter().filter(|t| target.is_none_or(|name| name == t.as_str())).collect();
    if chosen.is_empty() {
        say(&format!("no such target; there are: {}", targets.join(", ")));
        return Ok(false);
    }
    let mut held = true;
    for name in chosen {
        say(&format!("==> {name} for {seconds} s"));
        fs::create_dir_all(found(&root, name))?;
        let ended = command::stream(&mut fuzz_command(&root, name, seconds), say)?;
        held &= ended == Ended::Well;
    }
    Ok(held)
}

/// The targets: the files of `fuzz/fuzz_targets`.
fn targets(root: &Path) -> io::Result<Vec<String>> {
    let mut out = Vec::new();
    for entry in fs::read_dir(root.join("fuzz").join("fuzz_targets"))? {
        let path = entry?.path();
        out.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    out.sort();
    Ok(out)
}

/// Where new inputs go: the committed corpus stays small, and is only read.
fn found(root: &Path, target: &str) -> PathBuf {
    root.join("target").join("fuzz-found").join(target)
}

fn fuzz_command(root: &Path, target: &str, seconds: u64) -> Command {
    let mut command = Command::new("cargo");
    let kept = root.join("fuzz").join("corpus").join(target);
    command
        .current_dir(root)
        .args(["+nightly", "fuzz", "run", target])
        .arg(found(root, target))
        .arg(&kept)
        .args([
            "--",
            &format!("-max_total_time={seconds}"),
            "-rss_limit_mb=1024",
            "-timeout=10",
            "-print_final_stats=1",
        ]);
    command
}

fn missing() -> Option<&'static str> {
    let nightly = command::output(Command::new("cargo").args(["+nightly", "--version"]));
    let fuzz = command::output(Command::new("cargo").args(["fuzz", "--version"]));
    match (nightly, fuzz) {
        (None, _) => Some("fuzzing needs a nightly toolchain: `rustup toolchain install nightly`"),
        (_, None) => Some("fuzzing needs cargo-fuzz: `cargo install cargo-fuzz`"),
        _ => None,
    }
}
