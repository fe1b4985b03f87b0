//! The subject of a check: labels from the command line, or a record from a file.

use crate::{Exit, Fault, trust::Trusted, verb::open};
use comity_border::{Asked, Subject};
use comity_record::{Body, Canonical, Frame, KeyRing, Labels, Signed};
use std::path::Path;

/// What is put to the border, and what is to be said beside the answer.
#[derive(Debug)]
pub struct Given {
    /// What the border looks at.
    pub subject: Subject,
    /// What was not checked.
    pub remark: Option<String>,
}

/// Reads a record, or the frame that carries one. With trusted letters its signature must verify.
pub fn read(path: &Path, trust: &Trusted) -> Result<Given, Fault> {
    let bytes = open::file(path, Frame::LIMIT_BYTES as u64)?;
    let shown = path.display();
    let no_record = |code: &'static str, why: &dyn std::fmt::Display| {
        Fault::new(Exit::Fault, code, format!("`{shown}` is not a record: {why}"))
    };
    let signed = match Frame::from_bytes(&bytes) {
        Ok(frame) => frame.open().map_err(|fault| no_record(fault.code(), &fault))?.0,
        Err(_) => Signed::from_bytes(&bytes).map_err(|malformed| no_record(malformed.code(), &malformed))?,
    };
    if trust.is_empty() {
        let remark = "The record's signature was not checked: no letter is trusted (`--trust FILE`).";
        return Ok(Given { subject: subject(&signed), remark: Some(remark.to_owned()) });
    }
    let mut keys = KeyRing::default();
    trust.letters().iter().for_each(|letter| letter.enter(&mut keys));
    let refused =
        |why: comity_record::Unverified| Fault::new(Exit::No, why.code(), format!("`{shown}`: {why}"));
    let verified = signed.verify(&keys).map_err(refused)?;
    Ok(Given { subject: Subject::of(&verified), remark: None })
}

/// The subject of a record whose signature nobody checked.
fn subject(signed: &Signed) -> Subject {
    let statement = signed.statement();
    Subject {
        record: Some(signed.id()),
        author: statement.origin.clone(),
        kind: signed.header().kind.as_str().to_owned(),
        known: !matches!(statement.body, Body::Unknown { .. }),
        labels: statement.labels.clone(),
        asked: match &statement.body {
            Body::Request(request) => Some(Asked::of(request)),
            _ => None,
        },
        redacted: statement.derived.as_ref().map(|derived| derived.redacted.clone()),
        audience: None,
    }
}

/// The labels as text, for the answer.
pub fn shown(labels: &Labels) -> String {
    labels.to_string()
}
