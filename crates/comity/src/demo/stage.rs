//! The acts on three real nodes: real TLS on loopback, the embedded store, letters, pouches, receipts.

use super::{
    ActKey, Finding, Outcome, Stage,
    stand::{Stand, told},
};
use crate::{Exit, Fault};
use comity_exchange::{DeskFault, Manuscript};
use comity_ledger::receipt::{Provisional, Receipt, Trust};
use comity_node::app::{
    Action,
    ask::{Ask, SelectorAsked},
    audit::audit,
    crossing::{Inbox, Outbox},
    hex,
    import::{ImportOptions, import_file},
    pouch::{OpenPouch, PackPouch},
    proof::{ExportReceipt, ReplayAll},
    share::{Grounds, JudgedShown, Share},
};
use comity_record::{
    Canonical, CrossingId, Labels, Letter, RecordId,
    label::{Personal, Sovereign, Tlp},
};
use std::path::{Path, PathBuf};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// The bundle that the demonstration brings.
const BUNDLE: &str = include_str!("../../../../data/threat/exercise-bundle.json");

/// The three nodes, and what the acts so far left behind.
#[derive(Debug)]
pub struct Theatre {
    runtime: tokio::runtime::Runtime,
    pub(super) a: Stand,
    pub(super) b: Stand,
    pub(super) c: Stand,
    /// Becomes true with Ctrl-C.
    interrupted: watch::Receiver<bool>,
    dir: PathBuf,
    bundle: Option<PathBuf>,
    records: Vec<(RecordId, Labels, u64)>,
    receipts: Vec<String>,
    /// The package of evidence, once it was packed.
    pub(super) packed: Option<String>,
}

impl Theatre {
    /// Three nodes below `dir`, not started yet.
    pub fn new(dir: &Path, bundle: Option<PathBuf>) -> Result<Theatre, Fault> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|failed| Fault::file(dir, &failed))?;
        let interrupted = interrupted(&runtime)?;
        let [a, b, c] = ["XA", "XB", "XC"].map(|party| Stand::make(dir, party));
        let (a, b, c) = (a?, b?, c?);
        Ok(Theatre {
            runtime,
            a,
            b,
            c,
            interrupted,
            dir: dir.to_owned(),
            bundle,
            records: Vec::new(),
            receipts: Vec::new(),
            packed: None,
        })
    }

    /// Starts the nodes and introduces them to each other.
    pub fn open(&mut self, step: &mut dyn FnMut(&str)) -> Result<(), Fault> {
        let runtime = self.runtime.handle().clone();
        let interrupted = until(self.interrupted.clone());
        runtime.block_on(async {
            tokio::select! {
                opened = self.introductions(step) => opened,
                () = interrupted => Err(stopped()),
            }
        })
    }

    async fn introductions(&mut self, step: &mut dyn FnMut(&str)) -> Result<(), Fault> {
        for node in [&mut self.a, &mut self.b, &mut self.c] {
            node.start().await?;
            node.introduce().await?;
            step(&format!("the node of {} is up; its letter names keys, address and unit", node.party));
        }
        for (node, others) in
            [(&self.a, [&self.b, &self.c]), (&self.b, [&self.a, &self.c]), (&self.c, [&self.a, &self.b])]
        {
            for other in others {
                node.accept(other).await?;
            }
        }
        step("each accepted the letters of the other two, fingerprints compared");
        Ok(())
    }

    /// Starts the nodes again after the last act, for whoever wants to go on with them.
    pub fn reopen(&mut self) -> Result<Vec<(String, PathBuf)>, Fault> {
        let nodes = [&mut self.a, &mut self.b, &mut self.c];
        self.runtime.block_on(async {
            let mut up = Vec::new();
            for node in nodes {
                node.start().await?;
                up.push((node.party.to_string(), node.folder().to_owned()));
            }
            Ok(up)
        })
    }

    /// Waits until the process is told to stop, then stops the nodes.
    pub fn wait(&mut self) -> Result<(), Fault> {
        let nodes = [&mut self.a, &mut self.b, &mut self.c];
        self.runtime.block_on(async {
            until(self.interrupted.clone()).await;
            for node in nodes {
                node.stop().await?;
            }
            Ok(())
        })
    }
}

