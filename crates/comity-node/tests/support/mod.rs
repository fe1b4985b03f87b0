//! Whole nodes for tests: made in a folder of their own, with letters exchanged by hand.

pub mod set_time;

use comity_exchange::DeskFault;
use comity_node::{
    app::{
        Action, Ctx, Fault, NodeDesk, Running,
        house::AddUnit,
        import::{ImportOptions, ImportShown, import_file},
        init::{init, issue_letter},
        peer::{AcceptLetter, fingerprint},
        share::{Grounds, Share, ShareReply},
        to_hex,
    },
    clock::Clock,
    config::{Config, Listen, Text},
    random::SystemRandom,
};
use comity_record::{Canonical, Letter, PartyCode, RecordId, RootSigned, UnitStatement, label::Tlp};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;

/// What a node's letter says of where it is reached.
pub enum Reached {
    /// Where it listens.
    Itself,
    /// Nowhere: it is heard by pouch, or when it calls.
    Not,
    /// Somewhere else, from where it is forwarded.
    At(String),
}

/// A running node in a folder of its own.
pub struct Node {
    pub running: Running,
    pub code: PartyCode,
    pub letter: RootSigned<Letter>,
    pub config: Config,
    pub dir: TempDir,
}

/// The configuration of a node's folder, as tests run it: on a free port of loopback.
pub fn configured(dir: &Path) -> Config {
    let mut config = Config::load(&dir.join("comity.toml")).unwrap();
    config.node.peer_listen = Text(Listen::At("127.0.0.1:0".parse().unwrap()));
    config.node.long_poll_seconds = 2;
    config
}

/// Starts the node of a configuration.
pub async fn start(config: &Config) -> Result<Running, Fault> {
    Running::start(config, Clock::system(), Arc::new(SystemRandom)).await
}

impl Node {
    /// A node on loopback.
    pub async fn start(code: &str) -> Node {
        Node::start_reached(code, Reached::Itself).await
    }

    pub async fn start_reached(code: &str, reached: Reached) -> Node {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("comity.toml");
        let code: PartyCode = code.parse().unwrap();
        let clock = Clock::system();
        init(&path, &code, "", &clock, &SystemRandom).unwrap();
        let mut config = configured(dir.path());
        let running = start(&config).await.unwrap();
        let settings = config.party.get_mut(&Text(code.clone())).unwrap();
        settings.address = match reached {
            Reached::Itself => running.peers_at.unwrap().to_string(),
            Reached::Not => String::new(),
            Reached::At(address) => address,
        };
        let unit = UnitStatement {
            unit: "cert".parse().unwrap(),
            competence: "exercise act on the national CERT, section 1".into(),
            purposes: BTreeSet::new(),
        };
        let letter = issue_letter(&config, &path, &code, vec![unit], &clock).unwrap();
        let node = Node { running, code, letter, config, dir };
        node.add_unit().await;
        node
    }

    /// A node on loopback whose party has a store of its own, as `party.XA.store` names it.
    pub async fn start_stored(code: &str, store: &serde_json::Value) -> Node {
        let node = Node::start(code).await;
        let key = node.ctx().dir.join("epoch.key");
        let again = node.again(|config, code| {
            let settings = config.party.get_mut(&Text(code.clone())).unwrap();
            settings.store = serde_json::from_value(store.clone()).unwrap();
            // Another store, whose bodies have keys of their own.
            std::fs::remove_file(&key).unwrap();
        });
        let node = again.await;
        node.add_unit().await;
        node
    }

    /// The same node after a stop and a change of its configuration.
    pub async fn again(self, change: impl FnOnce(&mut Config, &PartyCode)) -> Node {
        let Node { running, code, letter, mut config, dir } = self;
        running.stop().await.unwrap();
        change(&mut config, &code);
        let running = start(&config).await.unwrap();
        Node { running, code, letter, config, dir }
    }

    async fn add_unit(&self) {
        let add = AddUnit {
            code: "cert".into(),
            name: "CERT".into(),
            parent: None,
            competence: "exercise act on the national CERT, section 1".into(),
            purposes: vec![],
            from: None,
        };
        add.run(self.ctx()).await.unwrap();
    }

    pub fn ctx(&self) -> &Ctx {
        ctx_of(&self.running, &self.code)
    }

