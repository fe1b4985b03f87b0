//! How often memory is asked for, for the benches.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

thread_local! {
    static ASKED: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, which counts. A program that wants the count names it as its own:
/// `#[global_allocator] static HEAP: Counted = Counted;`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted;

/// How often this thread has asked for memory so far, or for more of it. Zero for ever where [`Counted`] is not the
/// program's allocator.
pub fn asked() -> u64 {
    ASKED.try_with(Cell::get).unwrap_or_default()
}

fn count() {
    // A thread that is ending has no place for its count any more.
    ASKED.try_with(|asked| asked.set(asked.get() + 1)).unwrap_or_default();
}

#[expect(unsafe_code, reason = "an allocator")]
// SAFETY: every call is handed to the system's allocator as it came; counting asks for no memory, since the count lies in
// the thread's own place and has nothing to be dropped.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps what `alloc` asks.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps what `alloc_zeroed` asks.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps what `realloc` asks; the place came from this allocator, so from the system's.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps what `dealloc` asks; the place came from this allocator, so from the system's.
        unsafe { System.dealloc(place, layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[global_allocator]
    static HEAP: Counted = Counted;

    #[test]
    fn asking_and_asking_for_more_are_counted_on_their_own_thread() {
        let before = asked();
        let mut list: Vec<u8> = Vec::with_capacity(8);
        list.push(1);
        assert_eq!(asked() - before, 1);
        list.reserve_exact(100);
        assert_eq!(asked() - before, 2);
        let zeros = vec![0u64; 50];
        assert_eq!((asked() - before, zeros.len(), list.len()), (3, 50, 1));
    }
}
