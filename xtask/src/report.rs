//! What a step came to, and the closing summary.

use std::time::Duration;

/// The most faults of one step that are printed.
const FAULTS_SHOWN: usize = 60;

/// The result of one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What held: tests, or files looked at for a check.
    pub passed: u64,
    /// What did not.
    pub failed: u64,
    /// In words, what ran, for the summary.
    pub ran: String,
    /// What is wrong, a line each.
    pub faults: Vec<String>,
    /// What was left out, and why, a line each.
    pub not_run: Vec<String>,
}

impl Outcome {
    /// The outcome of a check: one test, passed where nothing is wrong.
    pub fn of_check(ran: impl Into<String>, faults: Vec<String>) -> Outcome {
        let failed = u64::from(!faults.is_empty());
        Outcome { passed: 1 - failed, failed, ran: ran.into(), faults, not_run: Vec::new() }
    }

    /// The outcome of a step that could not be carried out.
    pub fn broken(why: impl Into<String>) -> Outcome {
        Outcome {
            failed: 1,
            ran: "could not be carried out".to_owned(),
            faults: vec![why.into()],
            ..Outcome::default()
        }
    }

    /// Whether nothing failed.
    pub fn holds(&self) -> bool {
        self.failed == 0
    }

    /// The faults as they are printed, bounded.
    pub fn fault_lines(&self) -> Vec<String> {
        let mut out: Vec<String> = self.faults.iter().take(FAULTS_SHOWN).map(|f| format!("  {f}")).collect();
        if self.faults.len() > FAULTS_SHOWN {
            out.push(format!("  and {} more", self.faults.len() - FAULTS_SHOWN));
        }
        out
    }
}

/// A step that ran.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The step's name.
    pub name: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

/// The closing summary; its last line is `N passed, N failed` alone.
pub fn summary(steps: &[Ran]) -> String {
    let mut out = String::from("\nsummary\n");
    for step in steps {
        let sign = if step.outcome.holds() { "ok    " } else { "FAILED" };
        out.push_str(&format!(
            "  {sign} {:<14} {:>5.0} s  {}\n",
            step.name,
            step.took.as_secs_f64(),
            step.outcome.ran
        ));
    }
    let not_run: Vec<&String> = steps.iter().flat_map(|s| &s.outcome.not_run).collect();
    if !not_run.is_empty() {
        out.push_str("not run\n");
        not_run.iter().for_each(|line| out.push_str(&format!("  {line}\n")));
    }
    let (passed, failed) = totals(steps);
    out.push_str(&format!("{passed} passed, {failed} failed\n"));
    out
}

/// How much passed and failed altogether.
pub fn totals(steps: &[Ran]) -> (u64, u64) {
    let sum = |part: fn(&Outcome) -> u64| steps.iter().map(|s| part(&s.outcome)).sum();
    (sum(|o| o.passed), sum(|o| o.failed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(name: &'static str, outcome: Outcome) -> Ran {
        Ran { name, outcome, took: Duration::from_secs(3) }
    }

    #[test]
    fn the_summary_ends_with_the_totals_alone() {
        let mut tests = Outcome { passed: 40, failed: 1, ran: "41 tests".to_owned(), ..Outcome::default() };
        tests.not_run.push("not run: talos (no ../shared)".to_owned());
        let text = summary(&[ran("format", Outcome::of_check("3 files", Vec::new())), ran("tests", tests)]);
        assert_eq!(text.lines().last(), Some("41 passed, 1 failed"));
        assert!(text.contains("  FAILED tests"), "{text}");
        assert!(text.contains("\nnot run\n  not run: talos"), "{text}");
    }

    #[test]
    fn faults_are_bounded() {
        let outcome = Outcome::of_check("x", vec!["fault".to_owned(); 100]);
        assert_eq!(outcome.fault_lines().len(), FAULTS_SHOWN + 1);
        assert_eq!(outcome.fault_lines().last().unwrap(), "  and 40 more");
    }
}
