//! The signed envelope: COSE_Sign1 (RFC 9052 section 4.2) over deterministic CBOR, with an empty unprotected header.
//!
//! The protected header carries algorithm, critical fields, content type, key thumbprint, kind and version. The record
//! id is SHA-256 of the bytes as received. A record has no audience: who may get it is the border's judgement.

use crate::{
    Body, Canonical, Hash, KeyId, KeyPurpose, KeyRing, Kind, Labels, Malformed, OfficerId, PartyCode,
    RecordId, Signer, SignerFailed, Timestamp, UnitCode,
    body::BodyBytes,
    key::{Algorithm, KeyRingFault},
    sha256,
};
use minicbor::{Decode, Decoder, Encode, Encoder, data::Type};

/// Content type of the payload.
const CONTENT_TYPE: &str = "application/comity-record+cbor";
/// CBOR tag of COSE_Sign1.
const COSE_SIGN1: u64 = 18;
/// COSE header labels: alg, crit, content type, kid.
const ALG: i64 = 1;
const CRIT: i64 = 2;
const CONTENT: i64 = 3;
const KID: i64 = 4;

/// The protected header, as far as it concerns readers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The signature algorithm.
    pub algorithm: Algorithm,
    /// Thumbprint of the signing key.
    pub key: KeyId,
    /// The kind of record.
    pub kind: Kind,
    /// The version of the kind's body.
    pub version: u16,
}

/// The link of a derived record to the one it was made from by redaction.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Derivation {
    /// SHA-256(salt ‖ id of the original): shows the link to whoever is given salt and id, and nothing to others.
    #[n(0)]
    pub link: Hash,
    /// The selectors that were redacted, such as `pattern/email-addr:value`.
    #[n(1)]
    pub redacted: Vec<String>,
    /// How many objects were withheld because redaction would have made them invalid.
    #[n(2)]
    pub withheld: u32,
}

impl Derivation {
    /// The link for an original under a salt of 16 bytes.
    pub fn link(salt: &[u8; 16], original: &RecordId) -> Hash {
        sha256(&[salt, original.0.as_bytes()])
    }
}

/// What the author states: who, when, under which labels, and the body.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct Payload {
    #[n(0)]
    origin: PartyCode,
    #[n(1)]
    unit: Option<UnitCode>,
    #[n(2)]
    officer: Option<OfficerId>,
    #[n(3)]
    issued: Timestamp,
    #[n(4)]
    labels: Labels,
    #[n(5)]
    body: BodyBytes,
    #[n(6)]
    thread: Option<RecordId>,
    #[n(7)]
    derived: Option<Derivation>,
}

impl Canonical for Payload {
    const NAME: &'static str = "a record's payload";
    const LIMIT: usize = Signed::LIMIT;
}

/// What the author of a record states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The author's party.
    pub origin: PartyCode,
    /// The author's unit.
    pub unit: Option<UnitCode>,
    /// The officer answerable.
    pub officer: Option<OfficerId>,
    /// When it was issued.
    pub issued: Timestamp,
    /// Its labels.
    pub labels: Labels,
    /// Its body.
    pub body: Body,
    /// The record it answers or follows.
    pub thread: Option<RecordId>,
    /// The link to the original, where it was made by redaction.
    pub derived: Option<Derivation>,
}

/// A record not yet signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft(pub Statement);

/// A record as received: readable, but nobody has checked who signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    bytes: Vec<u8>,
    id: RecordId,
    header: Header,
    statement: Statement,
    signed_part: Vec<u8>,
    signature: Vec<u8>,
}

/// A record whose signature was checked against its author's key on record. Only [`Signed::verify`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified(Signed);

/// Why a draft could not be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningFailed {
    /// The key's keeper refused.
    #[error(transparent)]
    Signer(#[from] SignerFailed),
    /// The draft is longer than a record may be.
    #[error(transparent)]
    TooLong(#[from] Malformed),
}

/// Why a record is not verified.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// The author has no such key, or it was not valid.
    #[error("record {record} cannot be verified")]
    Key {
        /// The record.
        record: String,
        /// Why.
        #[source]
        why: KeyRingFault,
    },
    /// The signature does not fit.
    #[error("record {record} does not carry its author's signature")]
    Signature {
        /// The record.
        record: String,
    },
}

