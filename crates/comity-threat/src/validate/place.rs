//! Where in an object the walk is: a chain on the stack, written out only when something is found.

use crate::reader::brief;
use std::fmt::Write as _;

/// A place in an object.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'p> {
    /// The object itself.
    Top,
    /// A member.
    Key(&'p Place<'p>, &'p str),
    /// An element of a list.
    Index(&'p Place<'p>, usize),
}

impl<'p> Place<'p> {
    pub(super) fn key(&'p self, key: &'p str) -> Place<'p> {
        Place::Key(self, key)
    }

    pub(super) fn index(&'p self, index: usize) -> Place<'p> {
        Place::Index(self, index)
    }

    pub(super) fn is_top(&self) -> bool {
        matches!(self, Place::Top)
    }

    /// The place as a STIX selector.
    pub(super) fn selector(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Place::Top => {}
            Place::Key(parent, key) => {
                parent.step(out);
                out.push_str(&brief(key));
            }
            Place::Index(parent, index) => {
                parent.step(out);
                // Writing to a string does not fail.
                let _ = write!(out, "[{index}]");
            }
        }
    }

    fn step(&self, out: &mut String) {
        self.write(out);
        if !out.is_empty() {
            out.push('.');
        }
    }
}
