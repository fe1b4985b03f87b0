//! Acts of a flow that are done at home, on paper, or with a provider.

#![expect(clippy::panic, reason = "a flow that plays otherwise fails")]

use crate::{
    flows::{Done, Outcome, Scene, Stage},
    home::authority,
};
use comity_node::{
    app::{
        Action, Ctx,
        agenda::ShowAgenda,
        authority::AddAuthority,
        erase_home::EraseHome,
        paper::{ReadPaper, WritePaper},
        provider::{AddProvider, AnswerOrder, OrderProvider},
        statistics::{MakeReport, ShowStatistics},
        task::{AcceptTask, AnswerTask, EscalateTask, GiveTask, ListTasks, ReturnTask, TaskShown},
        to_hex,
    },
    paper,
};

/// Plays an act; `None` where it is not one of these.
pub async fn act(stage: &Stage, words: &[&str], scene: &Scene) -> Option<Outcome> {
    Some(match words {
        ["a", "page", "of", name, "goes", "from", from, "to", to] => page(stage, name, from, to).await,
        [party, "has", "authority", code] => enter(stage, party, code, scene).await,
        [party, "gives", "a", "task"] => give(stage, party, scene).await,
        [party, unit, does, "task", number] => task(stage, party, unit, does, number, scene).await,
        [party, unit, "sees", "tasks", numbers @ ..] => seen(stage, party, unit, numbers).await,
        [party, "has", "provider", code] => provider(stage, party, code, scene).await,
        [party, "orders", code] => order(stage, party, code, scene).await,
        [party, "takes", "the", "answer", "to", "order", number] => answer(stage, party, number, scene).await,
        [party, "counts"] => count(stage, party, scene).await,
        [party, "has", "due"] => due(stage, party, scene).await,
        [party, "erases", "at", "home"] => erase(stage, party, scene).await,
        _ => return None,
    })
}

/// Printed, and read back at the other side from nothing but the page.
async fn page(stage: &Stage, name: &str, from: &str, to: &str) -> Outcome {
    let write = WritePaper { case: stage.case(name), all: false, officer: None };
    let written = write.run(stage.ctx(from)).await?;
    let payload = to_hex(&paper::join(&written.page).unwrap());
    let again = ReadPaper { payload: payload.clone() }.run(stage.ctx(from)).await.unwrap_err();
    assert_eq!(again.code, "paper/other-recipient");
    let read = ReadPaper { payload: payload.clone() }.run(stage.ctx(to)).await?;
    assert!(
        read.events.iter().all(|event| !event.starts_with("refused") && !event.starts_with("faulty")),
        "{read:?}"
    );
    // The same page again changes nothing.
    let twice = ReadPaper { payload }.run(stage.ctx(to)).await?;
    assert_eq!((twice.events, twice.known), (Vec::<String>::new(), twice.items));
    Ok(Done::default())
}

async fn enter(stage: &Stage, party: &str, code: &str, scene: &Scene) -> Outcome {
    let kind = scene.one("kind").unwrap_or_else(|| "police".into());
    let territory = scene.all("territory");
    let territory: Vec<&str> = territory.iter().map(String::as_str).collect();
    let add = AddAuthority {
        name: scene.one("name").unwrap_or_else(|| code.to_owned()),
        source: "exercise act, section 2".into(),
        until: scene.one("until"),
        ..authority(code, &kind, scene.one("under").as_deref(), &territory)
    };
    add.run(stage.ctx(party)).await.map(|_| Done::default())
}

/// What was written at home about a `case` or a `task` is erased; `bodies` counts them.
async fn erase(stage: &Stage, party: &str, scene: &Scene) -> Outcome {
    let erase = EraseHome {
        case: scene.one("case").map(|name| stage.case(&name)),
        task: scene.one("task").map(|number| number.parse().unwrap()),
        reason: scene.one("why").unwrap_or_default(),
        officer: None,
    };
    let erased = erase.run(stage.ctx(party)).await?;
    assert_eq!(erased.bodies.to_string(), scene.one("bodies").unwrap());
    Ok(Done::default())
}

async fn give(stage: &Stage, party: &str, scene: &Scene) -> Outcome {
    let give = GiveTask {
        what: scene.one("what").unwrap(),
        to: scene.one("to"),
        kind: None,
        measure: scene.one("measure"),
        place: scene.one("place"),
        offence: None,
        parent: scene.one("from task").map(|number| number.parse().unwrap()),
        case: scene.one("case").map(|name| stage.case(&name)),
        due: scene.one("until"),
        reserve_hours: None,
        exercise: false,
        unit: scene.one("unit"),
    };
    let given = give.run(stage.ctx(party)).await?;
    holds(&given, scene);
    Ok(Done::default())
}

async fn task(stage: &Stage, party: &str, unit: &str, does: &str, number: &str, scene: &Scene) -> Outcome {
    let (number, unit): (u32, _) = (number.parse().unwrap(), Some(unit.to_owned()));
    let words = scene.one("words").unwrap_or_default();
    let ctx = stage.ctx(party);
    let shown = match does {
        "accepts" => AcceptTask { number, unit }.run(ctx).await?,
        "returns" => ReturnTask { number, unit, reason: words }.run(ctx).await?,
        "answers" => AnswerTask { number, unit, text: words }.run(ctx).await?,
        "escalates" => EscalateTask { number, unit, reason: words }.run(ctx).await?,
        other => panic!("nobody `{other}` a task"),
    };
    holds(&shown, scene);
    Ok(Done::default())
}