impl Unverified {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Unverified::Key { why, .. } => why.code(),
            Unverified::Signature { .. } => "record/bad-signature",
        }
    }
}

impl Draft {
    /// Signs the draft.
    pub fn sign(self, signer: &dyn Signer) -> Result<Signed, SigningFailed> {
        let key = signer.public_key();
        let kind = self.0.body.kind();
        let version = self.0.body.version().max(1);
        let header = Header { algorithm: key.algorithm(), key: key.id(), kind, version };
        let statement = self.0;
        let payload = Payload {
            origin: statement.origin.clone(),
            unit: statement.unit.clone(),
            officer: statement.officer.clone(),
            issued: statement.issued,
            labels: statement.labels.clone(),
            body: statement.body.to_bytes().into(),
            thread: statement.thread,
            derived: statement.derived.clone(),
        }
        .to_bytes();
        let protected = header.to_bytes();
        let signature = signer.sign(&signed_part(&protected, &payload))?;
        Ok(Signed::from_bytes(&assemble(&protected, &payload, &signature))?)
    }
}

impl Signed {
    /// The longest envelope that is read: a body of 1 MiB and room for the rest.
    pub const LIMIT: usize = Body::LIMIT + 16 * 1024;

    /// Reads an envelope. It must be in deterministic CBOR with exactly the header fields above.
    pub fn from_bytes(bytes: &[u8]) -> Result<Signed, Malformed> {
        let what = "a record";
        if bytes.len() > Signed::LIMIT {
            return Err(Malformed::TooLong { what, size: bytes.len(), limit: Signed::LIMIT });
        }
        let parts = take_apart(bytes).map_err(|why| Malformed::Shape { what, why: why.to_string() })?;
        if assemble(parts.protected, parts.payload, parts.signature) != bytes {
            return Err(Malformed::NotDeterministic { what });
        }
        let header = Header::from_bytes(parts.protected)?;
        let payload = Payload::from_bytes(parts.payload)?;
        let statement = Statement {
            origin: payload.origin,
            unit: payload.unit,
            officer: payload.officer,
            issued: payload.issued,
            labels: payload.labels,
            body: Body::from_bytes(&header.kind, header.version, &payload.body)?,
            thread: payload.thread,
            derived: payload.derived,
        };
        Ok(Signed {
            bytes: bytes.to_vec(),
            id: RecordId(sha256(&[bytes])),
            header,
            statement,
            signed_part: signed_part(parts.protected, parts.payload),
            signature: parts.signature.to_vec(),
        })
    }

    /// The bytes as received.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The record's id.
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// The protected header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What the author states; nobody has checked that the author is who it says.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Checks the signature against the author's record key, valid when the record says it was issued.
    pub fn verify(self, keys: &KeyRing) -> Result<Verified, Unverified> {
        let record = self.id.0.short();
        let statement = &self.statement;
        let key = keys
            .find(&statement.origin, KeyPurpose::Record, self.header.key, statement.issued)
            .map_err(|why| Unverified::Key { record: record.clone(), why })?;
        if key.algorithm() != self.header.algorithm {
            return Err(Unverified::Signature { record });
        }
        match key.verify(&self.signed_part, &self.signature) {
            Ok(()) => Ok(Verified(self)),
            Err(_) => Err(Unverified::Signature { record }),
        }
    }
}

impl Verified {
    /// The bytes as received.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The record's id.
    pub fn id(&self) -> RecordId {
        self.0.id
    }

    /// The protected header.
    pub fn header(&self) -> &Header {
        &self.0.header
    }

    /// What the author states.
    pub fn statement(&self) -> &Statement {
        &self.0.statement
    }

    /// The author's party.
    pub fn origin(&self) -> &PartyCode {
        &self.0.statement.origin
    }

    /// The labels.
    pub fn labels(&self) -> &Labels {
        &self.0.statement.labels
    }
}

