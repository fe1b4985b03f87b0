//! Evaluation of source and information, and the scale by which it is given.

use super::{LabelFault, join, unknown};
use minicbor::{Decode, Encode};
use std::{fmt, str::FromStr};

vocabulary! {
    /// The scale by which source and information are evaluated.
    Scale "evaluation" {
        /// Source A, B, C or X, information 1 to 4 (Europol 4x4).
        0 FourByFour "4x4"
        /// Source A to F, information 1 to 6 (6x6, the Admiralty code).
        1 SixBySix "6x6"
    }
}

/// Evaluation of source (A to F, X) and information (1 to 6), by one of two scales. What both of them have says different
/// things in each: 3 of 4x4 is hearsay that is confirmed, of 6x6 what is possibly true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(array)]
pub struct Evaluation {
    /// `A` to `F` or `X`.
    #[n(0)]
    pub source: char,
    /// 1 to 6.
    #[n(1)]
    pub information: u8,
}

impl Evaluation {
    /// The scale that the code itself tells: X is of 4x4 alone, D to F and 5 and 6 are of 6x6 alone. Nothing for a code that
    /// both scales have, nor for one that mixes them.
    pub fn told(self) -> Option<Scale> {
        match (self.source, self.information) {
            ('X', 1..=4) => Some(Scale::FourByFour),
            ('D'..='F', 1..=6) | ('A'..='C', 5 | 6) => Some(Scale::SixBySix),
            _ => None,
        }
    }
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.source, self.information)
    }
}

pub(super) fn show(code: Evaluation, scale: Option<Scale>) -> String {
    match scale {
        Some(scale) => format!("{scale}:{code}"),
        None => code.to_string(),
    }
}

/// A code, with its scale where that is given and the code does not tell it.
pub(super) fn read(value: &str) -> Result<(Evaluation, Option<Scale>), LabelFault> {
    let both = "4x4:B2 (A, B, C or X, then 1 to 4), 6x6:B2 (A to F, then 1 to 6); without a scale only what one of them has \
        says which is meant, such as X2 or D5";
    let (scale, code) = match value.split_once(':') {
        Some((scale, code)) => (Some(scale.parse::<Scale>()?), code),
        None => (None, value),
    };
    let mut chars = code.chars();
    let (source, information) = (chars.next(), chars.next().and_then(|c| c.to_digit(10)));
    let code = match (source, information, chars.next()) {
        (Some(source @ ('A'..='F' | 'X')), Some(information @ 1..=6), None) => {
            Evaluation { source, information: u8::try_from(information).unwrap_or(6) }
        }
        _ => return Err(unknown("evaluation", value, both)),
    };
    match (code.told(), scale) {
        // X5: each half is of another scale.
        (None, _) if code.source == 'X' => Err(unknown("evaluation", value, both)),
        (Some(told), Some(scale)) if told != scale => Err(unknown("evaluation", value, both)),
        (Some(_), _) => Ok((code, None)),
        (None, scale) => Ok((code, scale)),
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;
    use crate::label::{Labels, Tlp};

    #[test]
    fn an_evaluation_says_its_scale_and_only_where_it_must_needs_a_later_version() {
        let set = |value: &str| {
            let mut labels = Labels::new(Tlp::Clear);
            labels.set("evaluation", value).map(|()| labels)
        };
        let shown = |value: &str| {
            let labels = set(value).unwrap();
            let scale = labels.scale().map_or("none", Scale::as_str);
            (labels.entries()[1].1.clone(), scale, labels.version)
        };
        // What one scale alone has is written as ever.
        assert_eq!(shown("X4"), ("X4".to_owned(), "4x4", 1));
        assert_eq!(shown("4x4:X4"), ("X4".to_owned(), "4x4", 1));
        assert_eq!(shown("D1"), ("D1".to_owned(), "6x6", 1));
        assert_eq!(shown("6x6:A5"), ("A5".to_owned(), "6x6", 1));
        // What both have: as before without a word, or with one.
        assert_eq!(shown("B2"), ("B2".to_owned(), "none", 1));
        assert_eq!(shown("6x6:B2"), ("6x6:B2".to_owned(), "6x6", 3));
        assert_eq!(shown("4x4:B2"), ("4x4:B2".to_owned(), "4x4", 3));
        for mixed in
            ["X5", "X6", "4x4:X5", "4x4:D1", "4x4:A5", "6x6:X1", "5x5:B2", "6x6:", "6x6:B7", "B2:6x6"]
        {
            let fault = set(mixed).unwrap_err();
            assert!(fault.to_string().contains("6x6"), "{mixed}: {fault}");
        }
        // A later word takes the place of an earlier one, and the version with it.
        let mut labels = set("6x6:B2").unwrap();
        labels.set("evaluation", "D5").unwrap();
        assert_eq!((labels.version, labels.evaluation_scale), (1, None));
        labels.set("embargo-until", "2026-06-01").unwrap();
        labels.set("evaluation", "4x4:A1").unwrap();
        assert_eq!(labels.version, 3);
    }
}
