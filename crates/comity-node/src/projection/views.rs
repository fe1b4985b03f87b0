//! The views of one party: their projectors, and how readers come to them.

use super::{
    Behind, Feed, Progress,
    index::{Classes, Concerned, Index, IndexKey, Objects, Outputs, Text},
    start, start_when_wanted,
};
use crate::{
    app::lookup::LookupKeys,
    reading::Reads,
    stop::{Stop, Stopping},
};
use std::sync::Arc;
use tokio::{sync::watch, task::JoinHandle};

/// How many entries a view may be behind before whoever fills the log waits. A record has at most 1,000 objects, so that
/// a reader's wait stays within a few seconds.
const LAG: u64 = 64;

/// The views of a party, for readers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Views {
    feed: Feed,
    all: Vec<Progress>,
    index: Index,
    reads: Reads,
    outputs: Progress,
    outputs_wanted: Arc<watch::Sender<bool>>,
}

/// Whether the index of words is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// It is.
    Kept,
    /// It is not: nothing is found by its text, and its rows, where there were any, are dropped.
    LeftOut,
}

/// The tasks behind the views.
#[derive(Debug)]
pub struct Projectors {
    stop: Stop,
    tasks: Vec<JoinHandle<()>>,
}

impl Views {
    /// Starts the indexes over a log that `changes` tells of, under their keys; `stop` ends them.
    pub fn start(
        feed: Feed,
        (key, lookup): (IndexKey, LookupKeys),
        words: Words,
        changes: &watch::Receiver<u64>,
        stop: Stop,
    ) -> (Views, Projectors) {
        let (key, classes, concerned) = (Arc::new(key), Classes::default(), Concerned::default());
        let objects = Objects::new(Arc::clone(&key), classes.clone(), concerned.clone(), feed.clone());
        let (objects, of_objects) = start(objects, feed.clone(), changes.clone(), stop.watch());
        let mut tasks = vec![of_objects];
        let text = (words == Words::Kept).then(|| {
            let text = Text::new(Arc::clone(&key));
            let (text, of_text) = start(text, feed.clone(), changes.clone(), stop.watch());
            tasks.push(of_text);
            text
        });
        let outputs = Outputs::new(Arc::clone(&key), lookup);
        let outputs_wanted = Arc::new(watch::Sender::new(false));
        let wanted = Arc::clone(&outputs_wanted);
        let (outputs, of_outputs) =
            start_when_wanted(outputs, feed.clone(), changes.clone(), stop.watch(), wanted);
        tasks.push(of_outputs);
        let all = [Some(objects.clone()), text.clone()].into_iter().flatten().collect();
        let index = Index { key, classes, concerned, objects, text };
        let views = Views { feed, all, index, reads: Reads::default(), outputs, outputs_wanted };
        (views, Projectors { stop, tasks })
    }

    /// The indexes of objects.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The log as projectors read it.
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// How often other parties read here.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// The progress of every view.
    pub fn progress(&self) -> &[Progress] {
        &self.all
    }

    /// Returns once every view has come to `size` entries.
    pub async fn reach(&self, size: u64) -> Result<(), Behind> {
        for view in &self.all {
            view.reaches(size).await?;
        }
        if *self.outputs_wanted.borrow() {
            self.outputs.reaches(size).await?;
        }
        Ok(())
    }

    /// Returns once the outputs of lookups have come to `size` entries; they are begun where nobody wanted them before.
    pub async fn reach_outputs(&self, size: u64) -> Result<(), Behind> {
        self.outputs_wanted.send_if_modified(|wanted| !std::mem::replace(wanted, true));
        self.outputs.reaches(size).await
    }

    /// Waits until no view is far behind `size` entries. A view that cannot go on holds nobody up.
    pub async fn keep_pace(&self, size: u64) {
        for view in &self.all {
            view.keeps_pace(size, LAG).await;
        }
    }
}

impl Projectors {
    /// The signal on which a projector ends.
    pub fn stopping(&self) -> Stopping {
        self.stop.watch()
    }

    /// Takes in a view that was started.
    pub fn add(&mut self, views: &mut Views, (progress, task): (Progress, JoinHandle<()>)) {
        views.all.push(progress);
        self.tasks.push(task);
    }

    /// Ends the projectors: a step under way is finished or left out whole.
    pub async fn end(self) {
        self.stop.now();
        for task in self.tasks {
            if let Err(fault) = task.await {
                tracing::error!(%fault, "a projector broke");
            }
        }
    }
}
