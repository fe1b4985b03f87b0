//! Counts of cases, and what of them a report tells.

use crate::steps::{case, event, step};
use comity_affairs::{
    Flow, History, Side, StepKind, View,
    irregularity::{Deed, Done, Irregularity, Outcome, Place, reports},
    oversight::{ENDINGS, Safeguards, Told, irregularities, rows},
    provider::chosen,
    statistics::{Counted, Ending, Stage, count, ending},
};
use comity_record::{PartyCode, Timestamp};
use std::collections::BTreeSet;

/// A real case whose steps come an hour after one another.
fn played(steps: &[(Side, StepKind)]) -> View {
    let mut history = History::new(case(), Flow::Request, false);
    let start: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
    for ((side, kind), hours) in steps.iter().zip(0..) {
        let mut next = event(*side, Flow::Request, step(*kind, &history.view(), false));
        next.at = start.plus_millis(hours * 3_600_000);
        history.take(next).unwrap();
    }
    history.view()
}

use Side::{Asked, Asking};
use StepKind as K;

fn refused() -> View {
    played(&[
        (Asking, K::Send),
        (Asked, K::Acknowledge),
        (Asked, K::BeginCheck),
        (Asked, K::Consult),
        (Asked, K::Refuse),
    ])
}

fn granted() -> View {
    played(&[(Asking, K::Send), (Asked, K::Acknowledge), (Asked, K::BeginCheck), (Asked, K::Accept)])
}

fn counted(
    views: &[View],
) -> std::collections::BTreeMap<comity_affairs::statistics::Cell, comity_affairs::statistics::Counts> {
    let peer: PartyCode = "XB".parse().unwrap();
    let one = |view| Counted {
        view,
        side: Asking,
        peer: &peer,
        measure: Some("subscriber_information"),
        safeguards: None,
    };
    count(views.iter().map(one), Some(2026))
}

/// Worked out by hand: 2 granted after 3 hours each, 1 refused after 4; nearest ranks of 3, 3, 4.
#[test]
fn cases_are_counted_by_ending_ground_and_time() {
    let cells = counted(&[granted(), refused(), granted()]);
    let counts = cells.values().next().unwrap();
    assert_eq!((counts.all, counts.ended(Ending::Granted), counts.ended(Ending::Refused)), (3, 2, 1));
    assert_eq!(counts.grounds.get("ongoing_own_proceedings"), Some(&1));
    let hours = counts.times(Stage::Decided).unwrap();
    let hour = 3_600_000;
    assert_eq!(
        [hours.least, hours.lower, hours.median, hours.upper, hours.most],
        [3 * hour, 3 * hour, 3 * hour, 4 * hour, 4 * hour]
    );
    assert_eq!(counts.times(Stage::Received), None);
    let peer: PartyCode = "XB".parse().unwrap();
    let (view, mut drill) = (granted(), granted());
    drill.exercise = true;
    let one = |view| Counted { view, side: Asking, peer: &peer, measure: None, safeguards: None };
    assert!(count([one(&view)], Some(2025)).is_empty());
    assert!(count([one(&drill)], None).is_empty(), "an exercise is counted");
}

#[test]
fn the_last_decision_says_how_a_case_ended() {
    assert_eq!(ending(&granted()), Ending::Granted);
    assert_eq!(ending(&refused()), Ending::Refused);
    assert_eq!(ending(&played(&[(Asking, K::Send)])), Ending::Open);
    assert_eq!(ending(&played(&[(Asking, K::Send), (Asking, K::Withdraw)])), Ending::Withdrawn);
}

