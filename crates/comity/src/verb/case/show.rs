//! `comity case show` and `comity case preview`.

use crate::{Exit, Fault, Screen, place::Chosen, reach, screen::Tone, verb::share::judged};
use clap::Args;
use comity_node::app::case::{
    draft::DraftShown,
    preview::{LineShown, PreviewCase, PreviewShown},
    show::{CaseShown, ShowCase, StepShown},
};

const NAMES: usize = 12;

/// The mark that has a terminal write a line from right to left.
const RIGHT_TO_LEFT: char = '\u{200f}';

const SHOW_HELP: &str = "\
A case is named by at least eight digits of its id, by our reference, or by the \
other side's ticket. Clocks warn and decide nothing; an acknowledgment concedes \
nothing. Grounds that the instrument bars are shown as barred.

Example:
  comity case show XA-2026-1 --dir ./xa

Next:
  comity case step XA-2026-1 --dir ./xa    what is open, and what it wants";

const PREVIEW_HELP: &str = "\
What is shown is read from the very records that would go out. Nothing is entered or \
sent. The exit code is 1 where it cannot be sent as it stands.

Example:
  comity case preview XA-2026-1 --dir ./xa
  comity case preview XA-2026-1 --label-language ar --dir ./xa

Next:
  comity case authorise XA-2026-1 --dir ./xa";

/// `comity case show`
#[derive(Debug, Args)]
#[command(after_help = SHOW_HELP)]
pub struct Show {
    /// The case
    #[arg(value_name = "ID")]
    case: String,
    /// The language of the labels: en, fr, ar, zh
    #[arg(long, value_name = "TAG", value_parser = ["en", "fr", "ar", "zh"])]
    label_language: Option<String>,
    /// The officer for whom the console speaks
    #[arg(long, value_name = "ID")]
    officer: Option<String>,
}

/// `comity case preview`
#[derive(Debug, Args)]
#[command(after_help = PREVIEW_HELP)]
pub struct Preview {
    /// The draft
    #[arg(value_name = "ID")]
    case: String,
    /// The language of the labels: en, fr, ar, zh
    #[arg(long, value_name = "TAG", value_parser = ["en", "fr", "ar", "zh"])]
    label_language: Option<String>,
    /// The officer for whom the console speaks
    #[arg(long, value_name = "ID")]
    officer: Option<String>,
}

/// How labels are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// From left to right.
    LeftToRight,
    /// From right to left.
    RightToLeft,
}

/// How a language is written.
pub fn language(tag: Option<&str>) -> Writing {
    if tag == Some("ar") { Writing::RightToLeft } else { Writing::LeftToRight }
}

/// Shows a case.
pub fn run(verb: &Show, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let show = ShowCase {
        case: verb.case.clone(),
        language: verb.label_language.clone(),
        officer: verb.officer.clone(),
    };
    let shown = reach::ask(&chosen.place()?, show)?;
    let writing = language(verb.label_language.as_deref());
    screen.answer(&shown, |screen| case(screen, &shown, writing));
    Ok(Exit::Ok)
}

/// Shows what the other State will see.
pub fn preview(verb: &Preview, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let preview = PreviewCase {
        case: verb.case.clone(),
        language: verb.label_language.clone(),
        officer: verb.officer.clone(),
    };
    let shown = reach::ask(&chosen.place()?, preview)?;
    let writing = language(verb.label_language.as_deref());
    screen.answer(&shown, |screen| previewed(screen, &shown, writing));
    let cleared = !shown.judged.is_empty() && shown.judged.iter().all(|one| one.verdict == "cleared");
    Ok(if shown.faults.is_empty() && cleared { Exit::Ok } else { Exit::No })
}

fn previewed(screen: &mut Screen<'_>, shown: &PreviewShown, writing: Writing) {
    warned(screen, &shown.warnings);
    if !shown.faults.is_empty() {
        screen.say(Tone::Bad, "It cannot be sent as it stands:");
        shown.faults.iter().for_each(|fault| screen.item(NAMES, "", Tone::Bad, &fault.text));
        return;
    }
    screen.say(Tone::Strong, &format!("{} will see this, and nothing else:", shown.to));
    for record in &shown.records {
        screen.blank();
        screen.heading(&format!("{} from {}, {}", record.kind, record.from, record.officer));
        screen.item(NAMES, "labels", Tone::Faint, &record.labels);
        lines(screen, &record.lines, writing);
    }
    screen.blank();
    shown.judged.iter().for_each(|one| judged(screen, one));
}