/// Hears of Ctrl-C, which from here on no longer ends the process by itself: what lies on the disk is cleared away first.
fn interrupted(runtime: &tokio::runtime::Runtime) -> Result<watch::Receiver<bool>, Fault> {
    let _entered = runtime.enter();
    let mut signals = signal(SignalKind::interrupt())
        .map_err(|failed| Fault::new(Exit::Fault, "demo/signal", failed.to_string()))?;
    let (tell, told) = watch::channel(false);
    runtime.spawn(async move {
        signals.recv().await;
        tell.send_replace(true);
        // The sender is kept: without it those who wait would be told that nothing comes any more.
        tell.closed().await;
    });
    Ok(told)
}

async fn until(mut interrupted: watch::Receiver<bool>) {
    let heard = interrupted.wait_for(|heard| *heard).await.is_ok();
    debug_assert!(heard, "the task that hears of Ctrl-C lives as long as the runtime");
}

fn stopped() -> Fault {
    Fault::new(Exit::Fault, "demo/stopped", "the demonstration was stopped before its end")
        .with_help("its temporary folder is gone with it; `comity demo --keep DIR` keeps everything in DIR")
}

impl Stage for Theatre {
    fn play(&mut self, act: ActKey, step: &mut dyn FnMut(&str)) -> Result<Finding, Fault> {
        // The runtime is lent out while the act borrows everything else.
        let runtime = self.runtime.handle().clone();
        runtime.block_on(async {
            let interrupted = until(self.interrupted.clone());
            tokio::select! {
                played = self.act(act, step) => played,
                () = interrupted => Err(stopped()),
            }
        })
    }
}

impl Theatre {
    async fn act(&mut self, act: ActKey, step: &mut dyn FnMut(&str)) -> Result<Finding, Fault> {
        match act {
            ActKey::Bundle => self.bundle(step).await,
            ActKey::Redaction => self.redaction(step).await,
            ActKey::HomeRefusal => self.home_refusal(step).await,
            ActKey::ReceiverRefusal => self.receiver_refusal(step).await,
            ActKey::PreservationWithTreaty => self.preservation("XB", step).await,
            ActKey::PreservationWithout => self.preservation("XC", step).await,
            ActKey::Pouch => self.pouch(step).await,
            ActKey::CutOff => self.cut_off(step).await,
            ActKey::Notice => self.notice(step).await,
            ActKey::Keeping => self.keeping(step).await,
            ActKey::Asking => self.asking(step).await,
            ActKey::Evidence => self.evidence(step).await,
            ActKey::Verification => self.verification(step).await,
        }
    }

    async fn bundle(&mut self, step: &mut dyn FnMut(&str)) -> Result<Finding, Fault> {
        let own = self.dir.join("exercise-bundle.json");
        std::fs::write(&own, BUNDLE).map_err(|failed| Fault::file(&own, &failed))?;
        let taken = self.import(&own, step).await?;
        let mut records: Vec<RecordId> =
            taken.iter().filter(|(_, labels, _)| is_plain(labels)).map(|one| one.0).collect();
        self.records = taken;
        if let Some(bundle) = self.bundle.clone() {
            let more = self.import(&bundle, step).await?;
            records.extend(more.iter().map(|one| one.0));
            self.records.extend(more);
        }
        let judged = self.share("XB", "cyber-defence", &records).await?;
        let cleared: Vec<&JudgedShown> = judged.iter().filter(|one| one.verdict == "cleared").collect();
        self.arrived().await?;
        let inbox = Inbox { from: None }.run(self.b.ctx()?).await.map_err(told)?;
        let objects: u64 =
            inbox.iter().filter(|one| one.outcome == "taken in").map(|one| u64::from(one.objects)).sum();
        let refused = judged.iter().filter(|one| one.verdict == "refused").count();
        let outcome = if objects > 0 { Outcome::Crossed } else { Outcome::Failed };
        let mut answer =
            format!("Yes. B holds {objects} objects in {} records, acknowledged and durable.", cleared.len());
        if refused > 0 {
            answer
                .push_str(&format!(" {refused} records of the bundle stayed at home, each with its reason."));
        }
        let mut finding = Finding::new(outcome, answer);
        if let Some(first) = cleared.first() {
            self.keep_receipt(&first.record, "XB")?;
            explain(&mut finding, first);
        }
        finding.proof = self.proof(cleared.first().copied()).await?;
        Ok(finding)
    }

