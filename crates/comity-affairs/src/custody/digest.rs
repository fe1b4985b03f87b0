//! Two hashes of an object, over its bytes piece by piece.

use comity_record::Hash;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use std::fmt;

/// A SHA-512 value (FIPS 180-4): the second hash, so that a break of one does not open the manifest.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha512(pub [u8; 64]);

impl fmt::Display for Sha512 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha512 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<C> Encode<C> for Sha512 {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Sha512 {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let at = d.position();
        let bytes = <[u8; 64]>::try_from(d.bytes()?);
        bytes.map(Sha512).map_err(|_| decode::Error::message("a SHA-512 has 64 bytes").at(at))
    }
}

/// Hashes bytes as they come; an object need not fit in memory.
pub struct Digest {
    sha256: aws_lc_rs::digest::Context,
    sha512: aws_lc_rs::digest::Context,
    size: u64,
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digest").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Default for Digest {
    fn default() -> Digest {
        Digest::new()
    }
}

impl Digest {
    /// Over nothing yet.
    pub fn new() -> Digest {
        Digest {
            sha256: aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256),
            sha512: aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA512),
            size: 0,
        }
    }

    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.sha512.update(bytes);
        self.size = self.size.saturating_add(bytes.len() as u64);
    }

    /// Size and both hashes.
    pub fn finish(self) -> (u64, Hash, Sha512) {
        let (mut short, mut long) = ([0; 32], [0; 64]);
        short.copy_from_slice(self.sha256.finish().as_ref());
        long.copy_from_slice(self.sha512.finish().as_ref());
        (self.size, Hash(short), Sha512(long))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4 example: SHA-512("abc").
    #[test]
    fn both_hashes_of_abc() {
        let mut digest = Digest::new();
        digest.update(b"a");
        digest.update(b"bc");
        let (size, short, long) = digest.finish();
        assert_eq!(size, 3);
        assert_eq!(short, comity_record::sha256(&[b"abc"]));
        assert_eq!(
            long.to_string(),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        );
    }
}
