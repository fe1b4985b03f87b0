//! One line of output: a figure, its target, and under what it was taken.

use crate::machine::{Machine, Versions};
use serde::Serialize;
use serde_json::{Map, Value};

/// A measured figure.
#[derive(Debug, Serialize)]
pub struct Line {
    /// Its name.
    pub figure: &'static str,
    /// Its value.
    pub value: f64,
    /// What the value counts.
    pub unit: &'static str,
    /// What was promised.
    pub target: Target,
    /// Whether the value keeps it.
    pub met: bool,
    /// What else was measured beside it.
    pub beside: Map<String, Value>,
    /// Load average over one minute when the figure was done; other work on the machine shows here.
    pub load: f64,
    /// The machine.
    pub machine: Machine,
    /// The versions.
    pub versions: Versions,
}

/// What was promised of a figure.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The value should be this or more.
    AtLeast(f64),
    /// The value should be this or less.
    AtMost(f64),
}

impl Target {
    fn is_met(self, value: f64) -> bool {
        match self {
            Target::AtLeast(target) => value >= target,
            Target::AtMost(target) => value <= target,
        }
    }
}

impl Line {
    /// A figure with its value and target.
    pub fn new(figure: &'static str, value: f64, unit: &'static str, target: Target) -> Line {
        Line {
            figure,
            value: rounded(value),
            unit,
            target,
            met: target.is_met(value),
            beside: Map::new(),
            load: crate::machine::load(),
            machine: Machine::here(),
            versions: Versions::here(),
        }
    }

    /// With something else that was measured.
    pub fn beside(mut self, name: &str, value: impl Into<Value>) -> Line {
        self.beside.insert(name.to_owned(), value.into());
        self
    }
}

/// Four digits are more than a shared machine can promise.
pub fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10f64.powi(3 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_kept_or_not() {
        assert!(Line::new("a", 20_000.0, "1/s", Target::AtLeast(20_000.0)).met);
        assert!(!Line::new("a", 19_999.6, "1/s", Target::AtLeast(20_000.0)).met);
        assert!(Line::new("a", 0.2, "ratio", Target::AtMost(0.2)).met);
        assert!(!Line::new("a", f64::NAN, "ratio", Target::AtMost(0.2)).met);
    }

    #[test]
    fn four_digits_stay() {
        let got = [123_456.0, 0.012_345_6, 99_999.0, 0.0, 1.5].map(rounded);
        assert_eq!(got, [123_500.0, 0.012_35, 100_000.0, 0.0, 1.5]);
    }
}