    pub async fn accept(&self, other: &Node) {
        let fingerprint = fingerprint(&other.letter.introduce().unwrap());
        let accept = AcceptLetter { letter: to_hex(&other.letter.to_bytes()), fingerprint };
        accept.run(self.ctx()).await.unwrap();
    }

    /// Imports the bundle of the demonstration.
    pub async fn import(&self) -> ImportShown {
        let bundle = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/threat/exercise-bundle.json");
        import(self.ctx(), &bundle).await
    }

    pub async fn share(&self, to: &str) -> ShareReply {
        share(self.ctx(), to).await
    }

    /// Waits until the peer has dealt with every position given to it.
    pub async fn delivered(&self, to: &str) {
        delivered(self.ctx(), to).await;
    }
}

pub fn ctx_of<'a>(running: &'a Running, code: &PartyCode) -> &'a Ctx {
    running.hosted.get(code).unwrap()
}

pub async fn import(ctx: &Ctx, file: &Path) -> ImportShown {
    let options = ImportOptions { unmarked: Tlp::Green, unit: None, list: Default::default() };
    import_file(ctx, file, options, |_| {}).await.unwrap()
}

/// Shares everything of one's own that the party was not yet given, for defence.
pub async fn share(ctx: &Ctx, to: &str) -> ShareReply {
    let share = Share {
        to: vec![to.into()],
        purpose: "cyber-defence".into(),
        records: vec![],
        preview: false,
        grounds: Grounds::default(),
    };
    share.run(ctx).await.unwrap()
}

/// Waits until the peer has dealt with every position given to it: acknowledged, or taken as withdrawn.
pub async fn delivered(ctx: &Ctx, to: &str) {
    let to: PartyCode = to.parse().unwrap();
    let mut changes = ctx.sequencer.changes();
    loop {
        let party = to.clone();
        let done = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let peer = desk.peer(&party)?;
                Ok::<_, DeskFault>(peer.settled.through() == peer.last)
            })
        });
        if done.await.unwrap().unwrap() {
            return;
        }
        changes.changed().await.unwrap();
    }
}

/// Two nodes that accepted each other's letters.
pub async fn two() -> (Node, Node) {
    let (a, b) = (Node::start("XA").await, Node::start("XB").await);
    a.accept(&b).await;
    b.accept(&a).await;
    (a, b)
}

/// A record held, and the bytes of its objects.
pub struct Holding {
    pub record: RecordId,
    pub tlp: Tlp,
    pub derived: bool,
    pub objects: Vec<Vec<u8>>,
}

/// Whose records.
#[derive(Clone, Copy)]
pub enum Of {
    Own,
    Others,
}

/// Every record held with threat information in it, oldest first.
pub async fn holdings(ctx: &Ctx, of: Of) -> Vec<Holding> {
    let read = ctx.sequencer.run(move |desk, _| Box::pin(read_holdings(desk, of)));
    read.await.unwrap().unwrap()
}

async fn read_holdings(desk: &NodeDesk, of: Of) -> Result<Vec<Holding>, DeskFault> {
    let rows = match of {
        Of::Own => desk.own_records().await?,
        Of::Others => desk.received_records().await?,
    };
    let mut holdings = Vec::new();
    for (record, row) in rows {
        if row.objects == 0 {
            continue;
        }
        let held = desk.held(record).await?;
        holdings.push(Holding {
            record,
            tlp: held.record.labels().tlp,
            derived: held.record.statement().derived.is_some(),
            objects: held.objects.into_iter().map(|(_, bytes)| bytes).collect(),
        });
    }
    Ok(holdings)
}

/// How many records still have a body that opens.
pub async fn holdings_left(ctx: &Ctx) -> u64 {
    let left = ctx.sequencer.run(|desk, _| {
        Box::pin(async move {
            let mut records = desk.own_records().await?;
            records.extend(desk.received_records().await?);
            let mut left = 0;
            for (record, _) in records {
                match desk.held(record).await {
                    Err(DeskFault::Erased { .. }) => {}
                    Err(fault) => return Err(fault),
                    Ok(_) => left += 1,
                }
            }
            Ok::<_, DeskFault>(left)
        })
    });
    left.await.unwrap().unwrap()
}
