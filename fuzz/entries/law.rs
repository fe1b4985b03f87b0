//! Entries of `comity-law`.

use comity_law::{ChangeSet, Files, Register};
use comity_record::Canonical;
use std::sync::OnceLock;

/// A file of the register: its name on the first line, then its text in place of the shipped one.
pub fn register(bytes: &[u8]) {
    let Some(at) = bytes.iter().position(|byte| *byte == b'\n') else { return };
    let (name, text) = bytes.split_at(at);
    let Some(name) = Files::names().find(|known| known.as_bytes() == name) else { return };
    let text: Vec<u8> = text.iter().copied().skip(1).collect();
    if let Err(faults) = Register::load(&Files::with_exercise().with(name, text)) {
        assert!(!faults.is_empty(), "a register that is not loaded says why");
        assert!(faults.iter().all(|fault| fault.to_string().len() < 4096), "an error is bounded");
    }
}

/// A change set, and what it would do to the shipped register.
pub fn change_set(bytes: &[u8]) {
    static SHIPPED: OnceLock<Option<Register>> = OnceLock::new();
    let Ok(set) = ChangeSet::from_bytes(bytes) else { return };
    assert_eq!(set.to_bytes(), bytes, "a change set has one encoding");
    let Some(register) = SHIPPED.get_or_init(|| Register::with_exercise().ok()) else { return };
    if let Err(faults) = register.apply(&set) {
        assert!(!faults.is_empty(), "a change set that is not applied says why");
    }
}
