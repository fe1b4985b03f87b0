//! The tables beside the instruments, from text to typed rows.

use crate::{
    HeldPosition, Norm, Offence, Party, Position, Principle, Purpose, RefusalGround, RequestField,
    check::unsourced,
    facts::{Measure, PurposeMeasures, Region},
    fault::{FaultKind, Faults},
    load::sound,
    register::Content,
    table::{Cells, Text, clip},
    version::Versions,
    vocabulary::{TextRead, YesNo},
};

pub(crate) const PARTIES: &[&str] = &[
    "alpha2",
    "alpha3",
    "m49",
    "name",
    "common_name",
    "un_status",
    "un_since",
    "m49_region_code",
    "m49_region",
    "m49_subregion_code",
    "m49_subregion",
    "m49_intermediate_region",
    "aalco_member",
    "appf_member",
];
const MEASURES: &[&str] =
    &["code", "name", "field", "coercive", "under_general_mla", "through", "data_categories"];
const OFFENCES: &[&str] = &["code", "name", "class"];
const PURPOSES: &[&str] = &["purpose", "treaty_basis", "measures", "note"];
const PRINCIPLES: &[&str] = &["id", "source", "summary", "derived_requirement"];
const NORMS: &[&str] = &["id", "reference", "summary", "system_place"];
pub(crate) const POSITIONS: &[&str] = &["state", "topic", "position_code", "summary", "source", "as_of"];
const GROUNDS: &[&str] = &[
    "instrument",
    "article",
    "ground_code",
    "effect",
    "applies_to",
    "description",
    "duties",
    "text_read",
    "source",
];
const FIELDS: &[&str] = &["section", "field", "kind", "required", "form_or_article", "seen_in_source"];

/// What refusal_grounds.csv may apply to beside the measures.
const GROUPS: &[&str] = &["mla", "mla_noncoercive", "any_personal_data"];
/// How purposes.csv writes that the request decides.
const OF_THE_REQUEST: &str = "the measure of the request";

pub(crate) fn parties(text: &Text<'_>, content: &mut Content, faults: &mut Faults) {
    text.rows(PARTIES, faults, |cells| {
        let Some(row) = party(cells) else { return };
        if content.parties.contains_key(&row.code) {
            return duplicate(cells, "alpha2");
        }
        if sound(content.party_problems(&row), cells) {
            content.parties.insert(row.code.clone(), Versions::new(row, content.set_date));
        }
    });
}

pub(crate) fn party(cells: &mut Cells<'_, '_>) -> Option<Party> {
    let (code, name) = (cells.word("alpha2"), cells.text("name"));
    let (un_status, un_since) = (cells.word("un_status"), cells.date("un_since"));
    let (aalco_member, appf_member) = (cells.word("aalco_member"), cells.word("appf_member"));
    Some(Party {
        code: code?,
        alpha3: cells.text("alpha3"),
        m49: cells.text("m49"),
        name,
        common_name: cells.text("common_name"),
        un_status: un_status?,
        un_since: un_since?,
        region: Region {
            region_code: cells.text("m49_region_code"),
            region: cells.text("m49_region"),
            subregion_code: cells.text("m49_subregion_code"),
            subregion: cells.text("m49_subregion"),
            intermediate: cells.text("m49_intermediate_region"),
        },
        aalco_member: aalco_member?,
        appf_member: appf_member?,
        part_of: None,
        ended: None,
    })
}

pub(crate) fn measures(text: &Text<'_>, content: &mut Content, faults: &mut Faults) {
    text.rows(MEASURES, faults, |cells| {
        let Some(row) = measure(cells) else { return };
        if content.measures.contains_key(&row.code) {
            return duplicate(cells, "code");
        }
        content.measures.insert(row.code.clone(), row);
    });
}

fn measure(cells: &mut Cells<'_, '_>) -> Option<Measure> {
    let (code, name, field) = (cells.word("code"), cells.filled("name"), cells.word("field"));
    let (coercive, under) = (cells.word("coercive"), cells.word::<YesNo>("under_general_mla"));
    let through = match under? {
        YesNo::Yes => cells.word("through").map(Some),
        YesNo::No if cells.cell("through").is_empty() => Some(None),
        YesNo::No => {
            let text = "`through` is filled, but no general assistance article covers the measure".to_owned();
            cells.fault("through", FaultKind::UnknownValue(text));
            None
        }
    };
    Some(Measure {
        code: code?,
        name: name?,
        field: field?,
        coercive: coercive?,
        under_general_mla: through?,
        data_categories: cells.list("data_categories")?,
    })
}

pub(crate) fn offences(text: &Text<'_>, content: &mut Content, faults: &mut Faults) {
    text.rows(OFFENCES, faults, |cells| {
        let (code, name, class) = (cells.word("code"), cells.filled("name"), cells.word("class"));
        let row = || Some(Offence { code: code?, name: name?, class: class? });
        let Some(row) = row() else { return };
        if content.offences.contains_key(&row.code) {
            return duplicate(cells, "code");
        }
        content.offences.insert(row.code.clone(), row);
    });
}

