//! Cases played on real desks from files that a prosecutor can read: tests/flows/README.md says how they are written.

#![expect(
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a flow that plays otherwise fails, and whoever runs it may choose one"
)]

use crate::support::set_time::party;
use comity_affairs::form::{FIELDS, Field, FieldKind, Form};
use comity_exchange::{Manuscript, case_export::CaseExport, turn::Turn};
use comity_node::{
    app::{
        Action, Ctx, Fault, Hosted,
        ask::SelectorAsked,
        authority::SetPeerLanguages,
        case::{
            authorise::AuthoriseCase,
            draft::NewCase,
            export::ExportCase,
            mandate::{SetMandate, SetRule},
            preview::PreviewCase,
            resting::RestsOn,
            send::{SendCase, SteppedShown},
            show::{CaseShown, ShowCase},
            step::StepCase,
        },
        change::DisposeChange,
        disclosure::ListDisclosures,
        hex,
        house::{AddOfficer, AddUnit, EndUnit},
        peer::{AcceptLetter, ResumePeer, SuspendPeer, fingerprint},
        pouch::{OpenPouch, PackPouch},
        to_hex,
    },
    clock::{Clock, SetTime},
};
use comity_record::{Canonical, Labels, Letter, PartyCode, RootSigned, Timestamp, label::Tlp};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Arc,
};
use tempfile::TempDir;

/// A desk of a flow.
pub struct Desk {
    pub hosted: Hosted,
    pub letter: RootSigned<Letter>,
    _dir: TempDir,
}

/// What is played.
pub struct Stage {
    pub desks: BTreeMap<String, Desk>,
    pub time: Arc<SetTime>,
    /// Cases by the names that the flow gives them.
    pub cases: BTreeMap<String, String>,
    place: String,
}

/// A line of a flow with the lines indented below it.
#[derive(Debug)]
pub struct Scene {
    pub line: usize,
    pub text: String,
    pub below: Vec<(String, String)>,
}

/// Reads a flow: a line that is not indented is an act, indented ones belong to it.
pub fn scenes(text: &str) -> Vec<Scene> {
    assert!(text.starts_with("# "), "a flow begins with a sentence that says what it shows");
    let mut scenes: Vec<Scene> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with(' ') {
            let (key, value) = line.split_once(':').unwrap_or((line, ""));
            let scene = scenes.last_mut().unwrap();
            scene.below.push((key.trim().to_owned(), value.trim().to_owned()));
        } else {
            scenes.push(Scene { line: number + 1, text: line.trim().to_owned(), below: Vec::new() });
        }
    }
    scenes
}

impl Scene {
    pub fn all(&self, key: &str) -> Vec<String> {
        self.below.iter().filter(|(found, _)| found == key).map(|(_, value)| value.clone()).collect()
    }

    pub fn one(&self, key: &str) -> Option<String> {
        self.all(key).into_iter().next()
    }

    /// The lines `field CODE: VALUE`.
    pub fn fields(&self) -> BTreeMap<String, String> {
        let fields = self
            .below
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix("field ")?.trim().to_owned(), value.clone())));
        fields.collect()
    }
}

/// What an act comes to: done, or refused with a code.
pub type Outcome = Result<Done, Fault>;

/// What an act that was done says.
#[derive(Default)]
pub struct Done {
    pub notes: Vec<String>,
    /// The codes of our border, where it refused.
    pub refused: Vec<String>,
}

impl From<SteppedShown> for Done {
    fn from(shown: SteppedShown) -> Done {
        let refused = shown.judged.into_iter().filter(|one| one.verdict != "cleared");
        Done { notes: shown.notes, refused: refused.flat_map(|one| one.codes).collect() }
    }
}

