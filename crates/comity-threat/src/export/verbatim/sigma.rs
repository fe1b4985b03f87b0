//! Sigma: one document of YAML that is one rule (Sigma rules specification 2.1). Readers take all documents of a file
//! together: one that is no rule refuses them all, and one with an `action` changes those behind it.

mod condition;
mod expression;
mod yaml;

use crate::value;
use yaml::{Node, document, is_day};

/// Letters of a title at most.
const TITLE: usize = 256;

/// Reads a text as a rule.
///
/// # Errors
/// Why it is none.
pub(super) fn check(text: &str) -> Result<(), &'static str> {
    let rule = document(text)?;
    if ["action", "correlation", "filter"].iter().any(|key| rule.get(key).is_some()) {
        return Err("a rule that acts on other rules");
    }
    let title = rule.get("title").and_then(Node::text).map(|title| title.chars().count());
    if title.is_none_or(|length| length > TITLE) {
        return Err("a rule without a title");
    }
    if !rule.get("logsource").is_some_and(is_source) {
        return Err("a rule without a log source");
    }
    detection(rule.get("detection"))?;
    let Node::Map(members) = &rule else { return Err("a rule that cannot be read") };
    match members.iter().all(|(name, value)| is_sound(name, value)) {
        true => Ok(()),
        false => Err("a rule with a property of another form"),
    }
}

fn is_source(source: &Node) -> bool {
    let Node::Map(members) = source else { return false };
    let named = members.iter().any(|(key, _)| matches!(key.as_str(), "category" | "product" | "service"));
    named && members.iter().all(|(_, value)| value.text().is_some())
}

/// Named searches, and a condition over them.
fn detection(found: Option<&Node>) -> Result<(), &'static str> {
    let none = "a rule without a search and a condition";
    let Some(Node::Map(members)) = found else { return Err(none) };
    let mut searches = members.iter().filter(|(name, _)| !matches!(name.as_str(), "condition" | "timeframe"));
    let names: Vec<&str> = searches.clone().map(|(name, _)| name.as_str()).collect();
    let conditions: Vec<Option<&str>> = match found.and_then(|found| found.get("condition")) {
        Some(Node::List(several)) => several.iter().map(Node::text).collect(),
        Some(one) => vec![one.text()],
        None => Vec::new(),
    };
    if names.is_empty() || conditions.is_empty() {
        return Err(none);
    }
    let reads = |text: &Option<&str>| text.is_some_and(|text| condition::reads(text, &names));
    if !conditions.iter().all(reads) {
        return Err("a rule whose condition cannot be read");
    }
    if searches.all(|(_, search)| is_search(search)) {
        Ok(())
    } else {
        Err("a rule with a search that cannot be read")
    }
}

/// Fields with values, words, or lists of them.
fn is_search(search: &Node) -> bool {
    match search {
        Node::Text { .. } => !search.is_null(),
        Node::List(several) => !several.is_empty() && several.iter().all(is_search),
        Node::Map(members) => {
            !members.is_empty() && members.iter().all(|(name, value)| is_field(name, value))
        }
    }
}

/// A field with modifiers that exist, and values that they can be applied to.
fn is_field(name: &str, value: &Node) -> bool {
    let values = match value {
        Node::List(several) => several.as_slice(),
        one => std::slice::from_ref(one),
    };
    let modifiers: Vec<&str> = name.split('|').skip(1).collect();
    values.iter().all(|value| {
        value.word().is_some() && modifiers.iter().all(|modifier| fits(modifier, value, &modifiers))
    })
}

/// Whether a modifier exists and takes this value (appendix "Modifiers" of the specification).
fn fits(modifier: &str, value: &Node, all: &[&str]) -> bool {
    let text = value.text();
    let bare = text.filter(|text| !text.contains(['*', '?']));
    match modifier {
        "all" | "neq" => true,
        "contains" | "startswith" | "endswith" | "cased" | "windash" | "expand" => text.is_some(),
        "base64" | "base64offset" | "wide" | "utf16" | "utf16be" | "fieldref" => bare.is_some(),
        "i" | "m" | "s" | "ignorecase" | "multiline" | "dotall" => all.contains(&"re"),
        "re" => text.is_some_and(expression::is_common),
        "cidr" => text.is_some_and(|text| text.contains('/') && value::range(text).is_some()),
        "lt" | "lte" | "gt" | "gte" | "minute" | "hour" | "day" | "week" | "month" | "year" => {
            value.text().is_none() && value.word().is_some_and(|word| word.parse::<f64>().is_ok())
        }
        "exists" => value.text().is_none() && matches!(value.word(), Some("true" | "false")),
        _ => false,
    }
}

