//! YARA: a text that compiles by itself and beside those before it. A compiler refuses a whole file for one fault.

use boreal::{Compiler, compiler::CompilerParams};
use boreal_parser::file::YaraFileComponent as Part;
use std::collections::BTreeSet;

/// The rules so far, as a compiler has them.
#[derive(Default)]
pub(super) struct Beside {
    /// Made when the first rule comes: an export of another form needs none.
    compiler: Option<Compiler>,
}

impl Beside {
    /// Reads a text of rules, and takes its names.
    ///
    /// # Errors
    /// Why it cannot stand in the file.
    pub(super) fn check(&mut self, pattern: &str) -> Result<(), &'static str> {
        only_plain_rules(pattern)?;
        // By itself first: what leans on a rule of another indicator means something else in every export.
        compiler().add_rules_str(pattern).map_err(|_| "a rule that does not compile")?;
        let beside = self.compiler.get_or_insert_with(compiler);
        let taken = beside.add_rules_str(pattern).map(|_| ());
        taken.map_err(|_| "a rule with the name of one before it")
    }
}

fn compiler() -> Compiler {
    let mut compiler = Compiler::new();
    // A file that a rule names would be read here, and again by whoever compiles the export.
    compiler.set_params(CompilerParams::default().disable_includes(true));
    compiler
}

/// Rules, imports and nothing else; no rule that decides over all others; no name twice.
fn only_plain_rules(pattern: &str) -> Result<(), &'static str> {
    let read = boreal_parser::parse(pattern).map_err(|_| "a rule that cannot be read")?;
    let (mut names, mut imports) = (BTreeSet::new(), BTreeSet::new());
    for part in &read.components {
        match part {
            Part::Include(_) => return Err("a rule that includes a file"),
            Part::Rule(rule) if rule.is_global => return Err("a rule that decides over all others"),
            Part::Rule(rule) => {
                names.insert(rule.name.as_str());
            }
            Part::Import(import) => {
                imports.insert(import.name.as_str());
            }
        }
    }
    if names.iter().any(|name| MODULES.contains(name)) {
        return Err("a rule with the name of a module");
    }
    if names.is_empty() {
        return Err("a text without a rule");
    }
    let known = imports.iter().all(|name| MODULES.contains(name));
    if known { Ok(()) } else { Err("a rule that needs a module that not every YARA has") }
}

/// The modules that YARA is built with by default.
const MODULES: [&str; 10] =
    ["pe", "elf", "math", "hash", "dotnet", "time", "console", "string", "macho", "dex"];
