//! Feeds that run at the moment, and how far they are: for who waits for one, or looks at the list meanwhile.

use super::Report;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The runs that go on, by the name of the feed. Cheap to clone; nothing of it is kept.
#[derive(Clone, Debug, Default)]
pub struct Running(Arc<Mutex<BTreeMap<String, Report>>>);

/// A run that goes on until this is dropped.
#[derive(Debug)]
pub(super) struct Run {
    running: Running,
    name: String,
}

impl Running {
    /// How far a feed is, where it runs.
    pub fn of(&self, name: &str) -> Option<Report> {
        self.all().get(name).cloned()
    }

    /// Begins a run.
    pub(super) fn begin(&self, name: &str, report: &Report) -> Run {
        self.tell(name, report);
        Run { running: self.clone(), name: name.to_owned() }
    }

    /// Tells what a run has come to so far.
    pub(super) fn tell(&self, name: &str, report: &Report) {
        self.all().insert(name.to_owned(), report.clone());
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Report>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.running.all().remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_while_it_goes_on() {
        let running = Running::default();
        let mut report = Report::default();
        let run = running.begin("a", &report);
        assert_eq!(running.of("a"), Some(Report::default()));
        report.new = 7;
        running.clone().tell("a", &report);
        assert_eq!((running.of("a").map(|report| report.new), running.of("b")), (Some(7), None));
        drop(run);
        assert_eq!(running.of("a"), None);
    }
}
