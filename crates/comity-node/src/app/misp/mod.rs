//! MISP events as clients read and write them: put together of what a reader may see, and taken in by the same way as any
//! import.

mod read;
mod write;

pub use read::{Events, us};
pub use write::{end_group, save, save_group};
