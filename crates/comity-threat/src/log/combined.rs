//! Web servers: `client ident user [time] "request" status bytes "referrer" "agent"`, the last two missing in the common
//! log format.

use super::{Field, Record, roles::Role, time};
use std::borrow::Cow;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Whether a line has the shape.
pub(super) fn is_combined(line: &str) -> bool {
    parts(line).is_some_and(|(_, time, rest)| read_time(time).is_some() && rest.trim_start().starts_with('"'))
}

/// What stands before the time, the time, and what follows.
fn parts(line: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = line.split_once(" [")?;
    let (time, rest) = rest.split_once(']')?;
    Some((before, time, rest))
}

/// Reads a line; `None` where it has another shape.
pub(super) fn read(line: &str) -> Option<Record<'_>> {
    let (before, time, rest) = parts(line)?;
    let mut record = Record { time: read_time(time), fields: Vec::new() };
    let mut push = |name: &'static str, role: Role, text: &'_ str| {
        record.fields.push(Field { name: Cow::Borrowed(name), role, text: text.to_owned().into(), rank: 0 });
    };
    let (client, who) = before.split_once(' ').unwrap_or((before, ""));
    push("client", Role::Source, client);
    push("user", Role::Text, who);
    let mut quoted = rest.split('"');
    quoted.next();
    let request = quoted.next().unwrap_or_default();
    let target = request.split(' ').nth(1).unwrap_or(request);
    // A proxy is asked for whole URLs.
    push("request", if target.contains("://") { Role::Url } else { Role::Text }, target);
    quoted.next();
    for name in ["referrer", "agent"] {
        push(name, Role::Text, quoted.next().unwrap_or_default());
        quoted.next();
    }
    Some(record)
}

/// `17/May/2015:10:05:03 +0000`
fn read_time(text: &str) -> Option<i64> {
    let (day, rest) = text.split_once('/')?;
    let (month, rest) = rest.split_once('/')?;
    let (year, rest) = rest.split_once(':')?;
    let (clock, zone) = rest.split_once(' ').unwrap_or((rest, ""));
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let utc = time::read(&format!("{year}-{month:02}-{day:0>2}T{clock}Z"))?;
    Some(utc - time::offset(zone)?)
}
