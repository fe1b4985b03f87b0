//! `cargo test` over the workspace: streamed, counted, and its output kept whole in a file.

use crate::{
    command::{self, Ended},
    report::Outcome,
    soak,
};
use std::{fs, io, io::Write, path::Path};

/// The most lines of failures that are printed; the file has them all.
const FAILURE_LINES: usize = 400;

/// How often each kill test kills here; `cargo xtask soak` does it at length.
const KILLS_IN_PASSING: &str = "20";

/// What the tests' output has said so far.
#[derive(Debug, Default)]
struct Count {
    passed: u64,
    failed: u64,
    ignored: u64,
    binaries: u64,
    not_run: Vec<String>,
    faults: Vec<String>,
    in_failures: bool,
    shown: usize,
}

/// Runs every test of the workspace, those in documentation too.
pub fn run(root: &Path, say: &dyn Fn(&str)) -> io::Result<Outcome> {
    let folder = root.join("target").join("xtask");
    fs::create_dir_all(&folder)?;
    let path = folder.join("test.log");
    let mut log = io::BufWriter::new(fs::File::create(&path)?);
    let mut count = Count::default();
    let mut unwritten = None;
    let mut command = command::cargo(root);
    command.args(["test", "--workspace", "--no-fail-fast", "--", "--show-output"]);
    if std::env::var_os(soak::KILLS).is_none() {
        command.env(soak::KILLS, KILLS_IN_PASSING);
    }
    let ended = command::stream(&mut command, |line| {
        unwritten = unwritten.take().or_else(|| writeln!(log, "{line}").err());
        if count.take_in(line) {
            say(line);
        }
    })?;
    log.flush()?;
    unwritten.map_or(Ok(()), Err)?;
    say(&format!("the whole output is in {}", crate::tree::shown(root, &path)));
    Ok(count.outcome(ended))
}

impl Count {
    /// Takes in a line and says whether it is for the screen.
    fn take_in(&mut self, line: &str) -> bool {
        if let Some(numbers) = line.strip_prefix("test result: ") {
            self.binaries += 1;
            self.passed += number_before(numbers, " passed");
            self.failed += number_before(numbers, " failed");
            self.ignored += number_before(numbers, " ignored");
            self.in_failures = false;
            return true;
        }
        if line.starts_with("not run: ") {
            if !self.not_run.iter().any(|known| known == line) {
                self.not_run.push(line.to_owned());
            }
            return true;
        }
        if let Some(name) = line.strip_prefix("test ").and_then(|l| l.strip_suffix(" ... FAILED")) {
            self.faults.push(format!("test {name}"));
            return true;
        }
        match line {
            "failures:" => self.in_failures = true,
            "successes:" => self.in_failures = false,
            _ => {}
        }
        let of_compiler =
            ["error", "warning: unused", "   Compiling comity", "     Running ", "   Doc-tests "];
        let slow = line.ends_with("has been running for over 60 seconds");
        let wanted = self.in_failures || slow || of_compiler.iter().any(|start| line.starts_with(start));
        if line.starts_with("error") {
            self.faults.push(line.to_owned());
        }
        self.shown += usize::from(wanted);
        wanted && self.shown <= FAILURE_LINES
    }

    fn outcome(mut self, ended: Ended) -> Outcome {
        let mut failed = self.failed;
        match ended {
            Ended::Well => {}
            Ended::Badly => failed = failed.max(1),
            Ended::Silent => {
                failed += 1;
                self.faults.push("the tests said nothing for twenty minutes and were ended".to_owned());
            }
        }
        if self.ignored > 0 {
            failed += 1;
            self.faults
                .push(format!("{} tests are marked as ignored: nothing is skipped silently", self.ignored));
        }
        if self.passed == 0 {
            failed = failed.max(1);
            self.faults.push("no test ran".to_owned());
        }
        let ran = format!("{} tests in {} runs", self.passed + self.failed, self.binaries);
        Outcome { passed: self.passed, failed, ran, faults: self.faults, not_run: self.not_run }
    }
}

/// The number that stands before a word: 12 in `ok. 12 passed; 0 failed`.
fn number_before(text: &str, word: &str) -> u64 {
    let before = text.split(word).next().unwrap_or_default();
    before.rsplit(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(lines: &[&str], ended: Ended) -> Outcome {
        let mut count = Count::default();
        lines.iter().for_each(|line| {
            count.take_in(line);
        });
        count.outcome(ended)
    }

    #[test]
    fn results_are_summed_up() {
        let outcome = count(
            &[
                "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
                "not run: the Talos bundles, no shared data here",
                "not run: the Talos bundles, no shared data here",
                "test a::b ... FAILED",
                "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            ],
            Ended::Badly,
        );
        assert_eq!((outcome.passed, outcome.failed), (15, 1));
        assert_eq!(outcome.faults, ["test a::b"]);
        assert_eq!(outcome.not_run.len(), 1);
    }

    #[test]
    fn a_build_that_fails_is_a_failure() {
        let outcome = count(&["error[E0308]: mismatched types"], Ended::Badly);
        assert_eq!((outcome.passed, outcome.failed), (0, 1));
    }

    #[test]
    fn an_ignored_test_is_a_failure() {
        let line =
            "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(count(&[line], Ended::Well).failed, 1);
    }

    #[test]
    fn nothing_at_all_is_a_failure() {
        assert_eq!(count(&[], Ended::Well).failed, 1);
    }
}
