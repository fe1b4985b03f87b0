//! Base 32 (RFC 4648, without padding): letters and digits that can be read out, typed, and held by QR codes in their
//! alphanumeric mode.

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The text of bytes.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut held, mut bits) = (0u32, 0u32);
    let mut put = |value: u32| {
        let index = usize::try_from(value & 31).unwrap_or_default();
        text.push(char::from(ALPHABET.get(index).copied().unwrap_or(b'A')));
    };
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            put(held >> bits);
        }
    }
    if bits > 0 {
        put(held << (5 - bits));
    }
    text
}

/// What a character of the alphabet stands for.
pub(super) fn value(c: char) -> Option<u32> {
    let at = ALPHABET.iter().position(|known| char::from(*known) == c)?;
    u32::try_from(at).ok()
}

/// The bytes of a text; `None` where a character is none of the alphabet, or where bits are left over that are not zero.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut held, mut bits) = (0u32, 0u32);
    for c in text.chars() {
        held = (held << 5) | value(c)?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff).ok()?);
        }
    }
    (bits < 5 && held & ((1 << bits) - 1) == 0).then_some(bytes)
}
