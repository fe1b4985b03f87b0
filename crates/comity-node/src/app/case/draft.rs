//! Drafts: what an officer writes before anything is sent, checked against the form, the register and the bounds of a
//! request.

use super::{acting::Acting, opening::Opening};
use crate::app::{
    Action, Ctx, Fault, NodeDesk,
    ask::SelectorAsked,
    protected::{second_reading, signs},
};
use comity_affairs::{
    CaseId, Thread,
    form::{FieldKind, Form, FormFault, Language, Shown, check, label, shown, unsaid},
    home::{Desk as HomeDesk, Draft, HomeEntry},
};
use comity_exchange::Scope;
use comity_law::{Answer, Candidate, MeasureCode, Organised, Outcome, Penalty, Query, vocabulary::YesNo};
use comity_record::{Date, PartyCode, body::Selector, label::Purpose};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Writes a draft, or writes more into one. It is kept at home until it is authorised and sent; what is still wrong with it
/// is told.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct NewCase {
    /// The draft to go on with; a new one where absent.
    pub case: Option<String>,
    /// The party it is meant for.
    pub to: Option<String>,
    /// The form, by its code; that of the measure where absent.
    pub form: Option<String>,
    /// The measure, a code of measures.csv; the first of the form where absent.
    pub measure: Option<String>,
    /// Fields of the form by their codes. An empty one takes back what was filled in.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Fields of a letterhead that serves many forms: those that this form has are filled in, before the others.
    #[serde(default)]
    pub letterhead: BTreeMap<String, String>,
    /// What the measure is aimed at: one person, account, address with its time, or device.
    pub selector: Option<SelectorAsked>,
    /// Further ones of the same kind; given together with the first, in place of all before.
    #[serde(default)]
    pub further: Vec<SelectorAsked>,
    /// A code of offences.csv.
    pub offence: Option<String>,
    /// The greatest penalty in years.
    pub penalty: Option<u8>,
    /// Whether an organised group is involved.
    pub organised: Option<bool>,
    /// The purpose of the crossing; that of the form where absent.
    pub purpose: Option<String>,
    /// The thread: police, judicial or diplomatic; that of the form where absent.
    pub thread: Option<String>,
    /// The unit that sends; the officer's own where absent.
    pub unit: Option<String>,
    /// The officer, where the console speaks for one.
    pub officer: Option<String>,
    /// Whether life is in danger: carried out first, papers follow.
    #[serde(default)]
    pub emergency: bool,
    /// Whether it is exercise traffic.
    #[serde(default)]
    pub exercise: bool,
    /// The article relied on, as `budapest 29`.
    pub basis: Option<String>,
    /// An assurance of reciprocity, in place of an article.
    pub assurance: Option<String>,
    /// Another basis that the authority names, in place of an article.
    pub other_basis: Option<String>,
    /// Conditions confirmed, each as `instrument article condition`.
    #[serde(default)]
    pub confirmed: Vec<String>,
    /// Labels beside those of the thread, each as `label=value`.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The language of the labels of fields: en, fr, ar, zh.
    pub language: Option<String>,
    /// Only show what the form needs; nothing is kept.
    #[serde(default)]
    pub dry: bool,
}

/// A draft with what is still wrong with it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DraftShown {
    /// The case.
    pub case: String,
    /// `draft`, `abandoned` or `sent`.
    pub standing: String,
    /// The party it is meant for.
    pub to: String,
    /// The form.
    pub form: String,
    /// The measure; empty where none is asked for.
    pub measure: String,
    /// The purpose.
    pub purpose: String,
    /// The thread.
    pub thread: String,
    /// The unit that sends.
    pub unit: String,
    /// What it is aimed at.
    pub selector: Option<String>,
    /// What else of the same kind.
    #[serde(default)]
    pub further: Vec<String>,
    /// The fields that the measure and the basis need, in order.
    pub fields: Vec<FieldShown>,
    /// What is wrong, each with its code; empty where it may be authorised.
    pub faults: Vec<FaultShown>,
    /// What the other side may object to; it blocks nothing.
    pub warnings: Vec<String>,
    /// The legal basis, as far as one is needed.
    pub basis: BasisShown,
    /// The signs of protected objects that it is aimed at.
    #[serde(default)]
    pub protected: Vec<String>,
    /// Who has authorised it.
    pub authorised: Vec<String>,
    /// What is still wanted before it may be sent.
    pub lacking: Vec<String>,
}

