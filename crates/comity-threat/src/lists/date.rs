//! Times as lists write them.

use crate::Moment;

/// A time in one of the forms that can be read in one way only: year, month and day in this order, then perhaps a time of
/// day, taken for UTC. `None` for all others; 03/04/2026 is such a one.
pub(super) fn read(text: &str) -> Option<Moment> {
    let text = text.trim().trim_matches('"');
    if let Ok(moment) = text.parse() {
        return Some(moment);
    }
    let date: String = text.get(..10)?.chars().map(|c| if c == '/' { '-' } else { c }).collect();
    let rest = text.get(10..)?.trim_start_matches(['T', ' ']).trim_end_matches("UTC").trim_end();
    let time = rest.strip_suffix("+00:00").unwrap_or(rest).trim_end_matches('Z');
    let time = match time.len() {
        0 => "00:00:00".to_owned(),
        5 => format!("{time}:00"),
        _ => time.to_owned(),
    };
    format!("{date}T{time}Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_have_one_reading_are_read() {
        for (text, shown) in [
            ("2026-03-01", "2026-03-01T00:00:00.000Z"),
            ("2019/01/04 10:12:00", "2019-01-04T10:12:00.000Z"),
            ("2025-08-25T17:04:19.9796Z", "2025-08-25T17:04:19.9796Z"),
            ("2026-03-01 10:12", "2026-03-01T10:12:00.000Z"),
            ("2026-03-01 10:12:13 UTC", "2026-03-01T10:12:13.000Z"),
        ] {
            assert_eq!(read(text).unwrap().to_string(), shown, "{text}");
        }
        for text in ["", "03/04/2026", "yesterday", "2026-13-01", "2026-03-01T10:00:00+02:00", "ééééé"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
