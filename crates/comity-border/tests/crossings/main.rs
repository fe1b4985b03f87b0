//! The tests of the border: cases a lawyer can read (`tests/crossings/*.case` at the root), the matrix of labels, purposes
//! and peers, the faults of packs, and the properties that hold for every input.

#[cfg(test)]
mod act;
#[cfg(test)]
mod case;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod coverage;
#[cfg(test)]
mod law;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod packs;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod stating;
