//! Objects that a client wants to add: each judged alone, so that a bad one does not fail the others (section 5.5 of the
//! standard).

use super::{AudienceClass, filter::brief};
use comity_record::Labels;
use comity_threat::{Context, Level, Object, Policy, Tables, labels_for, validate};
use std::collections::BTreeSet;

/// An object of a request's body.
#[derive(Debug)]
pub struct Posted<'a> {
    /// Its exact bytes.
    pub bytes: &'a [u8],
    /// The object, or why it cannot be read.
    pub object: Result<Object<'a>, String>,
}

/// What is to become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is taken with these labels.
    Take(Box<Labels>),
    /// It is not taken.
    Fail(String),
}

impl Posted<'_> {
    /// Its id, shortened; empty where it has none.
    pub fn id(&self) -> String {
        self.object.as_ref().map_or(String::new(), |object| brief(object.id()))
    }

    /// Its version as it stands in the object; none for what has no date.
    pub fn version(&self) -> Option<String> {
        let common = self.object.as_ref().ok()?.common();
        common.modified().or(common.created()).map(brief)
    }
}

/// Reads the objects of an envelope.
pub fn read_posted<'a>(slices: &[&'a [u8]]) -> Vec<Posted<'a>> {
    let read =
        |bytes: &&'a [u8]| Posted { bytes, object: Object::read(bytes).map_err(|fault| fault.to_string()) };
    slices.iter().map(read).collect()
}

/// A context that knows what the request itself says of markings and authors. An object without a TLP marking gets that
/// of the collection it is added to.
pub fn context_of<'t>(posted: &[Posted<'_>], tables: &'t Tables, policy: Policy) -> Context<'t> {
    let mut context = Context::new(tables, policy);
    posted.iter().filter_map(|one| one.object.as_ref().ok()).for_each(|object| context.note(object));
    context
}

/// The marking definitions that the objects refer to and the context does not know: they may be held here already.
pub fn unresolved_markings(posted: &[Posted<'_>], context: &Context<'_>) -> BTreeSet<String> {
    let objects = posted.iter().filter_map(|one| one.object.as_ref().ok());
    let references = objects.flat_map(|object| object.common().object_marking_refs());
    references.filter(|id| context.meaning(id).is_none()).take(1000).map(str::to_owned).collect()
}

/// Whether an object is sound, and belongs into the collection of this class, where it is to come into one.
pub fn judge_posted(posted: &Posted<'_>, class: Option<AudienceClass>, context: &Context<'_>) -> Verdict {
    let object = match &posted.object {
        Ok(object) => object,
        Err(why) => return Verdict::Fail(why.clone()),
    };
    let findings = validate(object);
    if let Some(grave) = findings.iter().find(|finding| finding.level == Level::Must) {
        return Verdict::Fail(format!("{grave} [{}]", grave.code));
    }
    let labels = labels_for(object, context).labels;
    let marked = AudienceClass::of(&labels);
    if let Some(class) = class.filter(|class| *class != marked) {
        return Verdict::Fail(format!("it is marked `{marked}`, and this collection is for `{class}`"));
    }
    Verdict::Take(Box::new(labels))
}
