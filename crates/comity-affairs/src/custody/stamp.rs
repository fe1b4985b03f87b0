//! Time-stamps by a service of a State's choice (RFC 3161): asked for, read and verified; offline and years later too.
//!
//! What is stamped is SHA-256 of the signed manifest, that is, the record's id. A stamp counts where the service granted
//! it, the imprint and the nonce are ours, the signature covers what it says (RFC 5652 section 5.4), the certificate is
//! the one that the signature names (RFC 5035), and it led, at the time stamped, to a root that is trusted and was meant
//! for time-stamping (RFC 3161 section 2.3).

use super::asn1::{
    EssCertId, EssCertIdV2, MessageImprint, SigningCertificate, SigningCertificateV2, TimeStampReq,
    TimeStampResp, TstInfo, general_time,
};
use aws_lc_rs::digest;
use cms::{
    cert::CertificateChoices,
    content_info::ContentInfo,
    signed_data::{SignedData, SignerIdentifier, SignerInfo},
};
use comity_record::{Hash, Timestamp};
use der::{
    Decode as _, Encode as _,
    asn1::{ObjectIdentifier, OctetString, Uint},
};
use minicbor::{Decode, Encode, bytes::ByteVec};
use rustls_pki_types::{
    CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime, pem::PemObject,
};
use std::time::Duration;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_cert::{Certificate, attr::Attribute};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
/// The object identifier id-kp-timeStamping, 1.3.6.1.5.5.7.3.8, as its DER content.
const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

/// The longest answer of a service that is read.
const LIMIT: usize = 256 * 1024;

/// A time-stamp as kept: the service by the name it has in the configuration, its token, and our nonce.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Stamp {
    /// The service.
    #[n(0)]
    pub service: String,
    /// The TimeStampToken in DER.
    #[n(1)]
    pub token: ByteVec,
    /// The nonce that was asked with.
    #[n(2)]
    pub nonce: u64,
}

/// What a stamp says, once it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// The time.
    pub at: Timestamp,
    /// The policy under which the service stamps.
    pub policy: String,
    /// Whose certificate signed.
    pub signer: String,
}

/// The roots that are trusted for time-stamps.
#[derive(Debug, Default)]
pub struct Roots {
    anchors: Vec<TrustAnchor<'static>>,
}

/// Why a stamp does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StampFault {
    /// Not the bytes that were expected.
    #[error("the time-stamp cannot be read: {why}")]
    Malformed {
        /// What could not be read.
        why: String,
    },
    /// The service refused.
    #[error("the service did not stamp: status {status}{text}")]
    Refused {
        /// Its status (RFC 3161 section 2.4.2).
        status: u8,
        /// What it said.
        text: String,
    },
    /// Another thing was stamped.
    #[error("the time-stamp is of something else: {what} differs")]
    Other {
        /// What differs.
        what: &'static str,
    },
    /// The signature does not fit.
    #[error("the time-stamp is not signed as it must be: {why}")]
    Signature {
        /// What does not fit.
        why: &'static str,
    },
    /// No trusted root.
    #[error("the certificate of the time-stamp leads to no trusted root: {why}")]
    Chain {
        /// Why.
        why: String,
    },
    /// No roots were given.
    #[error("no root is configured for time-stamps")]
    NoRoots,
    /// What should be roots is none.
    #[error("the roots cannot be read: {why}")]
    BadRoots {
        /// Why.
        why: String,
    },
}

impl StampFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            StampFault::Malformed { .. } => "stamp/malformed",
            StampFault::Refused { .. } => "stamp/refused",
            StampFault::Other { .. } => "stamp/other",
            StampFault::Signature { .. } => "stamp/signature",
            StampFault::Chain { .. } => "stamp/chain",
            StampFault::NoRoots => "stamp/no-roots",
            StampFault::BadRoots { .. } => "stamp/bad-roots",
        }
    }
}

impl Roots {
    /// Certificates in PEM.
    pub fn from_pem(pem: &[u8]) -> Result<Roots, StampFault> {
        let bad = |why: String| StampFault::BadRoots { why };
        let mut anchors = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|why| bad(why.to_string()))?;
            let anchor = anchor_from_trusted_cert(&certificate).map_err(|why| bad(why.to_string()))?;
            anchors.push(anchor.to_owned());
        }
        if anchors.is_empty() {
            Err(bad("no certificate in PEM was found".to_owned()))
        } else {
            Ok(Roots { anchors })
        }
    }

    /// With those of another list.
    #[must_use]
    pub fn and(mut self, others: Roots) -> Roots {
        self.anchors.extend(others.anchors);
        self
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }
}

/// The request for a stamp over a hash, in DER.
pub fn request(imprint: &Hash, nonce: u64) -> Result<Vec<u8>, StampFault> {
    let hashed = OctetString::new(imprint.as_bytes().as_slice()).map_err(malformed)?;
    let asked = TimeStampReq {
        version: 1,
        message_imprint: MessageImprint::sha256(SHA256, hashed),
        policy: None,
        nonce: Some(number(nonce)?),
        cert_req: true,
        extensions: None,
    };
    asked.to_der().map_err(malformed)
}

