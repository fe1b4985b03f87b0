//! JSON lines: read into fields with their paths, without a tree of values.

use super::{
    Field, Record,
    roles::{Dialect, Role, Roles},
    time,
};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::{borrow::Cow, fmt};

/// Most fields of one line; what comes after is not looked at, and no log has as many.
const MAX_FIELDS: usize = 10_000;

/// Reads a line; `None` where it is no JSON object.
pub(super) fn read<'l>(line: &'l str, roles: &Roles) -> Option<Record<'l>> {
    let mut fields = Vec::new();
    let mut path = String::new();
    let mut reader = serde_json::Deserializer::from_str(line);
    Fields { path: &mut path, out: &mut fields }.deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    let dialect = dialect(&fields);
    let mut record = Record::default();
    let mut time_rank = u16::MAX;
    for (name, text) in fields {
        let (role, rank) = roles.of(dialect, &name);
        if role == Role::Time && rank < time_rank {
            let read = time::read(&text);
            (record.time, time_rank) = (read.or(record.time), if read.is_some() { rank } else { time_rank });
        }
        record.fields.push(Field { name: Cow::Owned(name), role, text, rank });
    }
    Some(record)
}

/// Whose line it is, by fields that only these programs have.
fn dialect(fields: &[(String, Cow<'_, str>)]) -> Dialect {
    for (name, _) in fields {
        match name.as_str() {
            "event_type" => return Dialect::Eve,
            "id.orig_h" | "id_orig_h" | "_path" | "@stream" => return Dialect::Zeek,
            "EventID" | "Channel" | "winlog.channel" | "Event.System.Channel" | "System.Channel" => {
                return Dialect::Windows;
            }
            _ => {}
        }
    }
    Dialect::Generic
}

struct Fields<'f, 'l> {
    path: &'f mut String,
    out: &'f mut Vec<(String, Cow<'l, str>)>,
}

impl<'l> Fields<'_, 'l> {
    fn push(&mut self, text: Cow<'l, str>) {
        if self.out.len() < MAX_FIELDS {
            self.out.push((self.path.clone(), text));
        }
    }
}

impl<'l> DeserializeSeed<'l> for Fields<'_, 'l> {
    type Value = ();
    fn deserialize<D: Deserializer<'l>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'l> Visitor<'l> for Fields<'_, 'l> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line of a log")
    }

    fn visit_borrowed_str<E>(mut self, text: &'l str) -> Result<(), E> {
        self.push(Cow::Borrowed(text));
        Ok(())
    }

    fn visit_str<E>(mut self, text: &str) -> Result<(), E> {
        self.push(Cow::Owned(text.to_owned()));
        Ok(())
    }

    fn visit_u64<E>(mut self, number: u64) -> Result<(), E> {
        self.push(Cow::Owned(number.to_string()));
        Ok(())
    }

    fn visit_i64<E>(mut self, number: i64) -> Result<(), E> {
        self.push(Cow::Owned(number.to_string()));
        Ok(())
    }

    fn visit_f64<E>(mut self, number: f64) -> Result<(), E> {
        self.push(Cow::Owned(number.to_string()));
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'l>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Fields { path: &mut *self.path, out: &mut *self.out })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<(), A::Error> {
        let length = self.path.len();
        while let Some(key) = map.next_key::<Cow<'l, str>>()? {
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(&key);
            map.next_value_seed(Fields { path: &mut *self.path, out: &mut *self.out })?;
            self.path.truncate(length);
        }
        Ok(())
    }
}
