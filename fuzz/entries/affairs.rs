//! Entries of `comity-affairs`.

use comity_affairs::{
    Event, Flow, History,
    custody::{Chain, Entry, Package, check_pieces},
};
use comity_record::Canonical;

/// A case event, taken into a case of its own: what is taken in reads back, and what is refused says why.
pub fn case_event(bytes: &[u8]) {
    let Ok(event) = Event::read(bytes) else { return };
    assert_eq!(event.to_bytes(), bytes, "an event has one encoding");
    for flow in Flow::ALL {
        let mut history = History::new(event.case, *flow, event.exercise);
        let before = history.view();
        if let Err(fault) = history.arrive(event.clone()) {
            assert!(fault.to_string().len() < 4096, "an error is bounded");
            assert_eq!(history.view(), before, "a refused event changes nothing");
        }
    }
}

/// An evidence package, and a custody entry on a chain of its own.
pub fn evidence(bytes: &[u8]) {
    if let Ok(package) = Package::from_bytes(bytes) {
        assert_eq!(package.to_bytes(), bytes, "a package has one encoding");
        if package.check().is_ok() {
            assert_eq!(
                check_pieces(&package, &[]).len(),
                package.items.len(),
                "every object that did not come is named"
            );
        }
    }
    if let Ok(entry) = Entry::from_bytes(bytes) {
        assert_eq!(entry.to_bytes(), bytes, "an entry has one encoding");
        let _ = Chain::of(vec![entry]);
    }
}
