//! The one door for `tests/crossings/*.case` at the root of the repository. The format is described in the README there.

use crate::{
    act::{judged, narrowed},
    case::Case,
    law::register,
};
use comity_border::{Disclosure, Judgement, Ruling, Verdict};
use comity_record::{Canonical, Date, Hash, sha256};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/crossings")
}

pub(crate) fn files() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "case"));
    paths.sort();
    paths
}

#[test]
fn every_case_comes_out_as_it_says() {
    let paths = files();
    assert!(paths.len() >= 120, "{} cases", paths.len());
    let mut wrong = Vec::new();
    for path in &paths {
        wrong.extend(check(path));
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases are wrong:\n\n{}",
        wrong.len(),
        paths.len(),
        wrong.join("\n\n")
    );
}

/// What is wrong with one case.
fn check(path: &Path) -> Option<String> {
    let case = Case::read(path);
    let law = case.law();
    let (packs, standing, request, record) = (case.packs(), case.standing(), case.request(), case.record());
    let judgement = match case.narrowing() {
        Some(by) => narrowed(&packs, law.as_ref(), &standing, &record, &by, &request),
        None => judged(&packs, law.as_ref(), &standing, &record, &request),
    };
    let ruling = &judgement.decision().ruling;
    let mut wrong = Vec::new();
    if case.one("expect") != Some(&shown(ruling)) {
        wrong.push(format!("it came out as `{}`", shown(ruling)));
    }
    wrong.extend(unmet(&case, ruling));
    if let Judgement::Cleared(cleared) = &judgement {
        let register = law.as_ref().unwrap_or_else(|| register());
        for line in case.many("later") {
            let (what, then) = line.split_once(" -> ").unwrap();
            let mut hashes = [packs.hash(), register.hash(), standing.hash()];
            let mut on = request.on();
            change(what, &mut hashes, &mut on);
            let [pack, register, standing] = hashes;
            let changed = cleared.changed(pack, register, standing, on);
            let now = changed.map_or("stands".to_owned(), |changed| format!("judge again ({changed})"));
            if now != then {
                wrong.push(format!("later, {what}: {now}"));
            }
            assert_eq!(changed.is_none(), cleared.still_stands(pack, register, standing, on));
        }
    }
    wrong.extend(told(&case, &judgement));
    wrong.extend(entered(&case, &judgement));
    let all = || format!("{}:\n  {}\n\n{}", case.name, wrong.join("\n  "), judgement.decision());
    (!wrong.is_empty()).then(all)
}

fn shown(ruling: &Ruling) -> String {
    match ruling.verdict {
        Verdict::Cleared => "cleared".to_owned(),
        Verdict::RedactFirst => {
            format!("redact-first {}", ruling.redact.iter().cloned().collect::<Vec<_>>().join(", "))
        }
        Verdict::Refused => {
            let codes: Vec<&str> = ruling.codes.iter().map(|code| code.as_str()).collect();
            format!("refused {}", codes.join(", "))
        }
    }
}

/// Every expectation beside the verdict that is not met.
fn unmet(case: &Case, ruling: &Ruling) -> Vec<String> {
    let mut out = Vec::new();
    let applied: BTreeSet<&str> =
        ruling.permits.iter().chain(&ruling.forbids).map(|policy| policy.id.as_str()).collect();
    let expected: BTreeSet<&str> = case.many("by").collect();
    let applied_there: BTreeSet<&str> = match ruling.verdict {
        Verdict::Cleared => applied,
        _ => ruling.forbids.iter().map(|policy| policy.id.as_str()).collect(),
    };
    if applied_there != expected {
        out.push(format!("the policies that applied are {applied_there:?}"));
    }
    let mut contains = |key: &str, texts: Vec<String>| {
        for wanted in case.many(key) {
            if !texts.iter().any(|text| text.contains(wanted)) {
                out.push(format!("{key} `{wanted}` is not among {texts:?}"));
            }
        }
    };
    let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
    contains("says", owned(ruling.reasons()));
    contains("lift", owned(ruling.lifts()));
    contains("cites", ruling.citations.clone());
    contains("basis is", vec![ruling.basis.to_string()]);
    contains("threshold", vec![ruling.next_threshold.map_or("none".to_owned(), |day| day.to_string())]);
    let articles = ruling.considered.iter().map(|considered| {
        let because = considered.reasons.iter().chain(&considered.conditions).cloned().collect::<Vec<_>>();
        let because =
            if because.is_empty() { String::new() } else { format!(" because {}", because.join(", ")) };
        format!("{} {} is {}{because}", considered.instrument, considered.article, considered.outcome)
    });
    let articles: Vec<String> = articles.collect();
    for wanted in case.many("article").filter(|wanted| !articles.iter().any(|article| article == wanted)) {
        out.push(format!("article `{wanted}` is not among {articles:?}"));
    }
    let duties: Vec<String> = ruling.obligations.iter().map(ToString::to_string).collect();
    for wanted in case.many("duty").filter(|wanted| !duties.iter().any(|duty| duty == wanted)) {
        out.push(format!("duty `{wanted}` is not among {duties:?}"));
    }
    for unwanted in
        case.many("no duty").filter(|unwanted| duties.iter().any(|duty| duty.starts_with(unwanted)))
    {
        out.push(format!("duty `{unwanted}` is among {duties:?}"));
    }
    out
}

/// What happens between clearance and sending.
fn change(what: &str, hashes: &mut [Hash; 3], on: &mut Date) {
    let other = sha256(&[what.as_bytes()]);
    match what.split_once(' ').unwrap_or((what, "")) {
        ("packs", "changed") => hashes[0] = other,
        ("register", "changed") => hashes[1] = other,
        ("standing", "changed") => hashes[2] = other,
        ("on", day) => *on = day.parse().unwrap(),
        other => panic!("{other:?} is no change"),
    }
}

/// `LEVEL says TEXT` or `LEVEL hides TEXT`, of what the other party is told.
fn told(case: &Case, judgement: &Judgement) -> Vec<String> {
    let Judgement::Refusal(refusal) = judgement else { return Vec::new() };
    let mut out = Vec::new();
    for line in case.many("told") {
        let mut words = line.splitn(3, ' ');
        let level: Disclosure = words.next().unwrap().parse().unwrap();
        let (says, text) = (words.next().unwrap() == "says", words.next().unwrap());
        let disclosed = refusal.disclosed(level);
        assert_eq!(comity_border::DisclosedRefusal::from_bytes(&disclosed.to_bytes()).unwrap(), disclosed);
        let whole = serde_json::to_string(&disclosed).unwrap();
        if whole.contains(text) != says {
            out.push(format!("told: {line}, but it is {whole}"));
        }
    }
    out
}

fn entered(case: &Case, judgement: &Judgement) -> Option<String> {
    let wanted = case.one("entry")?;
    let at = judgement.decision().at;
    let entry = match judgement {
        Judgement::Cleared(cleared) => cleared.entry(at),
        Judgement::Refusal(refusal) => refusal.entry(at),
        Judgement::RedactFirst(first) => first.clone().into_refusal().entry(at),
    };
    assert_eq!(entry.decision, Some(judgement.decision().hash()));
    assert_eq!(entry.request, Some(case.request().hash()));
    assert_eq!(entry.party, case.judge());
    (entry.kind.as_str() != wanted).then(|| format!("the entry is `{}`", entry.kind))
}
