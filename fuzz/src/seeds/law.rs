//! Values of `comity-law`: files of the register and change sets.

use super::{Target, record::party};
use comity_law::{Change, ChangeSet, Files, Key, Register, Row};
use comity_record::Canonical;

/// The targets of this crate.
pub fn targets() -> Vec<Target> {
    vec![("register", files()), ("change_set", change_sets())]
}

/// The first lines of every shipped file, enough for its columns and some rows.
fn files() -> Vec<(String, Vec<u8>)> {
    let shipped = Files::with_exercise();
    let head = |name: &str| {
        let text = String::from_utf8_lossy(shipped.get(name).unwrap_or_default()).into_owned();
        let lines: Vec<&str> = text.lines().take(4).collect();
        format!("{name}\n{}\n", lines.join("\n")).into_bytes()
    };
    Files::names().filter(|n| n.ends_with(".csv")).map(|n| (n.replace(['/', '.'], "_"), head(n))).collect()
}

fn change_sets() -> Vec<(String, Vec<u8>)> {
    let register = Register::with_exercise().expect("the shipped register");
    let status = register.status("budapest", &party("XA"), None).expect("a row").clone();
    let key = Key::Status(status.instrument.clone(), party("XB"));
    let day = "2026-03-02".parse().expect("a day");
    let changes = [
        ("correct", Change::Correct(Row::Status(Box::new(status.clone())))),
        ("add", Change::Add(Row::Status(Box::new(status)))),
        ("end", Change::End(key, day)),
    ];
    let set = |(name, change): (&str, Change)| {
        let set = ChangeSet {
            id: format!("xa-2026-{name}").parse().expect("an id"),
            author: party("XA"),
            date: day,
            source_statement: "Exercise data.".to_owned(),
            changes: vec![change],
        };
        (name.to_owned(), set.to_bytes())
    };
    changes.map(set).to_vec()
}
