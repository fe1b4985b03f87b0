//! `comity principles`: what carries out each principle of AALCO and each paragraph of the APPF resolution.

use crate::{Exit, Fault, Screen, screen::Tone, verb::open};
use clap::Args;
use comity_border::Packs;
use comity_law::{Principle, Register};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What carries out what, as built in; a test of the border fails when it names what does not exist.
const COVERAGE: &str = include_str!("../../../../packs/coverage.toml");
const NAMES: usize = 8;

const HELP: &str = "\
The eight principles of AALCO are a proposal that binds nobody; a policy taken from \
one is each party's own, to adopt, amend or decline.

Example:
  comity principles aalco-f

Next:
  comity border check --help          put a crossing to the policies named";

/// `comity principles`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Principles {
    /// Only this one, such as aalco-f or appf-5
    #[arg(value_name = "ID")]
    id: Option<String>,
}

/// What carries out one principle.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Coverage {
    policies: Vec<String>,
    features: Vec<String>,
    tests: Vec<String>,
    not_built_yet: Vec<String>,
}

/// Shows them.
pub fn run(verb: &Principles, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let register = open::register()?;
    let coverage = coverage()?;
    let packs = Packs::shipped().map_err(|_| built_in("the packs built into this program have faults"))?;
    let shown = chosen(verb, &register)?;
    let none = Coverage::default();
    let covered: Vec<(&Principle, &Coverage)> =
        shown.into_iter().map(|row| (row, coverage.get(&row.id).unwrap_or(&none))).collect();
    let value: Vec<Value> = covered.iter().map(|(row, coverage)| value(row, coverage)).collect();
    screen.answer(&value, |screen| {
        covered.iter().for_each(|(row, coverage)| show(screen, row, coverage, &packs));
        if covered.len() > 1 {
            let open = covered.iter().filter(|(_, coverage)| !coverage.not_built_yet.is_empty()).count();
            let text = format!(
                "{} principles and paragraphs; {open} have parts that are not built yet.",
                covered.len()
            );
            screen.text(&text);
        }
    });
    Ok(Exit::Ok)
}

fn coverage() -> Result<BTreeMap<String, Coverage>, Fault> {
    toml::from_str(COVERAGE)
        .map_err(|fault| built_in(&format!("packs/coverage.toml cannot be read: {}", fault.message())))
}

fn built_in(text: &str) -> Fault {
    Fault::new(Exit::Fault, "cli/built-in", text)
}

fn chosen<'r>(verb: &Principles, register: &'r Register) -> Result<Vec<&'r Principle>, Fault> {
    let Some(id) = &verb.id else { return Ok(register.principles().iter().collect()) };
    let found = register.principle(id).ok_or_else(|| {
        let known: Vec<&str> = register.principles().iter().map(|row| row.id.as_str()).collect();
        let text = format!("no principle has the id `{}`", id.chars().take(60).collect::<String>());
        Fault::new(Exit::Usage, "cli/unknown-principle", text)
            .with_help(format!("known: {}", known.join(", ")))
    })?;
    Ok(vec![found])
}

fn value(row: &Principle, coverage: &Coverage) -> Value {
    json!({
        "id": row.id, "source": row.source, "summary": row.summary, "asks": row.derived_requirement,
        "policies": coverage.policies, "features": coverage.features, "tests": coverage.tests,
        "not_built_yet": coverage.not_built_yet,
    })
}

fn show(screen: &mut Screen<'_>, row: &Principle, coverage: &Coverage, packs: &Packs) {
    screen.heading(&format!("{} ({})", row.source, row.id));
    screen.item(NAMES, "says", Tone::Plain, &row.summary);
    let policies: Vec<String> = coverage
        .policies
        .iter()
        .map(|id| packs.policy(id).map_or_else(|| id.clone(), |policy| format!("{id}: {}", policy.reason())))
        .collect();
    list(screen, "policy", Tone::Plain, &policies);
    list(screen, "feature", Tone::Plain, &coverage.features);
    list(screen, "test", Tone::Faint, &coverage.tests);
    list(
        screen,
        "missing",
        Tone::Open,
        &coverage.not_built_yet.iter().map(|what| format!("not built yet: {what}")).collect::<Vec<_>>(),
    );
    screen.blank();
}

fn list(screen: &mut Screen<'_>, name: &str, tone: Tone, lines: &[String]) {
    let mut name = name;
    for line in lines {
        screen.item(NAMES, name, tone, line);
        name = "";
    }
}
