//! Property: whatever is lost, doubled or reordered on the way, no honest event is ever refused, no illegal state comes
//! about, and both nodes read the same of every event that both have.

use crate::steps::{case, event, step};
use comity_affairs::{Arrived, Event, Flow, History, Side, State, Step, table};
use proptest::prelude::*;

/// One move of a play: numbers that choose among what is possible then.
#[derive(Clone, Copy, Debug)]
enum Move {
    Act { side: Side, which: usize },
    Deliver { to: Side, which: usize, keep: bool },
}

struct Node {
    history: History,
    inbox: Vec<Event>,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let side = prop_oneof![Just(Side::Asking), Just(Side::Asked)];
    let one = prop_oneof![
        (side.clone(), any::<usize>()).prop_map(|(side, which)| Move::Act { side, which }),
        (side, any::<usize>(), any::<bool>()).prop_map(|(to, which, keep)| Move::Deliver { to, which, keep }),
    ];
    prop::collection::vec(one, 1..120)
}

fn node(nodes: &mut [Node; 2], side: Side) -> &mut Node {
    &mut nodes[usize::from(side == Side::Asked)]
}

fn act(nodes: &mut [Node; 2], side: Side, which: usize, emergency: bool) {
    let mine = node(nodes, side);
    let view = mine.history.view();
    let mut open = table::open(mine.history.flow(), view.emergency, view.state, side);
    // What the table allows may still need something that is not there; then another step is tried.
    while !open.is_empty() {
        let kind = open.remove(which % open.len());
        let mut said = step(kind, &view, emergency);
        if let (Step::AgreeDay { day }, Some(theirs)) =
            (&mut said, view.disclosure.proposed.get(&side.other()))
        {
            *day = *theirs;
        }
        let next = event(side, mine.history.flow(), said);
        if let Ok(taken) = mine.history.take(next) {
            node(nodes, side.other()).inbox.push(taken);
            return;
        }
    }
}

fn deliver(nodes: &mut [Node; 2], to: Side, which: usize, keep: bool) {
    let node = node(nodes, to);
    if node.inbox.is_empty() {
        return;
    }
    let at = which % node.inbox.len();
    let event = if keep { node.inbox[at].clone() } else { node.inbox.remove(at) };
    match node.history.arrive(event) {
        Ok(Arrived::Placed { dropped, .. }) => assert_eq!(dropped, []),
        other => assert!(other.is_ok(), "{other:?}"),
    }
}

/// The view of the events that both nodes hold, as each of them reads it.
fn common(nodes: &[Node; 2]) -> [comity_affairs::View; 2] {
    let count = |side: Side| nodes.iter().map(|node| node.history.chain(side).count()).min().unwrap();
    let (asking, asked) = (count(Side::Asking), count(Side::Asked));
    [0, 1].map(|at: usize| {
        let mut cut = History::new(case(), nodes[at].history.flow(), true);
        let events = nodes[at].history.chain(Side::Asking).take(asking);
        for event in events.chain(nodes[at].history.chain(Side::Asked).take(asked)) {
            cut.arrive(event.clone()).unwrap();
        }
        assert_eq!(cut.waiting(), 0);
        cut.view()
    })
}

fn legal(view: &comity_affairs::View) {
    let reachable = |state: State| {
        state == State::New
            || state == State::SealedAfterWithdrawal
            || table::edges(view.flow, true).any(|edge| edge.to == Some(state))
    };
    let mut state = State::New;
    for line in &view.lines {
        assert_eq!(line.from, state);
        assert!(reachable(line.to), "{:?}", line);
        assert!(
            !line.crossed || line.side == Side::Asking,
            "an event of the asked side met a state it did not know"
        );
        state = line.to;
    }
    assert_eq!(view.state, state);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn both_nodes_read_the_same(flow in prop::sample::select(Flow::ALL.to_vec()), emergency in any::<bool>(), moves in moves()) {
        let new = || Node { history: History::new(case(), flow, true), inbox: Vec::new() };
        let mut nodes = [new(), new()];
        for one in moves {
            match one {
                Move::Act { side, which } => act(&mut nodes, side, which, emergency),
                Move::Deliver { to, which, keep } => deliver(&mut nodes, to, which, keep),
            }
            let [here, there] = common(&nodes);
            prop_assert_eq!(&here, &there);
            nodes.iter().for_each(|node| legal(&node.history.view()));
        }
        for side in [Side::Asking, Side::Asked] {
            while !node(&mut nodes, side).inbox.is_empty() {
                deliver(&mut nodes, side, 0, false);
            }
            prop_assert_eq!(node(&mut nodes, side).history.waiting(), 0);
        }
        prop_assert_eq!(nodes[0].history.view(), nodes[1].history.view());
        nodes.iter().for_each(|node| legal(&node.history.view()));
    }

    /// The order in which the events of a finished case come makes no difference to what is read.
    #[test]
    fn the_order_of_arrival_makes_no_difference(moves in moves(), order in prop::collection::vec(any::<usize>(), 300)) {
        let new = || Node { history: History::new(case(), Flow::Request, true), inbox: Vec::new() };
        let mut nodes = [new(), new()];
        for one in moves {
            match one {
                Move::Act { side, which } => act(&mut nodes, side, which, false),
                Move::Deliver { to, which, keep } => deliver(&mut nodes, to, which, keep),
            }
        }
        let mut events: Vec<Event> = nodes[0].history.chain(Side::Asking).cloned().collect();
        events.extend(nodes[1].history.chain(Side::Asked).cloned());
        let mut whole = History::new(case(), Flow::Request, true);
        let mut shuffled = History::new(case(), Flow::Request, true);
        for event in &events {
            whole.arrive(event.clone()).unwrap();
        }
        for which in order.iter().copied().chain(std::iter::repeat(0)) {
            if events.is_empty() {
                break;
            }
            let event = events.remove(which % events.len());
            prop_assert!(!matches!(shuffled.arrive(event).unwrap(), Arrived::Known));
        }
        prop_assert_eq!(whole.view(), shuffled.view());
    }
}
