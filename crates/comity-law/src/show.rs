//! One instrument with its articles, parties and reservations, as on a date.

use crate::{
    InstrumentId, MeasureCode, QueryFault, Register,
    answer::{shown, shown_or_null},
    rows::{Article, Instrument},
    standing::{Standing, StandingOf},
    text::{DESIGNATIONS, EXERCISE, Page, standing_sentence},
    vocabulary::{
        ArticleScope, Effect, InstrumentKind, InstrumentStatus, MaterialScope, Side, TextRead, YesNo,
    },
};
use comity_record::{Date, PartialDate, PartyCode};
use serde::Serialize;

/// An instrument as on a date, for a page or for `--json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Its code.
    pub id: InstrumentId,
    /// Its title.
    pub title: String,
    /// What kind of text it is.
    pub kind: InstrumentKind,
    /// Whether it binds.
    pub binding: YesNo,
    /// When it was opened or adopted.
    #[serde(serialize_with = "shown_or_null")]
    pub opened: Option<PartialDate>,
    /// When it entered into force.
    #[serde(serialize_with = "shown_or_null")]
    pub in_force: Option<PartialDate>,
    /// What its entry into force depends on.
    pub in_force_condition: String,
    /// Who keeps it.
    pub depositary: String,
    /// Which offences it covers.
    pub material_scope: MaterialScope,
    /// How well the row is supported.
    pub status: InstrumentStatus,
    /// Source codes.
    pub source: String,
    /// The latest date that the source shows, in words.
    pub as_of: String,
    /// The day asked about.
    #[serde(serialize_with = "shown")]
    pub on: Date,
    /// Its articles.
    pub articles: Vec<ShownArticle>,
    /// Every party with a row, by code. A party without one is not thereby a non-party.
    pub parties: Vec<ShownParty>,
    /// The reservations read.
    pub reservations: Vec<ShownReservation>,
    /// The fixed notice.
    pub notice: &'static str,
    #[serde(skip)]
    sentences: Vec<String>,
    #[serde(skip)]
    is_exercise: bool,
}

/// An article of an instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownArticle {
    /// Its number as text.
    pub article: String,
    /// Its heading.
    pub heading: String,
    /// The measure or topic.
    pub measure_code: MeasureCode,
    /// What it does.
    pub scope: ArticleScope,
    /// What it authorises, in our words.
    pub what_it_authorises: String,
    /// Its time limit, in our words.
    pub time_limit: String,
    /// How much of its text was read.
    pub text_read: TextRead,
}

/// How a party stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownParty {
    /// The party.
    #[serde(serialize_with = "shown")]
    pub party: PartyCode,
    /// Its standing on the day.
    pub standing: Standing,
    /// From when the instrument is in force for it.
    #[serde(serialize_with = "shown_or_null")]
    pub in_force: Option<PartialDate>,
    /// The latest date that the source shows, in words.
    pub as_of: String,
    /// Source codes.
    pub source: String,
}

/// A reservation that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownReservation {
    /// The reserving party.
    #[serde(serialize_with = "shown")]
    pub party: PartyCode,
    /// The article.
    pub article: String,
    /// Whom it concerns.
    pub side: Side,
    /// What it does.
    pub effect: Effect,
    /// From when.
    #[serde(serialize_with = "shown_or_null")]
    pub from: Option<PartialDate>,
    /// Its content, in our words.
    pub text: String,
    /// The latest date that the source shows, in words.
    pub as_of: String,
}

impl Register {
    /// An instrument as on a date, as the register knows it now or knew it on a day.
    pub fn show(&self, id: &str, on: Date, known: Option<Date>) -> Result<Shown, QueryFault> {
        let dossier = self.content().dossiers.get(id).ok_or_else(|| self.unknown_instrument(id))?;
        let instrument = dossier.instrument.known(known).ok_or_else(|| self.unknown_instrument(id))?;
        let standings: Vec<StandingOf> =
            self.statuses(id, known).map(|row| StandingOf::of(&row.party, Some(row), on)).collect();
        let shown = Shown::new(instrument, on);
        Ok(Shown {
            articles: self.articles(id).map(shown_article).collect(),
            reservations: self.shown_reservations(id, on, known),
            sentences: standings.iter().map(|of| self.sentence(of, on)).collect(),
            is_exercise: standings
                .iter()
                .any(|of| self.party(&of.party).is_some_and(crate::Party::is_exercise)),
            parties: standings.into_iter().map(|of| shown_party(of, on)).collect(),
            ..shown
        })
    }

