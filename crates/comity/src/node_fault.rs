//! A node's faults in the command's form.

use crate::{Exit, Fault};
use comity_node::app::{self, NotNow};

impl From<app::Fault> for Fault {
    fn from(fault: app::Fault) -> Fault {
        let exit = if fault.code.starts_with("input/") { Exit::Usage } else { Exit::Fault };
        Fault { exit, code: fault.code.into(), text: fault.text, help: fault.help }
    }
}

impl From<NotNow> for Fault {
    fn from(fault: NotNow) -> Fault {
        Fault::from(app::Fault::from(fault))
    }
}