/// A field of a form.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FieldShown {
    /// Its section.
    pub section: String,
    /// Its code.
    pub code: String,
    /// Its label in the language asked for.
    pub label: String,
    /// What it takes, in words.
    pub takes: String,
    /// Whether it is needed.
    pub needed: bool,
    /// Its value, where it has one.
    pub value: Option<String>,
}

/// Something wrong with a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FaultShown {
    /// A stable code.
    pub code: String,
    /// What is wrong.
    pub text: String,
}

/// What the register says of the basis.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct BasisShown {
    /// What the draft rests on, in words; absent where it rests on nothing yet or needs nothing.
    pub chosen: Option<String>,
    /// Every article considered, best first, each with its outcome and the reasons: exclusions too.
    pub considered: Vec<String>,
    /// Instruments of which the register has no record for either party.
    pub no_record_for_either: Vec<String>,
    /// What the asked party's own law says of helping without a treaty.
    pub without_treaty: Option<String>,
}

impl Action for NewCase {
    const NAME: &'static str = "case.new";
    const SUMMARY: &'static str =
        "writes a draft of a case, or writes more into one, and says what is still wrong with it";
    const SCOPE: Scope = Scope::Cases;
    type Reply = DraftShown;

    async fn run(self, ctx: &Ctx) -> Result<DraftShown, Fault> {
        let by = ctx.by.clone();
        let written = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let on = now.date();
                let acting = Acting::of(desk.house(), by.as_ref(), self.officer.as_deref(), on)?;
                let (case, before) = match &self.case {
                    Some(wanted) => {
                        let case = desk.find_case(wanted).await?;
                        (Some(case), Some(desk.home_of(case).await?))
                    }
                    None => (None, None),
                };
                if before.as_ref().is_some_and(|home| home.sent || home.abandoned.is_some()) {
                    let text = "what was sent or given up is a draft no more";
                    return Err(Fault::new("case/not-a-draft", text)
                        .help("a sent case goes on with `comity case step`"));
                }
                let earlier = before.and_then(|home| home.draft);
                let draft = self.write(desk, &acting, earlier, on)?;
                acting.must_read(desk.house(), draft.thread, self.case.as_deref().unwrap_or_default(), on)?;
                let case = case.unwrap_or_else(|| {
                    let mut nonce = [0; 16];
                    means.entropy().fill(&mut nonce);
                    let reference = draft.fields.get("reference").map_or("", String::as_str);
                    CaseId::of(desk.party(), &draft.to, reference, &nonce)
                });
                if !self.dry {
                    let entry = HomeEntry::Draft(Box::new(draft.clone()));
                    desk.home_enter(now, means.entropy(), case, by.clone(), &entry).await?;
                }
                let home = match self.dry {
                    true => HomeDesk::read(case, [&HomeEntry::Draft(Box::new(draft.clone()))]),
                    false => desk.home_of(case).await?,
                };
                show(desk, &home, super::language(self.language.as_deref())?, on)
            })
        });
        written.await?
    }
}

