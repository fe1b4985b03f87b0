//! The forms of RFC 3161, RFC 2634 and RFC 5035 that time-stamps need and no library here has.

use cms::content_info::ContentInfo;
use comity_record::Timestamp;
use der::{
    Any, Sequence, ValueOrd,
    asn1::{BitString, ObjectIdentifier, OctetString, Uint},
};
use x509_cert::{
    ext::{Extensions, pkix::name::GeneralName},
    spki::AlgorithmIdentifierOwned,
};

/// RFC 3161 section 2.4.1.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct MessageImprint {
    algorithm: AlgorithmIdentifierOwned,
    hashed: OctetString,
}

/// RFC 3161 section 2.4.1.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct TimeStampReq {
    pub version: u8,
    pub message_imprint: MessageImprint,
    pub policy: Option<ObjectIdentifier>,
    pub nonce: Option<Uint>,
    #[asn1(default = "no")]
    pub cert_req: bool,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    pub extensions: Option<Extensions>,
}

/// RFC 3161 section 2.4.2.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct TimeStampResp {
    pub status: StatusInfo,
    pub token: Option<ContentInfo>,
}

/// PKIStatusInfo of RFC 4210.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct StatusInfo {
    pub status: u8,
    pub text: Option<Vec<String>>,
    pub failure: Option<BitString>,
}

/// RFC 3161 section 2.4.2.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct TstInfo {
    pub version: u8,
    pub policy: ObjectIdentifier,
    pub message_imprint: MessageImprint,
    pub serial: Uint,
    /// A GeneralizedTime, which here may have a fraction of a second.
    pub gen_time: Any,
    pub accuracy: Option<Accuracy>,
    #[asn1(default = "no")]
    pub ordering: bool,
    pub nonce: Option<Uint>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub tsa: Option<GeneralName>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub extensions: Option<Extensions>,
}

/// RFC 3161 section 2.4.2.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct Accuracy {
    seconds: Option<u32>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    millis: Option<u16>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    micros: Option<u16>,
}

/// RFC 5035 section 3.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct SigningCertificateV2 {
    pub certs: Vec<EssCertIdV2>,
    policies: Option<Vec<Any>>,
}

/// RFC 5035 section 4.
#[derive(Clone, Debug, PartialEq, Eq, Sequence, ValueOrd)]
pub(super) struct EssCertIdV2 {
    pub algorithm: Option<AlgorithmIdentifierOwned>,
    pub hash: OctetString,
    issuer: Option<IssuerSerial>,
}

/// RFC 2634 section 5.4.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub(super) struct SigningCertificate {
    pub certs: Vec<EssCertId>,
    policies: Option<Vec<Any>>,
}

/// RFC 2634 section 5.4.1.
#[derive(Clone, Debug, PartialEq, Eq, Sequence, ValueOrd)]
pub(super) struct EssCertId {
    pub hash: OctetString,
    issuer: Option<IssuerSerial>,
}

/// RFC 5035 section 5. What it says is in the signer's identifier too, and is compared there.
#[derive(Clone, Debug, PartialEq, Eq, Sequence, ValueOrd)]
pub(super) struct IssuerSerial {
    issuer: Any,
    serial: Uint,
}

fn no() -> bool {
    false
}

impl MessageImprint {
    pub(super) fn sha256(oid: ObjectIdentifier, hashed: OctetString) -> MessageImprint {
        MessageImprint { algorithm: AlgorithmIdentifierOwned { oid, parameters: None }, hashed }
    }

    pub(super) fn is(&self, oid: &ObjectIdentifier, hash: &[u8]) -> bool {
        self.algorithm.oid == *oid && self.hashed.as_bytes() == hash
    }
}

impl StatusInfo {
    /// What the service said, bounded.
    pub(super) fn words(&self) -> Option<String> {
        let text = self.text.as_ref()?.join(" ");
        let shown: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
        (!shown.is_empty()).then_some(shown)
    }
}

/// `YYYYMMDDhhmmss[.f…]Z` (RFC 3161 section 2.4.2), to the millisecond.
pub(super) fn general_time(any: &Any) -> Option<Timestamp> {
    let text = std::str::from_utf8(any.value()).ok()?;
    if der::Tagged::tag(any) != der::Tag::GeneralizedTime || !text.is_ascii() {
        return None;
    }
    let (whole, fraction) = text.strip_suffix('Z')?.split_once('.').unwrap_or((text.strip_suffix('Z')?, ""));
    let part = |from: usize, to: usize| whole.get(from..to);
    let (date, time) = (
        [part(0, 4)?, part(4, 6)?, part(6, 8)?].join("-"),
        [part(8, 10)?, part(10, 12)?, part(12, 14)?].join(":"),
    );
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let millis: String = fraction.chars().chain("000".chars()).take(3).collect();
    format!("{date}T{time}.{millis}Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Option<String> {
        let any = Any::new(der::Tag::GeneralizedTime, text.as_bytes()).unwrap();
        general_time(&any).map(|at| at.to_string())
    }

    #[test]
    fn times_with_and_without_a_fraction() {
        assert_eq!(time("20260301081502Z").as_deref(), Some("2026-03-01T08:15:02.000Z"));
        assert_eq!(time("20260301081502.25Z").as_deref(), Some("2026-03-01T08:15:02.250Z"));
        for wrong in ["20260301081502", "2026030108150Z", "20261301081502Z", "20260301081502.x Z", "Z"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }
}
