//! Limits of libyara 4.5 (its `limits.h` and lexer), with room to spare.

use boreal_parser::rule::{MetadataValue, Rule, VariableDeclarationValue};

/// Bytes of a text, an expression or a name.
const TEXT: usize = 8000;
const NAME: usize = 128;
/// Choices and repetitions of one expression (128 there).
const CHOICES: usize = 100;
/// Loops in one condition (4 within each other there).
const LOOPS: usize = 4;

/// Whether a rule of this text is within them.
pub(super) fn holds(rule: &Rule, text: &str) -> bool {
    let names = rule.tags.iter().map(|tag| &tag.tag).chain([&rule.name]);
    let names = names.clone().all(|name| name.len() <= NAME && !KEYWORDS.contains(&name.as_str()));
    let metadata = rule.metadatas.iter().all(|one| match &one.value {
        MetadataValue::Bytes(bytes) => bytes.len() <= TEXT,
        MetadataValue::Integer(_) | MetadataValue::Boolean(_) => true,
    });
    let variables = rule.variables.iter().all(|one| {
        let span = text.get(one.span.clone()).unwrap_or_default();
        span.len() <= TEXT
            && (matches!(one.value, VariableDeclarationValue::Bytes(_)) || choices(span) <= CHOICES)
    });
    names && metadata && variables && condition(text.get(rule.condition.span.clone()).unwrap_or_default())
}

fn choices(expression: &str) -> usize {
    expression.bytes().filter(|byte| matches!(byte, b'|' | b'*' | b'+' | b'?' | b'{')).count()
}

/// A condition without what libyara refuses when it compiles: too many loops, shares beyond the whole, a share at a place,
/// a division by a constant of nothing.
fn condition(text: &str) -> bool {
    let words = words(text);
    let loops = words.iter().filter(|word| **word == "for").count();
    let intricate = words.contains(&"matches") && choices(text) > CHOICES;
    let odd = words.iter().enumerate().any(|(at, word)| {
        let next = |ahead: usize| words.get(at + ahead).copied().unwrap_or_default();
        let share = next(1) == "%" && next(2) == "of";
        let nothing =
            next(1).trim_start_matches("0x").bytes().all(|byte| byte == b'0') && !next(1).is_empty();
        (share && !matches!(word.parse::<u64>(), Ok(1..=100)))
            || (*word == "%" && next(1) == "of" && words.contains(&"at"))
            || (matches!(*word, "\\" | "%") && nothing)
    });
    text.len() <= TEXT && loops <= LOOPS && !intricate && !odd
}

/// Names and numbers, and every other sign by itself.
fn words(text: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let (mut words, mut begin) = (Vec::new(), 0);
    for (at, c) in text.char_indices() {
        if is_part(c) {
            continue;
        }
        words.push(text.get(begin..at).unwrap_or_default());
        begin = at + c.len_utf8();
        words.push(text.get(at..begin).unwrap_or_default());
    }
    words.push(text.get(begin..).unwrap_or_default());
    words.retain(|word| !word.trim().is_empty());
    words
}

/// Words of the language that are no names.
const KEYWORDS: [&str; 16] = [
    "them",
    "all",
    "any",
    "none",
    "of",
    "for",
    "in",
    "at",
    "and",
    "or",
    "not",
    "filesize",
    "entrypoint",
    "defined",
    "true",
    "false",
];

#[cfg(test)]
mod tests {
    use boreal_parser::file::YaraFileComponent as Part;

    /// What libyara 4.5.4 says of each was asked of yara-python.
    #[test]
    fn what_libyara_refuses_is_beyond_the_limits() {
        let holds = |text: &str| {
            let read = boreal_parser::parse(text).unwrap();
            let Part::Rule(rule) = &read.components[0] else { panic!("{text}") };
            super::holds(rule, text)
        };
        let within = |strings: &str, condition: &str| {
            format!("rule a {{ strings: {strings} condition: {condition} }}")
        };
        let loops =
            |count: usize| format!("{}true{}", "for all i in (1..2) : ( ".repeat(count), " )".repeat(count));
        assert!(holds(&within("$a = /x(a|b)+/", "$a and 50% of them and filesize \\ 2 > 1 and 7 % 3 == 1")));
        assert!(holds(&within("$a = /x/", &format!("$a and {}", loops(4)))));
        for refused in [
            within(&format!("$a = /x({})/", ["a"; 130].join("|")), "$a"),
            within(&format!("$a = {{ 01 {}01 }}", "( 01 | 02 ) ".repeat(130)), "$a"),
            within(&format!("$a = \"{}\"", "a".repeat(8200)), "$a"),
            within("$a = \"x\"", &format!("$a and {}", loops(5))),
            within("$a = \"x\"", "150% of them"),
            within("$a = \"x\"", "50% of them at 5"),
            within("$a = \"x\"", "$a and 1 \\ 0 == 1"),
            within("$a = \"x\"", "$a and 1 % 0x0 == 1"),
            format!("rule {} {{ condition: true }}", "a".repeat(129)),
            format!("rule a : {} {{ condition: true }}", "a".repeat(129)),
            format!("rule a {{ meta: d = \"{}\" condition: true }}", "a".repeat(9000)),
            "rule them { condition: true }".to_owned(),
        ] {
            assert!(!holds(&refused), "{:.200}", refused);
        }
    }
}