    async fn redaction(&mut self, step: &mut dyn FnMut(&str)) -> Result<Finding, Fault> {
        let record = self.find(|labels| labels.personal != Personal::None)?;
        let judged = self.share("XB", "cyber-defence", &[record]).await?;
        self.arrived().await?;
        let derived = judged.iter().find(|one| one.derived.is_some() && one.verdict == "cleared");
        let Some(derived) = derived else {
            return Ok(refusal(Outcome::RefusedAtHome, "No derived record crossed.", judged.last()));
        };
        let id: RecordId = derived.derived.as_deref().unwrap_or_default().parse().map_err(bad)?;
        let selectors = self.redacted(id).await?;
        step(&format!("taken out: {}", selectors.join(", ")));
        let mut finding = Finding::new(Outcome::Redacted, "It crosses without what is personal.");
        explain(&mut finding, derived);
        if let Some(first) = judged.first() {
            finding.reasons = first.reasons.clone();
        }
        finding.proof = self.proof(Some(derived)).await?;
        Ok(finding)
    }

    async fn home_refusal(&mut self, _: &mut dyn FnMut(&str)) -> Result<Finding, Fault> {
        let record = self.find(|labels| labels.tlp == Tlp::Red)?;
        let judged = self.share("XB", "cyber-defence", &[record]).await?;
        let outcome = match judged.first() {
            Some(one) if one.verdict == "refused" => Outcome::RefusedAtHome,
            _ => Outcome::Failed,
        };
        let mut finding = refusal(outcome, "No. A's own border refused it.", judged.first());
        finding.proof = self.proof(judged.first()).await?;
        Ok(finding)
    }

    async fn receiver_refusal(&mut self, step: &mut dyn FnMut(&str)) -> Result<Finding, Fault> {
        let mut labels = Labels::new(Tlp::Green);
        for (key, value) in [("category", "technical-indicator"), ("evaluation", "C6")] {
            labels
                .set(key, value)
                .map_err(|fault| Fault::new(Exit::Fault, fault.code(), fault.to_string()))?;
        }
        let record = self.author(labels, 900).await?;
        step("A's source calls this indicator unlikely (evaluation C6)");
        let judged = self.share("XB", "cyber-defence", &[record]).await?;
        self.arrived().await?;
        let outbox = Outbox { to: Some("XB".to_owned()) }.run(self.a.ctx()?).await.map_err(told)?;
        let state =
            outbox.iter().rev().find(|one| one.record == record.to_string()).map(|one| one.state.clone());
        let state = state.unwrap_or_default();
        let outcome = if state.starts_with("refused") { Outcome::RefusedByReceiver } else { Outcome::Failed };
        let mut finding = Finding::new(outcome, "No. A cleared it, and B's border refused it.");
        finding.reasons = vec![format!("B told A: {state}")];
        if let Some(one) = judged.first() {
            finding.basis = one.citations.clone();
        }
        finding.lift = self.lifts_at_b(&record).await?;
        finding.proof = self.proof(judged.first()).await?;
        Ok(finding)
    }

