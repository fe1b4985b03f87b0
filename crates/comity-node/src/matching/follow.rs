//! Following a growing file. Each turn has a matching of its own, so that indicators may come between turns.

use super::{
    Hit, LogShown, Matching,
    logs::{Paused, shown},
    tail::{Piece, Tail},
};
use comity_threat::log::Tally;
use std::{io, path::Path};

/// A file that is followed.
#[derive(Debug)]
pub struct Follow {
    tail: Tail,
    /// The file that is being read, between two pieces of it.
    paused: Option<Paused>,
    earlier: Tally,
}

impl Follow {
    /// A file, which need not be there yet.
    pub fn new(path: &Path) -> Follow {
        Follow { tail: Tail::new(path), paused: None, earlier: Tally::default() }
    }

    /// Reads what is there by now and was not read before. Returns whether that was anything.
    ///
    /// # Errors
    /// What the system says; the next turn tries again.
    pub fn turn(&mut self, matching: &Matching<'_>, each: &mut dyn FnMut(&Hit)) -> io::Result<bool> {
        let Follow { tail, paused, earlier } = self;
        let name = tail.path().display().to_string();
        tail.turn(&mut |piece| take(piece, (matching, &name), (paused, earlier), each))
    }

    /// The counts so far, once following ends.
    pub fn finish(mut self, matching: &Matching<'_>, each: &mut dyn FnMut(&Hit)) -> LogShown {
        let Follow { tail, paused, earlier } = &mut self;
        let name = tail.path().display().to_string();
        tail.close(&mut |piece| take(piece, (matching, &name), (paused, earlier), each));
        if let Some(last) = paused.take() {
            earlier.join(&last.tally);
        }
        shown(name, tail.files(), earlier)
    }
}

fn take(
    piece: Piece<'_>,
    (matching, name): (&Matching<'_>, &str),
    (paused, earlier): (&mut Option<Paused>, &mut Tally),
    each: &mut dyn FnMut(&Hit),
) -> usize {
    let begun = || Paused::new(matching.format());
    match piece {
        Piece::Begins => {
            if let Some(ended) = paused.replace(begun()) {
                earlier.join(&ended.tally);
            }
            0
        }
        Piece::Text { bytes, last } => {
            let mut log = matching.going_on(name, paused.take().unwrap_or_else(begun));
            let taken = log.read(bytes, last, each);
            *paused = Some(log.pause());
            taken
        }
    }
}