impl NewCase {
    /// The draft as it was, with what is given now.
    fn write(
        &self,
        desk: &NodeDesk,
        acting: &Acting,
        earlier: Option<Draft>,
        on: Date,
    ) -> Result<Draft, Fault> {
        let mut draft = match earlier {
            Some(draft) => draft,
            None => self.begin(desk, acting, on)?,
        };
        let given = |mine: &Option<String>, theirs: &mut Option<String>| {
            if mine.is_some() {
                theirs.clone_from(mine);
            }
        };
        given(&self.offence, &mut draft.offence);
        given(&self.basis, &mut draft.basis);
        given(&self.assurance, &mut draft.assurance);
        given(&self.other_basis, &mut draft.other_basis);
        if let Some(selector) = &self.selector {
            draft.selector = Some(crate::app::ask::selector(selector.clone())?);
            let further = self.further.iter().cloned().map(crate::app::ask::selector);
            let further: Vec<Selector> = further.collect::<Result<_, _>>()?;
            draft.further = (!further.is_empty()).then_some(further);
        }
        (draft.penalty, draft.organised) =
            (self.penalty.or(draft.penalty), self.organised.or(draft.organised));
        draft.confirmed.extend(self.confirmed.iter().cloned());
        for label in &self.labels {
            let (key, value) = label.split_once('=').ok_or_else(|| {
                Fault::new("input/bad-value", format!("`{label}` is no label"))
                    .help("write it as label=value")
            })?;
            draft.labels.push((key.to_owned(), value.to_owned()));
        }
        let form: Form = draft.form.parse().map_err(Fault::input)?;
        let on_form = |code: &str| form.fields().any(|field| field.code == code);
        draft.fields.extend(self.letterhead.clone().into_iter().filter(|(code, _)| on_form(code)));
        draft.fields.extend(self.fields.clone());
        draft.fields.retain(|_, value| !value.is_empty());
        let answer = ask(desk, &draft, on)?;
        let article =
            chosen(&draft, answer.as_ref()).map(|one| format!("{} {}", one.instrument, one.article));
        draft.fill(on, article);
        Ok(draft)
    }

    /// A new draft: its form, measure, purpose and thread.
    fn begin(&self, desk: &NodeDesk, acting: &Acting, on: Date) -> Result<Draft, Fault> {
        let to = self.to.as_deref().ok_or_else(|| {
            Fault::new("case/no-party", "a case is meant for a party").help("name it with --to")
        })?;
        let to: PartyCode = to.parse().map_err(Fault::input)?;
        desk.peer(&to)?;
        let opening = Opening::choose(self.form.as_deref(), self.measure.as_deref(), self.emergency)?;
        let purpose: Purpose = match &self.purpose {
            Some(purpose) => purpose.parse().map_err(Fault::input)?,
            None => opening.purpose,
        };
        let thread = self.thread.as_deref().map(super::thread).transpose()?.unwrap_or(opening.thread);
        let unit = self.unit.as_deref().map(str::parse).transpose().map_err(Fault::input)?;
        let unit = acting.competence(desk, unit.as_ref(), purpose, on)?.unit;
        Ok(Draft {
            to,
            form: opening.form.to_string(),
            measure: opening.measure,
            fields: BTreeMap::new(),
            selector: None,
            offence: None,
            penalty: None,
            organised: None,
            purpose: purpose.to_string(),
            thread,
            unit,
            officer: acting.officer.clone(),
            emergency: self.emergency || opening.form == Form::Emergency,
            exercise: self.exercise,
            basis: None,
            assurance: None,
            other_basis: None,
            confirmed: Vec::new(),
            labels: Vec::new(),
            further: None,
        })
    }
}

/// What a draft fills in by itself, since it is typed elsewhere already.
trait Fill {
    fn fill(&mut self, on: Date, article: Option<String>);
}

impl Fill for Draft {
    fn fill(&mut self, on: Date, article: Option<String>) {
        let Ok(form) = self.form.parse::<Form>() else { return };
        let has = |code: &str| form.fields().any(|field| field.code == code);
        let facts = [
            ("date", Some(on.to_string())),
            ("status", Some("new".to_owned())),
            ("instrument", article.filter(|_| self.assurance.is_none() && self.other_basis.is_none())),
            ("assurance", self.assurance.clone().or(self.other_basis.clone())),
        ];
        for (code, value) in facts {
            if let Some(value) = value.filter(|_| has(code)) {
                self.fields.entry(code.to_owned()).or_insert(value);
            }
        }
    }
}

