//! The only place that draws randomness: seeds, salts, tokens and ids, from the provider's generator.

use std::fmt;

/// The generator gave nothing; nothing may be made without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system's random generator failed")]
pub struct RandomFailed;

impl RandomFailed {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        "random/failed"
    }
}

/// Something that draws unpredictable bytes. A test passes in its own.
pub trait Random: Send + Sync + fmt::Debug {
    /// Fills `out`.
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomFailed>;
}

/// The generator of `aws-lc-rs`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, out: &mut [u8]) -> Result<(), RandomFailed> {
        aws_lc_rs::rand::fill(out).map_err(|_| RandomFailed)
    }
}

impl dyn Random + '_ {
    /// So many bytes: 32 for a seed, 16 for a salt.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], RandomFailed> {
        let mut out = [0; N];
        self.fill(&mut out)?;
        Ok(out)
    }

    /// Sixteen hexadecimal digits, for ids that only need to differ.
    pub fn id(&self) -> Result<String, RandomFailed> {
        Ok(format!("{:016x}", u64::from_be_bytes(self.bytes()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_differ() {
        let random: &dyn Random = &SystemRandom;
        assert_ne!(random.bytes::<32>().unwrap(), random.bytes::<32>().unwrap());
        let id = random.id().unwrap();
        assert!(id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
    }
}
