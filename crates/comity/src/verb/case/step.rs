//! `comity case step`: every step of a case by its name.

use super::{authorise::stepped, basis::BasisGiven, new::pairs};
use crate::{Exit, Fault, Screen, place::Chosen, reach, screen::Tone};
use clap::Args;
use comity_node::app::case::{
    show::{CaseShown, ShowCase},
    step::StepCase,
    steps::{kind_of, wanted},
};
use std::collections::BTreeMap;

const NAMES: usize = 10;

const HELP: &str = "\
Without a step it is shown which steps are open now, whose they are, and what each \
wants to be told. A step belongs to the State that owns it: nobody takes one for the \
other. Refusing and postponing need a consultation before, or a recorded reason why \
there was none; a ground that is not on the register's list, or that the instrument \
bars, is noted and blocks nothing.

Steps of the asking State: withdraw, give-information, accept-terms, decline-terms, \
ask-for-progress, ask-for-extension, send-follow-up, file-papers, receive-product, \
verify, report-defect, begin-use, account-for-use, ask-for-a-waiver, \
tell-of-exculpatory-material, take-sealed-material, destroy-sealed-material, \
ask-to-reconsider, disagree, close.

Steps of the asked State: acknowledge, begin-check, ask-for-information, refer, \
consult, refuse, postpone, offer-on-conditions, accept, begin-execution, execute, \
cannot-execute, review-release, release, transmit, close-for-silence, preserve, \
extend, tie-to-follow-up, release-hold, let-lapse, report-progress, \
decide-on-a-waiver, assess, take-a-step, plan-a-fix, decline, close.

Steps of either, by flow: deliver, state-position, report-progress, \
tell-that-access-ended, propose-a-day, agree-to-the-day, disagree, publish, close.

When the last day of access has passed, nothing of what was given is opened any \
more, and tell-that-access-ended reports that. It is offered on the agenda and taken \
by an officer; it says nothing of a deletion.

A step rests on what the case rested on so far. Where that no longer holds, the \
border refuses and the case stays as it was; the officer names another article, an \
assurance or another basis, which both borders judge and the timeline shows. Later \
steps of both sides then rest on it.

Example:
  comity case step XA-2026-1 --dir ./xb
  comity case step XB-9 accept --basis 'untoc 18' --dir ./xb
  comity case step XA-2026-1 acknowledge --ticket XB-9 --dir ./xb
  comity case step XB-9 refuse --ground domestic_law_conditions \\
    --article 'budapest 25(4)' --reasons 'Act s 5' \\
    --not-consulted 'urgent' --dir ./xb

Next:
  comity case show XA-2026-1 --dir ./xb";

/// `comity case step`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Step {
    /// The case
    #[arg(value_name = "ID")]
    case: String,
    /// The step; without one, what is open is shown
    #[arg(value_name = "STEP")]
    step: Option<String>,
    /// A field; may be repeated
    #[arg(long = "field", value_name = "CODE=VALUE")]
    fields: Vec<String>,
    #[command(flatten)]
    saying: Saying,
    /// The thread; that in which the case was opened if left out
    #[arg(long, value_name = "THREAD", value_parser = ["police", "judicial", "diplomatic"])]
    thread: Option<String>,
    /// The unit that takes it; the officer's own if left out
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// The officer for whom the console speaks
    #[arg(long, value_name = "ID")]
    officer: Option<String>,
    #[command(flatten)]
    resting: BasisGiven,
}

