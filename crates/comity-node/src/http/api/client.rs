//! The client of a running node on this machine: actions as requests over its Unix socket, or its loopback address.

use crate::{
    app::{
        Action, Fault,
        import::{ImportOptions, ImportShown},
        lists::{ListOptions, Look},
    },
    config::Config,
    http::{
        body::{self, BodyFault},
        problem::ProblemBody,
    },
};
use axum::body::{Body, Bytes};
use comity_record::PartyCode;
use hyper::{
    Request, StatusCode,
    body::{Frame, Incoming},
    client::conn::http1,
    header,
};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use std::{
    fmt, fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    fs::File,
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    net::{TcpStream, UnixStream},
    sync::mpsc,
};

/// The longest answer that is read, in bytes: an export of all that is held is the longest there is.
const ANSWER: usize = 1 << 30;
/// How long an answer may pause once it has begun.
const PAUSE: Duration = Duration::from_secs(60);
/// Bytes of a file that are sent at a time, and pieces that may wait.
const PIECE: usize = 1 << 17;
const AHEAD: usize = 4;

/// A running node as the console of its machine reaches it.
pub struct ApiClient {
    door: Door,
    token: String,
}

/// Where a node answers.
#[derive(Clone, Debug)]
enum Door {
    Socket(PathBuf),
    Loopback(SocketAddr),
}

impl fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiClient").field("door", &self.door).finish_non_exhaustive()
    }
}

impl ApiClient {
    /// The node that serves this party; `None` where none answers, also where one that died left its files behind.
    pub async fn find(config: &Config, party: &PartyCode) -> Result<Option<ApiClient>, Fault> {
        let data = &config.node.data_dir;
        let path = data.join(party.as_str()).join("console.token");
        let token = match fs::read_to_string(&path) {
            Ok(token) => token.trim().to_owned(),
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(why) => {
                let text = format!("`{}` cannot be read: {why}", path.display());
                return Err(
                    Fault::new("api/token-unreadable", text).help("ask as the user under whom the node runs")
                );
            }
        };
        if !config.api.socket.is_empty() {
            let socket = data.join(&config.api.socket);
            if UnixStream::connect(&socket).await.is_ok() {
                return Ok(Some(ApiClient { door: Door::Socket(socket), token }));
            }
        }
        let address = fs::read_to_string(data.join("api.address")).ok();
        let address: Option<SocketAddr> = address.and_then(|text| text.trim().parse().ok());
        match address.filter(|address| address.ip().is_loopback()) {
            Some(address) if TcpStream::connect(address).await.is_ok() => {
                Ok(Some(ApiClient { door: Door::Loopback(address), token }))
            }
            _ => Ok(None),
        }
    }

    /// Has the node do an action.
    pub async fn call<A: Action>(&self, action: &A) -> Result<A::Reply, Fault> {
        let bytes = serde_json::to_vec(action).map_err(Fault::input)?;
        let path = format!("/api/v1/{}", A::NAME.replace('.', "/"));
        self.ask(&path, "application/json", Body::from(bytes)).await
    }

