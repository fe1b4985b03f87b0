//! The question restated from the text of design section 7, independently of the crate: over raw cells as strings, dates
//! compared as padded text, each rule a row of conditions. It shares no code with the crate but the CSV reader.

use crate::{query, register};
use comity_law::Files;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

pub(crate) type Cells = HashMap<String, String>;

/// The files as rows of cells.
pub(crate) struct Data {
    tables: HashMap<&'static str, Vec<Cells>>,
    statuses: HashMap<(String, String), usize>,
    prepared: String,
}

impl Data {
    pub(crate) fn of(files: &Files<'_>) -> Data {
        let text = |name: &str| files.get(name).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
        let mut tables: HashMap<&'static str, Vec<Cells>> = HashMap::new();
        for name in [
            "states",
            "measures",
            "offences",
            "instruments",
            "instrument_articles",
            "instrument_status",
            "instrument_reservations",
        ] {
            let mut rows = Vec::new();
            for path in [format!("{name}.csv"), format!("exercise/{name}.csv")] {
                let Some(text) = text(&path) else { continue };
                let mut reader = csv::Reader::from_reader(text.as_bytes());
                rows.extend(reader.deserialize::<Cells>().map(Result::unwrap));
            }
            tables.insert(name, rows);
        }
        let sources = text("SOURCES.md").unwrap();
        let at = sources.find("Prepared ").unwrap() + "Prepared ".len();
        let keys =
            tables["instrument_status"].iter().map(|row| (row["instrument"].clone(), row["state"].clone()));
        let statuses = keys.zip(0..).collect();
        Data { tables, statuses, prepared: sources.get(at..at + 10).unwrap().to_owned() }
    }

    pub(crate) fn rows(&self, table: &str) -> &[Cells] {
        &self.tables[table]
    }

    /// Known-from: the last day of `as_of`, else the set's date.
    fn is_known(&self, row: &Cells, known: Option<&str>) -> bool {
        known.is_none_or(|known| {
            last_day(&row["as_of"]).unwrap_or_else(|| self.prepared.clone()).as_str() <= known
        })
    }

    fn status(&self, instrument: &str, state: &str, known: Option<&str>) -> Option<&Cells> {
        let place = *self.statuses.get(&(instrument.to_owned(), state.to_owned()))?;
        self.rows("instrument_status").get(place).filter(|row| self.is_known(row, known))
    }

    fn find(&self, table: &str, column: &str, value: &str) -> &Cells {
        self.rows(table).iter().find(|row| row[column] == value).unwrap()
    }
}

/// A date padded to its last day; month ends need no calendar, since real days never sort after `-31`.
fn last_day(text: &str) -> Option<String> {
    match text.len() {
        4 if text != "n.d." => Some(format!("{text}-12-31")),
        7 => {
            let last = match text.split_at(5).1 {
                "04" | "06" | "09" | "11" => "30",
                "02" => match text.split_at(4).0.parse::<u32>().unwrap() {
                    y if y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) => "29",
                    _ => "28",
                },
                _ => "31",
            };
            Some(format!("{text}-{last}"))
        }
        10 => Some(text.to_owned()),
        _ => None,
    }
}

fn first_day(text: &str) -> Option<String> {
    match text.len() {
        4 => Some(format!("{text}-01-01")),
        7 => Some(format!("{text}-01")),
        10 => Some(text.to_owned()),
        _ => None,
    }
}

fn fresh(as_of: &str, on: &str) -> bool {
    last_day(as_of).is_some_and(|day| day.as_str() >= on)
}