/// A draft as it stands, with what is wrong with it and what is still wanted.
pub fn show(desk: &NodeDesk, home: &HomeDesk, language: Language, on: Date) -> Result<DraftShown, Fault> {
    let draft =
        home.draft.as_ref().ok_or_else(|| Fault::new("case/not-a-draft", "there is no draft of it"))?;
    let checked = Checked::of(desk, draft, on)?;
    let standing = match (&home.abandoned, home.sent) {
        (Some(_), _) => "abandoned",
        (None, true) => "sent",
        (None, false) => "draft",
    };
    let who = |one: &comity_affairs::home::Authorisation| match one.role {
        Some(role) => format!("{} of {} as {role}", one.officer, one.unit),
        None => format!("{} of {}", one.officer, one.unit),
    };
    Ok(DraftShown {
        case: home.case.to_string(),
        standing: standing.to_owned(),
        to: draft.to.to_string(),
        form: draft.form.clone(),
        measure: draft.measure.clone(),
        purpose: draft.purpose.clone(),
        thread: draft.thread.to_string(),
        unit: draft.unit.to_string(),
        selector: draft.selector.as_ref().map(selector_text),
        further: draft.further.iter().flatten().map(selector_text).collect(),
        fields: checked.fields(language),
        faults: checked.faults.clone(),
        warnings: checked.warnings.clone(),
        basis: checked.basis.clone(),
        authorised: home.authorised.iter().map(who).collect(),
        protected: signs(desk.house(), draft.selectors(), on),
        lacking: lacking(desk, home, draft, on),
    })
}

/// What is still wanted before a draft may be sent: by the State's own rules, and a second reading where it is aimed at what is
/// protected.
pub fn lacking(desk: &NodeDesk, home: &HomeDesk, draft: &Draft, on: Date) -> Vec<String> {
    let rules: Vec<_> = desk.house().case_rules.values().cloned().collect();
    let mut lacking = home.lacking(&rules, on);
    let authorised = home.authorised.iter().map(|one| &one.officer).collect();
    lacking.extend(second_reading(desk.house(), draft, &authorised, on));
    lacking
}

/// A draft held against its form, the register and the bounds of a request.
#[derive(Debug)]
pub struct Checked<'a> {
    draft: &'a Draft,
    /// Its form.
    pub form: Form,
    with: Shown,
    /// What is wrong.
    pub faults: Vec<FaultShown>,
    /// What the other side may object to.
    pub warnings: Vec<String>,
    /// What the register says of the basis.
    pub basis: BasisShown,
}

impl<'a> Checked<'a> {
    /// Why the draft goes no further as it stands; nothing where it may.
    pub fn complete(&self) -> Result<(), Fault> {
        let Some(first) = self.faults.first() else { return Ok(()) };
        let more = match self.faults.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let text = format!("the draft is not complete: {}{more}", first.text);
        Err(Fault::new("case/incomplete", text).help("`comity case show` lists what is wrong"))
    }

