//! `comity serve`: a node, until it is told to stop.

use crate::{Exit, Fault, Screen, place::Chosen, reach, screen::Tone};
use clap::Args;
use comity_law::EXERCISE;
use comity_node::{app::Running, clock::Clock, config::Config, log, random::SystemRandom};
use serde_json::json;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

const HELP: &str = "\
Every party of the folder is served, strictly apart. Log lines go to standard \
error and never hold the content of records. Ctrl-C or SIGTERM stops gracefully.

Example:
  comity serve --dir ./xa

Next, in another terminal:
  comity peer list --dir ./xa         every verb asks the running node";

/// `comity serve`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Serve {}

/// Serves.
pub fn run(_: &Serve, chosen: &Chosen, screen: &mut Screen<'_>) -> Result<Exit, Fault> {
    let config = chosen.config()?;
    log::start(&config.log).map_err(|fault| Fault::new(Exit::Fault, fault.code(), fault.to_string()))?;
    reach::runtime()?.block_on(async {
        let running = Running::start(&config, Clock::system(), Arc::new(SystemRandom)).await?;
        show(screen, &config, &running);
        stopped().await?;
        running.stop().await?;
        screen.text("Stopped; everything acknowledged is durable.");
        Ok(Exit::Ok)
    })
}

/// Returns when the process is told to stop.
async fn stopped() -> Result<(), Fault> {
    let failed = |failed: std::io::Error| Fault::new(Exit::Fault, "cli/signal", failed.to_string());
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(failed),
        _ = terminate.recv() => Ok(()),
    }
}

fn show(screen: &mut Screen<'_>, config: &Config, running: &Running) {
    let parties: Vec<&str> = running.hosted.keys().map(|party| party.as_str()).collect();
    let (peers, api) = (running.peers_at.map(|at| at.to_string()), running.api_at.map(|at| at.to_string()));
    let socket = config.node.data_dir.join(config.api.socket.as_str());
    let value = json!({ "parties": parties, "peers_at": peers, "api_at": api, "socket": socket });
    screen.answer(&value, |screen| {
        if running.hosted.values().any(|ctx| ctx.exercise) {
            screen.say(Tone::Open, EXERCISE);
        }
        screen.say(Tone::Good, &format!("Serving {}.", parties.join(", ")));
        let none = || "nowhere: this node opens all connections".to_owned();
        screen.item(5, "peers", Tone::Plain, &peers.clone().unwrap_or_else(none));
        screen.item(
            5,
            "api",
            Tone::Plain,
            &format!("{} and the socket {}", api.clone().unwrap_or_default(), socket.display()),
        );
        screen.say(Tone::Faint, "Ctrl-C stops it.");
    });
    screen.show_now();
}
