//! What happens in one step.

use super::{
    Broken,
    cast::{BYZANTINE, CALLER_ONLY, CODES, COMPETENCE, code},
    node::Did,
    turns::fault_of,
    world::{Message, World},
};
use comity_border::{Competence, Direction, Request};
use comity_exchange::{DeskFault, Manuscript, Shared, Sharing};
use comity_ledger::memory::block_on;
use comity_record::{
    Labels, RecordId,
    body::Recall,
    label::{Personal, Purpose, Tlp},
};

/// Stands in every RED object; must never be seen on the wire.
pub(super) const RED_MARK: &str = "red-mark-";
/// Stands in every person's contact; must be redacted before anything is sent.
pub(super) const PERSON_MARK: &str = "person-mark-";

/// What kind of record is authored.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Plain(Tlp),
    Red,
    Person,
}

impl World {
    /// One step, drawn.
    pub fn act(&mut self) -> Result<(), Broken> {
        match self.below(100) {
            0..=13 => self.author_and_share(),
            14..=15 => self.share_again(),
            16..=17 => self.case_step(),
            18..=35 => self.begin_session(),
            36..=41 => {
                let to = self.pick(BYZANTINE);
                // Twice, so that both histories may come while the peer's witness stands where it is.
                self.call(BYZANTINE, to)?;
                self.call(BYZANTINE, to)
            }
            42..=76 => self.deliver(),
            77..=81 => self.arm_crash(),
            82 => self.restart(),
            83..=85 => self.roll_back(),
            86..=90 => self.back_up(),
            91..=92 => self.partition(),
            93..=94 => self.suspend_or_resume(),
            95 => self.recall(),
            96 => self.announce(),
            97 => self.erase(),
            _ => self.shift_clock(),
        }
    }

    fn author_and_share(&mut self) -> Result<(), Broken> {
        let from = self.pick(CODES.len());
        if from == BYZANTINE {
            let object = self.object(Kind::Plain(Tlp::Green));
            let to = self.pick(BYZANTINE);
            self.byzantine.author_and_share(&mut self.random, self.now, to, object);
            return Ok(());
        }
        let kind = match self.below(10) {
            0..=4 => Kind::Plain(Tlp::Green),
            5 => Kind::Plain(Tlp::Clear),
            6 => Kind::Plain(Tlp::Amber),
            7 => Kind::Red,
            _ => Kind::Person,
        };
        let Some(record) = self.author(from, kind)? else { return Ok(()) };
        if matches!(kind, Kind::Red) {
            self.observer.red.insert(record);
        }
        for _ in 0..=self.below(2) {
            let to = self.another(from);
            self.share(from, to, record)?;
        }
        Ok(())
    }

    fn author(&mut self, from: usize, kind: Kind) -> Result<Option<RecordId>, Broken> {
        let tlp = match kind {
            Kind::Plain(tlp) => tlp,
            Kind::Red => Tlp::Red,
            Kind::Person => Tlp::Green,
        };
        let mut labels = Labels::new(tlp);
        labels.set("category", "technical-indicator").map_err(|fault| fault.to_string())?;
        let mut objects = vec![self.object(kind)];
        if matches!(kind, Kind::Person) {
            labels.personal = Personal::Personal;
            objects.push(self.object(Kind::Plain(Tlp::Green)));
        }
        self.touched.insert(from);
        let node = &mut self.nodes[from];
        let now = node.clock(self.now);
        let manuscript = Manuscript::objects(labels, objects);
        let authored = block_on(node.desk.author(now, &mut node.entropy, vec![manuscript]));
        let authored = match node.after(authored)? {
            Did::Crashed => return self.died(from, "authoring"),
            Did::Done(Err(DeskFault::TailLost { .. })) => return Ok(None),
            Did::Done(authored) => authored.map_err(|fault| fault_of(from, "cannot author", &fault))?,
        };
        self.report.authored += 1;
        let record = authored[0].record;
        self.note(format!("{} authors {} ({kind:?})", CODES[from], record.0.short()));
        Ok(Some(record))
    }

    fn object(&mut self, kind: Kind) -> Vec<u8> {
        self.objects += 1;
        let n = self.objects;
        let common = r#""spec_version":"2.1","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z""#;
        match kind {
            Kind::Person => format!(
                r#"{{"type":"identity","id":"identity--00000000-0000-4000-8000-{n:012}",{common},"name":"Person {n}","identity_class":"individual","contact_information":"{PERSON_MARK}{n}@example.org"}}"#
            ),
            _ => {
                let host = if matches!(kind, Kind::Red) { RED_MARK } else { "c2-" };
                format!(
                    r#"{{"type":"indicator","id":"indicator--00000000-0000-4000-8000-{n:012}",{common},"pattern":"[domain-name:value = '{host}{n}.example']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"}}"#
                )
            }
        }
        .into_bytes()
    }