    /// Checks a draft on a day.
    pub fn of(desk: &NodeDesk, draft: &'a Draft, on: Date) -> Result<Checked<'a>, Fault> {
        let form: Form = draft.form.parse().map_err(Fault::input)?;
        let answer = ask(desk, draft, on)?;
        let basis = basis(draft, answer.as_ref());
        let general = chosen(draft, answer.as_ref()).is_some_and(|candidate| {
            matches!(
                candidate.specificity,
                comity_law::vocabulary::Specificity::GeneralRegional
                    | comity_law::vocabulary::Specificity::GeneralGlobal
            )
        });
        // In danger to life the article follows with the papers.
        let other_basis = draft.assurance.is_some() || draft.other_basis.is_some() || draft.emergency;
        let with = Shown { general, other_basis, emergency: draft.emergency };
        let mut faults: Vec<FaultShown> = check(form, with, &draft.fields)
            .iter()
            .map(|fault: &FormFault| FaultShown { code: fault.code().to_owned(), text: fault.to_string() })
            .collect();
        faults.extend(bounds(form, draft, on));
        let warnings = languages(desk, draft, on).into_iter().chain(safeguards(desk, form, draft)).collect();
        Ok(Checked { draft, form, with, faults, warnings, basis })
    }

    fn fields(&self, language: Language) -> Vec<FieldShown> {
        let shown = shown(self.form, self.with, &self.draft.fields).into_iter();
        shown
            .map(|(field, needed)| FieldShown {
                section: field.section.to_owned(),
                code: field.code.to_owned(),
                label: label(field.code, language).unwrap_or(field.row).to_owned(),
                takes: takes(field.kind),
                needed,
                value: self.draft.fields.get(field.code).cloned(),
            })
            .collect()
    }
}

/// What the asking side refuses to send, whatever the form says: a measure without a bounded selector, collection in real
/// time without its end, a measure without an offence save in danger to life.
fn bounds(form: Form, draft: &Draft, on: Date) -> Vec<FaultShown> {
    let mut faults = Vec::new();
    let mut wrong = |code: &str, text: &str| {
        faults.push(FaultShown { code: code.to_owned(), text: text.to_owned() });
    };
    if form.flow() != comity_affairs::Flow::Request {
        return faults;
    }
    if draft.selector.is_none() {
        wrong(
            "case/no-selector",
            "the measure is aimed at nothing: name one person, account, address with its time, or device",
        );
    }
    if let Some(why) = comity_border::unbounded(draft.selectors()) {
        wrong("case/bulk", &why.to_string());
    }
    let real_time = form == Form::RealTime;
    if draft.offence.is_none() && (real_time || !draft.emergency) {
        wrong(
            "case/no-offence",
            "the offence is not named; it may follow only in danger to life, and never for collection in real time",
        );
    }
    if real_time {
        let until = draft.fields.get("collection-until").and_then(|day| day.parse::<Date>().ok());
        if until.is_none_or(|until| until < on) {
            wrong("case/no-end-date", "collection in real time has no last day ahead");
        }
    }
    faults
}

/// What the other side has told of the languages that it accepts, against those that the form names.
fn languages(desk: &NodeDesk, draft: &Draft, on: Date) -> Option<String> {
    let accepted = desk.house().accepted_languages(&draft.to, on)?;
    accepted.warning(draft.to.as_str(), draft.fields.get("language")?)
}

/// What the safeguard check of a coercive measure asks for and is not said. In danger to life it may follow.
fn safeguards(desk: &NodeDesk, form: Form, draft: &Draft) -> Option<String> {
    let measure = desk.law().register.measure(&draft.measure);
    let coercive = measure.is_some_and(|measure| measure.coercive == YesNo::Yes);
    let unsaid = unsaid(form, &draft.fields);
    (coercive && !unsaid.is_empty() && !draft.emergency).then(|| {
        format!(
            "the safeguard check of this coercive measure does not say: {} (AALCO proposal (g), not binding)",
            unsaid.join(", ")
        )
    })
}

/// Asks the register, where the matter is a measure.
fn ask(desk: &NodeDesk, draft: &Draft, on: Date) -> Result<Option<Answer>, Fault> {
    if !Opening::needs_basis(&draft.form) || draft.measure.is_empty() {
        return Ok(None);
    }
    let measure: MeasureCode = draft.measure.parse().map_err(Fault::input)?;
    let mut query = Query::new(desk.party().clone(), draft.to.clone(), measure, on);
    query.offence = draft.offence.as_deref().map(str::parse).transpose().map_err(Fault::input)?;
    query.penalty = draft.penalty.map(|years| Penalty::years(u16::from(years)));
    query.organised = draft.organised.map(|yes| if yes { Organised::Yes } else { Organised::No });
    let answer = desk.law().register.bases(&query);
    answer.map(Some).map_err(|fault| Fault::new(fault.code(), fault.to_string()))
}

/// The article that the draft rests on: the one it names, else the best that is available.
fn chosen<'a>(draft: &Draft, answer: Option<&'a Answer>) -> Option<&'a Candidate> {
    let candidates = &answer?.candidates;
    match &draft.basis {
        Some(basis) => candidates.iter().find(|candidate| {
            let (instrument, article) = basis.split_once(' ').unwrap_or((basis, ""));
            candidate.is_under(instrument, article)
        }),
        // As the border chooses: the article made for the measure before one on assistance in general.
        None => candidates
            .iter()
            .filter(|candidate| candidate.outcome == Outcome::Available)
            .min_by_key(|candidate| candidate.through.is_some()),
    }
}

