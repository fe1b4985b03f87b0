//! How a case is opened: the form of a measure, its purpose and thread, and the step and crossing that a draft comes to.

use super::{
    acting::Acting,
    labels,
    resting::{article, confirmation},
};
use crate::app::{Fault, NodeDesk};
use comity_affairs::{CaseId, Flow, Step, Thread, disclosure, form::Form, home::Draft};
use comity_border::{Basis, Case, Competence, Direction, Request};
use comity_exchange::CaseAct;
use comity_record::{Date, OfficerId, Timestamp, body, label::Purpose};

/// What a form or measure opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The form.
    pub form: Form,
    /// The measure; empty where none is asked for.
    pub measure: String,
    /// The purpose of its crossings.
    pub purpose: Purpose,
    /// The thread it belongs to by default.
    pub thread: Thread,
}

impl Opening {
    /// Chooses by form, by measure, or by both where they agree.
    pub fn choose(form: Option<&str>, measure: Option<&str>, emergency: bool) -> Result<Opening, Fault> {
        let by_form: Option<Form> = form.map(str::parse).transpose().map_err(|fault| {
            Fault::new("case/no-form", format!("{fault}")).help(format!("the forms are {}", forms()))
        })?;
        let by_measure = measure.map(|measure| {
            Form::of_measure(measure).ok_or_else(|| {
                Fault::new("case/no-form", format!("no form asks for `{measure}`"))
                    .help("`comity law list measures` shows the measures")
            })
        });
        let form = match (by_form, by_measure.transpose()?) {
            (Some(form), Some(other)) if form != other && form != Form::Extension => {
                let text = format!("the form `{form}` does not ask for `{}`", measure.unwrap_or_default());
                return Err(Fault::new("case/no-form", text).help(format!("`{other}` does")));
            }
            (Some(form), _) | (None, Some(form)) => form,
            (None, None) => {
                let fault = Fault::new("case/no-form", "neither a form nor a measure is named");
                return Err(fault.help(format!("the forms are {}", forms())));
            }
        };
        if matches!(form, Form::Account | Form::Waiver) {
            let text = format!("`{form}` is a step of a case that was sent, and opens none");
            return Err(Fault::new("case/step-form", text).help("take it with `comity case step`"));
        }
        let first = if form == Form::Extension {
            Some("preserve_stored_data")
        } else {
            form.measures().first().copied()
        };
        let measure = measure.or(first).unwrap_or_default().to_owned();
        let purpose = if emergency { Purpose::EmergencyLife } else { purpose(form) };
        Ok(Opening { form, measure, purpose, thread: thread(form) })
    }

    /// Whether the matter of a form needs a legal basis.
    pub fn needs_basis(form: &str) -> bool {
        form.parse::<Form>().is_ok_and(|form| matches!(form.flow(), Flow::Request | Flow::Joint))
    }
}

fn forms() -> String {
    Form::ALL.iter().map(|form| form.as_str()).collect::<Vec<_>>().join(", ")
}

const fn purpose(form: Form) -> Purpose {
    match form {
        Form::Preservation | Form::Extension => Purpose::Preservation,
        Form::Emergency => Purpose::EmergencyLife,
        // An offer names no content: what it offers crosses as spontaneous information once its terms are agreed.
        Form::Spontaneous | Form::Jurisdiction | Form::Territory | Form::Protest => {
            Purpose::ConfidenceBuilding
        }
        Form::Technical => Purpose::CapacityBuilding,
        Form::Infrastructure => Purpose::IncidentResponse,
        Form::Disclosure => Purpose::VulnerabilityDisclosure,
        _ => Purpose::CriminalInvestigation,
    }
}

const fn thread(form: Form) -> Thread {
    match form {
        Form::Preservation
        | Form::Extension
        | Form::Emergency
        | Form::Spontaneous
        | Form::Technical
        | Form::Infrastructure
        | Form::Disclosure => Thread::Police,
        Form::Jurisdiction | Form::Territory | Form::Protest => Thread::Diplomatic,
        _ => Thread::Judicial,
    }
}

