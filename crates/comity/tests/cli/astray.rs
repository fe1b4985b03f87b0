//! Wrong input to the verbs of a node: what is wrong is named, with its place where there is one, and nothing is done.

use super::door::{Case, check_in, run_in};
use std::{fs, path::Path};

const NOWHERE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

pub const CASES: &[Case] = &[
    (
        "astray-erase-unknown",
        3,
        "erase 0000000000000000000000000000000000000000000000000000000000000000 --yes --dir xa",
    ),
    ("astray-erase-unconfirmed", 2, "erase 00 --dir xa"),
    ("astray-share-no-peer", 3, "share --to XB --purpose cyber-defence --dir xa"),
    ("astray-share-no-party", 2, "share --to x! --purpose cyber-defence --dir xa"),
    ("astray-share-no-purpose", 2, "share --to XB --purpose cyber-defense --dir xa"),
    ("astray-import-missing", 3, "import nowhere.json --dir xa"),
    ("astray-import-folder", 3, "import folder --dir xa"),
    ("astray-import-syntax", 3, "import syntax.json --dir xa"),
    ("astray-import-deep", 3, "import deep.json --dir xa"),
    ("astray-import-refused", 1, "import refused.json --dir xa"),
    ("astray-import-json", 3, "import syntax.json --dir xa --json"),
    ("astray-pouch", 3, "pouch open noise.pouch --dir xa"),
    ("astray-crossing-short", 3, "crossing show 1234 --dir xa"),
    ("astray-crossing-none", 3, "crossing show 12345678 --dir xa"),
    (
        "astray-ask-aimless",
        2,
        "ask --to XB --measure preserve_stored_data --purpose preservation --facts x --reference y --dir xa",
    ),
];

fn inputs(at: &Path) {
    fs::create_dir(at.join("folder")).unwrap();
    fs::write(at.join("syntax.json"), "{\"type\": \"bundle\",\n \"objects\": [{\"type\": \"indicator\",}]}")
        .unwrap();
    fs::write(at.join("deep.json"), format!("{{\"type\": \"bundle\", \"objects\": [{}", "[".repeat(100_000)))
        .unwrap();
    let refused = "{\"type\": \"bundle\", \"objects\": [\n{\"type\": \"indicator\", \"spec_version\": \"2.1\", \"id\": \"x\"}]}";
    fs::write(at.join("refused.json"), refused).unwrap();
    fs::write(at.join("noise.pouch"), [0xa5; 5000]).unwrap();
}

#[test]
fn what_is_wrong_is_named_and_nothing_is_done() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    assert!(run_in(at, "init --party XA --dir xa").status.success());
    inputs(at);
    check_in(at, CASES);
    for list in ["outbox", "inbox", "peer list"] {
        let listed = run_in(at, &format!("{list} --dir xa --json"));
        assert_eq!(String::from_utf8(listed.stdout).unwrap().trim(), "[]", "{list}");
    }
    let who = run_in(at, &format!("border who --record {NOWHERE} --purpose cyber-defence --dir xa"));
    assert_eq!(who.status.code(), Some(1));
    assert!(String::from_utf8(who.stdout).unwrap().contains("There is no peer yet"));
}