    async fn preservation(&mut self, to: &str, _: &mut dyn FnMut(&str)) -> Result<Finding, Fault> {
        let ask = Ask {
            to: to.to_owned(),
            measure: "preserve_stored_data".to_owned(),
            offence: Some("illegal_access".to_owned()),
            penalty: Some(5),
            organised: Some(false),
            selector: SelectorAsked::Account {
                provider: "mail.example".to_owned(),
                account: "account-17".to_owned(),
            },
            facts: "a login from this account opened the way into a hospital".to_owned(),
            reference: "XA-2026-17".to_owned(),
            purpose: "preservation".to_owned(),
            grounds: Grounds::default(),
        };
        let asked = ask.run(self.a.ctx()?).await.map_err(told)?;
        let judged = asked.judged.first();
        match judged {
            Some(one) if one.verdict == "cleared" => {
                self.arrived().await?;
                self.keep_receipt(&asked.record, to)?;
                let mut finding =
                    Finding::new(Outcome::Crossed, format!("Yes. {to} holds the request, acknowledged."));
                explain(&mut finding, one);
                finding.proof = self.proof(Some(one)).await?;
                Ok(finding)
            }
            _ => {
                let mut finding = refusal(Outcome::RefusedAtHome, "Not as it stands.", judged);
                let concerns =
                    |line: &&String| ["budapest 29", "untoc 18:"].iter().any(|named| line.starts_with(named));
                let considered = judged.map_or(&[][..], |one| &one.considered);
                finding.basis = considered.iter().filter(concerns).cloned().collect();
                finding.proof = self.proof(judged).await?;
                Ok(finding)
            }
        }
    }

    async fn pouch(&mut self, step: &mut dyn FnMut(&str)) -> Result<Finding, Fault> {
        // C is off the network while its pouch is carried; it is opened on the machine itself.
        let record = self.find(is_plain)?;
        self.c.stop().await?;
        step("C's node is off the network");
        let judged = self.share("XC", "cyber-defence", &[record]).await?;
        let packed = PackPouch { to: "XC".to_owned(), after: None }.run(self.a.ctx()?).await.map_err(told)?;
        let path = self.dir.join("XA-to-XC.pouch");
        let bytes = hex(&packed.pouch).unwrap_or_default();
        std::fs::write(&path, &bytes).map_err(|failed| Fault::file(&path, &failed))?;
        step(&format!(
            "a pouch of {} bytes with {} items, sealed to C, is carried by hand",
            bytes.len(),
            packed.items
        ));
        let hosted = self.c.offline().await?;
        let open = OpenPouch { pouch: packed.pouch };
        let first = open.clone().run(&hosted.ctx).await.map_err(told)?;
        let second = open.run(&hosted.ctx).await.map_err(told)?;
        step(&format!("opened once: {} new; opened again: {} new", first.events.len(), second.events.len()));
        let inbox = Inbox { from: Some("XA".to_owned()) }.run(&hosted.ctx).await.map_err(told)?;
        hosted.close().await.map_err(told)?;
        self.c.start().await?;
        step("C's node is on the network again");
        let here =
            inbox.iter().filter(|one| one.record == record.to_string() && one.outcome == "taken in").count();
        let once = here == 1 && !first.events.is_empty() && second.events.is_empty();
        let outcome = if once { Outcome::Carried } else { Outcome::Failed };
        let mut finding = Finding::new(outcome, "Yes, in a sealed file. Opening it again changed nothing.");
        if let Some(one) = judged.first() {
            explain(&mut finding, one);
        }
        finding.proof = self.proof(judged.first()).await?;
        Ok(finding)
    }