/// Of 12 cases 10 granted and 2 refused: the 2 are withheld, and with them the 10, since 12 - 10 gives them away.
#[test]
fn a_small_number_is_withheld_and_cannot_be_worked_out() {
    let mut views = vec![granted(); 10];
    views.extend([refused(), refused()]);
    let told = rows(&counted(&views), 5);
    let row = &told[0];
    let of =
        |wanted: &str| ENDINGS.iter().zip(&row.endings).find(|((_, name), _)| *name == wanted).unwrap().1;
    assert_eq!(row.all, Told::Exactly(12));
    assert_eq!(
        [*of("granted"), *of("refused"), *of("open")],
        [Told::Withheld, Told::Withheld, Told::Exactly(0)]
    );
    assert!(row.grounds.values().all(|count| *count == Told::Withheld), "{row:?}");
    // Enough of each: everything is told.
    views.extend(vec![refused(); 4]);
    let told = rows(&counted(&views), 5);
    assert_eq!((told[0].all, told[0].endings[1]), (Told::Exactly(16), Told::Exactly(6)));
    assert_eq!(told[0].grounds.values().collect::<Vec<_>>(), [&Told::Exactly(6)]);
    // Of 13 cases 10 refused on one ground and 3 granted: the ground would give the 3 away.
    let mut views = vec![refused(); 10];
    views.extend(vec![granted(); 3]);
    let told = rows(&counted(&views), 5);
    assert_eq!(told[0].grounds.values().collect::<Vec<_>>(), [&Told::Withheld]);
    // Nothing but a few: the total goes too.
    let few = rows(&counted(&[granted(), granted()]), 5);
    assert_eq!((few[0].all, few[0].endings[0]), (Told::Withheld, Told::Withheld));
}

/// Whatever the numbers are: no withheld part can be worked out from a total that is told and its other parts.
#[test]
fn no_withheld_number_stands_alone_under_a_total() {
    for granted_count in 0..9 {
        for refused_count in 0..9 {
            for open in 0..9 {
                let mut views = vec![granted(); granted_count];
                views.extend(vec![refused(); refused_count]);
                views.extend(vec![played(&[(Asking, K::Send)]); open]);
                for row in rows(&counted(&views), 5) {
                    let withheld = row.endings.iter().filter(|told| **told == Told::Withheld).count();
                    assert!(
                        withheld != 1 || row.all == Told::Withheld,
                        "{granted_count} {refused_count} {open}"
                    );
                    if let Told::Exactly(all) = row.all {
                        let of = |told: &Told| if let Told::Exactly(count) = told { *count } else { 0 };
                        let together = all - row.endings.iter().map(of).sum::<u32>();
                        assert!(
                            !(1..5).contains(&together),
                            "{granted_count} {refused_count} {open} tells that {together} are withheld"
                        );
                    }
                    let small = |told: &Told| matches!(told, Told::Exactly(1..=4));
                    assert!(!row.endings.iter().chain(row.grounds.values()).any(small));
                }
            }
        }
    }
}

#[test]
fn a_provider_gets_the_fields_chosen_and_no_other() {
    let mut view = granted();
    view.fields.insert("account".into(), "u-1".into());
    view.fields.insert("person-in-charge".into(), "somebody of the other State".into());
    let told = chosen(&view, &BTreeSet::from(["account".to_owned()])).unwrap();
    assert_eq!(told.into_iter().collect::<Vec<_>>(), [("account".to_owned(), "u-1".to_owned())]);
    assert_eq!(
        chosen(&view, &BTreeSet::from(["nothing".to_owned()])).unwrap_err().code(),
        "provider/no-field"
    );
    assert!(chosen(&view, &BTreeSet::new()).unwrap().is_empty());
}

