//! Stopping gracefully: one signal that every listener and long poll of a process sees.

use tokio::sync::watch;

/// Gives the signal. Dropping it gives it too.
#[derive(Debug)]
pub struct Stop(watch::Sender<bool>);

/// Sees the signal.
#[derive(Clone, Debug)]
pub struct Stopping(watch::Receiver<bool>);

/// How a listener ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Connections that ended by themselves after the signal.
    pub finished: usize,
    /// Connections cut at the deadline.
    pub cut: usize,
}

impl Stop {
    /// A signal not yet given, and the first who sees it.
    pub fn new() -> (Stop, Stopping) {
        let (sender, receiver) = watch::channel(false);
        (Stop(sender), Stopping(receiver))
    }

    /// Gives the signal; a second time does nothing.
    pub fn now(&self) {
        self.0.send_replace(true);
    }

    /// One more who sees it.
    pub fn watch(&self) -> Stopping {
        Stopping(self.0.subscribe())
    }
}

impl Stopping {
    /// Whether the signal was given.
    pub fn is_stopping(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Returns once the signal is given.
    pub async fn wait(&mut self) {
        // An error means that the sender is gone, which is the signal as well.
        let _gone = self.0.wait_for(|stopping| *stopping).await.is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn signal_and_drop_both_stop() {
        let (stop, mut seen) = Stop::new();
        assert!(!seen.is_stopping());
        stop.now();
        seen.wait().await;
        assert!(seen.is_stopping() && stop.watch().is_stopping());
        let (stop, mut seen) = Stop::new();
        drop(stop);
        seen.wait().await;
        assert!(seen.is_stopping());
    }
}