    /// Shares a record; what was refused and cleared is counted.
    pub fn share(&mut self, from: usize, to: usize, record: RecordId) -> Result<(), Broken> {
        self.touched.insert(from);
        let node = &mut self.nodes[from];
        let now = node.clock(self.now);
        let request = request(from, to, now);
        let shared = block_on(node.desk.share(now, &mut node.entropy, vec![Sharing { record, request }]));
        let shared: Vec<Shared> = match node.after(shared)? {
            Did::Crashed => return self.died::<()>(from, "sharing").map(drop),
            Did::Done(Err(
                DeskFault::Recalled { .. } | DeskFault::Erased { .. } | DeskFault::TailLost { .. },
            )) => return Ok(()),
            Did::Done(shared) => shared.map_err(|fault| fault_of(from, "cannot share", &fault))?,
        };
        for one in shared {
            let cleared = one.position.is_some();
            self.report.cleared += u64::from(cleared);
            self.report.refused += u64::from(!cleared);
            let (word, record) = (if cleared { "cleared" } else { "refused" }, one.judged.0.short());
            self.note(format!("{} has {record} {word} for {}", CODES[from], CODES[to]));
        }
        Ok(())
    }

    /// A record held, own or received, goes to one more peer.
    fn share_again(&mut self) -> Result<(), Broken> {
        let from = self.pick(BYZANTINE);
        let desk = &self.nodes[from].desk;
        let (own, received) = (block_on(desk.own_records()), block_on(desk.received_records()));
        let Did::Done(own) = self.nodes[from].after(own)? else { return Ok(()) };
        let mut records = own.map_err(|fault| fault_of(from, "cannot list records", &fault))?;
        records.extend(received.map_err(|fault| fault_of(from, "cannot list records", &fault))?);
        if records.is_empty() {
            return Ok(());
        }
        let (at, to) = (self.pick(records.len()), self.another(from));
        self.share(from, to, records[at].0)
    }

    fn begin_session(&mut self) -> Result<(), Broken> {
        let from = self.pick(CODES.len());
        let to = self.another(from);
        // Some sessions go through at once, so that witnesses do not lag behind for most of a run.
        let honest = from != BYZANTINE && to != BYZANTINE && World::can_be_called(to);
        if honest && !self.is_cut(from, to) && self.chance(40) {
            return self.converse(from, to);
        }
        self.call(from, to)
    }

    fn arm_crash(&mut self) -> Result<(), Broken> {
        let (node, after, durable) = (self.pick(BYZANTINE), self.below(4), self.chance(50));
        self.nodes[node].arm(after, durable);
        let how = if durable { "after" } else { "before" };
        self.note(format!("{} will die {how} its write {after}", CODES[node]));
        Ok(())
    }

    fn restart(&mut self) -> Result<(), Broken> {
        let node = self.pick(BYZANTINE);
        self.touched.insert(node);
        self.note(format!("{} is started again", CODES[node]));
        self.nodes[node].restart()
    }

    fn back_up(&mut self) -> Result<(), Broken> {
        let node = self.pick(BYZANTINE);
        if !self.nodes[node].desk.was_cosigned() {
            // A log that was never cosigned is exempt from the check at start, and putting it back forks it.
            return Ok(());
        }
        let (image, size) = (self.nodes[node].store.image(), self.nodes[node].durable_log()?.size());
        self.nodes[node].images.push((image, size));
        self.note(format!("{} is backed up", CODES[node]));
        Ok(())
    }