macro_rules! saying {
    ($($(#[doc = $doc:literal])* $field:ident $name:literal $value:literal)*) => {
        /// What steps say, by option.
        #[derive(Debug, Args)]
        struct Saying {
            $(
                $(#[doc = $doc])*
                #[arg(long = $name, value_name = $value)]
                $field: Vec<String>,
            )*
        }

        impl Saying {
            fn given(&self) -> BTreeMap<String, Vec<String>> {
                let all = [$(($name, &self.$field),)*];
                all.into_iter()
                    .filter(|(_, values)| !values.is_empty())
                    .map(|(name, values)| (name.to_owned(), values.clone()))
                    .collect()
            }
        }
    };
}

saying! {
    /// Why
    reason "reason" "TEXT"
    /// The reasons
    reasons "reasons" "TEXT"
    /// A ground: a code of the register's list, or your own words
    ground "ground" "GROUND"
    /// The article it rests on, such as 'budapest 29(5)(b)'
    article "article" "ARTICLE"
    /// Why there was no consultation before
    not_consulted "not-consulted" "TEXT"
    /// Until which day
    until "until" "DATE"
    /// Our ticket
    ticket "ticket" "TEXT"
    /// A field that is missing, by its code; may be repeated
    want "want" "CODE"
    /// The question
    question "question" "TEXT"
    /// The authority, as it may be known outside
    authority "authority" "TEXT"
    /// What the consultation is about
    about "about" "TEXT"
    /// A condition, as KIND, KIND:TEXT or KIND@DAY; may be repeated
    condition "condition" "CONDITION"
    /// The number of a condition; may be repeated
    number "number" "NUMBER"
    /// The part that is accepted
    part "part" "TEXT"
    /// What is told
    text "text" "TEXT"
    /// Objects used, where and when
    use_made "use-made" "TEXT"
    /// How each condition was kept
    conditions_kept "conditions-kept" "TEXT"
    /// When more may be expected
    next "next" "DATE"
    /// The hash of the custody manifest
    manifest "manifest" "HASH"
    /// What is wrong, as OBJECT=FOUND; may be repeated
    defect "defect" "OBJECT=FOUND"
    /// An object; may be repeated
    object "object" "ID"
    /// Whether it was disclosed already: yes or no
    disclosed "disclosed" "YES|NO"
    /// The proceedings
    proceedings "proceedings" "TEXT"
    /// The reference of the request that follows
    reference "reference" "TEXT"
    /// Whether the matter is resolved: yes or no
    resolved "resolved" "YES|NO"
    /// Whether a condition is waived or kept
    decision "decision" "WAIVED|KEPT"
    /// found, not-found, not-ours or cannot-tell
    finding "finding" "FINDING"
    /// The step taken on a notice: detect, investigate, address, mitigate, help
    what "what" "WHAT"
    /// On which day
    on "on" "DATE"
    /// Its result, where told
    result "result" "TEXT"
    /// The day for publication
    day "day" "DATE"
    /// Why it is published before the day, or without one
    early "early" "TEXT"
    /// The record that holds what is given
    record "record" "ID"
}

/// Takes the step, or shows what is open.
pub fn run(verb: &Step, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let place = chosen.place()?;
    let Some(step) = &verb.step else {
        let show = ShowCase { case: verb.case.clone(), language: None, officer: verb.officer.clone() };
        let shown = reach::ask(&place, show)?;
        screen.answer(&shown.open, |screen| open(screen, &shown));
        return Ok(Exit::Ok);
    };
    let step = StepCase {
        case: verb.case.clone(),
        step: step.clone(),
        with: verb.saying.given(),
        fields: pairs(&verb.fields)?,
        thread: verb.thread.clone(),
        unit: verb.unit.clone(),
        officer: verb.officer.clone(),
        rests_on: verb.resting.named(),
    };
    let done = reach::ask(&place, step)?;
    Ok(stepped(screen, &done))
}

fn open(screen: &mut Screen<'_>, shown: &CaseShown) {
    screen.heading(&format!("The case is {}; {} must move.", shown.state, shown.moves));
    for one in &shown.open {
        screen.blank();
        let tone = if one.ours { Tone::Good } else { Tone::Faint };
        screen.say(tone, &format!("{} of {}", one.step, one.party));
        let Ok(kind) = kind_of(&one.step) else { continue };
        for option in wanted(kind).iter().filter(|_| one.ours) {
            let need = if option.needed { "" } else { " (may be left out)" };
            screen.item(NAMES, option.name, Tone::Plain, &format!("{}{need}", option.about));
        }
    }
    if shown.open.is_empty() {
        screen.text("No step is open to anybody.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use comity_affairs::StepKind;
    use comity_node::app::case::steps::word;
    use std::collections::BTreeSet;

    /// A step added to the tables is in the help, and what it wants can be given.
    #[test]
    fn every_step_is_in_the_help_and_can_be_told_what_it_wants() {
        let command = Step::augment_args(clap::Command::new("step"));
        let options: BTreeSet<&str> = command.get_arguments().filter_map(|one| one.get_long()).collect();
        let named: BTreeSet<&str> = HELP.split([' ', ',', '.', '\n', ':']).collect();
        for kind in StepKind::ALL.iter().filter(|kind| **kind != StepKind::Send) {
            assert!(named.contains(word(*kind).as_str()), "{kind} is not in the help");
            for one in wanted(*kind) {
                assert!(options.contains(one.name), "{kind} wants `{}`, which is no option", one.name);
            }
            assert_eq!(kind_of(&word(*kind)).unwrap(), *kind);
        }
    }
}
