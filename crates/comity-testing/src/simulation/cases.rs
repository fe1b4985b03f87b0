//! Cases among the honest desks: notices are opened, moved on by whoever may, and at the end read the same on both sides.

use super::{
    Broken,
    cast::{BYZANTINE, CODES, code},
    invariant::hold,
    node::Did,
    steps::request,
    turns::fault_of,
    world::World,
};
use comity_affairs::{CaseId, Finding, Flow, Side, Step, StepKind, Thread, table};
use comity_border::Request;
use comity_exchange::{CaseAct, CaseFile, DeskFault};
use comity_ledger::memory::block_on;
use comity_record::{
    Labels,
    label::{Purpose, Tlp},
};

/// A case, and between whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened {
    case: CaseId,
    asking: usize,
    asked: usize,
}

/// Cases of one run.
const MOST: usize = 6;

impl World {
    /// Opens a case, or takes a step that is open in one.
    pub(super) fn case_step(&mut self) -> Result<(), Broken> {
        if self.cases.is_empty() || (self.cases.len() < MOST && self.chance(30)) {
            return self.open_case();
        }
        let at = self.pick(self.cases.len());
        let opened = self.cases[at];
        let side = if self.chance(50) { Side::Asking } else { Side::Asked };
        let node = if side == Side::Asking { opened.asking } else { opened.asked };
        let Some(file) = self.case_file(node, opened.case)? else { return Ok(()) };
        let open = table::open(Flow::Notice, false, file.history.view().state, side);
        if open.is_empty() {
            return Ok(());
        }
        let at = self.pick(open.len());
        self.take(opened, side, step(open[at]))
    }

    fn open_case(&mut self) -> Result<(), Broken> {
        let asking = self.pick(BYZANTINE);
        let asked = (asking + 1 + self.pick(BYZANTINE - 1)) % BYZANTINE;
        let nonce = u128::from(self.random.number()).to_le_bytes();
        let case = CaseId::of(&code(asking), &code(asked), "notice", &nonce);
        let opened = Opened { case, asking, asked };
        self.cases.push(opened);
        let send = Step::Send {
            form: "territory".to_owned(),
            fields: Default::default(),
            request: None,
            emergency: false,
            reference: format!("notice {}", self.cases.len()),
        };
        self.take(opened, Side::Asking, send)
    }

    fn case_file(&mut self, node: usize, case: CaseId) -> Result<Option<CaseFile>, Broken> {
        let file = block_on(self.nodes[node].desk.case_file(case));
        match self.nodes[node].after(file)? {
            Did::Crashed => Ok(None),
            Did::Done(file) => file.map_err(|fault| fault_of(node, "cannot read a case", &fault)),
        }
    }

    fn take(&mut self, opened: Opened, side: Side, step: Step) -> Result<(), Broken> {
        let (from, to) = match side {
            Side::Asking => (opened.asking, opened.asked),
            Side::Asked => (opened.asked, opened.asking),
        };
        let kind = step.kind();
        self.touched.insert(from);
        let now = self.nodes[from].clock(self.now);
        let mut labels = Labels::new(Tlp::Green);
        labels.purpose.insert(Purpose::ConfidenceBuilding);
        let act = CaseAct {
            case: opened.case,
            peer: code(to),
            flow: Flow::Notice,
            exercise: true,
            thread: Thread::Diplomatic,
            unit: "cert".parse().unwrap(),
            officer: "duty.officer".parse().unwrap(),
            second: None,
            step,
            asks: None,
            labels,
            request: Request { purpose: Purpose::ConfidenceBuilding, ..request(from, to, now) },
        };
        let node = &mut self.nodes[from];
        let taken = block_on(node.desk.case_step(now, &mut node.entropy, &act));
        match node.after(taken)? {
            Did::Crashed => self.died::<()>(from, "taking a step in a case").map(drop),
            // After a loss a chain may not be what it was; a desk then says so and takes no step.
            Did::Done(Err(DeskFault::Case(_) | DeskFault::TailLost { .. })) => Ok(()),
            Did::Done(taken) => {
                let taken = taken.map_err(|fault| fault_of(from, "cannot take a step", &fault))?;
                self.report.steps += u64::from(taken.position.is_some());
                self.note(format!("{} in a case with {}: {kind}", CODES[from], CODES[to]));
                Ok(())
            }
        }
    }

    /// Where every step of both sides arrived, both read the same.
    pub(super) fn cases_agree(&mut self) -> Result<(), Broken> {
        for opened in self.cases.clone() {
            let asking = self.case_file(opened.asking, opened.case)?;
            let asked = self.case_file(opened.asked, opened.case)?;
            let (Some(asking), Some(asked)) = (asking, asked) else { continue };
            if !self.is_whole(opened.asking, &asking)? || !self.is_whole(opened.asked, &asked)? {
                continue;
            }
            let names = (CODES[opened.asking], CODES[opened.asked]);
            hold(asking.history.view() == asked.history.view(), || {
                format!("{} and {} read a case otherwise:\n{asking:?}\n{asked:?}", names.0, names.1)
            })?;
            self.report.agreed += 1;
        }
        Ok(())
    }

    /// Whether nothing of a case was lost, erased, put back or not accepted on the other side.
    fn is_whole(&self, node: usize, file: &CaseFile) -> Result<bool, Broken> {
        let delivered = block_on(self.nodes[node].desk.case_delivery(file));
        let delivered = delivered.map_err(|fault| fault_of(node, "cannot read a case", &fault))?;
        Ok(self.nodes[node].rollbacks == 0
            && file.erased.is_empty()
            && file.history.waiting() == 0
            && delivered.iter().all(|(_, how)| !how.is_lost()))
    }
}

/// A step with as much as it needs.
fn step(kind: StepKind) -> Step {
    let text = || "what there is to say".to_owned();
    match kind {
        StepKind::Withdraw => Step::Withdraw { reason: text() },
        StepKind::GiveInformation => {
            Step::GiveInformation { fields: [("limits".to_owned(), text())].into_iter().collect() }
        }
        StepKind::Disagree => Step::Disagree { reasons: text() },
        StepKind::AskProgress => Step::AskProgress {},
        StepKind::Acknowledge => Step::Acknowledge { ticket: text() },
        StepKind::AskInformation => Step::AskInformation { fields: Vec::new(), question: text() },
        StepKind::Assess => Step::Assess { finding: Finding::CannotTell, text: text() },
        StepKind::TakeStep => {
            let on = crate::desks::first_day();
            Step::TakeStep { what: "investigate".to_owned(), on, result: None }
        }
        StepKind::ReportProgress => Step::ReportProgress { text: text(), next: None },
        _ => Step::Close { reason: text(), resolved: false },
    }
}
