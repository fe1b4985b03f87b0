//! Inside a State: the tree of its authorities, and tasks that go down it and come back. The other State sees none of
//! this: it sees that the case is in execution, and the desk that answers.

mod authority;
mod draft;
mod hours;
mod languages;
mod task;
mod unit_key;

pub use authority::{Authority, AuthorityKind, CallBack, NoKind, Place, Tree, TreeFault};
pub use draft::{Approval, Authorisation, Desk, Draft, HomeEntry, Mandate, Role, Rule};
pub use hours::{Hours, HoursFault};
pub use languages::{Accepted, NoTag};
pub use task::{Done, Task, TaskAct, TaskFault, TaskGiven, TaskState, TaskStep, Tasks, may_see};
pub use unit_key::{DatedKey, PeerUnitKeys, UnitKey, UnitKeys};
