//! Pages that nothing can be added to, kept in the encoding in which they go out, so that they are put together and
//! compressed once and served many times.
//!
//! They stay in memory alone: what was erased is then in no file, and [`Pages::forget`] is all that an erasure needs. A
//! page goes when one of its rows is rewritten; the longest unused go when there are too many bytes of them.

use axum::body::Bytes;
use comity_exchange::taxii::{Added, Encoding};
use comity_ledger::store::Partition;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Bytes of pages kept, at most: about 700 compressed pages of a thousand indicators.
const BUDGET: usize = 64 << 20;

/// Under which name a page is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    /// The question, by its short name.
    pub(crate) question: [u8; 16],
    /// After what it begins.
    pub(crate) start: Added,
    /// How long it may be.
    pub(crate) limit: u32,
    /// How it is encoded.
    pub(crate) encoding: Encoding,
}

/// A page as it goes out.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// The collection.
    pub(crate) partition: Partition,
    /// The date of its first item.
    pub(crate) first: Added,
    /// The date of its last item.
    pub(crate) last: Added,
    /// Its bytes.
    pub(crate) body: Bytes,
}

/// The pages kept.
#[derive(Debug, Default)]
pub(crate) struct Pages(Mutex<Shelf>);

#[derive(Debug, Default)]
struct Shelf {
    pages: HashMap<Name, (Kept, u64)>,
    bytes: usize,
    /// Counts uses, so that the longest unused is known.
    uses: u64,
    /// Grows whenever rows were rewritten: a page read before that is not kept.
    generation: u64,
}

impl Pages {
    /// The state of the rows; to be taken before a page is read, and given to [`Pages::keep`].
    pub(crate) fn generation(&self) -> u64 {
        self.shelf().generation
    }

    /// A page, if it is kept.
    pub(crate) fn find(&self, name: &Name) -> Option<Kept> {
        let mut shelf = self.shelf();
        shelf.uses += 1;
        let now = shelf.uses;
        let (kept, used) = shelf.pages.get_mut(name)?;
        *used = now;
        Some(kept.clone())
    }

    /// Keeps a page, unless rows were rewritten since it was read.
    pub(crate) fn keep(&self, name: Name, kept: Kept, generation: u64) {
        let mut shelf = self.shelf();
        if shelf.generation != generation || kept.body.len() > BUDGET / 8 {
            return;
        }
        shelf.uses += 1;
        let now = shelf.uses;
        shelf.bytes += kept.body.len();
        if let Some((before, _)) = shelf.pages.insert(name, (kept, now)) {
            shelf.bytes -= before.body.len();
        }
        while shelf.bytes > BUDGET {
            let oldest = shelf.pages.iter().min_by_key(|(_, (_, used))| *used).map(|(name, _)| *name);
            let Some(oldest) = oldest else { return };
            shelf.drop_page(&oldest);
        }
    }

    /// Lets go of every page in which one of these rows is.
    pub(crate) fn forget(&self, rewritten: &[(Partition, Added)]) {
        if rewritten.is_empty() {
            return;
        }
        let mut sorted = rewritten.to_vec();
        sorted.sort_unstable();
        let mut shelf = self.shelf();
        shelf.generation += 1;
        let touched = |kept: &Kept| {
            let from = sorted.partition_point(|row| *row < (kept.partition, kept.first));
            sorted.get(from).is_some_and(|row| *row <= (kept.partition, kept.last))
        };
        let gone: Vec<Name> =
            shelf.pages.iter().filter(|(_, (kept, _))| touched(kept)).map(|(name, _)| *name).collect();
        gone.iter().for_each(|name| shelf.drop_page(name));
    }

    /// Lets go of all pages.
    pub(crate) fn clear(&self) {
        let mut shelf = self.shelf();
        let generation = shelf.generation + 1;
        *shelf = Shelf { generation, ..Shelf::default() };
    }

    fn shelf(&self) -> std::sync::MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn drop_page(&mut self, name: &Name) {
        if let Some((kept, _)) = self.pages.remove(name) {
            self.bytes -= kept.body.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(start: i64) -> Name {
        Name { question: [0; 16], start: Added(start), limit: 10, encoding: Encoding::Zstd }
    }

    fn kept(partition: Partition, first: i64, last: i64, bytes: usize) -> Kept {
        Kept { partition, first: Added(first), last: Added(last), body: vec![0; bytes].into() }
    }

    #[test]
    fn a_page_goes_with_one_of_its_rows() {
        let pages = Pages::default();
        for start in [0, 10, 20] {
            pages.keep(name(start), kept(1, start + 1, start + 10, 5), pages.generation());
        }
        pages.forget(&[(1, Added(11)), (2, Added(1)), (1, Added(31))]);
        assert!(pages.find(&name(0)).is_some() && pages.find(&name(20)).is_some());
        assert!(pages.find(&name(10)).is_none());
        pages.forget(&[(1, Added(10)), (1, Added(30))]);
        assert!(pages.find(&name(0)).is_none() && pages.find(&name(20)).is_none());
    }

    #[test]
    fn a_page_read_before_a_rewriting_is_not_kept() {
        let pages = Pages::default();
        let before = pages.generation();
        pages.forget(&[]);
        pages.keep(name(0), kept(1, 1, 10, 5), before);
        assert!(pages.find(&name(0)).is_some());
        pages.forget(&[(7, Added(1))]);
        pages.keep(name(10), kept(1, 11, 20, 5), before);
        assert!(pages.find(&name(10)).is_none());
        pages.clear();
        assert!(pages.find(&name(0)).is_none());
    }

    #[test]
    fn the_longest_unused_go_first() {
        let pages = Pages::default();
        let size = BUDGET / 8;
        for start in 0..8 {
            pages.keep(name(start), kept(1, start, start, size), pages.generation());
        }
        assert!(pages.find(&name(0)).is_some());
        pages.keep(name(8), kept(1, 8, 8, size), pages.generation());
        assert!(pages.find(&name(0)).is_some() && pages.find(&name(1)).is_none());
        // One that would crowd out too many others is not kept at all.
        pages.keep(name(9), kept(1, 9, 9, size + 1), pages.generation());
        assert!(pages.find(&name(9)).is_none());
    }
}
