//! The views of one party: their projectors, and how readers come to them.

use super::{
    Behind, Feed, Progress,
    index::{Classes, Index, IndexKey, Objects, Outputs, Text},
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

/// The tasks behind the views.
#[derive(Debug)]
pub struct Projectors {
    stop: Stop,
    tasks: Vec<JoinHandle<()>>,
}

impl Views {
    /// Starts the indexes over a log that `changes` tells of, under their key.
    pub fn start(
        feed: Feed,
        key: IndexKey,
        lookup: LookupKeys,
        changes: &watch::Receiver<u64>,
    ) -> (Views, Projectors) {
        let (stop, _) = Stop::new();
        let (key, classes) = (Arc::new(key), Classes::default());
        let objects = Objects::new(Arc::clone(&key), classes.clone());
        let (objects, of_objects) = start(objects, feed.clone(), changes.clone(), stop.watch());
        let text = Text::new(Arc::clone(&key));
        let (text, of_text) = start(text, feed.clone(), changes.clone(), stop.watch());
        let outputs = Outputs::new(Arc::clone(&key), lookup);
        let outputs_wanted = Arc::new(watch::Sender::new(false));
        let wanted = Arc::clone(&outputs_wanted);
        let (outputs, of_outputs) =
            start_when_wanted(outputs, feed.clone(), changes.clone(), stop.watch(), wanted);
        let all = vec![objects.clone(), text.clone()];
        let index = Index { key, classes, objects, text };
        let views = Views { feed, all, index, reads: Reads::default(), outputs, outputs_wanted };
        (views, Projectors { stop, tasks: vec![of_objects, of_text, of_outputs] })
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
