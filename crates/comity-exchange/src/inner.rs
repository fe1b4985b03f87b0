//! What is done at home and crosses to nobody: tasks that go down the tree of authorities and come back up, and what passes
//! between an authority and a provider.
//!
//! **Invariant:** nothing here is a record, and no function makes one of it. The border judges records and the outbox
//! holds records, so that nothing of a State's inner ways can be sent by mistake.

use comity_affairs::{
    CaseId,
    home::{TaskGiven, TaskStep, Tasks},
    oversight::Safeguards,
    provider::Order,
};
use comity_record::{Canonical, Hash, OfficerId, Timestamp, UnitCode};
use minicbor::{
    Decode, Encode,
    bytes::{ByteArray, ByteVec},
};
use std::collections::BTreeMap;

/// Something done at home.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum InnerAct {
    /// A task is handed down.
    #[n(0)]
    TaskGiven(#[n(0)] TaskGiven),
    /// A unit does something with its task.
    #[n(1)]
    TaskStep(#[n(0)] TaskStep),
    /// An order was given to a provider.
    #[n(2)]
    Order(#[n(0)] Box<OrderGiven>),
    /// A provider's answer was taken back.
    #[n(3)]
    OrderAnswered(#[n(0)] OrderAnswered),
    /// Officers stated how many persons a case affects, and what went wrong in it.
    #[n(4)]
    Safeguards {
        /// The case.
        #[n(0)]
        case: CaseId,
        /// Numbers, and nothing else.
        #[n(1)]
        stated: Safeguards,
    },
}

/// An order to a provider, with what of it stays at home.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OrderGiven {
    /// The provider's code here.
    #[n(0)]
    pub provider: UnitCode,
    /// The case that it serves.
    #[n(1)]
    pub case: Option<CaseId>,
    /// The order.
    #[n(2)]
    pub order: Order,
}

/// What a provider gave in answer to an order.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OrderAnswered {
    /// The order.
    #[n(0)]
    pub number: u32,
    /// The name of the file.
    #[n(1)]
    pub name: String,
    /// Its length in bytes.
    #[n(2)]
    pub size: u64,
    /// SHA-256 of it.
    #[n(3)]
    pub sha256: Hash,
    /// SHA-512 of it.
    #[n(4)]
    pub sha512: ByteVec,
}

/// An answer with who took it back, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// When.
    pub at: Timestamp,
    /// By whom; absent for the console of the machine itself.
    pub by: Option<OfficerId>,
    /// What came.
    pub answered: OrderAnswered,
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
            InnerAct::Order(_) | InnerAct::OrderAnswered(_) | InnerAct::Safeguards { .. } => {}
        }
    }
    tasks
}

/// The orders that these entries come to, by number, each with its answers.
pub fn orders(entries: &[InnerEntry]) -> BTreeMap<u32, (OrderGiven, Vec<Answer>)> {
    let mut orders: BTreeMap<u32, (OrderGiven, Vec<Answer>)> = BTreeMap::new();
    for entry in entries {
        match &entry.act {
            InnerAct::Order(given) => {
                orders.entry(given.order.number).or_insert_with(|| ((**given).clone(), Vec::new()));
            }
            InnerAct::OrderAnswered(answered) => {
                let answer = Answer { at: entry.at, by: entry.by.clone(), answered: answered.clone() };
                orders.entry(answered.number).and_modify(|(_, answers)| answers.push(answer));
            }
            InnerAct::TaskGiven(_) | InnerAct::TaskStep(_) | InnerAct::Safeguards { .. } => {}
        }
    }
    orders
}

/// What was last stated of the safeguards of each case.
pub fn safeguards<'a>(entries: impl IntoIterator<Item = &'a InnerEntry>) -> BTreeMap<CaseId, Safeguards> {
    let stated = entries.into_iter().filter_map(|entry| match &entry.act {
        InnerAct::Safeguards { case, stated } => Some((*case, *stated)),
        _ => None,
    });
    stated.collect()
}