/// Reads the answer of a service to that request. The stamp is not verified yet.
pub fn response(bytes: &[u8], service: &str, imprint: &Hash, nonce: u64) -> Result<Stamp, StampFault> {
    if bytes.len() > LIMIT {
        return Err(StampFault::Malformed { why: format!("it has more than {LIMIT} bytes") });
    }
    let answer = TimeStampResp::from_der(bytes).map_err(malformed)?;
    let status = answer.status.status;
    let Some(token) = answer.token.filter(|_| status <= 1) else {
        let text = answer.status.words().map(|words| format!(", `{words}`")).unwrap_or_default();
        return Err(StampFault::Refused { status, text });
    };
    let stamp =
        Stamp { service: service.to_owned(), token: token.to_der().map_err(malformed)?.into(), nonce };
    stamp.covers(imprint)?;
    Ok(stamp)
}

impl Stamp {
    /// Verifies the stamp of a hash.
    pub fn verify(&self, imprint: &Hash, roots: &Roots) -> Result<Stamped, StampFault> {
        let (data, info) = self.covers(imprint)?;
        if roots.is_empty() {
            return Err(StampFault::NoRoots);
        }
        let signer = only_signer(&data)?;
        let certificate = certificate_of(&data, signer)?;
        let content = content(&data)?;
        let encoded = certificate.to_der().map_err(malformed)?;
        is_signed(signer, &content, &encoded)?;
        let at = general_time(&info.gen_time).ok_or_else(|| malformed("its time"))?;
        is_trusted(&data, &encoded, at, roots)?;
        Ok(Stamped {
            at,
            policy: info.policy.to_string(),
            signer: certificate.tbs_certificate.subject.to_string(),
        })
    }

    /// Whether it is a stamp of this hash for our nonce. Nothing of it is verified by that.
    fn covers(&self, imprint: &Hash) -> Result<(SignedData, TstInfo), StampFault> {
        if self.token.len() > LIMIT {
            return Err(StampFault::Malformed { why: format!("it has more than {LIMIT} bytes") });
        }
        let token = ContentInfo::from_der(&self.token).map_err(malformed)?;
        if token.content_type != SIGNED_DATA {
            return Err(malformed("it is no signed data"));
        }
        let data: SignedData = token.content.decode_as().map_err(malformed)?;
        if data.encap_content_info.econtent_type != TST_INFO {
            return Err(malformed("it holds no time-stamp"));
        }
        let info = TstInfo::from_der(&content(&data)?).map_err(malformed)?;
        if info.version != 1 {
            return Err(malformed("its version is not 1"));
        }
        if !info.message_imprint.is(&SHA256, imprint.as_bytes()) {
            return Err(StampFault::Other { what: "the imprint" });
        }
        if info.nonce != Some(number(self.nonce)?) {
            return Err(StampFault::Other { what: "the nonce" });
        }
        Ok((data, info))
    }
}

fn number(value: u64) -> Result<Uint, StampFault> {
    Uint::new(&value.to_be_bytes()).map_err(malformed)
}

fn malformed(why: impl std::fmt::Display) -> StampFault {
    StampFault::Malformed { why: why.to_string() }
}

/// The bytes that were stamped and signed.
fn content(data: &SignedData) -> Result<Vec<u8>, StampFault> {
    let any = data.encap_content_info.econtent.as_ref().ok_or_else(|| malformed("it has no content"))?;
    let octets: OctetString = any.decode_as().map_err(malformed)?;
    Ok(octets.into_bytes())
}

fn only_signer(data: &SignedData) -> Result<&SignerInfo, StampFault> {
    let mut signers = data.signer_infos.0.iter();
    match (signers.next(), signers.next()) {
        (Some(signer), None) => Ok(signer),
        _ => Err(StampFault::Signature { why: "it has not exactly one signer" }),
    }
}

fn certificates(data: &SignedData) -> impl Iterator<Item = &Certificate> {
    let all = data.certificates.iter().flat_map(|set| set.0.iter());
    all.filter_map(|choice| match choice {
        CertificateChoices::Certificate(certificate) => Some(certificate),
        CertificateChoices::Other(_) => None,
    })
}

fn certificate_of<'d>(data: &'d SignedData, signer: &SignerInfo) -> Result<&'d Certificate, StampFault> {
    let SignerIdentifier::IssuerAndSerialNumber(wanted) = &signer.sid else {
        return Err(StampFault::Signature { why: "it names its certificate in a form that is not read" });
    };
    let fits = |certificate: &&Certificate| {
        let signed = &certificate.tbs_certificate;
        signed.issuer == wanted.issuer && signed.serial_number == wanted.serial_number
    };
    certificates(data).find(fits).ok_or(StampFault::Signature { why: "its certificate is not in it" })
}

