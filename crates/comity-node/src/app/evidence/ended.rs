//! Access that has ended here, and what of it the other side of its case has not been told.
//!
//! The day closes access by itself: both sides agreed to it with the conditions, or the terms of the personal data name it.
//! Telling the other State is a step like any other: an officer is answerable for it, so that no schedule takes it. What it
//! may say is only what this node has closed.

use super::super::{Fault, sequencer::NodeDesk};
use comity_affairs::{
    CaseId, View,
    custody::{Note, NoteRow, Package},
};
use comity_exchange::{CaseFile, DeskFault, Entropy, EvidenceFault};
use comity_record::{Date, Hash, RecordId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// An end of access as it was entered here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The record of the manifest.
    pub record: RecordId,
    /// The case it was given in.
    pub case: CaseId,
    /// The last day of access.
    pub on: Date,
    /// When that was entered.
    pub since: Timestamp,
    /// Whether it came from another party.
    pub received: bool,
}

impl Ended {
    /// Whether the other side of a case has not been told of it.
    pub fn is_untold(&self, file: &CaseFile, view: &View) -> bool {
        self.case == file.case && !view.access_ended.contains(&(file.side, self.record.0, self.on))
    }
}

/// Every end of access that was entered here.
pub async fn ended(desk: &NodeDesk) -> Result<Vec<Ended>, Fault> {
    let mut all = Vec::new();
    for record in desk.packages().await? {
        let Some((package, received)) = manifest(desk, record).await? else { continue };
        for (_, NoteRow { at, note, .. }) in desk.notes(record).await? {
            if let Note::Ended { on } = note {
                all.push(Ended { record, case: package.case, on, since: at, received });
            }
        }
    }
    Ok(all)
}

/// Fills in what an officer left out of the step: the one manifest and day that ended here and was not told. What has not
/// ended here cannot be told.
pub async fn complete(
    desk: &NodeDesk,
    file: &CaseFile,
    with: &mut BTreeMap<String, Vec<String>>,
    today: Date,
) -> Result<(), Fault> {
    let is_named = |name: &str, value: &str| {
        with.get(name).is_none_or(|given| given.first().is_some_and(|given| given == value))
    };
    let ends: Vec<(String, String)> = untold(desk, file, today)
        .await?
        .into_iter()
        .map(|(manifest, on)| (manifest.to_string(), on.to_string()))
        .filter(|(manifest, on)| is_named("manifest", manifest) && is_named("on", on))
        .collect();
    match ends.as_slice() {
        [(manifest, on)] => {
            with.insert("manifest".to_owned(), vec![manifest.clone()]);
            with.insert("on".to_owned(), vec![on.clone()]);
            Ok(())
        }
        [] => {
            let text = "nothing held here of this case has reached an end of access that the other side does not know";
            Err(Fault::new("case/access-open", text)
                .help("`comity evidence show` tells the conditions and ends of what is held"))
        }
        several => {
            let named = several.iter().map(|(manifest, on)| format!("--manifest {manifest} --on {on}"));
            let text = format!("{} ends of access are not told yet", several.len());
            Err(Fault::new("case/option", text)
                .help(format!("name one: {}", named.collect::<Vec<_>>().join(" or "))))
        }
    }
}

/// Enters that access ended, where that was not done on schedule.
pub async fn enter(
    desk: &mut NodeDesk,
    now: Timestamp,
    entropy: &mut dyn Entropy,
    record: RecordId,
    on: Date,
) -> Result<(), DeskFault> {
    if !desk.care(record).await?.ended.contains(&on) {
        desk.note(now, entropy, record, None, Note::Ended { on }).await?;
    }
    Ok(())
}

/// What of a case ended here, entered or not, and was not told.
async fn untold(desk: &NodeDesk, file: &CaseFile, today: Date) -> Result<BTreeSet<(Hash, Date)>, Fault> {
    let told = file.history.view().access_ended;
    let mut ends = BTreeSet::new();
    for record in desk.packages().await? {
        let Some((package, _)) = manifest(desk, record).await? else { continue };
        if package.case != file.case {
            continue;
        }
        let care = desk.care(record).await?;
        let waived = super::care::waived(desk, &package).await?;
        let passed = care.ends(&package, &waived).filter(|day| today > *day);
        ends.extend(care.ended.iter().copied().chain(passed).map(|on| (record.0, on)));
    }
    ends.retain(|(manifest, on)| !told.contains(&(file.side, *manifest, *on)));
    Ok(ends)
}

/// A manifest, and whether it came from another party; none where its body was erased.
async fn manifest(desk: &NodeDesk, record: RecordId) -> Result<Option<(Package, bool)>, Fault> {
    match desk.manifest(record).await {
        Ok((held, package)) => Ok(Some((package, held.received_from.is_some()))),
        Err(EvidenceFault::Desk(DeskFault::Erased { .. })) => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}