/// The standing table, line by line: the word, and `x` where it excludes, `u` where it unsettles, `-` where it is bound.
pub(crate) fn standing(row: Option<&Cells>, on: &str) -> (&'static str, char) {
    let Some(row) = row else { return ("no-record", 'u') };
    let cell = |name: &str| row[name].as_str();
    let if_fresh = if fresh(cell("as_of"), on) { 'x' } else { 'u' };
    let in_force = last_day(cell("in_force"));
    let acts = [
        "ratification",
        "accession",
        "acceptance",
        "approval",
        "succession",
        "signature_without_reservation",
        "exchange of notes",
    ];
    let signature_words = [
        "signed_only_as_of_source",
        "signature_verified",
        "verified_signature_only",
        "signed_ratification_law_only",
    ];
    let table: [(bool, &'static str, char); 9] = [
        (cell("status") == "not_party_as_of_source", "not-party", if_fresh),
        (cell("status") == "invited_to_accede", "invited", if_fresh),
        (first_day(cell("ended")).is_some_and(|ended| ended.as_str() <= on), "ended", 'x'),
        (in_force.as_deref().is_some_and(|date| date <= on), "bound", '-'),
        (in_force.is_some(), "not-yet", 'x'),
        (
            cell("status").starts_with("party_")
                || cell("status") == "year_only"
                || acts.contains(&cell("act"))
                || !cell("ratified_or_acceded").is_empty(),
            "party-date-unknown",
            'u',
        ),
        (signature_words.contains(&cell("status")), "signed-only", if_fresh),
        (
            cell("status") == "verified"
                && !cell("signed").is_empty()
                && ["", "signature"].contains(&cell("act")),
            "signed-only",
            if_fresh,
        ),
        (true, "date-unknown", 'u'),
    ];
    table.into_iter().find(|(fits, ..)| *fits).map(|(_, word, weight)| (word, weight)).unwrap()
}

/// One question, as strings.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) measure: String,
    pub(crate) on: String,
    pub(crate) offence: Option<String>,
    pub(crate) penalty: Option<u16>,
    pub(crate) organised: Option<bool>,
    pub(crate) known: Option<String>,
}

/// Met, a condition, or out.
fn scope(data: &Data, word: &str, q: &Question) -> char {
    let offence = q.offence.as_deref();
    let class = offence.map(|code| data.find("offences", "code", code)["class"].as_str());
    match word {
        "corruption" => match (class, offence) {
            (Some("corruption"), _) => 'm',
            (None, _) | (_, Some("money_laundering")) => 'c',
            _ => 'o',
        },
        "computer_only" => match class {
            Some("computer") => 'm',
            None => 'c',
            Some(_) => 'o',
        },
        "convention_and_serious" => match (class, q.penalty) {
            (Some("computer"), _) | (_, Some(4..)) => 'm',
            (Some(_), Some(0..4)) => 'o',
            _ => 'c',
        },
        "organised_transnational" => match (q.organised, offence, q.penalty) {
            (Some(false), ..) => 'o',
            (Some(true), Some("participation_organised_group" | "money_laundering" | "bribery"), _) => 'm',
            (None, Some("participation_organised_group" | "money_laundering" | "bribery"), _) => 'c',
            (_, _, Some(0..4)) => 'o',
            (Some(true), _, Some(_)) => 'm',
            _ => 'c',
        },
        "security_cooperation" if data.find("measures", "code", &q.measure)["field"] == "criminal" => 'o',
        _ => 'm',
    }
}

/// The answer in the shape of `--json`, without the texts that are ours to word (conditions and weak).
pub(crate) fn answer(data: &Data, q: &Question) -> Value {
    let known = q.known.as_deref();
    let measure = data.find("measures", "code", &q.measure);
    let mut candidates: Vec<(Vec<String>, Value)> = Vec::new();
    let mut neither = BTreeSet::new();
    for article in data.rows("instrument_articles") {
        let instrument = data.find("instruments", "id", &article["instrument"]);
        let id = instrument["id"].as_str();
        let soft = instrument["binding"] == "no";
        let own = article["measure_code"] == q.measure;
        let general =
            article["measure_code"] == "mutual_legal_assistance" && measure["under_general_mla"] == "yes";
        let fits = ["cooperation", "direct_to_provider"].contains(&article["scope"].as_str())
            && if soft { own && measure["coercive"] != "yes" } else { own || general };
        if !fits || !data.is_known(instrument, known) {
            continue;
        }
        let rows = [data.status(id, &q.from, known), data.status(id, &q.to, known)];
        let bilateral = instrument["kind"] == "bilateral";
        if !soft && bilateral && rows.iter().any(Option::is_none) {
            continue;
        }
        if !soft && rows.iter().all(Option::is_none) {
            neither.insert(id.to_owned());
            continue;
        }
        candidates.push(candidate(data, q, instrument, article, rows));
    }
    candidates.sort_by(|a, b| a.0.cmp(&b.0));
    json!({
        "from": q.from, "to": q.to, "measure": q.measure, "on": q.on,
        "candidates": candidates.into_iter().map(|(_, value)| value).collect::<Vec<_>>(),
        "no_record_for_either": neither,
        "without_treaty": "not-on-record",
    })
}

