//! The grammar of conditions (Sigma rules specification, "Condition").

/// Most words of a condition, and how deep it may nest.
const MOST: usize = 500;
const DEEPEST: usize = 50;

/// Whether a condition reads over searches of these names.
pub(super) fn reads(text: &str, names: &[&str]) -> bool {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut words: Vec<&str> = spaced.split_whitespace().collect();
    if words.len() > MOST {
        return false;
    }
    words.reverse();
    joined(&mut words, names, 0).is_some() && words.is_empty()
}

/// Terms with `and` or `or` between; which of them binds first makes no difference to whether it reads.
fn joined(words: &mut Vec<&str>, names: &[&str], depth: usize) -> Option<()> {
    loop {
        term(words, names, depth)?;
        if !matches!(words.last(), Some(word) if *word == "and" || *word == "or") {
            return Some(());
        }
        words.pop();
    }
}

fn term(words: &mut Vec<&str>, names: &[&str], depth: usize) -> Option<()> {
    if depth > DEEPEST {
        return None;
    }
    match words.pop()? {
        "not" => term(words, names, depth + 1),
        "(" => {
            joined(words, names, depth + 1)?;
            (words.pop()? == ")").then_some(())
        }
        "1" | "any" | "all" => {
            (words.pop()? == "of").then_some(())?;
            let pattern = words.pop()?;
            let meant = |name: &&str| match pattern.strip_suffix('*') {
                Some(begin) => name.starts_with(begin),
                None => *name == pattern,
            };
            (pattern == "them" || names.iter().any(meant)).then_some(())
        }
        name => names.contains(&name).then_some(()),
    }
}
