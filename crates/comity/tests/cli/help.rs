//! Help that teaches: the listing of all verbs, and each verb's own page.

use super::door::{Case, check};

pub const CASES: &[Case] = &[
    ("help", 0, "--help"),
    ("help-law", 0, "law --help"),
    ("help-law-bases", 0, "law bases --help"),
    ("help-border", 0, "border --help"),
    ("help-border-check", 0, "border check --help"),
    ("help-init", 0, "init --help"),
    ("help-letter", 0, "letter --help"),
    ("help-key", 0, "key --help"),
    ("help-principles", 0, "principles --help"),
    ("help-share", 0, "share --help"),
    ("help-ask", 0, "ask --help"),
    ("help-case", 0, "case --help"),
    ("help-case-new", 0, "case new --help"),
    ("help-case-step", 0, "case step --help"),
    ("help-demo", 0, "demo --help"),
    ("help-ledger-verify", 0, "ledger verify --help"),
    ("help-receipt-verify", 0, "receipt verify --help"),
    ("help-nothing", 2, ""),
    ("help-law-nothing", 2, "law"),
    ("version", 0, "--version"),
];

#[test]
fn help_is_as_agreed() {
    check(CASES);
}
