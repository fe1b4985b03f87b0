//! Figures of the running process, in the text format of Prometheus (version 0.0.4).
//!
//! INVARIANT: names and labels come from a closed vocabulary, or are party codes; nothing of a record's content becomes
//! a label.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

/// Upper bounds of the buckets of a histogram, in seconds.
const BOUNDS: [(f64, &str); 10] = [
    (0.001, "0.001"),
    (0.005, "0.005"),
    (0.01, "0.01"),
    (0.05, "0.05"),
    (0.1, "0.1"),
    (0.5, "0.5"),
    (1.0, "1"),
    (5.0, "5"),
    (30.0, "30"),
    (f64::INFINITY, "+Inf"),
];

/// All figures. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Mutex<Families>>);

/// A number that only grows. Its name ends in `_total`.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

/// A number that goes up and down.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<AtomicI64>);

/// How long things took. Its name ends in `_seconds`.
#[derive(Clone, Debug, Default)]
pub struct Histogram(Arc<Buckets>);

/// The labels of one series.
type Labels = Vec<(&'static str, String)>;

#[derive(Debug, Default)]
struct Families {
    counters: BTreeMap<&'static str, Family<Counter>>,
    gauges: BTreeMap<&'static str, Family<Gauge>>,
    histograms: BTreeMap<&'static str, Family<Histogram>>,
}

#[derive(Debug, Default)]
struct Family<T> {
    help: &'static str,
    series: BTreeMap<Labels, T>,
}

#[derive(Debug, Default)]
struct Buckets {
    counts: [AtomicU64; BOUNDS.len()],
    nanos: AtomicU64,
}

impl Metrics {
    /// The counter of this name and these labels, made at the first call.
    pub fn counter(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &str)],
    ) -> Counter {
        series(&mut self.lock().counters, name, help, labels)
    }

    /// The gauge of this name and these labels, made at the first call.
    pub fn gauge(&self, name: &'static str, help: &'static str, labels: &[(&'static str, &str)]) -> Gauge {
        series(&mut self.lock().gauges, name, help, labels)
    }

    /// The histogram of this name and these labels, made at the first call.
    pub fn histogram(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &str)],
    ) -> Histogram {
        series(&mut self.lock().histograms, name, help, labels)
    }

    /// All figures as text.
    pub fn render(&self) -> String {
        let families = self.lock();
        let mut out = String::new();
        for (name, family) in &families.counters {
            family.head(&mut out, name, "counter");
            for (labels, counter) in &family.series {
                line(&mut out, name, labels, None, counter.get());
            }
        }
        for (name, family) in &families.gauges {
            family.head(&mut out, name, "gauge");
            for (labels, gauge) in &family.series {
                line(&mut out, name, labels, None, gauge.get());
            }
        }
        for (name, family) in &families.histograms {
            family.head(&mut out, name, "histogram");
            for (labels, histogram) in &family.series {
                histogram.render(&mut out, name, labels);
            }
        }
        out
    }

    fn lock(&self) -> MutexGuard<'_, Families> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counter {
    /// Adds.
    pub fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// The number.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Gauge {
    /// Sets the number.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Adds, or takes away where negative.
    pub fn add(&self, amount: i64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// The number.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Histogram {
    /// Enters how long something took.
    pub fn observe(&self, took: Duration) {
        let bucket = BOUNDS.iter().position(|(bound, _)| took.as_secs_f64() <= *bound);
        if let Some(count) = bucket.and_then(|bucket| self.0.counts.get(bucket)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.0.nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    fn render(&self, out: &mut String, name: &str, labels: &Labels) {
        let bucket = format!("{name}_bucket");
        let mut sum = 0;
        for (count, (_, bound)) in self.0.counts.iter().zip(BOUNDS) {
            sum += count.load(Ordering::Relaxed);
            line(out, &bucket, labels, Some(("le", bound)), sum);
        }
        let whole = Duration::from_nanos(self.0.nanos.load(Ordering::Relaxed));
        line(out, &format!("{name}_sum"), labels, None, whole.as_secs_f64());
        line(out, &format!("{name}_count"), labels, None, sum);
    }
}

impl<T> Family<T> {
    fn head(&self, out: &mut String, name: &str, kind: &str) {
        let help = self.help.replace('\\', "\\\\").replace('\n', "\\n");
        // Writing into a String never fails.
        let _written = write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }
}

fn series<T: Clone + Default>(
    families: &mut BTreeMap<&'static str, Family<T>>,
    name: &'static str,
    help: &'static str,
    labels: &[(&'static str, &str)],
) -> T {
    let family = families.entry(name).or_insert_with(|| Family { help, series: BTreeMap::new() });
    let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    family.series.entry(labels).or_default().clone()
}

fn line(
    out: &mut String,
    name: &str,
    labels: &Labels,
    more: Option<(&str, &str)>,
    value: impl std::fmt::Display,
) {
    let own = labels.iter().map(|(name, value)| (*name, value.as_str()));
    let shown: Vec<String> =
        own.chain(more).map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    let labels = if shown.is_empty() { String::new() } else { format!("{{{}}}", shown.join(",")) };
    let _written = writeln!(out, "{name}{labels} {value}");
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_format() {
        let metrics = Metrics::default();
        let turns = metrics.counter("turns_total", "Turns.", &[("host", "XA"), ("peer", "X\"\\\nB")]);
        turns.add(2);
        metrics.counter("turns_total", "Turns.", &[("host", "XA"), ("peer", "X\"\\\nB")]).add(1);
        metrics.gauge("open", "Open connections.", &[]).set(-3);
        metrics.gauge("open", "Open connections.", &[]).add(5);
        let took = metrics.histogram("took_seconds", "Time\\taken\nto end.", &[]);
        took.observe(Duration::from_millis(5));
        took.observe(Duration::from_secs(2));
        took.observe(Duration::from_secs(60));
        let expected = r#"# HELP turns_total Turns.
# TYPE turns_total counter
turns_total{host="XA",peer="X\"\\\nB"} 3
# HELP open Open connections.
# TYPE open gauge
open 2
# HELP took_seconds Time\\taken\nto end.
# TYPE took_seconds histogram
took_seconds_bucket{le="0.001"} 0
took_seconds_bucket{le="0.005"} 1
took_seconds_bucket{le="0.01"} 1
took_seconds_bucket{le="0.05"} 1
took_seconds_bucket{le="0.1"} 1
took_seconds_bucket{le="0.5"} 1
took_seconds_bucket{le="1"} 1
took_seconds_bucket{le="5"} 2
took_seconds_bucket{le="30"} 2
took_seconds_bucket{le="+Inf"} 3
took_seconds_sum 62.005
took_seconds_count 3
"#;
        assert_eq!(metrics.render(), expected);
    }
}
