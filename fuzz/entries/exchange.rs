//! Entries of `comity-exchange`.

use comity_exchange::{Acknowledgement, Dispatch, frames, turn::Turn};
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

/// A compressed frame: a bomb is refused before it unfolds.
pub fn compressed(bytes: &[u8]) {
    if let Ok(frame) = frames::decompress(bytes) {
        assert!(frame.to_bytes().len() <= comity_record::Frame::LIMIT_BYTES, "a frame is bounded");
    }
}