impl Stage {
    /// Desks of the parties, each with its letter accepted by the others.
    pub async fn set(parties: &[&str], at: Timestamp) -> Stage {
        let time = Arc::new(SetTime::new(at));
        let mut desks = BTreeMap::new();
        for code in parties {
            let (hosted, letter, dir) = party(code, &Clock::of(time.clone())).await;
            desks.insert((*code).to_owned(), Desk { hosted, letter, _dir: dir });
        }
        let stage = Stage { desks, time, cases: BTreeMap::new(), place: String::new() };
        for (code, desk) in &stage.desks {
            for (_, other) in stage.desks.iter().filter(|(other, _)| *other != code) {
                let fingerprint = fingerprint(&other.letter.introduce().unwrap());
                let accept = AcceptLetter { letter: to_hex(&other.letter.to_bytes()), fingerprint };
                accept.run(&desk.hosted.ctx).await.unwrap();
            }
        }
        stage
    }

    pub fn ctx(&self, code: &str) -> &Ctx {
        &self.desks.get(code).unwrap_or_else(|| panic!("{}: no desk `{code}`", self.place)).hosted.ctx
    }

    pub fn case(&self, name: &str) -> String {
        self.cases.get(name).unwrap_or_else(|| panic!("{}: no case `{name}`", self.place)).clone()
    }

    /// Turns between two desks until neither has anything more to say.
    pub async fn exchange(&self, a: &str, b: &str) {
        for _ in 0..6 {
            self.turn(a, b).await;
            self.turn(b, a).await;
        }
    }

