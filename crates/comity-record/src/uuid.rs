//! UUIDs that follow from names (RFC 9562 section 5.5), for identifiers that two imports of one thing must share.

use std::fmt;

/// A UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(pub u128);

impl Uuid {
    /// The UUID of version 5 that a name has in a namespace. SHA-1 is what the standard fixes; nothing rests on its strength.
    pub fn of_name(namespace: Uuid, name: &[u8]) -> Uuid {
        let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY);
        context.update(&namespace.0.to_be_bytes());
        context.update(name);
        let digest = context.finish();
        let first = digest.as_ref().iter().take(16).fold(0u128, |sum, byte| sum << 8 | u128::from(*byte));
        let unversioned = first & !(0xf << 76) & !(0x3 << 62);
        Uuid(unversioned | 5 << 76 | 2 << 62)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Uuid(bits) = *self;
        let (a, b, c) = (bits >> 96, bits >> 80 & 0xffff, bits >> 64 & 0xffff);
        write!(f, "{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}", bits >> 48 & 0xffff, bits & 0xffff_ffff_ffff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 9562 appendix A.4.
    #[test]
    fn the_example_of_the_standard_comes_out() {
        let dns = Uuid(0x6ba7b810_9dad_11d1_80b4_00c04fd430c8);
        assert_eq!(
            Uuid::of_name(dns, b"www.example.com").to_string(),
            "2ed6657d-e927-568b-95e1-2665a8aea6a2"
        );
    }
}