fn basis(draft: &Draft, answer: Option<&Answer>) -> BasisShown {
    let named = match (&draft.assurance, &draft.other_basis) {
        (Some(text), _) => Some(format!("an assurance: {text}")),
        (None, Some(name)) => Some(format!("another basis: {name}")),
        (None, None) => None,
    };
    let article =
        chosen(draft, answer).map(|one| format!("{} {} ({})", one.instrument, one.article, one.outcome));
    let Some(answer) = answer else { return BasisShown { chosen: named, ..BasisShown::default() } };
    BasisShown {
        chosen: named.or(article),
        considered: answer.candidates.iter().map(line).collect(),
        no_record_for_either: answer.no_record_for_either.iter().map(ToString::to_string).collect(),
        without_treaty: Some(answer.without_treaty.note.clone()),
    }
}

fn line(candidate: &Candidate) -> String {
    let reasons: Vec<String> = candidate.reasons.iter().map(ToString::to_string).collect();
    let conditions: Vec<String> =
        candidate.conditions.iter().map(|one| one.code.as_str().to_owned()).collect();
    let mut line = format!("{} {}: {}", candidate.instrument, candidate.article, candidate.outcome);
    if !reasons.is_empty() {
        line.push_str(&format!(" ({})", reasons.join(", ")));
    }
    if !conditions.is_empty() {
        line.push_str(&format!(", if confirmed: {}", conditions.join(", ")));
    }
    let as_of = candidate.as_of.map_or_else(|| "no date".to_owned(), |date| format!("as of {date}"));
    format!("{line}, {}, {as_of}", candidate.grade)
}

fn takes(kind: FieldKind) -> String {
    match kind {
        FieldKind::Line => "one line".to_owned(),
        FieldKind::Text => "a text".to_owned(),
        FieldKind::Date => "a day such as 2026-03-01".to_owned(),
        FieldKind::Interval => "two days such as 2026-01-01/2026-01-31".to_owned(),
        FieldKind::TimeZone => "a time zone such as Asia/Tokyo or +09:00".to_owned(),
        FieldKind::Flag => "yes or no".to_owned(),
        FieldKind::Choice(codes) => codes.join(" | "),
        FieldKind::Choices(codes) => format!("some of {}", codes.join(", ")),
        FieldKind::File => "a file name and its SHA-256".to_owned(),
        FieldKind::Selector | FieldKind::Same(_) | FieldKind::Signature | FieldKind::Answer => String::new(),
    }
}

/// A selector in one line.
pub fn selector_text(selector: &Selector) -> String {
    match selector {
        Selector::Person(name) => format!("person {name}"),
        Selector::Account { provider, account } => format!("account {account} at {provider}"),
        Selector::Address { address, port, at } => {
            let port = port.map(|port| format!(" port {port}")).unwrap_or_default();
            format!("address {address}{port} at {at}")
        }
        Selector::Device(device) => format!("device {device}"),
    }
}

/// The thread of a draft, for who may read it.
pub fn thread_of(home: &HomeDesk) -> Option<Thread> {
    home.draft.as_ref().map(|draft| draft.thread)
}