    async fn turn(&self, from: &str, to: &str) {
        let (sender, receiver): (PartyCode, PartyCode) = (from.parse().unwrap(), to.parse().unwrap());
        let peer = receiver.clone();
        let filled = self.ctx(from).sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let mut turn = desk.fill_turn(now, means.entropy(), &peer).await.unwrap();
                let lacking = desk.peer(&peer).unwrap().lacking;
                desk.add_acknowledgements(&peer, lacking, &mut turn).await.unwrap();
                turn.to_bytes()
            })
        });
        let turn = Turn::from_bytes(&filled.await.unwrap()).unwrap();
        let taken = self.ctx(to).sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                desk.take_turn(now, means.entropy(), &sender, &turn).await.map(drop)
            })
        });
        taken.await.unwrap().unwrap();
    }

    /// Plays a scene.
    pub async fn play(&mut self, flow: &str, scene: &Scene) {
        self.place = format!("{flow}:{}", scene.line);
        let (act, expected) = match scene.text.split_once(" -> ") {
            Some((act, expected)) => (act, Some(expected)),
            None => (scene.text.as_str(), None),
        };
        let words: Vec<&str> = act.split_whitespace().collect();
        let outcome = match words.as_slice() {
            ["at", time] => {
                self.time.set(time.parse().unwrap());
                Ok(Done::default())
            }
            ["everything", "arrives"] => {
                let codes: Vec<String> = self.desks.keys().cloned().collect();
                for (n, a) in codes.iter().enumerate() {
                    for b in &codes[n + 1..] {
                        self.exchange(a, b).await;
                    }
                }
                Ok(Done::default())
            }
            ["a", "pouch", "goes", "from", from, "to", to] => self.pouch(from, to).await,
            ["a", "courier", "carries", name, "from", from, "to", to] => {
                self.courier(name, from, to, scene).await
            }
            [party, "packs", name] => self.pack(party, name, scene).await,
            [party, "gives", name, "to", to] => self.give(party, name, to).await,
            [party, "opens", name] => self.open_evidence(party, name, scene).await,
            [party, "decides", "on", name] => self.decide(party, name, scene).await,
            [party, "deletes", name] => self.delete(party, name, scene).await,
            [party, "checks", name] => self.check_evidence(party, name, scene).await,
            [party, "looks", "at", "its", "evidence"] => self.watch(party).await,
            [party, "sees", "evidence", name] => self.see_evidence(party, name, scene).await,
            [party, "drafts", name] => self.draft(party, name, scene).await,
            [party, "authorises", name, ..] => self.authorise(party, name, scene).await,
            [party, "previews", name] => self.preview(party, name, scene).await,
            [party, "sends", name] => {
                let rests_on = rests_on(scene);
                let send = SendCase { case: self.case(name), officer: scene.one("by"), rests_on };
                send.run(self.ctx(party)).await.map(Done::from)
            }
            [party, "in", name, "does", step] => self.step(party, name, step, scene).await,
            [party, "sees", name] => self.see(party, name, scene).await,
            [party, "lists", "disclosures"] => self.disclosures(party, scene).await,
            [party, "proves", name] => self.prove(party, name, scene).await,
            [party, "knows", "that", state, "leaves", instrument, "on", day] => {
                let id = format!("{party}-{state}-{instrument}").to_lowercase();
                let change = format!(
                    r#"{{"id":"{id}","author":"{state}","date":"{day}","source_statement":"an exercise",
                    "changes":[{{"end":{{"row":{{"instrument_status":{{"instrument":"{instrument}","state":"{state}"}}}},"on":"{day}"}}}}]}}"#
                );
                let change = DisposeChange { change, disposal: "take".into() };
                change.run(self.ctx(party)).await.map(|_| Done::default())
            }
            [party, "knows", "the", "languages", "of", other] => {
                let set = SetPeerLanguages {
                    party: (*other).to_owned(),
                    languages: scene.all("accepts"),
                    from: scene.one("from"),
                    source: scene.one("source").unwrap_or_default(),
                };
                set.run(self.ctx(party)).await.map(|_| Done::default())
            }
            [party, "has", "unit" | "officer" | "mandate" | "rule", ..] => {
                self.house(party, &words[2..], scene).await
            }
            [party, "holds", "information", name] => self.hold(party, name).await,
            [party, "suspends", other] => {
                let reason = "an exercise".to_owned();
                let suspend = SuspendPeer { party: (*other).to_owned(), reason };
                suspend.run(self.ctx(party)).await.map(|_| Done::default())
            }
            [party, "resumes", other] => {
                let resume = ResumePeer { party: (*other).to_owned() };
                resume.run(self.ctx(party)).await.map(|_| Done::default())
            }
            words => match crate::home_acts::act(self, words, scene).await {
                Some(outcome) => outcome,
                None => panic!("{}: `{act}` is not understood", self.place),
            },
        };
        self.judge(outcome, expected);
    }

    fn judge(&self, outcome: Outcome, expected: Option<&str>) {
        let place = &self.place;
        match (expected.map(|text| text.split_once(' ').unwrap_or((text, ""))), outcome) {
            (None, Ok(done)) => {
                assert!(done.refused.is_empty(), "{place}: the border refused: {:?}", done.refused);
                assert!(done.notes.is_empty(), "{place}: noted, and not expected: {:?}", done.notes);
            }
            (None, Err(fault)) => panic!("{place}: {fault} [{}] {:?}", fault.code, fault.help),
            (Some(("refused", code)), Err(fault)) => assert_eq!(fault.code, code, "{place}: {fault}"),
            (Some(("refused", code)), Ok(done)) => {
                assert!(done.refused.iter().any(|found| found == code), "{place}: {:?}", done.refused);
            }
            (Some(("noted", text)), Ok(done)) => {
                assert!(done.refused.is_empty(), "{place}: {:?}", done.refused);
                assert!(done.notes.iter().any(|note| note.contains(text)), "{place}: {:?}", done.notes);
            }
            (Some((word, _)), Ok(_)) => panic!("{place}: `{word}` is not understood"),
            (Some(_), Err(fault)) => panic!("{place}: {fault} [{}]", fault.code),
        }
    }

    async fn draft(&mut self, party: &str, name: &str, scene: &Scene) -> Outcome {
        let known = self.cases.get(name).cloned();
        let form = scene.one("form");
        let measure = scene.one("measure");
        let mut fields = BTreeMap::new();
        if known.is_none() {
            let of = form.as_deref().and_then(|form| form.parse().ok());
            let of = of.or(measure.as_deref().and_then(Form::of_measure)).unwrap();
            fields = letterhead(of);
            fields.insert("reference".to_owned(), name.to_owned());
        }
        fields.extend(scene.fields());
        let number = |key: &str| scene.one(key).map(|text| text.parse().unwrap());
        let new = NewCase {
            case: known,
            to: scene.one("to"),
            form,
            measure,
            fields,
            selector: selectors(scene).into_iter().next(),
            further: selectors(scene).into_iter().skip(1).collect(),
            offence: scene.one("offence"),
            penalty: number("penalty"),
            organised: scene.one("organised").map(|text| text == "yes"),
            purpose: scene.one("purpose"),
            thread: scene.one("thread"),
            unit: scene.one("unit"),
            officer: scene.one("by"),
            emergency: scene.one("emergency").is_some(),
            exercise: scene.one("exercise").is_some(),
            basis: scene.one("basis"),
            assurance: scene.one("assurance"),
            other_basis: scene.one("other basis"),
            confirmed: scene.all("confirmed"),
            labels: scene.all("label"),
            language: None,
            dry: false,
            letterhead: BTreeMap::new(),
        };
        let shown = new.run(self.ctx(party)).await?;
        self.cases.insert(name.to_owned(), shown.case.clone());
        let mut wrong: Vec<&str> = shown.faults.iter().map(|fault| fault.code.as_str()).collect();
        wrong.sort_unstable();
        wrong.dedup();
        let expected = scene.one("wrong").unwrap_or_default();
        assert_eq!(wrong.join(", "), expected, "{}: {:?}", self.place, shown.faults);
        self.warned(&shown.warnings, scene);
        for line in scene.all("considered") {
            let found = shown.basis.considered.iter().any(|considered| considered.contains(&line));
            assert!(found, "{}: `{line}` in {:?}", self.place, shown.basis.considered);
        }
        if let Some(chosen) = scene.one("rests on") {
            let found = shown.basis.chosen.unwrap_or_else(|| "nothing".to_owned());
            assert!(found.contains(&chosen), "{}: {found}", self.place);
        }
        Ok(Done::default())
    }

    /// Every warning is expected, and none that is not.
    fn warned(&self, warnings: &[String], scene: &Scene) {
        let expected = scene.all("warned");
        assert_eq!(warnings.len(), expected.len(), "{}: {warnings:?}", self.place);
        for (found, wanted) in warnings.iter().zip(&expected) {
            assert!(found.contains(wanted), "{}: {warnings:?}", self.place);
        }
    }

    async fn authorise(&self, party: &str, name: &str, scene: &Scene) -> Outcome {
        let authorise = AuthoriseCase {
            case: self.case(name),
            role: scene.one("as"),
            officer: scene.one("by"),
            step: scene.one("step"),
            manifest: scene.one("manifest").map(|name| self.cases.get(&name).cloned().unwrap_or(name)),
            abandon: scene.one("gives up"),
        };
        let done = authorise.run(self.ctx(party)).await?;
        for lacking in scene.all("still needs") {
            let all = &done.draft.as_ref().unwrap().lacking;
            assert!(all.iter().any(|one| one.contains(&lacking)), "{}: {all:?}", self.place);
        }
        Ok(Done::default())
    }

    async fn preview(&self, party: &str, name: &str, scene: &Scene) -> Outcome {
        let preview =
            PreviewCase { case: self.case(name), language: scene.one("language"), officer: scene.one("by") };
        let shown = preview.run(self.ctx(party)).await?;
        self.warned(&shown.warnings, scene);
        let text = serde_json::to_string(&shown.records).unwrap();
        texts(&self.place, &text, scene);
        Ok(Done::default())
    }

    async fn step(&self, party: &str, name: &str, step: &str, scene: &Scene) -> Outcome {
        let mut with: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, value) in &scene.below {
            let options = ["by", "thread", "unit", "basis", "assurance", "other basis", "confirmed"];
            let own = options.contains(&key.as_str()) || key.starts_with("field ");
            if !own {
                // What the flow has a name for, a case or a record, is named by its id.
                let value = self.cases.get(value).filter(|_| key == "record").unwrap_or(value);
                with.entry(key.clone()).or_default().push(value.clone());
            }
        }
        let step = StepCase {
            case: self.case(name),
            step: step.to_owned(),
            with: self.manifests(with),
            fields: scene.fields(),
            thread: scene.one("thread"),
            unit: scene.one("unit"),
            officer: scene.one("by"),
            rests_on: rests_on(scene),
        };
        step.run(self.ctx(party)).await.map(Done::from)
    }

    pub async fn shown(&self, party: &str, name: &str, officer: Option<String>) -> Result<CaseShown, Fault> {
        let show = ShowCase { case: self.case(name), language: None, officer };
        show.run(self.ctx(party)).await
    }

    async fn see(&self, party: &str, name: &str, scene: &Scene) -> Outcome {
        let language = scene.one("language");
        let show = ShowCase { case: self.case(name), language, officer: scene.one("by") };
        let shown = show.run(self.ctx(party)).await?;
        let place = &self.place;
        for (key, value) in &scene.below {
            match key.as_str() {
                "by" | "language" => {}
                "state" => assert_eq!(shown.state, *value, "{place}"),
                "must move" => assert_eq!(shown.moves, *value, "{place}"),
                "rests on" => assert_eq!(shown.basis.as_deref(), Some(value.as_str()), "{place}"),
                "waiting" => assert_eq!(shown.waiting.to_string(), *value, "{place}"),
                "hidden" => assert_eq!(shown.hidden.to_string(), *value, "{place}"),
                "open" | "not open" => {
                    let open =
                        shown.open.iter().any(|one| format!("{} of {}", one.step, one.party) == *value);
                    assert_eq!(open, key == "open", "{place}: `{value}` in {:?}", shown.open);
                }
                "clock" | "no clock" => {
                    let clocks: Vec<String> = shown
                        .clocks
                        .iter()
                        .map(|clock| format!("{} of {} is {}", clock.kind, clock.party, clock.says))
                        .collect();
                    let runs = clocks.iter().any(|clock| clock.starts_with(value.as_str()));
                    assert_eq!(runs, key == "clock", "{place}: `{value}` in {clocks:?}");
                }
                "ground" => {
                    let grounds: Vec<String> = shown
                        .grounds
                        .iter()
                        .map(|ground| format!("{} is {}", ground.code, ground.standing))
                        .collect();
                    assert!(grounds.contains(value), "{place}: `{value}` in {grounds:?}");
                }
                "steps" => assert_eq!(shown.timeline.len().to_string(), *value, "{place}"),
                "condition" => assert!(shown.conditions.contains(value), "{place}: {:?}", shown.conditions),
                "text" | "no text" => {}
                other => panic!("{place}: `{other}` is not seen"),
            }
        }
        texts(place, &serde_json::to_string(&shown).unwrap(), scene);
        Ok(Done::default())
    }

    /// How the day of each vulnerability stands, with the day itself where all have the same.
    async fn disclosures(&self, party: &str, scene: &Scene) -> Outcome {
        let listed = ListDisclosures::default().run(self.ctx(party)).await?;
        let found: Vec<String> = listed
            .iter()
            .map(|one| {
                let day = one.day.as_deref().map(|day| format!(" {day}")).unwrap_or_default();
                format!("{} with {} is {}{day}", one.vulnerability, one.cases.len(), one.standing)
            })
            .collect();
        assert_eq!(found, scene.all("day"), "{}: {listed:?}", self.place);
        texts(&self.place, &serde_json::to_string(&listed).unwrap(), scene);
        Ok(Done::default())
    }

    /// The export is verified as a stranger does: from its bytes and letters that he accepted.
    async fn prove(&self, party: &str, name: &str, scene: &Scene) -> Outcome {
        let export = ExportCase { case: self.case(name), officer: scene.one("by") };
        let exported = export.run(self.ctx(party)).await?;
        let export = CaseExport::from_bytes(&hex(&exported.export).unwrap()).unwrap();
        let letters: Vec<Letter> = self.desks.values().map(|desk| desk.letter.introduce().unwrap()).collect();
        let report = export.check(&letters).unwrap_or_else(|fault| panic!("{}: {fault}", self.place));
        assert!(report.untrusted.is_empty(), "{}: {:?}", self.place, report.untrusted);
        assert!(report.signatures.iter().all(|one| one.crossing.is_some()), "{}", self.place);
        if let Some(state) = scene.one("state") {
            assert_eq!(report.view.state.to_string(), state, "{}", self.place);
        }
        for basis in scene.all("basis") {
            let crossings = report.signatures.iter().filter_map(|one| one.crossing.as_ref());
            let found: Vec<_> = crossings.filter_map(|crossing| crossing.basis.as_deref()).collect();
            assert!(found.contains(&basis.as_str()), "{}: {found:?}", self.place);
        }
        if let Some(packages) = scene.one("packages") {
            assert_eq!(report.packages.len().to_string(), packages, "{}", self.place);
        }
        if let Some(steps) = scene.one("steps") {
            assert_eq!(report.steps.len().to_string(), steps, "{}", self.place);
        }
        // Another root, a byte changed, a step left out: none verifies.
        let mut wrong = letters.clone();
        let other = comity_testing::desks::party("XC", 99).letter.root;
        wrong.iter_mut().for_each(|letter| letter.root = other.clone());
        assert_eq!(export.check(&wrong).unwrap_err().code(), "export/other-root", "{}", self.place);
        let mut short = export.clone();
        short.records.remove(1);
        assert!(short.check(&letters).is_err(), "{}", self.place);
        Ok(Done::default())
    }

    /// The party has information of its own, which is to be given unasked.
    async fn hold(&mut self, party: &str, name: &str) -> Outcome {
        let indicator = br#"{"type":"indicator","spec_version":"2.1","id":"indicator--00000000-0000-4000-8000-000000000001","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","pattern":"[domain-name:value = 'c2.example']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"}"#;
        let mut labels = Labels::new(Tlp::Amber);
        labels.set("purpose", "spontaneous-information").unwrap();
        let manuscript = Manuscript::objects(labels, vec![indicator.to_vec()]);
        let authored = self.ctx(party).sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                desk.author(now, means.entropy(), vec![manuscript]).await.unwrap()[0].record
            })
        });
        self.cases.insert(name.to_owned(), authored.await.unwrap().to_string());
        Ok(Done::default())
    }

    async fn pouch(&self, from: &str, to: &str) -> Outcome {
        let packed = PackPouch { to: to.to_owned(), after: None }.run(self.ctx(from)).await?;
        assert!(packed.next.is_none(), "{}: one pouch holds it", self.place);
        OpenPouch { pouch: packed.pouch }.run(self.ctx(to)).await?;
        Ok(Done::default())
    }

    async fn house(&self, party: &str, words: &[&str], scene: &Scene) -> Outcome {
        let law = scene.one("law").unwrap_or_else(|| "exercise act, section 2".to_owned());
        let ctx = self.ctx(party);
        match words {
            ["unit", code] => {
                let add = AddUnit {
                    code: (*code).to_owned(),
                    name: (*code).to_owned(),
                    parent: None,
                    competence: law,
                    purposes: scene.all("purpose"),
                    from: scene.one("from"),
                };
                add.run(ctx).await?;
                if let Some(until) = scene.one("until") {
                    EndUnit { code: (*code).to_owned(), on: Some(until) }.run(ctx).await?;
                }
            }
            ["officer", id, "of", unit] => {
                let add = AddOfficer {
                    id: (*id).to_owned(),
                    unit: (*unit).to_owned(),
                    name: (*id).to_owned(),
                    from: None,
                };
                add.run(ctx).await?;
            }
            ["mandate", "for", unit] => {
                let set = SetMandate {
                    unit: (*unit).to_owned(),
                    roles: scene.all("role"),
                    threads: scene.all("thread"),
                    from: None,
                    until: scene.one("until"),
                    source: law,
                };
                set.run(ctx).await?;
            }
            ["rule", name] => {
                let set = SetRule {
                    name: (*name).to_owned(),
                    measures: scene.all("measure"),
                    roles: scene.all("role"),
                    persons: scene.one("persons").map_or(1, |text| text.parse().unwrap()),
                    from: None,
                    until: None,
                    source: law,
                };
                set.run(ctx).await?;
            }
            other => panic!("{}: {other:?} is not understood", self.place),
        }
        Ok(Done::default())
    }
}

