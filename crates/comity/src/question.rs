//! The one question that a verb asks a person before it does what cannot be taken back.

use crate::{
    Exit, Fault, Screen,
    screen::{Form, Tone},
};
use std::{
    io::{self, BufRead, IsTerminal},
    path::Path,
};

/// What the person says; `None` where there is nobody to ask: no terminal, or a program that reads JSON. Anything but a
/// plain yes is a no.
pub fn confirmed(question: &str, screen: &mut Screen<'_>) -> Result<Option<bool>, Fault> {
    if screen.form() == Form::Json || !io::stdin().is_terminal() {
        return Ok(None);
    }
    screen.say(Tone::Strong, &format!("{question} [y/N]"));
    screen.show_now();
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.map_err(|failed| Fault::file(Path::new("standard input"), &failed))?;
    Ok(Some(matches!(answer.trim(), "y" | "Y" | "yes")))
}

/// Asks before something is erased for good; whether it is to be. A no is told. Where there is nobody to ask it is a fault.
pub fn erasing(screen: &mut Screen<'_>) -> Result<bool, Fault> {
    match confirmed("An erasure cannot be undone. Erase?", screen)? {
        Some(true) => Ok(true),
        Some(false) => {
            screen.say(Tone::Open, "Nothing was erased.");
            Ok(false)
        }
        None => {
            let fault = Fault::new(Exit::Usage, "cli/not-confirmed", "an erasure cannot be undone");
            Err(fault.with_help("add --yes to erase"))
        }
    }
}
