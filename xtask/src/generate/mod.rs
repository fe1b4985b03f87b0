//! Reference pages made from the sources: what can be listed is listed, and a stale list fails.

mod codes;
mod commands;
mod errors;
mod meanings;

use crate::{report::Outcome, tree};
use std::{fs, io, path::Path};

/// One generated page.
struct Page {
    /// Where it is, from the root.
    path: String,
    /// Its text.
    text: String,
}

/// Writes every generated page, says which changed, and whether every error code is documented and raised.
pub fn write(say: &dyn Fn(&str)) -> io::Result<bool> {
    let held = write_sources(say)?;
    let root = tree::root();
    write_pages(&root, commands::pages(&root)?, say)?;
    Ok(held)
}

/// Writes the pages that are made of the sources alone, and says whether every error code is documented and raised.
pub fn write_sources(say: &dyn Fn(&str)) -> io::Result<bool> {
    let root = tree::root();
    let catalogue = codes::read(&root)?;
    write_pages(&root, code_pages(&catalogue), say)?;
    let faults = catalogue.faults();
    faults.iter().for_each(|fault| say(fault));
    Ok(faults.is_empty())
}

/// Whether the pages made from sources are fresh, and every error code is documented and raised.
pub fn check_sources(root: &Path) -> io::Result<Outcome> {
    let catalogue = codes::read(root)?;
    let pages = code_pages(&catalogue);
    let mut faults = catalogue.faults();
    faults.extend(stale(root, &pages));
    let ran = format!("{} pages, {} error codes", pages.len(), catalogue.codes.len());
    Ok(Outcome::of_check(ran, faults))
}

/// Whether the pages made from the program's own words are fresh.
pub fn check_commands(root: &Path) -> io::Result<Outcome> {
    let pages = commands::pages(root)?;
    let mut faults: Vec<String> = stale(root, &pages).collect();
    for path in tree::files(&root.join("docs").join("reference").join("cli"))? {
        let shown = tree::shown(root, &path);
        if !pages.iter().any(|page| page.path == shown) {
            faults.push(format!("{shown} is the page of no verb: remove it"));
        }
    }
    Ok(Outcome::of_check(format!("{} pages", pages.len()), faults))
}

fn code_pages(catalogue: &codes::Catalogue) -> Vec<Page> {
    vec![Page { path: "docs/reference/errors.md".to_owned(), text: errors::page(catalogue) }]
}

fn stale<'a>(root: &'a Path, pages: &'a [Page]) -> impl Iterator<Item = String> + 'a {
    let is_stale =
        |page: &&Page| fs::read_to_string(root.join(&page.path)).ok().as_deref() != Some(page.text.as_str());
    pages
        .iter()
        .filter(is_stale)
        .map(|page| format!("{} is stale: `cargo xtask generate` writes it anew", page.path))
}

fn write_pages(root: &Path, pages: Vec<Page>, say: &dyn Fn(&str)) -> io::Result<()> {
    for page in pages {
        let path = root.join(&page.path);
        if fs::read_to_string(&path).ok().as_deref() == Some(page.text.as_str()) {
            say(&format!("{} is fresh", page.path));
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, &page.text)?;
        say(&format!("{} is written anew", page.path));
    }
    Ok(())
}