/// The step that opens the case of a draft, with its request and its crossing.
pub fn act_of(
    desk: &NodeDesk,
    case: CaseId,
    draft: &Draft,
    acting: &Acting,
    now: Timestamp,
) -> Result<CaseAct, Fault> {
    let form: Form = draft.form.parse().map_err(Fault::input)?;
    let purpose: Purpose = draft.purpose.parse().map_err(Fault::input)?;
    let unit = acting.competence(desk, Some(&draft.unit), purpose, now.date())?;
    let reference = draft.fields.get("reference").cloned().unwrap_or_default();
    let asks = match form.flow() {
        Flow::Request => Some(asks(draft, &reference)?),
        _ => None,
    };
    let mut request = crossing(desk, draft, purpose, &unit, &acting.officer, now)?;
    if form.flow() == Flow::Joint {
        request.case = Some(Case {
            measure: draft.measure.clone(),
            offence: draft.offence.clone(),
            penalty: draft.penalty,
            organised: draft.organised,
            asking: Some(desk.party().clone()),
        });
    }
    Ok(CaseAct {
        case,
        peer: draft.to.clone(),
        flow: form.flow(),
        exercise: draft.exercise,
        thread: draft.thread,
        unit: unit.unit,
        officer: acting.officer.clone(),
        second: None,
        step: Step::Send {
            form: draft.form.clone(),
            fields: draft.fields.clone(),
            request: None,
            emergency: draft.emergency,
            reference,
        },
        asks,
        labels: labels::under_embargo(labels::with(draft.thread, purpose, &draft.labels)?, embargo(draft)?)?,
        request,
    })
}

/// Until the day proposed for its publication nobody but its author passes a report on.
fn embargo(draft: &Draft) -> Result<Option<Date>, Fault> {
    let day = draft.fields.get(disclosure::DAY).filter(|_| draft.form == Form::Disclosure.as_str());
    day.map(|day| day.parse()).transpose().map_err(Fault::input)
}

/// The request that the border judges.
fn asks(draft: &Draft, reference: &str) -> Result<body::Request, Fault> {
    let selector = draft.selector.clone().ok_or_else(|| {
        Fault::new("case/no-selector", "the measure is aimed at nothing")
            .help("name one person, account, address with its time, or device")
    })?;
    let day = |code: &str| -> Result<Option<Date>, Fault> {
        draft.fields.get(code).map(|day| day.parse()).transpose().map_err(Fault::input)
    };
    Ok(body::Request {
        measure: draft.measure.clone(),
        offence: draft.offence.clone(),
        penalty: draft.penalty,
        organised: draft.organised,
        selector,
        facts: draft.fields.get("facts").cloned().unwrap_or_default(),
        until: day("collection-until")?,
        reference: reference.to_owned(),
        further: draft.further.clone(),
    })
}

fn crossing(
    desk: &NodeDesk,
    draft: &Draft,
    purpose: Purpose,
    unit: &Competence,
    officer: &OfficerId,
    now: Timestamp,
) -> Result<Request, Fault> {
    let peer = desk.peer(&draft.to)?;
    let mut request = Request::new(Direction::Sending, desk.party().clone(), draft.to.clone(), purpose, now);
    request.sender_unit = Some(unit.clone());
    request.receiver_unit = peer
        .letter
        .unit_for(purpose)
        .map(|unit| Competence { unit: unit.unit.clone(), citation: unit.competence.clone() });
    request.legal_basis = legal_basis(draft, purpose, officer)?;
    for text in &draft.confirmed {
        request.confirmed.push(confirmation(text, officer)?);
    }
    Ok(request)
}

/// What the draft names; in danger to life the danger, where it names nothing.
fn legal_basis(draft: &Draft, purpose: Purpose, officer: &OfficerId) -> Result<Option<Basis>, Fault> {
    let by = officer.clone();
    Ok(match (&draft.basis, &draft.assurance, &draft.other_basis) {
        (Some(basis), ..) => Some(article(basis)?),
        (None, Some(text), _) => Some(Basis::Assurance { text: text.clone(), by }),
        (None, None, Some(name)) => Some(Basis::Other { name: name.clone(), by }),
        (None, None, None) => {
            let danger = draft.fields.get("danger").filter(|_| purpose == Purpose::EmergencyLife);
            danger.map(|danger| Basis::Emergency { danger: danger.clone(), by })
        }
    })
}
