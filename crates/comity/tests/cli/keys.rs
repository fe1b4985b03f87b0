//! A key revoked by its root: on the node's machine, and over a file from a root without a node.

use super::door::run_in;
use serde_json::Value;
use std::path::Path;

fn told(folder: &Path, exit: i32, arguments: &str) -> Value {
    let output = run_in(folder, &format!("{arguments} --json"));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(exit), "{arguments}: {errors}");
    let bytes = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
    serde_json::from_slice(bytes).unwrap()
}

fn code(answer: &Value) -> &str {
    answer.pointer("/error/code").and_then(Value::as_str).unwrap()
}

/// The ids of a purpose's keys, and which of them are revoked.
fn listed(folder: &Path, purpose: &str) -> Vec<(String, bool)> {
    let keys = told(folder, 0, "key list --dir xa");
    let of_purpose = keys.as_array().unwrap().iter().filter(|key| key["purpose"] == purpose);
    of_purpose.map(|key| (key["id"].as_str().unwrap().to_owned(), !key["revoked"].is_null())).collect()
}

#[test]
fn a_key_is_revoked_by_its_root() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    told(at, 0, "init --party XA --dir xa --unit 'cert=Exercise Act 4'");
    told(at, 0, "unit add cert --name CERT --law 'Exercise Act 4' --dir xa");
    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/threat/exercise-bundle.json");
    told(at, 0, &format!("import {} --dir xa", bundle.display()));
    let first = listed(at, "record").first().unwrap().0.clone();
    let (begun, _) = first.split_at(8);
    let revoke = format!("key revoke {begun} --reason 'stolen with a laptop' --dir xa");
    // A node without a key of a purpose could do nothing.
    assert_eq!(code(&told(at, 3, &revoke)), "keys/last-of-purpose");
    assert_eq!(listed(at, "record"), [(first.clone(), false)]);
    told(at, 0, "key rotate record --in-days 0 --dir xa");
    let revoked = told(at, 0, &revoke);
    assert_eq!((revoked["key"].as_str(), revoked["entered"].as_bool()), (Some(first.as_str()), Some(true)));
    assert_eq!(listed(at, "record").iter().filter(|(_, revoked)| *revoked).count(), 1);
    // What was signed before, and entered, is still the party's own past, now and after a new letter.
    let known = "object show indicator--c0a1170e-0000-4000-8000-000000000005 --dir xa";
    told(at, 0, known);
    told(at, 0, "letter issue --dir xa");
    told(at, 0, known);

    // A root without a node signs a file, and the node gets the file.
    let tls = listed(at, "tls").first().unwrap().0.clone();
    told(at, 0, "key rotate tls --in-days 0 --dir xa");
    let root = "xa/comity-data/XA/root";
    told(at, 0, &format!("key revoke {tls} --reason 'lost' --root {root} --out tls.revocation"));
    assert!(listed(at, "tls").iter().all(|(_, revoked)| !revoked), "nothing is revoked by a file alone");
    told(at, 0, "key revoke --statement tls.revocation --dir xa");
    assert_eq!(listed(at, "tls").iter().filter(|(_, revoked)| *revoked).count(), 1);

    // Another party's root revokes nothing here, and neither does a text that is no statement.
    told(at, 0, "init --party XB --dir xb --unit 'cert=Exercise Act 9'");
    told(
        at,
        0,
        &format!("key revoke {tls} --reason 'x' --root xb/comity-data/XB/root --out foreign.revocation"),
    );
    assert_eq!(
        code(&told(at, 3, "key revoke --statement foreign.revocation --dir xa")),
        "key/bad-root-signature"
    );
    assert_eq!(code(&told(at, 3, "key revoke --statement xa/comity.toml --dir xa")), "letter/no-line");
    assert_eq!(code(&told(at, 2, "key revoke ffff --reason 'x' --dir xa")), "key/unknown");
    assert_eq!(code(&told(at, 2, &format!("key revoke {begun} --reason ' ' --dir xa"))), "key/no-reason");
}
