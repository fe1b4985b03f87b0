//! Calling the server of a feed: one request at a time, every wait and every answer bounded.

use crate::{
    app::Fault,
    http::{
        body::{self, BodyFault},
        shown,
    },
};
use axum::{
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use comity_exchange::{
    feed::Target,
    taxii::{ErrorMessage, MEDIA_TYPE},
};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

/// How long a whole request may take until its answer begins.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long an answer may pause.
const PAUSE: Duration = Duration::from_secs(30);
/// The longest answer that is read.
const LONGEST: usize = 64 << 20;

/// Another server's collection or folder, and who we are there.
pub struct Remote {
    target: Target,
    accept: &'static str,
    /// The media type of what is sent.
    sends: &'static str,
    authorization: Option<String>,
    authorities: PathBuf,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote").field("target", &self.target).finish_non_exhaustive()
    }
}

impl Remote {
    /// A client of a collection of TAXII 2.1. With a user the password goes as Basic, without one as a bearer token;
    /// `authorities` is a file of the certificates that are trusted, in PEM.
    pub fn taxii(target: Target, user: &str, password: &str, authorities: PathBuf) -> Remote {
        let authorization = authorization(user, password, "Bearer ");
        Remote { target, accept: MEDIA_TYPE, sends: MEDIA_TYPE, authorization, authorities }
    }

    /// A client of a MISP feed or server. Without a user the password is a key, which MISP takes as it is.
    pub fn misp(target: Target, user: &str, password: &str, authorities: PathBuf) -> Remote {
        let authorization = authorization(user, password, "");
        let (accept, sends) = ("application/json, text/csv, */*;q=0.1", "application/json");
        Remote { target, accept, sends, authorization, authorities }
    }

    /// Asks for what is at the collection's address and `rest`.
    pub async fn get(&self, rest: &str) -> Result<(HeaderMap, Vec<u8>), Fault> {
        self.ask("GET", rest, Vec::new()).await
    }

    /// The same where it may be that nothing is there.
    pub async fn find(&self, rest: &str) -> Result<Option<Vec<u8>>, Fault> {
        match self.ask("GET", rest, Vec::new()).await {
            Ok((_, bytes)) => Ok(Some(bytes)),
            Err(fault) if fault.code == "feed/absent" => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Asks a question that has a body.
    pub async fn post(&self, rest: &str, body: Vec<u8>) -> Result<Vec<u8>, Fault> {
        Ok(self.ask("POST", rest, body).await?.1)
    }

    /// Adds an envelope.
    pub async fn add(&self, envelope: Vec<u8>) -> Result<Vec<u8>, Fault> {
        Ok(self.ask("POST", "objects/", envelope).await?.1)
    }

    async fn ask(&self, method: &str, rest: &str, body: Vec<u8>) -> Result<(HeaderMap, Vec<u8>), Fault> {
        let asked = tokio::time::timeout(PATIENCE, self.send(method, rest, body));
        let response = asked.await.map_err(|_| self.fault("it did not answer in time"))??;
        let (head, incoming) = response.into_parts();
        let bytes = body::read(incoming, LONGEST, PAUSE).await.map_err(|fault| match fault {
            BodyFault::TooLong => {
                let text = format!("an answer of `{}` is longer than {LONGEST} bytes", self.target.authority);
                Fault::new("feed/too-long", text)
            }
            BodyFault::TooSlow => self.fault("its answer stopped coming"),
            BodyFault::Broken(why) => self.fault(&why),
        })?;
        if head.status.is_success() {
            return Ok((head.headers, bytes));
        }
        let text =
            format!("`{}` answered {}: {}", self.target.authority, head.status, shown(&said(&bytes), 200));
        Err(match head.status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                Fault::new("feed/busy", text).help("the next run goes on where this one ended")
            }
            StatusCode::NOT_FOUND => Fault::new("feed/absent", text).help("look at the address of the feed"),
            _ => Fault::new("feed/refused", text)
                .help("look at the address, the user and the password of the feed"),
        })
    }

    async fn send(
        &self,
        method: &str,
        rest: &str,
        body: Vec<u8>,
    ) -> Result<axum::http::Response<hyper::body::Incoming>, Fault> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{rest}", self.target.path))
            .header(header::HOST, &self.target.authority)
            .header(header::ACCEPT, self.accept)
            .header(header::USER_AGENT, concat!("comity/", env!("CARGO_PKG_VERSION")));
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, self.sends);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request.body(Body::from(body)).map_err(|why| self.fault(&why.to_string()))?;
        let stream = TcpStream::connect((self.target.host.as_str(), self.target.port)).await;
        let stream = stream.map_err(|why| self.fault(&why.to_string()))?;
        if !self.target.secure {
            return self.over(stream, request).await;
        }
        let name =
            ServerName::try_from(self.target.host.clone()).map_err(|why| self.fault(&why.to_string()))?;
        let stream = TlsConnector::from(self.tls()?).connect(name, stream).await;
        self.over(stream.map_err(|why| self.fault(&why.to_string()))?, request).await
    }

    async fn over<IO>(
        &self,
        stream: IO,
        request: Request<Body>,
    ) -> Result<axum::http::Response<hyper::body::Incoming>, Fault>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let met = http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = met.map_err(|why| self.fault(&why.to_string()))?;
        tokio::spawn(async move {
            if let Err(why) = connection.await {
                tracing::debug!(%why, "a connection to the server of a feed broke");
            }
        });
        sender.send_request(request).await.map_err(|why| self.fault(&why.to_string()))
    }

    fn tls(&self) -> Result<Arc<ClientConfig>, Fault> {
        let path = self.authorities.display();
        let unusable = |why: String| {
            Fault::new("feed/authorities", format!("`{path}` cannot be used: {why}"))
                .help("set `feed_authorities` of the party to a PEM file of the authorities that are trusted")
        };
        let mut roots = RootCertStore::empty();
        for certificate in
            CertificateDer::pem_file_iter(&self.authorities).map_err(|why| unusable(why.to_string()))?
        {
            roots
                .add(certificate.map_err(|why| unusable(why.to_string()))?)
                .map_err(|why| unusable(why.to_string()))?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|why| unusable(why.to_string()))?;
        Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
    }

    fn fault(&self, why: &str) -> Fault {
        let text = format!("`{}` cannot be reached: {}", self.target.authority, shown(why, 300));
        Fault::new("feed/unreachable", text)
    }
}

/// What a refusal says: the title of an error of TAXII, or the message of one of MISP.
fn said(bytes: &[u8]) -> String {
    let title = serde_json::from_slice::<ErrorMessage>(bytes).map(|error| error.title);
    title.unwrap_or_else(|_| {
        let read: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
        let message = read.get("message").or_else(|| read.get("name"));
        message.and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    })
}

/// What goes in the `Authorization` header: Basic with a user, else the secret behind its scheme.
fn authorization(user: &str, password: &str, scheme: &str) -> Option<String> {
    match (user, password) {
        ("", "") => None,
        ("", token) => Some(format!("{scheme}{token}")),
        (user, password) => Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))),
    }
}