/// What the other side may object to.
fn warned(screen: &mut Screen<'_>, warnings: &[String]) {
    warnings.iter().for_each(|text| screen.item(NAMES, "warning", Tone::Open, text));
}

fn lines(screen: &mut Screen<'_>, lines: &[LineShown], writing: Writing) {
    for line in lines {
        labelled(screen, &line.label, &line.value, Tone::Plain, writing);
    }
}

fn labelled(screen: &mut Screen<'_>, label: &str, value: &str, tone: Tone, writing: Writing) {
    let text = match writing {
        Writing::LeftToRight => format!("{label}: {value}"),
        Writing::RightToLeft => format!("{RIGHT_TO_LEFT}{label}: {value}"),
    };
    screen.indented(2, tone, &text);
}

/// A draft with what is wrong with it.
pub fn draft(screen: &mut Screen<'_>, shown: &DraftShown, writing: Writing) {
    let id: String = shown.case.chars().take(16).collect();
    screen.heading(&format!("{} {id} for {}: {}", shown.standing, shown.to, shown.form));
    let measure = if shown.measure.is_empty() { "none" } else { &shown.measure };
    screen.item(NAMES, "measure", Tone::Plain, measure);
    screen.item(NAMES, "purpose", Tone::Plain, &format!("{}, thread {}", shown.purpose, shown.thread));
    screen.item(NAMES, "unit", Tone::Plain, &shown.unit);
    if let Some(selector) = &shown.selector {
        screen.item(NAMES, "aimed at", Tone::Plain, selector);
    }
    for selector in &shown.further {
        screen.item(NAMES, "", Tone::Plain, selector);
    }
    for sign in &shown.protected {
        screen.item(NAMES, "sign", Tone::Bad, sign);
    }
    let mut section = "";
    for field in &shown.fields {
        if field.section != section {
            section = &field.section;
            screen.blank();
            screen.say(Tone::Strong, section);
        }
        let (mark, tone) = match (&field.value, field.needed) {
            (Some(value), _) => (value.clone(), Tone::Plain),
            (None, true) => (format!("NEEDED ({}: {})", field.code, field.takes), Tone::Bad),
            (None, false) => (format!("({}: {})", field.code, field.takes), Tone::Faint),
        };
        labelled(screen, &field.label, &mark, tone, writing);
    }
    basis(screen, shown);
    closing(screen, shown);
}

fn basis(screen: &mut Screen<'_>, shown: &DraftShown) {
    let basis = &shown.basis;
    if basis.chosen.is_none() && basis.considered.is_empty() {
        return;
    }
    screen.blank();
    screen.say(Tone::Strong, "legal basis");
    match &basis.chosen {
        Some(chosen) => screen.item(NAMES, "rests on", Tone::Good, chosen),
        None => screen.item(NAMES, "rests on", Tone::Bad, "nothing yet: name an assurance or another basis"),
    }
    for line in &basis.considered {
        screen.item(NAMES, "considered", Tone::Faint, line);
    }
    if !basis.no_record_for_either.is_empty() {
        screen.item(NAMES, "no record", Tone::Faint, &basis.no_record_for_either.join(", "));
    }
    if let Some(note) = &basis.without_treaty {
        screen.item(NAMES, "no treaty", Tone::Faint, note);
    }
}

fn closing(screen: &mut Screen<'_>, shown: &DraftShown) {
    screen.blank();
    for fault in &shown.faults {
        screen.item(NAMES, "wrong", Tone::Bad, &format!("{} ({})", fault.text, fault.code));
    }
    warned(screen, &shown.warnings);
    for one in &shown.authorised {
        screen.item(NAMES, "authorised", Tone::Good, one);
    }
    for one in &shown.lacking {
        screen.item(NAMES, "needs", Tone::Open, one);
    }
    if shown.faults.is_empty() && shown.lacking.is_empty() && shown.standing == "draft" {
        screen.say(Tone::Good, "It may be sent: `comity case send`.");
    }
}

