//! Paths of MISP.

/// A path taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Path {
    /// The controller, as `events`.
    pub(super) controller: String,
    /// The action; `index` where none is named.
    pub(super) action: String,
    /// What the action is done to.
    pub(super) arguments: Vec<String>,
    /// Parameters such as `deleted:1`.
    pub(super) named: Vec<(String, String)>,
}

impl Path {
    /// Reads a path. Percent signs and anything unusual lead to nothing that exists.
    pub(super) fn read(path: &str) -> Path {
        let path = path.strip_suffix(".json").unwrap_or(path);
        let mut out = Path::default();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if let Some((name, value)) = part.split_once(':') {
                out.named.push((name.to_owned(), value.to_owned()));
            } else if out.controller.is_empty() {
                out.controller = part.to_owned();
            } else if out.action.is_empty() {
                out.action = part.to_owned();
            } else {
                out.arguments.push(part.to_owned());
            }
        }
        if out.action.is_empty() {
            out.action = "index".to_owned();
        }
        out
    }

    /// The first argument.
    pub(super) fn argument(&self) -> &str {
        self.arguments.first().map_or("", String::as_str)
    }

    /// Whether a parameter says yes, such as `metadata:1` or `deleted[]:1`.
    pub(super) fn says(&self, name: &str) -> bool {
        self.named.iter().any(|(known, value)| known.trim_end_matches("[]") == name && value == "1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_clients_write_them() {
        let path = Path::read("/events/view/5/deleted[]:0/deleted[]:1/excludeGalaxy:1.json");
        assert_eq!(
            (path.controller.as_str(), path.action.as_str(), path.argument()),
            ("events", "view", "5")
        );
        assert!(path.says("deleted") && !path.says("metadata"));
        assert_eq!(Path::read("/events").action, "index");
        assert_eq!(Path::read("/servers/getVersion.json").action, "getVersion");
        assert_eq!(Path::read("/misp/feed/manifest.json").argument(), "manifest");
    }
}
