//! A private Python environment below `target/` for the third-party clients that tests run against the node.
//!
//! It is made once for each state of `tests/python/requirements.txt`. Where packages cannot be brought, the step says so
//! as not run, and so does every test that wanted them: without a network the rest can still be tested.

use crate::{
    command::{self, Ended},
    report::Outcome,
};
use std::{fs, io, path::Path, process::Command};

/// The packages, each with its version.
const WANTED: &str = "tests/python/requirements.txt";
/// The environment.
const FOLDER: &str = "target/python";
/// In the environment: the list as it was when its packages were brought.
const STAMP: &str = "requirements.txt";

/// Makes the environment, unless the present one has what is wanted.
pub fn make(root: &Path, say: &dyn Fn(&str)) -> io::Result<Outcome> {
    let wanted = fs::read_to_string(root.join(WANTED))?;
    let folder = root.join(FOLDER);
    let unpinned: Vec<String> =
        unpinned(&wanted).map(|line| format!("{WANTED}: `{line}` has no version")).collect();
    if !unpinned.is_empty() {
        return Ok(Outcome::of_check("the list of packages", unpinned));
    }
    let stamp = folder.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(Outcome::of_check(
            format!("{} packages, there already", packages(&wanted).count()),
            Vec::new(),
        ));
    }
    match bring(root, &folder, say)? {
        None => {
            fs::write(&stamp, &wanted)?;
            Ok(Outcome::of_check(format!("{} packages brought", packages(&wanted).count()), Vec::new()))
        }
        Some(why) => Ok(Outcome {
            ran: "no packages".to_owned(),
            not_run: vec![format!("not run: third-party clients in Python: {why}")],
            ..Outcome::default()
        }),
    }
}

/// Makes the environment and installs into it; why not, where it failed.
fn bring(root: &Path, folder: &Path, say: &dyn Fn(&str)) -> io::Result<Option<String>> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let mut last = String::new();
    let mut run = |command: &mut Command| {
        let ended = command::stream(command, |line| {
            if !line.trim().is_empty() {
                last = line.to_owned();
            }
        });
        Ok::<bool, io::Error>(ended? == Ended::Well)
    };
    say("making a private Python environment in target/python");
    let mut venv = Command::new("python3");
    if !run(venv.args(["-m", "venv"]).arg(folder))? {
        return Ok(Some(last));
    }
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r"]);
    if !run(pip.arg(root.join(WANTED)))? {
        return Ok(Some(last));
    }
    Ok(None)
}

fn packages(wanted: &str) -> impl Iterator<Item = &str> {
    wanted.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The lines without an exact version: what is tested would then be another thing each day.
fn unpinned(wanted: &str) -> impl Iterator<Item = &str> {
    packages(wanted).filter(|line| !line.contains("=="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_without_a_version_are_named() {
        let wanted = "# a list\n\na==1\nb>=2\n  c==3\n";
        assert_eq!(packages(wanted).collect::<Vec<_>>(), ["a==1", "b>=2", "c==3"]);
        assert_eq!(unpinned(wanted).collect::<Vec<_>>(), ["b>=2"]);
    }
}
