//! Media types and encodings, as HTTP negotiates them (RFC 9110 section 12; sections 1.6.8 and 3.2 of the standard).

use comity_threat::SpecVersion;

/// How a stored page may go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// As it is.
    Identity,
    /// gzip (RFC 1952).
    Gzip,
    /// Zstandard (RFC 8878).
    Zstd,
}

impl Encoding {
    /// Its name in `Content-Encoding`; none where nothing is encoded.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Encoding::Identity => None,
            Encoding::Gzip => Some("gzip"),
            Encoding::Zstd => Some("zstd"),
        }
    }
}

/// One choice of a list: its name in small letters, its parameters, and whether its weight is above zero.
struct Choice<'h> {
    name: String,
    parameters: Vec<(String, &'h str)>,
    wanted: bool,
}

fn choices(header: &str) -> impl Iterator<Item = Choice<'_>> {
    header.split(',').filter(|text| !text.trim().is_empty()).map(|text| {
        let mut parts = text.split(';');
        let name = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let mut wanted = true;
        let mut parameters = Vec::new();
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim().trim_matches('"'));
            match key.as_str() {
                "q" => wanted = value.parse::<f32>().is_ok_and(|weight| weight > 0.0),
                _ => parameters.push((key, value)),
            }
        }
        Choice { name, parameters, wanted }
    })
}

impl Choice<'_> {
    /// Whether the version asked for, if any, is 2.1.
    fn version_fits(&self) -> bool {
        self.parameters.iter().all(|(key, value)| key != "version" || *value == "2.1")
    }
}

/// Whether an `Accept` header takes what we send; without one, everything is taken. A client that names no version gets
/// the newest, which is 2.1.
pub fn accepts(accept: Option<&str>) -> bool {
    accept.is_none_or(|header| {
        choices(header).any(|choice| {
            let named = match choice.name.as_str() {
                "application/taxii+json" => choice.version_fits(),
                "*/*" | "application/*" => true,
                _ => false,
            };
            named && choice.wanted
        })
    })
}

/// Whether a `Content-Type` is that of TAXII 2.1.
pub fn is_taxii(content_type: Option<&str>) -> bool {
    let mut given = content_type.into_iter().flat_map(choices);
    match (given.next(), given.next()) {
        (Some(choice), None) => choice.name == "application/taxii+json" && choice.version_fits(),
        _ => false,
    }
}

/// The encoding for an `Accept-Encoding` header: zstd where it is taken, else gzip, else none.
pub fn encoding(accept: Option<&str>) -> Encoding {
    let mut found = Encoding::Identity;
    for choice in accept.into_iter().flat_map(choices).filter(|choice| choice.wanted) {
        match choice.name.as_str() {
            "zstd" => return Encoding::Zstd,
            "gzip" => found = Encoding::Gzip,
            _ => {}
        }
    }
    found
}

/// The media type of an object in a manifest.
pub fn object_media_type(spec: SpecVersion) -> &'static str {
    match spec {
        SpecVersion::V20 => "application/stix+json;version=2.0",
        SpecVersion::V21 => "application/stix+json;version=2.1",
    }
}