/// The basis that a step or a sending names.
fn rests_on(scene: &Scene) -> RestsOn {
    RestsOn {
        basis: scene.one("basis"),
        assurance: scene.one("assurance"),
        other_basis: scene.one("other basis"),
        confirmed: scene.all("confirmed"),
    }
}

fn texts(place: &str, found: &str, scene: &Scene) {
    for text in scene.all("text") {
        assert!(found.contains(&text), "{place}: no `{text}` in {found}");
    }
    for text in scene.all("no text") {
        assert!(!found.contains(&text), "{place}: `{text}` in {found}");
    }
}

/// What every request of a party begins with. Only what the form has is filled in.
pub fn letterhead(form: Form) -> BTreeMap<String, String> {
    let all = [
        ("requested-authority", "Central Authority"),
        ("organisation", "Prosecution Service"),
        ("person-in-charge", "Prosecutor A. Doe"),
        ("address", "1 Court Square"),
        ("telephone", "+00 1 234"),
        ("e-mail", "desk@prosecution.example"),
        ("time-zone", "+00:00"),
        ("language", "en"),
        ("offences", "illegal access, Criminal Code s 202, up to five years"),
        ("facts", "a login from this account opened the door to the attacked network"),
        ("use", "investigation 12 Js 4/26"),
        ("domestic-basis", "Criminal Procedure Act s 9"),
        ("safeguard-authority", "the investigating judge, order 12 Js 4/26"),
        ("safeguard-necessity", "nobody but the provider has it; asking the person would warn him"),
        ("safeguard-proportion", "one account and one month, for an offence of up to five years"),
        ("safeguard-duration", "once, for the period named"),
        ("safeguard-oversight", "the court that ordered it"),
    ];
    let on_form = |code: &str| form.fields().any(|field| field.code == code);
    let fields = all.iter().filter(|(code, _)| on_form(code));
    fields.map(|(code, value)| ((*code).to_owned(), (*value).to_owned())).collect()
}

