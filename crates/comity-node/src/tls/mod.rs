//! TLS between nodes: version 1.3 only, X25519MLKEM768 only, both ends identified by the Ed25519 keys of their letters.
//!
//! Certificates are self-signed envelopes around those keys and carry no authority of their own: names and dates in
//! them are ignored. Who may connect is [`Peers`]' answer, asked at each handshake and again at each request. Each
//! hosted party has its own identity and its own table; the name asked for in the ClientHello chooses between them.

mod identity;
mod peers;
mod verify;

#[cfg(test)]
mod tests;

pub use identity::{IdentityFault, TlsIdentity, host_name, server_name};
pub use peers::{PeerRefused, PeerTable, Peers};
pub use verify::{refusal, spki_key};

use crate::clock::Clock;
use comity_record::PartyCode;
use rustls::{
    ClientConfig, ServerConfig,
    client::Resumption,
    crypto::{CryptoProvider, aws_lc_rs},
    server::NoServerSessionStorage,
    sign::SingleCertAndKey,
    version::TLS13,
};
use std::sync::Arc;
use verify::{PinnedClients, PinnedServer};

/// The application protocol spoken over the connection.
const ALPN: &[u8] = b"http/1.1";

/// The configuration of a hosted party's side of the peers' listener: a client certificate is required and must hold a
/// key that `peers` accepts at the clock's time.
pub fn server_config(
    identity: &TlsIdentity,
    peers: Arc<Peers>,
    clock: &Clock,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let provider = provider();
    let verifier = PinnedClients::new(peers, provider.signature_verification_algorithms);
    let mut config = ServerConfig::builder_with_details(provider, Arc::new(clock.clone()))
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity.certified())));
    // A resumed session would skip the verifier; nodes keep connections open instead.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(Arc::new(config))
}

/// The configuration of a party's connection to `peer`: only a key that `peers` has for that party is accepted.
pub fn client_config(
    identity: &TlsIdentity,
    peers: Arc<Peers>,
    peer: &PartyCode,
    clock: &Clock,
) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = provider();
    let verifier = PinnedServer::new(peers, peer.clone(), provider.signature_verification_algorithms);
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(clock.clone()))
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity.certified())));
    config.resumption = Resumption::disabled();
    config.alpn_protocols = vec![ALPN.to_vec()];
    Ok(Arc::new(config))
}

/// The provider with one key exchange: whoever records the traffic today must not read it with tomorrow's computer.
fn provider() -> Arc<CryptoProvider> {
    let mut provider = aws_lc_rs::default_provider();
    provider.kx_groups = vec![aws_lc_rs::kx_group::X25519MLKEM768];
    Arc::new(provider)
}
