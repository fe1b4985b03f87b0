//! Histories of two nodes that lose, double and reorder what they send each other.

#[cfg(test)]
mod clocks;
#[cfg(test)]
mod conditions;
#[cfg(test)]
mod counts;
#[cfg(test)]
mod custody;
#[cfg(test)]
mod disclosure;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod home;
#[cfg(test)]
mod protected;
#[cfg(test)]
mod races;
#[cfg(test)]
mod steps;
