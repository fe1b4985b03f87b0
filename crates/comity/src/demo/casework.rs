//! The second part: one case of extortion, from the notice to evidence that a court can check.

use super::{
    Finding, Outcome, Theatre,
    stage::{explain, told_at},
    stand::{Stand, told},
};
use crate::{Exit, Fault};
use base64::{Engine, engine::general_purpose::STANDARD};
use comity_affairs::{
    custody::{Dossier, Roots},
    form::Form,
};
use comity_exchange::case_export::CaseExport;
use comity_node::app::{
    Action, Ctx,
    ask::SelectorAsked,
    case::{
        authorise::AuthoriseCase,
        draft::NewCase,
        export::ExportCase,
        send::{SendCase, SteppedShown},
        show::{CaseShown, ShowCase, StepShown},
        step::StepCase,
    },
    evidence::{
        fetch::{FetchEvidence, Fetched},
        pack::{Pack, Packed, PackedObject},
        read::{OpenEvidence, Wanted},
        show::EvidenceDossier,
        stage::Stage,
    },
    hex,
    house::AddOfficer,
    share::{Grounds, JudgedShown, Share},
};
use comity_record::{Canonical, KeyRing, Letter};
use std::collections::BTreeMap;

/// What is said of the case in every form of it. Everything is invented.
const FACTS: &str = "a hospital group was flooded with traffic for six hours, and a mail demanded money";
const NOTICE: &str = "XA-NOTE-1";
const KEPT: &str = "XA-2026-21";
const ASKED: &str = "XA-2026-22";
/// The proceedings to which B's condition ties the use.
const PROCEEDINGS: &str = "12 Js 4/26";

/// A case as one party drafts it.
struct Drafted<'a> {
    to: &'a str,
    reference: &'a str,
    form: Form,
    fields: &'a [(&'a str, &'a str)],
    selector: Option<SelectorAsked>,
}

impl Theatre {
    /// A tells C what comes from C's territory, and accuses nobody.
    pub(super) async fn notice(&mut self, step: &mut dyn FnMut(&str)) -> Result<Finding, Fault> {
        let sent = self
            .open_case(&Drafted {
                to: "XC",
                reference: NOTICE,
                form: Form::Territory,
                fields: &[
                    ("effect", "the hospitals' portal could not be reached for six hours"),
                    ("time-window", "2026-03-01T18:00Z to 2026-03-02T00:00Z, clock by NTP, one second"),
                    ("their-selectors", "203.0.113.5 port 123, and nine others in the list attached"),
                    ("confidence", "moderate"),
                    ("asked", "acknowledge,confirm-or-exclude,stop"),
                    ("actor", "not-stated"),
                    ("character", "not-stated"),
                ],
                selector: None,
            })
            .await?;
        step("A's notice says effect, time and addresses; actor and character: not stated");
        self.answer("XC", NOTICE, "acknowledge", &[("ticket", "XC-77")]).await?;
        step("C acknowledges, which concedes nothing");
        let found = [("finding", "found"), ("text", "ten time servers answered anybody who asked")];
        self.answer("XC", NOTICE, "assess", &found).await?;
        let today = self.c.ctx()?.now().date().to_string();
        let taken = [("what", "address"), ("on", today.as_str()), ("result", "they answer no strangers now")];
        self.answer("XC", NOTICE, "take-a-step", &taken).await?;
        step("C looks, finds ten open time servers, and has them closed");
        let shown = seen(self.a.ctx()?, NOTICE).await?;
        let ended = shown.state == "steps taken" && shown.ticket.as_deref() == Some("XC-77");
        let mut finding = Finding::new(
            answered(ended),
            "Yes. C closed ten open machines. Nobody was accused, and nothing was conceded.",
        );
        self.of_case(&mut finding, &sent, &shown).await?;
        Ok(finding)
    }