/// What the scene aims at: its lines `account`, `address`, `device` and `person`.
fn selectors(scene: &Scene) -> Vec<SelectorAsked> {
    let account = |account: String| {
        let (provider, account) = account.split_once(' ').unwrap_or((&account, ""));
        SelectorAsked::Account { provider: provider.to_owned(), account: account.to_owned() }
    };
    let address = |address: String| {
        let words: Vec<&str> = address.split_whitespace().collect();
        let [address, "port", port, "at", at] = words.as_slice() else { panic!("`{address}`") };
        SelectorAsked::Address {
            address: (*address).to_owned(),
            port: Some(port.parse().unwrap()),
            at: (*at).to_owned(),
        }
    };
    let devices = scene.all("device").into_iter().map(|device| SelectorAsked::Device { device });
    let persons = scene.all("person").into_iter().map(|name| SelectorAsked::Person { name });
    let of_net = scene.all("account").into_iter().map(account);
    of_net.chain(scene.all("address").into_iter().map(address)).chain(devices).chain(persons).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_flow_plays_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/flows");
    let wanted = std::env::var("COMITY_FLOW").ok();
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut played = 0;
    for file in files.iter().filter(|file| file.extension().is_some_and(|ext| ext == "flow")) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if wanted.as_ref().is_some_and(|wanted| !name.contains(wanted)) {
            continue;
        }
        play(&name, &fs::read_to_string(file).unwrap()).await;
        played += 1;
    }
    assert!(played > 0);
}

