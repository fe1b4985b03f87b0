//! What must hold whatever the data say: random status rows against the restated table, and laws of change over time.

use crate::{
    oracle::{Cells, Data, Question, answer, of_crate, standing},
    query, register,
};
use comity_law::{Files, Outcome, Register, Standing};
use proptest::prelude::*;

const STATUS_WORDS: [&str; 13] = [
    "verified",
    "signed_only_as_of_source",
    "party_date_unverified",
    "party_inferred_date_unverified",
    "signature_reported",
    "verified_signature_only",
    "signature_verified",
    "signature_inferred",
    "year_only",
    "invited_to_accede",
    "not_party_as_of_source",
    "signed_ratification_law_only",
    "unverified",
];
const ACTS: [&str; 9] = [
    "",
    "",
    "signature",
    "ratification",
    "accession",
    "acceptance",
    "approval",
    "signature_without_reservation",
    "exchange of notes",
];
const COLUMNS: [&str; 12] = [
    "instrument",
    "state",
    "signed",
    "ratified_or_acceded",
    "act",
    "in_force",
    "ended",
    "territory",
    "reservation_note",
    "status",
    "source",
    "as_of",
];
const DAYS: [&str; 8] = [
    "2015-12-30",
    "2015-12-31",
    "2016-01-01",
    "2016-02-28",
    "2016-02-29",
    "2016-03-01",
    "2016-12-31",
    "2017-01-01",
];
const MEASURES: [&str; 8] = [
    "preserve_stored_data",
    "subscriber_information",
    "interception_content",
    "information_sharing",
    "mutual_legal_assistance",
    "domain_registration",
    "police_cooperation",
    "territory_notice",
];

fn date() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "",
        "",
        "2015",
        "2016",
        "2016-02",
        "2016-02-29",
        "2016-03-01",
        "2015-12-31",
        "2017-01-01",
    ])
}

fn as_of() -> impl Strategy<Value = &'static str> {
    prop_oneof![date(), Just("n.d."), Just("2016-02")]
}

/// The cells of a status row under an instrument.
fn status_row(instrument: &'static str, state: &'static str) -> impl Strategy<Value = Vec<String>> {
    let word = prop::sample::select(STATUS_WORDS.to_vec());
    let act = prop::sample::select(ACTS.to_vec());
    (date(), date(), act, date(), date(), word, as_of()).prop_map(
        move |(signed, ratified, act, in_force, ended, word, as_of)| {
            let cells =
                [instrument, state, signed, ratified, act, in_force, ended, "", "", word, "exercise", as_of];
            cells.map(str::to_owned).to_vec()
        },
    )
}

fn reservation_row(
    instrument: &'static str,
    state: &'static str,
    article: &'static str,
) -> impl Strategy<Value = Vec<String>> {
    let side = prop::sample::select(vec!["asked", "asking", "both"]);
    let effect = prop::sample::select(vec!["excluded", "restricted"]);
    (side, effect, date(), as_of()).prop_map(move |(side, effect, from, as_of)| {
        [instrument, state, article, side, effect, from, "a limit", "verified", "exercise", as_of]
            .map(str::to_owned)
            .to_vec()
    })
}

fn table(header: &[&str], rows: &[Vec<String>]) -> Vec<u8> {
    let lines = rows.iter().map(|row| row.join(","));
    std::iter::once(header.join(",")).chain(lines).map(|line| line + "\n").collect::<String>().into_bytes()
}

