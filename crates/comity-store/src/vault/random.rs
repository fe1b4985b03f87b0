//! Randomness as a value, so that a test can give its own.

use super::VaultFault;

/// A source of random bytes.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), VaultFault>;
}

/// The operating system's, by way of aws-lc.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), VaultFault> {
        aws_lc_rs::rand::fill(bytes).map_err(|_| VaultFault::Random)
    }
}
