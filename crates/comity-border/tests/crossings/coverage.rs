//! `packs/coverage.toml` names what carries out each principle; everything it names exists.

use crate::law::register;
use comity_border::Packs;
use std::{collections::BTreeSet, path::PathBuf};

#[test]
fn everything_that_the_table_of_principles_names_exists() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("packs/coverage.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let packs = Packs::shipped().unwrap();
    let listed: BTreeSet<&str> = table.keys().map(String::as_str).collect();
    let wanted: BTreeSet<&str> =
        register().principles().iter().map(|principle| principle.id.as_str()).collect();
    assert_eq!(listed, wanted, "every principle of principles.csv has its row");
    for (id, row) in &table {
        let row = row.as_table().unwrap();
        let list = |key: &str| {
            let items = row.get(key).map_or(&[][..], |items| items.as_array().unwrap());
            items.iter().map(|item| item.as_str().unwrap()).collect::<Vec<_>>()
        };
        for key in row.keys() {
            assert!(
                ["policies", "features", "tests", "not_built_yet"].contains(&key.as_str()),
                "{id}: `{key}`"
            );
        }
        for policy in list("policies") {
            assert!(packs.policy(policy).is_some(), "{id}: there is no policy `{policy}`");
        }
        for feature in list("features") {
            let (path, what) =
                feature.split_once(": ").unwrap_or_else(|| panic!("{id}: `{feature}` has no path"));
            assert!(root.join(path).exists(), "{id}: `{path}` does not exist");
            assert!(!what.is_empty());
        }
        for test in list("tests") {
            assert!(root.join(test).exists(), "{id}: there is no test `{test}`");
        }
        let something =
            !list("policies").is_empty() || !list("features").is_empty() || !list("not_built_yet").is_empty();
        assert!(something, "{id}: the row says nothing");
    }
}
