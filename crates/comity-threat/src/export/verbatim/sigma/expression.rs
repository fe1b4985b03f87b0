//! Regular expressions that readers of Sigma take alike: our own engine, RE2 and the one of Python.

/// The most that RE2 repeats.
const MOST: u32 = 1000;
/// What is not in the language of every reader: classes by property, operations on classes, comments, words' ends.
const OWN: [&str; 8] = ["\\p", "\\P", "&&", "--", "~~", "(?x", "\\<", "\\>"];

/// Whether an expression is one to all of them.
pub(super) fn is_common(text: &str) -> bool {
    let own = OWN.iter().any(|own| text.contains(own)) || text.contains("\\b{");
    !own && !repeats_a_repetition(text) && counts(text) && regex::Regex::new(text).is_ok()
}

/// `a+*`, which RE2 refuses; a question mark behind a repetition makes it lazy.
fn repeats_a_repetition(text: &str) -> bool {
    let (mut escaped, mut before, mut lazy) = (false, false, false);
    for letter in text.chars() {
        let repeats = !escaped && matches!(letter, '*' | '+' | '?' | '{');
        if repeats && (lazy || (before && letter != '?')) {
            return true;
        }
        lazy = repeats && before;
        before = !lazy && ((repeats && letter != '{') || (!escaped && letter == '}'));
        escaped = letter == '\\' && !escaped;
    }
    false
}

/// Numbers of repetitions within bounds.
fn counts(text: &str) -> bool {
    let mut bounds = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    bounds.all(|(bounds, _)| {
        bounds
            .split(',')
            .all(|number| number.parse::<u32>().is_ok_and(|number| number <= MOST) || number.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::is_common;

    #[test]
    fn what_one_reader_alone_takes_is_not_common() {
        for text in [
            "^a.*b$",
            "(?i)x+?y{2,3}?",
            "[a-z]{1000}",
            r"\*+\?",
            r"C:\\Temp\\[^\\]+\.exe",
            "a|b*",
            "5000",
            "a{2,}",
        ] {
            assert!(is_common(text), "{text}");
        }
        for text in ["a+*", "a**", "a{2}{3}", "a*?+", "a{1001}", r"\p{L}", "[a&&b]", "(?x)a", "(", "(?=a)"] {
            assert!(!is_common(text), "{text}");
        }
    }
}
