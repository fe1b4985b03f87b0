//! What the gates need of a `Cargo.toml`: the package's name and the names it depends on.
//!
//! The manifests of this workspace write one dependency per line, which is all that is read here; a manifest in another
//! form is a fault, not a guess.

/// A crate's name and its dependencies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrateManifest {
    /// The package's name.
    pub name: String,
    /// `[dependencies]`, `[build-dependencies]` and those of a target.
    pub normal: Vec<String>,
    /// `[dev-dependencies]`.
    pub dev: Vec<String>,
}

/// Reads a manifest.
pub fn read(text: &str) -> Result<CrateManifest, String> {
    let mut out = CrateManifest::default();
    let mut section = String::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').to_owned();
            if let Some(name) = single_dependency(&section) {
                let list = if section.contains("dev-dependencies") { &mut out.dev } else { &mut out.normal };
                list.push(name);
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            let in_question = section.ends_with("dependencies");
            if in_question {
                return Err(format!("line {}: `{line}` is not one dependency on one line", index + 1));
            }
            continue;
        };
        let name = key.trim().split('.').next().unwrap_or_default().trim_matches('"').to_owned();
        match section.as_str() {
            "package" if name == "name" => out.name = value.trim().trim_matches('"').to_owned(),
            "dev-dependencies" => out.dev.push(name),
            _ if section.ends_with("dependencies") && section.contains("dev-") => out.dev.push(name),
            _ if section.ends_with("dependencies") => out.normal.push(name),
            _ => {}
        }
    }
    if out.name.is_empty() { Err("it names no package".to_owned()) } else { Ok(out) }
}

/// The name in a header such as `dependencies.serde`.
fn single_dependency(section: &str) -> Option<String> {
    let (before, name) = section.rsplit_once('.')?;
    before.ends_with("dependencies").then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_every_form_in_use() {
        let text = "[package]\nname = \"a\"\n[dependencies]\nb.workspace = true\nc = { path = \"..\" }\n\
                    [dependencies.d]\nversion = \"1\"\n[dev-dependencies]\ne = \"1\"\n[target.'cfg(unix)'.dependencies]\nf = \"1\"\n";
        let read = read(text).unwrap();
        assert_eq!(read.normal, ["b", "c", "d", "f"]);
        assert_eq!(read.dev, ["e"]);
        assert_eq!(read.name, "a");
    }

    #[test]
    fn another_form_is_a_fault() {
        let fault = read("[package]\nname = \"a\"\n[dependencies]\nserde = { version = \"1\",\nfeatures }\n")
            .unwrap_err();
        assert!(fault.contains("line 5"), "{fault}");
    }
}
