//! Casework: a draft at home, the persons who authorise it, the step that opens the case, and every step after it.
//!
//! The other State sees the steps and the records they name, and nothing of what is done at home. Which steps are open
//! and whose they are is `comity-affairs`' business; what crosses is the border's.

pub mod acting;
pub mod authorise;
pub mod draft;
pub mod export;
pub mod labels;
pub mod mandate;
pub mod opening;
pub mod preview;
pub mod resting;
pub mod send;
pub mod show;
pub mod step;
pub mod steps;

use crate::app::Fault;
use comity_affairs::{Thread, form::Language};

/// The thread of a word.
pub fn thread(text: &str) -> Result<Thread, Fault> {
    let all = [Thread::Police, Thread::Judicial, Thread::Diplomatic];
    let found = all.into_iter().find(|thread| thread.as_str() == text);
    found.ok_or_else(|| {
        Fault::new("input/bad-value", format!("`{text}` is no thread"))
            .help("a case has the threads police, judicial and diplomatic")
    })
}

/// The language of labels; English where none is named.
pub fn language(tag: Option<&str>) -> Result<Language, Fault> {
    let Some(tag) = tag else { return Ok(Language::English) };
    Language::of_tag(tag).ok_or_else(|| {
        Fault::new("input/bad-value", format!("the labels are not in `{tag}`"))
            .help("choose en, fr, ar or zh")
    })
}
