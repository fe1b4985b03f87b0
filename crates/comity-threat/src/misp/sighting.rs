//! Sightings. MISP has three kinds: seen, false positive, and end of life.

use super::{convert::seconds, part::PartKind, reach::Reach, scan::Slice, work::Work};

/// Gives out a sighting of the object `of`, which an attribute became.
pub(super) fn convert<'a>(work: &mut Work<'_, 'a>, slice: Slice<'a>, of: &str, reach: &Reach) {
    let text = |key: &str| slice.get(key).and_then(Slice::as_text).unwrap_or_default();
    let uuid = work.uuid_of(Some(&text("uuid")), slice);
    let date = seconds(&text("date_sighting"));
    let organisation = slice.get("Organisation");
    let named = |key| organisation.and_then(|org| org.get(key)).and_then(Slice::as_text).unwrap_or_default();
    let (name, source) = (named("name"), text("source"));
    let place = (!name.is_empty()).then(|| work.organisation_object(&named("uuid"), &name, reach));
    let type_name = match text("type").as_ref() {
        "1" => "opinion",
        "2" => "x-misp-sighting",
        _ => "sighting",
    };
    let id = format!("{type_name}--{uuid}");
    let mut emit = work.head::<&str>(type_name, &id, date, reach, &[], None);
    match type_name {
        "sighting" => {
            let seen = work.shown(date.unwrap_or(work.time));
            emit.text("first_seen", &seen);
            emit.text("last_seen", &seen);
            emit.raw("count", "1");
            emit.text("sighting_of_ref", of);
            emit.texts("where_sighted_refs", place);
            emit.text_if("description", &source);
        }
        // A false positive is an opinion on the indicator, and means the same to other tools.
        "opinion" => {
            emit.raw("opinion", "\"strongly-disagree\"");
            emit.raw("explanation", "\"false positive\"");
            emit.texts("object_refs", [of]);
        }
        _ => {
            emit.text("x_misp_sighting_of_ref", of);
            emit.raw("x_misp_meaning", "\"expiration\"");
        }
    }
    work.part(&mut emit, PartKind::Sighting, of, &uuid);
    work.give(emit, slice.text, id, &uuid, reach);
}
