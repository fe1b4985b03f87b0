//! How far a projection has come, for whoever waits for it.

use crate::app::Fault;
use std::time::Duration;
use tokio::sync::watch;

/// Where a projector is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// Entries of the log that its rows follow from.
    pub through: u64,
    /// Entries of the log when it last looked.
    pub head: u64,
    /// What hinders it at present.
    pub fault: Option<String>,
}

/// The progress of one projection. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Progress {
    name: &'static str,
    stage: watch::Receiver<Stage>,
}

/// How long a reader waits: longer than any lag, shorter than building anew takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a reader could not be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Behind {
    /// It is being built.
    #[error("the view `{name}` has read {through} of {wanted} entries of the log")]
    Building {
        /// The projection.
        name: &'static str,
        /// Entries read.
        through: u64,
        /// Entries wanted.
        wanted: u64,
    },
    /// It cannot be written, or the node is stopping.
    #[error("the view `{name}` cannot go on: {why}")]
    Stuck {
        /// The projection.
        name: &'static str,
        /// Why.
        why: String,
    },
}

impl Behind {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Behind::Building { .. } => "view/building",
            Behind::Stuck { .. } => "view/stuck",
        }
    }
}

impl From<Behind> for Fault {
    fn from(behind: Behind) -> Fault {
        let help = match &behind {
            Behind::Building { .. } => "ask again in a while; the records themselves are held already",
            Behind::Stuck { .. } => "look at the node's log; the records themselves are not affected",
        };
        Fault::new(behind.code(), behind.to_string()).help(help)
    }
}

impl Progress {
    pub(super) fn new(name: &'static str, stage: watch::Receiver<Stage>) -> Progress {
        Progress { name, stage }
    }

    /// The projection.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Where it is.
    pub fn stage(&self) -> Stage {
        self.stage.borrow().clone()
    }

    /// Returns once its rows follow from the first `size` entries.
    pub async fn reaches(&self, size: u64) -> Result<(), Behind> {
        let mut stage = self.stage.clone();
        let there = stage.wait_for(|stage| stage.through >= size || stage.fault.is_some());
        let stuck = |why: String| Behind::Stuck { name: self.name, why };
        match tokio::time::timeout(PATIENCE, there).await {
            Ok(Ok(stage)) if stage.through >= size => Ok(()),
            Ok(Ok(stage)) => Err(stuck(stage.fault.clone().unwrap_or_default())),
            Ok(Err(_)) => Err(stuck("the node is stopping".to_owned())),
            Err(_) => {
                let through = self.stage.borrow().through;
                Err(Behind::Building { name: self.name, through, wanted: size })
            }
        }
    }

    /// Returns once it is at most `lag` entries behind `size`, or cannot go on. Whoever fills the log waits here, so that
    /// readers never wait long.
    pub async fn keeps_pace(&self, size: u64, lag: u64) {
        let mut stage = self.stage.clone();
        let near = |stage: &Stage| stage.through.saturating_add(lag) >= size || stage.fault.is_some();
        // A projector that ended holds nobody up.
        let _ended = stage.wait_for(near).await.is_err();
    }
}
