//! Inside a State: who may do it, how it goes down and comes back, and who sees what.

use crate::steps::case;
use comity_affairs::home::{Authority, AuthorityKind, Place, Task, TaskAct, TaskState, Tree, visible_to};
use comity_record::{Date, Timestamp, UnitCode};

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
        measures: Default::default(),
        offences: Default::default(),
        languages: vec!["en".to_owned()],
        deputy: None,
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

const HOUR: u32 = 3_600_000;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn task(number: u32, parent: Option<&Task>, from: &str, to: &str) -> Task {
    let outer = parent.map_or(at("2026-03-10T12:00:00Z"), |parent| parent.due);
    let what = "who had the account on that day".to_owned();
    Task::give(
        case(),
        number,
        parent,
        unit(from),
        unit(to),
        what,
        outer,
        24 * HOUR,
        at("2026-03-01T09:00:00Z"),
    )
    .unwrap()
}

#[test]
fn each_hop_has_a_shorter_clock_and_work_comes_back_up() {
    let officer = "desk".parse().unwrap();
    let mut north = task(1, None, "national", "national/north");
    let mut city = task(2, Some(&north), "national/north", "national/north/city");
    assert_eq!(north.due, at("2026-03-09T12:00:00Z"));
    assert_eq!((city.due, city.parent), (at("2026-03-08T12:00:00Z"), Some(1)));
    let now = at("2026-03-02T09:00:00Z");
    city.act(now, &unit("national/north/city"), &officer, TaskAct::Accept).unwrap();
    city.act(now, &unit("national/north/city"), &officer, TaskAct::Answer { text: "it was u-1".to_owned() })
        .unwrap();
    assert_eq!(city.state, TaskState::Answered);
    north.act(now, &unit("national/north"), &officer, TaskAct::Accept).unwrap();
    let foreign =
        north.act(now, &unit("national/north/city"), &officer, TaskAct::Return { reason: "x".to_owned() });
    assert_eq!(foreign.unwrap_err().to_string(), "this belongs to `national/north`");
}

#[test]
fn a_silent_unit_is_passed_over_by_a_person_above_and_by_nobody_else() {
    let officer = "desk".parse().unwrap();
    let mut north = task(1, None, "national", "national/north");
    let before = north.clone();
    // Years pass; nothing happens by itself.
    assert_eq!(north, before);
    let now = at("2026-03-20T09:00:00Z");
    let silent = TaskAct::Escalate { reason: "no answer since 2 March".to_owned() };
    assert_eq!(
        north.act(now, &unit("national/north"), &officer, silent.clone()).unwrap_err().code(),
        "task/not-yours"
    );
    north.act(now, &unit("national"), &officer, silent).unwrap();
    assert_eq!(north.state, TaskState::Escalated);
    let late = north.act(now, &unit("national/north"), &officer, TaskAct::Accept).unwrap_err();
    assert_eq!(late.code(), "task/not-now");
}

#[test]
fn no_task_is_given_that_cannot_be_done_in_time() {
    let (from, to) = (unit("national"), unit("national/north"));
    let late = Task::give(
        case(),
        1,
        None,
        from,
        to,
        "x".to_owned(),
        at("2026-03-02T08:00:00Z"),
        24 * HOUR,
        at("2026-03-01T09:00:00Z"),
    );
    assert_eq!(late.unwrap_err().code(), "task/no-time");
}

#[test]
fn a_unit_sees_its_task_alone() {
    let north = task(1, None, "national", "national/north");
    let city = task(2, Some(&north), "national/north", "national/north/city");
    let south = task(3, None, "national", "national/south");
    let tasks = [north, city, south];
    let seen = |code: &str| visible_to(&tasks, &unit(code)).map(|task| task.number).collect::<Vec<_>>();
    assert_eq!(seen("national"), [1, 3]);
    assert_eq!(seen("national/north"), [1, 2]);
    assert_eq!(seen("national/north/city"), [2]);
    assert_eq!(seen("national/east"), Vec::<u32>::new());
}