/// Twelve granted cases, of which officers stated something of seven: 6 persons each and 42 in all, 36 of them given notice, one error
/// in all. What is below five is withheld, and so is what would give it away.
#[test]
fn persons_and_safeguards_are_summed_and_small_numbers_withheld() {
    let peer: PartyCode = "XB".parse().unwrap();
    let views = vec![granted(); 12];
    let all = Safeguards { persons: 6, notified: 6, errors: 0, complaints: 0 };
    let mut stated = vec![Some(all); 7];
    stated[6] = Some(Safeguards { notified: 0, errors: 1, ..all });
    stated.resize(12, None);
    let cases = views.iter().zip(&stated).map(|(view, stated)| Counted {
        view,
        side: Asking,
        peer: &peer,
        measure: Some("subscriber_information"),
        safeguards: stated.as_ref(),
    });
    let told = rows(&count(cases, Some(2026)), 5).remove(0).safeguards.unwrap();
    assert_eq!((told.persons, told.notified), (Told::Exactly(42), Told::Exactly(36)));
    assert_eq!((told.errors, told.complaints), (Told::Withheld, Told::Exactly(0)));
    assert_eq!(told.stated, Told::Exactly(7));
    // Of 42 persons 40 were given notice: the two who were not are given away by the 40, which is withheld.
    let one = Safeguards { persons: 42, notified: 40, errors: 0, complaints: 0 };
    let case = |view, safeguards| Counted { view, side: Asking, peer: &peer, measure: None, safeguards };
    let told = rows(&count([case(&views[0], Some(&one))], None), 5).remove(0).safeguards.unwrap();
    assert_eq!(
        (told.persons, told.notified, told.stated),
        (Told::Exactly(42), Told::Withheld, Told::Withheld)
    );
    // Of nothing that nobody stated is anything told but that it is none.
    let told = rows(&count([case(&views[0], None)], None), 5).remove(0).safeguards.unwrap();
    assert_eq!((told.persons, told.stated), (Told::Exactly(0), Told::Withheld));
}

/// A report filed on 1 March 2026: to be opened by 8 March and answered within three months of its opening, 5 June at the latest
/// where it was opened on the 5th.
#[test]
fn clocks_of_a_report_run_from_its_filing_and_its_opening() {
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let done = |at, deed| Done { at, by: None, deed };
    let filed = at("2026-03-01T10:00:00Z");
    let mut report = Irregularity::new(Place::default(), "watch".parse().unwrap(), filed);
    report.add(done(filed, Deed::Filed));
    assert_eq!(report.due(), Some(("open", at("2026-03-08T10:00:00Z"))));
    assert_eq!(report.answer_by(), at("2026-06-09T00:00:00Z"));
    report.add(done(at("2026-03-05T09:00:00Z"), Deed::Opened));
    assert_eq!(report.due(), Some(("answer", at("2026-06-06T00:00:00Z"))));
    let mut late = report.clone();
    report.add(done(at("2026-06-05T23:00:00Z"), Deed::Answered));
    assert!(report.was_opened_in_time() && report.was_answered_in_time() && report.due().is_none());
    late.add(done(at("2026-06-06T00:00:01Z"), Deed::Answered));
    assert!(!late.was_answered_in_time());
    report.add(done(at("2026-06-07T09:00:00Z"), Deed::Closed(Outcome::Referred)));
    assert_eq!(report.state(), "referred");
    report.add(done(at("2026-06-08T09:00:00Z"), Deed::Filed));
    assert_eq!((report.state(), report.messages, report.closed), ("unread", 2, None));
}

/// Whatever the numbers are: of reports of irregularities too, no small part can be worked out.
#[test]
fn reports_of_irregularities_are_counted_so_that_none_is_given_away() {
    let filed: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
    for closed in 0..9u8 {
        for open in 0..9u8 {
            let deeds = (0..closed + open).flat_map(|number| {
                let place = Place(comity_record::sha256(&[&[number]]));
                let done = |deed| (place, "watch".parse().unwrap(), Done { at: filed, by: None, deed });
                let ends = (number < closed).then(|| done(Deed::Closed(Outcome::Unfounded)));
                [Some(done(Deed::Filed)), ends].into_iter().flatten()
            });
            let counts = irregularities(reports(deeds).values(), 2026, 5);
            let told = [counts.filed, counts.opened_in_time, counts.answered_in_time];
            let small = |told: &Told| matches!(told, Told::Exactly(1..=4));
            assert!(!told.iter().chain(&counts.endings).any(small), "{counts:?}");
            let withheld = counts.endings.iter().filter(|told| **told == Told::Withheld).count();
            assert!(withheld != 1 || counts.filed == Told::Withheld, "{counts:?}");
            if closed >= 5 && open >= 5 {
                assert_eq!(counts.filed, Told::Exactly(u32::from(closed + open)));
                assert_eq!(counts.endings[1], Told::Exactly(u32::from(closed)));
            }
            assert_eq!(irregularities(reports([]).values(), 2026, 5).filed, Told::Exactly(0));
        }
    }
}