fn files(statuses: &[Vec<String>], reservations: &[Vec<String>]) -> Files<'static> {
    let columns = [
        "instrument",
        "state",
        "affects_article",
        "side",
        "effect",
        "from",
        "text",
        "status",
        "source",
        "as_of",
    ];
    // Of the real States only Japan's rows, so that a random register loads fast.
    let shipped = String::from_utf8(Files::shipped().get("instrument_status.csv").unwrap().to_vec()).unwrap();
    let few = shipped.lines().filter(|line| line.starts_with("instrument,") || line.contains(",JP,"));
    let few: String = few.map(|line| format!("{line}\n")).collect();
    Files::with_exercise()
        .with("instrument_status.csv", few.into_bytes())
        .with("exercise/instrument_status.csv", table(&COLUMNS, statuses))
        .with("exercise/instrument_reservations.csv", table(&columns, reservations))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Random standings and reservations of invented States: every answer agrees with the restatement.
    #[test]
    fn random_standings_and_reservations(
        a in status_row("budapest", "XA"),
        b in status_row("budapest", "XB"),
        second in status_row("budapest-ap2", "XB"),
        organised in status_row("untoc", "XA"),
        own in status_row("jp-vn-mla-2021", "XA"),
        reserved in reservation_row("budapest", "XB", "29"),
        reciprocal in reservation_row("budapest", "XA", "34"),
        also in reservation_row("budapest-ap2", "XA", "7"),
        known in prop::option::of(prop::sample::select(DAYS.to_vec())),
    ) {
        let files = files(&[a.clone(), b, second, organised, own], &[reserved, reciprocal, also]);
        let register = Register::load(&files).unwrap();
        let data = Data::of(&files);
        let cells: Cells = COLUMNS.map(str::to_owned).into_iter().zip(a).collect();
        for on in DAYS {
            let found = register.standing("budapest", &"XA".parse().unwrap(), on.parse().unwrap(), None).unwrap();
            prop_assert_eq!(found.standing.as_str(), standing(Some(&cells), on).0);
            for measure in MEASURES {
                for (from, to) in [("XA", "XB"), ("XB", "XA"), ("XA", "JP")] {
                    let q = Question {
                        from: from.to_owned(), to: to.to_owned(), measure: measure.to_owned(), on: on.to_owned(),
                        offence: None, penalty: None, organised: None, known: known.map(str::to_owned),
                    };
                    prop_assert_eq!(of_crate(&register, &q), answer(&data, &q), "{:?}", q);
                }
            }
        }
    }

    /// Nothing changes before the next threshold.
    #[test]
    fn answers_hold_until_the_next_threshold(
        a in status_row("budapest", "XA"),
        b in status_row("budapest", "XB"),
        c in status_row("untoc", "XB"),
        reserved in reservation_row("budapest", "XB", "29"),
        on in prop::sample::select(DAYS.to_vec()),
    ) {
        let register = Register::load(&files(&[a, b, c], &[reserved])).unwrap();
        let parties = ["XA", "XB"].map(|code| code.parse().unwrap());
        let on: comity_record::Date = on.parse().unwrap();
        let next = register.next_threshold(on, &parties);
        prop_assert!(next.is_none_or(|next| next > on));
        let last = next.map_or(on.plus_months(1200), |next| next.plus_days(-1));
        for measure in MEASURES {
            let answers = [on, last].map(|on| {
                let mut answer = register.bases(&query("XA", "XB", measure, &on.to_string())).unwrap();
                answer.on = on.plus_days(0);
                let mut value = serde_json::to_value(&answer).unwrap();
                value["on"].take();
                value
            });
            prop_assert_eq!(&answers[0], &answers[1]);
        }
    }

    /// A party once bound stays bound until it ends, and an article that is available stays so while nothing ends.
    #[test]
    fn bound_is_monotone(row in status_row("budapest", "XA")) {
        let register = Register::load(&files(std::slice::from_ref(&row), &[])).unwrap();
        let words: Vec<Standing> = DAYS
            .iter()
            .map(|on| register.standing("budapest", &"XA".parse().unwrap(), on.parse().unwrap(), None).unwrap().standing)
            .collect();
        let rank = |standing: &Standing| match standing {
            Standing::NotYet => 0,
            Standing::Bound => 1,
            Standing::Ended => 2,
            _ => 3,
        };
        if !words.iter().any(|word| rank(word) == 3) {
            prop_assert!(words.windows(2).all(|pair| rank(&pair[0]) <= rank(&pair[1])), "{:?}", words);
        }
    }
}

/// More knowledge of the matter never turns a yes into a maybe: stating that a group is involved and raising the penalty only
/// improves what the convention against organised crime is worth.
#[test]
fn stating_the_matter_only_settles_it() {
    for offence in register().offences() {
        let mut last = Outcome::Excluded;
        for penalty in ["0", "3.99", "4", "20"] {
            let mut asked = query("XA", "XC", "stored_content", "2026-03-01");
            asked.offence = Some(offence.code.clone());
            asked.penalty = Some(penalty.parse().unwrap());
            asked.organised = Some(comity_law::Organised::Yes);
            let outcome = register().bases(&asked).unwrap().candidate("untoc", "18").unwrap().outcome;
            assert!(outcome <= last, "{} {penalty}", offence.code);
            last = outcome;
        }
        assert_eq!(last, Outcome::Available, "{}", offence.code);
    }
}

/// Every reason is one of the vocabulary, and excluded candidates have one that excludes.
#[test]
fn outcomes_follow_from_reasons() {
    let parties = ["JP", "PH", "VN", "XA", "XB", "XC", "KE", "AM", "BY"];
    for (from, to) in
        parties.iter().flat_map(|from| parties.iter().map(move |to| (from, to))).filter(|(a, b)| a != b)
    {
        for measure in register().measures() {
            let answer = register().bases(&query(from, to, measure.code.as_str(), "2026-03-01")).unwrap();
            assert!(answer.candidates.windows(2).all(|pair| pair[0].outcome <= pair[1].outcome));
            for candidate in &answer.candidates {
                let excludes =
                    candidate.reasons.iter().any(|reason| reason.weight == comity_law::Weight::Excludes);
                assert_eq!(candidate.outcome == Outcome::Excluded, excludes);
                assert!(candidate.outcome != Outcome::Available || candidate.reasons.is_empty());
                assert!(candidate.outcome != Outcome::Conditional || !candidate.conditions.is_empty());
            }
        }
    }
}

/// A negative fact of February holds to the end of its last day, and the next day is the threshold.
#[test]
fn a_fact_turns_stale_on_a_threshold() {
    let row = ["budapest", "XA", "", "", "", "", "", "", "", "invited_to_accede", "exercise", "2016-02"];
    let register = Register::load(&files(&[row.map(str::to_owned).to_vec()], &[])).unwrap();
    let parties = ["XA", "XB"].map(|code| code.parse().unwrap());
    let next = |on: &str| register.next_threshold(on.parse().unwrap(), &parties).map(|day| day.to_string());
    assert_eq!(next("2016-02-10").as_deref(), Some("2016-03-01"));
    assert_eq!(next("2016-02-29").as_deref(), Some("2016-03-01"));
    let weight = |on: &str| {
        register
            .standing("budapest", &parties[0], on.parse().unwrap(), None)
            .unwrap()
            .weight
            .map(|weight| weight.as_str())
    };
    assert_eq!((weight("2016-02-29"), weight("2016-03-01")), (Some("excludes"), Some("unsettles")));
}
