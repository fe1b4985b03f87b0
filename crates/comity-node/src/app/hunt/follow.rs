//! A hunt in a log that grows. What a node comes to hold meanwhile is hunted with from then on.

use super::{Fault, FoundShown, Given, HuntShown, Judged, add, compiled, files::unreadable, found_shown};
use crate::matching::tail::{Piece, Tail};
use comity_threat::{
    hunt::{Hunting, Patterns, observation_of},
    log::{Lines, Roles},
};
use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
    sync::Arc,
};

/// The name of an observation is its line, below the number of the file.
const LINE_BITS: u32 = 40;
/// Sets of patterns that are asked beside each other. A further one makes them one set again.
const SETS: usize = 16;

/// What a hunt is told between two turns.
#[derive(Debug)]
pub enum Next {
    /// To go on.
    On,
    /// To go on with these as what the node holds now.
    With(Vec<Given>),
    /// To end.
    Stop,
}

/// Hunts in a log until it is told to stop: with `files`, and with what a node holds. `found` hears each find, and `next` is
/// asked after each turn, with whether anything was read.
///
/// # Errors
/// A log that cannot be read, patterns that cannot be compiled, and what `next` says.
pub fn follow(
    files: Vec<Given>,
    held: Vec<Given>,
    judged: Judged<'_>,
    log: &Path,
    found: &mut dyn FnMut(FoundShown),
    next: &mut dyn FnMut(bool) -> Result<Next, Fault>,
) -> Result<HuntShown, Fault> {
    let roles = Roles::built_in().map_err(|fault| Fault::new(fault.code(), fault.to_string()))?;
    let mut sets = Sets::default();
    sets.add(files)?;
    sets.own = sets.all.len();
    sets.hold(held)?;
    let mut reading = Reading { roles: &roles, lines: Lines::new(&roles, None), file: 0, unread: 0 };
    let mut tail = Tail::new(log);
    loop {
        let turn = tail.turn(&mut |piece| reading.take(piece, &mut sets, judged));
        let read = turn.map_err(|why| unreadable(log, &why))?;
        sets.tell(log, found);
        match next(read)? {
            Next::On => {}
            Next::With(held) => sets.hold(held)?,
            Next::Stop => break,
        }
    }
    tail.close(&mut |piece| reading.take(piece, &mut sets, judged));
    let unread = reading.unread;
    Ok(HuntShown { unread_lines: unread, ..sets.finish(log, judged, found) })
}

/// The log so far.
struct Reading<'r> {
    roles: &'r Roles,
    lines: Lines<'r>,
    file: u64,
    unread: u64,
}

impl Reading<'_> {
    fn take(&mut self, piece: Piece<'_>, sets: &mut Sets, judged: Judged<'_>) -> usize {
        let Piece::Text { bytes, last } = piece else {
            self.lines = Lines::new(self.roles, None);
            self.file += 1;
            return 0;
        };
        let end = if last {
            Some(bytes.len())
        } else {
            bytes.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1)
        };
        let whole = bytes.get(..end.unwrap_or(0)).unwrap_or_default();
        for line in whole.split_inclusive(|byte| *byte == b'\n') {
            let (first, unread) = (self.file << LINE_BITS, &mut self.unread);
            self.lines.read(line, |number, record| match observation_of(String::new(), record) {
                Some(observation) => {
                    judged.with(|judging| {
                        sets.all
                            .iter_mut()
                            .for_each(|set| set.hunting.observe(first | number, &observation, judging));
                    });
                }
                None => *unread += 1,
            });
        }
        whole.len()
    }
}

/// Patterns that were compiled together, and those of them that count no more.
struct Set {
    patterns: Arc<Patterns>,
    hunting: Hunting,
    ended: BTreeSet<usize>,
}

#[derive(Default)]
struct Sets {
    all: Vec<Set>,
    /// How many of them, from the first, are of files.
    own: usize,
    /// What the node holds, as it was taken, with its set and its place there.
    held: HashMap<String, (Given, usize, usize)>,
    put_together: u64,
}

impl Sets {
    fn add(&mut self, given: Vec<Given>) -> Result<(), Fault> {
        if !given.is_empty() {
            let patterns = Arc::new(compiled(given)?);
            let hunting = Hunting::new(Arc::clone(&patterns));
            self.all.push(Set { patterns, hunting, ended: BTreeSet::new() });
        }
        Ok(())
    }

    /// Takes what a node holds now: what is new or another version is added, what went or was changed ends.
    fn hold(&mut self, held: Vec<Given>) -> Result<(), Fault> {
        let now: BTreeSet<&str> = held.iter().map(|given| given.indicator.as_str()).collect();
        let gone: Vec<String> = self.held.keys().filter(|id| !now.contains(id.as_str())).cloned().collect();
        gone.iter().for_each(|id| self.end(id));
        let is_new = |given: &Given| self.held.get(&given.indicator).is_none_or(|(known, ..)| known != given);
        let new: Vec<Given> = held.into_iter().filter(is_new).collect();
        new.iter().for_each(|given| self.end(&given.indicator));
        let number = self.all.len();
        for (place, given) in new.iter().enumerate() {
            self.held.insert(given.indicator.clone(), (given.clone(), number, place));
        }
        self.add(new)?;
        if self.all.len() > SETS { self.put_together() } else { Ok(()) }
    }

    fn end(&mut self, id: &str) {
        let Some((_, number, place)) = self.held.remove(id) else { return };
        if let Some(set) = self.all.get_mut(number) {
            set.ended.insert(place);
        }
    }

