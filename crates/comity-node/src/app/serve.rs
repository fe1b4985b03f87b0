//! A running node: every hosted party with its listener and links, and the local API.

use super::{
    Fault,
    carry::Carriers,
    head,
    link::{Calling, Listener, Tally},
    lookup::Answering,
    party::Hosted,
    pouch::event_text,
    reminder::Reminder,
    roster::Roster,
    routes::{Parties, with_actions},
    tenure::Duty,
    watch::QuorumWatch,
};
use crate::{
    clock::Clock,
    config::Config,
    http::{
        ConnectionLimits,
        api::{self, Api, ApiLimits, Readiness, Token},
        certificate,
        exchange::{ClientLimits, ExchangeServer, Host, PeerClient, QuotaLimits},
        export::{self, ExportLimits, ExportServer},
        misp::{self, MispLimits, MispServer},
        taxii::{self, TaxiiLimits, TaxiiServer},
    },
    metrics::Metrics,
    random::Random,
    stop::{Stop, Stopping},
    tls::{Peers, TlsIdentity},
};
use comity_exchange::Event;
use comity_record::{KeyPurpose, PartyCode};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

/// The longest event that a MISP client may send.
const MISP_BODY: usize = 64 << 20;

/// A node that is serving.
#[derive(Debug)]
pub struct Running {
    /// Where peers connect, where they can.
    pub peers_at: Option<SocketAddr>,
    /// Where the API listens on TCP, where it does.
    pub api_at: Option<SocketAddr>,
    /// The parties, for use inside the process.
    pub hosted: BTreeMap<PartyCode, super::Ctx>,
    stop: Stop,
    tasks: JoinSet<()>,
    parties: Vec<Hosted>,
    files: Vec<PathBuf>,
}

impl Running {
    /// Starts serving the parties of a configuration.
    pub async fn start(config: &Config, clock: Clock, random: Arc<dyn Random>) -> Result<Running, Fault> {
        let mut parties = Vec::new();
        for (code, settings) in &config.party {
            let party =
                Hosted::open(&config.node.data_dir, &code.0, settings, clock.clone(), Arc::clone(&random));
            let mut party = party.await?;
            party.ctx.witness = config.witness.clone();
            party.ctx.caller = Some(Arc::new(caller(&party, config, &clock)?));
            party.ctx.evidence = super::evidence::Bench::of(config);
            parties.push(party);
        }
        let (stop, _) = Stop::new();
        let metrics = Metrics::default();
        let hosted: BTreeMap<PartyCode, super::Ctx> =
            parties.iter().map(|party| (party.ctx.party.clone(), party.ctx.clone())).collect();
        let mut running = Running {
            peers_at: None,
            api_at: None,
            hosted,
            stop,
            tasks: JoinSet::new(),
            parties,
            files: Vec::new(),
        };
        running.serve_peers(config, &clock, &random, &metrics).await?;
        let readiness = Readiness::default();
        running.watch_heads(config, &metrics, &readiness);
        running.serve_api(config, &clock, &random, metrics, readiness).await?;
        Ok(running)
    }

    fn watch_heads(&mut self, config: &Config, metrics: &Metrics, readiness: &Readiness) {
        for ctx in self.hosted.values() {
            let watch = QuorumWatch {
                party: ctx.party.clone(),
                sequencer: ctx.sequencer.clone(),
                clock: ctx.clock.clone(),
                witness: config.witness.clone(),
                metrics: metrics.clone(),
                readiness: readiness.clone(),
                stopping: self.stop.watch(),
            };
            self.tasks.spawn(watch.run());
            let heads = ctx.sequencer.heads();
            let told = head::tell(ctx.party.clone(), heads, readiness.clone(), self.stop.watch());
            self.tasks.spawn(told);
            let reminder =
                Reminder { ctx: ctx.clone(), metrics: metrics.clone(), stopping: self.stop.watch() };
            self.tasks.spawn(reminder.run());
        }
    }