    pub(crate) fn sentence(&self, of: &StandingOf, on: Date) -> String {
        let party = self.party(&of.party);
        let name =
            party.map_or_else(|| of.party.to_string(), |party| format!("{} ({})", party.name, party.code));
        standing_sentence(of, &name, on, self.set_date())
    }

    fn shown_reservations(&self, id: &str, on: Date, known: Option<Date>) -> Vec<ShownReservation> {
        let shown = |row: &crate::Reservation| ShownReservation {
            party: row.party.clone(),
            article: row.article.clone(),
            side: row.side,
            effect: row.effect,
            from: row.from,
            text: row.text.clone(),
            as_of: row.as_of.in_words(on),
        };
        self.reservations(id, known).map(shown).collect()
    }
}

impl Shown {
    fn new(row: &Instrument, on: Date) -> Shown {
        Shown {
            id: row.id.clone(),
            title: row.title.clone(),
            kind: row.kind,
            binding: row.binding,
            opened: row.opened,
            in_force: row.in_force,
            in_force_condition: row.in_force_condition.clone(),
            depositary: row.depositary.clone(),
            material_scope: row.material_scope,
            status: row.status,
            source: row.source.clone(),
            as_of: row.as_of.in_words(on),
            on,
            articles: Vec::new(),
            parties: Vec::new(),
            reservations: Vec::new(),
            notice: DESIGNATIONS,
            sentences: Vec::new(),
            is_exercise: false,
        }
    }

    /// The instrument as text, wrapped at `width` columns (at least 20).
    pub fn to_text(&self, width: usize) -> String {
        let mut page = Page::new(width);
        if self.is_exercise {
            page.say(0, EXERCISE);
            page.blank();
        }
        page.say(0, &format!("{}: {}", self.id, self.title));
        let date = |date: Option<PartialDate>| {
            date.map_or_else(|| "not on record".to_owned(), |date| date.to_string())
        };
        let force = if self.binding.is_yes() {
            format!("In force: {}.", date(self.in_force))
        } else {
            "Not binding.".to_owned()
        };
        page.say(2, &format!("Opened or adopted: {}. {force} ({})", date(self.opened), self.as_of));
        if !self.in_force_condition.is_empty() {
            page.say(2, &format!("Entry into force: {}.", self.in_force_condition));
        }
        page.say(2, &format!("Row graded {}; sources {}.", self.status, self.source));
        self.say_articles(&mut page);
        self.say_parties(&mut page);
        page.say(0, self.notice);
        page.finish()
    }

    fn say_articles(&self, page: &mut Page) {
        if !self.articles.is_empty() {
            page.blank();
            page.say(0, "Articles");
        }
        for article in &self.articles {
            let ShownArticle { article, heading, measure_code, scope, text_read, .. } = article;
            page.say(2, &format!("{article}: {heading} [{measure_code}, {scope}, text read: {text_read}]"));
        }
    }

    fn say_parties(&self, page: &mut Page) {
        page.blank();
        if !self.sentences.is_empty() {
            page.say(
                0,
                &format!(
                    "On {}, from what the register holds; who is not listed is not thereby outside.",
                    self.on
                ),
            );
        }
        for sentence in &self.sentences {
            page.say(2, sentence);
        }
        for row in &self.reservations {
            let ShownReservation { party, article, text, as_of, .. } = row;
            page.say(2, &format!("Reservation of {party} on article {article}: {text} ({as_of})."));
        }
        page.blank();
    }
}

fn shown_article(row: &Article) -> ShownArticle {
    ShownArticle {
        article: row.article.clone(),
        heading: row.heading.clone(),
        measure_code: row.measure.clone(),
        scope: row.scope,
        what_it_authorises: row.what_it_authorises.clone(),
        time_limit: row.time_limit.clone(),
        text_read: row.text_read,
    }
}

fn shown_party(of: StandingOf, on: Date) -> ShownParty {
    ShownParty {
        as_of: of.as_of.map(|as_of| as_of.in_words(on)).unwrap_or_default(),
        party: of.party,
        standing: of.standing,
        in_force: of.in_force,
        source: of.source,
    }
}
