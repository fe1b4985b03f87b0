//! What is done at home and crosses to nobody: tasks that go down the tree of authorities and come back up.
//!
//! **Invariant:** nothing here is a record, and no function makes one of it. The border judges records and the outbox
//! holds records, so that nothing of a State's inner ways can be sent by mistake.

use comity_affairs::home::{TaskGiven, TaskStep, Tasks};
use comity_record::{Canonical, OfficerId, Timestamp};
use minicbor::{Decode, Encode, bytes::ByteArray};

/// Something done at home.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum InnerAct {
    /// A task is handed down.
    #[n(0)]
    TaskGiven(#[n(0)] TaskGiven),
    /// A unit does something with its task.
    #[n(1)]
    TaskStep(#[n(0)] TaskStep),
}

/// Something done at home, by whom and when.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct InnerEntry {
    /// Drawn, so that the hash in the ledger tells nothing of the words once the body is erased.
    #[n(0)]
    pub nonce: ByteArray<32>,
    /// Who; absent for the console of the machine itself.
    #[n(1)]
    pub by: Option<OfficerId>,
    /// When.
    #[n(2)]
    pub at: Timestamp,
    /// What.
    #[n(3)]
    pub act: InnerAct,
}

impl Canonical for InnerEntry {
    const NAME: &'static str = "something done at home";
    const LIMIT: usize = 2 << 20;
}

/// The tasks that these entries come to.
pub fn tasks<'a>(entries: impl IntoIterator<Item = &'a InnerEntry>) -> Tasks {
    let mut tasks = Tasks::default();
    for entry in entries {
        match &entry.act {
            InnerAct::TaskGiven(given) => tasks.give(entry.at, given.clone()),
            InnerAct::TaskStep(step) => tasks.act(entry.at, entry.by.clone(), step.clone()),
        }
    }
    tasks
}
