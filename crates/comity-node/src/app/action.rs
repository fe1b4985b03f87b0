//! Actions: what a person or program can ask a node to do. Each has one type for what is asked and one for the reply;
//! the command line and the JSON API both go through them, so that neither can do what the other cannot.

use super::{
    link::chain,
    lookup::{Asking, LookupKeys},
    sequencer::NotNow,
};
use crate::{
    app::{Sequencer, warnings::Warnings},
    clock::Clock,
    collections::{Collection, Collections},
    config::Witness,
    http::exchange::PeerClient,
    projection::Views,
    random::Random,
    reading::Reader,
};
use comity_exchange::{ActFault, CaseFault, DeskFault, LetterFault, Scope};
use comity_ledger::store::StoreFault;
use comity_record::{OfficerId, PartyCode, Timestamp, label::Tlp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{collections::BTreeSet, future::Future, path::PathBuf, sync::Arc};

/// One party of a running node, and who is asking.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// The party.
    pub party: PartyCode,
    /// Its sequencer.
    pub sequencer: Sequencer,
    /// The views of its log.
    pub views: Views,
    /// Its collections, as tools read them over TAXII.
    pub collections: Collections,
    /// The node's time.
    pub clock: Clock,
    /// The node's randomness.
    pub random: Arc<dyn Random>,
    /// The party's folder.
    pub dir: PathBuf,
    /// Its warning lists.
    pub warnings: Warnings,
    /// The feeds that run at the moment.
    pub feeds: super::feed::Running,
    /// The authorities that servers of feeds are known by.
    pub authorities: PathBuf,
    /// As whom the asker reads.
    pub reader: Reader,
    /// The saved searches that a guest or constituent is offered.
    pub offered: Arc<BTreeSet<String>>,
    /// The officer who asks; `None` for the console of the machine itself.
    pub by: Option<OfficerId>,
    /// The audience that imported objects without a TLP marking get.
    pub unmarked: Tlp,
    /// How many witnesses are needed, and after how long their lack is an alarm.
    pub witness: Witness,
    /// Calls its peers, in a node that serves.
    pub caller: Option<Arc<PeerClient>>,
    /// The blocks of oblivious questions opened at peers.
    pub asking: Asking,
    /// The key under which such questions are answered.
    pub lookup_keys: LookupKeys,
    /// What actions on evidence share.
    pub evidence: super::evidence::Bench,
    /// Whether the party is an invented one: everything shown says "exercise data".
    pub exercise: bool,
}

impl Ctx {
    /// The node's time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The collections that the asker knows of.
    pub fn collections_seen(&self) -> Vec<Collection> {
        self.collections.seen(&self.reader, &self.offered)
    }

    /// The collection of an id or alias, where the asker knows of it.
    pub fn collection(&self, name: &str) -> Option<Collection> {
        self.collections.seen_as(name, &self.reader, &self.offered)
    }
}

/// Something that can be asked of a party.
pub trait Action: Serialize + DeserializeOwned + JsonSchema + Send + 'static {
    /// Its name in paths and on the command line, such as `peer.suspend`.
    const NAME: &'static str;
    /// What it does, in a sentence.
    const SUMMARY: &'static str;
    /// What the asker must be allowed.
    const SCOPE: Scope;
    /// The longest request, in bytes, where it may be longer than the listener's limit.
    const LONGEST: Option<usize> = None;
    /// Whether guests and constituents may ask it too: all that it gives goes through what they may see.
    const FOR_READERS: bool = false;
    /// The reply.
    type Reply: Serialize + DeserializeOwned + JsonSchema + Send + 'static;

    /// Does it.
    fn run(self, ctx: &Ctx) -> impl Future<Output = Result<Self::Reply, Fault>> + Send;
}

/// Why an action was not done, as the asker may know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{text}")]
pub struct Fault {
    /// A stable code.
    pub code: String,
    /// What happened, a lower-case fragment.
    pub text: String,
    /// What helps.
    pub help: Option<String>,
}

impl Fault {
    /// A fault with a code and a text.
    pub fn new(code: &str, text: impl Into<String>) -> Fault {
        Fault { code: code.to_owned(), text: text.into(), help: None }
    }

    /// With what helps.
    pub fn help(mut self, help: impl Into<String>) -> Fault {
        self.help = Some(help.into());
        self
    }

    /// Input that cannot be read.
    pub fn input(fault: impl std::fmt::Display) -> Fault {
        Fault::new("input/bad-value", fault.to_string())
    }
}

impl From<NotNow> for Fault {
    fn from(fault: NotNow) -> Fault {
        Fault::new(fault.code(), fault.to_string()).help("try again in a few seconds")
    }
}

impl From<StoreFault> for Fault {
    fn from(fault: StoreFault) -> Fault {
        Fault::new(fault.code(), fault.to_string()).help("look at the node's log")
    }
}

impl From<DeskFault> for Fault {
    fn from(fault: DeskFault) -> Fault {
        let help = match &fault {
            DeskFault::NoPeer { .. } => Some("accept its letter with `comity letter accept FILE`"),
            DeskFault::Case(CaseFault::Behind { .. }) => {
                Some("they come back by themselves while both nodes talk; then take the step again")
            }
            DeskFault::Store(_) => Some("look at the node's log; nothing of this step was committed"),
            _ => None,
        };
        Fault { code: fault.code().to_owned(), text: chain(&fault), help: help.map(str::to_owned) }
    }
}

impl From<ActFault> for Fault {
    fn from(fault: ActFault) -> Fault {
        let plain = Fault::new(fault.code(), fault.to_string());
        match fault {
            ActFault::IsAuthority { .. } => plain.help("enter the change with `comity authority add`"),
            ActFault::Tree(_) => plain.help("`comity authority tree` shows who stands where"),
            _ => plain,
        }
    }
}

impl From<LetterFault> for Fault {
    fn from(fault: LetterFault) -> Fault {
        let plain = Fault::new(fault.code(), fault.to_string());
        match fault {
            LetterFault::Expired { .. } => plain.help("ask the party for a new letter"),
            LetterFault::Future { .. } => plain.help("compare the clocks of both nodes"),
            LetterFault::OtherRoot { .. } => plain.help(
                "telephone the party before anything else: either it replaced its root key, or somebody else wrote this letter",
            ),
            _ => plain,
        }
    }
}