    async fn cut_off(&mut self, step: &mut dyn FnMut(&str)) -> Result<Finding, Fault> {
        self.b.stop().await?;
        step("B's node is down");
        let mut records = Vec::new();
        for number in 901..904 {
            let mut labels = Labels::new(Tlp::Green);
            labels
                .set("category", "technical-indicator")
                .map_err(|fault| Fault::new(Exit::Fault, fault.code(), fault.to_string()))?;
            records.push(self.author(labels, number).await?);
        }
        let judged = self.share("XB", "cyber-defence", &records).await?;
        let waiting = Outbox { to: Some("XB".to_owned()) }.run(self.a.ctx()?).await.map_err(told)?;
        let waiting = waiting.iter().filter(|one| one.state == "waiting").count();
        step(&format!("A shared three records; {waiting} wait"));
        self.b.start().await?;
        step("B's node is up again");
        self.arrived().await?;
        let inbox = Inbox { from: Some("XA".to_owned()) }.run(self.b.ctx()?).await.map_err(told)?;
        let here =
            records.iter().filter(|record| inbox.iter().any(|one| one.record == record.to_string())).count();
        let outcome = if here == 3 && waiting == 3 { Outcome::Healed } else { Outcome::Failed };
        let mut finding =
            Finding::new(outcome, format!("Nothing is lost: {here} of 3 records came through, each once."));
        finding.proof = self.proof(judged.first()).await?;
        Ok(finding)
    }

    async fn verification(&mut self, step: &mut dyn FnMut(&str)) -> Result<Finding, Fault> {
        let mut files = Vec::new();
        for id in &self.receipts {
            files.push(self.receipt(id).await?);
        }
        let letters = [&self.a, &self.b, &self.c]
            .map(|node| node.letter.as_ref().and_then(|letter| letter.introduce().ok()));
        let known: Vec<Letter> = letters.iter().flatten().cloned().collect();
        let cases = self.cases_proved(&known).await?;
        let custody = self.custody_proved(&known).await?;
        let mut proof = Vec::new();
        for node in [&self.a, &self.b, &self.c] {
            let replayed = ReplayAll {}.run(node.ctx()?).await.map_err(told)?;
            proof.push(format!(
                "{}: {} of {} decisions judged again, the same",
                node.party, replayed.same, replayed.decisions
            ));
            if replayed.same != replayed.decisions {
                return Ok(Finding::new(
                    Outcome::Failed,
                    format!("A decision of {} came out differently.", node.party),
                ));
            }
        }
        for node in [&mut self.a, &mut self.b, &mut self.c] {
            node.stop().await?;
        }
        step("all three nodes are stopped");
        for node in [&self.a, &self.b, &self.c] {
            let (_, size) = audit(&node.store()).await.map_err(told)?;
            proof
                .push(format!("{}: ledger of {} entries whole, every hash computed again", node.party, size));
        }
        let trust = Trust::new(letters.into_iter().flatten());
        for bytes in &files {
            proof.push(verify(bytes, &trust)?);
        }
        let answer = format!("Yes: three ledgers, {} receipts and {} whole cases.", files.len(), cases.len());
        proof.extend(cases.into_iter().chain(custody));
        let mut finding = Finding::new(Outcome::Verified, answer);
        finding.proof = proof;
        Ok(finding)
    }

    async fn import(
        &self,
        path: &Path,
        step: &mut dyn FnMut(&str),
    ) -> Result<Vec<(RecordId, Labels, u64)>, Fault> {
        let options = ImportOptions { unmarked: Tlp::Green, unit: None, list: Default::default() };
        let shown = import_file(self.a.ctx()?, path, options, |_| {}).await.map_err(told)?;
        step(&format!(
            "A imported {} of {} objects in {} records; {} had no TLP marking and got {}",
            shown.taken,
            shown.objects,
            shown.records.len(),
            shown.unmarked,
            shown.unmarked_as
        ));
        let mut taken = Vec::new();
        for record in &shown.records {
            let record: RecordId = record.parse().map_err(bad)?;
            let labels = self.a.ctx()?.sequencer.run(move |desk, _| {
                Box::pin(async move {
                    let held = desk.envelope(record).await?;
                    let objects =
                        held.record.statement().body.manifest().map_or(0, |m| m.objects.len() as u64);
                    Ok::<_, DeskFault>((held.record.labels().clone(), objects))
                })
            });
            let (labels, objects) =
                labels.await.map_err(|fault| told(fault.into()))?.map_err(|fault| told(fault.into()))?;
            taken.push((record, labels, objects));
        }
        Ok(taken)
    }