    /// Has the node import a file, which is sent piece by piece; `sent` hears how many bytes have gone.
    pub async fn import(
        &self,
        path: &Path,
        options: &ImportOptions,
        sent: impl FnMut(u64) + Send + 'static,
    ) -> Result<ImportShown, Fault> {
        let file = File::open(path).await.map_err(|why| unreadable(path, &why))?;
        let mut target = format!("/api/v1/import?name={}", encoded(&path.display().to_string()));
        target.push_str(&format!("&unmarked={}", encoded(&options.unmarked.to_string())));
        if let Some(unit) = &options.unit {
            target.push_str(&format!("&unit={}", encoded(unit.as_str())));
        }
        target.push_str(&list_query(&options.list));
        let (pieces, waiting) = mpsc::channel(AHEAD);
        let sending = tokio::spawn(send(file, pieces, sent));
        let answer = self.ask(&target, "application/octet-stream", Body::new(Pieces(waiting))).await;
        let read = sending
            .await
            .map_err(|fault| Fault::new("api/broken", format!("sending the file broke off: {fault}")))?;
        // Where our own file could not be read, the node's complaint about a broken body is only a consequence.
        read.map_err(|why| unreadable(path, &why))?;
        answer
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        target: &str,
        kind: &'static str,
        body: Body,
    ) -> Result<T, Fault> {
        let request = Request::post(target)
            .header(header::HOST, "localhost")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, kind)
            .body(body)
            .map_err(|fault| Fault::new("api/request", format!("the request cannot be written: {fault}")))?;
        let answer = match &self.door {
            Door::Socket(path) => exchange(UnixStream::connect(path).await.map_err(gone)?, request).await,
            Door::Loopback(at) => exchange(TcpStream::connect(at).await.map_err(gone)?, request).await,
        };
        let (status, bytes) = answer?;
        if status == StatusCode::OK {
            return serde_json::from_slice(&bytes).map_err(unknown);
        }
        let problem: ProblemBody = serde_json::from_slice(&bytes).map_err(unknown)?;
        Err(Fault { code: problem.code, text: problem.text, help: problem.help })
    }
}

/// One request over a connection of its own.
async fn exchange<IO>(io: IO, request: Request<Body>) -> Result<(StatusCode, Vec<u8>), Fault>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await.map_err(gone)?;
    // What breaks the connection reaches us through the request as well.
    tokio::spawn(async move { drop(connection.await) });
    let response: hyper::Response<Incoming> = sender.send_request(request).await.map_err(gone)?;
    let status = response.status();
    let bytes = body::read(response.into_body(), ANSWER, PAUSE).await.map_err(|fault| match fault {
        BodyFault::TooLong => Fault::new("api/answer-too-long", "the node's answer is too long"),
        BodyFault::TooSlow => Fault::new("api/gone", "the node's answer stopped coming"),
        BodyFault::Broken(why) => gone(why),
    })?;
    Ok((status, bytes))
}

/// A body that comes piece by piece.
struct Pieces(mpsc::Receiver<io::Result<Bytes>>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

async fn send(
    mut file: File,
    pieces: mpsc::Sender<io::Result<Bytes>>,
    mut sent: impl FnMut(u64) + Send,
) -> io::Result<()> {
    let mut total = 0;
    let mut piece = vec![0; PIECE];
    loop {
        let read = match file.read(&mut piece).await {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(why) => {
                let told = io::Error::new(why.kind(), why.to_string());
                // The body breaks off, so that the node does not take half a file for a whole one.
                let _gone = pieces.send(Err(told)).await.is_err();
                return Err(why);
            }
        };
        let bytes = Bytes::copy_from_slice(piece.get(..read).unwrap_or_default());
        if pieces.send(Ok(bytes)).await.is_err() {
            // The node has answered already; its answer says why.
            return Ok(());
        }
        total += read as u64;
        sent(total);
    }
}

/// Text as a query carries it: everything but letters, digits and a few marks as `%XX` (RFC 3986 section 2).
fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(one).collect()
}

/// How a list is to be read, as the query of an import.
fn list_query(list: &ListOptions) -> String {
    let look = match list.look {
        Look::ByFormat => None,
        Look::Preview => Some("preview".to_owned()),
        Look::Take => Some("take".to_owned()),
    };
    let format = list.format.map(|format| format.to_string());
    let all = [
        ("source", list.source.clone()),
        ("format", format),
        ("columns", list.columns.clone()),
        ("look", look),
    ];
    let pairs = all.into_iter().filter_map(|(key, value)| Some(format!("&{key}={}", encoded(&value?))));
    pairs.collect()
}

fn unreadable(path: &Path, why: &io::Error) -> Fault {
    Fault::new("import/unreadable", format!("`{}` cannot be read: {why}", path.display()))
}

fn gone(why: impl fmt::Display) -> Fault {
    Fault::new("api/gone", format!("the node went away: {why}")).help("its log says why; then ask again")
}

fn unknown(why: serde_json::Error) -> Fault {
    Fault::new("api/answer", format!("the node's answer cannot be read: {why}"))
        .help("the node may be of another version than this command")
}
