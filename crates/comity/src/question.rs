//! The one question that a verb asks a person before it does what cannot be taken back.

use crate::{
    Fault, Screen,
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
