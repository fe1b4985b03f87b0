//! When a line says it happened, in milliseconds since 1970.

use crate::Moment;

/// Reads the forms that logs have: seconds since 1970 (Zeek), RFC 3339 with `Z` or an offset with or without a colon
/// (Zeek JSON, EVE), and the same with a space and no zone, which is taken for UTC (Windows events).
pub(super) fn read(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if digits && !text.is_empty() {
        return of_seconds(text);
    }
    let (fixed, rest) = text.split_at_checked(19)?;
    let fixed = fixed.replace(' ', "T").replace('/', "-");
    let end = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (fraction, zone) = rest.split_at_checked(end)?;
    let fraction = fraction.replace(',', ".");
    let moment: Moment = format!("{fixed}{}Z", fraction.trim_end()).parse().ok()?;
    Some(moment.timestamp().as_millis() - offset(zone)?)
}

/// Seconds, milliseconds or microseconds since 1970, told apart by their size.
fn of_seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let number: i64 = whole.parse().ok()?;
    match whole.len() {
        0..=11 => {
            let millis: String = fraction.chars().chain("000".chars()).take(3).collect();
            Some(number * 1000 + millis.parse::<i64>().ok()?)
        }
        12..=14 => Some(number),
        15..=17 => Some(number / 1000),
        _ => None,
    }
}

/// The milliseconds that a zone is ahead of UTC.
pub(super) fn offset(zone: &str) -> Option<i64> {
    if zone.is_empty() || zone == "Z" {
        return Some(0);
    }
    let (sign, digits) = zone.split_at_checked(1)?;
    let digits = digits.replace(':', "");
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes: i64 = if minutes.is_empty() { 0 } else { minutes.parse().ok()? };
    let millis = (hours.parse::<i64>().ok()? * 60 + minutes) * 60_000;
    match sign {
        "+" => Some(millis),
        "-" => Some(-millis),
        _ => None,
    }
}
