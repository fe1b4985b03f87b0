//! Reference pages made from the sources: what can be listed is listed, and a stale list fails.

mod codes;
mod errors;

use crate::{report::Outcome, tree};
use std::{fs, io, path::Path};

/// One generated page.
struct Page {
    /// Where it is, from the root.
    path: &'static str,
    /// Its text.
    text: String,
}

/// Writes every generated page, and says which changed.
pub fn write(say: &dyn Fn(&str)) -> io::Result<bool> {
    let root = tree::root();
    let catalogue = codes::read(&root)?;
    for page in pages(&catalogue) {
        let path = root.join(page.path);
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
    let faults = catalogue.faults();
    faults.iter().for_each(|fault| say(fault));
    Ok(faults.is_empty())
}

/// Whether every generated page is what its sources say, and every error code is documented and raised.
pub fn check(root: &Path) -> io::Result<Outcome> {
    let catalogue = codes::read(root)?;
    let mut faults = catalogue.faults();
    let pages = pages(&catalogue);
    for page in &pages {
        if fs::read_to_string(root.join(page.path)).ok().as_deref() != Some(page.text.as_str()) {
            faults.push(format!("{} is stale: `cargo xtask generate` writes it anew", page.path));
        }
    }
    let ran = format!("{} pages, {} error codes", pages.len(), catalogue.codes.len());
    Ok(Outcome::of_check(ran, faults))
}

fn pages(catalogue: &codes::Catalogue) -> Vec<Page> {
    vec![Page { path: "docs/reference/errors.md", text: errors::page(catalogue) }]
}
