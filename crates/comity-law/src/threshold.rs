//! The next day on which an answer could change, so that a judgement may be kept until then.

use crate::{Register, register::Dossier, rows::Status};
use comity_record::{Date, PartialDate, PartyCode};

impl Register {
    /// The first day after `on` on which an answer between any of these parties could differ from the answer on `on`: an
    /// instrument or status enters into force or ends, a reservation begins or ends, or a negative fact turns stale. `None`:
    /// no such day is on record. It may name a day on which nothing changes, and never misses one.
    pub fn next_threshold(&self, on: Date, parties: &[PartyCode]) -> Option<Date> {
        let mut next = Next { on, found: None };
        for code in parties {
            next.ends(self.party(code).and_then(|party| party.ended));
            for law in self.national_laws(code) {
                next.begins(law.in_force);
                next.ends(law.ended);
                // The note on helping without a treaty says "may have changed" from here on.
                next.consider(law.as_of.date().map(|date| date.last_day().plus_months(24).plus_days(1)));
            }
        }
        for dossier in self.content().dossiers.values() {
            next.dossier(dossier, parties);
        }
        next.found
    }
}

struct Next {
    on: Date,
    found: Option<Date>,
}

impl Next {
    fn dossier(&mut self, dossier: &Dossier, parties: &[PartyCode]) {
        for version in dossier.instrument.all() {
            self.begins(version.row.opened);
            self.begins(version.row.in_force);
            self.ends(version.row.ended);
            self.turns_stale(version.row.as_of.date());
        }
        for article in dossier.articles.iter().flat_map(|rows| rows.all()) {
            self.ends(article.row.ended);
        }
        for status in
            parties.iter().filter_map(|party| dossier.statuses.get(party)).flat_map(|rows| rows.all())
        {
            self.status(&status.row);
        }
        for reservation in dossier.reservations.iter().flat_map(|rows| rows.all()) {
            if parties.contains(&reservation.row.party) {
                self.begins(reservation.row.from);
                self.ends(reservation.row.ended);
            }
        }
    }

    fn status(&mut self, row: &Status) {
        self.begins(row.in_force);
        self.ends(row.ended);
        self.turns_stale(row.as_of.date());
    }

    /// A beginning counts from its last day.
    fn begins(&mut self, date: Option<PartialDate>) {
        self.consider(date.map(PartialDate::last_day));
    }

    /// An end counts from its first day.
    fn ends(&mut self, date: Option<PartialDate>) {
        self.consider(date.map(PartialDate::first_day));
    }

    /// A fact is stale from the day after its last day.
    fn turns_stale(&mut self, date: Option<PartialDate>) {
        self.consider(date.map(|date| date.last_day().plus_days(1)));
    }

    fn consider(&mut self, date: Option<Date>) {
        let later = date.filter(|date| *date > self.on);
        self.found = match (self.found, later) {
            (Some(found), Some(later)) => Some(found.min(later)),
            (found, later) => found.or(later),
        };
    }
}