    /// The receipt of a crossing, as soon as a third party has cosigned it; after half a minute the provisional one, which
    /// says of itself that it is.
    async fn receipt(&self, id: &str) -> Result<Vec<u8>, Fault> {
        let mut pace = tokio::time::interval(std::time::Duration::from_millis(250));
        let mut patience = 120;
        loop {
            pace.tick().await;
            let export = ExportReceipt { id: id.to_owned(), with_record: true };
            let receipt = export.run(self.a.ctx()?).await.map_err(told)?;
            if !receipt.provisional || patience == 0 {
                return Ok(hex(&receipt.receipt).unwrap_or_default());
            }
            patience -= 1;
        }
    }

    /// Remembers a crossing whose receipt is verified in the last act.
    fn keep_receipt(&mut self, record: &str, to: &str) -> Result<(), Fault> {
        let (record, to) = (record.parse().map_err(bad)?, to.parse().map_err(bad)?);
        self.receipts.push(CrossingId::of(&record, &self.a.party, &to).to_string());
        Ok(())
    }

    async fn author(&self, labels: Labels, number: u32) -> Result<RecordId, Fault> {
        let object = format!(
            "{{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--00000000-0000-4000-8000-{number:012}\",\
             \"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":\"2026-01-01T00:00:00.000Z\",\
             \"pattern\":\"[domain-name:value = 'host-{number}.example']\",\"pattern_type\":\"stix\",\
             \"valid_from\":\"2026-01-01T00:00:00Z\"}}"
        );
        let authored = self.a.ctx()?.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                desk.author(
                    now,
                    means.entropy(),
                    vec![Manuscript::objects(labels, vec![object.into_bytes()])],
                )
                .await
            })
        });
        let authored =
            authored.await.map_err(|fault| told(fault.into()))?.map_err(|fault| told(fault.into()))?;
        let none = || Fault::new(Exit::Fault, "demo/no-record", "no record came of an indicator");
        authored.first().map(|one| one.record).ok_or_else(none)
    }

    async fn share(&self, to: &str, purpose: &str, records: &[RecordId]) -> Result<Vec<JudgedShown>, Fault> {
        let share = Share {
            to: vec![to.to_owned()],
            purpose: purpose.to_owned(),
            records: records.iter().map(ToString::to_string).collect(),
            preview: false,
            grounds: Grounds::default(),
        };
        Ok(share.run(self.a.ctx()?).await.map_err(told)?.judged)
    }

    fn find(&self, wanted: impl Fn(&Labels) -> bool) -> Result<RecordId, Fault> {
        let found = self.records.iter().find(|(_, labels, _)| wanted(labels));
        let none =
            || Fault::new(Exit::Fault, "demo/no-record", "the exercise bundle has no record for this act");
        found.map(|(record, ..)| *record).ok_or_else(none)
    }

    /// Waits until B has acknowledged everything given to it.
    async fn arrived(&self) -> Result<(), Fault> {
        told_at(&self.a, "XB").await
    }

    async fn redacted(&self, record: RecordId) -> Result<Vec<String>, Fault> {
        let selectors = self.b.ctx()?.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let held = desk.envelope(record).await?;
                Ok::<_, DeskFault>(
                    held.record.statement().derived.as_ref().map(|derived| derived.redacted.clone()),
                )
            })
        });
        let selectors =
            selectors.await.map_err(|fault| told(fault.into()))?.map_err(|fault| told(fault.into()))?;
        Ok(selectors.unwrap_or_default())
    }

    async fn lifts_at_b(&self, record: &RecordId) -> Result<Vec<String>, Fault> {
        let (record, from) = (*record, self.a.party.clone());
        let lifts = self.b.ctx()?.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let crossing = CrossingId::of(&record, &from, desk.party());
                let Some(index) = desk.crossing_entries(&crossing).await?.pop() else {
                    return Ok(Vec::new());
                };
                let decision = desk.decision(index).await?;
                let lifts = decision.map(|(_, decision, _)| {
                    decision.ruling.lifts().into_iter().map(str::to_owned).collect::<Vec<_>>()
                });
                Ok::<_, DeskFault>(lifts.unwrap_or_default())
            })
        });
        lifts.await.map_err(|fault| told(fault.into()))?.map_err(|fault| told(fault.into()))
    }

    pub(super) async fn proof(&self, judged: Option<&JudgedShown>) -> Result<Vec<String>, Fault> {
        let Some(entry) = judged.and_then(|one| one.entry) else { return Ok(Vec::new()) };
        let size = self.a.ctx()?.sequencer.run(|desk, _| Box::pin(async move { desk.log().size() }));
        let size = size.await.map_err(|fault| told(fault.into()))?;
        Ok(vec![format!("entry {entry} of {size} in A's ledger")])
    }
}

