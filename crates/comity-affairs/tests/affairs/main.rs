//! Histories of two nodes that lose, double and reorder what they send each other.

mod forms;
mod histories;
mod races;
mod steps;
