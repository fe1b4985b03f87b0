//! `ARCHITECTURE.md` is a map of what exists: every crate is on it, and every test that it names is in the tree.

use crate::{manifest, report::Outcome, tree};
use std::{collections::BTreeSet, fs, io, path::Path};

/// Checks the page against the tree.
pub fn check(root: &Path) -> io::Result<Outcome> {
    let page = fs::read_to_string(root.join("ARCHITECTURE.md"))?;
    let named = names(&page);
    let mut faults = Vec::new();
    for folder in tree::crates(root)? {
        let manifest =
            manifest::read(&fs::read_to_string(folder.join("Cargo.toml"))?).map_err(io::Error::other)?;
        if !named.contains(manifest.name.as_str()) {
            faults.push(format!("ARCHITECTURE.md: `{}` is not on the map", manifest.name));
        }
    }
    let functions = functions(root)?;
    let tests: Vec<&str> = named.into_iter().filter(|name| is_test(name)).collect();
    for test in tests.iter().filter(|test| !functions.contains(**test)) {
        faults.push(format!("ARCHITECTURE.md: there is no test `{test}`"));
    }
    Ok(Outcome::of_check(format!("{} tests named on the map", tests.len()), faults))
}

/// What stands between single backticks on the page.
fn names(page: &str) -> BTreeSet<&str> {
    page.lines()
        .filter(|line| !line.starts_with("```"))
        .flat_map(|l| l.split('`').skip(1).step_by(2))
        .collect()
}

/// Whether a name is that of a test: lower-case words joined by underscores, at least three.
fn is_test(name: &str) -> bool {
    name.matches('_').count() >= 2
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The names of all functions in the tree.
fn functions(root: &Path) -> io::Result<BTreeSet<String>> {
    let mut out = BTreeSet::new();
    for path in tree::files_ending(&root.join("crates"), &["rs"])? {
        let text = fs::read_to_string(path)?;
        let after = text.split("fn ").skip(1);
        out.extend(after.map(|rest| rest.split(['(', '<']).next().unwrap_or_default().to_owned()));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_told_from_other_names() {
        let page = "see `comity-law`, `stored_data` and `no_wire_without_entry`";
        let found: Vec<&str> = names(page).into_iter().filter(|name| is_test(name)).collect();
        assert_eq!(found, ["no_wire_without_entry"]);
    }
}
