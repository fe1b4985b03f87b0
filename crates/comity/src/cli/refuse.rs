//! Arguments that were not understood, told in Comity's form.

use crate::{Exit, Fault};
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The parser's error as a fault: its first paragraph is the text, its tip and usage are the help.
pub fn fault(error: &clap::Error) -> Fault {
    let told = error.render().to_string();
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let fault = Fault::new(Exit::Usage, "cli/verb-missing", "say what to do");
        // From the usage on; the purpose stands in `--help`.
        let usage = told.find("Usage:").and_then(|from| told.get(from..)).unwrap_or(&told);
        return fault.with_help(usage.trim_end());
    }
    let told = told.strip_prefix("error: ").unwrap_or(&told);
    let (text, rest) = told.split_once("\n\n").unwrap_or((told, ""));
    let fault = Fault::new(Exit::Usage, code(error.kind()), bounded(text));
    fault.with_help(help(error, rest))
}

fn code(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => "cli/bad-value",
        ErrorKind::UnknownArgument => "cli/unknown-option",
        ErrorKind::InvalidSubcommand => "cli/unknown-verb",
        ErrorKind::MissingRequiredArgument => "cli/option-missing",
        ErrorKind::MissingSubcommand => "cli/verb-missing",
        ErrorKind::ArgumentConflict => "cli/options-conflict",
        ErrorKind::InvalidUtf8 => "cli/not-utf8",
        _ => "cli/usage",
    }
}

/// The text on as few lines as it has options, each bounded: an argument may be a megabyte.
fn bounded(text: &str) -> String {
    const LONGEST: usize = 400;
    let mut lines = text.lines().map(str::trim);
    let first = lines.next().unwrap_or_default();
    let others: Vec<&str> = lines.collect();
    let whole = if others.is_empty() { first.to_owned() } else { format!("{first} {}", others.join(", ")) };
    match whole.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", whole.get(..end).unwrap_or_default()),
        None => whole,
    }
}

fn help(error: &clap::Error, rest: &str) -> String {
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => usage.to_string().replace("Usage:", "usage:"),
        _ => String::new(),
    };
    let tips = rest.lines().filter_map(|line| line.trim().strip_prefix("tip: ")).map(str::to_owned);
    let lines: Vec<String> = tips.chain([usage, "`--help` explains".to_owned()]).collect();
    let lines = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}
