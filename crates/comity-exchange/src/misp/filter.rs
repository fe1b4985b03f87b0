//! What a `restSearch` or a filtered index asks for.
//!
//! Every condition given must hold. Of several values of one condition one is enough, none may be one that begins with
//! `!`, and `%` stands for any text. Parameters that only shape the reply are passed over; one that would narrow it and is
//! not understood is refused, since a reply that is too wide looks like a right one.

use super::{flag_of, list_of, seconds_of, text_of};
use serde_json::Value;

/// A search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Values of attributes.
    pub value: Terms,
    /// Types of attributes.
    pub type_name: Terms,
    /// Categories of attributes.
    pub category: Terms,
    /// Tags of an attribute or of its event.
    pub tags: Terms,
    /// Tags of the event.
    pub event_tags: Terms,
    /// UUIDs or numbers of events.
    pub event: Terms,
    /// UUIDs of attributes, of objects or of events.
    pub uuid: Terms,
    /// Creators of events, by name or UUID.
    pub org: Terms,
    /// Titles of events.
    pub info: Terms,
    /// Names of objects.
    pub object_name: Terms,
    /// Text in a value, a comment or a title.
    pub anywhere: Option<String>,
    /// Whether the attribute detects.
    pub to_ids: Option<bool>,
    /// Whether the event is published.
    pub published: Option<bool>,
    /// Whether deleted attributes are shown.
    pub deleted: bool,
    /// When the attribute was changed, in seconds since 1970.
    pub timestamp: Range,
    /// When the event was changed.
    pub event_timestamp: Range,
    /// When the event was published.
    pub publish_timestamp: Range,
    /// The event's date, as `2026-03-01`.
    pub date: (String, String),
    /// Only the events themselves.
    pub metadata: bool,
    /// How many; 0 is all.
    pub limit: usize,
    /// Which page, from 1.
    pub page: usize,
}

/// Values of one condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// One of these, where there are any.
    pub any: Vec<String>,
    /// All of these.
    pub all: Vec<String>,
    /// None of these.
    pub none: Vec<String>,
}

/// From and to, both included; 0 is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// From.
    pub from: i64,
    /// To.
    pub to: i64,
}

/// A search that cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFilter {
    /// It is no object.
    #[error("a search is an object with conditions")]
    Shape,
    /// A condition that is not understood.
    #[error("the condition `{name}` is not understood here")]
    Unknown {
        /// Its name.
        name: String,
    },
    /// A time that cannot be read.
    #[error("`{text}` is no time: give seconds since 1970, a day as 2026-03-01, or 5d, 2h, 30m")]
    Time {
        /// The text.
        text: String,
    },
}

impl BadFilter {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            BadFilter::Shape => "misp/bad-search",
            BadFilter::Unknown { .. } => "misp/unknown-condition",
            BadFilter::Time { .. } => "misp/bad-time",
        }
    }
}

/// Parameters that shape the reply, or ask for what we do not add.
const SHAPE: &[&str] = &[
    "returnFormat",
    "withAttachments",
    "enforceWarninglist",
    "includeEventUuid",
    "includeEventTags",
    "includeContext",
    "includeSightings",
    "includeDecayScore",
    "includeCorrelations",
    "includeWarninglistHits",
    "includeFullModel",
    "excludeDecayed",
    "sgReferenceOnly",
    "headerless",
    "requested_attributes",
    "minimal",
    "sort",
    "direction",
    "desc",
    "key",
    "order",
    "attributes",
    "includeAllTags",
    "excludeLocalTags",
    "includeAttribute",
    "includeEvent",
];

impl Filter {
    /// Reads the body of a search; `now` is for times such as `5d`.
    pub fn read(asked: &Value, now: i64) -> Result<Filter, BadFilter> {
        let asked = asked.get("request").unwrap_or(asked);
        let map = match asked {
            Value::Object(map) => map,
            Value::Null => return Ok(Filter { page: 1, ..Filter::default() }),
            Value::Array(list) if list.is_empty() => return Ok(Filter { page: 1, ..Filter::default() }),
            _ => return Err(BadFilter::Shape),
        };
        let mut filter = Filter { page: 1, ..Filter::default() };
        for (name, value) in map {
            let nothing = value.is_null() || *value == Value::String(String::new());
            if !nothing && !SHAPE.contains(&name.as_str()) {
                filter.condition(name, value, now)?;
            }
        }
        Ok(filter)
    }

