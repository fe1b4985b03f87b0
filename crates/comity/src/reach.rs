//! The way to a party: the local API of its running node, or its folder opened by this process.
//!
//! Both do the same [`Action`], so that it makes no difference to the answer which of them is there.

use crate::{Exit, Fault, place::Place};
use comity_node::{
    app::{self, Action, Hosted},
    clock::Clock,
    config::{Party, Text},
    random::SystemRandom,
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Request,
    body::Bytes,
    client::conn::http1,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use std::{fs, future::Future, path::Path, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    runtime::Runtime,
};

/// The longest answer of the API that is read, in bytes.
const LONGEST: usize = 256 << 20;

/// Asks a party for something.
pub fn ask<A: Action>(place: &Place, action: A) -> Result<A::Reply, Fault> {
    runtime()?.block_on(async {
        match Api::find(place).await? {
            Some(api) => api.ask(&action).await,
            None => here(place, action).await,
        }
    })
}

/// Does something with a party's folder in this process, which a running node would hinder.
pub fn opened<T, F>(place: &Place, work: impl FnOnce(app::Ctx) -> F) -> Result<T, Fault>
where
    F: Future<Output = Result<T, Fault>>,
{
    runtime()?.block_on(async {
        if Api::find(place).await?.is_some() {
            let text =
                format!("a node is running on `{}`, and this is done on its folder", place.dir.display());
            return Err(Fault::new(Exit::Fault, "cli/node-running", text).with_help("stop the node first"));
        }
        let hosted = open(place).await?;
        let done = work(hosted.ctx.clone()).await;
        hosted.close().await?;
        done
    })
}

/// The threads that a verb's work is done on.
pub fn runtime() -> Result<Runtime, Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|failed| Fault::new(Exit::Fault, "cli/runtime", failed.to_string()))
}

async fn here<A: Action>(place: &Place, action: A) -> Result<A::Reply, Fault> {
    let hosted = open(place).await?;
    let reply = action.run(&hosted.ctx).await;
    hosted.close().await?;
    Ok(reply?)
}

async fn open(place: &Place) -> Result<Hosted, Fault> {
    let settings = place.config.party.get(&Text(place.party.clone())).cloned().unwrap_or_else(Party::default);
    let data_dir = &place.config.node.data_dir;
    Ok(Hosted::open(data_dir, &place.party, &settings, Clock::system(), Arc::new(SystemRandom)).await?)
}

/// The API of a running node.
struct Api {
    stream: Stream,
    token: String,
}

enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Api {
    /// The API where a node answers, by its socket or its address; `None` where none does.
    async fn find(place: &Place) -> Result<Option<Api>, Fault> {
        let data_dir = &place.config.node.data_dir;
        let socket = place.config.api.socket.as_str();
        let unix =
            if socket.is_empty() { None } else { UnixStream::connect(data_dir.join(socket)).await.ok() };
        let stream = match unix {
            Some(unix) => Stream::Unix(unix),
            None => match tcp(&data_dir.join("api.address")).await {
                Some(tcp) => Stream::Tcp(tcp),
                None => return Ok(None),
            },
        };
        let path = place.folder.join("console.token");
        let token = fs::read_to_string(&path).map_err(|failed| Fault::file(&path, &failed))?;
        Ok(Some(Api { stream, token: token.trim().to_owned() }))
    }

    async fn ask<A: Action>(self, action: &A) -> Result<A::Reply, Fault> {
        let body = serde_json::to_vec(action).map_err(|fault| broken(&fault))?;
        let request = Request::post(format!("/api/v1/{}", A::NAME.replace('.', "/")))
            .header(HOST, "localhost")
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|fault| broken(&fault))?;
        let (answered, bytes) = match self.stream {
            Stream::Unix(stream) => send(stream, request).await?,
            Stream::Tcp(stream) => send(stream, request).await?,
        };
        if answered {
            return serde_json::from_slice(&bytes).map_err(|fault| broken(&fault));
        }
        let fault: app::Fault = serde_json::from_slice(&bytes).map_err(|fault| broken(&fault))?;
        Err(fault.into())
    }
}

async fn tcp(path: &Path) -> Option<TcpStream> {
    let address = fs::read_to_string(path).ok()?;
    TcpStream::connect(address.trim()).await.ok()
}

/// Whether it was done, and the body of the answer.
async fn send<S>(stream: S, request: Request<Full<Bytes>>) -> Result<(bool, Bytes), Fault>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|fault| broken(&fault))?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(|fault| broken(&fault))?;
    let answered = response.status().is_success();
    let body = Limited::new(response.into_body(), LONGEST).collect().await;
    let bytes = body.map_err(|fault| broken(&fault))?.to_bytes();
    connection.abort();
    Ok((answered, bytes))
}

fn broken(fault: &dyn std::fmt::Display) -> Fault {
    let told = Fault::new(Exit::Fault, "cli/api", format!("the running node did not answer: {fault}"));
    told.with_help("look at its log; `comity serve` starts it anew")
}
