//! The tables in `data/threat`: what counts as personal, what counts as a claim of attribution, which data category a
//! type belongs to. They are embedded, and checked when they are read.

use crate::{
    Object,
    attribution::AttributionTable,
    labels::CategoryTable,
    personal::{PersonalPart, PersonalTable, parts},
};

/// The tables that reading and labelling go by.
#[derive(Debug)]
pub struct Tables {
    pub(crate) personal: PersonalTable,
    pub(crate) attribution: AttributionTable,
    pub(crate) categories: CategoryTable,
}

/// A row that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of {table}: {message}")]
pub struct TableFault {
    /// The file.
    pub table: &'static str,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}

impl TableFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        "threat/bad-table"
    }
}

impl Tables {
    /// The tables this crate was built with.
    pub fn built_in() -> Result<Tables, TableFault> {
        Tables::read(
            include_str!("../../../data/threat/personal.csv"),
            include_str!("../../../data/threat/attribution.csv"),
            include_str!("../../../data/threat/nationalities.csv"),
            include_str!("../../../data/threat/categories.csv"),
        )
    }

    /// Tables from the texts of `personal.csv`, `attribution.csv`, `nationalities.csv` and `categories.csv`.
    pub fn read(
        personal: &str,
        attribution: &str,
        nationalities: &str,
        categories: &str,
    ) -> Result<Tables, TableFault> {
        Ok(Tables {
            personal: PersonalTable::read(personal)?,
            attribution: AttributionTable::read(attribution, nationalities)?,
            categories: CategoryTable::read(categories)?,
        })
    }

    /// The parts of an object that are about a person, in the order of their selectors.
    pub fn personal_parts(&self, object: &Object<'_>) -> Vec<PersonalPart> {
        parts(&self.personal, object)
    }
}

/// One row, with its place.
pub(crate) struct Row<'r> {
    table: &'static str,
    line: u64,
    fields: Vec<&'r str>,
}

impl<'r> Row<'r> {
    /// The field in this column; the number of columns was checked.
    pub(crate) fn field(&self, column: usize) -> &'r str {
        self.fields.get(column).copied().unwrap_or_default()
    }

    /// The parts of a field between bars.
    pub(crate) fn list(&self, column: usize) -> Vec<String> {
        self.field(column).split('|').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// A fault in this row.
    pub(crate) fn fault(&self, message: impl Into<String>) -> TableFault {
        TableFault { table: self.table, line: self.line, message: message.into() }
    }
}

/// Calls `each` for every row, after the header was found to be `header`.
pub(crate) fn rows(
    table: &'static str,
    text: &str,
    header: &[&str],
    mut each: impl FnMut(Row<'_>) -> Result<(), TableFault>,
) -> Result<(), TableFault> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut first = true;
    loop {
        let read = reader.read_record(&mut record).map_err(|error| TableFault {
            table,
            line: error.position().map_or(0, csv::Position::line),
            message: error.to_string(),
        })?;
        let row = Row {
            table,
            line: record.position().map_or(0, csv::Position::line),
            fields: record.iter().collect(),
        };
        match (read, first) {
            (false, false) => return Ok(()),
            (false, true) => return Err(row.fault("the table is empty")),
            (true, true) if row.fields != header => {
                return Err(row.fault(format!("the columns are {}", header.join(","))));
            }
            (true, true) => first = false,
            (true, false) => each(row)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_tables_hold() {
        let tables = Tables::built_in().unwrap();
        assert!(
            tables.personal.rules() > 60 && tables.attribution.rules() > 15 && tables.categories.rules() > 35
        );
    }

    #[test]
    fn a_bad_row_is_named_by_its_line() {
        let personal = "type,path,when,level,note,source\n";
        let attribution = "id,kind,types,property,test,values,note\n";
        let categories = "type,property,category,note\n";
        for (p, a, c, expected) in [
            ("", "", "", None),
            (
                "email-addr,value,,secret,n,s\n",
                "",
                "",
                Some(
                    "line 2 of personal.csv: `secret` is not a value of `personal`; known: none, personal, special-category, criminal-conviction, minor-or-victim",
                ),
            ),
            (
                "email-addr,value,x,personal,n,s\n",
                "",
                "",
                Some("line 2 of personal.csv: `x` is neither key=value nor value~shape"),
            ),
            ("email-addr,a..b,,personal,n,s\n", "", "", Some("line 2 of personal.csv: `a..b` is no path")),
            (
                "",
                "a,guess,t,p,is,v,n\n",
                "",
                Some("line 2 of attribution.csv: `guess` is not one of claim, relation, state"),
            ),
            ("", "a,claim,t,p,is,,n\n", "", Some("line 2 of attribution.csv: this test needs values")),
            (
                "",
                "",
                "url,,secret,n\n",
                Some("line 2 of categories.csv: `secret` is not a value of `category`"),
            ),
        ] {
            let texts = (format!("{personal}{p}"), format!("{attribution}{a}"), format!("{categories}{c}"));
            let fault = Tables::read(&texts.0, &texts.1, "adjective\n", &texts.2)
                .err()
                .map(|fault| fault.to_string());
            match expected {
                Some(expected) => {
                    assert!(fault.clone().unwrap_or_default().starts_with(expected), "{fault:?}")
                }
                None => assert_eq!(fault, None),
            }
        }
        assert_eq!(Tables::read("a,b\n", attribution, "adjective\n", categories).unwrap_err().line, 1);
    }
}