impl Header {
    fn to_bytes(&self) -> Vec<u8> {
        crate::canonical::encode(self)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Header, Malformed> {
        let what = "a record's protected header";
        let header: Header =
            minicbor::decode(bytes).map_err(|why| Malformed::Shape { what, why: why.to_string() })?;
        if header.to_bytes() == bytes { Ok(header) } else { Err(Malformed::NotDeterministic { what }) }
    }
}

impl<C> Encode<C> for Header {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        // Bytewise order of the encoded keys: 1, 2, 3, 4, then "kind" before "version".
        e.map(6)?.i64(ALG)?.i64(self.algorithm.cose())?;
        e.i64(CRIT)?.array(2)?.str("kind")?.str("version")?;
        e.i64(CONTENT)?.str(CONTENT_TYPE)?;
        e.i64(KID)?.bytes(self.key.0.as_bytes())?;
        e.str("kind")?.str(self.kind.as_str())?;
        e.str("version")?.u16(self.version)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Header {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Header, minicbor::decode::Error> {
        let wrong = |text: &'static str| minicbor::decode::Error::message(text);
        let expect = |fits: bool, text: &'static str| if fits { Ok(()) } else { Err(wrong(text)) };
        expect(d.map()? == Some(6) && d.i64()? == ALG, "six header fields were expected, the first alg")?;
        let algorithm = Algorithm::from_cose(d.i64()?).ok_or_else(|| wrong("unknown signature algorithm"))?;
        expect(d.i64()? == CRIT && d.array()? == Some(2), "crit was expected")?;
        expect(d.str()? == "kind" && d.str()? == "version", "crit names a field that is not understood")?;
        expect(d.i64()? == CONTENT && d.str()? == CONTENT_TYPE, "another content type was expected")?;
        expect(d.i64()? == KID, "kid was expected")?;
        let key =
            Hash::from_slice(d.bytes()?).map(KeyId).ok_or_else(|| wrong("a kid of 32 bytes was expected"))?;
        expect(d.str()? == "kind", "kind was expected")?;
        let kind = d.str()?;
        expect((1..=40).contains(&kind.len()), "a kind has 1 to 40 bytes")?;
        let Ok(kind) = kind.parse();
        expect(d.str()? == "version", "version was expected")?;
        Ok(Header { algorithm, key, kind, version: d.u16()? })
    }
}

struct Parts<'b> {
    protected: &'b [u8],
    payload: &'b [u8],
    signature: &'b [u8],
}

fn take_apart(bytes: &[u8]) -> Result<Parts<'_>, minicbor::decode::Error> {
    let mut d = Decoder::new(bytes);
    let wrong = |text: &'static str| Err(minicbor::decode::Error::message(text));
    if d.tag()?.as_u64() != COSE_SIGN1 || d.array()? != Some(4) {
        return wrong("a COSE_Sign1 of four parts was expected");
    }
    let protected = d.bytes()?;
    if d.datatype()? != Type::Map || d.map()? != Some(0) {
        return wrong("the unprotected header must be empty");
    }
    let parts = Parts { protected, payload: d.bytes()?, signature: d.bytes()? };
    if d.position() == bytes.len() { Ok(parts) } else { wrong("bytes follow the record") }
}

/// The tagged COSE_Sign1 array.
fn assemble(protected: &[u8], payload: &[u8], signature: &[u8]) -> Vec<u8> {
    struct Envelope<'a>(&'a [u8], &'a [u8], &'a [u8]);
    impl<C> Encode<C> for Envelope<'_> {
        fn encode<W: minicbor::encode::Write>(
            &self,
            e: &mut Encoder<W>,
            _: &mut C,
        ) -> Result<(), minicbor::encode::Error<W::Error>> {
            e.tag(minicbor::data::Tag::new(COSE_SIGN1))?.array(4)?.bytes(self.0)?.map(0)?;
            e.bytes(self.1)?.bytes(self.2)?.ok()
        }
    }
    crate::canonical::encode(&Envelope(protected, payload, signature))
}

/// Sig_structure of RFC 9052 section 4.4, without external data.
fn signed_part(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    struct SigStructure<'a>(&'a [u8], &'a [u8]);
    impl<C> Encode<C> for SigStructure<'_> {
        fn encode<W: minicbor::encode::Write>(
            &self,
            e: &mut Encoder<W>,
            _: &mut C,
        ) -> Result<(), minicbor::encode::Error<W::Error>> {
            e.array(4)?.str("Signature1")?.bytes(self.0)?.bytes(&[])?.bytes(self.1)?.ok()
        }
    }
    crate::canonical::encode(&SigStructure(protected, payload))
}
