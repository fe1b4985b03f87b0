//! The peers' listener: one socket, any number of hosted parties.

use super::{
    ExchangeHandler, QuotaLimits,
    routes::{Figures, HostState, ProvenKey, router},
};
use crate::{
    clock::Clock,
    http::{
        ConnectionLimits,
        connection::{drain, pause_after, serve},
    },
    metrics::Metrics,
    stop::{Drained, Stopping},
    tls::{self, Peers, TlsIdentity},
};
use axum::Router;
use std::{collections::BTreeMap, fmt, io, net::SocketAddr, sync::Arc};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};

/// A party to be hosted.
pub struct Host {
    /// Its TLS identity.
    pub identity: TlsIdentity,
    /// Its peers.
    pub peers: Arc<Peers>,
    /// What it does with their requests.
    pub handler: Arc<dyn ExchangeHandler>,
    /// What each peer may ask.
    pub quota: QuotaLimits,
}

/// The listener, not yet running.
pub struct ExchangeServer {
    hosts: Arc<BTreeMap<String, Door>>,
    limits: ConnectionLimits,
}

/// What a hosted party answers a connection with.
#[derive(Clone)]
struct Door {
    tls: Arc<rustls::ServerConfig>,
    router: Router,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("identity", &self.identity)
            .field("quota", &self.quota)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ExchangeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.hosts.keys().collect();
        f.debug_struct("ExchangeServer").field("hosts", &names).field("limits", &self.limits).finish()
    }
}

impl ExchangeServer {
    /// A listener for these parties.
    pub fn new(
        hosts: Vec<Host>,
        clock: &Clock,
        limits: ConnectionLimits,
        metrics: &Metrics,
    ) -> Result<ExchangeServer, rustls::Error> {
        let mut doors = BTreeMap::new();
        for host in hosts {
            let tls = tls::server_config(&host.identity, host.peers.clone(), clock)?;
            let name = tls::host_name(host.identity.party());
            let figures = Figures::new(metrics, host.identity.party());
            let state = HostState {
                party: host.identity.party().clone(),
                peers: host.peers,
                handler: host.handler,
                clock: clock.clone(),
                quota: host.quota,
                body_pause: limits.body_pause,
                accounts: Default::default(),
                figures,
            };
            doors.insert(name, Door { tls, router: router(Arc::new(state)) });
        }
        Ok(ExchangeServer { hosts: Arc::new(doors), limits })
    }

    /// Serves until the stop signal, then lets connections finish until the deadline.
    pub async fn run(self, listener: TcpListener, mut stopping: Stopping) -> Drained {
        let mut connections = JoinSet::new();
        let room = Arc::new(Semaphore::new(self.limits.connections));
        loop {
            let Ok(permit) = room.clone().acquire_owned().await else { break };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = stopping.wait() => break,
            };
            while connections.try_join_next().is_some() {}
            match accepted {
                Ok((tcp, from)) => {
                    let (hosts, limits, stopping) = (self.hosts.clone(), self.limits, stopping.clone());
                    connections.spawn(async move {
                        connection(tcp, from, &hosts, limits, stopping).await;
                        drop(permit);
                    });
                }
                Err(why) => pause_after(&why).await,
            }
        }
        drop(listener);
        drain(connections, self.limits.drain).await
    }
}

async fn connection(
    tcp: TcpStream,
    from: SocketAddr,
    hosts: &BTreeMap<String, Door>,
    limits: ConnectionLimits,
    stopping: Stopping,
) {
    let met = tokio::time::timeout(limits.handshake, handshake(tcp, hosts)).await;
    match met {
        Ok(Ok((stream, key, router))) => serve(stream, router, key, limits.head, stopping).await,
        Ok(Err(why)) => {
            let refused = tls::refusal(&why);
            let code = refused.as_ref().map_or("tls/handshake", |refused| refused.code());
            let why = refused.map_or_else(|| why.to_string(), |refused| refused.to_string());
            tracing::info!(%from, code, "no handshake: {why}");
        }
        Err(_) => tracing::info!(%from, code = "tls/too-slow", "no handshake in time"),
    }
}

/// The handshake with the party whose name is asked for. Nobody answers to another name.
async fn handshake(
    tcp: TcpStream,
    hosts: &BTreeMap<String, Door>,
) -> io::Result<(TlsStream<TcpStream>, ProvenKey, Router)> {
    tcp.set_nodelay(true)?;
    let start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), tcp).await?;
    let hello = start.client_hello();
    let door = hello.server_name().and_then(|name| hosts.get(name)).cloned();
    let Some(door) = door else {
        return Err(io::Error::new(io::ErrorKind::NotFound, "no hosted party of the name asked for"));
    };
    let stream = start.into_stream(door.tls).await?;
    let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
    let certificate = certificates.first().ok_or_else(|| io::Error::other("no certificate"))?;
    let key = tls::spki_key(certificate).map_err(io::Error::other)?;
    Ok((stream, ProvenKey(key), door.router))
}
