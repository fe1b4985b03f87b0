//! Packing objects into a package: manifest, custody entries and keys.

use super::{
    super::{Action, Ctx, Fault},
    hand, stage,
};
use comity_affairs::{
    CaseId, Condition, ConditionKind,
    custody::{Item, Package, PersonalTerms},
};
use comity_exchange::{Packing, Scope};
use comity_record::{
    Date, Hash, Labels, OfficerId, RecordId,
    label::{Onward, Personal, Purpose, Retention, Tlp},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Closes a package of objects that were taken in.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Pack {
    /// The objects, in order.
    pub objects: Vec<PackedObject>,
    /// The order relied on at home.
    pub order: String,
    /// Where they come from: a provider, a device, a system.
    pub source: String,
    /// The selector under which they were found.
    pub selector: String,
    /// What their times rest on, and in which zone, such as `UTC, NTP`.
    pub time_basis: String,
    /// The tool and its version.
    pub tool: String,
    /// Who operated it; the officer who asks where absent.
    pub operator: Option<String>,
    /// The executing unit; that of the officer where absent.
    pub unit: Option<String>,
    /// Where this happens.
    pub place: String,
    /// The case, by its id, reference or ticket: the package answers its request, and its conditions come with it.
    pub case: Option<String>,
    /// The record of the request that it answers.
    pub request: Option<String>,
    /// The purpose, a code of purposes.csv.
    pub purpose: String,
    /// Conditions, each as `kind`, `kind:text`, `kind@day` or `kind:text@day`.
    pub conditions: Vec<String>,
    /// The certificate of authenticity in words, where the asking court needs its own.
    pub certificate: String,
    /// Terms of personal data in the objects.
    pub personal: Option<PersonalAsked>,
    /// Further labels of the manifest, each as `key=value`.
    pub labels: Vec<String>,
}

/// An object to be packed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PackedObject {
    /// The finished upload.
    pub upload: String,
    /// Its file name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Whether it may be privileged or immune.
    pub privileged: bool,
}

/// Terms of personal data.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PersonalAsked {
    /// How personal: `personal`, `special-category`, `criminal-conviction` or `minor-or-victim`.
    pub kind: String,
    /// The legal basis.
    pub basis: String,
    /// The last day of access.
    pub until: String,
    /// Onward rule: `prohibited` or `prior-authorisation`.
    pub onward: String,
}

/// A package as closed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Packed {
    /// The record of the manifest, by which the package is known.
    pub record: String,
    /// Its entry in the ledger.
    pub entry: u64,
    /// How many objects.
    pub objects: u64,
    /// How many bytes together.
    pub bytes: u64,
    /// The head of the custody record at closing.
    pub custody: String,
}

impl Action for Pack {
    const NAME: &'static str = "evidence.pack";
    const SUMMARY: &'static str = "closes a package: the manifest is signed and entered, custody begins";
    const SCOPE: Scope = Scope::Cases;
    type Reply = Packed;

    async fn run(self, ctx: &Ctx) -> Result<Packed, Fault> {
        let purpose: Purpose = self.purpose.parse().map_err(Fault::input)?;
        let (case, thread, agreed) = self.of_case(ctx).await?;
        let conditions = conditions(&self.conditions, agreed)?;
        let personal = self.personal.as_ref().map(|asked| terms(asked, purpose)).transpose()?;
        let labels = self.labels_of(purpose, &conditions, personal.as_ref())?;
        let operator: OfficerId = match &self.operator {
            Some(operator) => operator.parse().map_err(Fault::input)?,
            None => super::officer(ctx)?,
        };
        let (mut items, mut vessels) = (Vec::new(), Vec::new());
        for (number, object) in (1u32..).zip(&self.objects) {
            let filled = stage::take(ctx, &object.upload)?;
            vessels.push(filled.vessel);
            items.push(Item {
                id: format!("{number:04}"),
                name: object.name.clone(),
                media_type: object.media_type.clone(),
                size: filled.size,
                sha256: filled.sha256,
                sha512: filled.sha512,
                source: self.source.clone(),
                selector: self.selector.clone(),
                time_basis: self.time_basis.clone(),
                tool: self.tool.clone(),
                operator: operator.clone(),
                privileged: object.privileged,
                personal: personal.clone(),
            });
        }
        let (objects, bytes) = (items.len() as u64, items.iter().map(|item| item.size).sum());
        let asker = ctx.clone();
        let packed = ctx.sequencer.run(move |desk, means| {
            Box::pin(async move {
                let now = means.now();
                let about = (self.place.as_str(), self.order.as_str(), self.tool.as_str());
                let hand = hand(&asker, desk, self.unit.as_deref(), about)?;
                let package = Package {
                    version: 1,
                    case,
                    from: desk.party().clone(),
                    unit: hand.unit.clone(),
                    order: self.order.clone(),
                    closed: now,
                    items,
                    conditions,
                    custody: Hash::default(),
                    certificate: self.certificate.clone(),
                };
                let packing = Packing { package, vessels, labels, thread, hand };
                let authored = desk.pack(now, means.entropy(), packing).await?;
                let (_, package) = desk.manifest(authored.record).await?;
                Ok::<_, Fault>((authored, package.custody))
            })
        });
        let (authored, custody) = packed.await??;
        let record = authored.record.to_string();
        Ok(Packed { record, entry: authored.index, objects, bytes, custody: custody.to_string() })
    }
}