    fn condition(&mut self, name: &str, value: &Value, now: i64) -> Result<(), BadFilter> {
        let flag = || matches!(text(value).as_str(), "1" | "true");
        let number = || text(value).parse::<usize>().unwrap_or(0);
        match name {
            "value" => self.value = Terms::read(value),
            "type" | "type_attribute" => self.type_name = Terms::read(value),
            "category" => self.category = Terms::read(value),
            "tags" | "tag" => self.tags = Terms::read(value),
            "event_tags" => self.event_tags = Terms::read(value),
            "eventid" | "event_id" | "id" => self.event = Terms::read(value),
            "uuid" => self.uuid = Terms::read(value),
            "org" => self.org = Terms::read(value),
            "eventinfo" | "info" => self.info = Terms::read(value),
            "object_name" => self.object_name = Terms::read(value),
            "searchall" | "quickFilter" | "quickfilter" | "attribute" | "all" => {
                self.anywhere = Some(text(value).to_lowercase())
            }
            "to_ids" => self.to_ids = Some(flag()),
            "published" => self.published = Some(flag()),
            "deleted" => self.deleted = !matches!(text(value).as_str(), "0" | "false"),
            "metadata" => self.metadata = flag(),
            "limit" => self.limit = number(),
            "page" => self.page = number().max(1),
            "timestamp" | "last_change" => self.timestamp = Range::read(value, now)?,
            "event_timestamp" => self.event_timestamp = Range::read(value, now)?,
            "publish_timestamp" | "last" => self.publish_timestamp = Range::read(value, now)?,
            "from" | "datefrom" | "date_from" => self.date.0 = day(value, now)?,
            "to" | "dateuntil" | "date_to" => self.date.1 = day(value, now)?,
            // Zero and false mean that the condition is not made.
            _ if matches!(text(value).as_str(), "0" | "false") => {}
            _ => return Err(BadFilter::Unknown { name: name.chars().take(40).collect() }),
        }
        Ok(())
    }

    /// Whether an event fits, apart from its attributes.
    pub fn fits_event(&self, event: &Value, number: u64) -> bool {
        let orgc = event.get("Orgc").unwrap_or(&Value::Null);
        let date = text_of(event, "date");
        let tags = tags_of(event);
        let published = flag_of(event, "published");
        let of_attributes = !self.metadata;
        !flag_of(event, "deleted")
            && self.event.one_of(&[text_of(event, "uuid"), number.to_string()])
            && self.org.one_of(&[text_of(orgc, "name"), text_of(orgc, "uuid")])
            && self.info.one_of(&[text_of(event, "info")])
            && self.event_tags.among(&tags)
            && (of_attributes || self.tags.among(&tags))
            && self.published.is_none_or(|wanted| wanted == published)
            && self.event_timestamp.holds(seconds_of(event, "timestamp"))
            && self.publish_timestamp.holds(seconds_of(event, "publish_timestamp"))
            && (self.date.0.is_empty() || date >= self.date.0)
            && (self.date.1.is_empty() || date <= self.date.1)
    }

    /// Whether an attribute of a fitting event fits; `object` is the name of the object it stands in.
    pub fn fits_attribute(&self, event: &Value, attribute: &Value, object: Option<&Value>) -> bool {
        let (value, comment) = (text_of(attribute, "value"), text_of(attribute, "comment"));
        let mut tags = tags_of(attribute);
        tags.extend(tags_of(event));
        let halves: Vec<String> = value.split('|').map(str::to_owned).chain([value.clone()]).collect();
        let uuids = [
            text_of(attribute, "uuid"),
            text_of(event, "uuid"),
            object.map_or_else(String::new, |o| text_of(o, "uuid")),
        ];
        let name = object.map_or_else(String::new, |object| text_of(object, "name"));
        let anywhere = |text: &String| {
            [&value, &comment, &text_of(event, "info")]
                .iter()
                .any(|one| one.to_lowercase().contains(text.trim_matches('%')))
        };
        (self.deleted || !flag_of(attribute, "deleted"))
            && self.value.one_of(&halves)
            && self.type_name.one_of(&[text_of(attribute, "type")])
            && self.category.one_of(&[text_of(attribute, "category")])
            && self.tags.among(&tags)
            && self.uuid.one_of(&uuids)
            && self.object_name.one_of(&[name])
            && self.to_ids.is_none_or(|wanted| wanted == flag_of(attribute, "to_ids"))
            && self.timestamp.holds(seconds_of(attribute, "timestamp"))
            && self.anywhere.as_ref().is_none_or(anywhere)
    }

