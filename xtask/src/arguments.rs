//! What the command line asks for, and the help that teaches it.

use crate::{soak::Length, test::STEPS};

/// One task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Print a text.
    Help(String),
    /// Check and test everything, or one step.
    Test {
        /// The step.
        only: Option<String>,
    },
    /// The long runs.
    Soak(Length),
    /// Fuzzing.
    Fuzz {
        /// Seconds for each target.
        seconds: u64,
        /// The target; all where it is absent.
        target: Option<String>,
    },
    /// Write generated pages: all, or those that are made of the sources alone.
    Generate {
        /// Whether the program is left unbuilt, and its pages as they are.
        sources_only: bool,
    },
}

/// Reads the arguments.
pub fn read(given: &[String]) -> Result<Task, String> {
    let mut given = Given { rest: given.iter().map(String::as_str).collect() };
    if given.rest.is_empty() || given.flag("--help") || given.flag("-h") {
        return Ok(Task::Help(help()));
    }
    let task = match given.word() {
        Some("test") => test(&mut given)?,
        Some("soak") => Task::Soak(Length {
            minutes: given.number("--minutes")?.unwrap_or(10),
            kills: given.number("--kills")?.unwrap_or(200),
        }),
        Some("fuzz") => Task::Fuzz {
            seconds: given.number("--seconds")?.unwrap_or(60),
            target: given.word().map(str::to_owned),
        },
        Some("generate") => Task::Generate { sources_only: given.flag("--sources") },
        Some("help") => Task::Help(help()),
        Some(other) => return Err(format!("`{other}` is no task")),
        None => return Err("no task is named".to_owned()),
    };
    match given.rest.first() {
        Some(left) => Err(format!("`{left}` is not understood here")),
        None => Ok(task),
    }
}

fn test(given: &mut Given) -> Result<Task, String> {
    let only = given.value("--only")?.map(str::to_owned);
    match &only {
        Some(name) if !STEPS.iter().any(|step| step.name == name) => {
            let names: Vec<&str> = STEPS.iter().map(|s| s.name).collect();
            Err(format!("`{name}` is no step; there are {}", names.join(", ")))
        }
        _ => Ok(Task::Test { only }),
    }
}

fn help() -> String {
    let steps: String = STEPS.iter().map(|s| format!("      {:<14} {}\n", s.name, s.about)).collect();
    format!(
        "cargo xtask TASK\n\n\
         \x20 test [--only STEP]       every check and every test, with a closing summary;\n\
         \x20                          brings what it needs on Debian as root, else names it\n\
         \x20   steps, in order:\n{steps}\n\
         \x20 soak [--minutes N] [--kills N]\n\
         \x20                          the kill tests and the simulation, optimised and long\n\
         \x20                          (10 minutes, 200 kills)\n\
         \x20 fuzz [--seconds N] [TARGET]\n\
         \x20                          the decoders of foreign bytes, 60 s each; needs\n\
         \x20                          a nightly toolchain and cargo-fuzz\n\
         \x20 generate [--sources]     write the generated reference pages anew; with\n\
         \x20                          --sources only those that need no build\n\n\
         Exit status: 0 all held, 1 something did not, 2 the command was not understood.\n"
    )
}

/// The arguments not yet understood.
struct Given<'a> {
    rest: Vec<&'a str>,
}

impl<'a> Given<'a> {
    fn flag(&mut self, name: &str) -> bool {
        let before = self.rest.len();
        self.rest.retain(|a| *a != name);
        before != self.rest.len()
    }

    fn value(&mut self, name: &str) -> Result<Option<&'a str>, String> {
        let Some(at) = self.rest.iter().position(|a| *a == name) else { return Ok(None) };
        self.rest.remove(at);
        if at < self.rest.len() {
            Ok(Some(self.rest.remove(at)))
        } else {
            Err(format!("`{name}` wants a value"))
        }
    }

    fn number(&mut self, name: &str) -> Result<Option<u64>, String> {
        let Some(text) = self.value(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("`{name}` wants a number, not `{text}`"))
    }

    fn word(&mut self) -> Option<&'a str> {
        let at = self.rest.iter().position(|a| !a.starts_with('-'))?;
        Some(self.rest.remove(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Task, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        read(&words)
    }

    #[test]
    fn tasks_are_understood() {
        assert_eq!(of("test"), Ok(Task::Test { only: None }));
        assert_eq!(of("test --only edges"), Ok(Task::Test { only: Some("edges".to_owned()) }));
        assert_eq!(of("soak --kills 7"), Ok(Task::Soak(Length { minutes: 10, kills: 7 })));
        let target = Some("record".to_owned());
        assert_eq!(of("fuzz --seconds 5 record"), Ok(Task::Fuzz { seconds: 5, target }));
        assert!(matches!(of("soak --help"), Ok(Task::Help(_))));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert!(of("tset").unwrap_err().contains("`tset`"));
        assert!(of("test --only nothing").unwrap_err().contains("prerequisites"));
        assert!(of("soak --kills many").unwrap_err().contains("`many`"));
        assert!(of("test extra").unwrap_err().contains("`extra`"));
        assert!(of("fuzz --seconds").unwrap_err().contains("a value"));
    }

    #[test]
    fn help_fits_the_screen() {
        assert!(help().lines().all(|line| line.chars().count() <= 80), "{}", help());
    }
}
