//! Casework state machines
