//! Codes and names that are like a text that matches none.

/// How many near matches are named at most.
const NAMED: usize = 4;
/// How much of a foreign text is compared, in characters.
const COMPARED: usize = 40;

/// The codes most like `text`, best first, at most four: those whose code or a name agrees but for case, then those
/// whose name begins with it, then those whose code is at most two slips away (a letter too many, too few, wrong, or
/// two letters exchanged) and by less than half its length.
pub fn near_matches<'a>(text: &str, codes: impl Iterator<Item = (&'a str, Vec<&'a str>)>) -> Vec<String> {
    let wanted = folded(text);
    let mut ranked: Vec<(usize, &str)> =
        codes.filter_map(|(code, names)| rank(&wanted, code, &names).map(|rank| (rank, code))).collect();
    ranked.sort_unstable();
    ranked.into_iter().take(NAMED).map(|(_, code)| code.to_owned()).collect()
}

fn rank(wanted: &[char], code: &str, names: &[&str]) -> Option<usize> {
    if wanted.is_empty() {
        return None;
    }
    let code = folded(code);
    let names: Vec<Vec<char>> =
        names.iter().filter(|name| !name.is_empty()).map(|name| folded(name)).collect();
    if code == wanted || names.iter().any(|name| name == wanted) {
        return Some(0);
    }
    if wanted.len() >= 3 && names.iter().chain([&code]).any(|name| name.starts_with(wanted)) {
        return Some(1);
    }
    let slips = |name: &[char]| {
        let slips = distance(wanted, name);
        (slips <= 2 && slips * 2 <= name.len().max(wanted.len())).then_some(slips * 2)
    };
    names.iter().chain([&code]).filter_map(|name| slips(name)).min()
}

fn folded(text: &str) -> Vec<char> {
    let same = |c: char| if c == '-' || c == ' ' { '_' } else { c };
    text.trim().chars().take(COMPARED).flat_map(char::to_lowercase).map(same).collect()
}

/// Optimal string alignment distance: insertions, deletions, substitutions and exchanges of neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous_a = None;
    for (i, ca) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        let mut previous_b = None;
        for (j, cb) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&row, j) + 1).min(at(&last, j + 1) + 1);
            best = best.min(at(&last, j) + usize::from(ca != cb));
            if previous_a == Some(cb) && previous_b == Some(ca) && j > 0 {
                best = best.min(at(&before_last, j - 1) + 1);
            }
            row.push(best);
            previous_b = Some(cb);
        }
        before_last = std::mem::replace(&mut last, row);
        previous_a = Some(ca);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(text: &str) -> Vec<String> {
        let codes = [
            ("JP", vec!["Japan", "JPN"]),
            ("JO", vec!["Jordan", "JOR"]),
            ("budapest", vec![]),
            ("preserve_stored_data", vec![]),
        ];
        near_matches(text, codes.into_iter())
    }

    #[test]
    fn slips_case_and_names_are_found() {
        assert_eq!(near("jp"), ["JP", "JO"]);
        assert_eq!(near("Japan"), ["JP"]);
        assert_eq!(near("JPN").first().map(String::as_str), Some("JP"));
        assert_eq!(near("budpaest"), ["budapest"]);
        assert_eq!(near("preserve-stored-data"), ["preserve_stored_data"]);
        assert_eq!(near("preserve"), ["preserve_stored_data"]);
        assert!(near("").is_empty() && near("zzzzzz").is_empty());
    }

    #[test]
    fn distance_counts_slips() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        for (a, b, slips) in [("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(&chars(a), &chars(b)), slips, "{a} {b}");
        }
    }
}
