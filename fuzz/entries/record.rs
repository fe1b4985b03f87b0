//! Entries of `comity-record`.

use comity_record::{
    Canonical, Date, Entry, Frame, KeyRing, Labels, Letter, PartialDate, PartyCode, RootSigned, Signed,
    Timestamp, label::Tlp,
};

/// A record's envelope. Nobody's key is known, so that nothing may verify.
pub fn record(bytes: &[u8]) {
    let Ok(record) = Signed::from_bytes(bytes) else { return };
    assert_eq!(record.as_bytes(), bytes, "a record keeps its bytes");
    assert!(record.verify(&KeyRing::default()).is_err(), "no record verifies without keys");
}

/// A frame, its record, and its objects against the manifest.
pub fn frame(bytes: &[u8]) {
    let Ok(frame) = Frame::from_bytes(bytes) else { return };
    assert_eq!(frame.to_bytes(), bytes, "a frame has one encoding");
    if let Ok((_, carried)) = frame.open() {
        assert_eq!(carried.len(), frame.objects.len(), "an open frame accounts for every object");
    }
}

/// A letter with its own root.
pub fn letter(bytes: &[u8]) {
    let Ok(signed) = RootSigned::<Letter>::from_bytes(bytes) else { return };
    assert_eq!(signed.to_bytes(), bytes, "a signed statement has one encoding");
    let _ = signed.introduce();
}

/// A ledger entry.
pub fn entry(bytes: &[u8]) {
    if let Ok(entry) = Entry::from_bytes(bytes) {
        assert_eq!(entry.to_bytes(), bytes, "an entry has one encoding");
    }
}

/// Labels as text, `key=value` on each line.
pub fn labels(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut labels = Labels::new(Tlp::Green);
    for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
        if let Err(fault) = labels.set(key, value) {
            assert!(fault.to_string().len() < 4096, "an error is bounded");
        }
    }
    let mut again = Labels::new(Tlp::Clear);
    for (key, value) in labels.entries() {
        assert_eq!(again.set(key, &value), Ok(()), "`{key}={value}` reads back");
    }
    assert_eq!(again, labels, "labels read back from their text");
}

/// Dates, times and party codes as text.
pub fn dates(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(time) = text.parse::<Timestamp>() {
        assert_eq!(time.to_string().parse(), Ok(time), "a time reads back");
    }
    if let Ok(date) = text.parse::<Date>() {
        assert_eq!(date.to_string(), text, "a date has one form");
    }
    if let Ok(date) = text.parse::<PartialDate>() {
        assert!(date.first_day() <= date.last_day(), "a partial date spans its days");
    }
    if let Ok(code) = text.parse::<PartyCode>() {
        assert_eq!(code.as_str(), text, "a code has one form");
    }
}
