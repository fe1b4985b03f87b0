//! A case in one file, which a stranger verifies offline.

use super::{acting::Acting, authorise::thread_of};
use crate::{
    app::{Action, Ctx, Fault, NodeDesk, proof::receipt_of, to_hex},
    keys::Keys,
};
use comity_exchange::{
    CaseFile, DeskFault, Scope,
    case_export::CaseExport,
    tables::{PEERS, PeerChange, PeerRow, STATEMENTS},
    turn::RootStatement,
};
use comity_record::{Canonical, Letter, RecordId, RootSigned, Timestamp};
use minicbor::bytes::ByteVec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Makes the export of a case.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExportCase {
    /// The case.
    pub case: String,
    /// The officer, where the console speaks for one.
    pub officer: Option<String>,
}

/// An export.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CaseExported {
    /// The case.
    pub case: String,
    /// Its bytes in hexadecimal digits.
    pub export: String,
    /// How many records it holds.
    pub records: usize,
    /// How many receipts it holds.
    pub receipts: usize,
    /// How many of them no quorum of witnesses has cosigned yet.
    pub provisional: usize,
}

impl Action for ExportCase {
    const NAME: &'static str = "case.export";
    const SUMMARY: &'static str = "makes one file of a case that anybody can verify offline";
    const SCOPE: Scope = Scope::Cases;
    type Reply = CaseExported;

    async fn run(self, ctx: &Ctx) -> Result<CaseExported, Fault> {
        let keys = Keys::open(&ctx.dir).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let own = keys.own_letter().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
        let by = ctx.by.clone();
        let exported = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let acting = Acting::of(desk.house(), by.as_ref(), self.officer.as_deref(), now.date())?;
                let case = desk.find_case(&self.case).await?;
                acting.must_read(desk.house(), thread_of(desk, case).await?, &self.case, now.date())?;
                let file = desk.case_file(case).await?;
                let file = file.ok_or_else(|| {
                    Fault::new("case/not-sent", "a draft is not exported: it stays at home")
                })?;
                all_read(desk, &acting, &file, now)?;
                export(desk, now, &file, &own).await
            })
        });
        exported.await?
    }
}

/// An export shows the whole case, so that only who reads every thread of it may take it.
fn all_read(desk: &NodeDesk, acting: &Acting, file: &CaseFile, now: Timestamp) -> Result<(), Fault> {
    let read = |thread| acting.reads(desk.house(), thread, now.date());
    if file.entries.iter().all(|entry| read(entry.event.thread)) {
        return Ok(());
    }
    let text = "the case has steps in threads that this officer does not read";
    Err(Fault::new("case/not-all-threads", text).help("let an officer export it who reads all of them"))
}

async fn export(
    desk: &mut NodeDesk,
    now: Timestamp,
    file: &CaseFile,
    own: &RootSigned<Letter>,
) -> Result<CaseExported, Fault> {
    let ids: Vec<RecordId> =
        file.request().into_iter().chain(file.entries.iter().map(|entry| entry.record)).collect();
    let (mut records, mut receipts, mut provisional): (Vec<ByteVec>, Vec<ByteVec>, usize) =
        (Vec::new(), Vec::new(), 0);
    for id in ids {
        match desk.envelope(id).await {
            Ok(held) => records.push(held.record.as_bytes().to_vec().into()),
            // The request may not have come; the check of the export says so.
            Err(DeskFault::NoRecord { .. } | DeskFault::Erased { .. }) => continue,
            Err(fault) => return Err(fault.into()),
        }
        let (bytes, is_provisional) = receipt_of(desk, now, &id.to_string(), own).await?;
        provisional += usize::from(is_provisional);
        receipts.push(bytes.into());
    }
    let export = CaseExport {
        version: 1,
        case: file.case,
        by: desk.party().clone(),
        at: now,
        letters: letters(desk, file, own).await?,
        records,
        receipts,
        packages: desk
            .dossiers_of(file.case)
            .await?
            .iter()
            .map(|dossier| dossier.to_bytes().into())
            .collect(),
    };
    export.check(&[]).map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    Ok(CaseExported {
        case: file.case.to_string(),
        records: export.records.len(),
        receipts: export.receipts.len(),
        provisional,
        export: to_hex(&export.to_bytes()),
    })
}

/// Every letter of both parties, past ones too, since steps may be signed by keys replaced since; and those of witnesses.
async fn letters(
    desk: &NodeDesk,
    file: &CaseFile,
    own: &RootSigned<Letter>,
) -> Result<Vec<ByteVec>, DeskFault> {
    let mut letters: Vec<ByteVec> = vec![own.to_bytes().into()];
    for (_, value) in desk.rows(STATEMENTS, 0).await? {
        if let RootStatement::Letter(bytes) = RootStatement::from_bytes(&value)? {
            letters.push(bytes);
        }
    }
    for (_, value) in desk.rows(PEERS, 0).await? {
        let row = PeerRow::from_bytes(&value)?;
        if let PeerChange::Accepted(bytes) = row.change
            && row.party == file.peer
        {
            letters.push(bytes);
        }
    }
    letters.extend(desk.peers().values().take(15).map(|peer| peer.signed.clone().into()));
    let mut unique: Vec<ByteVec> = Vec::with_capacity(letters.len());
    for letter in letters {
        if !unique.contains(&letter) {
            unique.push(letter);
        }
    }
    Ok(unique)
}
