//! The pages for people name only verbs and options that exist: each command in a shell block of the README and the guide
//! is held against the reference pages, which the program itself writes.

use crate::{report::Outcome, tree};
use std::{fs, io, path::Path};

/// What a command begins with on these pages.
const CALLS: [&str; 2] = ["comity ", "cargo run --release -- "];

/// Checks every command.
pub fn check(root: &Path) -> io::Result<Outcome> {
    let mut pages = vec![root.join("README.md")];
    pages.extend(tree::files_ending(&root.join("docs").join("guide"), &["md"])?);
    let mut faults = Vec::new();
    let mut count = 0;
    for page in &pages {
        let text = fs::read_to_string(page)?;
        for (line, command) in commands(&text) {
            count += 1;
            let fault = fault(root, command)?;
            faults.extend(fault.map(|fault| format!("{}:{line}: {fault}", tree::shown(root, page))));
        }
    }
    Ok(Outcome::of_check(format!("{count} commands on {} pages", pages.len()), faults))
}

/// The commands in the shell blocks of a page, without what calls the program, each with its line.
fn commands(page: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let mut shell = false;
    for (index, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            shell = line == "```sh";
        } else if shell {
            let called = CALLS.iter().find_map(|call| line.strip_prefix(call));
            out.extend(called.map(|command| (index + 1, command)));
        }
    }
    out
}

/// What of a command does not exist.
fn fault(root: &Path, command: &str) -> io::Result<Option<String>> {
    let command = command.split('#').next().unwrap_or_default();
    let mut words = command.split_whitespace();
    let Some(verb) = words.next() else { return Ok(None) };
    let path = root.join("docs/reference/cli").join(format!("{verb}.md"));
    if !path.is_file() {
        return Ok(Some(format!("there is no verb `{verb}`")));
    }
    let page = fs::read_to_string(path)?;
    let section = words.clone().next().map(|inner| format!("## `comity {verb} {inner}`\n"));
    let own = match section.as_deref().and_then(|title| page.split_once(title)) {
        Some((_, after)) => after.split("\n## ").next().unwrap_or_default(),
        None => page.split("\n## ").next().unwrap_or_default(),
    };
    let unknown = words.filter(|word| word.starts_with("--")).find(|option| !own.contains(option));
    Ok(unknown.map(|option| format!("`comity {verb}` has no option `{option}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_in_shell_blocks_only() {
        let page =
            "comity a\n```sh\ncomity b --c\ncargo run --release -- d\nls\n```\n```toml\ncomity e\n```\n";
        assert_eq!(commands(page), [(3, "b --c"), (4, "d")]);
    }

    #[test]
    fn what_does_not_exist_is_named() {
        let root = tree::root();
        assert_eq!(fault(&root, "law bases --from XA # a comment --x").unwrap(), None);
        assert!(fault(&root, "lore").unwrap().unwrap().contains("`lore`"));
        assert!(fault(&root, "law bases --form XA").unwrap().unwrap().contains("`--form`"));
    }
}
