//! What a command knows of the world before it starts.

use comity_record::Timestamp;

/// The facts that only the process can see, gathered once in `main`.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// The time at which the command started.
    pub now: Timestamp,
}
