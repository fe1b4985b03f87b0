//! `comity demo`: three nodes of invented States show the main job in thirteen acts.

use crate::{
    Exit, Fault, Screen,
    demo::{self, Theatre},
    screen::Tone,
};
use clap::Args;
use std::path::{Path, PathBuf};

const HELP: &str = "\
Three nodes start on this machine, for the invented States A, B and C. Nothing \
leaves the machine. The exit code is 0 only if every act ended as it should.

Example:
  comity demo
  comity demo --bundle threats.json.zst --keep ./demo

Next:
  comity law bases --from JP --to PH --measure preserve_stored_data";

/// `comity demo`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Demo {
    /// A STIX bundle to cross in the first act, in place of the small one built in
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Leave the nodes up afterwards, until Ctrl-C
    #[arg(long)]
    serve: bool,
    /// Keep everything in this new folder; else it is temporary
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// Plays it.
pub fn run(verb: &Demo, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    if let Some(bundle) = &verb.bundle {
        std::fs::metadata(bundle).map_err(|failed| Fault::file(bundle, &failed))?;
    }
    let temporary = tempfile::Builder::new()
        .prefix("comity-demo-")
        .tempdir()
        .map_err(|failed| Fault::file(&std::env::temp_dir(), &failed))?;
    let folder = match &verb.keep {
        Some(keep) => new_folder(keep)?,
        None => temporary.path().to_owned(),
    };
    demo::open(screen);
    let mut theatre = Theatre::new(&folder, verb.bundle.clone())?;
    theatre.open(&mut |step| demo::step(screen, step))?;
    let exit = demo::play(&mut theatre, screen)?;
    if verb.serve {
        serve(&mut theatre, screen)?;
    }
    Ok(exit)
}

/// Leaves the nodes up for whoever wants to go on with them.
fn serve(theatre: &mut Theatre, screen: &mut Screen<'_>) -> Result<(), Fault> {
    let up = theatre.reopen()?;
    screen.blank();
    screen.say(Tone::Strong, "The nodes are up again, as exercise data, until Ctrl-C. Their folders:");
    up.iter().for_each(|(_, folder)| screen.verbatim(&format!("  --dir {}", folder.display())));
    screen.show_now();
    theatre.wait()
}

fn new_folder(keep: &Path) -> Result<PathBuf, Fault> {
    std::fs::create_dir(keep).map_err(|failed| match failed.kind() {
        std::io::ErrorKind::AlreadyExists => {
            let text = format!("`{}` exists already", keep.display());
            Fault::new(Exit::Usage, "demo/folder-exists", text)
                .with_help("name a folder that does not exist yet")
        }
        _ => Fault::file(keep, &failed),
    })?;
    std::path::absolute(keep).map_err(|failed| Fault::file(keep, &failed))
}
