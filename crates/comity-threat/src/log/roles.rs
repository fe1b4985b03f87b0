//! What a field says, by its name. The names are a table, `data/threat/log-fields.csv`.

use crate::{
    TableFault,
    table::{Row, rows},
};
use std::collections::BTreeMap;

/// What a field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The name that was asked for, or spoken to.
    Name,
    /// The address that began.
    Source,
    /// The address that was spoken to.
    Destination,
    /// The port of that address.
    DestinationPort,
    /// What a name was answered with.
    Answer,
    /// A whole URL.
    Url,
    /// The part of a URL after its host.
    Target,
    /// File hashes.
    Hash,
    /// Mail addresses.
    Mail,
    /// When it happened.
    Time,
    /// Nothing that an indicator is about, though it may look like one.
    Ignored,
    /// Anything else.
    Text,
}

impl Role {
    fn of_word(word: &str) -> Option<Role> {
        Some(match word {
            "name" => Role::Name,
            "source" => Role::Source,
            "destination" => Role::Destination,
            "destination-port" => Role::DestinationPort,
            "answer" => Role::Answer,
            "url" => Role::Url,
            "target" => Role::Target,
            "hash" => Role::Hash,
            "mail" => Role::Mail,
            "time" => Role::Time,
            "ignored" => Role::Ignored,
            _ => return None,
        })
    }
}

/// Whose names the fields of a line have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dialect {
    Zeek,
    Eve,
    Windows,
    Generic,
}

/// The table, read.
#[derive(Debug, Default)]
pub struct Roles {
    by_name: BTreeMap<(Dialect, String), (Role, u16)>,
}

impl Roles {
    /// The table this crate was built with.
    pub fn built_in() -> Result<Roles, TableFault> {
        Roles::read(include_str!("../../../../data/threat/log-fields.csv"))
    }

    /// From the text of `log-fields.csv`. Rows that stand first decide first.
    pub fn read(text: &str) -> Result<Roles, TableFault> {
        let mut roles = Roles::default();
        rows("log-fields.csv", text, &["format", "field", "role", "source"], |row| roles.add(&row))?;
        Ok(roles)
    }

    fn add(&mut self, row: &Row<'_>) -> Result<(), TableFault> {
        let dialect = match row.field(0) {
            "zeek" => Dialect::Zeek,
            "eve" => Dialect::Eve,
            "windows" => Dialect::Windows,
            "generic" => Dialect::Generic,
            other => return Err(row.fault(format!("`{other}` is no format of this table"))),
        };
        let role =
            Role::of_word(row.field(2)).ok_or_else(|| row.fault(format!("`{}` is no role", row.field(2))))?;
        if row.field(3).is_empty() {
            return Err(row.fault("the source must be given"));
        }
        let rank = u16::try_from(self.by_name.len()).map_err(|_| row.fault("too many rows"))?;
        self.by_name.insert((dialect, row.field(1).to_owned()), (role, rank));
        Ok(())
    }

    /// The role of a field of this dialect, and its rank. Dots and underscores are the same, as is case; of a path, its
    /// last part counts where the whole has no row, but for formats that name a field in one way.
    pub(super) fn of(&self, dialect: Dialect, name: &str) -> (Role, u16) {
        let folded: String =
            name.chars().map(|c| if matches!(c, '.' | '-') { '_' } else { c.to_ascii_lowercase() }).collect();
        let found = |name: &str| self.by_name.get(&(dialect, name.to_owned())).copied();
        let last = || {
            let loose = matches!(dialect, Dialect::Windows | Dialect::Generic);
            let last = name.rsplit_once('.').map(|(_, last)| last.to_ascii_lowercase());
            last.filter(|_| loose).and_then(|last| found(&last))
        };
        found(&folded).or_else(last).unwrap_or((Role::Text, u16::MAX))
    }

    /// The role of a column or key of no known program.
    pub(super) fn generic(&self, name: &str) -> Option<Role> {
        match self.of(Dialect::Generic, name) {
            (Role::Text, _) => None,
            (role, _) => Some(role),
        }
    }
}
