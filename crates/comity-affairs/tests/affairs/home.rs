//! Inside a State: who may do it, how it goes down and comes back, and who sees what.

use crate::steps::case;
use comity_affairs::home::{
    Authority, AuthorityKind, Place, Task, TaskAct, TaskFault, TaskGiven, TaskState, TaskStep, Tasks, Tree,
    may_see,
};
use comity_record::{Date, Timestamp, UnitCode};
use std::collections::BTreeSet;

fn unit(code: &str) -> UnitCode {
    code.parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn authority(code: &str, parent: Option<&str>, territory: &[&str]) -> Authority {
    Authority {
        code: unit(code),
        name: code.to_owned(),
        kind: AuthorityKind::Police,
        parent: parent.map(unit),
        territory: territory.iter().map(|one| (*one).to_owned()).collect(),
        excepted: Default::default(),
        measures: Default::default(),
        offences: Default::default(),
        languages: vec!["en".to_owned()],
        hours: None,
        deputies: Vec::new(),
        keys: Vec::new(),
        federal_clause: None,
        from: day("2020-01-01"),
        until: None,
        source: "Exercise Police Act, section 2".to_owned(),
    }
}

/// Four levels, as the AALCO brief has them: national, provincial, municipal, prefectural.
fn tree() -> Tree {
    Tree::new(vec![
        authority("national", None, &[]),
        authority("national/north", Some("national"), &["XA-N"]),
        authority("national/north/city", Some("national/north"), &["XA-N-1"]),
        authority("national/north/city/old-town", Some("national/north/city"), &["XA-N-1-7"]),
    ])
    .unwrap()
}

fn place(territory: Option<&'static str>, on: &str) -> Place<'static> {
    Place {
        kind: AuthorityKind::Police,
        measure: "subscriber_information",
        offence: None,
        territory,
        on: day(on),
    }
}

fn chosen(tree: &Tree, territory: Option<&'static str>, on: &str) -> Vec<String> {
    tree.choose(place(territory, on)).iter().map(|authority| authority.code.to_string()).collect()
}

#[test]
fn the_nearest_competent_authority_comes_first() {
    let tree = tree();
    let all = ["national/north/city/old-town", "national/north/city", "national/north", "national"];
    assert_eq!(chosen(&tree, Some("XA-N-1-7"), "2026-03-01"), all);
    assert_eq!(chosen(&tree, Some("XA-N-12"), "2026-03-01"), ["national/north", "national"]);
    assert_eq!(chosen(&tree, Some("XA-S"), "2026-03-01"), ["national"]);
    assert_eq!(chosen(&tree, None, "2026-03-01"), ["national"]);
    let way: Vec<String> = tree
        .way_down(&unit("national/north/city"), day("2026-03-01"))
        .iter()
        .map(|a| a.code.to_string())
        .collect();
    assert_eq!(way, ["national", "national/north", "national/north/city"]);
}

#[test]
fn an_authority_whose_designation_ended_yesterday_is_not_chosen() {
    let mut north = authority("north", Some("national"), &["XA-N"]);
    north.until = Some(day("2026-02-28"));
    let tree = Tree::new(vec![authority("national", None, &[]), north]).unwrap();
    assert_eq!(chosen(&tree, Some("XA-N"), "2026-02-28"), ["north", "national"]);
    assert_eq!(chosen(&tree, Some("XA-N"), "2026-03-01"), ["national"]);
    assert_eq!(tree.find(&unit("north"), day("2026-03-01")), None);
    assert_eq!(tree.ever(&unit("north")).count(), 1);
}

#[test]
fn a_tree_that_is_not_sound_is_refused() {
    let twice = Tree::new(vec![authority("a", None, &[]), authority("a", None, &[])]);
    assert_eq!(twice.unwrap_err().code(), "home/twice");
    let astray = Tree::new(vec![authority("a", Some("b"), &[])]);
    assert_eq!(astray.unwrap_err().code(), "home/astray");
    let ring = Tree::new(vec![authority("a", Some("b"), &[]), authority("b", Some("a"), &[])]);
    assert_eq!(ring.unwrap_err().code(), "home/astray");
    let mut unsourced = authority("a", None, &[]);
    unsourced.source.clear();
    assert_eq!(Tree::new(vec![unsourced]).unwrap_err().code(), "home/unsourced");
    let mut first = authority("a", None, &[]);
    first.until = Some(day("2025-12-31"));
    let mut second = authority("a", None, &[]);
    second.from = day("2026-01-01");
    assert!(Tree::new(vec![first, second]).is_ok());
}

#[test]
fn a_territory_with_an_authority_of_its_own_is_not_served_by_the_one_around_it() {
    let mut national = authority("national", None, &[]);
    national.excepted.insert("XA-I".to_owned());
    let island = authority("island", None, &["XA-I"]);
    let tree = Tree::new(vec![national, island]).unwrap();
    assert_eq!(chosen(&tree, Some("XA-I-2"), "2026-03-01"), ["island"]);
    assert_eq!(chosen(&tree, Some("XA-IS"), "2026-03-01"), ["national"]);
}

#[test]
fn two_courts_that_deal_directly_owe_a_copy_to_the_central_authority() {
    let of = |code: &str, kind| Authority { kind, ..authority(code, None, &[]) };
    let tree = Tree::new(vec![
        of("moj", AuthorityKind::Central),
        of("court-north", AuthorityKind::Court),
        of("court-south", AuthorityKind::Court),
        of("police", AuthorityKind::Police),
    ]);
    let tree = tree.unwrap();
    let copied = |from: &str, to: &str| tree.copied(&unit(from), &unit(to), day("2026-03-01"));
    assert_eq!(copied("court-north", "court-south"), BTreeSet::from([unit("moj")]));
    assert_eq!(copied("court-north", "police"), BTreeSet::new());
    assert_eq!(copied("moj", "court-south"), BTreeSet::new());
}

#[test]
fn the_way_down_goes_hop_by_hop() {
    let tree = tree();
    let on = day("2026-03-01");
    let hop = |from: &str, to: &str| {
        tree.hop(&unit(from), &unit(to), on).map(|(code, hops)| (code.to_string(), hops))
    };
    assert_eq!(hop("national", "national/north/city/old-town"), Some(("national/north".to_owned(), 3)));
    assert_eq!(hop("national/north", "national/north/city"), Some(("national/north/city".to_owned(), 1)));
    assert_eq!(hop("national/north", "national"), None);
    assert_eq!(hop("national", "national"), None);
    let levels: Vec<usize> = tree.all().map(|authority| tree.level(authority)).collect();
    assert_eq!(levels, [1, 2, 3, 4]);
}

const HOUR: u32 = 3_600_000;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn given(number: u32, from: &str, to: &str) -> TaskGiven {
    TaskGiven {
        number,
        case: Some(case()),
        parent: None,
        from: unit(from),
        to: unit(to),
        meant_for: unit(to),
        what: "who had the account on that day".to_owned(),
        due: at("2026-03-01T09:00:00Z"),
        reserve: 24 * HOUR,
        copies: BTreeSet::new(),
        exercise: false,
    }
}

const NOW: &str = "2026-03-01T09:00:00Z";
const OUTER: &str = "2026-03-10T12:00:00Z";

fn enter(tasks: &mut Tasks, given: TaskGiven, above: Option<u32>) -> Result<(), TaskFault> {
    let above = above.map(|number| tasks.find(number).unwrap().clone());
    let given = given.checked(at(OUTER), above.as_ref(), at(NOW))?;
    tasks.give(at(NOW), given);
    Ok(())
}

fn act(tasks: &mut Tasks, number: u32, by: &str, act: TaskAct) -> Result<TaskState, TaskFault> {
    tasks.find(number)?.check(&unit(by), &act)?;
    tasks.act(at(NOW), Some("desk".parse().unwrap()), TaskStep { number, unit: unit(by), act });
    Ok(tasks.find(number)?.state)
}

fn task(tasks: &Tasks, number: u32) -> &Task {
    tasks.find(number).unwrap()
}

#[test]
fn each_hop_has_a_shorter_clock_and_work_comes_back_up() {
    let mut tasks = Tasks::default();
    enter(&mut tasks, given(1, "national", "national/north"), None).unwrap();
    // Nobody hands on what it has not taken.
    let early = enter(&mut tasks, given(2, "national/north", "national/north/city"), Some(1));
    assert_eq!(early.unwrap_err().code(), "task/not-now");
    assert_eq!(act(&mut tasks, 1, "national/north", TaskAct::Accept), Ok(TaskState::Accepted));
    let mut on = given(2, "national/north", "national/north/city");
    on.case = None;
    enter(&mut tasks, on, Some(1)).unwrap();
    assert_eq!(task(&tasks, 1).given.due, at("2026-03-09T12:00:00Z"));
    let city = &task(&tasks, 2).given;
    assert_eq!((city.due, city.parent, city.case), (at("2026-03-08T12:00:00Z"), Some(1), Some(case())));
    act(&mut tasks, 2, "national/north/city", TaskAct::Accept).unwrap();
    let answer = TaskAct::Answer { text: "it was u-1".to_owned() };
    assert_eq!(act(&mut tasks, 2, "national/north/city", answer), Ok(TaskState::Answered));
    let foreign = act(&mut tasks, 1, "national/north/city", TaskAct::Return { reason: "x".to_owned() });
    assert_eq!(foreign.unwrap_err().to_string(), "this belongs to `national/north`");
    let wrong_hand = enter(&mut tasks, given(3, "national/south", "national/south/port"), Some(1));
    assert_eq!(wrong_hand.unwrap_err().code(), "task/not-yours");
}

#[test]
fn a_silent_unit_is_passed_over_by_a_person_above_and_by_nobody_else() {
    let mut tasks = Tasks::default();
    enter(&mut tasks, given(1, "national", "national/north"), None).unwrap();
    let before = tasks.clone();
    // Years pass: escalation is offered, and nothing happens by itself.
    assert!(!task(&tasks, 1).may_be_escalated(at("2026-03-09T12:00:00Z")));
    assert!(task(&tasks, 1).may_be_escalated(at("2036-03-09T12:00:00Z")));
    assert_eq!(tasks, before);
    let silent = TaskAct::Escalate { reason: "no answer since 2 March".to_owned() };
    let below = act(&mut tasks, 1, "national/north", silent.clone());
    assert_eq!(below.unwrap_err().code(), "task/not-yours");
    assert_eq!(act(&mut tasks, 1, "national", silent), Ok(TaskState::Escalated));
    assert_eq!(act(&mut tasks, 1, "national/north", TaskAct::Accept).unwrap_err().code(), "task/not-now");
    assert!(!task(&tasks, 1).may_be_escalated(at("2036-03-09T12:00:00Z")));
}

#[test]
fn no_task_is_given_that_cannot_be_done_in_time() {
    let late = given(1, "national", "national/north").checked(at("2026-03-02T08:00:00Z"), None, at(NOW));
    assert_eq!(late.unwrap_err().code(), "task/no-time");
    let mut silent = given(1, "national", "national/north");
    silent.what = " ".to_owned();
    assert_eq!(silent.checked(at(OUTER), None, at(NOW)).unwrap_err().code(), "task/words");
}

#[test]
fn a_unit_sees_its_task_alone() {
    let mut tasks = Tasks::default();
    enter(&mut tasks, given(1, "national", "national/north"), None).unwrap();
    act(&mut tasks, 1, "national/north", TaskAct::Accept).unwrap();
    enter(&mut tasks, given(2, "national/north", "national/north/city"), Some(1)).unwrap();
    let mut south = given(3, "national", "national/south");
    south.copies.insert(unit("moj"));
    enter(&mut tasks, south, None).unwrap();
    let seen = |code: &str| {
        let visible = tasks.all().filter(|task| may_see(task, &unit(code)));
        visible.map(|task| task.given.number).collect::<Vec<_>>()
    };
    assert_eq!(seen("national"), [1, 3]);
    assert_eq!(seen("national/north"), [1, 2]);
    assert_eq!(seen("national/north/city"), [2]);
    assert_eq!(seen("moj"), [3]);
    assert_eq!(seen("national/east"), Vec::<u32>::new());
    // What is hidden and what does not exist are told alike.
    let hidden = tasks.find_for(1, &unit("national/east")).unwrap_err();
    assert_eq!(
        (hidden.to_string(), tasks.find_for(9, &unit("moj")).unwrap_err().code()),
        ("there is no task 1".to_owned(), "task/none")
    );
}