impl Pack {
    /// The case, the request that the package answers, and the conditions that bind in the case.
    async fn of_case(&self, ctx: &Ctx) -> Result<(CaseId, Option<RecordId>, Vec<Condition>), Fault> {
        let request: Option<RecordId> =
            self.request.as_deref().map(str::parse).transpose().map_err(Fault::input)?;
        let Some(wanted) = self.case.clone() else {
            return Ok((CaseId(Hash::default()), request, Vec::new()));
        };
        let found = ctx.sequencer.run(move |desk, _| {
            Box::pin(async move {
                let case = desk.find_case(&wanted).await?;
                let view = desk.case_file(case).await?.map(|file| file.history.view());
                let agreed = view.as_ref().map(|view| view.binding().cloned().collect());
                let asked = view.and_then(|view| view.request);
                Ok::<_, Fault>((case, asked, agreed.unwrap_or_default()))
            })
        });
        let (case, asked, agreed) = found.await??;
        Ok((case, request.or(asked), agreed))
    }

    /// What the manifest says about its own handling: conditions that forbid passing on and that end stand there too, so
    /// that every border reads them.
    fn labels_of(
        &self,
        purpose: Purpose,
        conditions: &[Condition],
        personal: Option<&PersonalTerms>,
    ) -> Result<Labels, Fault> {
        let mut labels = Labels::new(Tlp::Amber);
        labels.purpose.insert(purpose);
        if conditions.iter().any(|condition| condition.kind.forbids_onward()) {
            labels.onward = Onward::Prohibited;
        }
        if let (Some(asked), Some(terms)) = (&self.personal, personal) {
            labels.personal = asked.kind.parse::<Personal>().map_err(Fault::input)?;
            if labels.onward == Onward::Free {
                labels.onward = terms.onward.clone();
            }
        }
        let ends = conditions.iter().filter(|condition| condition.kind.closes_access());
        let ends = ends.filter_map(|condition| condition.by).chain(personal.map(|terms| terms.until));
        labels.retention = ends.min().map(Retention::Until);
        for label in &self.labels {
            let (key, value) = label.split_once('=').ok_or_else(|| {
                Fault::input(format!("`{label}` is not a label")).help("write it as `category=traffic`")
            })?;
            labels.set(key, value).map_err(Fault::input)?;
        }
        Ok(labels)
    }
}

fn terms(asked: &PersonalAsked, purpose: Purpose) -> Result<PersonalTerms, Fault> {
    let onward = match asked.onward.as_str() {
        "prohibited" => Onward::Prohibited,
        "prior-authorisation" => Onward::PriorAuthorisation,
        other => {
            let text = format!("`{other}` is not an onward rule of personal data");
            return Err(Fault::input(text).help("write `prohibited` or `prior-authorisation`"));
        }
    };
    let until: Date = asked.until.parse().map_err(Fault::input)?;
    Ok(PersonalTerms { purpose, basis: asked.basis.clone(), until, onward })
}

/// The conditions agreed in the case with their numbers, by which a waiver names them, and those given as texts after them.
fn conditions(texts: &[String], agreed: Vec<Condition>) -> Result<Vec<Condition>, Fault> {
    let last = agreed.iter().map(|condition| condition.number).max().unwrap_or(0);
    let mut all = agreed;
    for (number, text) in (last.saturating_add(1)..).zip(texts) {
        all.push(condition(number, text)?);
    }
    Ok(all)
}

fn condition(number: u16, given: &str) -> Result<Condition, Fault> {
    let known = ConditionKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    let (rest, by) = match given.rsplit_once('@') {
        Some((rest, day)) => (rest, Some(day.parse::<Date>().map_err(Fault::input)?)),
        None => (given, None),
    };
    let (kind, text) = rest.split_once(':').unwrap_or((rest, ""));
    let kind = ConditionKind::ALL.iter().find(|known| known.as_str() == kind.trim());
    let kind = *kind.ok_or_else(|| {
        Fault::input(format!("`{given}` is not a condition")).help(format!("the kinds are {known}"))
    })?;
    let text = text.trim().to_owned();
    let wants_text = matches!(kind, ConditionKind::OnlyFor | ConditionKind::Other);
    if wants_text && text.is_empty() {
        return Err(Fault::input(format!("`{}` says nothing without words", kind.as_str()))
            .help("write it as `only-for:court 7, case 12`"));
    }
    if kind == ConditionKind::DeleteBy && by.is_none() {
        return Err(Fault::input("`delete-by` needs a day").help("write it as `delete-by@2027-01-31`"));
    }
    Ok(Condition { number, kind, text, by })
}
