//! The heap: how many arenas the allocator of the C library keeps, and how often it is asked.
//!
//! glibc gives threads that allocate at the same time an arena each, up to eight for each core, and an arena seldom gives
//! back what it once held: of a node that imports a million objects, two thirds of the memory was what arenas kept. With
//! an arena for each core and one more it is half of that, for a little more CPU.

mod counted;

pub use counted::{Counted, asked};

/// Sets the number of arenas to the number of cores and one more, for the whole process. To be called before threads are
/// started; arenas that are there already stay. With another C library than glibc it does nothing: what is described above
/// is glibc's. Where glibc refuses, memory is as it would be without, which is no fault of the program's work.
pub fn bound_arenas() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    glibc::set_arenas(std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    pub(super) fn set_arenas(cores: usize) -> bool {
        let arenas = libc::c_int::try_from(cores.saturating_add(1)).unwrap_or(libc::c_int::MAX);
        #[expect(unsafe_code, reason = "a function of the C library")]
        // SAFETY: mallopt(3) takes two numbers, keeps no pointer, and takes glibc's own lock while it changes anything.
        let set = unsafe { libc::mallopt(libc::M_ARENA_MAX, arenas) };
        set == 1
    }
}

#[cfg(test)]
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
mod tests {
    use std::{io::Read, sync::Barrier};

    /// Mappings of no file that begin where an arena of glibc does: at a multiple of 64 MiB.
    fn arenas() -> usize {
        let mut maps = String::new();
        std::fs::File::open("/proc/self/maps").unwrap().read_to_string(&mut maps).unwrap();
        let begins = |line: &str| usize::from_str_radix(line.split('-').next()?, 16).ok();
        let of_no_file = maps.lines().filter(|line| line.split_whitespace().count() == 5);
        of_no_file.filter_map(begins).filter(|at| at % (64 << 20) == 0).count()
    }

    #[test]
    fn many_threads_share_few_arenas() {
        assert!(super::glibc::set_arenas(2));
        let barrier = Barrier::new(13);
        let seen = std::thread::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|| {
                    let held = vec![1_u8; 4096];
                    barrier.wait();
                    barrier.wait();
                    drop(held);
                });
            }
            barrier.wait();
            let seen = arenas();
            barrier.wait();
            seen
        });
        // The first arena is on the program's break; at most two more are mapped for two cores.
        assert!(seen <= 3, "{seen} arenas");
    }
}
