//! One form for texts that people take for the same: case, width, accents, vowel signs of Arabic, letters that Persian
//! and Arabic keyboards write differently, digits.

use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// Folds a text for search.
///
/// Compatibility decomposition (UAX 15), small letters, without accents of Latin, Greek and Cyrillic letters and without
/// Arabic vowel signs; composed again, so that Hangul syllables and kana stay whole. Signs that carry meaning (Thai and
/// Indic vowels, kana voicing) stay.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        let lower = text.bytes().all(|byte| !byte.is_ascii_uppercase());
        return if lower { Cow::Borrowed(text) } else { Cow::Owned(text.to_ascii_lowercase()) };
    }
    let decomposed = text.nfkd().flat_map(char::to_lowercase);
    // Small letters may be made of a letter and a mark again (the Turkish capital dotted I).
    Cow::Owned(decomposed.filter(|c| !is_dropped(*c)).map(alike).nfc().collect())
}

fn is_dropped(c: char) -> bool {
    matches!(c,
        // Combining accents.
        '\u{300}'..='\u{36f}'
        // Arabic vowel signs, the lengthening stroke, and marks of recitation.
        | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}'
        | '\u{6df}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}'
        // Hebrew points.
        | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}'
        // Soft hyphen, joiners and direction marks.
        | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Letters and digits that are written for one another.
fn alike(c: char) -> char {
    match c {
        'đ' => 'd',
        'ø' => 'o',
        'ł' => 'l',
        'ı' => 'i',
        'ς' => 'σ',
        // Arabic yeh, alef maksura; kaf; teh marbuta; alef wasla.
        'ي' | 'ى' => 'ی',
        'ك' => 'ک',
        'ة' => 'ه',
        'ٱ' => 'ا',
        '٠'..='٩' => digit(c, '٠'),
        '۰'..='۹' => digit(c, '۰'),
        '०'..='९' => digit(c, '०'),
        '๐'..='๙' => digit(c, '๐'),
        _ => c,
    }
}

fn digit(c: char, zero: char) -> char {
    char::from_digit((c as u32).saturating_sub(zero as u32), 10).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_people_take_for_the_same_fold_alike() {
        for (one, other) in [
            ("CVE-2024-1234", "cve-2024-1234"),
            ("Tấn Công Mạng", "tan cong mang"),
            ("Đà Nẵng", "da nang"),
            ("ＡＢＣ１２３", "abc123"),
            ("ｶﾞｷﾞ", "ガギ"),
            ("Straße", "straße"),
            ("هجوم إلكتروني", "هجوم الكترونى"),
            ("مُهَاجِم", "مهاجم"),
            ("كرمان", "کرمان"),
            ("می‌خواهد", "میخواهد"),
            ("۱۴۰۳", "1403"),
            ("٢٠٢٤", "2024"),
            ("ΟΔΟΣ", "οδοσ"),
            ("한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        for (one, other) in [("か", "が"), ("ไม้", "ไม่"), ("कि", "की")] {
            assert_ne!(fold(one), fold(other), "{one} {other}");
        }
    }
}
