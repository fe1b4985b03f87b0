//! Tables of text: aligned columns that wrap inside themselves.

use super::{
    Colour, Tone,
    layout::{clean, fit, pad, width, wrap},
};

const GAP: usize = 2;

/// One cell: a text and its tone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    text: String,
    tone: Tone,
}

/// A table with a heading row.
#[derive(Clone, Debug, Default)]
pub struct Table {
    headings: Vec<Cell>,
    rows: Vec<Vec<Cell>>,
}

impl Cell {
    /// A cell in a tone.
    pub fn toned(tone: Tone, text: impl AsRef<str>) -> Cell {
        Cell { text: clean(text.as_ref()), tone }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::toned(Tone::Plain, text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::toned(Tone::Plain, text)
    }
}

impl Table {
    /// A table with these columns.
    pub fn new(headings: &[&str]) -> Table {
        Table {
            headings: headings.iter().map(|text| Cell::toned(Tone::Strong, text)).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; cells beyond the headings are not shown.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().take(self.headings.len()).collect());
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines of the table, each at most `columns` wide.
    pub(super) fn lines(&self, colour: Colour, columns: usize) -> Vec<String> {
        let widths = fit(&self.natural(), GAP, columns);
        let rows = std::iter::once(&self.headings).chain(&self.rows);
        rows.flat_map(|row| row_lines(row, &widths, colour)).collect()
    }

    fn natural(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.headings.iter().map(|cell| width(&cell.text)).collect();
        for row in &self.rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(width(&cell.text));
            }
        }
        widths
    }
}

fn row_lines(row: &[Cell], widths: &[usize], colour: Colour) -> Vec<String> {
    let cells: Vec<(Vec<String>, Tone, usize)> = row
        .iter()
        .zip(widths)
        .map(|(cell, columns)| (wrap(&cell.text, *columns), cell.tone, *columns))
        .collect();
    let height = cells.iter().map(|(lines, ..)| lines.len()).max().unwrap_or(0);
    (0..height).map(|number| one_line(&cells, number, colour)).collect()
}

fn one_line(cells: &[(Vec<String>, Tone, usize)], number: usize, colour: Colour) -> String {
    let mut line = String::new();
    let mut owed = 0;
    for (lines, tone, columns) in cells {
        let text = lines.get(number).map_or("", String::as_str);
        if !text.is_empty() {
            line.push_str(&pad("", owed));
            line.push_str(&tone.paint(colour, text));
            owed = 0;
        }
        owed += columns.saturating_sub(width(text)) + GAP;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_the_wide_one_wraps() {
        let mut table = Table::new(&["id", "title"]);
        table.row(["a".into(), "one two three four".into()]);
        table.row(["longer".into(), Cell::toned(Tone::Good, "x")]);
        let lines = table.lines(Colour::Off, 18);
        assert_eq!(lines, ["id      title", "a       one two", "        three four", "longer  x"]);
    }
}
