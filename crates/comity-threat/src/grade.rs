//! How much an indicator is worth at a moment. A grade is shown beside a hit and orders what a person looks at; it never
//! decides whether something is a hit.
//!
//! It begins with the author's confidence, decays with age as the polynomial of MISP's decaying models does, and is
//! divided by what others found: sightings speak for it, opinions that disagree and false positives against it.

use crate::value::Kind;

/// What speaks for and against an indicator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// How sure its author is, from 0 to 100; half of that where nothing is said.
    pub confidence: Option<u8>,
    /// Milliseconds since it began to be valid.
    pub age: i64,
    /// How often it was sighted.
    pub sightings: u32,
    /// How often it was called wrong.
    pub false_positives: u32,
}

/// What an author who says nothing of confidence is taken to mean.
const UNSAID: f64 = 50.0;
/// How steep the end of a life is: the value falls slowly first and fast at last where this is below one.
const SPEED: f64 = 0.5;
const DAY: f64 = 86_400_000.0;

/// Days after which a value is worth nothing more; none for what does not change hands.
fn lifetime(kind: Kind) -> Option<f64> {
    match kind {
        Kind::Ipv4 | Kind::Ipv6 | Kind::Cidr | Kind::AddressPort => Some(120.0),
        Kind::Url => Some(180.0),
        Kind::Name | Kind::Email => Some(730.0),
        Kind::Md5 | Kind::Sha1 | Kind::Sha256 | Kind::Sha512 | Kind::Other => None,
    }
}

/// The grade of a value, from 0 to 100.
pub fn grade(kind: Kind, evidence: Evidence) -> u8 {
    let base = evidence.confidence.map_or(UNSAID, |confidence| f64::from(confidence.min(100)));
    let age = evidence.age.max(0) as f64 / DAY;
    let left = lifetime(kind).map_or(1.0, |days| 1.0 - (age / days).min(1.0).powf(1.0 / SPEED));
    let (for_it, against) = (f64::from(evidence.sightings) + 1.0, f64::from(evidence.false_positives));
    // From 0 to 100 by the bounds of its factors.
    (base * left * for_it / (for_it + against)).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_grade_falls_with_age_and_with_every_false_positive() {
        let of = |kind, confidence, days: i64, sightings, false_positives| {
            grade(kind, Evidence { confidence, age: days * 86_400_000, sightings, false_positives })
        };
        assert_eq!(of(Kind::Ipv4, Some(80), 0, 0, 0), 80);
        // 80 * (1 - (60/120)^2)
        assert_eq!(of(Kind::Ipv4, Some(80), 60, 0, 0), 60);
        assert_eq!(of(Kind::Ipv4, Some(80), 120, 0, 0), 0);
        assert_eq!(of(Kind::Ipv4, Some(80), -5, 0, 0), 80);
        assert_eq!(of(Kind::Sha256, Some(80), 5000, 0, 0), 80);
        assert_eq!(of(Kind::Sha256, None, 0, 0, 1), 25);
        assert_eq!(of(Kind::Sha256, None, 0, 3, 1), 40);
    }

    proptest! {
        #[test]
        fn a_grade_is_at_most_the_confidence(
            confidence in 0u8..=100, age: i64, sightings: u32, false_positives: u32,
        ) {
            for kind in Kind::ALL {
                let evidence = Evidence { confidence: Some(confidence), age, sightings, false_positives };
                prop_assert!(grade(kind, evidence) <= confidence);
            }
        }
    }
}