pub(crate) fn purposes(text: &Text<'_>, content: &mut Content, faults: &mut Faults) {
    text.rows(PURPOSES, faults, |cells| {
        let Some(row) = purpose(cells, content) else { return };
        if content.purposes.contains_key(&row.code) {
            return duplicate(cells, "purpose");
        }
        content.purposes.insert(row.code.clone(), row);
    });
}

fn purpose(cells: &mut Cells<'_, '_>, content: &Content) -> Option<Purpose> {
    let (code, treaty_basis) = (cells.word("purpose"), cells.word("treaty_basis"));
    let measures = if cells.cell("measures") == OF_THE_REQUEST {
        PurposeMeasures::OfTheRequest
    } else {
        PurposeMeasures::These(cells.list("measures")?)
    };
    if let PurposeMeasures::These(codes) = &measures {
        let unknown = codes.iter().filter_map(|code| content.unknown_measure("measures", code)).collect();
        if !sound(unknown, cells) {
            return None;
        }
    }
    Some(Purpose { code: code?, treaty_basis: treaty_basis?, measures, note: cells.text("note") })
}

pub(crate) fn principles(text: &Text<'_>, content: &mut Content, faults: &mut Faults) {
    text.rows(PRINCIPLES, faults, |cells| {
        let Some(id) = cells.filled("id") else { return };
        if content.principles.iter().any(|row| row.id == id) {
            return duplicate(cells, "id");
        }
        let (source, summary) = (cells.text("source"), cells.text("summary"));
        let derived_requirement = cells.text("derived_requirement");
        content.principles.push(Principle { id, source, summary, derived_requirement });
    });
}

pub(crate) fn norms(text: &Text<'_>, content: &mut Content, faults: &mut Faults) {
    text.rows(NORMS, faults, |cells| {
        let Some(id) = cells.filled("id") else { return };
        if content.norms.iter().any(|row| row.id == id) {
            return duplicate(cells, "id");
        }
        let (reference, summary) = (cells.text("reference"), cells.text("summary"));
        content.norms.push(Norm { id, reference, summary, system_place: cells.text("system_place") });
    });
}

/// What others report of a party: nothing here counts as confirmed.
pub(crate) fn positions(text: &Text<'_>, content: &mut Content, faults: &mut Faults) {
    text.rows(POSITIONS, faults, |cells| {
        let Some(position) = position(cells) else { return };
        if sound(content.position_problems(&position), cells) {
            content.positions.push(HeldPosition { position, confirmed: None });
        }
    });
}

pub(crate) fn position(cells: &mut Cells<'_, '_>) -> Option<Position> {
    let (party, as_of) = (cells.word("state"), cells.as_of());
    let (topic, position) = (cells.filled("topic"), cells.filled("position_code"));
    Some(Position {
        party: party?,
        topic: topic?,
        position: position?,
        summary: cells.text("summary"),
        source: cells.text("source"),
        as_of: as_of?,
    })
}

pub(crate) fn grounds(text: &Text<'_>, content: &mut Content, faults: &mut Faults) {
    text.rows(GROUNDS, faults, |cells| {
        if let Some(row) = ground(cells, content) {
            content.grounds.push(row);
        }
    });
}

fn ground(cells: &mut Cells<'_, '_>, content: &Content) -> Option<RefusalGround> {
    let (instrument, text_read) = (cells.word("instrument"), cells.word("text_read"));
    let applies_to = cells.text("applies_to");
    if !content.measures.contains_key(applies_to.as_str()) && !GROUPS.contains(&applies_to.as_str()) {
        let near = content.near_measure(&applies_to);
        cells.fault("applies_to", FaultKind::UnknownMeasure { text: clip(&applies_to), near });
    }
    let row = RefusalGround {
        instrument: instrument?,
        article: cells.text("article"),
        ground: cells.filled("ground_code")?,
        effect: cells.filled("effect")?,
        applies_to,
        description: cells.text("description"),
        duties: cells.text("duties"),
        text_read: text_read?,
        source: cells.text("source"),
    };
    let unread =
        (row.text_read == TextRead::Yes).then(|| unsourced("text_read", "yes", &row.source)).flatten();
    let problems = content.unknown_instrument(row.instrument.as_str()).into_iter().chain(unread).collect();
    sound(problems, cells).then_some(row)
}

pub(crate) fn fields(text: &Text<'_>, content: &mut Content, faults: &mut Faults) {
    text.rows(FIELDS, faults, |cells| {
        let (section, field) = (cells.filled("section"), cells.filled("field"));
        let (Some(section), Some(field)) = (section, field) else { return };
        content.fields.push(RequestField {
            section,
            field,
            kind: cells.text("kind"),
            required: cells.text("required"),
            form_or_article: cells.text("form_or_article"),
            seen_in_source: cells.text("seen_in_source"),
        });
    });
}

fn duplicate(cells: &mut Cells<'_, '_>, column: &'static str) {
    let what = format!("`{}`", clip(cells.cell(column)));
    cells.fault(column, FaultKind::Duplicate { what });
}