fn holds(shown: &TaskShown, scene: &Scene) {
    for (key, found) in [("goes to", &shown.to), ("due", &shown.due), ("state", &shown.state)] {
        for wanted in scene.all(key) {
            assert_eq!(*found, wanted, "{key}");
        }
    }
}

async fn seen(stage: &Stage, party: &str, unit: &str, numbers: &[&str]) -> Outcome {
    let list = ListTasks { all: true, exercise: false, unit: Some(unit.to_owned()) };
    let tasks = list.run(stage.ctx(party)).await?;
    let found: Vec<String> = tasks.iter().map(|task| task.number.to_string()).collect();
    assert_eq!(found, numbers);
    Ok(Done::default())
}

async fn provider(stage: &Stage, party: &str, code: &str, scene: &Scene) -> Outcome {
    let add = AddProvider {
        code: code.into(),
        name: scene.one("name").unwrap_or_else(|| code.into()),
        contact: "legal@provider.example".into(),
        source: "exercise telecom act, section 9".into(),
        from: Some("2020-01-01".into()),
    };
    add.run(stage.ctx(party)).await.map(|_| Done::default())
}

/// `told` are all lines that the provider gets; nothing of `no text` stands anywhere on the page or in what is signed.
async fn order(stage: &Stage, party: &str, code: &str, scene: &Scene) -> Outcome {
    let order = OrderProvider {
        provider: code.into(),
        case: scene.one("case").map(|name| stage.case(&name)),
        what: scene.one("what").unwrap(),
        law: scene.one("law").unwrap(),
        fields: scene.all("field"),
        due: scene.one("until").unwrap(),
        secret: true,
        exercise: false,
        unit: scene.one("unit"),
    };
    let made = order.run(stage.ctx(party)).await?;
    let signed = paper::join(&made.page).unwrap();
    assert_eq!(to_hex(&signed), made.order);
    let signed = String::from_utf8_lossy(&signed).into_owned();
    // Two letters stand in any code by chance, so that the codes are looked at by what they hold.
    let words = made.page.split("<figure>").next().unwrap();
    for secret in scene.all("no text") {
        let in_signed = secret.len() > 3 && signed.contains(&secret);
        assert!(!words.contains(&secret) && !in_signed, "`{secret}` went to the provider");
    }
    for text in scene.all("text") {
        assert!(made.page.contains(&text) && signed.contains(&text), "`{text}` did not go to the provider");
    }
    Ok(Done::default())
}

async fn answer(stage: &Stage, party: &str, number: &str, scene: &Scene) -> Outcome {
    let answer = AnswerOrder {
        number: number.parse().unwrap(),
        name: "answer.zip".into(),
        size: 3,
        // FIPS 180-4: of `abc`.
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".into(),
        sha512: scene.one("sha512").unwrap(),
    };
    let shown = answer.run(stage.ctx(party)).await?;
    assert_eq!(shown.answers.len(), 1);
    Ok(Done::default())
}

/// `PEER MEASURE: all N, granted N, refused N` for each cell, all of them.
async fn count(stage: &Stage, party: &str, scene: &Scene) -> Outcome {
    let counts = ShowStatistics { year: Some(2026), peer: None }.run(stage.ctx(party)).await?;
    let found: Vec<String> = counts
        .iter()
        .map(|one| {
            format!(
                "{} {} {}: all {}, granted {}, refused {}",
                one.direction, one.peer, one.measure, one.all, one.granted, one.refused
            )
        })
        .collect();
    assert_eq!(found, scene.all("cell"));
    // The report of so few tells no number but none, and nothing of the other State.
    let report = MakeReport { year: 2026, least: None }.run(stage.ctx(party)).await?;
    let text = report.lines.join("\n");
    assert!(report.gaps.is_empty() && (found.is_empty() || text.contains("withheld")), "{report:?}");
    for one in &counts {
        assert!(!report.lines.iter().skip(1).any(|line| line.contains(&one.peer)), "{text}");
    }
    Ok(Done::default())
}

async fn due(stage: &Stage, party: &str, scene: &Scene) -> Outcome {
    let (unit, officer) = (scene.one("unit"), scene.one("by"));
    let agenda = ShowAgenda { unit, officer, peer: None, exercise: false };
    // An officer with a token of the own.
    let by = scene.one("as").map(|id| id.parse().unwrap());
    let ctx = Ctx { by, ..stage.ctx(party).clone() };
    let items = agenda.run(&ctx).await?;
    let found: Vec<String> = items
        .iter()
        .map(|one| {
            let warned = one.warning_days.map_or_else(String::new, |days| format!(", {days} days"));
            format!("{} {} by {} on {}{warned}", one.says, one.what, one.by_whom, one.due)
        })
        .collect();
    for wanted in scene.all("item") {
        assert!(found.contains(&wanted), "no `{wanted}` in {found:#?}");
    }
    if let Some(count) = scene.one("items") {
        assert_eq!(found.len().to_string(), count, "{found:#?}");
    }
    Ok(Done::default())
}
