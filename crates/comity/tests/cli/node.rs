//! A node's folder: made, looked at, its letter handed over. Keys are random, so what is compared is what must agree.

use super::door::{Case, check, run_in};
use serde_json::Value;
use std::{fs, path::Path};

pub const CASES: &[Case] = &[
    ("config", 0, "config"),
    ("config-keys", 0, "config --keys"),
    ("config-wrong", 3, "config --check --dir wrong-config"),
    ("config-no-node", 3, "config --check --dir nowhere"),
    ("init-no-party", 2, "init --dir nowhere"),
    ("init-unknown-party", 2, "init --party Japan --dir nowhere"),
    ("init-unit-wrong", 2, "init --party XA --dir nowhere --unit cert"),
    ("key-no-node", 3, "key list --dir nowhere"),
    ("letter-missing", 3, "letter read nowhere.letter"),
    ("letter-is-none", 1, "letter read a-file.txt"),
    ("principles-f", 0, "principles aalco-f"),
    ("principles-json", 0, "principles appf-5 --json"),
    ("principles-unknown", 2, "principles aalco-z"),
];

#[test]
fn what_is_fixed_is_as_agreed() {
    check(CASES);
}

/// Runs a command that must succeed, with `--json`.
fn done(folder: &Path, arguments: &str) -> Value {
    let output = run_in(folder, &format!("{arguments} --json"));
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8(output.stderr).unwrap());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a command that must fail, and gives the code of its error.
fn failed(folder: &Path, arguments: &str) -> String {
    let output = run_in(folder, &format!("{arguments} --json"));
    assert!(!output.status.success(), "{arguments}");
    let told: Value = serde_json::from_slice(&output.stderr).unwrap();
    told.pointer("/error/code").and_then(Value::as_str).unwrap().to_owned()
}

#[test]
fn a_node_is_made_and_its_letter_read_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let made = done(
        folder,
        "init --party xa --dir a --address node.xa.example:4433 --unit 'cert=Exercise Act 4;cyber-defence'",
    );
    assert_eq!(made["party"], "XA");
    let shown = run_in(folder, "letter show --dir a");
    fs::write(folder.join("xa.letter"), [b"Dear colleagues,\n", &shown.stdout[..]].concat()).unwrap();
    let read = done(folder, "letter read xa.letter");
    assert_eq!(read["serial"], 1);
    assert_eq!(read["address"], "node.xa.example:4433");
    assert_eq!(read["units"][0]["purposes"][0], "cyber-defence");
    assert_eq!(read["fingerprint"], done(folder, "letter show --dir a")["fingerprint"]);
    let telephone = made["fingerprint"].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(read["fingerprint"], telephone.as_str());
    assert_eq!(done(folder, "config --check --dir a")["parties"][0], "XA");
    // A person's page fits the screen too.
    let page = String::from_utf8(run_in(folder, "letter read xa.letter").stdout).unwrap();
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
}

#[test]
fn keys_rotate_and_a_new_letter_needs_the_root() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    done(folder, "init --party XA --dir a");
    assert_eq!(done(folder, "key list --dir a").as_array().unwrap().len(), 5);
    let new = done(folder, "key rotate checkpoint --dir a");
    assert_eq!(new.as_array().unwrap().len(), 2);
    fs::rename(folder.join("a/comity-data/XA/root"), folder.join("offline")).unwrap();
    assert_eq!(failed(folder, "letter issue --dir a"), "keys/root-away");
    let issued = done(folder, "letter issue --dir a --root offline");
    assert_eq!(issued["serial"], 2);
    let named = issued["keys"].as_array().unwrap();
    let id = new[0]["id"].as_str().unwrap().split_at(8).0;
    assert!(named.iter().any(|key| key.as_str().unwrap().contains(id)), "{named:?}");
    // The root of another party signs nothing here.
    done(folder, "init --party XB --dir b");
    assert_eq!(failed(folder, "letter issue --dir a --root b/comity-data/XB/root"), "keys/other-root");
}

#[test]
fn nothing_is_overwritten_and_two_parties_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let first = done(folder, "init --party XA --dir a");
    assert_eq!(failed(folder, "init --party XA --dir a"), "cli/party-exists");
    let config = folder.join("a/comity.toml");
    let commented = format!("# our own remark\n{}", fs::read_to_string(&config).unwrap());
    fs::write(&config, commented).unwrap();
    let second = done(folder, "init --party XB --dir a");
    assert_ne!(first["fingerprint"], second["fingerprint"]);
    assert!(fs::read_to_string(&config).unwrap().starts_with("# our own remark"));
    assert_eq!(done(folder, "config --check --dir a")["parties"].as_array().unwrap().len(), 2);
    assert_eq!(failed(folder, "key list --dir a"), "cli/party");
    assert_eq!(done(folder, "letter show --dir a --party XB")["party"], "XB");
    // Keys without their configuration are kept as well.
    fs::remove_file(&config).unwrap();
    assert_eq!(failed(folder, "init --party XA --dir a"), "keys/exists");
}

#[test]
fn keys_that_others_may_read_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    done(folder, "init --party XA --dir a");
    let key = fs::read_dir(folder.join("a/comity-data/XA/keys"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "key"))
        .unwrap();
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(failed(folder, "key list --dir a"), "keys/permissions");
}
