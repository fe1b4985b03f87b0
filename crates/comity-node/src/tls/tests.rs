//! Real handshakes over real sockets.

use super::*;
use crate::clock::Clock;
use comity_record::{Ed25519Key, KeyEntry, KeyPurpose, KeyRing, Signer, Timestamp};
use rustls::NamedGroup;
use std::collections::BTreeSet;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

const NOW: &str = "2026-03-01T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

fn signer(seed: u8) -> Arc<dyn Signer> {
    Arc::new(Ed25519Key::from_seed(&[seed; 32]).unwrap())
}

fn entry(code: &str, seed: u8) -> KeyEntry {
    KeyEntry {
        party: party(code),
        purpose: KeyPurpose::Tls,
        key: signer(seed).public_key().clone(),
        valid_from: at("2026-01-01T00:00:00Z"),
        valid_to: at("2027-01-01T00:00:00Z"),
        revoked: None,
    }
}

fn peers(own: &str, entries: &[KeyEntry], suspended: &[&str]) -> Arc<Peers> {
    let mut ring = KeyRing::default();
    entries.iter().cloned().for_each(|entry| ring.insert(entry));
    let suspended: BTreeSet<PartyCode> = suspended.iter().map(|code| party(code)).collect();
    Arc::new(Peers::new(PeerTable::new(&party(own), &ring, suspended)))
}

/// What each end saw: the server's result, and the client's after a byte came back.
struct Met {
    server: Result<(NamedGroup, PartyCode), String>,
    client: Result<NamedGroup, String>,
}

fn reason(error: std::io::Error) -> String {
    refusal(&error).map_or_else(|| error.to_string(), |refused| refused.to_string())
}

/// XA (seed 1) serves; the client connects with `config`.
async fn meet(server_peers: Arc<Peers>, config: Arc<rustls::ClientConfig>) -> Met {
    meet_at(signer(1), server_peers, config).await
}

