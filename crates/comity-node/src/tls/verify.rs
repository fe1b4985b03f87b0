//! The two verifiers of a handshake. Both look at the key alone, and both check the handshake's signature with it.

use super::{PeerRefused, Peers};
use comity_record::{Algorithm, PartyCode, PublicKey, Timestamp};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::{
        ParsedCertificate,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use std::sync::Arc;

/// The SubjectPublicKeyInfo of an Ed25519 key before its 32 bytes (RFC 8410 section 4).
pub(super) const SPKI_PREFIX: &[u8] =
    &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The Ed25519 key of a certificate.
pub fn spki_key(certificate: &CertificateDer<'_>) -> Result<PublicKey, PeerRefused> {
    let parsed = ParsedCertificate::try_from(certificate).map_err(|_| PeerRefused::Certificate)?;
    let info = parsed.subject_public_key_info();
    let key = info.as_ref().strip_prefix(SPKI_PREFIX).ok_or(PeerRefused::Certificate)?;
    PublicKey::new(Algorithm::Ed25519, key).ok_or(PeerRefused::Certificate)
}

/// Our reason in an error of a handshake, where it was we who refused.
pub fn refusal(error: &std::io::Error) -> Option<PeerRefused> {
    match error.get_ref()?.downcast_ref::<Error>()? {
        Error::InvalidCertificate(CertificateError::Other(other)) => other.0.downcast_ref().cloned(),
        _ => None,
    }
}

/// The server's side: any peer on the table may connect.
#[derive(Debug)]
pub(super) struct PinnedClients {
    peers: Arc<Peers>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl PinnedClients {
    pub(super) fn new(peers: Arc<Peers>, algorithms: WebPkiSupportedAlgorithms) -> PinnedClients {
        PinnedClients { peers, algorithms }
    }
}

impl ClientCertVerifier for PinnedClients {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let key = only_key(end_entity, intermediates)?;
        self.peers.table().find(&key, timestamp(now)).map_err(refused)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(only_tls13())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

/// The client's side: only the party that was called may answer.
#[derive(Debug)]
pub(super) struct PinnedServer {
    peers: Arc<Peers>,
    peer: PartyCode,
    algorithms: WebPkiSupportedAlgorithms,
}

impl PinnedServer {
    pub(super) fn new(
        peers: Arc<Peers>,
        peer: PartyCode,
        algorithms: WebPkiSupportedAlgorithms,
    ) -> PinnedServer {
        PinnedServer { peers, peer, algorithms }
    }
}

impl ServerCertVerifier for PinnedServer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let key = only_key(end_entity, intermediates)?;
        self.peers.table().expect(&self.peer, &key, timestamp(now)).map_err(refused)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(only_tls13())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

fn only_key(
    end_entity: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
) -> Result<PublicKey, Error> {
    if !intermediates.is_empty() {
        return Err(refused(PeerRefused::Certificate));
    }
    spki_key(end_entity).map_err(refused)
}

/// The other end is told the same whatever the reason; our log gets the reason through the error.
fn refused(why: PeerRefused) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(why))))
}

fn only_tls13() -> Error {
    Error::PeerIncompatible(rustls::PeerIncompatible::Tls12NotOfferedOrEnabled)
}

fn timestamp(now: UnixTime) -> Timestamp {
    Timestamp::from_millis(i64::try_from(now.as_secs().saturating_mul(1000)).unwrap_or(i64::MAX))
}
