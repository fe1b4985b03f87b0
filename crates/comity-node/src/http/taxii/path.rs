//! Paths of TAXII, and what may be done at each.

use comity_exchange::taxii::FilterSet;

/// Where a request goes. Names are as they came, decoded; whether they exist is another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Discovery,
    Root(String),
    Status { root: String, id: String },
    Collections { root: String },
    Collection { root: String, collection: String },
    Manifest { root: String, collection: String },
    Objects { root: String, collection: String },
    Object { root: String, collection: String, object: String },
    Versions { root: String, collection: String, object: String },
}

/// What is to be done there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Read,
    Add,
    Delete,
}

impl Place {
    /// From a path; `None` where TAXII has none such.
    pub(super) fn of(path: &str) -> Option<Place> {
        let rest = path.strip_prefix("/taxii2")?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let mut parts = rest.split('/').skip(1).map(decoded);
        let Some(root) = parts.next() else { return Some(Place::Discovery) };
        let root = root?;
        let rest: Option<Vec<String>> = parts.collect();
        let rest = rest?;
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let own = |text: &str| text.to_owned();
        Some(match rest.as_slice() {
            [] => Place::Root(root),
            ["status", id] => Place::Status { root, id: own(id) },
            ["collections"] => Place::Collections { root },
            ["collections", collection] => Place::Collection { root, collection: own(collection) },
            ["collections", collection, "manifest"] => Place::Manifest { root, collection: own(collection) },
            ["collections", collection, "objects"] => Place::Objects { root, collection: own(collection) },
            ["collections", collection, "objects", object] => {
                Place::Object { root, collection: own(collection), object: own(object) }
            }
            ["collections", collection, "objects", object, "versions"] => {
                Place::Versions { root, collection: own(collection), object: own(object) }
            }
            _ => return None,
        })
    }

    /// The API root it is in.
    pub(super) fn root(&self) -> Option<&str> {
        match self {
            Place::Discovery => None,
            Place::Root(root)
            | Place::Status { root, .. }
            | Place::Collections { root }
            | Place::Collection { root, .. }
            | Place::Manifest { root, .. }
            | Place::Objects { root, .. }
            | Place::Object { root, .. }
            | Place::Versions { root, .. } => Some(root),
        }
    }

    /// What a method does here.
    pub(super) fn deed(&self, method: &str) -> Option<Deed> {
        match (self, method) {
            (_, "GET") => Some(Deed::Read),
            (Place::Objects { .. }, "POST") => Some(Deed::Add),
            (Place::Object { .. }, "DELETE") => Some(Deed::Delete),
            _ => None,
        }
    }

    /// The methods taken here.
    pub(super) fn allowed(&self) -> &'static str {
        match self {
            Place::Objects { .. } => "GET, POST",
            Place::Object { .. } => "GET, DELETE",
            _ => "GET",
        }
    }

    /// The parameters taken here.
    pub(super) fn parameters(&self, deed: Deed) -> FilterSet {
        match (self, deed) {
            (_, Deed::Add) => FilterSet::Nothing,
            (_, Deed::Delete) => FilterSet::Deletion,
            (Place::Manifest { .. } | Place::Objects { .. }, Deed::Read) => FilterSet::Many,
            (Place::Object { .. }, Deed::Read) => FilterSet::One,
            (Place::Versions { .. }, Deed::Read) => FilterSet::Versions,
            _ => FilterSet::Nothing,
        }
    }
}

/// A part of a path without its percent signs (RFC 3986 section 2.1); `None` where it is no text, or empty.
fn decoded(part: &str) -> Option<String> {
    if !part.contains('%') {
        return (!part.is_empty()).then(|| part.to_owned());
    }
    let mut out = Vec::with_capacity(part.len());
    let mut bytes = part.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16).and_then(|d| u8::try_from(d).ok());
                digit()? << 4 | digit()?
            }
            byte => byte,
        });
    }
    String::from_utf8(out).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_with_and_without_their_last_slash() {
        let root = "xa".to_owned();
        let (collection, object) = ("c-1".to_owned(), "url--1".to_owned());
        for (path, expected) in [
            ("/taxii2", Some(Place::Discovery)),
            ("/taxii2/xa", Some(Place::Root(root.clone()))),
            ("/taxii2/xa/status/1", Some(Place::Status { root: root.clone(), id: "1".to_owned() })),
            ("/taxii2/xa/collections", Some(Place::Collections { root: root.clone() })),
            (
                "/taxii2/xa/collections/c%2d1/objects",
                Some(Place::Objects { root: root.clone(), collection: collection.clone() }),
            ),
            (
                "/taxii2/xa/collections/c-1/objects/url--1/versions",
                Some(Place::Versions { root: root.clone(), collection, object }),
            ),
            ("/taxii2/xa/collections/c/things", None),
            ("/taxii2/xa//collections", None),
            ("/taxii2/xa/collections/%zz/objects", None),
            ("/taxii2/xa/collections/%ff/objects", None),
            ("/other", None),
        ] {
            assert_eq!(Place::of(path), expected, "{path}");
            if expected.is_some() {
                assert_eq!(Place::of(&format!("{path}/")), expected, "{path}/");
            }
        }
        assert_eq!(Place::of("/taxii2//"), None);
    }
}
