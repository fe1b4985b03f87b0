//! Text laid out for a terminal: cleaned, wrapped and put in columns. Pure; nothing here writes.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns of a terminal a text takes.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text without anything that could steer a terminal or turn its reading direction about: what another State wrote
/// is shown, never obeyed. A tab becomes a space; each other such character becomes `\u{...}`.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            c if steers(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Controls (C0, C1, line separators) and the bidirectional controls of Unicode Standard Annex 9.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{061c}' | '\u{200e}' | '\u{200f}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text in lines of at most `columns`, broken at spaces; a longer word is cut.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let joined = if line.is_empty() { 0 } else { width(&line) + 1 };
        if joined > 0 && joined + width(word) > columns {
            lines.push(std::mem::take(&mut line));
        } else if joined > 0 {
            line.push(' ');
        }
        line = cut(line, word, columns, &mut lines);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Adds a word to a line, beginning new lines where the word alone is too long.
fn cut(mut line: String, word: &str, columns: usize, lines: &mut Vec<String>) -> String {
    let mut used = width(&line);
    for c in word.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        line.push(c);
        used += wide;
    }
    line
}

/// The text filled up with spaces to `columns`.
pub fn pad(text: &str, columns: usize) -> String {
    let fill = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(fill))
}

/// Widths for columns whose natural widths are `natural`, so that all fit in `total` with `gap` between them: the widest
/// column yields first, and none goes below six columns or its natural width.
pub fn fit(natural: &[usize], gap: usize, total: usize) -> Vec<usize> {
    const LEAST: usize = 6;
    let mut widths = natural.to_vec();
    let gaps = gap * natural.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > total {
        let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > LEAST) else { break };
        *widest -= 1;
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_break_at_spaces_and_long_words_are_cut() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("  ", 4), [""]);
        assert_eq!(wrap("日本国 x", 4), ["日本", "国 x"]);
    }

    #[test]
    fn nothing_can_steer_the_terminal() {
        assert_eq!(clean("a\u{1b}[31mb\tc\u{202e}d\u{9b}"), "a\\u{1b}[31mb c\\u{202e}d\\u{9b}");
        assert_eq!(clean("naïve 日本 العربية"), "naïve 日本 العربية");
    }

    #[test]
    fn the_widest_column_yields_first() {
        assert_eq!(fit(&[5, 30, 10], 2, 39), [5, 20, 10]);
        assert_eq!(fit(&[5, 10], 2, 80), [5, 10]);
        assert_eq!(fit(&[20, 20], 2, 6), [6, 6]);
    }

    proptest! {
        #[test]
        fn wrapping_keeps_every_word_and_the_width(text in "[a-zé日 ]{0,120}", columns in 2usize..60) {
            let lines = wrap(&text, columns);
            prop_assert!(lines.iter().all(|line| width(line) <= columns));
            let kept: String = lines.concat().split_whitespace().collect();
            prop_assert_eq!(kept, text.split_whitespace().collect::<String>());
        }
    }
}
