//! What signing manifests saves: the signatures of one crossing, with all hashes of its objects, against one Ed25519
//! signature for each object.

use crate::{
    Outcome, feed,
    line::{Line, Target, rounded},
    machine::Since,
};
use comity_record::{
    Body, Draft, Ed25519Key, Frame, KeyEntry, KeyPurpose, KeyRing, Labels, Manifest, RecordSalt, Signer,
    Statement, Timestamp, label::Tlp,
};

/// Records gone through, each of a thousand objects.
const RECORDS: u64 = 60;
/// Objects of a record.
const OBJECTS: u64 = 1000;
/// About the length of a dispatch or an acknowledgement, in bytes.
const SMALL: usize = 600;

/// Signs and verifies both ways, the same objects.
pub fn measure() -> Outcome<Line> {
    let key = Ed25519Key::from_seed(&[7; 32])?;
    let records: Vec<Vec<Vec<u8>>> = (0..RECORDS)
        .map(|record| (0..OBJECTS).map(|n| feed::indicator(record * OBJECTS + n).into_bytes()).collect())
        .collect();
    let since = Since::on_this_thread();
    for object in records.iter().flatten() {
        let signature = key.sign(object)?;
        key.public_key().verify(object, &signature)?;
    }
    let one_each = since.cpu();
    let (signatures, hashes) = crossings(&key, records)?;
    let whole = signatures + hashes;
    let per_object = |cpu: f64| rounded(cpu * 1e6 / (RECORDS * OBJECTS) as f64);
    Ok(Line::new("exchange-signatures", one_each / whole, "times less CPU", Target::AtLeast(10.0))
        .beside("microseconds_per_object_signed_singly", per_object(one_each))
        .beside("microseconds_per_object_here", per_object(whole))
        .beside("of_which_hashing_objects_twice", per_object(hashes))
        .beside("ratio_of_signatures_alone", rounded(one_each / signatures))
        .beside("signatures_per_crossing", "record, dispatch, acknowledgement: each made and verified"))
}

/// CPU of the signatures, and of the hashes of objects, of every crossing at both ends. Each step is done for all
/// records before the next, since a thread's CPU time is told in steps of some milliseconds.
fn crossings(key: &Ed25519Key, records: Vec<Vec<Vec<u8>>>) -> Outcome<(f64, f64)> {
    let (issued, salt) = ("2026-01-01T00:00:00Z".parse::<Timestamp>()?, RecordSalt::new([3; 32]));
    let (keys, count) = (ring(key, issued)?, records.len());
    let since = Since::on_this_thread();
    let manifests: Vec<Manifest> = records.iter().map(|objects| Manifest::of(&salt, objects)).collect();
    let making = since.cpu();
    let since = Since::on_this_thread();
    let mut signed = Vec::with_capacity(count);
    for manifest in manifests {
        signed.push(draft(issued, manifest)?.sign(key)?);
    }
    for _dispatch_and_acknowledgement in 0..2 * count {
        let message = [0; SMALL];
        let signature = key.sign(&message)?;
        key.public_key().verify(&message, &signature)?;
    }
    let signing = since.cpu();
    let frames: Vec<Frame> =
        signed.iter().zip(records).map(|(signed, objects)| Frame::complete(signed, salt, objects)).collect();
    let since = Since::on_this_thread();
    for frame in &frames {
        // Opening reads the envelope and checks every object; what is verified below is the signature alone.
        frame.open()?;
    }
    let opening = since.cpu();
    let since = Since::on_this_thread();
    for signed in signed {
        signed.verify(&keys)?;
    }
    Ok((signing + since.cpu(), making + opening))
}

fn draft(issued: Timestamp, manifest: Manifest) -> Outcome<Draft> {
    Ok(Draft(Statement {
        origin: "XA".parse()?,
        unit: None,
        officer: None,
        issued,
        labels: Labels::new(Tlp::Green),
        body: Body::Threat(manifest),
        thread: None,
        derived: None,
    }))
}

fn ring(key: &Ed25519Key, from: Timestamp) -> Outcome<KeyRing> {
    let mut keys = KeyRing::default();
    keys.insert(KeyEntry {
        party: "XA".parse()?,
        purpose: KeyPurpose::Record,
        key: key.public_key().clone(),
        valid_from: from,
        valid_to: Timestamp::from_millis(i64::MAX),
        revoked: None,
    });
    Ok(keys)
}
