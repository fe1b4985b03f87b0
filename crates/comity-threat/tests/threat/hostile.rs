//! Entry functions for fuzzing, replayed over a small corpus and mutations of our own bundle.

use comity_threat::{pattern, reader, redact};
use proptest::prelude::*;

const BUNDLE: &[u8] = include_bytes!("../../../../data/threat/exercise-bundle.json");

fn every_entry(bytes: &[u8]) {
    reader::fuzz_entry(bytes);
    pattern::fuzz_entry(bytes);
    redact::fuzz_entry(bytes);
}

#[test]
fn the_corpus_of_broken_inputs_is_read_without_panic() {
    let deep = "[".repeat(200_000);
    let wide = format!("[{{\"a\":[{}]}}]", "0,".repeat(200_000));
    let escapes = format!("[{{\"{}\":1}}]", "\\u0041\\\\\\\"".repeat(1000));
    for text in [
        "",
        "{",
        "}",
        "[",
        "]",
        "\"",
        "{\"",
        "{\"objects\"",
        "{\"objects\":[",
        "{\"objects\":[{",
        "[{}]x",
        "\u{feff}",
        "\u{feff}[",
        "{\"objects\":{}}",
        "{}{}",
        "[{}]\n[{}]",
        "[{\"\\u",
        "[{\"\\ud83d\\u\":1}]",
        "[[]]",
        "[null]",
        "{\"a\":\"\u{0}\"}",
        "{\"type\":\"bundle\",\"objects\":[{\"type\":\"bundle\",\"objects\":[]}]}",
        &deep,
        &wide,
        &escapes,
    ] {
        every_entry(text.as_bytes());
    }
    for cut in 0..BUNDLE.len() {
        reader::fuzz_entry(&BUNDLE[..cut]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn mutations_of_the_bundle_are_read_without_panic(
        changes in prop::collection::vec((0usize..BUNDLE.len(), any::<u8>()), 1..6),
        from in 0usize..BUNDLE.len(),
        length in 0usize..200,
    ) {
        let mut bytes = BUNDLE.to_vec();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        bytes.drain(from..(from + length).min(bytes.len()));
        reader::fuzz_entry(&bytes);
        // Single objects go on to redaction.
        let start = bytes.iter().position(|b| *b == b'{').unwrap_or_default();
        every_entry(&bytes[start..]);
        for line in bytes.split(|b| *b == b'\n') {
            every_entry(line.trim_ascii().strip_suffix(b",").unwrap_or(line));
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        every_entry(&bytes);
    }
}
