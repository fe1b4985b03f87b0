//! Calling another TAXII 2.1 server: one request at a time, every wait and every answer bounded.

use crate::{
    app::Fault,
    http::{
        body::{self, BodyFault},
        shown,
    },
};
use axum::{
    body::Body,
    http::{HeaderMap, Request, header},
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

/// Another server's collection, and who we are there.
pub struct TaxiiClient {
    target: Target,
    authorization: Option<String>,
    authorities: PathBuf,
}

impl std::fmt::Debug for TaxiiClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TaxiiClient").field("target", &self.target).finish_non_exhaustive()
    }
}

impl TaxiiClient {
    /// A client of a collection. With a user the password goes as Basic, without one as a bearer token; `authorities` is
    /// a file of the certificates that are trusted, in PEM.
    pub fn new(target: Target, user: &str, password: &str, authorities: PathBuf) -> TaxiiClient {
        let authorization = match (user, password) {
            ("", "") => None,
            ("", token) => Some(format!("Bearer {token}")),
            (user, password) => Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))),
        };
        TaxiiClient { target, authorization, authorities }
    }

    /// Asks for what is at the collection's address and `rest`.
    pub async fn get(&self, rest: &str) -> Result<(HeaderMap, Vec<u8>), Fault> {
        self.ask("GET", rest, Vec::new()).await
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
            BodyFault::TooLong => self.fault(&format!("its answer is longer than {LONGEST} bytes")),
            BodyFault::TooSlow => self.fault("its answer stopped coming"),
            BodyFault::Broken(why) => self.fault(&why),
        })?;
        if head.status.is_success() {
            return Ok((head.headers, bytes));
        }
        let said = serde_json::from_slice::<ErrorMessage>(&bytes).map_or(String::new(), |error| error.title);
        let text = format!("`{}` answered {}: {}", self.target.authority, head.status, shown(&said, 200));
        Err(Fault::new("feed/refused", text)
            .help("look at the address, the user and the password of the feed"))
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
            .header(header::ACCEPT, MEDIA_TYPE)
            .header(header::USER_AGENT, concat!("comity/", env!("CARGO_PKG_VERSION")));
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, MEDIA_TYPE);
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
                tracing::debug!(%why, "a connection to a TAXII server broke");
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