async fn meet_at(
    server: Arc<dyn Signer>,
    server_peers: Arc<Peers>,
    config: Arc<rustls::ClientConfig>,
) -> Met {
    let clock = Clock::fixed(at(NOW));
    let identity = TlsIdentity::new(party("XA"), server).unwrap();
    let acceptor = TlsAcceptor::from(server_config(&identity, server_peers.clone(), &clock).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = async {
        let (tcp, _) = listener.accept().await.unwrap();
        let mut tls = acceptor.accept(tcp).await.map_err(reason)?;
        let group = tls.get_ref().1.negotiated_key_exchange_group().unwrap().name();
        let key = spki_key(tls.get_ref().1.peer_certificates().unwrap().first().unwrap()).unwrap();
        let found = server_peers.table().find(&key, at(NOW)).unwrap().clone();
        tls.write_all(b"!").await.map_err(reason)?;
        Ok((group, found))
    };
    let call = async {
        let tcp = TcpStream::connect(address).await.unwrap();
        let name = server_name(&party("XA")).unwrap();
        let mut tls = TlsConnector::from(config).connect(name, tcp).await.map_err(reason)?;
        tls.read_u8().await.map_err(reason)?;
        Ok(tls.get_ref().1.negotiated_key_exchange_group().unwrap().name())
    };
    let (server, client) = tokio::join!(serve, call);
    Met { server, client }
}

fn config_of(code: &str, seed: u8, known: &[KeyEntry]) -> Arc<rustls::ClientConfig> {
    let identity = TlsIdentity::new(party(code), signer(seed)).unwrap();
    client_config(&identity, peers(code, known, &[]), &party("XA"), &Clock::fixed(at(NOW))).unwrap()
}

#[tokio::test]
async fn two_nodes_meet_over_the_hybrid_group() {
    let met = meet(peers("XA", &[entry("XB", 2)], &[]), config_of("XB", 2, &[entry("XA", 1)])).await;
    assert_eq!(met.server.unwrap(), (NamedGroup::X25519MLKEM768, party("XB")));
    assert_eq!(met.client.unwrap(), NamedGroup::X25519MLKEM768);
}

#[tokio::test]
async fn the_server_refuses_keys_it_may_not_accept() {
    let expired = KeyEntry { valid_to: at("2026-03-01T12:00:00Z"), ..entry("XB", 2) };
    let future = KeyEntry { valid_from: at("2026-03-01T12:00:01Z"), ..entry("XB", 2) };
    let revoked = KeyEntry { revoked: Some(at("2026-02-01T00:00:00Z")), ..entry("XB", 2) };
    let record_key = KeyEntry { purpose: KeyPurpose::Record, ..entry("XB", 2) };
    let cases: [(&str, Vec<KeyEntry>, &[&str], &str); 8] = [
        ("unknown", vec![], &[], "no accepted letter names"),
        ("another key", vec![entry("XB", 3)], &[], "no accepted letter names"),
        ("expired", vec![expired], &[], "was not valid on"),
        ("not yet valid", vec![future], &[], "was not valid on"),
        ("revoked", vec![revoked], &[], "is revoked"),
        ("for records, not TLS", vec![record_key], &[], "no accepted letter names"),
        ("suspended", vec![entry("XB", 2)], &["XB"], "`XB` is suspended"),
        ("shared", vec![entry("XB", 2), entry("XC", 2)], &[], "letters of two parties"),
    ];
    for (what, entries, suspended, expected) in cases {
        let met = meet(peers("XA", &entries, suspended), config_of("XB", 2, &[entry("XA", 1)])).await;
        let why = met.server.unwrap_err();
        assert!(why.contains(expected), "{what}: {why}");
        assert!(met.client.is_err(), "{what}");
    }
}

#[tokio::test]
async fn the_client_refuses_a_server_that_is_not_the_party_called() {
    let revoked = KeyEntry { revoked: Some(at("2026-02-01T00:00:00Z")), ..entry("XA", 1) };
    let cases = [
        ("another key on record", vec![entry("XA", 9)], "no accepted letter names"),
        ("another party's key", vec![entry("XC", 1)], "`XC` answered where `XA` was called"),
        ("revoked", vec![revoked], "is revoked"),
    ];
    for (what, known, expected) in cases {
        let met = meet(peers("XA", &[entry("XB", 2)], &[]), config_of("XB", 2, &known)).await;
        let why = met.client.unwrap_err();
        assert!(why.contains(expected), "{what}: {why}");
        assert!(met.server.is_err(), "{what}");
    }
}

/// Shows one key and signs with another.
#[derive(Debug)]
struct Thief(Arc<dyn Signer>, comity_record::PublicKey);

impl Signer for Thief {
    fn public_key(&self) -> &comity_record::PublicKey {
        &self.1
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, comity_record::SignerFailed> {
        self.0.sign(message)
    }
}

/// A stolen certificate without its key, at either end: the handshake's signature does not fit.
#[tokio::test]
async fn a_certificate_without_its_key_is_refused() {
    let thief = |seed| Arc::new(Thief(signer(66), signer(seed).public_key().clone()));
    let identity = TlsIdentity::new(party("XB"), thief(2)).unwrap();
    let known = peers("XB", &[entry("XA", 1)], &[]);
    let config = client_config(&identity, known, &party("XA"), &Clock::fixed(at(NOW))).unwrap();
    let met = meet(peers("XA", &[entry("XB", 2)], &[]), config).await;
    let why = met.server.unwrap_err();
    assert!(why.contains("BadSignature"), "{why}");
    let config = config_of("XB", 2, &[entry("XA", 1)]);
    let met = meet_at(thief(1), peers("XA", &[entry("XB", 2)], &[]), config).await;
    let why = met.client.unwrap_err();
    assert!(why.contains("BadSignature"), "{why}");
}

/// Accepts any server, so that only the server's own refusal is seen.
#[derive(Debug)]
struct AnyServer;

impl rustls::client::danger::ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &[rustls::pki_types::CertificateDer<'_>],
        _: &rustls::pki_types::ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }
    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }
    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        vec![rustls::SignatureScheme::ED25519, rustls::SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}

#[tokio::test]
async fn classical_or_anonymous_clients_are_refused() {
    let identity = TlsIdentity::new(party("XB"), signer(2)).unwrap();
    let resolver = Arc::new(SingleCertAndKey::from(identity.certified()));
    let classical = || {
        let mut provider = aws_lc_rs::default_provider();
        provider.kx_groups = vec![aws_lc_rs::kx_group::X25519, aws_lc_rs::kx_group::SECP256R1];
        Arc::new(provider)
    };
    let build = |provider, versions: &[&'static rustls::SupportedProtocolVersion]| {
        rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyServer))
    };
    let tls13 = build(classical(), &[&TLS13]).with_client_cert_resolver(resolver.clone());
    let tls12 = build(classical(), &[&rustls::version::TLS12]).with_client_cert_resolver(resolver.clone());
    let anonymous = build(provider(), &[&TLS13]).with_no_client_auth();
    let control = build(provider(), &[&TLS13]).with_client_cert_resolver(resolver);
    let accepted = || peers("XA", &[entry("XB", 2)], &[]);
    let cases = [
        ("classical", tls13, "NoKxGroupsInCommon"),
        ("TLS 1.2", tls12, "Tls12NotOfferedOrEnabled"),
        ("no certificate", anonymous, "peer sent no certificates"),
    ];
    for (what, config, expected) in cases {
        let met = meet(accepted(), Arc::new(config)).await;
        let why = met.server.unwrap_err();
        assert!(why.contains(expected), "{what}: {why}");
        assert!(met.client.is_err(), "{what}");
    }
    let met = meet(accepted(), Arc::new(control)).await;
    assert!(met.server.is_ok() && met.client.is_ok(), "the same client with the hybrid group is accepted");
}

#[test]
fn names_keep_every_code_inside_a_label() {
    for code in ["XA", "A-", "-A", "0X", "ASEAN-2", "0123456789ABCDEF"] {
        assert!(server_name(&party(code)).is_ok(), "{code}");
    }
}
