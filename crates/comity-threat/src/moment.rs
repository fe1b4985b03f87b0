//! STIX times: RFC 3339 in UTC with any number of fraction digits.

use comity_record::{Date, Timestamp};
use std::{cmp::Ordering, fmt, str::FromStr};

/// A STIX `timestamp` (STIX 2.1 section 3.2), to the nanosecond. Versions of an object are told apart by it, so that the
/// milliseconds of [`Timestamp`] would not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// Milliseconds since 1970.
    millis: i64,
    /// Nanoseconds beyond them, below a million; digits after the ninth are dropped.
    nanos: u32,
}

/// A text that is no STIX timestamp.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a time of the form 2026-03-01T12:00:00.000Z")]
pub struct BadMoment {
    /// The text, at most 80 characters of it.
    pub text: String,
}

impl Moment {
    /// To the millisecond, rounded down.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millis(self.millis)
    }

    /// From microseconds since 1970.
    pub fn from_micros(micros: i64) -> Moment {
        let nanos = micros.rem_euclid(1000).unsigned_abs() as u32 * 1000;
        Moment { millis: micros.div_euclid(1000), nanos }
    }

    /// Microseconds since 1970, rounded down.
    pub fn micros(self) -> i64 {
        self.millis.saturating_mul(1000).saturating_add(i64::from(self.nanos / 1000))
    }

    /// Milliseconds since 1970, and nanoseconds beyond them.
    pub fn parts(self) -> (i64, u32) {
        (self.millis, self.nanos)
    }

    /// From the parts; `None` where the nanoseconds are a millisecond or more.
    pub fn from_parts(millis: i64, nanos: u32) -> Option<Moment> {
        (nanos < 1_000_000).then_some(Moment { millis, nanos })
    }

    /// The day in UTC.
    pub fn date(self) -> Date {
        self.timestamp().date()
    }

    /// Nanoseconds since 1970.
    pub(crate) fn nanos(self) -> i128 {
        i128::from(self.millis) * 1_000_000 + i128::from(self.nanos)
    }

    /// Twelve bytes that sort as the times do, none of them all zeros.
    pub fn sortable(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        let (millis, nanos) = bytes.split_at_mut(8);
        millis.copy_from_slice(&(self.millis.cast_unsigned() ^ (1 << 63)).to_be_bytes());
        nanos.copy_from_slice(&self.nanos.to_be_bytes());
        bytes
    }

    /// Of so many nanoseconds since 1970.
    pub(crate) fn from_nanos(nanos: i128) -> Moment {
        let millis = nanos.div_euclid(1_000_000);
        Moment { millis: millis as i64, nanos: nanos.rem_euclid(1_000_000) as u32 }
    }

    /// Of a time to the millisecond.
    pub fn from_millis(millis: i64) -> Moment {
        Moment { millis, nanos: 0 }
    }

    /// Later, equal or earlier than another.
    pub fn compare(self, other: Moment) -> Ordering {
        self.cmp(&other)
    }
}

impl FromStr for Moment {
    type Err = BadMoment;
    fn from_str(text: &str) -> Result<Moment, BadMoment> {
        parse(text.as_bytes()).ok_or_else(|| BadMoment { text: crate::reader::brief(text) })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.timestamp().to_string();
        f.write_str(shown.trim_end_matches('Z'))?;
        if self.nanos > 0 {
            f.write_str(format!("{:06}", self.nanos).trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

fn parse(text: &[u8]) -> Option<Moment> {
    let (fixed, rest) = text.split_at_checked(19)?;
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1] = fixed else {
        return None;
    };
    let year = number(&[*y0, *y1, *y2, *y3])?;
    let (month, day) = (number(&[*m0, *m1])?, number(&[*d0, *d1])?);
    let (hour, minute, second) = (number(&[*h0, *h1])?, number(&[*n0, *n1])?, number(&[*s0, *s1])?);
    // RFC 3339 knows second 60; it is counted like the first second after.
    if hour > 23 || minute > 59 || second > 60 || day < 1 || day > days_in(year, month)? {
        return None;
    }
    let nanos = fraction(rest)?;
    let seconds = (days_since_1970(year, month, day) * 24 + hour) * 3600 + minute * 60 + second;
    Some(Moment { millis: seconds * 1000 + i64::from(nanos / 1_000_000), nanos: nanos % 1_000_000 })
}

fn fraction(rest: &[u8]) -> Option<u32> {
    let digits = rest.strip_suffix(b"Z")?;
    if digits.is_empty() {
        return Some(0);
    }
    let digits = digits.strip_prefix(b".").filter(|digits| !digits.is_empty())?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let shown = digits.iter().copied().chain(std::iter::repeat(b'0')).take(9);
    Some(shown.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
}

fn days_in(year: i64, month: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

/// The Gregorian day count, with years that begin in March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stix_times_are_read_to_the_nanosecond() {
        for (text, shown) in [
            ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00.000Z"),
            ("2026-03-01T12:00:00.123456Z", "2026-03-01T12:00:00.123456Z"),
            ("1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.900Z"),
            ("2024-02-29T00:00:00.1234567891Z", "2024-02-29T00:00:00.123456789Z"),
        ] {
            let moment: Moment = text.parse().unwrap();
            assert_eq!(moment.to_string(), shown);
            let record: Timestamp = moment.to_string().parse().unwrap();
            assert_eq!(moment.timestamp().as_seconds(), record.as_seconds(), "{text}");
        }
        let (a, b): (Moment, Moment) =
            ("2026-03-01T12:00:00.0001Z".parse().unwrap(), "2026-03-01T12:00:00.0002Z".parse().unwrap());
        assert!(a < b && a.timestamp() == b.timestamp());
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "2026-03-01",
            "2026-03-01T12:00:00",
            "2026-03-01T12:00:00+00:00",
            "2026-13-01T12:00:00Z",
            "2023-02-29T12:00:00Z",
            "2026-03-00T12:00:00Z",
            "2026-03-01T24:00:00Z",
            "2026-03-01T12:00:61Z",
            "2026-03-01T12:00:00.Z",
            "2026-03-01t12:00:00z",
            "2026-03-01T12:00:0éZ",
            "+026-03-01T12:00:00Z",
        ] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }
}