    /// A asks B to keep the data of the mail account.
    pub(super) async fn keeping(&mut self, step: &mut dyn FnMut(&str)) -> Result<Finding, Fault> {
        let sent = self
            .open_case(&Drafted {
                to: "XB",
                reference: KEPT,
                form: Form::Preservation,
                fields: &[
                    ("data-types", "subscriber,traffic"),
                    ("period", "2026-03-01/2026-03-02"),
                    ("need", "the provider keeps its logs for thirty days"),
                    ("disclosure-intended", "yes"),
                ],
                selector: Some(SelectorAsked::Account {
                    provider: "mail.example".to_owned(),
                    account: "pay-us-now".to_owned(),
                }),
            })
            .await?;
        step("A's form names one account, the offence, the need; a person authorised it");
        self.answer("XB", KEPT, "acknowledge", &[("ticket", "XB-9")]).await?;
        self.answer("XB", KEPT, "begin-check", &[]).await?;
        self.answer("XB", KEPT, "accept", &[]).await?;
        let until = self.b.ctx()?.now().date().plus_days(90).to_string();
        self.answer("XB", KEPT, "preserve", &[("until", until.as_str())]).await?;
        step("B keeps the data for ninety days; the article asks for sixty at least");
        let shown = seen(self.a.ctx()?, KEPT).await?;
        let warned = shown.clocks.iter().any(|clock| clock.kind == "preservation-end");
        let mut finding = Finding::new(
            answered(shown.state == "preserved" && warned),
            "Yes. B keeps them, and both nodes warn before the day comes. No clock decides.",
        );
        self.of_case(&mut finding, &sent, &shown).await?;
        Ok(finding)
    }

    /// A asks for the subscriber; B asks back, and offers help on a condition.
    pub(super) async fn asking(&mut self, step: &mut dyn FnMut(&str)) -> Result<Finding, Fault> {
        let sent = self
            .open_case(&Drafted {
                to: "XB",
                reference: ASKED,
                form: Form::Subscriber,
                fields: &[
                    ("status", "follow-up-preservation"),
                    ("earlier-ticket", "XB-9"),
                    ("earlier-request", "none"),
                    ("earlier-preservation", "XB-9, by the national desk of B"),
                    ("period", "2026-03-01/2026-03-02"),
                ],
                selector: Some(SelectorAsked::Account {
                    provider: "mail.example".to_owned(),
                    account: "pay-us-now".to_owned(),
                }),
            })
            .await?;
        self.answer("XB", ASKED, "acknowledge", &[("ticket", "XB-17")]).await?;
        self.answer("XB", ASKED, "begin-check", &[]).await?;
        let asks = [("want", "custodian"), ("question", "which company of B holds the account?")];
        self.answer("XB", ASKED, "ask-for-information", &asks).await?;
        step("B asks back which company holds the account; its own clock stands still");
        self.reply(ASKED, "give-information", &[], &[("custodian", "Mail Example of B")]).await?;
        self.answer("XB", ASKED, "begin-check", &[]).await?;
        self.answer("XB", ASKED, "consult", &[("about", "use in other proceedings")]).await?;
        self.answer("XB", ASKED, "offer-on-conditions", &[("condition", "only-for:12 Js 4/26")]).await?;
        self.reply(ASKED, "accept-terms", &[], &[]).await?;
        step("B offers it for these proceedings only; A takes the condition");
        let shown = seen(self.a.ctx()?, ASKED).await?;
        let bound = shown.conditions.iter().any(|one| one.contains("12 Js 4/26"));
        let mut finding = Finding::new(
            answered(shown.state == "terms accepted" && bound),
            "Yes, on a condition. It is a field of the case, not a sentence in a letter.",
        );
        self.of_case(&mut finding, &sent, &shown).await?;
        Ok(finding)
    }

