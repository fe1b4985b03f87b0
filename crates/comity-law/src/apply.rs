//! Applying a change set: a new register beside the old one, or the faults that stand in the way.

use crate::{
    Article, HeldPosition, Instrument, NationalLaw, Party, Register, Reservation, Status,
    change::{Applied, Change, ChangeSet, Key, PositionKey, Row},
    fault::{Fault, FaultKind, Faults},
    register::{Content, Dossier},
    version::Versions,
};
use comity_record::{Canonical, Date, PartialDate, PartyCode};

impl Register {
    /// The register with a change set applied; this one stays as it is. Where anything is wrong, all faults and no register:
    /// `line` is the number of the change, counted from 1, and `column` is 0.
    pub fn apply(&self, set: &ChangeSet) -> Result<Register, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut content = self.content().clone();
        let mut note = |line: usize, kind: FaultKind| {
            let file = format!("change set {}", set.id);
            faults.push(Fault { file, line: u64::try_from(line).unwrap_or(u64::MAX), column: 0, kind });
        };
        if let Err(kind) = self.takes(set) {
            note(0, kind);
        }
        for (index, change) in set.changes.iter().enumerate() {
            let mut applying = Applying { content: &mut content, set };
            applying.change(change).into_iter().for_each(|kind| note(index + 1, kind));
        }
        content.applied.push(Applied {
            id: set.id.clone(),
            author: set.author.clone(),
            date: set.date,
            hash: set.hash(),
        });
        faults.or(content).map(Register::of)
    }

    fn takes(&self, set: &ChangeSet) -> Result<(), FaultKind> {
        if set.changes.is_empty() || set.source_statement.trim().is_empty() {
            return Err(FaultKind::SaysNothing);
        }
        if self.applied().iter().any(|applied| applied.author == set.author && applied.id == set.id) {
            return Err(FaultKind::AppliedAlready);
        }
        Ok(())
    }
}

struct Applying<'a> {
    content: &'a mut Content,
    set: &'a ChangeSet,
}

