//! Rules about what stands in files: no leftovers, no traces of the machine it was written on, no file without end.

use crate::{
    report::Outcome,
    token::{self, Kind, Token},
    tree,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The longest source file, in lines.
const LONGEST: usize = 900;

/// Macros that stand for work not done.
const UNDONE: [&str; 2] = ["todo", "unimplemented"];

/// Comments that say so.
const LEFTOVERS: [&str; 3] = ["TODO", "FIXME", "HACK"];

/// Files in which a person may have written a path of a machine.
const WRITTEN: [&str; 10] = ["rs", "toml", "md", "cedar", "cedarschema", "case", "sh", "csv", "html", "json"];

/// Beginnings of paths that exist on one machine only. In halves, so that this file does not find itself.
const MACHINE: [&str; 4] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/."),
    concat!("/tm", "p/t-"),
    concat!("cargo/regis", "try/src"),
];

/// The only place that the lock file may name.
const PUBLIC_REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Words and attributes that have no place in the sources.
pub fn words(root: &Path) -> io::Result<Outcome> {
    let mut faults = Vec::new();
    let sources = sources(root)?;
    for (path, text) in &sources {
        let tokens = token::tokens(text);
        let found = undone(&tokens).into_iter().chain(leftovers(&tokens));
        faults.extend(found.map(|(line, why)| format!("{}:{line}: {why}", tree::shown(root, path))));
    }
    Ok(Outcome::of_check(format!("{} source files", sources.len()), faults))
}

/// Files longer than a reader can hold.
pub fn length(root: &Path) -> io::Result<Outcome> {
    let sources = sources(root)?;
    let count = |text: &str| text.lines().count();
    let longest = sources.iter().map(|(_, text)| count(text)).max().unwrap_or(0);
    let faults = sources
        .iter()
        .filter(|(_, text)| count(text) > LONGEST)
        .map(|(path, text)| {
            format!("{}: {} lines, at most {LONGEST}: split it by noun", tree::shown(root, path), count(text))
        })
        .collect();
    Ok(Outcome::of_check(format!("{} source files, the longest of {longest} lines", sources.len()), faults))
}

/// Paths of one machine in any written file, and package sources other than the public registry.
pub fn traces(root: &Path) -> io::Result<Outcome> {
    let mut faults = Vec::new();
    let files = tree::files_ending(root, &WRITTEN)?;
    for path in &files {
        let text = String::from_utf8_lossy(&fs::read(path)?).into_owned();
        let shown = tree::shown(root, path);
        let lines = text.lines().enumerate();
        faults.extend(
            lines.filter_map(|(i, l)| machine_path(l).map(|p| format!("{shown}:{}: names `{p}…`", i + 1))),
        );
        if shown.ends_with("toml") {
            faults.extend(
                other_registry(&text)
                    .map(|l| format!("{shown}: `{l}` names a package source of one machine")),
            );
        }
    }
    for lock in ["Cargo.lock", "fuzz/Cargo.lock"].map(|l| root.join(l)).iter().filter(|l| l.is_file()) {
        faults.extend(
            other_source(&fs::read_to_string(lock)?).map(|s| format!("{}: {s}", tree::shown(root, lock))),
        );
    }
    Ok(Outcome::of_check(format!("{} files", files.len()), faults))
}

/// Whether the change log speaks of the version at hand.
pub fn change_log(root: &Path) -> io::Result<Outcome> {
    let text = fs::read_to_string(root.join("CHANGELOG.md"))?;
    let lines = lines_of_version(&text, env!("CARGO_PKG_VERSION"));
    let faults = if lines == 0 {
        vec![format!("CHANGELOG.md has no line under `Unreleased` or {}", env!("CARGO_PKG_VERSION"))]
    } else {
        Vec::new()
    };
    Ok(Outcome::of_check(format!("{lines} lines under the version at hand"), faults))
}

fn sources(root: &Path) -> io::Result<Vec<(PathBuf, String)>> {
    let paths = tree::files_ending(root, &["rs"])?;
    paths.into_iter().map(|path| fs::read_to_string(&path).map(|text| (path, text))).collect()
}