    async fn serve_peers(
        &mut self,
        config: &Config,
        clock: &Clock,
        random: &Arc<dyn Random>,
        metrics: &Metrics,
    ) -> Result<(), Fault> {
        let mut hosts = Vec::new();
        for party in &self.parties {
            let tally: Arc<dyn Tally> =
                Arc::new(Counting { party: party.ctx.party.clone(), metrics: metrics.clone() });
            let Some(client) = party.ctx.caller.clone() else { continue };
            let (roster, peers) = (party.roster(), Arc::clone(client.peers()));
            let carriers = Carriers::default();
            let listener = Listener {
                sequencer: party.ctx.sequencer.clone(),
                stopping: self.stop.watch(),
                tally: Arc::clone(&tally),
                carriers: carriers.clone(),
                answering: Answering::new(
                    party.ctx.clone(),
                    party.ctx.lookup_keys.clone(),
                    config.lookup.clone(),
                ),
                giver: super::evidence::give::Giver::new(party.ctx.clone()),
            };
            hosts.push(Host {
                identity: identity(party, clock)?,
                peers: Arc::clone(&peers),
                handler: Arc::new(listener),
                quota: QuotaLimits {
                    requests_per_minute: config.peers.requests_per_minute,
                    bytes_per_minute: config.peers.bytes_per_minute,
                    at_once: config.peers.at_once,
                },
            });
            let links = Links {
                party: party.ctx.party.clone(),
                sequencer: party.ctx.sequencer.clone(),
                client,
                peers,
                random: Arc::clone(random),
                stopping: self.stop.watch(),
                tally,
                patience: config.node.long_poll_seconds.saturating_mul(1000),
                carriers,
                duty: Duty::of(&party.store, clock, &**random, self.stop.watch()),
            };
            self.tasks.spawn(links.keep(roster));
        }
        if let crate::config::Listen::At(address) = config.node.peer_listen.0 {
            let tcp = bind(address).await?;
            self.peers_at = tcp.local_addr().ok();
            let limits = connection_limits(config);
            let server = ExchangeServer::new(hosts, clock, limits, metrics)
                .map_err(|fault| Fault::new("tls/configuration", fault.to_string()))?;
            let stopping = self.stop.watch();
            self.tasks.spawn(async move {
                let drained = server.run(tcp, stopping).await;
                tracing::info!(finished = drained.finished, cut = drained.cut, "the peers' listener ended");
            });
        }
        Ok(())
    }