/// Whether a property has the form that the specification gives it.
fn is_sound(name: &str, value: &Node) -> bool {
    match name {
        "id" => value.word().is_some_and(is_uuid),
        "status" => one_of(value, &["stable", "test", "experimental", "deprecated", "unsupported"]),
        "level" => one_of(value, &["informational", "low", "medium", "high", "critical"]),
        "date" | "modified" => value.word().is_some_and(is_day),
        "tags" => texts(value).is_some_and(|tags| tags.iter().all(|tag| is_tag(tag))),
        "references" | "fields" | "falsepositives" | "scope" => texts(value).is_some(),
        "author" | "description" | "license" | "name" | "taxonomy" => {
            value.text().is_some_and(|text| !text.is_empty())
        }
        "related" => matches!(value, Node::List(several) if several.iter().all(is_related)),
        _ => true,
    }
}

fn is_related(related: &Node) -> bool {
    let kinds = ["derived", "obsolete", "merged", "renamed", "similar"];
    related.get("id").and_then(Node::word).is_some_and(is_uuid)
        && related.get("type").is_some_and(|kind| one_of(kind, &kinds))
}

fn texts(value: &Node) -> Option<Vec<&str>> {
    match value {
        Node::List(several) => several.iter().map(Node::text).collect(),
        _ => None,
    }
}

fn one_of(value: &Node, words: &[&str]) -> bool {
    value.text().is_some_and(|text| words.contains(&text))
}

/// `namespace.name`.
fn is_tag(tag: &str) -> bool {
    tag.split_once('.').is_some_and(|(namespace, name)| !namespace.is_empty() && !name.is_empty())
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::check;

    const RULE: &str = "title: Loader\nid: 8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f\nstatus: test\nlevel: high\ndate: 2026-03-01\n\
        tags:\n  - attack.t1059\nlogsource:\n  category: process_creation\n  product: windows\ndetection:\n  selection:\n    \
        Image|endswith: '\\loader.exe'\n    CommandLine|contains:\n      - \" a; b\"\n      - 'c: \"d\"'\n    \
        Target|cidr: 192.0.2.0/24\n  filter_one:\n    User: SYSTEM\n  condition: selection and not 1 of filter_*\n";

    #[test]
    fn a_rule_is_taken_and_what_would_break_or_change_others_is_not() {
        assert_eq!(check(RULE), Ok(()));
        let acting = "a rule that acts on other rules";
        let marked = "a rule with an anchor, an alias or a tag of YAML";
        let unread = "a rule that cannot be read";
        let form = "a rule with a property of another form";
        let search = "a rule with a search that cannot be read";
        let several = "a rule of more than one document";
        for (change, with, why) in [
            ("title: Loader", "action: global\ntitle: Loader", acting),
            ("title: Loader", "title: 5", "a rule without a title"),
            ("title: Loader", "title: a\ntitle: b", unread),
            ("title: Loader", "yes: a\ntitle: b", unread),
            ("status: test", "status: [test", unread),
            ("status: test", "status: &x test", marked),
            ("status: test", "status: !!python/name:os.system test", marked),
            ("level: high", "level: huge", form),
            ("date: 2026-03-01", "date: 2026-13-45", unread),
            ("date: 2026-03-01", "date: '2026-13-45'", form),
            ("logsource:", "...\nlogsource:", several),
            ("logsource:", "--- x\nlogsource:", several),
            (
                "category: process_creation\n  product: windows",
                "definition: x",
                "a rule without a log source",
            ),
            ("endswith", "endwith", search),
            ("192.0.2.0/24", "192.0.2.0/64", search),
            ("Target|cidr: 192.0.2.0/24", "Target|re: '('", search),
            ("Target|cidr: 192.0.2.0/24", "Target|contains: 5", search),
            ("selection and", "selecton and", "a rule whose condition cannot be read"),
            ("1 of filter_*", "(filter_one", "a rule whose condition cannot be read"),
            ("  condition: selection and not 1 of filter_*\n", "", "a rule without a search and a condition"),
        ] {
            assert!(RULE.contains(change), "{change}");
            assert_eq!(check(&RULE.replacen(change, with, 1)), Err(why), "{with}");
        }
        assert_eq!(check("just words"), Err("a rule without a title"));
        assert_eq!(check(""), Err("a rule that cannot be read"));
    }
}
