//! YARA: a text that compiles by itself and beside those before it. A compiler refuses a whole file for one fault.

mod limits;

use boreal::{Compiler, compiler::CompilerParams};
use boreal_parser::file::YaraFileComponent as Part;

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

/// Rules, imports and nothing else; no rule that decides over all others; nothing that the compiler here takes and others
/// do not.
fn only_plain_rules(pattern: &str) -> Result<(), &'static str> {
    let read = boreal_parser::parse(pattern).map_err(|_| "a rule that cannot be read")?;
    let mut rules = 0;
    for part in &read.components {
        match part {
            Part::Include(_) => return Err("a rule that includes a file"),
            Part::Rule(rule) if rule.is_global => return Err("a rule that decides over all others"),
            Part::Rule(rule) if MODULES.contains(&rule.name.as_str()) => {
                return Err("a rule with the name of a module");
            }
            Part::Rule(rule) if !limits::holds(rule, pattern) => {
                return Err("a rule beyond what every YARA reads");
            }
            Part::Rule(_) => rules += 1,
            Part::Import(import) if MODULES.contains(&import.name.as_str()) => {}
            Part::Import(_) => return Err("a rule that needs a module that not every YARA has"),
        }
    }
    if rules > 0 { Ok(()) } else { Err("a text without a rule") }
}

/// The modules that YARA is built with by default, with the same fields here.
const MODULES: [&str; 9] = ["pe", "elf", "math", "hash", "dotnet", "time", "console", "string", "dex"];
