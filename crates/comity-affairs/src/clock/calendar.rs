//! When an authority works.

use comity_record::{Date, Timestamp};
use std::collections::BTreeSet;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
/// Days looked at before a calendar without working days is given up.
const FAR: i32 = 3_660;

/// A time zone as the rim hands it in: from each instant on, minutes east of UTC. Rules of time zones change with law, so
/// they are data of the rim and not of this crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    offsets: Vec<(Timestamp, i32)>,
}

/// Working days, hours and holidays of an authority, in its own time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// The time zone.
    pub zone: Zone,
    /// Whether each day of the week is worked on, Monday first.
    pub week: [bool; 7],
    /// The minute of the day at which work ends; a period in working days ends then.
    pub closes: u16,
    /// Days on which nobody works.
    pub holidays: BTreeSet<Date>,
}

impl Zone {
    /// A fixed offset, in minutes east of UTC.
    pub fn fixed(minutes: i32) -> Zone {
        Zone { offsets: vec![(Timestamp::from_millis(i64::MIN), minutes)] }
    }

    /// Offsets from instants on, ascending; before the first, UTC.
    pub fn new(mut offsets: Vec<(Timestamp, i32)>) -> Zone {
        offsets.sort();
        Zone { offsets }
    }

    /// Milliseconds east of UTC at an instant.
    fn offset(&self, at: Timestamp) -> i64 {
        let before = self.offsets.iter().rev().find(|(from, _)| *from <= at);
        before.map_or(0, |(_, minutes)| i64::from(*minutes) * MINUTE)
    }

    /// The day on which an instant falls here.
    pub fn day(&self, at: Timestamp) -> Date {
        at.plus_millis(self.offset(at)).date()
    }

    /// The instant of a minute of a day here. A minute that a change of the offset leaves out counts as if the offset
    /// before the change still held; one that comes twice counts the first time.
    pub fn instant(&self, day: Date, minute: u16) -> Timestamp {
        let local = day.start().plus_millis(i64::from(minute) * MINUTE);
        let before = self.offset(local.plus_millis(-DAY));
        let after = self.offset(local.plus_millis(DAY));
        let candidate =
            |offset: i64| Some(local.plus_millis(-offset)).filter(|at| self.offset(*at) == offset);
        candidate(before).or_else(|| candidate(after)).unwrap_or(local.plus_millis(-before))
    }
}

impl Calendar {
    /// Monday to Friday until 17:00 in UTC, without holidays.
    pub fn plain() -> Calendar {
        let week = [true, true, true, true, true, false, false];
        Calendar { zone: Zone::fixed(0), week, closes: 17 * 60, holidays: BTreeSet::new() }
    }

    /// Whether a day is worked on.
    pub fn works_on(&self, day: Date) -> bool {
        let of_week = day.start().as_seconds().div_euclid(86_400).saturating_add(3).rem_euclid(7);
        let worked = usize::try_from(of_week).ok().and_then(|n| self.week.get(n)).copied();
        worked.unwrap_or(false) && !self.holidays.contains(&day)
    }

    /// The end of work on the `days`-th working day after the day on which `from` falls here. A calendar without
    /// working days gives the plain number of days.
    pub fn after_working_days(&self, from: Timestamp, days: u32) -> Timestamp {
        let first = self.zone.day(from);
        let mut left = days;
        let mut day = first;
        for _ in 0..FAR {
            if left == 0 {
                return self.zone.instant(day, self.closes);
            }
            day = day.plus_days(1);
            left -= u32::from(self.works_on(day));
        }
        from.plus_millis(i64::from(days) * DAY)
    }

    /// The end of a day here.
    pub fn end_of(&self, day: Date) -> Timestamp {
        self.zone.instant(day.plus_days(1), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn working_days_leave_out_weekends_and_holidays() {
        // 2026-03-06 is a Friday.
        let mut calendar = Calendar::plain();
        assert_eq!(calendar.after_working_days(at("2026-03-06T10:00:00Z"), 1), at("2026-03-09T17:00:00Z"));
        calendar.holidays.insert("2026-03-09".parse().unwrap());
        assert_eq!(calendar.after_working_days(at("2026-03-06T10:00:00Z"), 1), at("2026-03-10T17:00:00Z"));
        assert_eq!(calendar.after_working_days(at("2026-03-06T10:00:00Z"), 0), at("2026-03-06T17:00:00Z"));
    }

    #[test]
    fn the_week_is_that_of_the_authority() {
        // Sunday to Thursday, three hours east: a request of Thursday evening is due on Sunday.
        let week = [true, true, true, true, false, false, true];
        let calendar = Calendar { zone: Zone::fixed(180), week, closes: 15 * 60, holidays: BTreeSet::new() };
        assert_eq!(calendar.after_working_days(at("2026-03-05T20:30:00Z"), 1), at("2026-03-08T12:00:00Z"));
        // Half an hour later it is Thursday night there: still the same day.
        assert_eq!(calendar.zone.day(at("2026-03-05T21:00:00Z")).to_string(), "2026-03-06");
    }

    #[test]
    fn offsets_change_with_time() {
        let zone = Zone::new(vec![(at("2026-03-29T01:00:00Z"), 120), (at("2025-10-26T01:00:00Z"), 60)]);
        assert_eq!(zone.instant("2026-03-28".parse().unwrap(), 540), at("2026-03-28T08:00:00Z"));
        assert_eq!(zone.instant("2026-03-30".parse().unwrap(), 540), at("2026-03-30T07:00:00Z"));
        // On the day itself: before the change, after it, in the hour that it leaves out.
        let on_the_day = |minute| zone.instant("2026-03-29".parse().unwrap(), minute);
        assert_eq!(on_the_day(60), at("2026-03-29T00:00:00Z"));
        assert_eq!(on_the_day(540), at("2026-03-29T07:00:00Z"));
        assert_eq!(on_the_day(150), at("2026-03-29T01:30:00Z"));
        // An hour that comes twice: in October the clock goes back at 01:00 UTC.
        let back = Zone::new(vec![(at("2026-03-29T01:00:00Z"), 120), (at("2026-10-25T01:00:00Z"), 60)]);
        assert_eq!(back.instant("2026-10-25".parse().unwrap(), 150), at("2026-10-25T00:30:00Z"));
    }

    #[test]
    fn a_calendar_without_working_days_ends_all_the_same() {
        let calendar = Calendar { week: [false; 7], ..Calendar::plain() };
        assert_eq!(calendar.after_working_days(at("2026-03-06T10:00:00Z"), 2), at("2026-03-08T10:00:00Z"));
    }
}
