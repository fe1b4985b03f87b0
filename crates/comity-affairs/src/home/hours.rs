//! When an authority is at work, in the notation in which a State writes it down: days of the week, hours, holidays and
//! the name of a time zone. What that name means is data of the rim ([`crate::clock::Zone`]).

use crate::clock::{Calendar, Zone};
use comity_record::Date;
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// The days of the week as they are written, Monday first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// Working hours in a time zone.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Hours {
    /// The name of the time zone in the IANA database, such as `Asia/Tokyo`.
    #[n(0)]
    pub zone: String,
    /// Whether each day of the week is worked on, Monday first.
    #[n(1)]
    pub week: [bool; 7],
    /// The minute of the day at which work begins.
    #[n(2)]
    pub opens: u16,
    /// The minute of the day at which it ends.
    #[n(3)]
    pub closes: u16,
    /// Days on which nobody works.
    #[n(4)]
    pub holidays: BTreeSet<Date>,
}

/// Working hours that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoursFault {
    /// The days of the week.
    #[error("`{text}` names no days of the week, such as `mon-fri`, `sun-thu`, `mon,wed` or `all`")]
    Week {
        /// What was given, at most 40 characters of it.
        text: String,
    },
    /// The hours of the day.
    #[error("`{text}` are no hours of a day, such as `09:00-17:30` or `00:00-24:00`")]
    Day {
        /// What was given, at most 40 characters of it.
        text: String,
    },
}

impl HoursFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            HoursFault::Week { .. } => "hours/week",
            HoursFault::Day { .. } => "hours/day",
        }
    }
}

impl Hours {
    /// Hours from their notation: `week` such as `mon-fri` (a range may run over the end of the week), `day` such as
    /// `09:00-17:00`.
    pub fn read(zone: &str, week: &str, day: &str, holidays: BTreeSet<Date>) -> Result<Hours, HoursFault> {
        let cut = |text: &str| text.chars().take(40).collect();
        let week = read_week(week).ok_or_else(|| HoursFault::Week { text: cut(week) })?;
        let (opens, closes) = read_day(day).ok_or_else(|| HoursFault::Day { text: cut(day) })?;
        Ok(Hours { zone: zone.to_owned(), week, opens, closes, holidays })
    }

    /// The days of the week in their notation.
    pub fn week_text(&self) -> String {
        if self.week.iter().all(|worked| *worked) {
            return "all".to_owned();
        }
        let worked = DAYS.iter().zip(self.week).filter(|(_, worked)| *worked).map(|(day, _)| *day);
        worked.collect::<Vec<_>>().join(",")
    }

    /// The hours of the day in their notation.
    pub fn day_text(&self) -> String {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        format!("{}-{}", clock(self.opens), clock(self.closes))
    }

    /// The calendar by which clocks are counted, in the time zone that the name stands for.
    pub fn calendar(&self, zone: Zone) -> Calendar {
        Calendar { zone, week: self.week, closes: self.closes, holidays: self.holidays.clone() }
    }
}

fn read_week(text: &str) -> Option<[bool; 7]> {
    let number = |day: &str| DAYS.iter().position(|known| *known == day.trim());
    if text.trim() == "all" {
        return Some([true; 7]);
    }
    let mut worked = BTreeSet::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (number(first)?, number(last)?);
        let count = (last + DAYS.len() - first) % DAYS.len();
        worked.extend((0..=count).map(|step| (first + step) % DAYS.len()));
    }
    Some(std::array::from_fn(|day| worked.contains(&day)))
}

fn read_day(text: &str) -> Option<(u16, u16)> {
    let minute = |clock: &str| {
        let (hours, minutes) = clock.trim().split_once(':')?;
        let two = |digits: &str, most: u16| {
            let value = digits.parse::<u16>().ok().filter(|value| *value <= most)?;
            (digits.len() == 2).then_some(value)
        };
        Some(two(hours, 24)? * 60 + two(minutes, 59)?).filter(|minute| *minute <= DAY)
    };
    let (opens, closes) = text.split_once('-')?;
    let (opens, closes) = (minute(opens)?, minute(closes)?);
    (opens < closes).then_some((opens, closes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_and_written_in_one_notation() {
        let read = |week: &str, day: &str| Hours::read("Asia/Tokyo", week, day, BTreeSet::new());
        let office = read("mon-fri", "09:00-17:30").unwrap();
        assert_eq!(office.week, [true, true, true, true, true, false, false]);
        assert_eq!((office.opens, office.closes), (540, 1050));
        assert_eq!(
            (office.week_text().as_str(), office.day_text().as_str()),
            ("mon,tue,wed,thu,fri", "09:00-17:30")
        );
        // A week that begins on Sunday runs over the end of the list.
        assert_eq!(
            read("sun-thu", "08:00-15:00").unwrap().week,
            [true, true, true, true, false, false, true]
        );
        assert_eq!(read("all", "00:00-24:00").unwrap().week_text(), "all");
        for (week, day, code) in [
            ("mon-day", "09:00-17:00", "hours/week"),
            ("", "09:00-17:00", "hours/week"),
            ("mon", "9-17", "hours/day"),
            ("mon", "17:00-09:00", "hours/day"),
            ("mon", "00:00-24:01", "hours/day"),
        ] {
            assert_eq!(read(week, day).unwrap_err().code(), code, "{week} {day}");
        }
    }
}
