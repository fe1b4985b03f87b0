//! A party's own side of a handshake: its TLS key behind a [`Signer`], and the certificate around it.

use super::verify::SPKI_PREFIX;
use comity_record::{Algorithm, PartyCode, PublicKey, Signer, SignerFailed};
use rustls::{
    SignatureAlgorithm, SignatureScheme,
    pki_types::{CertificateDer, InvalidDnsNameError, ServerName, SubjectPublicKeyInfoDer},
    sign::{CertifiedKey, SigningKey},
};
use std::sync::Arc;

/// The TLS identity of one party. The key may live in a hardware module.
#[derive(Clone, Debug)]
pub struct TlsIdentity {
    party: PartyCode,
    key: PublicKey,
    certificate: CertificateDer<'static>,
    signer: Arc<dyn Signer>,
}

/// Why a key is no TLS identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityFault {
    /// TLS keys of nodes are Ed25519.
    #[error("the TLS key of `{party}` is not an Ed25519 key")]
    Algorithm {
        /// The party.
        party: PartyCode,
    },
    /// The certificate could not be made.
    #[error("the certificate of `{party}` could not be made")]
    Certificate {
        /// The party.
        party: PartyCode,
        /// Why.
        #[source]
        why: rcgen::Error,
    },
}

impl IdentityFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            IdentityFault::Algorithm { .. } => "tls/algorithm",
            IdentityFault::Certificate { .. } => "tls/certificate",
        }
    }
}

/// The name by which a hosted party is asked for in a ClientHello, such as `party-jp-node.comity.invalid`. It is never
/// looked up.
pub fn server_name(party: &PartyCode) -> Result<ServerName<'static>, InvalidDnsNameError> {
    ServerName::try_from(host_name(party))
}

impl TlsIdentity {
    /// An identity over the party's TLS key, with a certificate signed by it.
    pub fn new(party: PartyCode, signer: Arc<dyn Signer>) -> Result<TlsIdentity, IdentityFault> {
        let key = signer.public_key().clone();
        if key.algorithm() != Algorithm::Ed25519 {
            return Err(IdentityFault::Algorithm { party });
        }
        let certificate = certificate(&party, &*signer)
            .map_err(|why| IdentityFault::Certificate { party: party.clone(), why })?;
        Ok(TlsIdentity { party, key, certificate, signer })
    }

    /// The party.
    pub fn party(&self) -> &PartyCode {
        &self.party
    }

    /// The key, as the party's letter names it.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Certificate and key as rustls takes them.
    pub(super) fn certified(&self) -> CertifiedKey {
        CertifiedKey::new(vec![self.certificate.clone()], Arc::new(TlsSigner(self.signer.clone())))
    }
}

/// The host name of a party in [`server_name`]; the words around the code keep its hyphens inside the label.
pub fn host_name(party: &PartyCode) -> String {
    format!("party-{}-node.comity.invalid", party.as_str().to_ascii_lowercase())
}

fn certificate(party: &PartyCode, signer: &dyn Signer) -> Result<CertificateDer<'static>, rcgen::Error> {
    let mut parameters = rcgen::CertificateParams::new(vec![host_name(party)])?;
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, format!("Comity node of {party}"));
    Ok(parameters.self_signed(&CertificateSigner(signer))?.der().clone())
}

/// A [`Signer`] as rcgen takes it.
struct CertificateSigner<'a>(&'a dyn Signer);

impl rcgen::PublicKeyData for CertificateSigner<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().as_bytes()
    }
    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ED25519
    }
}

impl rcgen::SigningKey for CertificateSigner<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.0.sign(message).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

/// A [`Signer`] as rustls takes it.
#[derive(Clone, Debug)]
struct TlsSigner(Arc<dyn Signer>);

impl SigningKey for TlsSigner {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn rustls::sign::Signer>> {
        offered.contains(&SignatureScheme::ED25519).then(|| Box::new(self.clone()) as _)
    }
    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ED25519
    }
    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some([SPKI_PREFIX, self.0.public_key().as_bytes()].concat().into())
    }
}

impl rustls::sign::Signer for TlsSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        self.0.sign(message).map_err(|failed: SignerFailed| rustls::Error::General(failed.to_string()))
    }
    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}