/// Waits until a party has acknowledged everything that another gave to it.
pub(super) async fn told_at(from: &Stand, to: &str) -> Result<(), Fault> {
    let ctx = from.ctx()?;
    let mut changes = ctx.sequencer.changes();
    loop {
        let outbox = Outbox { to: Some(to.to_owned()) }.run(ctx).await.map_err(told)?;
        if outbox.iter().all(|one| one.state != "waiting") {
            return Ok(());
        }
        let patience = std::time::Duration::from_secs(60);
        let changed = tokio::time::timeout(patience, changes.changed()).await;
        if !matches!(changed, Ok(Ok(()))) {
            let text = "a record was not acknowledged within a minute";
            return Err(Fault::new(Exit::Fault, "demo/not-arrived", text));
        }
    }
}

fn verify(bytes: &[u8], trust: &Trust) -> Result<String, Fault> {
    let fault = |fault: comity_ledger::receipt::ReceiptFault| {
        Fault::new(Exit::Fault, fault.code(), fault.to_string())
    };
    if let Ok(receipt) = Receipt::from_bytes(bytes) {
        let report = receipt.verify(trust).map_err(fault)?;
        let witnesses: Vec<&str> = report.cosigned.iter().map(|one| one.witness.as_str()).collect();
        return Ok(format!(
            "receipt {} -> {}: entry {}, cosigned by {}",
            report.from,
            report.to,
            report.index,
            witnesses.join(", ")
        ));
    }
    let provisional =
        Provisional::from_bytes(bytes).map_err(|why| Fault::new(Exit::Fault, why.code(), why.to_string()))?;
    let report = provisional.verify(trust).map_err(fault)?;
    Ok(format!(
        "receipt {} -> {}: entry {}, provisional, no third party has cosigned yet",
        report.from, report.to, report.index
    ))
}

fn is_plain(labels: &Labels) -> bool {
    labels.personal == Personal::None
        && labels.sovereign == Sovereign::Open
        && labels.attribution_claim.is_none()
        && labels.tlp < Tlp::AmberStrict
}

pub(super) fn explain(finding: &mut Finding, judged: &JudgedShown) {
    finding.basis = judged.citations.clone();
    finding.duties = judged.obligations.clone();
}

fn refusal(outcome: Outcome, answer: &str, judged: Option<&JudgedShown>) -> Finding {
    let mut finding = Finding::new(outcome, answer);
    if let Some(judged) = judged {
        finding.reasons = judged.reasons.clone();
        finding.lift = judged.lifts.clone();
    }
    finding
}

fn bad(fault: comity_record::BadCode) -> Fault {
    Fault::new(Exit::Fault, "demo/record", fault.to_string())
}
