//! The labels of a case's records, by channel, so that each thread has readers of its own.

use crate::app::Fault;
use comity_affairs::Thread;
use comity_record::{
    Date, Labels,
    label::{Onward, Purpose, Tlp, UseLimit},
};

/// Labels of a channel.
///
/// - Police: information between police units, which a court may not use without the giver's leave.
/// - Judicial: to the authority that is named, passed on only with leave.
/// - Diplomatic: the same, between the ministries that are named.
pub fn of_channel(thread: Thread, purpose: Purpose) -> Labels {
    let mut labels = match thread {
        Thread::Police => Labels::new(Tlp::Amber),
        Thread::Judicial | Thread::Diplomatic => Labels::new(Tlp::AmberStrict),
    };
    match thread {
        Thread::Police => drop(labels.use_limits.insert(UseLimit::NoEvidence)),
        Thread::Judicial | Thread::Diplomatic => labels.onward = Onward::PriorAuthorisation,
    }
    labels.purpose.insert(purpose);
    labels
}

/// Labels of a channel with what the author sets beside or in place of them.
pub fn with(thread: Thread, purpose: Purpose, set: &[(String, String)]) -> Result<Labels, Fault> {
    let mut labels = of_channel(thread, purpose);
    for (key, value) in set {
        labels.set(key, value).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    }
    // A purpose that the author sets stands beside that of the crossing and never instead of it.
    labels.purpose.insert(purpose);
    Ok(labels)
}

/// The labels, with the day before which nobody but the author passes the record on.
pub fn under_embargo(mut labels: Labels, until: Option<Date>) -> Result<Labels, Fault> {
    if let Some(day) = until {
        labels
            .set("embargo-until", &day.to_string())
            .map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    }
    Ok(labels)
}
