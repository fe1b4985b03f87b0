//! Which store a party has.

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::fmt;

/// Which store a party has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreChoice {
    /// The embedded store, in the party's folder.
    Embedded,
    /// A schema of its own in a PostgreSQL database.
    Postgres {
        /// The database.
        url: PostgresUrl,
        /// The schema.
        schema: String,
    },
}

/// A database URL; its password is not shown.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct PostgresUrl(String);

impl PostgresUrl {
    /// The URL with its password, for the connection itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match (self.0.split_once("://"), self.0.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, place))) => format!("{scheme}://…@{place}"),
            _ => "a database".to_owned(),
        };
        f.write_str(&shown)
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct PostgresForm {
    postgres: PostgresUrl,
    schema: String,
}

impl Serialize for StoreChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            StoreChoice::Embedded => serializer.serialize_str("embedded"),
            StoreChoice::Postgres { url, schema } => {
                PostgresForm { postgres: url.clone(), schema: schema.clone() }.serialize(serializer)
            }
        }
    }
}

impl<'de> Deserialize<'de> for StoreChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<StoreChoice, D::Error> {
        deserializer.deserialize_any(ChoiceVisitor)
    }
}

struct ChoiceVisitor;

impl<'de> Visitor<'de> for ChoiceVisitor {
    type Value = StoreChoice;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`embedded`, or a table with `postgres` and `schema`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<StoreChoice, E> {
        match text {
            "embedded" => Ok(StoreChoice::Embedded),
            other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<StoreChoice, A::Error> {
        let form = PostgresForm::deserialize(MapAccessDeserializer::new(map))?;
        let letters = form.schema.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        let starts = form.schema.starts_with(|c: char| c.is_ascii_lowercase());
        if !letters || !starts || form.schema.len() > 48 {
            return Err(A::Error::custom(
                "a schema has 1 to 48 small letters, digits and underscores, a letter first",
            ));
        }
        Ok(StoreChoice::Postgres { url: form.postgres, schema: form.schema })
    }
}