fn candidate(
    data: &Data,
    q: &Question,
    instrument: &Cells,
    article: &Cells,
    rows: [Option<&Cells>; 2],
) -> (Vec<String>, Value) {
    let (id, on) = (instrument["id"].as_str(), q.on.as_str());
    let soft = instrument["binding"] == "no";
    let mut reasons: Vec<String> = Vec::new();
    let mut weights = String::new();
    let mut add = |reason: String, weight: char| {
        reasons.push(reason);
        weights.push(weight);
    };
    if soft {
        if last_day(&instrument["opened"]).is_none_or(|day| day.as_str() > on) {
            add("not-yet-opened".to_owned(), 'x');
        }
    } else {
        match last_day(&instrument["in_force"]) {
            Some(day) if day.as_str() <= on => {}
            Some(_) => add("not-yet-in-force".to_owned(), 'x'),
            None if instrument["status"] == "verified_not_in_force_at_as_of" => {
                add("not-in-force".to_owned(), if fresh(&instrument["as_of"], on) { 'x' } else { 'u' });
            }
            None => add("in-force-unknown".to_owned(), 'u'),
        }
        for (state, row) in [&q.from, &q.to].into_iter().zip(rows) {
            let (word, weight) = standing(row, on);
            if word != "bound" {
                add(format!("{word}:{state}"), weight);
            }
        }
    }
    let mut shown: Vec<&Cells> = Vec::new();
    if !soft {
        for (state, side, word, row) in
            [(&q.to, "asked", "reserved", rows[1]), (&q.from, "asking", "reciprocal", rows[0])]
        {
            let mut excluded = false;
            for reservation in data.rows("instrument_reservations") {
                let from = match (reservation["from"].as_str(), row) {
                    ("", None) => String::new(),
                    ("", Some(row)) => row["in_force"].clone(),
                    (from, _) => from.to_owned(),
                };
                let applies = reservation["instrument"] == id
                    && reservation["state"] == *state
                    && reservation["affects_article"] == article["article"]
                    && (reservation["side"] == side || reservation["side"] == "both")
                    && data.is_known(reservation, q.known.as_deref())
                    && last_day(&from).is_none_or(|day| day.as_str() <= on);
                if applies {
                    excluded |= reservation["effect"] == "excluded";
                    shown.push(reservation);
                }
            }
            if excluded {
                add(format!("{word}:{state}"), 'x');
            }
        }
    }
    let coverage = if soft { 'm' } else { scope(data, &instrument["material_scope"], q) };
    if coverage == 'o' {
        add("out-of-scope".to_owned(), 'x');
    }
    let outcome = if weights.contains('x') {
        "excluded"
    } else if weights.contains('u') {
        "unsettled"
    } else if soft {
        "supports"
    } else if coverage == 'c' {
        "conditional"
    } else {
        "available"
    };
    let verified = article["text_read"] == "yes"
        && (soft
            || instrument["status"].starts_with("verified")
                && rows.iter().all(|row| row.is_some_and(|row| row["status"] == "verified")));
    let mut dates: Vec<&str> = vec![&instrument["as_of"]];
    if !soft {
        dates.extend(rows.iter().flatten().map(|row| row["as_of"].as_str()));
        dates.extend(shown.iter().map(|row| row["as_of"].as_str()));
    }
    let as_of = if dates.iter().any(|date| last_day(date).is_none()) {
        None
    } else {
        dates.iter().min_by_key(|date| last_day(date)).copied()
    };
    let own = article["measure_code"] == q.measure;
    let through = if own { None } else { Some(data.find("measures", "code", &q.measure)["through"].clone()) };
    let restrictions: Vec<&String> =
        shown.iter().filter(|row| row["effect"] == "restricted").map(|row| &row["text"]).collect();
    let conditions: Vec<&String> =
        if coverage == 'c' { vec![&instrument["material_scope"]] } else { Vec::new() };
    let outcomes = ["available", "conditional", "unsettled", "supports", "excluded"];
    let specificities =
        ["bilateral", "cyber_regional", "cyber_global", "general_regional", "general_global", "soft"];
    let place = |list: &[&str], word: &str| list.iter().position(|item| *item == word).unwrap().to_string();
    let key = vec![
        place(&outcomes, outcome),
        place(&specificities, &instrument["specificity"]),
        id.to_owned(),
        article["article"].clone(),
        article["measure_code"].clone(),
    ];
    let value = json!({
        "instrument": id, "article": article["article"], "measure_code": article["measure_code"], "outcome": outcome,
        "reasons": reasons, "conditions": conditions, "restrictions": restrictions,
        "grade": if verified { "verified" } else { "unverified" }, "as_of": as_of, "through": through,
    });
    (key, value)
}

