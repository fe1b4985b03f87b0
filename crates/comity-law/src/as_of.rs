//! The latest date that a source itself shows, and what follows from it: freshness, and when the register knew.

use comity_record::{BadDate, Date, PartialDate};
use std::{fmt, str::FromStr};

/// The `as_of` of a row: the latest date that its source shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// The source shows this date.
    Given(PartialDate),
    /// The source shows no date (`n.d.`).
    NotDated,
    /// No source was read (empty).
    Absent,
}

impl AsOf {
    /// The date, where there is one.
    pub fn date(self) -> Option<PartialDate> {
        match self {
            AsOf::Given(date) => Some(date),
            AsOf::NotDated | AsOf::Absent => None,
        }
    }

    /// Whether a negative fact is fresh on `on` (design section 7): its last day is on or after it. Without a date it
    /// is stale.
    pub fn is_fresh(self, on: Date) -> bool {
        self.date().is_some_and(|date| date.last_day() >= on)
    }

    /// Whether a sentence that rests on this adds "may have changed": older than 24 months on `on`, or undated.
    pub fn may_have_changed(self, on: Date) -> bool {
        self.date().is_none_or(|date| date.last_day().plus_months(24) < on)
    }

    /// When the register knew: the last day of the date, else the date of the set that brought the row.
    pub fn known_from(self, set: Date) -> Date {
        self.date().map_or(set, PartialDate::last_day)
    }

    /// As words in brackets behind a sentence, such as `as of 2014-07; may have changed`.
    pub fn in_words(self, on: Date) -> String {
        let stated = match self {
            AsOf::Given(date) => format!("as of {date}"),
            AsOf::NotDated => "the source shows no date".to_owned(),
            AsOf::Absent => "no source was read".to_owned(),
        };
        if self.may_have_changed(on) { format!("{stated}; may have changed") } else { stated }
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AsOf::Given(date) => write!(f, "{date}"),
            AsOf::NotDated => f.write_str("n.d."),
            AsOf::Absent => Ok(()),
        }
    }
}

impl FromStr for AsOf {
    type Err = BadDate;
    fn from_str(text: &str) -> Result<AsOf, BadDate> {
        match text {
            "" => Ok(AsOf::Absent),
            "n.d." => Ok(AsOf::NotDated),
            _ => text.parse().map(AsOf::Given),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freshness_and_age_count_from_the_last_day() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let month: AsOf = "2024-02".parse().unwrap();
        assert!(month.is_fresh(day("2024-02-29")));
        assert!(!month.is_fresh(day("2024-03-01")));
        assert!(!month.may_have_changed(day("2026-02-28")));
        assert!(month.may_have_changed(day("2026-03-01")));
        for undated in ["", "n.d."] {
            let undated: AsOf = undated.parse().unwrap();
            assert!(!undated.is_fresh(day("1900-01-01")) && undated.may_have_changed(day("1900-01-01")));
            assert_eq!(undated.known_from(day("2026-11-22")), day("2026-11-22"));
        }
        assert_eq!(month.known_from(day("2026-11-22")), day("2024-02-29"));
    }
}
