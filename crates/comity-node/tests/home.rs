//! The State at home: authorities, tasks down and up, who sees what, and that the other State sees none of it.

use crate::leak::{ask, next_turn, take, unfolded};
use crate::support::{Node, Reached, two};
use comity_node::{
    app::{
        Action, Ctx, Fault,
        agenda::ShowAgenda,
        authority::{AddAuthority, EndAuthority, HoursAsked, ListAuthorities, NameLevel, ShowAuthority},
        house::{AddOfficer, AddToken, AddUnit},
        ping::{AnswerPing, ListPings, SendPing},
        reminder::Reminder,
        task::{AcceptTask, AnswerTask, EscalateTask, GiveTask, ListTasks, ReturnTask, ShowTask, TaskShown},
    },
    clock::Clock,
    metrics::Metrics,
    stop::Stop,
};
use comity_record::PartyCode;
use std::collections::BTreeSet;

/// Stands in every name and word at home; twelve letters that nothing else holds by chance.
const MARK: &str = "xqzhomeway";

pub fn authority(code: &str, kind: &str, parent: Option<&str>, territory: &[&str]) -> AddAuthority {
    AddAuthority {
        code: code.into(),
        name: format!("{MARK} {code}"),
        kind: kind.into(),
        parent: parent.map(Into::into),
        territory: territory.iter().map(|one| (*one).to_owned()).collect(),
        excepted: vec![],
        measures: vec![],
        offences: vec![],
        languages: vec!["en".into()],
        hours: None,
        deputies: vec![],
        keys: vec![],
        federal_clause: None,
        purposes: vec![],
        source: format!("{MARK} act, section 2"),
        from: Some("2020-01-01".into()),
        until: None,
    }
}

/// Four levels, as the AALCO brief has them.
pub async fn four_levels(ctx: &Ctx) {
    for one in [
        authority("desk", "central", None, &[]),
        authority("desk/north", "police", Some("desk"), &["XA-N"]),
        authority("desk/north/city", "police", Some("desk/north"), &["XA-N-1"]),
        authority("desk/north/city/old", "police", Some("desk/north/city"), &["XA-N-1-7"]),
        authority("desk/south", "police", Some("desk"), &["XA-S"]),
    ] {
        one.run(ctx).await.unwrap();
    }
}

fn given(what: &str, place: Option<&str>, parent: Option<u32>, unit: Option<&str>) -> GiveTask {
    GiveTask {
        what: what.into(),
        to: None,
        kind: None,
        measure: None,
        place: place.map(Into::into),
        offence: None,
        parent,
        case: None,
        due: parent.is_none().then(|| "2099-03-10T12:00:00Z".into()),
        reserve_hours: Some(24),
        exercise: false,
        unit: unit.map(Into::into),
    }
}

/// An officer of a unit, as whom the console cannot act.
async fn officer(node: &Node, id: &str, unit: &str) -> Ctx {
    AddOfficer { id: id.into(), unit: unit.into(), name: id.into(), from: None }
        .run(node.ctx())
        .await
        .unwrap();
    Ctx { by: Some(id.parse().unwrap()), ..node.ctx().clone() }
}

async fn list(ctx: &Ctx) -> Vec<u32> {
    let tasks = ListTasks { all: true, exercise: false, unit: None }.run(ctx).await.unwrap();
    tasks.iter().map(|task| task.number).collect()
}

