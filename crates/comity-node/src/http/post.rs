//! One POST to a service outside, over HTTP or HTTPS: every wait and the answer bounded.

use super::{
    body::{self, BodyFault},
    shown,
};
use crate::app::Fault;
use axum::{
    body::Body,
    http::{Request, Uri, header},
};
use hyper::{Response, body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{fmt, path::Path, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

/// How long the whole request may take until its answer begins.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the answer may pause.
const PAUSE: Duration = Duration::from_secs(15);

/// Sends a body of the first media type and reads an answer of the second, at most `limit` bytes. `authorities` is a file of
/// the certificates that are trusted over HTTPS, in PEM.
pub(crate) async fn post(
    url: &str,
    (sent, wanted): (&'static str, &'static str),
    content: Vec<u8>,
    limit: usize,
    authorities: &Path,
) -> Result<Vec<u8>, Fault> {
    let uri: Uri = url.parse().map_err(|why| fault(url, why))?;
    let host = uri.host().ok_or_else(|| fault(url, "the address names no host"))?.to_owned();
    let secure = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::post(path)
        .header(header::HOST, uri.authority().map_or(host.as_str(), |authority| authority.as_str()))
        .header(header::CONTENT_TYPE, sent)
        .header(header::ACCEPT, wanted)
        .header(header::USER_AGENT, concat!("comity/", env!("CARGO_PKG_VERSION")))
        .body(Body::from(content))
        .map_err(|why| fault(url, why))?;
    let answered = async {
        let stream = TcpStream::connect((host.as_str(), port)).await.map_err(|why| fault(url, why))?;
        if !secure {
            return over(url, stream, request).await;
        }
        let name = ServerName::try_from(host.clone()).map_err(|why| fault(url, why))?;
        let connector = TlsConnector::from(tls(url, authorities)?);
        let stream = connector.connect(name, stream).await.map_err(|why| fault(url, why))?;
        over(url, stream, request).await
    };
    let response = tokio::time::timeout(PATIENCE, answered).await;
    let response = response.map_err(|_| fault(url, "it did not answer in time"))??;
    let (head, incoming) = response.into_parts();
    let bytes = body::read(incoming, limit, PAUSE).await.map_err(|why| match why {
        BodyFault::TooLong => fault(url, format!("its answer is longer than {limit} bytes")),
        BodyFault::TooSlow => fault(url, "its answer stopped coming"),
        BodyFault::Broken(why) => fault(url, why),
    })?;
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !head.status.is_success() || !kind.is_some_and(|kind| kind.starts_with(wanted)) {
        let kind = shown(kind.unwrap_or("nothing"), 80);
        return Err(fault(url, format!("it answered {} with {kind}", head.status)));
    }
    Ok(bytes)
}

async fn over<IO>(url: &str, stream: IO, request: Request<Body>) -> Result<Response<Incoming>, Fault>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let met = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = met.map_err(|why| fault(url, why))?;
    // What breaks the connection reaches us through the request as well.
    tokio::spawn(async move { drop(connection.await) });
    sender.send_request(request).await.map_err(|why| fault(url, why))
}

fn tls(url: &str, authorities: &Path) -> Result<Arc<ClientConfig>, Fault> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authorities).map_err(|why| fault(url, why))? {
        let certificate = certificate.map_err(|why| fault(url, why))?;
        roots.add(certificate).map_err(|why| fault(url, why))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|why| fault(url, why))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

fn fault(url: &str, why: impl fmt::Display) -> Fault {
    let text = format!("`{}` gave no answer: {}", shown(url, 200), shown(&why.to_string(), 300));
    Fault::new("service/unreachable", text)
}
