//! Entries of `comity-affairs`.

use comity_affairs::{
    Event, Flow, History,
    custody::{
        Chain, Consignment, Dossier, Entry, ObjectKeys, Package, Parcel, Roots, SignedChain, check_pieces,
        response,
    },
};
use comity_record::{Attested, Canonical, KeyRing, sha256};

/// A case event, taken into a case of its own: what is taken in reads back, and what is refused says why.
pub fn case_event(bytes: &[u8]) {
    let read: Vec<Event> = (1..=2).filter_map(|version| Event::read(version, bytes).ok()).collect();
    assert!(read.len() < 2, "a step is of one version");
    let Some(event) = read.into_iter().next() else { return };
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

/// What a giver sends before the pieces, and what is carried for verification. Without a letter nothing holds.
pub fn parcel(bytes: &[u8]) {
    if let Ok(consignment) = Consignment::from_bytes(bytes) {
        assert_eq!(consignment.to_bytes(), bytes, "a consignment has one encoding");
        if let Ok(parcel) = Attested::<Parcel>::from_bytes(&consignment.parcel) {
            assert!(parcel.verify(&KeyRing::default()).is_err(), "nobody's key fits");
        }
    }
    if let Ok(chain) = SignedChain::from_bytes(bytes) {
        assert_eq!(chain.to_bytes(), bytes, "a custody record has one encoding");
    }
    if let Ok(keys) = ObjectKeys::from_bytes(bytes) {
        assert_eq!(keys.to_bytes(), bytes, "keys have one encoding");
    }
    if let Ok(dossier) = Dossier::from_bytes(bytes) {
        let report = dossier.verify(&KeyRing::default(), &Roots::default());
        assert!(!report.holds(), "without a letter nothing holds");
    }
}

/// The root of the stamp among the seeds.
const STAMP_ROOT: &[u8] = include_bytes!("../src/seeds/files/stamp-root.pem");

/// The answer of a service of time-stamps. Whatever of it was changed, it says no other time than the service did.
pub fn stamp(bytes: &[u8]) {
    let imprint = sha256(&[b"comity"]);
    let Ok(roots) = Roots::from_pem(STAMP_ROOT) else { return };
    if let Ok(stamp) = response(bytes, "seed", &imprint, 7)
        && let Ok(found) = stamp.verify(&imprint, &roots)
    {
        assert_eq!(found.policy, "1.3.6.1.4.1.32473.1", "only what the service signed is accepted");
    }
}
