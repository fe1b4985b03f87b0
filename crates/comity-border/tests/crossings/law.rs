//! The register of the exercises, and the same with other rows for the invented States.

use comity_law::{Files, Register};
use std::sync::LazyLock;

const STATUS: &str = "exercise/instrument_status.csv";
const RESERVATIONS: &str = "exercise/instrument_reservations.csv";

/// The shipped register with the invented States.
pub(crate) fn register() -> &'static Register {
    static REGISTER: LazyLock<Register> = LazyLock::new(|| Register::load(&Files::with_exercise()).unwrap());
    &REGISTER
}

/// The register with these rows beside or in place of those of the exercises. A line is
/// `XC under budapest: in_force=2020-05-01 act=accession`, `XC under budapest: no row`, or
/// `XB reserves budapest 29: side=asked effect=excluded`.
pub(crate) fn register_with(lines: &[&str]) -> Register {
    let files = Files::with_exercise();
    let text = |name: &str| String::from_utf8(files.get(name).unwrap().to_vec()).unwrap();
    let mut status = Table::read(&text(STATUS));
    let mut reservations = Table::read(&text(RESERVATIONS));
    for line in lines {
        let (head, cells) = line.split_once(':').unwrap_or_else(|| panic!("law: `{line}` has no colon"));
        let cells: Vec<(&str, &str)> =
            cells.split_whitespace().filter_map(|cell| cell.split_once('=')).collect();
        match head.split_whitespace().collect::<Vec<_>>().as_slice() {
            [party, "under", instrument] => {
                status.rows.retain(|row| (row[0].as_str(), row[1].as_str()) != (instrument, party));
                if !line.ends_with("no row") {
                    let fixed = [("instrument", *instrument), ("state", *party), ("status", "verified")];
                    status.add(&fixed, &cells);
                }
            }
            [party, "reserves", instrument, article] => {
                let fixed = [("instrument", *instrument), ("state", *party), ("affects_article", *article)];
                reservations.add(
                    &[&fixed[..], &[("status", "verified"), ("text", "as the case says")]].concat(),
                    &cells,
                );
            }
            other => panic!("law: {other:?} is not understood"),
        }
    }
    let files = files.with(STATUS, status.write()).with(RESERVATIONS, reservations.write());
    Register::load(&files).unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// A small table of comma-separated cells without quotes.
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn read(text: &str) -> Table {
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        Table { columns: lines.next().unwrap(), rows: lines.collect() }
    }

    fn add(&mut self, fixed: &[(&str, &str)], cells: &[(&str, &str)]) {
        let always = [("source", "exercise"), ("as_of", "2026-01")];
        let value = |column: &String| {
            let mut all = cells.iter().chain(fixed).chain(&always);
            all.find(|(name, _)| name == column).map_or(String::new(), |(_, value)| (*value).to_owned())
        };
        let row = self.columns.iter().map(value).collect();
        self.rows.push(row);
    }

    fn write(&self) -> Vec<u8> {
        let lines: Vec<String> =
            [&self.columns].into_iter().chain(&self.rows).map(|row| row.join(",")).collect();
        (lines.join("\n") + "\n").into_bytes()
    }
}
