//! Exports that were made and may still be good.

use crate::{app::export::ExportShown, matching::Lists, reading::Reader};
use axum::body::Bytes;
use comity_record::PartyCode;
use comity_threat::Moment;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Asked {
    pub party: PartyCode,
    pub reader: Reader,
    pub collection: String,
    pub format: &'static str,
    pub kinds: BTreeSet<&'static str>,
}

/// On what a text rests that was made.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    /// Entries of the log.
    pub size: u64,
    /// The warning lists, which are read anew where one has changed.
    pub lists: Arc<Lists>,
}

impl Ground {
    fn is(&self, other: &Ground) -> bool {
        self.size == other.size && Arc::ptr_eq(&self.lists, &other.lists)
    }
}

/// A text that was made.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub ground: Ground,
    /// Until when it is good at most.
    pub turns: Option<Moment>,
    pub text: Bytes,
    pub tag: String,
    pub shown: ExportShown,
}

/// Those that are kept: the last ones, within bounds.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Vec<(Asked, Arc<Made>)>>);

/// How many, and bytes in all.
const MOST: usize = 64;
const BYTES: usize = 128 << 20;

impl Kept {
    /// One that is still good.
    pub(super) fn find(&self, asked: &Asked, ground: &Ground, now: Moment) -> Option<Arc<Made>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, made) = kept.iter().find(|(known, _)| known == asked)?;
        let good = made.ground.is(ground) && made.turns.is_none_or(|turns| now < turns);
        good.then(|| Arc::clone(made))
    }

    /// Keeps one; the oldest go.
    pub(super) fn keep(&self, asked: Asked, made: &Arc<Made>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| *known != asked);
        kept.push((asked, Arc::clone(made)));
        let mut room = BYTES;
        let fitting = kept.iter().rev().take(MOST).take_while(|(_, made)| {
            let fits = made.text.len() <= room;
            room = room.saturating_sub(made.text.len());
            fits
        });
        let gone = kept.len().saturating_sub(fitting.count());
        kept.drain(..gone);
    }
}
