//! The private Python environment with third-party clients, which `cargo xtask test` makes from
//! `tests/python/requirements.txt`.

use std::path::{Path, PathBuf};

/// Its interpreter. Where there is none, says so in the way the run's summary lists, and `what` was not run.
pub fn interpreter(what: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let environment = root.join("target/python");
    let (list, made) = (root.join("tests/python/requirements.txt"), environment.join("requirements.txt"));
    let fresh = std::fs::read(list).is_ok_and(|list| std::fs::read(made).is_ok_and(|made| made == list));
    if !fresh {
        let line =
            format!("not run: {what}: `cargo xtask test --only python` makes the environment it needs\n");
        // A stream that nobody reads is no reason to fail a test that is not run.
        let _unread = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).is_err();
    }
    fresh.then(|| environment.join("bin/python"))
}

/// A script of the tests, by its name in `tests/python`.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python").join(name)
}
