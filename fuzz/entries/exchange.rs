//! Entries of `comity-exchange`.

use comity_exchange::{
    Acknowledgement, Dispatch, frames, misp,
    taxii::{self, Added, Filter, FilterSet, HeldVersions, Item, PageKey},
    turn::Turn,
};
use comity_record::{Attested, Canonical, KeyRing};

/// A signed dispatch or acknowledgement. Nobody's key is known, so that nothing may verify.
pub fn dispatch(bytes: &[u8]) {
    if let Ok(dispatch) = Attested::<Dispatch>::from_bytes(bytes) {
        assert_eq!(dispatch.as_bytes(), bytes, "a dispatch keeps its bytes");
        assert!(dispatch.verify(&KeyRing::default()).is_err(), "no dispatch verifies without keys");
    }
    if let Ok(acknowledgement) = Attested::<Acknowledgement>::from_bytes(bytes) {
        assert!(
            acknowledgement.verify(&KeyRing::default()).is_err(),
            "no acknowledgement verifies without keys"
        );
    }
}

/// A turn, the message of a session.
pub fn turn(bytes: &[u8]) {
    if let Ok(turn) = Turn::from_bytes(bytes) {
        assert_eq!(turn.to_bytes(), bytes, "a turn has one encoding");
    }
}

/// What is said in an oblivious lookup, on either side.
pub fn lookup(bytes: &[u8]) {
    comity_exchange::lookup::fuzz_entry(bytes);
}

/// A compressed frame: a bomb is refused before it unfolds.
pub fn compressed(bytes: &[u8]) {
    if let Ok(frame) = frames::decompress(bytes) {
        assert!(frame.to_bytes().len() <= comity_record::Frame::LIMIT_BYTES, "a frame is bounded");
    }
}

/// What a TAXII client sends and a server answers: a query, headers, a paging token, an envelope; and our own rows.
pub fn taxii(bytes: &[u8]) {
    if let Ok(read) = taxii::read_envelope(bytes) {
        assert!(read.objects.len() <= taxii::MAX_OBJECTS, "an envelope is bounded");
        let spliced = taxii::envelope(read.objects.iter().copied(), None);
        let again = taxii::read_envelope(&spliced).map(|again| again.objects);
        assert_eq!(again.ok(), Some(read.objects), "what was spliced can be read, byte for byte");
    }
    if let Some(item) = Item::from_row(&[0; 8], bytes) {
        assert_eq!(Item::from_row(&[0; 8], &item.to_value()), Some(item), "a row comes back");
    }
    if let Some(versions) = HeldVersions::from_value(bytes) {
        assert!(versions.marks().len() <= versions.iter().count(), "marks are of versions held");
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for set in [FilterSet::Many, FilterSet::One, FilterSet::Versions, FilterSet::Deletion] {
        if let Ok(filter) = Filter::read(text, set) {
            assert_eq!(filter.question(), filter.clone().question(), "a question has one form");
        }
    }
    let _taken = (taxii::accepts(Some(text)), taxii::is_taxii(Some(text)), taxii::encoding(Some(text)));
    assert!(PageKey::new([7; 32]).position(b"a question", text).is_err(), "nobody guesses a token");
    if let Ok(added) = text.parse::<Added>() {
        assert_eq!(added.to_string().parse::<Added>(), Ok(added), "a date is shown and read");
    }
}

/// A search by a MISP client, over an event that is searched and one that has nothing.
pub fn misp_search(bytes: &[u8]) {
    let Ok(asked) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
    let event = serde_json::json!({"info": "x", "date": "2026-03-01", "Tag": [{"name": "tlp:green"}]});
    let attribute = serde_json::json!({"type": "ip-dst", "value": "192.0.2.1", "to_ids": true});
    match misp::Filter::read(&asked, 1_772_323_200) {
        Ok(filter) => {
            let _fits = (filter.fits_event(&event, 1), filter.fits_attribute(&event, &attribute, None));
        }
        Err(fault) => assert!(fault.to_string().len() < 4096, "an error is bounded"),
    }
}
