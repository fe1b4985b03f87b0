//! Frames on the wire: compressed once, bounded when read.

use comity_record::{Canonical, Frame, FrameFault, Malformed};
use std::io::Read;

/// zstd level of frames: at 3 the synthetic feed of the benches compresses about eightfold at hundreds of megabytes a
/// second; higher levels gain little.
const LEVEL: i32 = 3;

/// Why a compressed frame cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireFault {
    /// It is not zstd, or ends early.
    #[error("the frame is not readable zstd")]
    Compression,
    /// It would grow beyond the bound: a decompression bomb, or a mistake.
    #[error("the frame is longer than {limit} bytes when decompressed")]
    TooLong {
        /// The bound in bytes.
        limit: usize,
    },
    /// It is not a frame.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It does not hold together.
    #[error(transparent)]
    Frame(#[from] FrameFault),
}

impl WireFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            WireFault::Compression => "exchange/bad-compression",
            WireFault::TooLong { .. } => "exchange/frame-too-long",
            WireFault::Malformed(fault) => fault.code(),
            WireFault::Frame(fault) => fault.code(),
        }
    }
}

/// Compresses a frame. The same frame gives the same bytes for every peer.
pub fn compress(frame: &Frame) -> Result<Vec<u8>, WireFault> {
    zstd::bulk::compress(&frame.to_bytes(), LEVEL).map_err(|_| WireFault::Compression)
}

/// Decompresses and reads a frame; stops as soon as it would exceed the bound, whatever the header claims.
pub fn decompress(bytes: &[u8]) -> Result<Frame, WireFault> {
    let limit = Frame::LIMIT_BYTES;
    let mut decoder = zstd::stream::read::Decoder::new(bytes).map_err(|_| WireFault::Compression)?;
    // A window larger than the frame bound is refused by the decoder itself.
    decoder.window_log_max(25).map_err(|_| WireFault::Compression)?;
    let mut out = Vec::new();
    let read = decoder.single_frame().take(limit as u64 + 1).read_to_end(&mut out);
    read.map_err(|_| WireFault::Compression)?;
    if out.len() > limit {
        return Err(WireFault::TooLong { limit });
    }
    Ok(Frame::from_bytes(&out)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_is_refused_before_it_unfolds() {
        let bomb = zstd::bulk::compress(&vec![0; 200 << 20], 3).unwrap();
        assert!(bomb.len() < 64 << 10);
        assert_eq!(decompress(&bomb).unwrap_err().code(), "exchange/frame-too-long");
        assert_eq!(decompress(b"not zstd").unwrap_err().code(), "exchange/bad-compression");
        let cut = bomb.get(..bomb.len() / 2).unwrap();
        assert!(decompress(cut).is_err());
    }
}