    /// Makes one set of those of the node. What their patterns of several observations had seen is let go, and counted.
    fn put_together(&mut self) -> Result<(), Fault> {
        let held: Vec<Given> =
            std::mem::take(&mut self.held).into_values().map(|(given, ..)| given).collect();
        self.all.truncate(self.own);
        self.put_together += 1;
        self.hold(held)
    }

    /// Tells what was found since, but what ended meanwhile.
    fn tell(&mut self, log: &Path, found: &mut dyn FnMut(FoundShown)) {
        for set in &mut self.all {
            for one in set.hunting.found(&|name| named(log, name)) {
                if !set.ended.contains(&one.indicator) {
                    found(found_shown(&set.patterns, one));
                }
            }
        }
    }

    fn finish(self, log: &Path, judged: Judged<'_>, found: &mut dyn FnMut(FoundShown)) -> HuntShown {
        let mut shown = HuntShown { put_together: self.put_together, ..HuntShown::default() };
        for set in self.all {
            let mut hunted = judged.with(|judging| set.hunting.finish(&|name| named(log, name), judging));
            hunted.sighted.retain(|one| !set.ended.contains(&one.indicator));
            // Every set is asked of the same observations, from when it came on.
            let observations = shown.observations.max(hunted.observations);
            add(&mut shown, &set.patterns, hunted);
            shown.observations = observations;
            shown.patterns -= set.ended.len() as u64;
            std::mem::take(&mut shown.found).into_iter().for_each(&mut *found);
        }
        shown
    }
}

fn named(log: &Path, name: u64) -> String {
    format!("{}:{}", log.display(), name & ((1 << LINE_BITS) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{matching::Lists, random::SystemRandom};
    use std::{collections::VecDeque, fs, io::Write};

    const HEADER: &str = "#separator \\x09\n#fields\tts\tid.orig_h\tquery\n";

    fn given(number: usize, pattern: &str) -> Given {
        Given {
            indicator: format!("indicator--{number}"),
            name: None,
            pattern: pattern.to_owned(),
            version: "2.1".to_owned(),
            from: None,
            until: None,
            revoked: false,
        }
    }

    fn name(number: usize, name: &str) -> Given {
        given(number, &format!("[domain-name:value = '{name}']"))
    }

    /// Follows a log through steps: what is written to it, and what the node holds from then on. Tells what each step found.
    fn followed(held: Vec<Given>, steps: Vec<(&str, Option<Vec<Given>>)>) -> (Vec<Vec<String>>, HuntShown) {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("dns.log");
        fs::write(&log, HEADER).unwrap();
        let lists = Lists::load(&[], false, &SystemRandom).unwrap();
        let found = std::cell::RefCell::new(vec![Vec::new()]);
        let mut steps = VecDeque::from(steps);
        let next = &mut |read: bool| {
            if read {
                found.borrow_mut().push(Vec::new());
            }
            let Some((names, held)) = steps.pop_front() else { return Ok(Next::Stop) };
            let mut file = fs::OpenOptions::new().append(true).open(&log).unwrap();
            for name in names.split_whitespace() {
                writeln!(file, "1772366400.5\t192.0.2.1\t{name}").unwrap();
            }
            Ok(held.map_or(Next::On, Next::With))
        };
        let each = &mut |one: FoundShown| {
            let told = format!("{} {}", one.indicator, one.observations.len());
            found.borrow_mut().last_mut().unwrap().push(told);
        };
        let judged = Judged { lists: &lists, any_time: false };
        let shown = follow(Vec::new(), held, judged, &log, each, next).unwrap();
        (found.into_inner().into_iter().filter(|step| !step.is_empty()).collect(), shown)
    }

    #[test]
    fn what_a_node_comes_to_hold_counts_from_then_on_and_what_goes_ends() {
        let (one, two) = (name(1, "one.example"), name(2, "two.example"));
        let changed = name(2, "three.example");
        let all = "one.example two.example three.example";
        let (found, shown) = followed(
            vec![one.clone()],
            vec![
                (all, None),
                (all, Some(vec![one.clone(), two])),
                (all, Some(vec![one, changed.clone()])),
                (all, Some(vec![changed])),
            ],
        );
        let steps: Vec<Vec<&str>> = vec![
            vec!["indicator--1 1"],
            vec!["indicator--1 1", "indicator--2 1"],
            vec!["indicator--1 1", "indicator--2 1"],
            vec!["indicator--2 1"],
        ];
        assert_eq!(found, steps);
        assert_eq!((shown.patterns, shown.put_together), (1, 0));
    }

    #[test]
    fn what_several_observations_have_shown_outlives_what_comes_until_there_is_too_much() {
        let both = given(0, "[domain-name:value = 'a.example'] FOLLOWEDBY [domain-name:value = 'b.example']");
        let held = |count: usize| {
            let more = (1..=count).map(|number| name(number, &format!("n{number}.example")));
            std::iter::once(both.clone()).chain(more).collect::<Vec<_>>()
        };
        let (found, shown) =
            followed(held(0), vec![("a.example", Some(held(1))), ("", Some(held(2))), ("b.example", None)]);
        assert_eq!((found, shown.put_together), (vec![vec!["indicator--0 2".to_owned()]], 0));
        let mut steps = vec![("a.example", None)];
        steps.extend((1..=SETS + 1).map(|count| ("n1.example", Some(held(count)))));
        steps.push(("b.example", None));
        let (found, shown) = followed(held(0), steps);
        assert_eq!(shown.put_together, 1);
        assert!(found.iter().flatten().all(|one| one == "indicator--1 1"), "{found:?}");
        assert_eq!((found.len(), shown.patterns), (SETS + 1, SETS as u64 + 2));
    }
}
