//! The log: one line per event on standard error, as text or JSON.
//!
//! INVARIANT: an event never holds the content of a record, a key, a token or a body; codes, counts, ids of records and
//! party codes are what it may hold. Reasons go in the field `code` where they have one.

use crate::config::{Log, LogFormat};
use tracing_subscriber::{EnvFilter, filter::ParseError, fmt::MakeWriter};

/// Why the log could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogFault {
    /// The level cannot be read.
    #[error("the log level `{level}` cannot be read")]
    Level {
        /// The level given, at most 80 characters.
        level: String,
        /// Why.
        #[source]
        why: ParseError,
    },
    /// There is a log already.
    #[error("the log was set up before")]
    Twice,
}

impl LogFault {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            LogFault::Level { .. } => "log/level",
            LogFault::Twice => "log/twice",
        }
    }
}

/// Sets up the log of the process, on standard error.
pub fn start(log: &Log) -> Result<(), LogFault> {
    let subscriber = subscriber(log, std::io::stderr)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogFault::Twice)
}

/// A log that writes elsewhere.
pub fn subscriber<W>(log: &Log, writer: W) -> Result<Box<dyn tracing::Subscriber + Send + Sync>, LogFault>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let level = |why| LogFault::Level { level: log.level.chars().take(80).collect(), why };
    let filter = EnvFilter::builder().parse(&log.level).map_err(level)?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    Ok(match *log.format {
        LogFormat::Text => Box::new(builder.with_ansi(false).finish()),
        LogFormat::Json => Box::new(builder.json().flatten_event(true).finish()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Text;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, level: &str) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let log = Log { format: Text(format), level: level.to_owned() };
        let subscriber = subscriber(&log, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(code = "clock/jumped", millis = -5, "the clock \u{1b}[31mjumped");
            tracing::debug!("details");
        });
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn json_lines_are_objects_with_fields() {
        let text = logged(LogFormat::Json, "info");
        let event: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        assert_eq!(event["code"], "clock/jumped");
        assert_eq!(event["millis"], -5);
        assert_eq!(event["level"], "INFO");
    }

    #[test]
    fn text_lines_are_plain_and_levels_hold() {
        let text = logged(LogFormat::Text, "info");
        assert!(text.contains("clock/jumped") && !text.contains("details"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
        assert!(logged(LogFormat::Text, "debug").contains("details"));
        assert_eq!(logged(LogFormat::Text, "error"), "");
    }

    #[test]
    fn a_level_that_is_none_is_refused() {
        let log = Log { level: "comity=lou=d".to_owned(), ..Log::default() };
        assert_eq!(subscriber(&log, std::io::sink).err().unwrap().code(), "log/level");
    }
}