fn undone(tokens: &[Token]) -> Vec<(usize, String)> {
    let code = token::code(tokens);
    let mut out = Vec::new();
    for (index, token) in code.iter().enumerate() {
        let next = code.get(index + 1);
        let word = token.word().unwrap_or_default();
        if UNDONE.contains(&word) && next.is_some_and(|t| t.is_mark('!')) {
            out.push((token.line, format!("`{word}!`: finish it, or leave it out")));
        }
        let opens = token.is_mark('[')
            && index.checked_sub(1).and_then(|i| code.get(i)).is_some_and(is_attribute_mark);
        if opens && next.is_some_and(|t| t.is_word("ignore")) {
            out.push((token.line, "an ignored test: make it run, or print why it did not".to_owned()));
        }
        if opens && next.is_some_and(|t| t.is_word("allow")) {
            out.push((token.line, "`allow`: use `expect` with a reason".to_owned()));
        }
    }
    out
}

fn is_attribute_mark(token: &Token) -> bool {
    token.is_mark('#') || token.is_mark('!')
}

fn leftovers(tokens: &[Token]) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    for token in tokens {
        let (Kind::Comment(text) | Kind::Doc(text)) = &token.kind else { continue };
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
        let found = LEFTOVERS.iter().find(|left| words.contains(left));
        out.extend(
            found.map(|left| (token.line, format!("`{left}` in a comment: do it, or say so in an issue"))),
        );
    }
    out
}

/// A path of one machine in a line, unless it is part of a longer path or address.
fn machine_path(line: &str) -> Option<&'static str> {
    MACHINE.into_iter().find(|path| {
        line.match_indices(path).any(|(at, _)| {
            let before = line.get(..at).and_then(|b| b.chars().next_back());
            !before.is_some_and(|c| c.is_alphanumeric() || ".-_/}".contains(c))
        })
    })
}

fn other_registry(toml: &str) -> impl Iterator<Item = &str> {
    let names = ["[source.", "[registries", "replace-with", "registry =", "registry="];
    toml.lines().filter(move |line| names.iter().any(|name| line.trim_start().starts_with(name)))
}

fn other_source(lock: &str) -> impl Iterator<Item = &str> {
    let own = format!("source = \"{PUBLIC_REGISTRY}\"");
    lock.lines().filter(move |line| line.starts_with("source = ") && **line != *own)
}

fn lines_of_version(text: &str, version: &str) -> usize {
    let mut inside = false;
    let mut count = 0;
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            inside = title.contains("Unreleased") || title.contains(version);
        } else if inside && line.starts_with("- ") {
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_work_is_found_and_strings_are_not() {
        let of =
            |source: &str| undone(&token::tokens(source)).len() + leftovers(&token::tokens(source)).len();
        assert_eq!(of("fn a() { todo!() }"), 1);
        assert_eq!(of("#[ignore = \"slow\"] fn a() {}"), 1);
        assert_eq!(of("#![allow(dead_code)]"), 1);
        assert_eq!(of("// FIXME: later"), 1);
        assert_eq!(
            of("#[expect(dead_code, reason = \"x\")] fn allow() { let ignore = [allow]; \"todo!\"; }"),
            0
        );
    }

    #[test]
    fn paths_of_a_machine_are_told_from_addresses() {
        let path = concat!("/wo", "rk/x");
        assert!(machine_path(&format!("see {path}")).is_some());
        assert!(machine_path(&format!("https://example.org{path}")).is_none());
        assert!(machine_path("a folder of your own").is_none());
    }

    #[test]
    fn a_lock_file_names_the_public_registry_only() {
        let own = format!("source = \"{PUBLIC_REGISTRY}\"\n");
        assert_eq!(other_source(&own).count(), 0);
        assert_eq!(other_source("source = \"sparse+https://mirror.example/index\"\n").count(), 1);
    }

    #[test]
    fn lines_of_other_versions_do_not_count() {
        assert_eq!(lines_of_version("## Unreleased\n- a\n- b\n## 0.0.1\n- c\n", "0.1.0"), 2);
        assert_eq!(lines_of_version("## Unreleased\n\n## 0.0.1\n- c\n", "0.1.0"), 0);
    }
}