/// Plays a flow from its text; the first scene says who is on stage and when.
pub async fn play(name: &str, text: &str) {
    let scenes = scenes(text);
    let (first, rest) = scenes.split_first().unwrap();
    let words: Vec<&str> = first.text.split_whitespace().collect();
    let [parties @ .., "on", at] = words.as_slice() else {
        panic!("{name}: a flow begins with its desks and the time, as `XA XB on 2026-03-02T09:00:00Z`")
    };
    let mut stage = Stage::set(parties, at.parse().unwrap()).await;
    for scene in rest {
        stage.play(name, scene).await;
    }
    for desk in stage.desks.into_values() {
        desk.hosted.close().await.unwrap();
    }
}

/// Every form but those that are steps goes out with every field that it needs, and is read on the other side. A row added
/// to request_fields.csv stands on some form, and fails here until it crosses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_form_crosses_with_all_its_fields() {
    let mut stage = Stage::set(&["XA", "XB"], "2026-03-02T09:00:00Z".parse().unwrap()).await;
    let mut crossed = BTreeSet::new();
    for form in Form::ALL.iter().filter(|form| !matches!(form, Form::Account | Form::Waiver)) {
        let name = form.to_string();
        let values: BTreeMap<String, String> =
            form.fields().filter_map(|field| Some((field.code.to_owned(), sample(field)?))).collect();
        let new = NewCase {
            to: Some("XB".into()),
            form: Some(name.clone()),
            fields: values.clone(),
            selector: (form.flow() == comity_affairs::Flow::Request)
                .then(|| SelectorAsked::Person { name: "Person One".into() }),
            offence: Some("illegal_access".into()),
            assurance: Some("XA will do the same for XB".into()),
            ..NewCase::default()
        };
        let shown = new.run(stage.ctx("XA")).await.unwrap();
        assert!(shown.faults.is_empty(), "{name}: {:?}", shown.faults);
        stage.cases.insert(name.clone(), shown.case.clone());
        let authorise = AuthoriseCase {
            case: shown.case.clone(),
            role: None,
            officer: None,
            step: None,
            manifest: None,
            abandon: None,
        };
        authorise.run(stage.ctx("XA")).await.unwrap();
        let sent = SendCase { case: shown.case, ..SendCase::default() }.run(stage.ctx("XA")).await.unwrap();
        assert!(sent.sent, "{name}: {:?}", sent.judged);
        stage.exchange("XA", "XB").await;
        let there = stage.shown("XB", &name, None).await.unwrap();
        assert_eq!(there.state, "sent", "{name}");
        let lines: BTreeMap<&str, &str> =
            there.timeline[0].lines.iter().map(|line| (line.code.as_str(), line.value.as_str())).collect();
        for (code, value) in &values {
            assert_eq!(lines.get(code.as_str()), Some(&value.as_str()), "{name}: {code}");
            crossed.insert(code.clone());
        }
    }
    let opens = |field: &&Field| {
        Form::ALL
            .iter()
            .any(|form| !matches!(form, Form::Account | Form::Waiver) && field.forms.contains(*form))
    };
    let typed: BTreeSet<String> = FIELDS
        .iter()
        .filter(opens)
        .filter(|field| sample(field).is_some())
        .map(|field| field.code.to_owned())
        .collect();
    assert_eq!(crossed, typed);
    for desk in stage.desks.into_values() {
        desk.hosted.close().await.unwrap();
    }
}