fn case(screen: &mut Screen<'_>, shown: &CaseShown, writing: Writing) {
    if let (Some(one), true) = (&shown.draft, shown.timeline.is_empty()) {
        return draft(screen, one, writing);
    }
    head(screen, shown);
    screen.blank();
    screen.say(Tone::Strong, "timeline of both sides");
    shown.timeline.iter().for_each(|step| line(screen, step, writing));
    if shown.waiting > 0 {
        let text = format!("{} steps wait for others that have not come", shown.waiting);
        screen.item(NAMES, "waiting", Tone::Open, &text);
    }
    shown.dropped.iter().for_each(|one| screen.item(NAMES, "dropped", Tone::Bad, one));
    if shown.hidden > 0 {
        let text = format!("{} steps are in threads that you do not read", shown.hidden);
        screen.item(NAMES, "hidden", Tone::Faint, &text);
    }
    due(screen, shown);
    grounds(screen, shown);
}

fn head(screen: &mut Screen<'_>, shown: &CaseShown) {
    let reference = shown.reference.as_deref().unwrap_or("no reference");
    screen.heading(&format!("{} {reference} with {}: {}", shown.flow, shown.party, shown.state));
    if shown.exercise {
        screen.say(Tone::Open, "This is exercise traffic.");
    }
    if shown.emergency {
        screen.say(Tone::Open, "Life is in danger: carried out first, papers follow.");
    }
    let id: String = shown.case.chars().take(16).collect();
    screen.item(NAMES, "case", Tone::Plain, &id);
    screen.item(NAMES, "we are", Tone::Plain, &format!("the {} State", shown.side));
    let lists = [
        ("ticket", &shown.ticket),
        ("form", &shown.form),
        ("measure", &shown.measure),
        ("rests on", &shown.basis),
    ];
    for (name, value) in lists {
        if let Some(value) = value {
            screen.item(NAMES, name, Tone::Plain, value);
        }
    }
    screen.item(NAMES, "must move", Tone::Strong, &shown.moves);
    for open in &shown.open {
        let tone = if open.ours { Tone::Good } else { Tone::Faint };
        let wants =
            if open.wants.is_empty() { String::new() } else { format!(" ({})", open.wants.join(", ")) };
        screen.item(NAMES, "open", tone, &format!("{}: {}{wants}", open.party, open.step));
    }
    shown.conditions.iter().for_each(|one| screen.item(NAMES, "condition", Tone::Open, one));
    shown.approvals.iter().for_each(|one| screen.item(NAMES, "at home", Tone::Faint, one));
}

fn line(screen: &mut Screen<'_>, step: &StepShown, writing: Writing) {
    let crossed = if step.crossed { ", met on the way" } else { "" };
    let text = format!(
        "{} {} {}: {} by {} {} ({} -> {}{crossed})",
        step.at, step.party, step.number, step.step, step.unit, step.officer, step.from, step.to
    );
    screen.say(Tone::Plain, &text);
    if let Some(basis) = &step.basis {
        screen.indented(2, Tone::Strong, &format!("from here on it rests on {basis}"));
    }
    for one in &step.lines {
        labelled(screen, &one.label, &one.value, Tone::Faint, writing);
    }
    if let Some(delivery) = &step.delivery {
        let tone = if delivery == "arrived" { Tone::Faint } else { Tone::Open };
        screen.indented(2, tone, &format!("({delivery})"));
    }
}

fn due(screen: &mut Screen<'_>, shown: &CaseShown) {
    if shown.clocks.is_empty() {
        return;
    }
    screen.blank();
    screen.say(Tone::Strong, "clocks: they warn and decide nothing");
    for clock in &shown.clocks {
        let tone = match clock.says.as_str() {
            "overdue" => Tone::Bad,
            "soon" => Tone::Open,
            _ => Tone::Faint,
        };
        let text =
            format!("{} of {} ends {}: may {}", clock.kind, clock.party, clock.due, clock.offers.join(", "));
        screen.item(NAMES, &clock.says, tone, &text);
    }
}

fn grounds(screen: &mut Screen<'_>, shown: &CaseShown) {
    if shown.grounds.is_empty() {
        return;
    }
    screen.blank();
    screen.say(Tone::Strong, "grounds on record; another may be stated all the same");
    for ground in &shown.grounds {
        let tone = if ground.standing.starts_with("barred") { Tone::Bad } else { Tone::Faint };
        let text = format!("{} ({}, {}): {}", ground.code, ground.article, ground.effect, ground.text);
        screen.item(NAMES, "ground", tone, &format!("{text} [{}]", ground.standing));
    }
}
