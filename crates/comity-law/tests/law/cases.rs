//! The one door for `tests/law/*.case` at the root of the repository: one question a file, readable by a lawyer. The
//! format is described in `tests/law/README.md`.

use crate::{query, register};
use comity_law::{Answer, Candidate, Files, Outcome, Query};
use std::{fs, path::PathBuf};

struct Case {
    name: String,
    lines: Vec<(String, String)>,
}

enum Question {
    Bases(Query),
    Standing(String, String, String),
}

impl Case {
    fn all() -> Vec<Case> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/law");
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "case"));
        paths.sort();
        paths.iter().map(Case::read).collect()
    }

    fn read(path: &PathBuf) -> Case {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let split = |line: &str| {
            let (key, value) =
                line.split_once(':').unwrap_or_else(|| panic!("{name}: `{line}` has no colon"));
            (key.trim().to_owned(), value.trim().to_owned())
        };
        Case { lines: lines.map(split).collect(), name: name.clone() }
    }

    fn one(&self, key: &str) -> Option<&str> {
        self.lines.iter().find(|(found, _)| found == key).map(|(_, value)| value.as_str())
    }

    fn many<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.lines.iter().filter(move |(found, _)| found == key).map(|(_, value)| value.as_str())
    }

    fn question(&self) -> Question {
        let text = self.one("question").unwrap_or_else(|| panic!("{}: no question", self.name));
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            [from, "asks", to, "for", measure, "on", on] => {
                let mut asked = query(from, to, measure, on);
                asked.offence = self.one("offence").map(|code| code.parse().unwrap());
                asked.penalty = self.one("penalty").map(|years| years.parse().unwrap());
                asked.organised = self.one("organised").map(|word| word.parse().unwrap());
                asked.known = self.one("known").map(|day| day.parse().unwrap());
                Question::Bases(asked)
            }
            ["how", "does", party, "stand", "under", instrument, "on", on] => {
                Question::Standing((*party).to_owned(), (*instrument).to_owned(), (*on).to_owned())
            }
            _ => panic!("{}: `{text}` is no question this door understands", self.name),
        }
    }

    fn check(&self) {
        let known = [
            "question",
            "offence",
            "penalty",
            "organised",
            "known",
            "source",
            "why",
            "expect",
            "must not say",
        ];
        for (key, _) in &self.lines {
            assert!(known.contains(&key.as_str()), "{}: unknown key `{key}`", self.name);
        }
        self.check_sources();
        assert!(
            self.many("expect").chain(self.many("must not say")).next().is_some(),
            "{}: expects nothing",
            self.name
        );
        match self.question() {
            Question::Bases(asked) => self.check_bases(&asked),
            Question::Standing(party, instrument, on) => self.check_standing(&party, &instrument, &on),
        }
    }

    /// Every source is one that SOURCES.md explains.
    fn check_sources(&self) {
        let files = Files::shipped();
        let sources = String::from_utf8_lossy(files.get("SOURCES.md").unwrap()).into_owned();
        let named = self.one("source").unwrap_or_else(|| panic!("{}: names no source", self.name));
        for source in named.split(',').map(str::trim) {
            assert!(
                source == "exercise" || sources.contains(source),
                "{}: `{source}` is no source",
                self.name
            );
        }
    }

    fn check_standing(&self, party: &str, instrument: &str, on: &str) {
        let found =
            register().standing(instrument, &party.parse().unwrap(), on.parse().unwrap(), None).unwrap();
        let weight = found.weight.map_or(String::new(), |weight| format!(", {weight}"));
        let found = format!("{}{weight}", found.standing);
        for expected in self.many("expect") {
            assert_eq!(found, expected, "{}", self.name);
        }
        for forbidden in self.many("must not say") {
            assert!(!found.contains(forbidden), "{}: says `{found}`", self.name);
        }
    }

    fn check_bases(&self, asked: &Query) {
        let result = register().bases(asked);
        if let Some(code) = self.one("expect").and_then(|expected| expected.strip_prefix("error ")) {
            let fault = result.expect_err(&self.name);
            assert_eq!(fault.code(), code, "{}", self.name);
            return;
        }
        let answer = result.unwrap_or_else(|fault| panic!("{}: {fault}", self.name));
        let text = answer.to_text(4096);
        for expected in self.many("expect") {
            assert!(says(&answer, &text, expected), "{}: expected `{expected}`, found\n{text}", self.name);
        }
        for forbidden in self.many("must not say") {
            assert!(
                !says(&answer, &text, forbidden),
                "{}: must not say `{forbidden}`, found\n{text}",
                self.name
            );
        }
    }
}