impl Applying<'_> {
    fn change(&mut self, change: &Change) -> Vec<FaultKind> {
        let result = match change {
            Change::Add(row) => self.checked(row).and_then(|()| self.add(row)),
            Change::Correct(row) => self.checked(row).and_then(|()| self.correct(row)),
            Change::End(key, on) => self.end(key, *on),
            Change::Confirm(key) => self.confirm(key),
        };
        result.err().unwrap_or_default()
    }

    /// The checks of a file's row, and that nobody speaks for another.
    fn checked(&self, row: &Row) -> Result<(), Vec<FaultKind>> {
        let problems = match row {
            Row::Party(row) => self.content.party_problems(row),
            Row::Instrument(row) => self.content.instrument_problems(row),
            Row::Article(row) => self.content.article_problems(row),
            Row::Status(row) => self.content.status_problems(row),
            Row::Reservation(row) => self.content.reservation_problems(row),
            Row::NationalLaw(row) => self.content.law_problems(row),
            Row::Position(row) => self.content.position_problems(row),
        };
        let mut faults: Vec<FaultKind> = problems.into_iter().map(|(_, kind)| kind).collect();
        match row {
            Row::NationalLaw(row) => faults.extend(self.not_theirs(&row.party)),
            Row::Position(row) => faults.extend(self.not_theirs(&row.party)),
            _ => {}
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn add(&mut self, row: &Row) -> Result<(), Vec<FaultKind>> {
        let date = self.set.date;
        if let Some(key) = row.key() {
            // A reservation and another of the same article, side and effect may stand beside each other.
            if !matches!(key, Key::Reservation(..)) && self.has(&key) {
                return Err(vec![FaultKind::Duplicate { what: key.to_string() }]);
            }
        }
        match row {
            Row::Party(row) => {
                self.content.parties.insert(row.code.clone(), Versions::new((**row).clone(), date));
            }
            Row::Instrument(row) => {
                let known_from = row.as_of.known_from(date);
                self.content.dossiers.insert(row.id.clone(), Dossier::new((**row).clone(), known_from));
            }
            Row::Article(row) => {
                let versions = Versions::new((**row).clone(), date);
                self.with_dossier(row.instrument.as_str(), |dossier| dossier.articles.push(versions));
            }
            Row::Status(row) => {
                let versions = Versions::new((**row).clone(), row.as_of.known_from(date));
                let party = row.party.clone();
                self.with_dossier(row.instrument.as_str(), |dossier| {
                    dossier.statuses.insert(party, versions);
                });
            }
            Row::Reservation(row) => {
                let versions = Versions::new((**row).clone(), row.as_of.known_from(date));
                self.with_dossier(row.instrument.as_str(), |dossier| dossier.reservations.push(versions));
            }
            Row::NationalLaw(row) => {
                let laws = self.content.laws.entry(row.party.clone()).or_default();
                laws.push(Versions::new((**row).clone(), date));
            }
            Row::Position(row) => {
                self.content
                    .positions
                    .push(HeldPosition { position: (**row).clone(), confirmed: Some(date) });
            }
        }
        Ok(())
    }

    fn correct(&mut self, row: &Row) -> Result<(), Vec<FaultKind>> {
        let date = self.set.date;
        let (Some(key), Some(place)) = (row.key(), row.key().and_then(|key| self.place(&key))) else {
            return self.correct_position(row);
        };
        match (place, row) {
            (Place::Party(rows), Row::Party(row)) => rows.correct((**row).clone(), date),
            (Place::Instrument(rows), Row::Instrument(row)) => rows.correct((**row).clone(), date),
            (Place::Article(rows), Row::Article(row)) => rows.correct((**row).clone(), date),
            (Place::Status(rows), Row::Status(row)) => rows.correct((**row).clone(), date),
            (Place::Reservation(rows), Row::Reservation(row)) => rows.correct((**row).clone(), date),
            (Place::Law(rows), Row::NationalLaw(row)) => rows.correct((**row).clone(), date),
            _ => return Err(vec![FaultKind::NoSuchRow(key.to_string())]),
        }
        Ok(())
    }

    /// A position has no versions: the party's own word replaces what it said before, and what others report stays hidden.
    fn correct_position(&mut self, row: &Row) -> Result<(), Vec<FaultKind>> {
        let missing = |what: String| Err(vec![FaultKind::NoSuchRow(what)]);
        let Row::Position(row) = row else {
            return missing(row.key().map(|key| key.to_string()).unwrap_or_default());
        };
        let own = |held: &&mut HeldPosition| {
            held.confirmed.is_some() && held.position.party == row.party && held.position.topic == row.topic
        };
        match self.content.positions.iter_mut().find(own) {
            Some(held) => {
                *held = HeldPosition { position: (**row).clone(), confirmed: Some(self.set.date) };
                Ok(())
            }
            None => missing(format!("a position of `{}` on `{}`", row.party, row.topic)),
        }
    }

    fn end(&mut self, key: &Key, on: Date) -> Result<(), Vec<FaultKind>> {
        if let Key::NationalLaw(party, _) = key {
            self.not_theirs(party).map_or(Ok(()), |kind| Err(vec![kind]))?;
        }
        let date = self.set.date;
        let what = key.to_string();
        let Some(place) = self.place(key) else { return Err(vec![FaultKind::NoSuchRow(what)]) };
        let done = match place {
            Place::Party(rows) => end_row(rows, date, on, |row| (None, &mut row.ended)),
            Place::Instrument(rows) => end_row(rows, date, on, |row| (row.in_force, &mut row.ended)),
            Place::Article(rows) => end_row(rows, date, on, |row| (None, &mut row.ended)),
            Place::Status(rows) => end_row(rows, date, on, |row| (row.in_force, &mut row.ended)),
            Place::Reservation(rows) => end_row(rows, date, on, |row| (row.from, &mut row.ended)),
            Place::Law(rows) => end_row(rows, date, on, |row| (row.in_force, &mut row.ended)),
        };
        if done { Ok(()) } else { Err(vec![FaultKind::CannotEnd { what, on }]) }
    }

    fn confirm(&mut self, key: &PositionKey) -> Result<(), Vec<FaultKind>> {
        if let Some(kind) = self.not_theirs(&key.party) {
            return Err(vec![kind]);
        }
        match self
            .content
            .positions
            .iter_mut()
            .find(|held| held.confirmed.is_none() && key.is_of(&held.position))
        {
            Some(held) => {
                held.confirmed = Some(self.set.date);
                Ok(())
            }
            None => Err(vec![FaultKind::NoSuchRow(key.to_string())]),
        }
    }

    fn not_theirs(&self, party: &PartyCode) -> Option<FaultKind> {
        let author = self.set.author.to_string();
        (self.set.author != *party).then(|| FaultKind::NotTheirs { party: party.to_string(), author })
    }

    fn with_dossier(&mut self, id: &str, act: impl FnOnce(&mut Dossier)) {
        // The row was checked, so that its instrument is there.
        if let Some(dossier) = self.content.dossiers.get_mut(id) {
            act(dossier);
        }
    }

    fn has(&mut self, key: &Key) -> bool {
        self.place(key).is_some()
    }

    fn place(&mut self, key: &Key) -> Option<Place<'_>> {
        let content = &mut *self.content;
        match key {
            Key::Party(code) => content.parties.get_mut(code).map(Place::Party),
            Key::Instrument(id) => {
                content.dossiers.get_mut(id).map(|dossier| Place::Instrument(&mut dossier.instrument))
            }
            Key::Article(id, ..) => {
                let articles = &mut content.dossiers.get_mut(id)?.articles;
                let named =
                    |rows: &&mut Versions<Article>| rows.current().is_some_and(|row| row.key() == *key);
                articles.iter_mut().find(named).map(Place::Article)
            }
            Key::Status(id, party) => {
                content.dossiers.get_mut(id)?.statuses.get_mut(party).map(Place::Status)
            }
            Key::Reservation(id, ..) => {
                let reservations = &mut content.dossiers.get_mut(id)?.reservations;
                let named = |rows: &&mut Versions<Reservation>| {
                    rows.current().is_some_and(|row| row.ended.is_none() && row.key() == *key)
                };
                reservations.iter_mut().find(named).map(Place::Reservation)
            }
            Key::NationalLaw(party, id) => {
                let laws = content.laws.get_mut(party)?;
                laws.iter_mut().find(|rows| rows.current().is_some_and(|law| law.id == *id)).map(Place::Law)
            }
        }
    }
}

/// Where a row is.
enum Place<'a> {
    Party(&'a mut Versions<Party>),
    Instrument(&'a mut Versions<Instrument>),
    Article(&'a mut Versions<Article>),
    Status(&'a mut Versions<Status>),
    Reservation(&'a mut Versions<Reservation>),
    Law(&'a mut Versions<NationalLaw>),
}

/// Ends a row on a day; not where it has ended already, or where it would end before it began.
fn end_row<T: Clone>(
    rows: &mut Versions<T>,
    known_from: Date,
    on: Date,
    ends: impl FnOnce(&mut T) -> (Option<PartialDate>, &mut Option<PartialDate>),
) -> bool {
    let Some(mut row) = rows.current().cloned() else { return false };
    let (began, ended) = ends(&mut row);
    if ended.is_some() || began.is_some_and(|began| began.first_day() > on) {
        return false;
    }
    *ended = on.to_string().parse().ok();
    rows.correct(row, known_from);
    true
}
