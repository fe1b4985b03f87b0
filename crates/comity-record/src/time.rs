//! Time as a value. Nothing here reads a clock: the rim passes the time in.

use jiff::civil;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use std::{fmt, str::FromStr};

/// An instant in UTC, in milliseconds since 1970-01-01T00:00:00Z (leap seconds not counted).
///
/// Shown and read as RFC 3339 with three fraction digits and `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A calendar day (proleptic Gregorian), without time zone. Shown as `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

/// A day, month or year as sources give it: `2004`, `2004-07` or `2004-07-01`.
///
/// Design section 7: a partial date counts from its last day, for the end of a status from its first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PartialDate {
    first: civil::Date,
    last: civil::Date,
}

/// A text that is not a date or time of the form asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct BadDate {
    /// The text as given.
    pub text: String,
    /// What was wanted, with an example.
    pub expected: &'static str,
}

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Timestamp {
        Timestamp(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Later (or earlier, where negative) by so many milliseconds; stops at the ends of the range.
    pub const fn plus_millis(self, millis: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(millis))
    }

    /// The day in UTC.
    pub fn date(self) -> Date {
        Date(self.civil().date())
    }

    fn civil(self) -> civil::DateTime {
        // An instant outside the years -9999 to 9999 is shown as the end of that range.
        let fallback = if self.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        let instant = jiff::Timestamp::from_millisecond(self.0).unwrap_or(fallback);
        jiff::tz::Offset::UTC.to_datetime(instant)
    }
}

impl Date {
    /// The first day of the calendar.
    pub const MIN: Date = Date(civil::Date::MIN);
    /// The last day of the calendar.
    pub const MAX: Date = Date(civil::Date::MAX);

    /// From year, month 1-12 and day 1-31; `None` where there is no such day.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Date> {
        civil::Date::new(year, month, day).ok().map(Date)
    }

    /// Midnight UTC at the start of the day.
    pub fn start(self) -> Timestamp {
        let midnight = self.0.to_datetime(civil::Time::midnight());
        let instant = jiff::tz::Offset::UTC.to_timestamp(midnight);
        Timestamp(instant.map_or(i64::MAX, |instant| instant.as_millisecond()))
    }

    /// Later by so many days (earlier where negative); stops at the ends of the calendar.
    pub fn plus_days(self, days: i32) -> Date {
        Date(self.0.saturating_add(jiff::Span::new().try_days(days).unwrap_or_default()))
    }

    /// Later by so many months, the day clipped to the month's length.
    pub fn plus_months(self, months: i32) -> Date {
        Date(self.0.saturating_add(jiff::Span::new().try_months(months).unwrap_or_default()))
    }
}

impl PartialDate {
    /// The first day that the text covers.
    pub fn first_day(self) -> Date {
        Date(self.first)
    }

    /// The last day that the text covers.
    pub fn last_day(self) -> Date {
        Date(self.last)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}Z", self.civil())
    }
}

impl FromStr for Timestamp {
    type Err = BadDate;
    fn from_str(text: &str) -> Result<Timestamp, BadDate> {
        let expected = "a UTC time such as 2026-03-01T12:00:00Z";
        let bad = || BadDate { text: text.to_owned(), expected };
        if !text.ends_with('Z') {
            return Err(bad());
        }
        let instant: jiff::Timestamp = text.parse().map_err(|_| bad())?;
        Ok(Timestamp(instant.as_millisecond()))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Date {
    type Err = BadDate;
    fn from_str(text: &str) -> Result<Date, BadDate> {
        let bad = || BadDate { text: text.to_owned(), expected: "a day such as 2026-03-01" };
        let (year, month, day) = parts(text).ok_or_else(bad)?;
        Date::new(year, month.ok_or_else(bad)?, day.ok_or_else(bad)?).ok_or_else(bad)
    }
}

impl FromStr for PartialDate {
    type Err = BadDate;
    fn from_str(text: &str) -> Result<PartialDate, BadDate> {
        let expected = "a date such as 2004, 2004-07 or 2004-07-01";
        let bad = || BadDate { text: text.to_owned(), expected };
        let (year, month, day) = parts(text).ok_or_else(bad)?;
        let first = civil::Date::new(year, month.unwrap_or(1), day.unwrap_or(1)).map_err(|_| bad())?;
        let last = match (month, day) {
            (_, Some(_)) => first,
            (Some(_), None) => first.last_of_month(),
            (None, None) => first.last_of_year(),
        };
        Ok(PartialDate { first, last })
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let full = self.first.to_string();
        let shown = if self.first == self.last {
            10
        } else if self.last == self.first.last_of_month() {
            7
        } else {
            4
        };
        f.write_str(full.get(..shown).unwrap_or(&full))
    }
}

/// `YYYY[-MM[-DD]]`, digits only and of exactly that width.
fn parts(text: &str) -> Option<(i16, Option<i8>, Option<i8>)> {
    let mut pieces = text.split('-');
    let mut number = |width: usize| -> Option<Option<i16>> {
        let Some(piece) = pieces.next() else { return Some(None) };
        let digits = piece.len() == width && piece.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| piece.parse().ok()).flatten().map(Some)
    };
    let year = number(4)??;
    let month = number(2)?.and_then(|m| i8::try_from(m).ok());
    let day = number(2)?.and_then(|d| i8::try_from(d).ok());
    pieces.next().is_none().then_some((year, month, day))
}

impl<C> Encode<C> for Timestamp {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.i64(self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Timestamp {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        d.i64().map(Timestamp)
    }
}

impl<C> Encode<C> for Date {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.str(&self.to_string())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Date {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let at = d.position();
        d.str()?.parse().map_err(|bad: BadDate| decode::Error::message(bad.to_string()).at(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_dates_cover_their_period() {
        let cases = [
            ("2004", "2004-01-01", "2004-12-31"),
            ("2024-02", "2024-02-01", "2024-02-29"),
            ("2004-07-01", "2004-07-01", "2004-07-01"),
        ];
        for (text, first, last) in cases {
            let date: PartialDate = text.parse().unwrap();
            assert_eq!(
                (date.first_day().to_string(), date.last_day().to_string()),
                (first.into(), last.into())
            );
            assert_eq!(date.to_string(), text);
        }
        for text in ["", "04", "2004-7", "2004-13", "2023-02-29", "2004-07-01-01", "2004-", "n.d.", "-004"] {
            assert!(text.parse::<PartialDate>().is_err(), "{text}");
        }
    }

    #[test]
    fn timestamps_are_rfc_3339_in_utc() {
        let time: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        assert_eq!(time.as_millis(), 1_772_366_400_000);
        assert_eq!(time.to_string(), "2026-03-01T12:00:00.000Z");
        assert_eq!(time.date().to_string(), "2026-03-01");
        assert_eq!(time.date().start().as_millis(), 1_772_323_200_000);
        assert!("2026-03-01T12:00:00+01:00".parse::<Timestamp>().is_err());
        assert_eq!(Timestamp::from_millis(i64::MIN).plus_millis(-1).as_millis(), i64::MIN);
    }
}
