//! How the demonstration looks: the opening, a curtain before each act, the finding, the closing.

use super::{ACTS, Act, Finding, OPENING, Outcome, TRY_NEXT};
use crate::{
    Screen,
    screen::{COLUMNS, Cell, Table, Tone, width},
};

const NAMES: usize = 7;
const EXERCISE: &str = "exercise data";

pub fn opening(screen: &mut Screen<'_>) {
    rule(screen, "Comity: how States exchange records");
    for line in OPENING {
        screen.text(line);
    }
}

pub fn curtain(screen: &mut Screen<'_>, number: usize, act: &Act) {
    screen.blank();
    rule(screen, &format!("Act {number} of {}", ACTS.len()));
    screen.heading(act.question);
    screen.item(NAMES, "done", Tone::Plain, act.done);
}

pub fn step(screen: &mut Screen<'_>, step: &str) {
    screen.item(NAMES, "", Tone::Faint, &format!("- {step}"));
    screen.show_now();
}

pub fn finding(screen: &mut Screen<'_>, act: &Act, finding: &Finding) {
    screen.item(NAMES, "answer", tone(act, finding), &finding.answer);
    let lists = [
        ("because", &finding.reasons),
        ("basis", &finding.basis),
        ("duties", &finding.duties),
        ("lifts", &finding.lift),
        ("proof", &finding.proof),
    ];
    for (name, lines) in lists {
        list(screen, name, lines);
    }
    if act.expected == finding.outcome {
        screen.item(NAMES, "shows", Tone::Plain, act.lesson);
    } else {
        let text = format!("expected `{}`, found `{}`", act.expected.as_str(), finding.outcome.as_str());
        screen.item(NAMES, "WRONG", Tone::Bad, &text);
    }
}

pub fn closing(screen: &mut Screen<'_>, findings: &[(&Act, Finding)]) {
    screen.blank();
    rule(screen, "What was seen");
    let mut table = Table::new(&["act", "question", "outcome"]);
    for (number, (act, finding)) in (1..).zip(findings) {
        let outcome = Cell::toned(tone(act, finding), finding.outcome.as_str());
        table.row([format!("{number}").into(), act.question.into(), outcome]);
    }
    screen.table(&table);
    screen.blank();
    let wrong = findings.iter().filter(|(act, finding)| act.expected != finding.outcome).count();
    match wrong {
        0 => screen.say(Tone::Good, "Every act ended as it should."),
        _ => {
            screen.say(Tone::Bad, &format!("{wrong} of {} acts did not end as they should.", findings.len()))
        }
    }
    screen.blank();
    screen.heading("Try next:");
    for (command, why) in TRY_NEXT {
        screen.verbatim(command);
        screen.indented(4, Tone::Faint, why);
    }
}

/// A title on the left, the notice on the right, a line between.
fn rule(screen: &mut Screen<'_>, title: &str) {
    let line = COLUMNS.saturating_sub(width(title) + width(EXERCISE) + 2);
    screen.heading(&format!("{title} {} {EXERCISE}", "-".repeat(line)));
}

fn list(screen: &mut Screen<'_>, name: &str, lines: &[String]) {
    let mut name = name;
    for line in lines {
        screen.item(NAMES, name, Tone::Plain, line);
        name = "";
    }
}

fn tone(act: &Act, finding: &Finding) -> Tone {
    match finding.outcome {
        outcome if outcome != act.expected => Tone::Bad,
        Outcome::Redacted => Tone::Open,
        outcome if outcome.is_refusal() => Tone::Open,
        _ => Tone::Good,
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Exit, Fault, Screen,
        demo::{ACTS, ActKey, Finding, Outcome, Stage, open, play},
        screen::{COLUMNS, Colour, width},
    };
    use std::io;

    /// Answers each act at length, and one of them as told.
    struct Scripted(ActKey, Outcome);

    impl Stage for Scripted {
        fn play(&mut self, key: ActKey, step: &mut dyn FnMut(&str)) -> Result<Finding, Fault> {
            let act = ACTS.iter().find(|act| act.key == key).unwrap();
            step(&"a step with a long story ".repeat(5));
            let long = vec!["words and more words ".repeat(9), "x".repeat(200)];
            let outcome = if key == self.0 { self.1 } else { act.expected };
            let mut finding = Finding::new(outcome, "12 of 12 objects ".repeat(8));
            (finding.basis, finding.duties) = (long.clone(), long.clone());
            (finding.reasons, finding.lift, finding.proof) = (long.clone(), long.clone(), long);
            Ok(finding)
        }
    }

    fn played(stage: &mut dyn Stage) -> (Exit, String) {
        let mut out = Vec::new();
        let mut screen = Screen::new(Box::new(&mut out), Box::new(io::sink()), Colour::Off);
        open(&mut screen);
        let exit = play(stage, &mut screen).unwrap();
        screen.finish().unwrap();
        (exit, String::from_utf8(out).unwrap())
    }

    #[test]
    fn every_line_fits_and_every_screen_says_exercise_data() {
        let (exit, text) = played(&mut Scripted(ActKey::Bundle, Outcome::Crossed));
        assert_eq!(exit, Exit::Ok);
        for line in text.lines() {
            assert!(width(line) <= COLUMNS, "{line}");
        }
        assert_eq!(text.matches("- exercise data\n").count(), ACTS.len() + 2);
        assert!(text.contains("Every act ended as it should."));
    }

    #[test]
    fn an_unexpected_outcome_is_told_and_changes_the_exit() {
        let (exit, text) = played(&mut Scripted(ActKey::HomeRefusal, Outcome::Crossed));
        assert_eq!(exit, Exit::No);
        assert!(text.contains("WRONG   expected `refused at home`, found `crossed`"), "{text}");
        let told = format!("1 of {} acts did not end as they should.", ACTS.len());
        assert!(text.contains(&told));
    }
}