/// RFC 5652 section 5.4 and RFC 5035: what the signed attributes say of content and certificate, and the signature.
fn is_signed(signer: &SignerInfo, content: &[u8], certificate: &[u8]) -> Result<(), StampFault> {
    let fault = |why| StampFault::Signature { why };
    let algorithm = hash(&signer.digest_alg.oid).ok_or_else(|| fault("its hash is not one that is read"))?;
    let attributes = signer.signed_attrs.as_ref().ok_or_else(|| fault("it has no signed attributes"))?;
    let attribute = |oid: ObjectIdentifier| attributes.iter().find(|attribute| attribute.oid == oid);
    let of_kind: Option<ObjectIdentifier> = attribute(CONTENT_TYPE).and_then(only_value);
    if of_kind != Some(TST_INFO) {
        return Err(fault("the signature is over another kind of content"));
    }
    let digested: Option<OctetString> = attribute(MESSAGE_DIGEST).and_then(only_value);
    let found = digest::digest(algorithm, content);
    if digested.as_ref().map(OctetString::as_bytes) != Some(found.as_ref()) {
        return Err(fault("the signature is over other content"));
    }
    if !names(attribute(SIGNING_CERTIFICATE), attribute(SIGNING_CERTIFICATE_V2), certificate) {
        return Err(fault("the signature names another certificate"));
    }
    let message = attributes.to_der().map_err(malformed)?;
    let der = CertificateDer::from(certificate);
    let certificate = EndEntityCert::try_from(&der).map_err(|_| fault("its certificate cannot be read"))?;
    let signature = signer.signature.as_bytes();
    let fits = |algorithm: &&dyn SignatureVerificationAlgorithm| {
        certificate.verify_signature(*algorithm, &message, signature).is_ok()
    };
    if algorithms(&signer.digest_alg.oid).iter().any(fits) {
        Ok(())
    } else {
        Err(fault("the signature does not fit"))
    }
}

/// The value of an attribute that has exactly one.
fn only_value<T>(attribute: &Attribute) -> Option<T>
where
    T: for<'a> der::Decode<'a> + der::FixedTag,
{
    let mut values = attribute.values.iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    T::from_der(&value.to_der().ok()?).ok()
}

/// Whether the attributes name this certificate, by SHA-1 (RFC 2634) or another hash (RFC 5035).
fn names(first: Option<&Attribute>, second: Option<&Attribute>, certificate: &[u8]) -> bool {
    if let Some(named) = second.and_then(only_value::<SigningCertificateV2>) {
        return named.certs.first().is_some_and(|id: &EssCertIdV2| {
            let algorithm = id.algorithm.as_ref().map_or(SHA256, |algorithm| algorithm.oid);
            let found = hash(&algorithm).map(|algorithm| digest::digest(algorithm, certificate));
            found.is_some_and(|found| found.as_ref() == id.hash.as_bytes())
        });
    }
    first.and_then(only_value::<SigningCertificate>).is_some_and(|named| {
        let found = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, certificate);
        named.certs.first().is_some_and(|id: &EssCertId| found.as_ref() == id.hash.as_bytes())
    })
}

fn hash(oid: &ObjectIdentifier) -> Option<&'static digest::Algorithm> {
    match *oid {
        SHA256 => Some(&digest::SHA256),
        SHA384 => Some(&digest::SHA384),
        SHA512 => Some(&digest::SHA512),
        _ => None,
    }
}

/// The signature algorithms over a hash; which of them it is, the certificate's key says.
fn algorithms(oid: &ObjectIdentifier) -> Vec<&'static dyn SignatureVerificationAlgorithm> {
    use webpki::aws_lc_rs as known;
    match *oid {
        SHA256 => vec![
            known::RSA_PKCS1_2048_8192_SHA256,
            known::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
            known::ECDSA_P256_SHA256,
            known::ECDSA_P384_SHA256,
        ],
        SHA384 => vec![
            known::RSA_PKCS1_2048_8192_SHA384,
            known::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
            known::ECDSA_P256_SHA384,
            known::ECDSA_P384_SHA384,
        ],
        SHA512 => vec![
            known::RSA_PKCS1_2048_8192_SHA512,
            known::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
            known::ED25519,
        ],
        _ => Vec::new(),
    }
}

/// The certificate's way to a root, at the time stamped.
fn is_trusted(data: &SignedData, certificate: &[u8], at: Timestamp, roots: &Roots) -> Result<(), StampFault> {
    let chain = |why: webpki::Error| StampFault::Chain { why: why.to_string() };
    let mut between = Vec::new();
    for other in certificates(data) {
        let encoded = other.to_der().map_err(malformed)?;
        if encoded != certificate {
            between.push(CertificateDer::from(encoded));
        }
    }
    let seconds = u64::try_from(at.as_seconds()).map_err(malformed)?;
    let der = CertificateDer::from(certificate);
    let leaf = EndEntityCert::try_from(&der).map_err(chain)?;
    leaf.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &roots.anchors,
        &between,
        UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
        KeyUsage::required(TIME_STAMPING),
        None,
        None,
    )
    .map(drop)
    .map_err(chain)
}