    fn roll_back(&mut self) -> Result<(), Broken> {
        let mut backups = Vec::new();
        for (number, node) in self.nodes.iter().enumerate() {
            backups.extend((0..node.images.len()).map(|at| (number, at)));
        }
        // What matters is the loss of what somebody saw.
        let mut seen = Vec::new();
        for (number, at) in &backups {
            let size = self.nodes[*number].images[*at].1;
            if self.seen_by_others(*number)? > size {
                seen.push((*number, *at));
            }
        }
        let backups = if seen.is_empty() || self.chance(20) { backups } else { seen };
        if backups.is_empty() {
            return Ok(());
        }
        let (node, at) = backups[self.pick(backups.len())];
        let (image, is) = self.nodes[node].images[at].clone();
        self.nodes[node].images.truncate(at + 1);
        self.report.rollbacks += 1;
        self.touched.insert(node);
        let was = self.nodes[node].head.0;
        self.nodes[node].roll_back(image)?;
        self.note(format!("the disk of {} goes from {was} back to {is} entries", CODES[node]));
        // A node that comes back talks to its peers before much else happens.
        let (mut others, origin) = (Vec::new(), self.nodes[node].letter.ledger.clone());
        for other in (0..BYZANTINE).filter(|other| *other != node && !self.is_cut(node, *other)) {
            let watched = self.observer.witnessed(&self.nodes[other], &origin, self.now)?;
            others.extend((watched.head().size > is).then_some(other));
        }
        if !others.is_empty() && self.chance(60) {
            let other = others[self.pick(others.len())];
            let (caller, called) = if World::can_be_called(other) { (node, other) } else { (other, node) };
            self.converse(caller, called)?;
        }
        Ok(())
    }

    /// Three turns each way, unless somebody dies.
    fn converse(&mut self, caller: usize, called: usize) -> Result<(), Broken> {
        for _ in 0..3 {
            let Some(bytes) = self.compose(caller, called, None)? else { return Ok(()) };
            let asked = Message { from: caller, to: called, reply: false, bytes };
            let Some(lacking) = self.arrive(&asked)? else { return Ok(()) };
            let Some(bytes) = self.compose(called, caller, Some(lacking))? else { return Ok(()) };
            self.arrive(&Message { from: called, to: caller, reply: true, bytes })?;
        }
        Ok(())
    }

    /// The longest head of a node's ledger that an honest peer cosigned.
    fn seen_by_others(&self, of: usize) -> Result<u64, Broken> {
        let mut longest = 0;
        for by in (0..BYZANTINE).filter(|by| *by != of) {
            let origin = &self.nodes[of].letter.ledger;
            let watched = self.observer.witnessed(&self.nodes[by], origin, self.now)?;
            longest = longest.max(watched.head().size);
        }
        Ok(longest)
    }

    fn partition(&mut self) -> Result<(), Broken> {
        if self.chance(50) {
            self.cuts.clear();
            self.note("the network is whole".to_owned());
            return Ok(());
        }
        let side = self.below(1 << CODES.len());
        let is_in = |node: usize| side >> node & 1 == 1;
        for a in 0..CODES.len() {
            for b in a + 1..CODES.len() {
                if is_in(a) != is_in(b) {
                    self.cuts.insert((a, b));
                }
            }
        }
        self.note(format!("the network falls apart: {side:06b}"));
        Ok(())
    }

    fn suspend_or_resume(&mut self) -> Result<(), Broken> {
        let node = self.pick(BYZANTINE);
        let other = self.another(node);
        let is_suspended = self.is_suspended(node, other)?;
        // Suspensions last a while, but not for most of a run.
        if is_suspended || self.chance(60) { self.suspension(node, other, !is_suspended) } else { Ok(()) }
    }

    pub fn is_suspended(&self, node: usize, other: usize) -> Result<bool, Broken> {
        let peer = self.nodes[node].desk.peer(&code(other));
        Ok(peer.map_err(|fault| fault_of(node, "has no peer", &fault))?.suspended.is_some())
    }

    pub fn suspension(&mut self, node: usize, other: usize, suspend: bool) -> Result<(), Broken> {
        self.touched.insert(node);
        let one = &mut self.nodes[node];
        let (now, peer) = (one.clock(self.now), code(other));
        let done = if suspend {
            block_on(one.desk.suspend(now, &mut one.entropy, &peer, "exercise"))
        } else {
            block_on(one.desk.resume(now, &mut one.entropy, &peer))
        };
        match one.after(done)? {
            Did::Crashed => return self.died::<()>(node, "suspending").map(drop),
            Did::Done(Err(DeskFault::TailLost { .. })) => return Ok(()),
            Did::Done(done) => done.map_err(|fault| fault_of(node, "cannot suspend", &fault))?,
        }
        let word = if suspend { "suspends" } else { "resumes" };
        self.note(format!("{} {word} {}", CODES[node], CODES[other]));
        Ok(())
    }

