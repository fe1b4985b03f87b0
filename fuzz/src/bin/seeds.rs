//! Writes the committed corpora: valid values, and each of them damaged in the ways that wires and people damage things.
//!
//! `cargo run --manifest-path fuzz/Cargo.toml --bin seeds` from the root. The values are fixed; only signatures with
//! ML-DSA-44, which draws on randomness, differ from one time to the next.

#[path = "../seeds/mod.rs"]
mod seeds;

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (target, values) in seeds::all() {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder)?;
        for (name, bytes) in values {
            fs::write(folder.join(&name), &bytes)?;
            for (damage, damaged) in seeds::damage::each(&bytes) {
                fs::write(folder.join(format!("{name}-{damage}")), damaged)?;
            }
        }
    }
    Ok(())
}
