//! From texts to a register: every row parsed and checked, every fault with its place, or no register at all.

use crate::{
    Files, Register,
    check::Problem,
    fault::{Fault, FaultKind, Faults},
    load_facts,
    register::{Content, Dossier},
    rows::{Article, Instrument, Reservation, Status},
    table::{Cells, Text},
    version::Versions,
};
use comity_record::{Date, Timestamp};

pub(crate) const INSTRUMENTS: &[&str] = &[
    "id",
    "title",
    "kind",
    "binding",
    "opened",
    "in_force",
    "in_force_condition",
    "depositary",
    "subject",
    "status",
    "source",
    "as_of",
    "specificity",
    "material_scope",
];
pub(crate) const ARTICLES: &[&str] = &[
    "instrument",
    "article",
    "heading",
    "measure_code",
    "scope",
    "what_it_authorises",
    "time_limit",
    "text_read",
    "source",
];
pub(crate) const STATUSES: &[&str] = &[
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
pub(crate) const RESERVATIONS: &[&str] = &[
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

type Load = fn(&Text<'_>, &mut Content, &mut Faults);

/// The tables that give out codes.
const CODES: &[(&str, Load)] = &[
    ("states.csv", load_facts::parties),
    ("exercise/states.csv", load_facts::parties),
    ("measures.csv", load_facts::measures),
    ("offences.csv", load_facts::offences),
    ("instruments.csv", instruments),
];
/// The tables that refer to them.
const FACTS: &[(&str, Load)] = &[
    ("instrument_articles.csv", articles),
    ("instrument_status.csv", statuses),
    ("exercise/instrument_status.csv", statuses),
    ("instrument_reservations.csv", reservations),
    ("exercise/instrument_reservations.csv", reservations),
    ("purposes.csv", load_facts::purposes),
    ("principles.csv", load_facts::principles),
    ("norms.csv", load_facts::norms),
    ("positions.csv", load_facts::positions),
    ("refusal_grounds.csv", load_facts::grounds),
    ("request_fields.csv", load_facts::fields),
];

impl Register {
    /// Loads a register from its texts. Where anything is wrong there is no register, only the faults, each with file,
    /// line and column; at most a thousand are listed. The files under `exercise/` may be missing.
    pub fn load(files: &Files<'_>) -> Result<Register, Vec<Fault>> {
        let mut faults = Faults::default();
        unknown_files(files, &mut faults);
        let set_date = set_date(files, &mut faults);
        // Without a date there is a fault, so that no register carries the one that stands in for it.
        let mut content = Content::empty(set_date.unwrap_or_else(|| Timestamp::default().date()));
        load_tables(CODES, files, &mut content, &mut faults);
        if !faults.is_empty() {
            excuse_faulty_rows(files, &mut faults);
        }
        load_tables(FACTS, files, &mut content, &mut faults);
        faults.or(content).map(Register::of)
    }

    /// The register of `data/law`, as built into this program.
    pub fn shipped() -> Result<Register, Vec<Fault>> {
        Register::load(&Files::shipped())
    }

    /// The register of `data/law` with the invented States XA, XB and XC.
    pub fn with_exercise() -> Result<Register, Vec<Fault>> {
        Register::load(&Files::with_exercise())
    }
}

/// Whether the texts make a register: nothing but the faults of [`Register::load`].
pub fn check(files: &Files<'_>) -> Vec<Fault> {
    Register::load(files).err().unwrap_or_default()
}

/// Notes the problems of a row; whether there were none.
pub(crate) fn sound(problems: Vec<Problem>, cells: &mut Cells<'_, '_>) -> bool {
    let sound = problems.is_empty();
    for (column, kind) in problems {
        cells.fault(column, kind);
    }
    sound
}

fn load_tables(tables: &[(&str, Load)], files: &Files<'_>, content: &mut Content, faults: &mut Faults) {
    for (name, load) in tables {
        if name.starts_with("exercise/") && files.get(name).is_none() {
            continue;
        }
        if let Some(text) = Text::required(files, name, faults) {
            load(&text, content, faults);
        }
    }
}

/// A row with a fault of its own is not in the register, and everything that refers to it would be called unknown as well.
fn excuse_faulty_rows(files: &Files<'_>, faults: &mut Faults) {
    for (name, _) in CODES {
        // The text was read once already, with its faults noted.
        let mut ignored = Faults::default();
        let text = files.get(name).and_then(|bytes| Text::read(name, bytes, &mut ignored));
        for code in text.iter().flat_map(Text::first_cells) {
            faults.excuse(code);
        }
    }
}

fn unknown_files(files: &Files<'_>, faults: &mut Faults) {
    let known = |name: &str| CODES.iter().chain(FACTS).any(|(table, _)| *table == name);
    for name in files.given().filter(|name| name.ends_with(".csv") && !known(name)) {
        faults.push(Fault { file: name.to_owned(), line: 1, column: 1, kind: FaultKind::UnknownFile });
    }
}

/// The day after the word `Prepared` in SOURCES.md.
fn set_date(files: &Files<'_>, faults: &mut Faults) -> Option<Date> {
    let text = Text::required(files, "SOURCES.md", faults)?;
    let day = text.text.split("Prepared ").skip(1).find_map(|rest| rest.get(..10)?.parse().ok());
    if day.is_none() {
        faults.push(text.fault(0, FaultKind::NoSetDate));
    }
    day
}

fn instruments(text: &Text<'_>, content: &mut Content, faults: &mut Faults) {
    text.rows(INSTRUMENTS, faults, |cells| {
        let Some(row) = instrument(cells) else { return };
        if content.dossiers.contains_key(&row.id) {
            return cells.fault("id", FaultKind::Duplicate { what: format!("the instrument `{}`", row.id) });
        }
        if sound(content.instrument_problems(&row), cells) {
            let known_from = row.as_of.known_from(content.set_date);
            content.dossiers.insert(row.id.clone(), Dossier::new(row, known_from));
        }
    });
}

pub(crate) fn instrument(cells: &mut Cells<'_, '_>) -> Option<Instrument> {
    let id = cells.word("id");
    let title = cells.text("title");
    let (kind, binding) = (cells.word("kind"), cells.word("binding"));
    let (opened, in_force) = (cells.date("opened"), cells.date("in_force"));
    let (status, as_of) = (cells.word("status"), cells.as_of());
    let (specificity, material_scope) = (cells.word("specificity"), cells.word("material_scope"));
    Some(Instrument {
        id: id?,
        title,
        kind: kind?,
        binding: binding?,
        opened: opened?,
        in_force: in_force?,
        in_force_condition: cells.text("in_force_condition"),
        depositary: cells.text("depositary"),
        subject: cells.text("subject"),
        status: status?,
        source: cells.text("source"),
        as_of: as_of?,
        specificity: specificity?,
        material_scope: material_scope?,
        ended: None,
    })
}

fn articles(text: &Text<'_>, content: &mut Content, faults: &mut Faults) {
    text.rows(ARTICLES, faults, |cells| {
        let Some(row) = article(cells) else { return };
        if !sound(content.article_problems(&row), cells) {
            return;
        }
        let known_from = content.set_date;
        let Some(dossier) = content.dossiers.get_mut(&row.instrument) else { return };
        if dossier.articles.iter().filter_map(Versions::current).any(|other| other.is_same(&row)) {
            let what = format!("`{}` of article {} with this scope", row.measure, row.article);
            return cells.fault("article", FaultKind::Duplicate { what });
        }
        dossier.articles.push(Versions::new(row, known_from));
    });
}

pub(crate) fn article(cells: &mut Cells<'_, '_>) -> Option<Article> {
    let (instrument, measure) = (cells.word("instrument"), cells.word("measure_code"));
    let (scope, text_read) = (cells.word("scope"), cells.word("text_read"));
    Some(Article {
        instrument: instrument?,
        article: cells.text("article"),
        heading: cells.text("heading"),
        measure: measure?,
        scope: scope?,
        what_it_authorises: cells.text("what_it_authorises"),
        time_limit: cells.text("time_limit"),
        text_read: text_read?,
        source: cells.text("source"),
        ended: None,
    })
}

fn statuses(text: &Text<'_>, content: &mut Content, faults: &mut Faults) {
    text.rows(STATUSES, faults, |cells| {
        let Some(row) = status(cells) else { return };
        if !sound(content.status_problems(&row), cells) {
            return;
        }
        let known_from = row.as_of.known_from(content.set_date);
        let Some(dossier) = content.dossiers.get_mut(&row.instrument) else { return };
        if dossier.statuses.contains_key(&row.party) {
            let what = format!("`{}` under `{}`", row.party, row.instrument);
            return cells.fault("state", FaultKind::Duplicate { what });
        }
        dossier.statuses.insert(row.party.clone(), Versions::new(row, known_from));
    });
}

pub(crate) fn status(cells: &mut Cells<'_, '_>) -> Option<Status> {
    let (instrument, party) = (cells.word("instrument"), cells.word("state"));
    let (signed, ratified) = (cells.date("signed"), cells.date("ratified_or_acceded"));
    let (in_force, ended) = (cells.date("in_force"), cells.date("ended"));
    let (act, status) = (cells.optional("act"), cells.word("status"));
    let as_of = cells.as_of();
    Some(Status {
        instrument: instrument?,
        party: party?,
        signed: signed?,
        ratified: ratified?,
        act: act?,
        in_force: in_force?,
        ended: ended?,
        territory: cells.text("territory"),
        note: cells.text("reservation_note"),
        status: status?,
        source: cells.text("source"),
        as_of: as_of?,
    })
}

fn reservations(text: &Text<'_>, content: &mut Content, faults: &mut Faults) {
    text.rows(RESERVATIONS, faults, |cells| {
        let Some(row) = reservation(cells) else { return };
        if !sound(content.reservation_problems(&row), cells) {
            return;
        }
        let known_from = row.as_of.known_from(content.set_date);
        let Some(dossier) = content.dossiers.get_mut(&row.instrument) else { return };
        dossier.reservations.push(Versions::new(row, known_from));
    });
}

pub(crate) fn reservation(cells: &mut Cells<'_, '_>) -> Option<Reservation> {
    let (instrument, party) = (cells.word("instrument"), cells.word("state"));
    let (side, effect) = (cells.word("side"), cells.word("effect"));
    let (from, status, as_of) = (cells.date("from"), cells.word("status"), cells.as_of());
    Some(Reservation {
        instrument: instrument?,
        party: party?,
        article: cells.text("affects_article"),
        side: side?,
        effect: effect?,
        from: from?,
        text: cells.text("text"),
        status: status?,
        source: cells.text("source"),
        as_of: as_of?,
        ended: None,
    })
}