/// Whether an answer says what a line of a case says.
fn says(answer: &Answer, text: &str, line: &str) -> bool {
    if let Some(quoted) = line.strip_prefix('"') {
        return text.contains(quoted.trim_end_matches('"'));
    }
    if let Some(reason) = line.strip_prefix("reason ") {
        return answer
            .candidates
            .iter()
            .any(|candidate| candidate.reasons.iter().any(|found| found.to_string() == reason));
    }
    if let Some(ids) = line.strip_prefix("no record for either: ") {
        let found: Vec<&str> = answer.no_record_for_either.iter().map(|id| id.as_str()).collect();
        return found == ids.split(", ").collect::<Vec<_>>();
    }
    if let Some(status) = line.strip_prefix("without treaty: ") {
        return answer.without_treaty.status.as_str() == status;
    }
    match line {
        "no candidate" => return answer.candidates.is_empty(),
        "no basis" => return answer.usable().next().is_none(),
        _ => {}
    }
    let (place, value) = line.split_once(" is ").unwrap_or_else(|| panic!("`{line}` is no expectation"));
    let (instrument, article) = place.split_once(' ').unwrap_or((place, ""));
    let under = |candidate: &&Candidate| {
        candidate.instrument.as_str() == instrument && (article.is_empty() || candidate.article == article)
    };
    let found: Vec<&Candidate> = answer.candidates.iter().filter(under).collect();
    if value == "absent" {
        return found.is_empty();
    }
    found.iter().any(|candidate| says_of(answer, candidate, value))
}

/// Whether a candidate is what `value` says: an outcome with all of its reasons, a grade, an `as of`, a clause, a limit, the first.
fn says_of(answer: &Answer, candidate: &Candidate, value: &str) -> bool {
    let reasons: Vec<String> = candidate.reasons.iter().map(ToString::to_string).collect();
    match value {
        "verified" | "unverified" => return candidate.grade.as_str() == value,
        "first" => return answer.candidates.first() == Some(candidate),
        "a basis" => return matches!(candidate.outcome, Outcome::Available | Outcome::Conditional),
        "a candidate" => return true,
        "undated" => return candidate.as_of.is_none(),
        _ => {}
    }
    if let Some(date) = value.strip_prefix("as of ") {
        return candidate.as_of.is_some_and(|found| found.to_string() == date);
    }
    if let Some(clause) = value.strip_prefix("through ") {
        return candidate.through.is_some_and(|found| found.as_str() == clause);
    }
    if let Some(limit) = value.strip_prefix("limited: ") {
        return candidate.restrictions.iter().any(|found| found.contains(limit));
    }
    if let Some(weak) = value.strip_prefix("weak: ") {
        return candidate.weak.iter().any(|found| found == weak);
    }
    let (outcome, because) = value.split_once(" because ").unwrap_or((value, ""));
    assert!(outcome.parse::<Outcome>().is_ok(), "`{outcome}` is no outcome");
    let expected: Vec<&str> = because.split(", ").filter(|reason| !reason.is_empty()).collect();
    candidate.outcome.as_str() == outcome && (because.is_empty() || reasons == expected)
}

#[test]
fn every_case_a_lawyer_wrote() {
    let cases = Case::all();
    let must_not = cases.iter().filter(|case| case.many("must not say").next().is_some()).count();
    assert!(cases.len() >= 40 && must_not >= 10, "{} cases, {must_not} of them `must not say`", cases.len());
    let failed: Vec<&str> = cases
        .iter()
        .filter(|case| std::panic::catch_unwind(|| case.check()).is_err())
        .map(|case| case.name.as_str())
        .collect();
    assert!(failed.is_empty(), "these cases failed, for the reasons above: {failed:?}");
}

/// Only the invented States are shown with an excluded article by their own reservation or refusal; of real States the cases
/// state dated standing and nothing else.
#[test]
fn no_case_names_a_party_outside_its_standing() {
    for case in Case::all() {
        for (_, value) in &case.lines {
            for word in ["breach", "violat", "refus", "fails", "failed"] {
                assert!(!value.to_lowercase().contains(word), "{}: says `{word}`", case.name);
            }
        }
    }
}