    async fn serve_api(
        &mut self,
        config: &Config,
        clock: &Clock,
        random: &Arc<dyn Random>,
        metrics: Metrics,
        readiness: Readiness,
    ) -> Result<(), Fault> {
        let mut consoles = BTreeMap::new();
        for party in &self.parties {
            let token =
                Token::draw(&**random).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
            let path = party.ctx.dir.join("console.token");
            write_private(&path, token.reveal())?;
            self.files.push(path);
            consoles.insert(token.hash(), party.ctx.party.clone());
        }
        let app = Arc::new(Parties { parties: self.hosted.clone(), consoles });
        let limits = ApiLimits {
            body: config.api.body_bytes as usize,
            requests_per_minute: config.api.requests_per_minute,
            body_pause: Duration::from_secs(30),
        };
        let (tokens, parties) = (Arc::clone(&app), Arc::clone(&app));
        let misp_limits = MispLimits {
            body: MISP_BODY,
            requests_per_minute: config.api.requests_per_minute,
            body_pause: limits.body_pause,
        };
        let misp =
            MispServer::new(Arc::clone(&app), clock.clone(), Arc::clone(random), misp_limits, &metrics);
        let number = random.id().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let taxii_limits = TaxiiLimits {
            body: config.taxii.body_bytes as usize,
            requests_per_minute: config.taxii.requests_per_minute,
            body_pause: limits.body_pause,
        };
        let export_limits = ExportLimits { requests_per_minute: config.taxii.requests_per_minute };
        let exports = ExportServer::new(Arc::clone(&parties), clock.clone(), export_limits, &metrics);
        let taxii = TaxiiServer::new(parties, clock.clone(), taxii_limits, number, &metrics);
        let api = Api::new(app, tokens, clock.clone(), Arc::clone(random), limits, readiness, metrics);
        for ctx in self.hosted.values() {
            self.tasks.spawn(super::feed::keep(ctx.clone(), self.stop.watch()));
            self.tasks.spawn(super::evidence::watch::keep(ctx.clone(), self.stop.watch()));
        }
        let router = with_actions(api).router().merge(misp::router(misp)).merge(taxii::router(taxii));
        let router = router.merge(export::router(exports));
        let tls = config.api.has_certificate();
        let tls = tls.then(|| certificate::server(&config.api.certificate, &config.api.key)).transpose()?;
        let tcp = match config.api.listen.0 {
            crate::config::Listen::At(address) => Some(bind(address).await?),
            crate::config::Listen::Off => None,
        };
        self.api_at = tcp.as_ref().and_then(|tcp| tcp.local_addr().ok());
        // The console of this machine speaks no TLS; it has the socket.
        if let Some(address) = self.api_at.filter(|address| tls.is_none() && address.ip().is_loopback()) {
            let path = config.node.data_dir.join("api.address");
            write_private(&path, &address.to_string())?;
            self.files.push(path);
        }
        let unix = match config.api.socket.as_str() {
            "" => None,
            name => {
                let path = config.node.data_dir.join(name);
                let bound = api::bind_socket(&path);
                let text = |why| format!("the socket `{}` cannot be made: {why}", path.display());
                let socket = bound.map_err(|why| Fault::new("node/socket", text(why)))?;
                self.files.push(path);
                Some(socket)
            }
        };
        let (limits, stopping) = (connection_limits(config), self.stop.watch());
        self.tasks.spawn(async move {
            let drained = api::run(router, tcp, tls, unix, limits, stopping).await;
            tracing::info!(finished = drained.finished, cut = drained.cut, "the API's listener ended");
        });
        Ok(())
    }

    /// Stops gracefully: no new connections, present ones may finish, waiting work is done, stores are closed.
    pub async fn stop(mut self) -> Result<(), Fault> {
        self.stop.now();
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(fault) = ended {
                tracing::error!(%fault, "a task of the node broke");
            }
        }
        drop(self.hosted);
        for party in self.parties {
            party.close().await?;
        }
        for file in self.files {
            // A file that somebody removed before us is gone as well.
            let _gone = fs::remove_file(file).is_err();
        }
        Ok(())
    }
}

/// The party's own side of handshakes.
fn identity(party: &Hosted, clock: &Clock) -> Result<TlsIdentity, Fault> {
    let signer = party.keys.signer(KeyPurpose::Tls, clock.now());
    let signer = signer.map_err(super::party::key_fault)?;
    TlsIdentity::new(party.ctx.party.clone(), signer)
        .map_err(|fault| Fault::new(fault.code(), fault.to_string()))
}

/// What calls a party's peers.
fn caller(party: &Hosted, config: &Config, clock: &Clock) -> Result<PeerClient, Fault> {
    let limits = ClientLimits {
        connect: Duration::from_secs(config.peers.connect_seconds.into()),
        ..ClientLimits::default()
    };
    let peers = Arc::new(Peers::new(party.roster().borrow().table(&party.ctx.party)));
    Ok(PeerClient::new(identity(party, clock)?, peers, clock.clone(), limits))
}

/// Keeps one caller for each peer that has an address, and TLS's table, as the roster says.
struct Links {
    party: PartyCode,
    sequencer: super::Sequencer,
    client: Arc<PeerClient>,
    peers: Arc<Peers>,
    random: Arc<dyn Random>,
    stopping: Stopping,
    tally: Arc<dyn Tally>,
    patience: u32,
    carriers: Carriers,
    duty: Duty,
}