    fn recall(&mut self) -> Result<(), Broken> {
        let node = self.pick(BYZANTINE);
        let own = block_on(self.nodes[node].desk.own_records());
        let own = own.map_err(|fault| fault_of(node, "cannot list records", &fault))?;
        if own.is_empty() {
            return Ok(());
        }
        let record = own[self.pick(own.len())].0;
        let recall = Recall::withdrawal(record, Vec::new(), "mistaken");
        self.touched.insert(node);
        let one = &mut self.nodes[node];
        let now = one.clock(self.now);
        let request = request(node, if node == 0 { 1 } else { 0 }, now);
        let recalled = block_on(one.desk.recall(now, &mut one.entropy, recall, request));
        match one.after(recalled)? {
            Did::Crashed => return self.died::<()>(node, "recalling").map(drop),
            Did::Done(Err(DeskFault::Erased { .. } | DeskFault::TailLost { .. })) => return Ok(()),
            Did::Done(recalled) => recalled.map_err(|fault| fault_of(node, "cannot recall", &fault))?,
        };
        self.report.recalls += 1;
        self.note(format!("{} recalls {}", CODES[node], record.0.short()));
        Ok(())
    }

    /// The root of a node signs a letter or a revocation.
    fn announce(&mut self) -> Result<(), Broken> {
        let (node, revoke) = (self.pick(BYZANTINE), self.chance(40));
        self.touched.insert(node);
        let now = self.now;
        let one = &mut self.nodes[node];
        let statement = one.next_statement(node, now, revoke);
        let at = one.clock(now);
        let announced = block_on(one.desk.announce(at, &mut one.entropy, statement.clone()));
        match one.after(announced)? {
            Did::Crashed => return self.died::<()>(node, "announcing").map(drop),
            Did::Done(Err(DeskFault::TailLost { .. })) => {
                return self.nodes[node].desk.intend(statement).map_err(|fault| fault.to_string());
            }
            Did::Done(announced) => {
                let announced = announced.map_err(|fault| fault_of(node, "cannot announce", &fault))?;
                announced.map_err(|fault| format!("{} cannot announce: {fault}", CODES[node]))?;
            }
        }
        self.note(format!(
            "the root of {} signs a {}",
            CODES[node],
            if revoke { "revocation" } else { "letter" }
        ));
        Ok(())
    }

    fn erase(&mut self) -> Result<(), Broken> {
        let node = self.pick(BYZANTINE);
        let own = block_on(self.nodes[node].desk.own_records());
        let own = own.map_err(|fault| fault_of(node, "cannot list records", &fault))?;
        if own.is_empty() {
            return Ok(());
        }
        let record = own[self.pick(own.len())].0;
        self.touched.insert(node);
        let one = &mut self.nodes[node];
        let now = one.clock(self.now);
        let erased = block_on(one.desk.erase(now, &mut one.entropy, record, &[], None));
        match one.after(erased)? {
            Did::Crashed => return self.died::<()>(node, "erasing").map(drop),
            Did::Done(Err(DeskFault::TailLost { .. })) => return Ok(()),
            Did::Done(erased) => erased.map_err(|fault| fault_of(node, "cannot erase", &fault))?,
        };
        self.report.erased += 1;
        self.note(format!("{} erases {}", CODES[node], record.0.short()));
        Ok(())
    }

    fn shift_clock(&mut self) -> Result<(), Broken> {
        const MINUTE: i64 = 60_000;
        const DAY: i64 = 24 * 60 * MINUTE;
        if self.chance(20) && self.report.turns > 10 {
            // Longer than half the life of a dispatch: what waits must be judged again.
            self.now = self.now.plus_millis(16 * DAY);
            self.note("sixteen days pass".to_owned());
            return Ok(());
        }
        let node = self.pick(BYZANTINE);
        let skews = [0, 0, 3 * MINUTE, -3 * MINUTE, 9 * MINUTE, -9 * MINUTE, 120 * MINUTE, -DAY, 3 * DAY];
        self.nodes[node].skew = skews[self.pick(skews.len())];
        let minutes = self.nodes[node].skew / MINUTE;
        self.note(format!("the clock of {} is {minutes} minutes off", CODES[node]));
        Ok(())
    }
}

/// The request under which everything here crosses.
pub(super) fn request(from: usize, to: usize, now: comity_record::Timestamp) -> Request {
    let mut request = Request::new(Direction::Sending, code(from), code(to), Purpose::CyberDefence, now);
    let unit = Competence { unit: "cert".parse().unwrap(), citation: COMPETENCE.to_owned() };
    request.sender_unit = Some(unit.clone());
    request.receiver_unit = Some(unit);
    request
}

// The node that only calls is one of the honest ones.
const _: () = assert!(CALLER_ONLY < BYZANTINE);
