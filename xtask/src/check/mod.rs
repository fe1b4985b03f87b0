//! The checks that need no compiler: each reads the tree and says what is wrong, a line for each fault.

pub mod edges;
pub mod guide;
pub mod map;
pub mod purity;
pub mod text;