    /// B packs what the provider gave; two persons release it; A fetches it, and uses it as agreed.
    pub(super) async fn evidence(&mut self, step: &mut dyn FnMut(&str)) -> Result<Finding, Fault> {
        self.answer("XB", ASKED, "begin-execution", &[]).await?;
        self.answer("XB", ASKED, "execute", &[("text", "the company answered the order")]).await?;
        let packed = pack(self.b.ctx()?).await?;
        step("B packs two files: two hashes each, source, tool, operator, order");
        self.release(&packed.record).await?;
        step("one officer approves the release, another makes it");
        let share = Share {
            to: vec!["XA".to_owned()],
            purpose: "criminal-investigation".to_owned(),
            records: vec![packed.record.clone()],
            preview: false,
            grounds: Grounds::default(),
        };
        let shared = share.run(self.b.ctx()?).await.map_err(told)?;
        told_at(&self.b, "XA").await?;
        let fetched = fetch(self.a.ctx()?, &packed.record).await?;
        step(&format!("A fetched {} sealed pieces and hashed everything again", fetched.pieces));
        let manifest = [("manifest", packed.record.as_str())];
        self.reply(ASKED, "receive-product", &manifest, &[]).await?;
        self.reply(ASKED, "verify", &manifest, &[]).await?;
        let blocked = open_for(self.a.ctx()?, &packed.record, "9 Js 1/26").await;
        step("A tries to open it for other proceedings: blocked, and nothing is shown");
        self.reply(ASKED, "begin-use", &[("proceedings", PROCEEDINGS)], &[]).await?;
        let opened = open_for(self.a.ctx()?, &packed.record, PROCEEDINGS).await;
        self.packed = Some(packed.record);
        let shown = seen(self.a.ctx()?, ASKED).await?;
        let kept = fetched.received && fetched.closed && blocked.is_err() && opened.is_ok();
        let mut finding = Finding::new(
            if kept && shown.state == "in use" { Outcome::Proved } else { Outcome::Failed },
            "Yes. Both custody records name each other's head; the condition holds by itself.",
        );
        finding.reasons = blocked.err().map(|fault| fault.text).into_iter().collect();
        let judged = shared.judged.first();
        if let Some(one) = judged {
            explain(&mut finding, one);
        }
        finding.proof = shown.timeline.iter().rev().take(6).rev().map(signed).collect();
        Ok(finding)
    }

    /// Two officers of B release a package and transmit it.
    async fn release(&self, manifest: &str) -> Result<(), Fault> {
        let ctx = self.b.ctx()?;
        for id in ["desk.b", "head.b"] {
            let (unit, name) = ("cert".to_owned(), id.to_owned());
            let add = AddOfficer { id: id.to_owned(), unit, name, from: None };
            add.run(ctx).await.map_err(told)?;
        }
        self.answer("XB", ASKED, "review-release", &[]).await?;
        let approve = AuthoriseCase {
            case: ASKED.to_owned(),
            role: None,
            officer: Some("head.b".to_owned()),
            step: Some("release".to_owned()),
            manifest: Some(manifest.to_owned()),
            abandon: None,
        };
        approve.run(ctx).await.map_err(told)?;
        for step in ["release", "transmit"] {
            let stepped = take(&self.b, ASKED, step, &[("manifest", manifest)], &[], Some("desk.b")).await?;
            self.must_go(&stepped)?;
        }
        told_at(&self.b, "XA").await
    }

    /// The custody of the package, verified from what A holds and the letters alone.
    pub(super) async fn custody_proved(&self, letters: &[Letter]) -> Result<Vec<String>, Fault> {
        let Some(record) = self.packed.clone() else { return Ok(Vec::new()) };
        let given = EvidenceDossier { record }.run(self.a.ctx()?).await.map_err(told)?;
        let broken = |text: String| Fault::new(Exit::Fault, "demo/custody", text);
        let bytes = STANDARD.decode(given.dossier).map_err(|why| broken(why.to_string()))?;
        let dossier = Dossier::from_bytes(&bytes).map_err(|why| broken(why.to_string()))?;
        let mut keys = KeyRing::default();
        letters.iter().for_each(|letter| letter.enter(&mut keys));
        let report = dossier.verify(&keys, &Roots::default());
        if !report.holds() {
            return Err(broken("the custody of the package does not verify".to_owned()));
        }
        Ok(vec![format!(
            "evidence: {} signatures, hashes and links of custody, of both States",
            report.lines.len()
        )])
    }

