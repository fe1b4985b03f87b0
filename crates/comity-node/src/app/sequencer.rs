//! The sequencer: one task that owns a party's desk. Everybody else sends it work through a bounded queue, so that a
//! flood of requests is answered "not now" instead of filling memory. Where several processes work one ledger, see
//! [`super::tenure`].

use crate::{
    app::{SealedBodies, head::HeadState, roster::Roster, tenure::Tenure},
    clock::Clock,
    random::Random,
};
use comity_exchange::{Desk, Entropy, House};
use comity_ledger::store::Follow;
use comity_record::Timestamp;
use comity_store::AnyStore;
use std::{fmt, future::Future, pin::Pin, sync::Arc};
use tokio::sync::{mpsc, oneshot, watch};

/// The desk of a node.
pub type NodeDesk = Desk<AnyStore, SealedBodies>;

/// Jobs that may wait.
const QUEUE: usize = 64;

type Job = Box<
    dyn for<'a> FnOnce(&'a mut NodeDesk, &'a mut Means) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>>
        + Send,
>;

/// Gives a job's result to whoever asked. It is called once everybody has been told what the job changed, so that who
/// asked finds it everywhere.
type Answer = Box<dyn FnOnce() + Send>;

/// What the rim gives to a job: the time and randomness.
#[derive(Debug)]
pub struct Means {
    clock: Clock,
    entropy: SystemEntropy,
}

impl Means {
    /// The node's time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Randomness.
    pub fn entropy(&mut self) -> &mut dyn Entropy {
        &mut self.entropy
    }
}

/// Randomness for the desk. If the generator fails once, the process ends: salts that are not random would break what
/// erasure and withholding promise, silently and for good.
#[derive(Debug)]
struct SystemEntropy(Arc<dyn Random>);

impl Entropy for SystemEntropy {
    fn fill(&mut self, out: &mut [u8]) {
        if self.0.fill(out).is_err() {
            tracing::error!(code = "random/failed", "the system's random generator failed; the process ends");
            std::process::abort();
        }
    }
}

/// Why a job was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// The queue is full.
    #[error("the node is busy: too much waits for its sequencer")]
    Busy,
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopping,
}

impl NotNow {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            NotNow::Busy => "node/busy",
            NotNow::Stopping => "node/stopping",
        }
    }
}

/// Where other processes work the ledger too, their growth of the log is told here as well: a job that does nothing brings
/// the desk to it. Ends with the queue.
async fn follow(store: AnyStore, queue: mpsc::WeakSender<Job>, mut size: u64) {
    loop {
        let grown = store.changed_after(size, 5_000).await;
        let Some(queue) = queue.upgrade() else { return };
        match grown {
            Ok(grown) if grown > size => {
                size = grown;
                // A full queue brings the desk there as well.
                let nothing: Job = Box::new(|_, _| Box::pin(async { Box::new(|| ()) as Answer }));
                let _told = queue.try_send(nothing);
            }
            Ok(_) => {}
            Err(fault) => {
                tracing::warn!(code = fault.code(), %fault, "the log cannot be followed");
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
        }
    }
}

/// Sends work to a party's sequencer. Cheap to clone.
#[derive(Clone)]
pub struct Sequencer {
    queue: mpsc::Sender<Job>,
    changed: watch::Receiver<u64>,
    heads: watch::Receiver<HeadState>,
    roster: watch::Receiver<Roster>,
    house: watch::Receiver<Arc<House>>,
}

impl fmt::Debug for Sequencer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sequencer").field("waiting", &(QUEUE - self.queue.capacity())).finish()
    }
}

impl Sequencer {
    /// Starts the task that owns the desk. It ends when every `Sequencer` is dropped, after the work in its queue; the
    /// desk is then given back through the handle.
    pub fn start(
        mut desk: NodeDesk,
        clock: Clock,
        random: Arc<dyn Random>,
    ) -> (Sequencer, tokio::task::JoinHandle<NodeDesk>) {
        let (queue, mut jobs) = mpsc::channel::<Job>(QUEUE);
        let (size, changed) = watch::channel(desk.log().size());
        let (stand, heads) = watch::channel(HeadState::of(&desk));
        let (post, roster) = watch::channel(Roster::of(&desk));
        let mut tenure = Tenure::of(desk.store(), &clock, &*random);
        if matches!(tenure, Tenure::Shared(_)) {
            tokio::spawn(follow(desk.store().clone(), queue.downgrade(), desk.log().size()));
        }
        let (rules, house) = watch::channel(desk.house_now());
        let mut means = Means { clock, entropy: SystemEntropy(random) };
        let task = tokio::spawn(async move {
            while let Some(job) = jobs.recv().await {
                tenure.take(&mut desk).await;
                let answer = tenure.during(job(&mut desk, &mut means)).await;
                if post.borrow().generation != desk.roster() {
                    post.send_replace(Roster::of(&desk));
                }
                if !Arc::ptr_eq(&rules.borrow(), &desk.house_now()) {
                    rules.send_replace(desk.house_now());
                }
                let now = HeadState::of(&desk);
                stand.send_if_modified(|before| {
                    *before != now && {
                        *before = now;
                        true
                    }
                });
                size.send_if_modified(|size| {
                    let grown = *size != desk.log().size();
                    *size = desk.log().size();
                    grown
                });
                answer();
                tenure.leave(jobs.is_empty()).await;
            }
            desk
        });
        (Sequencer { queue, changed, heads, roster, house }, task)
    }

    /// Runs a job in its turn and returns its result. Waits while the queue is full.
    pub async fn run<T, F>(&self, job: F) -> Result<T, NotNow>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut NodeDesk, &'a mut Means) -> Pin<Box<dyn Future<Output = T> + Send + 'a>>
            + Send
            + 'static,
    {
        let (done, result) = oneshot::channel();
        let job: Job = Box::new(move |desk, means| {
            Box::pin(async move {
                let value = job(desk, means).await;
                // Whoever asked may have gone away; the work is done all the same.
                let answer: Answer = Box::new(move || drop(done.send(value)));
                answer
            })
        });
        self.queue.send(job).await.map_err(|_| NotNow::Stopping)?;
        result.await.map_err(|_| NotNow::Stopping)
    }

    /// Whether the queue has room; a listener answers "not now" where it has not.
    pub fn has_room(&self) -> Result<(), NotNow> {
        if self.queue.is_closed() {
            return Err(NotNow::Stopping);
        }
        if self.queue.capacity() == 0 { Err(NotNow::Busy) } else { Ok(()) }
    }

    /// Who may connect, and its changes.
    pub fn roster(&self) -> watch::Receiver<Roster> {
        self.roster.clone()
    }

    /// Units, officers, tokens and saved searches as they stand: looked at on every request, without a turn in the queue.
    pub fn house(&self) -> Arc<House> {
        Arc::clone(&self.house.borrow())
    }

    /// Entries of the log so far.
    pub fn size(&self) -> u64 {
        *self.changed.borrow()
    }

    /// How the head stands, and its changes.
    pub fn heads(&self) -> watch::Receiver<HeadState> {
        self.heads.clone()
    }

    /// Tells of every growth of the log.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.clone()
    }
}