/// The crate's own answer, reduced to what the restatement words alike.
pub(crate) fn of_crate(register: &comity_law::Register, q: &Question) -> Value {
    let mut asked = query(&q.from, &q.to, &q.measure, &q.on);
    asked.offence = q.offence.as_deref().map(|code| code.parse().unwrap());
    asked.penalty = q.penalty.map(comity_law::Penalty::years);
    asked.organised =
        q.organised.map(|yes| if yes { comity_law::Organised::Yes } else { comity_law::Organised::No });
    asked.known = q.known.as_deref().map(|day| day.parse().unwrap());
    let mut value: Value = serde_json::from_str(&register.bases(&asked).unwrap().to_json().unwrap()).unwrap();
    for candidate in value["candidates"].as_array_mut().unwrap() {
        let candidate = candidate.as_object_mut().unwrap();
        assert!(candidate.remove("weak").unwrap().is_array());
        let codes: Vec<Value> = candidate["conditions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|condition| condition["code"].clone())
            .collect();
        candidate["conditions"] = Value::Array(codes);
    }
    value["without_treaty"] = value["without_treaty"]["status"].take();
    value
}

/// Every standing of every party under every instrument of the shipped data, on days around all of the dates that occur.
#[test]
fn every_standing_of_the_shipped_data() {
    let data = Data::of(&Files::with_exercise());
    let days = [
        "1900-01-01",
        "1992-12-31",
        "2008-09-30",
        "2014-07-31",
        "2017-08-09",
        "2017-08-10",
        "2024-10-09",
        "2026-03-01",
        "2030-01-01",
    ];
    let mut compared = 0;
    for instrument in data.rows("instruments").iter().filter(|row| row["binding"] == "yes") {
        for state in data.rows("states") {
            let row = data.status(&instrument["id"], &state["alpha2"], None);
            let own = row.map(|row| [&row["in_force"], &row["as_of"]].map(|day| last_day(day)));
            for day in days.into_iter().map(str::to_owned).chain(own.into_iter().flatten().flatten()) {
                let party = state["alpha2"].parse().unwrap();
                let found =
                    register().standing(&instrument["id"], &party, day.parse().unwrap(), None).unwrap();
                let weight =
                    found.weight.map_or('-', |weight| if weight.as_str() == "excludes" { 'x' } else { 'u' });
                let expected = standing(row, &day);
                assert_eq!((found.standing.as_str(), weight), expected, "{} {party} {day}", instrument["id"]);
                compared += 1;
            }
        }
    }
    assert!(compared > 35_000, "{compared}");
}

/// Whole answers over the shipped data: measures, dates, offences and parties mixed in a fixed order.
#[test]
fn whole_answers_of_the_shipped_data() {
    let data = Data::of(&Files::with_exercise());
    let states: Vec<&String> = data.rows("states").iter().map(|row| &row["alpha2"]).collect();
    let few = ["JP", "VN", "PH", "NZ", "AT", "XA", "XB", "XC", "AM", "BY", "KE", "US", "EU", "SG", "OM"];
    let offences: Vec<Option<String>> = std::iter::once(None)
        .chain(data.rows("offences").iter().map(|row| Some(row["code"].clone())))
        .collect();
    let days = [
        "1999-05-05",
        "2012-10-31",
        "2012-11-01",
        "2015-03-03",
        "2022-08-31",
        "2025-12-01",
        "2026-03-01",
        "2027-01-01",
    ];
    let known = [None, None, None, Some("2015-01-01"), Some("2026-01-31"), Some("2026-11-22")];
    let mut turn = 0_usize;
    let mut draw = |n: usize| {
        turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (turn >> 33) % n
    };
    for measure in data.rows("measures") {
        for _ in 0..160 {
            let from = if draw(2) == 0 {
                few[draw(few.len())].to_owned()
            } else {
                states[draw(states.len())].clone()
            };
            let to = if draw(2) == 0 {
                few[draw(few.len())].to_owned()
            } else {
                states[draw(states.len())].clone()
            };
            if from == to {
                continue;
            }
            let q = Question {
                from,
                to,
                measure: measure["code"].clone(),
                on: days[draw(days.len())].to_owned(),
                offence: offences[draw(offences.len())].clone(),
                penalty: [None, Some(0), Some(3), Some(4), Some(20)][draw(5)],
                organised: [None, Some(true), Some(false)][draw(3)],
                known: known[draw(known.len())].map(str::to_owned),
            };
            assert_eq!(of_crate(register(), &q), answer(&data, &q), "{q:?}");
        }
    }
}