    /// The exports of all cases, each verified from its bytes and the letters alone.
    pub(super) async fn cases_proved(&self, letters: &[Letter]) -> Result<Vec<String>, Fault> {
        let mut proof = Vec::new();
        for reference in [NOTICE, KEPT, ASKED] {
            let export = ExportCase { case: reference.to_owned(), officer: None };
            let exported = export.run(self.a.ctx()?).await.map_err(told)?;
            let bytes = hex(&exported.export).unwrap_or_default();
            let export = CaseExport::from_bytes(&bytes)
                .map_err(|why| Fault::new(Exit::Fault, why.code(), why.to_string()))?;
            let report =
                export.check(letters).map_err(|why| Fault::new(Exit::Fault, why.code(), why.to_string()))?;
            proof.push(format!(
                "case {reference}: {} steps of two chains, {} signatures, {}",
                report.steps.len(),
                report.signatures.len(),
                report.view.state
            ));
        }
        Ok(proof)
    }

    /// Drafts, authorises and sends a case of A's, and waits until it is there.
    async fn open_case(&self, drafted: &Drafted<'_>) -> Result<SteppedShown, Fault> {
        let ctx = self.a.ctx()?;
        let shown = new_case(drafted).run(ctx).await.map_err(told)?;
        if let Some(fault) = shown.faults.first() {
            return Err(Fault::new(Exit::Fault, "demo/draft", format!("the draft is wrong: {}", fault.text)));
        }
        let authorise = AuthoriseCase {
            case: shown.case.clone(),
            role: None,
            officer: None,
            step: None,
            manifest: None,
            abandon: None,
        };
        authorise.run(ctx).await.map_err(told)?;
        let send = SendCase { case: shown.case, ..SendCase::default() };
        let sent = send.run(ctx).await.map_err(told)?;
        self.must_go(&sent)?;
        told_at(&self.a, drafted.to).await?;
        Ok(sent)
    }

    /// A step of the other side, and it is at A.
    pub(super) async fn answer(
        &self,
        party: &str,
        case: &str,
        step: &str,
        with: &[(&str, &str)],
    ) -> Result<(), Fault> {
        let stand = if party == "XB" { &self.b } else { &self.c };
        take(stand, case, step, with, &[], None).await.and_then(|stepped| self.must_go(&stepped))?;
        told_at(stand, "XA").await
    }

