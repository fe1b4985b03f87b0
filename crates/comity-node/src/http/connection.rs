//! One connection, whatever it runs over: requests in, answers out, a graceful end.

use crate::stop::{Drained, Stopping};
use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{io, pin::pin, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinSet,
};
use tower::ServiceExt;

/// Bounds that hold for every connection of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections open at once; more wait to be accepted.
    pub connections: usize,
    /// How long a handshake may take.
    pub handshake: Duration,
    /// How long the head of the next request may take, idle time included.
    pub head: Duration,
    /// How long a body may pause between two pieces.
    pub body_pause: Duration,
    /// How long connections may go on after the stop signal.
    pub drain: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> ConnectionLimits {
        ConnectionLimits {
            connections: 1024,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(75),
            body_pause: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
}

/// Serves a connection until it ends, the stop signal after its present request included. `who` becomes an extension of
/// every request.
pub(crate) async fn serve<IO, Who>(io: IO, router: Router, who: Who, head: Duration, mut stopping: Stopping)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    Who: Clone + Send + Sync + 'static,
{
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(who.clone());
        router.clone().oneshot(request.map(Body::new))
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head).half_close(false);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(io), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.wait() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(why) = ended {
        tracing::debug!(%why, "a connection broke");
    }
}

/// Waits for connections to end, and cuts those that remain at the deadline.
pub(crate) async fn drain(mut connections: JoinSet<()>, deadline: Duration) -> Drained {
    let mut drained = Drained::default();
    let all = async {
        while connections.join_next().await.is_some() {
            drained.finished += 1;
        }
    };
    // Running into the deadline is no fault of ours: it is counted below.
    let _in_time = tokio::time::timeout(deadline, all).await.is_ok();
    drained.cut = connections.len();
    connections.shutdown().await;
    drained
}

/// A failed accept is nearly always a lack of file descriptors: wait for some to come back.
pub(crate) async fn pause_after(why: &io::Error) {
    tracing::warn!(%why, "a connection could not be accepted");
    tokio::time::sleep(Duration::from_millis(100)).await;
}
