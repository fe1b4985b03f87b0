//! Nodes to be measured: the same that `comity serve` runs, with an invented party, a store and TLS of their own.

use crate::Outcome;
use comity_ledger::store::Store;
use comity_node::{
    app::{
        Action, Ctx, Running,
        house::AddUnit,
        import::{ImportOptions, ImportShown, import_file},
        init::{init, issue_letter},
        peer::{AcceptLetter, ListPeers, PeerShown, fingerprint},
        share::{Grounds, Share, ShareReply},
        to_hex,
    },
    clock::Clock,
    config::{Config, Listen, Lookup, Text},
    projection::{Behind, Words},
    random::SystemRandom,
};
use comity_record::{Canonical, Letter, PartyCode, RootSigned, UnitStatement, label::Tlp};
use std::{
    collections::BTreeSet,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A node of one party in a folder of its own.
#[derive(Debug)]
pub struct Node {
    /// What runs.
    pub running: Running,
    /// The party.
    pub code: PartyCode,
    config: Config,
    path: PathBuf,
}

/// Where a certificate and its key lie, in PEM.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The chain, the leaf first.
    pub chain: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// The competence that every unit of the benches cites.
const COMPETENCE: &str = "exercise act on the national CERT, section 1";

/// What a measurement runs on: as `comity serve`, a worker for each core.
pub fn runtime() -> Outcome<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

impl Node {
    /// Starts the node of `dir`, making it where there is none.
    pub async fn start(dir: &Path, code: &str) -> Outcome<Node> {
        Node::start_with(dir, code, Words::Kept).await
    }

    /// The same, with an index of words or without.
    pub async fn start_with(dir: &Path, code: &str, words: Words) -> Outcome<Node> {
        Node::start_as(dir, code, words, None).await
    }

    /// The same, with its API under a certificate where there is one.
    pub async fn start_under(dir: &Path, code: &str, certificate: Option<&Certificate>) -> Outcome<Node> {
        Node::start_as(dir, code, Words::Kept, certificate).await
    }

    async fn start_as(
        dir: &Path,
        code: &str,
        words: Words,
        certificate: Option<&Certificate>,
    ) -> Outcome<Node> {
        let (path, code) = (dir.join("comity.toml"), code.parse::<PartyCode>()?);
        let clock = Clock::system();
        let fresh = !path.exists();
        if fresh {
            std::fs::create_dir_all(dir)?;
            init(&path, &code, "", &clock, &SystemRandom)?;
        }
        let mut config = Config::load(&path)?;
        config.node.peer_listen = Text(Listen::At("127.0.0.1:0".parse()?));
        if let Some(certificate) = certificate {
            config.api.certificate.clone_from(&certificate.chain);
            config.api.key.clone_from(&certificate.key);
        }
        for party in config.party.values_mut() {
            party.index_words = words == Words::Kept;
        }
        // What is measured is not the quota.
        config.taxii.requests_per_minute = u32::MAX;
        config.peers.requests_per_minute = u32::MAX;
        config.lookup = Lookup { per_day: u32::MAX, block: 1 << 20, key_days: 7 };
        let running = Running::start(&config, clock, Arc::new(SystemRandom)).await?;
        let node = Node { running, code, config, path };
        if fresh {
            node.add_unit().await?;
        }
        Ok(node)
    }

    /// What actions need.
    pub fn ctx(&self) -> Outcome<&Ctx> {
        self.running.hosted.get(&self.code).ok_or_else(|| "the party is not hosted".into())
    }

    /// Where peers connect.
    pub fn peers_at(&self) -> Outcome<SocketAddr> {
        self.running.peers_at.ok_or_else(|| "no listener for peers".into())
    }

    async fn add_unit(&self) -> Outcome<()> {
        let add = AddUnit {
            code: "cert".into(),
            name: "CERT".into(),
            parent: None,
            competence: COMPETENCE.into(),
            purposes: vec![],
            from: None,
        };
        add.run(self.ctx()?).await?;
        Ok(())
    }

    /// The node's letter with an address.
    pub fn letter(&self, address: &str) -> Outcome<RootSigned<Letter>> {
        let mut config = self.config.clone();
        let settings = config.party.get_mut(&Text(self.code.clone())).ok_or("no such party")?;
        address.clone_into(&mut settings.address);
        let unit =
            UnitStatement { unit: "cert".parse()?, competence: COMPETENCE.into(), purposes: BTreeSet::new() };
        Ok(issue_letter(&config, &self.path, &self.code, vec![unit], &Clock::system())?)
    }

    /// Accepts a letter.
    pub async fn accept(&self, letter: &RootSigned<Letter>) -> Outcome<()> {
        let fingerprint = fingerprint(&letter.introduce()?);
        let accept = AcceptLetter { letter: to_hex(&letter.to_bytes()), fingerprint };
        accept.run(self.ctx()?).await?;
        Ok(())
    }

    /// Imports a file; every object of it must be taken.
    pub async fn import(&self, file: &Path) -> Outcome<ImportShown> {
        let options = ImportOptions { unmarked: Tlp::Green, unit: None, list: Default::default() };
        let shown = import_file(self.ctx()?, file, options, |_| {}).await?;
        if shown.taken == 0 || shown.taken != shown.objects {
            return Err(format!("{} of {} objects were taken", shown.taken, shown.objects).into());
        }
        Ok(shown)
    }

    /// Waits until every index has come to the end of the log.
    pub async fn indexed(&self) -> Outcome<()> {
        let views = &self.ctx()?.views;
        let size = views.feed().store().head().await?.size;
        while let Err(behind) = views.reach(size).await {
            // Building takes longer than a reader's patience; a view that cannot go on says so.
            if let Behind::Stuck { .. } = behind {
                return Err(behind.into());
            }
        }
        Ok(())
    }

    /// Shares everything with a node; every crossing must be cleared.
    pub async fn share(&self, to: &Node) -> Outcome<ShareReply> {
        self.share_with(&[to.code.as_str()]).await
    }

    /// Shares everything with several parties; every crossing must be cleared.
    pub async fn share_with(&self, to: &[&str]) -> Outcome<ShareReply> {
        let share = Share {
            to: to.iter().map(|party| (*party).to_owned()).collect(),
            purpose: "cyber-defence".into(),
            records: vec![],
            preview: false,
            grounds: Grounds::default(),
        };
        let shared = share.run(self.ctx()?).await?;
        if shared.cleared == 0 || shared.refused > 0 || shared.redacted > 0 {
            let why = shared.judged.iter().flat_map(|one| one.codes.clone()).next();
            return Err(format!("{} crossings were refused: {why:?}", shared.refused).into());
        }
        Ok(shared)
    }

    /// Waits until every peer has acknowledged everything given to it.
    pub async fn acknowledged(&self) -> Outcome<Vec<PeerShown>> {
        let mut changes = self.ctx()?.sequencer.changes();
        loop {
            let peers = ListPeers {}.run(self.ctx()?).await?;
            if peers.is_empty() {
                return Err("no peer".into());
            }
            if peers.iter().all(|peer| peer.acknowledged == peer.given) {
                return Ok(peers);
            }
            changes.changed().await?;
        }
    }
}