    /// Whether it asks anything of attributes, so that an event without a fitting one does not fit.
    pub fn asks_of_attributes(&self) -> bool {
        let empty = Terms::default();
        let terms = [&self.value, &self.type_name, &self.category, &self.object_name];
        let any =
            terms.iter().any(|terms| **terms != empty) || self.to_ids.is_some() || self.anywhere.is_some();
        !self.metadata && any
    }

    /// How many results come before the page, and how many are on it.
    pub fn window(&self) -> (usize, usize) {
        match self.limit {
            0 => (0, usize::MAX),
            limit => (limit.saturating_mul(self.page.saturating_sub(1)), limit),
        }
    }
}

impl Terms {
    fn read(value: &Value) -> Terms {
        let mut terms = Terms::default();
        match value {
            Value::Object(map) => {
                for (key, list) in map {
                    let into = match key.as_str() {
                        "AND" => &mut terms.all,
                        "NOT" => &mut terms.none,
                        _ => &mut terms.any,
                    };
                    into.extend(each(list));
                }
            }
            other => each(other).into_iter().for_each(|text| terms.add(text)),
        }
        terms
    }

    fn add(&mut self, text: String) {
        // MISP also writes a list in one text: `a||b` is one of them, `a&&!b` all of them.
        for any in text.split("||") {
            match any.strip_prefix('!') {
                Some(none) => self.none.push(none.to_lowercase()),
                None => self.any.push(any.to_lowercase()),
            }
        }
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        *self == Terms::default()
    }

    /// Whether something that is called any of these fits.
    fn one_of(&self, names: &[String]) -> bool {
        let is = |term: &String| names.iter().any(|name| like(&name.to_lowercase(), term));
        (self.any.is_empty() || self.any.iter().any(is))
            && self.all.iter().all(is)
            && !self.none.iter().any(is)
    }

    /// The same for tags.
    fn among(&self, tags: &[String]) -> bool {
        self.one_of(tags)
    }
}

impl Range {
    fn read(value: &Value, now: i64) -> Result<Range, BadFilter> {
        match value {
            Value::Array(list) => {
                let at = |index: usize| list.get(index).map_or(Ok(0), |value| moment(value, now));
                let (a, b) = (at(0)?, at(1)?);
                Ok(if b > 0 && a > b { Range { from: b, to: a } } else { Range { from: a, to: b } })
            }
            one => Ok(Range { from: moment(one, now)?, to: 0 }),
        }
    }

    fn holds(self, at: i64) -> bool {
        at >= self.from && (self.to == 0 || at <= self.to)
    }
}