async fn show(ctx: &Ctx, number: u32) -> Result<TaskShown, Fault> {
    ShowTask { number, unit: None }.run(ctx).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_goes_down_to_a_prefecture_and_its_answer_comes_back_up() {
    let node = Node::start_reached("XA", Reached::Not).await;
    four_levels(node.ctx()).await;
    let north = officer(&node, "north", "desk/north").await;
    let city = officer(&node, "city", "desk/north/city").await;
    let old = officer(&node, "old", "desk/north/city/old").await;
    let south = officer(&node, "south", "desk/south").await;

    let first = given("who held u-1?", Some("XA-N-1-7"), None, None).run(node.ctx()).await.unwrap();
    assert_eq!((first.to.as_str(), first.meant_for.as_str()), ("desk/north", "desk/north/city/old"));
    assert_eq!(first.due, "2099-03-09T12:00:00.000Z");
    let accept = |number| AcceptTask { number, unit: None };
    accept(1).run(&north).await.unwrap();
    let second = given("who held u-1?", None, Some(1), None).run(&north).await.unwrap();
    assert_eq!((second.to.as_str(), second.due.as_str()), ("desk/north/city", "2099-03-08T12:00:00.000Z"));
    accept(2).run(&city).await.unwrap();
    let third = given("who held u-1?", None, Some(2), None).run(&city).await.unwrap();
    assert_eq!((third.to.as_str(), third.due.as_str()), ("desk/north/city/old", "2099-03-07T12:00:00.000Z"));

    // Each sees its own; the desk sees all; a stranger is told the same of a hidden task as of none.
    assert_eq!(list(&old).await, [3]);
    assert_eq!(list(&city).await, [2, 3]);
    assert_eq!(list(&north).await, [1, 2]);
    assert_eq!(list(&south).await, Vec::<u32>::new());
    assert_eq!(list(node.ctx()).await, [1, 2, 3]);
    let (hidden, none) = (show(&old, 1).await.unwrap_err(), show(&old, 9).await.unwrap_err());
    assert_eq!((hidden.code, hidden.help), (none.code, none.help));
    assert_eq!(show(&old, 3).await.unwrap().parent, None);
    let spoofed = AcceptTask { number: 3, unit: Some("desk/north/city/old".into()) }.run(&south).await;
    assert_eq!(spoofed.unwrap_err().code, "task/not-yours");

    accept(3).run(&old).await.unwrap();
    let answer = |number, text: &str| AnswerTask { number, text: text.into(), unit: None };
    answer(3, "a person of the old town").run(&old).await.unwrap();
    answer(2, "see the old town").run(&city).await.unwrap();
    let answered = answer(1, "a person").run(&north).await.unwrap();
    assert_eq!((answered.state.as_str(), answered.acts.len()), ("answered", 2));
    assert_eq!(answered.acts[1].officer.as_deref(), Some("north"));

    // A unit begins nothing of its own.
    let own = given("our own idea", Some("XA-N-1"), None, None).run(&north).await.unwrap_err();
    assert_eq!(own.code, "task/no-parent");
    // What is done at home is read again after a restart. A node closes once nobody works with it any more.
    drop((north, city, old, south));
    node.running.stop().await.unwrap();
    let again = crate::support::start(&node.config).await.unwrap();
    assert_eq!(list(crate::support::ctx_of(&again, &node.code)).await, [1, 2, 3]);
    again.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_unit_returns_and_a_silent_one_is_passed_over_by_a_person() {
    let node = Node::start_reached("XA", Reached::Not).await;
    let ctx = node.ctx();
    four_levels(ctx).await;
    given("who?", Some("XA-N"), None, None).run(ctx).await.unwrap();
    let back = ReturnTask { number: 1, reason: "it is in the south".into(), unit: Some("desk/north".into()) };
    assert_eq!(back.run(ctx).await.unwrap().state, "returned");
    let blank = ReturnTask { number: 1, reason: " ".into(), unit: Some("desk/north".into()) };
    assert_eq!(blank.run(ctx).await.unwrap_err().code, "task/not-now");
    given("who?", Some("XA-S"), None, None).run(ctx).await.unwrap();
    // Before its end nobody is offered to take it up; a person may all the same.
    let seen = show(ctx, 2).await.unwrap();
    assert_eq!((seen.overdue, seen.offers), (false, Vec::<String>::new()));
    let up =
        EscalateTask { number: 2, reason: "the unit has moved".into(), unit: None }.run(ctx).await.unwrap();
    assert_eq!(up.state, "escalated");
    let late = AcceptTask { number: 2, unit: Some("desk/south".into()) }.run(ctx).await.unwrap_err();
    assert_eq!(late.code, "task/not-now");
    let never = GiveTask { due: Some("2020-01-01".into()), ..given("who?", Some("XA-S"), None, None) };
    assert_eq!(never.run(ctx).await.unwrap_err().code, "task/no-time");
    node.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_whose_designation_ended_yesterday_is_given_nothing() {
    let node = Node::start_reached("XA", Reached::Not).await;
    let ctx = node.ctx();
    four_levels(ctx).await;
    let yesterday = ctx.now().date().plus_days(-1).to_string();
    EndAuthority { code: "desk/south".into(), on: Some(yesterday.clone()) }.run(ctx).await.unwrap();
    let named = GiveTask { to: Some("desk/south".into()), ..given("who?", None, None, None) };
    let fault = named.run(ctx).await.unwrap_err();
    assert_eq!(
        (fault.code.as_str(), fault.text),
        ("home/no-authority", format!("the designation of `desk/south` ended on {yesterday}"))
    );
    let chosen = given("who?", Some("XA-S"), None, None).run(ctx).await.unwrap_err();
    assert_eq!(chosen.code, "home/none-competent");
    // The register still knows who it was, and on the day itself it stood.
    let on = |on: String| ListAuthorities { on: Some(on), kind: None };
    assert_eq!(on(yesterday).run(ctx).await.unwrap().len(), 5);
    assert_eq!(on(ctx.now().date().to_string()).run(ctx).await.unwrap().len(), 4);
    let entries = ShowAuthority { code: "desk/south".into() }.run(ctx).await.unwrap();
    assert_eq!((entries.len(), entries[0].stands), (1, false));
    node.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_is_one_thing_with_its_unit_and_dated() {
    let node = Node::start_reached("XA", Reached::Not).await;
    let ctx = node.ctx();
    four_levels(ctx).await;
    // A later entry supersedes from its first day on; both can be read.
    let later = AddAuthority {
        from: Some("2030-01-01".into()),
        name: "renamed".into(),
        hours: Some(HoursAsked {
            zone: "Asia/Tokyo".into(),
            week: "sun-thu".into(),
            day: "08:30-16:00".into(),
            holidays: vec!["2030-01-01".into()],
        }),
        ..authority("desk/north", "police", Some("desk"), &["XA-N"])
    };
    later.run(ctx).await.unwrap();
    NameLevel { level: 2, name: "Province".into() }.run(ctx).await.unwrap();
    let entries = ShowAuthority { code: "desk/north".into() }.run(ctx).await.unwrap();
    let dates: Vec<(&str, Option<&str>)> =
        entries.iter().map(|one| (one.from.as_str(), one.until.as_deref())).collect();
    assert_eq!(dates, [("2020-01-01", Some("2029-12-31")), ("2030-01-01", None)]);
    assert_eq!(entries[0].level_name.as_deref(), Some("Province"));
    assert_eq!(entries[1].hours.as_ref().map(|hours| hours.week.as_str()), Some("mon,tue,wed,thu,sun"));
    // The unit cites its law today although a later entry is there already, and is not changed behind its back.
    let house = ctx.sequencer.house();
    let today = ctx.now().date();
    let cited = house.competence(&"desk/north".parse().unwrap(), "cyber-defence".parse().unwrap(), today);
    assert_eq!(cited.unwrap().citation, format!("{MARK} act, section 2"));
    let unit = AddUnit {
        code: "desk/north".into(),
        name: "x".into(),
        parent: None,
        competence: "x".into(),
        purposes: vec![],
        from: None,
    };
    assert_eq!(unit.run(ctx).await.unwrap_err().code, "house/is-authority");
    for (wrong, code) in [
        (
            AddAuthority { parent: Some("nowhere".into()), ..authority("a", "police", None, &[]) },
            "home/astray",
        ),
        (AddAuthority { source: " ".into(), ..authority("a", "police", None, &[]) }, "home/unsourced"),
        (AddAuthority { kind: "sheriff".into(), ..authority("a", "police", None, &[]) }, "input/bad-value"),
        (
            AddAuthority { measures: vec!["everything".into()], ..authority("a", "police", None, &[]) },
            "input/bad-value",
        ),
    ] {
        assert_eq!(wrong.run(ctx).await.unwrap_err().code, code);
    }
    node.running.stop().await.unwrap();
}

/// The whole wire between two States, while one of them works at home: not a byte of it goes out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_state_sees_nothing_of_home() {
    let a = Node::start_reached("XA", Reached::Not).await;
    let b = Node::start_reached("XB", Reached::Not).await;
    a.accept(&b).await;
    b.accept(&a).await;
    four_levels(a.ctx()).await;
    let what = format!("{MARK} who held u-1?");
    given(&what, Some("XA-N-1"), None, None).run(a.ctx()).await.unwrap();
    AcceptTask { number: 1, unit: Some("desk/north".into()) }.run(a.ctx()).await.unwrap();
    let answer = AnswerTask { number: 1, text: format!("{MARK} nobody"), unit: Some("desk/north".into()) };
    answer.run(a.ctx()).await.unwrap();
    a.import().await;
    a.share("XB").await;
    let (mut wire, to): (Vec<u8>, PartyCode) = (Vec::new(), "XB".parse().unwrap());
    for _ in 0..4 {
        let turn = next_turn(a.ctx(), &to).await;
        wire.extend(unfolded(turn.clone()));
        take(b.ctx(), turn).await;
        take(a.ctx(), next_turn(b.ctx(), &a.code).await).await;
    }
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    // The search is not blind: what was shared is there.
    assert!(holds(&wire, "indicator--"), "nothing was sent");
    for secret in [MARK, "desk/north", "XA-N-1"] {
        assert!(!holds(&wire, secret), "`{secret}` went to XB");
    }
    for node in [a, b] {
        node.running.stop().await.unwrap();
    }
}

/// Ten years pass. The agenda tells what is overdue and offers; nothing is entered, and every task stands as it stood.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_never_acts() {
    let node = Node::start_reached("XA", Reached::Not).await;
    four_levels(node.ctx()).await;
    let start = node.ctx().now();
    let due = Some(start.plus_millis(48 * 3_600_000).to_string());
    GiveTask { due, ..given("who?", Some("XA-N"), None, None) }.run(node.ctx()).await.unwrap();
    let (size, before) = (node.ctx().sequencer.size(), show(node.ctx(), 1).await.unwrap());
    for years in [0, 1, 10] {
        let later = start.plus_millis(years * 366 * 24 * 3_600_000 + 1000);
        let ctx = Ctx { clock: Clock::fixed(later), ..node.ctx().clone() };
        let agenda = ShowAgenda { unit: None, officer: None, peer: None, exercise: false };
        let items = agenda.run(&ctx).await.unwrap();
        let says: Vec<&str> = items.iter().map(|item| item.says.as_str()).collect();
        assert_eq!(says, [if years == 0 { "later" } else { "overdue" }]);
        assert_eq!(items[0].offers.contains(&"escalate".to_owned()), years > 0);
        let metrics = Metrics::default();
        let (_stop, stopping) = Stop::new();
        let told = Reminder { ctx, metrics: metrics.clone(), stopping }.look(&BTreeSet::new()).await;
        assert_eq!(told.unwrap().len(), usize::from(years > 0));
        let figures = metrics.render();
        let overdue = format!(
            r#"comity_agenda{{party="XA",says="overdue",whose="ours",space="real"}} {}"#,
            i32::from(years > 0)
        );
        assert!(figures.contains(&overdue), "{figures}");
        for secret in ["desk/north", "who?", MARK] {
            assert!(!figures.contains(secret), "{figures}");
        }
    }
    let after = show(node.ctx(), 1).await.unwrap();
    assert_eq!((after.state, after.acts.len(), node.ctx().sequencer.size()), (before.state, 0, size));
    node.running.stop().await.unwrap();
}

/// A token for tasks alone opens tasks and nothing else, over the API as it is served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_a_unit_opens_its_tasks_and_nothing_else() {
    let node = Node::start_reached("XA", Reached::Not).await;
    four_levels(node.ctx()).await;
    officer(&node, "north", "desk/north").await;
    given("who?", Some("XA-N"), None, None).run(node.ctx()).await.unwrap();
    given("who else?", Some("XA-S"), None, None).run(node.ctx()).await.unwrap();
    let token = AddToken { officer: "north".into(), scopes: vec!["tasks".into()], days: None };
    let token = token.run(node.ctx()).await.unwrap().token;
    let at = node.running.api_at.unwrap();
    let call =
        |path: &str, body: &str| ask(at, token.clone(), format!("POST /api/v1/{path}"), body.to_owned());
    let text = |answer: Vec<u8>| String::from_utf8(answer).unwrap();
    let listed = text(call("task/list", r#"{"all":true,"exercise":false,"unit":null}"#).await);
    assert!(listed.contains("who?") && !listed.contains("who else?"), "{listed}");
    let shown = text(call("task/show", r#"{"number":2,"unit":null}"#).await);
    assert!(shown.starts_with("HTTP/1.1 404"), "{shown}");
    for path in ["inbox", "outbox", "search", "house/list", "peer/list", "unit/add"] {
        let answer = text(call(path, r#"{"from":null}"#).await);
        assert!(answer.starts_with("HTTP/1.1 403"), "{path}: {answer}");
    }
    node.running.stop().await.unwrap();
}

/// A ping crosses under the border like any record, is answered by the other desk, and is timed and flagged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_check_is_answered_timed_and_flagged() {
    let (a, b) = two().await;
    let list = |exercise| ListPings { peer: Some("XB".into()), exercise };
    let sent = SendPing { to: None, exercise: false }.run(a.ctx()).await.unwrap();
    assert!(sent.len() == 1 && sent[0].cleared, "{sent:?}");
    a.delivered("XB").await;
    // Waiting is not silence; a day later it is.
    let later = Ctx { clock: Clock::fixed(a.ctx().now().plus_millis(25 * 3_600_000)), ..a.ctx().clone() };
    assert!(!list(false).run(a.ctx()).await.unwrap()[0].silent);
    let flagged = list(false).run(&later).await.unwrap();
    assert!(flagged[0].silent && flagged[0].answered == 0, "{flagged:?}");
    // An exercise is marked in each step, listed apart, and answered apart.
    SendPing { to: Some("XB".into()), exercise: true }.run(a.ctx()).await.unwrap();
    a.delivered("XB").await;
    let answered = AnswerPing { from: None, exercise: false }.run(b.ctx()).await.unwrap();
    assert_eq!((answered.len(), answered[0].reference.clone()), (1, sent[0].reference.clone()));
    b.delivered("XA").await;
    let real = list(false).run(&later).await.unwrap();
    assert!(!real[0].silent && real[0].answered == 1 && real[0].median_seconds.is_some(), "{real:?}");
    let drill = list(true).run(a.ctx()).await.unwrap();
    assert_eq!((drill[0].sent, drill[0].answered, drill[0].checks[0].exercise), (1, 0, true));
    // A second answer finds nothing that waits.
    assert!(AnswerPing { from: None, exercise: false }.run(b.ctx()).await.unwrap().is_empty());
    let came = ListPings { peer: None, exercise: false }.run(b.ctx()).await.unwrap();
    assert!(came[0].checks.len() == 1 && !came[0].checks[0].ours, "{came:?}");
    drop(later);
    for node in [a, b] {
        node.running.stop().await.unwrap();
    }
}