    /// A step of A's, and it is at B.
    pub(super) async fn reply(
        &self,
        case: &str,
        step: &str,
        with: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Result<(), Fault> {
        take(&self.a, case, step, with, fields, None).await.and_then(|stepped| self.must_go(&stepped))?;
        told_at(&self.a, "XB").await
    }

    fn must_go(&self, stepped: &SteppedShown) -> Result<(), Fault> {
        if stepped.sent {
            return Ok(());
        }
        let reasons = stepped.judged.iter().flat_map(|one| one.reasons.clone()).collect::<Vec<_>>();
        let text = format!("the border refused the step `{}`: {}", stepped.step, reasons.join("; "));
        Err(Fault::new(Exit::Fault, "demo/step", text))
    }

    /// Basis, proof and chains of a case.
    async fn of_case(
        &self,
        finding: &mut Finding,
        sent: &SteppedShown,
        shown: &CaseShown,
    ) -> Result<(), Fault> {
        let judged: Option<&JudgedShown> = sent.judged.first();
        if let Some(one) = judged {
            explain(finding, one);
        }
        finding.proof = self.proof(judged).await?;
        let steps: Vec<String> =
            shown.timeline.iter().map(|one| format!("{} {}", one.party, one.step)).collect();
        finding.proof.push(format!("signed steps: {}", steps.join(", ")));
        Ok(())
    }
}

/// Two files as B's provider gave them, in a package that answers A's request.
async fn pack(ctx: &Ctx) -> Result<Packed, Fault> {
    let mut objects = Vec::new();
    for (name, media_type, contents) in [
        ("subscriber.csv", "text/csv", "account,name,since\npay-us-now,J. Exercise,2026-02-27\n"),
        ("logins.csv", "text/csv", "time,address,port\n2026-03-01T17:55:02Z,198.51.100.7,50211\n"),
    ] {
        let stage = Stage { upload: None, bytes: STANDARD.encode(contents), last: true };
        let upload = stage.run(ctx).await.map_err(told)?.upload;
        let (name, media_type) = (name.to_owned(), media_type.to_owned());
        objects.push(PackedObject { upload, name, media_type, privileged: false });
    }
    let pack = Pack {
        objects,
        order: "order 7 of the exercise court of B".to_owned(),
        source: "Mail Example of B".to_owned(),
        selector: "account pay-us-now at mail.example".to_owned(),
        time_basis: "UTC, NTP".to_owned(),
        tool: "provider export 4.2".to_owned(),
        operator: Some("lab.two".to_owned()),
        unit: None,
        place: "lab of B, room 4".to_owned(),
        case: Some(ASKED.to_owned()),
        request: None,
        purpose: "criminal-investigation".to_owned(),
        conditions: Vec::new(),
        certificate: String::new(),
        personal: None,
        labels: vec!["category=subscriber".to_owned()],
    };
    pack.run(ctx).await.map_err(told)
}

/// Fetches a package to its last piece.
async fn fetch(ctx: &Ctx, record: &str) -> Result<Fetched, Fault> {
    loop {
        let step = FetchEvidence { record: record.to_owned(), keys: None }.run(ctx).await.map_err(told)?;
        if step.here == step.pieces {
            return Ok(step);
        }
    }
}

async fn open_for(ctx: &Ctx, record: &str, proceedings: &str) -> Result<(), Fault> {
    let open = OpenEvidence {
        record: record.to_owned(),
        objects: Vec::new(),
        wanted: Wanted::Open,
        proceedings: proceedings.to_owned(),
        consulted: false,
        confirmed: false,
        place: "office of A".to_owned(),
        reason: "reading".to_owned(),
        tool: String::new(),
    };
    open.run(ctx).await.map(drop).map_err(told)
}

fn signed(step: &StepShown) -> String {
    format!("{} signed: {}, then {}", step.party, step.step, step.to)
}

/// The draft of a case, with the letterhead of A's authority.
fn new_case(drafted: &Drafted<'_>) -> NewCase {
    let letterhead = [
        ("requested-authority", "Central Authority"),
        ("organisation", "Prosecution Service of State A"),
        ("person-in-charge", "Prosecutor A. Doe"),
        ("address", "1 Court Square"),
        ("telephone", "+00 1 234"),
        ("e-mail", "desk@prosecution.xa.example"),
        ("time-zone", "+00:00"),
        ("language", "en"),
        ("offences", "system interference, Criminal Code s 203, up to five years"),
        ("facts", FACTS),
        ("use", "investigation 12 Js 4/26"),
        ("reference", drafted.reference),
    ];
    let asks = drafted.selector.is_some();
    NewCase {
        case: None,
        to: Some(drafted.to.to_owned()),
        form: Some(drafted.form.as_str().to_owned()),
        measure: None,
        fields: owned(drafted.fields),
        letterhead: owned(&letterhead),
        selector: drafted.selector.clone(),
        further: Vec::new(),
        offence: asks.then(|| "system_interference".to_owned()),
        penalty: asks.then_some(5),
        organised: asks.then_some(false),
        purpose: None,
        thread: None,
        unit: None,
        officer: None,
        emergency: false,
        exercise: true,
        basis: None,
        assurance: None,
        other_basis: None,
        confirmed: Vec::new(),
        labels: Vec::new(),
        language: None,
        dry: false,
    }
}

fn owned<'a>(pairs: impl IntoIterator<Item = &'a (&'a str, &'a str)>) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(code, value)| ((*code).to_owned(), (*value).to_owned())).collect()
}

async fn take(
    stand: &Stand,
    case: &str,
    step: &str,
    with: &[(&str, &str)],
    fields: &[(&str, &str)],
    officer: Option<&str>,
) -> Result<SteppedShown, Fault> {
    let with = with.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect();
    let step = StepCase {
        case: case.to_owned(),
        step: step.to_owned(),
        with,
        fields: owned(fields),
        thread: None,
        unit: None,
        officer: officer.map(str::to_owned),
        ..StepCase::default()
    };
    step.run(stand.ctx()?).await.map_err(told)
}

/// A case as a party sees it.
pub(super) async fn seen(ctx: &Ctx, case: &str) -> Result<CaseShown, Fault> {
    let show = ShowCase { case: case.to_owned(), language: None, officer: None };
    show.run(ctx).await.map_err(told)
}

fn answered(as_wanted: bool) -> Outcome {
    if as_wanted { Outcome::Answered } else { Outcome::Failed }
}
