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
use std::collections::{BTreeMap, BTreeSet};

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
    /// What was written at home was erased.
    #[n(5)]
    Erased(#[n(0)] HomeErased),
}

/// That something written at home was erased, and what. It says nothing of the words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HomeErased {
    /// The case about which it was, where it was a whole case.
    #[n(0)]
    pub case: Option<CaseId>,
    /// The tasks. Their numbers are given to no others.
    #[n(1)]
    pub tasks: BTreeSet<u32>,
    /// The orders to providers; the same of their numbers.
    #[n(2)]
    pub orders: BTreeSet<u32>,
    /// Why.
    #[n(3)]
    pub reason: String,
}

impl HomeErased {
    /// Everything that serves a case, or a task with what was handed on from it.
    pub fn of(entries: &[InnerEntry], case: Option<CaseId>, task: Option<u32>, reason: String) -> HomeErased {
        let held = tasks(entries);
        let mut numbers: BTreeSet<u32> =
            task.into_iter().filter(|number| held.find(*number).is_ok()).collect();
        numbers.extend(
            held.all().filter(|one| case.is_some() && one.given.case == case).map(|one| one.given.number),
        );
        let of_case = |(number, (given, _)): (u32, (OrderGiven, Vec<Answer>))| {
            (case.is_some() && given.case == case).then_some(number)
        };
        HomeErased {
            case,
            tasks: numbers.into_iter().flat_map(|number| held.with_handed_on(number)).collect(),
            orders: orders(entries).into_iter().filter_map(of_case).collect(),
            reason,
        }
    }

    /// Whether an act is among what was erased.
    pub fn covers(&self, act: &InnerAct) -> bool {
        match act {
            InnerAct::TaskGiven(given) => self.tasks.contains(&given.number),
            InnerAct::TaskStep(step) => self.tasks.contains(&step.number),
            InnerAct::Order(given) => self.orders.contains(&given.order.number),
            InnerAct::OrderAnswered(answered) => self.orders.contains(&answered.number),
            // Numbers for oversight name nobody, and stay.
            InnerAct::Safeguards { .. } | InnerAct::Erased(_) => false,
        }
    }
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
            InnerAct::Erased(erased) => tasks.erase(&erased.tasks),
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
            InnerAct::Erased(erased) => orders.retain(|number, _| !erased.orders.contains(number)),
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

/// The number of the next order. That of an erased one is given to no other.
pub fn next_order(entries: &[InnerEntry]) -> u32 {
    let erased = entries.iter().filter_map(|entry| match &entry.act {
        InnerAct::Erased(erased) => erased.orders.iter().next_back().copied(),
        _ => None,
    });
    let last = orders(entries).into_keys().chain(erased).max();
    last.map_or(1, |last| last.saturating_add(1))
}