impl Links {
    async fn keep(mut self, mut roster: watch::Receiver<Roster>) {
        let mut calls = JoinSet::new();
        let mut called = BTreeSet::new();
        loop {
            let now = roster.borrow_and_update().clone();
            self.peers.replace(now.table(&self.party));
            for (peer, address) in &now.addresses {
                if !address.is_empty() && called.insert(peer.clone()) {
                    calls.spawn(self.calling(peer.clone()).run());
                }
            }
            tokio::select! {
                changed = roster.changed() => if changed.is_err() { break },
                () = self.stopping.wait() => break,
            }
        }
        while calls.join_next().await.is_some() {}
    }

    fn calling(&self, peer: PartyCode) -> Calling {
        Calling {
            sequencer: self.sequencer.clone(),
            client: Arc::clone(&self.client),
            random: Arc::clone(&self.random),
            peer,
            stopping: self.stopping.clone(),
            tally: Arc::clone(&self.tally),
            patience: self.patience,
            carriers: self.carriers.clone(),
            duty: self.duty.clone(),
        }
    }
}

/// Counts events and logs them, without any content of records.
#[derive(Debug)]
struct Counting {
    party: PartyCode,
    metrics: Metrics,
}

impl Tally for Counting {
    fn event(&self, event: &Event) {
        let kind = match event {
            Event::TakenIn { .. } => "taken-in",
            Event::Refused { .. } => "refused",
            Event::Faulty { .. } => "faulty",
            Event::Acknowledged { .. } => "acknowledged",
            Event::BadAcknowledgement { .. } => "bad-acknowledgement",
            Event::Cosigned { .. } => "cosigned",
            Event::Conflict { .. } => "conflict",
            Event::BadCheckpoint { .. } => "bad-checkpoint",
            Event::TailLost { .. } => "tail-lost",
            Event::HeadConfirmed { .. } => "head-confirmed",
            Event::LeavesFetched { .. } => "leaves-fetched",
            Event::TailRestored { .. } => "tail-restored",
            Event::LeavesKept { .. } => "leaves-kept",
            Event::LetterTaken { .. } => "letter-taken",
            Event::KeyRevoked { .. } => "key-revoked",
            Event::LedgerSucceeded { .. } => "ledger-succeeded",
            Event::PositionLost { .. } => "position-lost",
            Event::BadAnnouncement { .. } => "bad-announcement",
        };
        let labels = [("party", self.party.as_str()), ("event", kind)];
        self.metrics
            .counter("comity_exchange_events_total", "What happened in turns with peers.", &labels)
            .add(1);
        match event {
            Event::Conflict { .. } | Event::TailLost { .. } | Event::BadAnnouncement { .. } => {
                tracing::error!(party = %self.party, event = %event_text(event), "{kind}")
            }
            _ => tracing::info!(party = %self.party, event = %event_text(event), "exchange"),
        }
    }

    fn failed(&self, peer: &PartyCode, code: &str) {
        let labels = [("party", self.party.as_str()), ("peer", peer.as_str())];
        self.metrics
            .counter("comity_turns_failed_total", "Turns with peers that did not come about.", &labels)
            .add(1);
        tracing::debug!(party = %self.party, %peer, code, "turn failed");
    }
}

fn connection_limits(config: &Config) -> ConnectionLimits {
    ConnectionLimits {
        connections: config.node.connections as usize,
        drain: Duration::from_secs(config.node.drain_seconds.into()),
        ..ConnectionLimits::default()
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Fault> {
    TcpListener::bind(address).await.map_err(|why| {
        Fault::new("node/listen", format!("`{address}` cannot be listened on: {why}"))
            .help("another process may hold it; choose another address in the configuration")
    })
}

/// Writes a file that only its owner reads.
fn write_private(path: &Path, text: &str) -> Result<(), Fault> {
    let fault = |why: std::io::Error| {
        Fault::new("node/file", format!("`{}` cannot be written: {why}", path.display()))
    };
    if path.exists() {
        fs::remove_file(path).map_err(fault)?;
    }
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(fault)?;
    writeln!(file, "{text}").map_err(fault)
}
