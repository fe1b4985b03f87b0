//! The bar of long work, on standard error where that is a terminal.

use crate::{Exit, Fault};
use base64::{Engine, engine::general_purpose::STANDARD};
use indicatif::{ProgressBar, ProgressStyle};

/// A bar over so many units, bytes or pieces.
pub fn bar(message: &str, length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length.max(1));
    // The template is fixed; where it were wrong, the default style shows the same bar.
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {percent}% {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    bar.set_message(message.to_owned());
    bar
}

/// Bytes that a node sent in base64.
pub fn bytes(text: &str) -> Result<Vec<u8>, Fault> {
    STANDARD.decode(text).map_err(|why| {
        Fault::new(Exit::Fault, "api/answer", format!("the node's answer cannot be read: {why}"))
    })
}

/// Bytes as a node takes them.
pub fn text(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