fn each(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().map(text).filter(|text| !text.is_empty()).collect(),
        one => vec![text(one)].into_iter().filter(|text| !text.is_empty()).collect(),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(flag) => u8::from(*flag).to_string(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Whether a text is like a term in which `%` stands for any text. Both are in small letters.
fn like(text: &str, term: &str) -> bool {
    let term = term.to_lowercase();
    let mut parts = term.split('%');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn moment(value: &Value, now: i64) -> Result<i64, BadFilter> {
    let text = text(value);
    let bad = || BadFilter::Time { text: text.chars().take(40).collect() };
    if text.is_empty() {
        return Ok(0);
    }
    if let Ok(seconds) = text.parse::<f64>() {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "fractions of a second do not count; the rest saturates"
        )]
        return Ok(seconds as i64);
    }
    if let Ok(day) = text.parse::<comity_record::Date>() {
        return Ok(day.start().as_seconds());
    }
    let mut letters = text.chars();
    let unit = match letters.next_back() {
        Some('d') => 86_400,
        Some('h') => 3_600,
        Some('m') => 60,
        Some('s') => 1,
        _ => return Err(bad()),
    };
    let count: i64 = letters.as_str().parse().map_err(|_| bad())?;
    Ok(now.saturating_sub(count.saturating_mul(unit)))
}

fn day(value: &Value, now: i64) -> Result<String, BadFilter> {
    let seconds = moment(value, now)?;
    Ok(comity_record::Timestamp::from_millis(seconds.saturating_mul(1000)).date().to_string())
}

fn tags_of(value: &Value) -> Vec<String> {
    list_of(value, "Tag").iter().map(|tag| text_of(tag, "name")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event() -> Value {
        json!({ "uuid": "u", "info": "Mail run", "date": "2026-03-01", "timestamp": "1000", "publish_timestamp": "0", "published": false,
            "Orgc": { "name": "CERT XB" }, "Tag": [{ "name": "tlp:green" }] })
    }

    fn attribute() -> Value {
        json!({ "uuid": "a", "type": "ip-dst|port", "category": "Network activity", "value": "192.0.2.1|443", "to_ids": true,
            "timestamp": "900", "Tag": [{ "name": "malware:Loader" }] })
    }

    fn check(asked: Value, fits: bool) {
        let filter = Filter::read(&asked, 100_000).unwrap();
        let found = filter.fits_event(&event(), 5) && filter.fits_attribute(&event(), &attribute(), None);
        assert_eq!(found, fits, "{asked}");
    }

    #[test]
    fn conditions_hold_as_misp_has_them() {
        for (asked, fits) in [
            (json!({}), true),
            (json!([]), true),
            (json!({ "value": "192.0.2.1" }), true),
            (json!({ "value": "192.0.2.1|443", "returnFormat": "json", "page": 1 }), true),
            (json!({ "value": "192.0.2.%" }), true),
            (json!({ "value": ["10.0.0.1", "192.0.2.1"] }), true),
            (json!({ "value": "192.0.2" }), false),
            (json!({ "type": ["domain", "ip-dst|port"] }), true),
            (json!({ "type": "!ip-dst|port" }), false),
            (json!({ "type": { "NOT": ["domain"], "OR": ["ip-dst|port"] } }), true),
            (json!({ "tags": "tlp:green" }), true),
            (json!({ "tags": ["malware:%"] }), true),
            (json!({ "tags": "!tlp:green" }), false),
            (json!({ "tags": { "AND": ["tlp:green", "tlp:red"] } }), false),
            (json!({ "event_tags": "malware:Loader" }), false),
            (json!({ "timestamp": 900 }), true),
            (json!({ "timestamp": [901, null] }), false),
            (json!({ "timestamp": ["2d", "1d"] }), true),
            (json!({ "timestamp": "30m" }), false),
            (json!({ "timestamp": "2d" }), true),
            (json!({ "from": "2026-03-01", "to": "2026-03-01" }), true),
            (json!({ "from": "2026-03-02" }), false),
            (json!({ "to_ids": 0 }), false),
            (json!({ "published": true }), false),
            (json!({ "org": "cert xb", "eventinfo": "%run%" }), true),
            (json!({ "eventid": "5" }), true),
            (json!({ "eventid": "6" }), false),
            (json!({ "searchall": "MAIL" }), true),
            (json!({ "includeContext": 1, "sharinggroup": 0, "category": null }), true),
        ] {
            check(asked, fits);
        }
    }

    #[test]
    fn a_condition_that_is_not_understood_is_refused() {
        for (asked, code) in [
            (json!({ "sharinggroup": "5" }), "misp/unknown-condition"),
            (json!({ "timestamp": "soon" }), "misp/bad-time"),
            (json!("x"), "misp/bad-search"),
        ] {
            assert_eq!(Filter::read(&asked, 0).unwrap_err().code(), code, "{asked}");
        }
    }

    #[test]
    fn pages_are_counted_from_one() {
        let filter = Filter::read(&json!({ "limit": "10", "page": "3" }), 0).unwrap();
        assert_eq!(filter.window(), (20, 10));
        assert_eq!(Filter::default().window(), (0, usize::MAX));
    }
}
