//! One node of the demonstration: its folder, its letters, and starting and stopping it.

use crate::{Exit, Fault};
use comity_node::{
    app::{
        Action, Ctx, Fault as NodeFault, Hosted, Running,
        house::AddUnit,
        init::{init, issue_letter},
        peer::{AcceptLetter, fingerprint},
        to_hex,
    },
    clock::Clock,
    config::{Config, Listen, Text},
    random::SystemRandom,
};
use comity_record::{Canonical, Letter, PartyCode, RootSigned, UnitStatement};
use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

/// The law that makes the units of the invented States competent.
const COMPETENCE: &str = "exercise act on network security, section 1";

/// A node that can be started and stopped.
#[derive(Debug)]
pub struct Stand {
    /// Whose node.
    pub party: PartyCode,
    /// Its letter, with the address where it listens.
    pub letter: Option<RootSigned<Letter>>,
    /// Its configuration.
    pub config: Config,
    folder: PathBuf,
    running: Option<Running>,
}

/// An address of loopback that is free, and stays the node's own while it is down: below the ports that systems give to
/// whoever asks for any, and another one for each of the three parties.
fn free_address(party: &PartyCode) -> SocketAddr {
    let place = party.as_str().bytes().last().map_or(0, u32::from);
    let first = std::process::id().wrapping_mul(3).wrapping_add(place % 3);
    let ports = (0..4_000).map(|step| 20_000 + (first + step * 3) % 12_000);
    let addresses =
        ports.filter_map(|port| Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port.try_into().ok()?))));
    let mut free = addresses.filter(|address| std::net::TcpListener::bind(address).is_ok());
    free.next().unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
}

/// A fault of the node as the command tells it.
pub fn told(fault: NodeFault) -> Fault {
    Fault { exit: Exit::Fault, code: fault.code.into(), text: fault.text, help: fault.help }
}

impl Stand {
    /// Makes the folder of a party below `dir`.
    pub fn make(dir: &Path, party: &str) -> Result<Stand, Fault> {
        let party: PartyCode =
            party.parse().map_err(|bad| Fault::new(Exit::Fault, "demo/party", format!("{bad}")))?;
        let folder = dir.join(party.as_str());
        std::fs::create_dir_all(&folder).map_err(|failed| Fault::file(&folder, &failed))?;
        let path = folder.join("comity.toml");
        init(&path, &party, "", &Clock::system(), &SystemRandom).map_err(told)?;
        let mut config =
            Config::load(&path).map_err(|fault| Fault::new(Exit::Fault, fault.code(), fault.to_string()))?;
        config.node.peer_listen = Text(Listen::At(free_address(&party)));
        Ok(Stand { party, letter: None, config, folder, running: None })
    }

    /// Starts the node.
    pub async fn start(&mut self) -> Result<(), Fault> {
        let running =
            Running::start(&self.config, Clock::system(), Arc::new(SystemRandom)).await.map_err(told)?;
        self.running = Some(running);
        Ok(())
    }

    /// Enters the unit that may exchange, and writes the letter with the address where the node listens now.
    pub async fn introduce(&mut self) -> Result<(), Fault> {
        let unit = AddUnit {
            code: "cert".to_owned(),
            name: "National CERT".to_owned(),
            parent: None,
            competence: COMPETENCE.to_owned(),
            purposes: Vec::new(),
            from: None,
        };
        unit.run(self.ctx()?).await.map_err(told)?;
        let address = self.running()?.peers_at.map(|at| at.to_string()).unwrap_or_default();
        self.config.party.entry(Text(self.party.clone())).or_default().address = address;
        let public = UnitStatement {
            unit: "cert".parse().map_err(|bad| Fault::new(Exit::Fault, "demo/unit", format!("{bad}")))?,
            competence: COMPETENCE.to_owned(),
            purposes: BTreeSet::new(),
        };
        let path = self.folder.join("comity.toml");
        let letter =
            issue_letter(&self.config, &path, &self.party, vec![public], &Clock::system()).map_err(told)?;
        self.letter = Some(letter);
        Ok(())
    }

    /// Accepts another node's letter; the demonstration compares the fingerprint as two officers would by telephone.
    pub async fn accept(&self, other: &Stand) -> Result<(), Fault> {
        let missing = || Fault::new(Exit::Fault, "demo/letter", format!("{} has no letter yet", other.party));
        let signed = other.letter.as_ref().ok_or_else(missing)?;
        let letter =
            signed.introduce().map_err(|fault| Fault::new(Exit::Fault, fault.code(), fault.to_string()))?;
        let accept = AcceptLetter { letter: to_hex(&signed.to_bytes()), fingerprint: fingerprint(&letter) };
        accept.run(self.ctx()?).await.map_err(told)?;
        Ok(())
    }

    /// The party's desk without listener and links: nothing reaches it but what is carried in by hand.
    pub async fn offline(&self) -> Result<Hosted, Fault> {
        let settings = self.config.party.get(&Text(self.party.clone())).cloned().unwrap_or_default();
        let random = Arc::new(SystemRandom);
        Hosted::open(&self.config.node.data_dir, &self.party, &settings, Clock::system(), random)
            .await
            .map_err(told)
    }

    /// Stops the node.
    pub async fn stop(&mut self) -> Result<(), Fault> {
        match self.running.take() {
            Some(running) => running.stop().await.map_err(told),
            None => Ok(()),
        }
    }

    /// What actions need.
    pub fn ctx(&self) -> Result<&Ctx, Fault> {
        let stopped =
            || Fault::new(Exit::Fault, "demo/stopped", format!("the node of {} is not running", self.party));
        self.running()?.hosted.get(&self.party).ok_or_else(stopped)
    }

    /// The running node.
    pub fn running(&self) -> Result<&Running, Fault> {
        let stopped =
            || Fault::new(Exit::Fault, "demo/stopped", format!("the node of {} is not running", self.party));
        self.running.as_ref().ok_or_else(stopped)
    }

    /// The folder of the embedded store.
    pub fn store(&self) -> PathBuf {
        self.config.node.data_dir.join(self.party.as_str()).join("store")
    }

    /// The node's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}
