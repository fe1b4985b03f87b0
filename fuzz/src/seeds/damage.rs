//! The ways in which bytes are damaged.

/// Each damage done to the bytes, with its name. Long values get only the damages that keep the corpus small.
pub fn each(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let half = bytes.len() / 2;
    let mut out = vec![("cut", bytes.split_at(half).0.to_vec())];
    if bytes.len() > 16 * 1024 {
        return out;
    }
    out.push(("flipped", flipped(bytes, half)));
    out.push(("longer", [bytes, b"\0"].concat()));
    out.push(("late", flipped(bytes, bytes.len().saturating_sub(2))));
    out.push(("early", flipped(bytes, 1.min(half))));
    out
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 0x41);
    out
}