/// A value in the notation of a field; none for what is not typed on the form.
fn sample(field: &Field) -> Option<String> {
    Some(match field.kind {
        FieldKind::Line | FieldKind::Text => format!("what stands for {}", field.code),
        FieldKind::Date => "2026-03-31".to_owned(),
        FieldKind::Interval => "2026-01-01/2026-01-31".to_owned(),
        FieldKind::TimeZone => "+09:00".to_owned(),
        FieldKind::Flag => "yes".to_owned(),
        FieldKind::Choice(codes) | FieldKind::Choices(codes) => codes[0].to_owned(),
        FieldKind::File => format!("order.pdf {}", "ab".repeat(32)),
        FieldKind::Selector | FieldKind::Same(_) | FieldKind::Signature | FieldKind::Answer => return None,
    })
}

/// Every field of a form that is a step within a case is asked for by that step. A row added to request_fields.csv for one of
/// them fails here until its step asks for it.
#[test]
fn every_field_of_a_form_within_a_case_is_asked_for_by_its_step() {
    use comity_affairs::{
        StepKind,
        form::{Language, label, within::own_fields},
    };
    use comity_node::app::case::steps::{filled_by, wanted};
    let mut filled = BTreeSet::new();
    for kind in StepKind::ALL {
        let Some((form, fields)) = filled_by(*kind) else { continue };
        filled.insert(form);
        let asked: BTreeSet<&str> = fields.iter().map(|(code, _)| *code).collect();
        let rows: BTreeSet<&str> = own_fields(form).map(|field| field.code).collect();
        assert_eq!(asked, rows, "{kind}");
        for (code, option) in fields {
            assert!(wanted(*kind).iter().any(|one| one.name == *option && one.needed), "{kind}: {option}");
            assert!(Language::ALL.iter().all(|language| label(code, *language).is_some()), "{code}");
        }
    }
    assert_eq!(filled, BTreeSet::from([Form::Account, Form::Waiver, Form::Extension]));
}
