//! The configuration: one struct, read once, passed by value.
//!
//! It is strict: an unknown key is an error with its line, its column and a near match. The doc comments below are the
//! comments of the sample that `comity config` writes, so that the two cannot differ.

mod fault;
mod sample;
mod section;
mod store;

#[cfg(test)]
mod tests;

pub use fault::ConfigFault;
pub use section::{Listen, LogFormat, RecallHandling, Text};
pub use store::{PostgresUrl, StoreChoice};

use comity_record::{PartyCode, label::Tlp};
use section::section;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

/// The longest configuration that is read, in bytes.
const LIMIT: usize = 1024 * 1024;

/// The whole configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The process.
    pub node: Node,
    /// What peers may ask of it.
    pub peers: Peers,
    /// The local API.
    pub api: Api,
    /// TAXII.
    pub taxii: Taxii,
    /// Oblivious lookups.
    pub lookup: Lookup,
    /// Witnesses of the ledger.
    pub witness: Witness,
    /// Evidence.
    pub evidence: Evidence,
    /// Services of time-stamps by name.
    pub timestamp: BTreeMap<String, TimeStamp>,
    /// The log.
    pub log: Log,
    /// The parties hosted, by code; each has its own folder, keys, ledger and packs.
    pub party: BTreeMap<Text<PartyCode>, Party>,
}

section! {
    /// The process.
    Node {
        /// Where everything is kept. A relative path counts from the folder of this file.
        data_dir: PathBuf = PathBuf::from("comity-data"),
        /// Where peers connect: `address:port`; port 0 takes a free one. Empty: peers cannot connect, and this node
        /// opens all connections itself.
        peer_listen: Text<Listen> = Text(Listen::at("0.0.0.0:4433")),
        /// How long a pull waits for something new before it comes back empty, in seconds.
        long_poll_seconds: u32 = 25,
        /// How long connections may finish after a stop signal, in seconds.
        drain_seconds: u32 = 10,
        /// Connections open at once, on each listener.
        connections: u32 = 1024,
    }
}

section! {
    /// What each peer may ask of each party hosted here.
    Peers {
        /// Requests per minute.
        requests_per_minute: u32 = 1_200,
        /// Bytes of bodies per minute, both directions together.
        bytes_per_minute: u64 = 4_294_967_296,
        /// Requests in work at once.
        at_once: u32 = 4,
        /// How long opening a connection to a peer may take, in seconds.
        connect_seconds: u32 = 15,
        /// The longest pause between two attempts to reach a peer, in seconds.
        retry_seconds: u32 = 900,
    }
}

section! {
    /// The local API and TAXII, for the command line and for tools. Other machines are served only over TLS.
    Api {
        /// A loopback address such as `127.0.0.1:8080`, or with a certificate any address; port 0 takes a free one, written
        /// to `api.address` in the data folder where it is loopback in clear. Empty: no TCP.
        listen: Text<Listen> = Text(Listen::at("127.0.0.1:0")),
        /// The certificate chain in PEM, the leaf first, by which TCP speaks TLS 1.2 or 1.3. Empty: in clear.
        certificate: PathBuf = PathBuf::new(),
        /// The private key of the certificate in PEM.
        key: PathBuf = PathBuf::new(),
        /// A Unix socket in the data folder. Empty: none.
        socket: String = "api.sock".to_owned(),
        /// The longest body of a request, in bytes.
        body_bytes: u32 = 16_777_216,
        /// Requests per minute for each token.
        requests_per_minute: u32 = 600,
    }
}

section! {
    /// TAXII 2.1, below `/taxii2/` on the listener of the API.
    Taxii {
        /// The longest body of a request, in bytes.
        body_bytes: u32 = 16_777_216,
        /// Requests per minute for each token.
        requests_per_minute: u32 = 12_000,
    }
}

section! {
    /// Oblivious lookups: what peers may ask without showing it. An asker can guess, and learns a bit for each question,
    /// so these numbers decide how much of what is held can be guessed: docs/design/lookup.md says how to reckon.
    Lookup {
        /// Questions that each peer may ask in a day. 0: none are answered.
        per_day: u32 = 1_000,
        /// Questions in one block, which is entered in the ledger; what is left of a block at a stop is lost.
        block: u32 = 100,
        /// After how many days the key is replaced. Until then an asker can compare old answers with new records.
        key_days: u32 = 7,
    }
}

section! {
    /// Witnesses of the ledger.
    Witness {
        /// How many cosignatures a checkpoint needs. Where there are three parties or more, sender and receiver of a
        /// crossing do not count for it.
        quorum: u32 = 1,
        /// After how many hours without a quorum both sides raise an alarm; nothing stops.
        alarm_hours: u32 = 24,
    }
}

section! {
    /// Evidence.
    Evidence {
        /// After how many hours everything held is hashed again and compared with its manifest; 0: only when asked.
        check_hours: u32 = 168,
        /// The unit whose officers look first at what may be privileged or immune. Empty: nobody but the machine's console.
        filter_unit: String = String::new(),
    }
}

section! {
    /// A service of time-stamps (RFC 3161).
    TimeStamp {
        /// Where it answers, such as `http://stamps.example/tsa`.
        url: String = String::new(),
        /// The roots that its certificate must lead to, in PEM. A relative path counts from the folder of this file.
        roots: PathBuf = PathBuf::new(),
    }
}

section! {
    /// The log. It never holds the content of records.
    Log {
        /// `text` or `json`, one line per event on standard error.
        format: Text<LogFormat> = Text(LogFormat::Text),
        /// What is logged: `error`, `warn`, `info`, `debug` or `trace`, also per module: `info,comity_node=debug`.
        level: String = "info".to_owned(),
    }
}

section! {
    /// A party hosted here.
    Party {
        /// `embedded`, or a PostgreSQL database: `{ postgres = "postgresql://user@host/database", schema = "xa" }`.
        store: StoreChoice = StoreChoice::Embedded,
        /// The address that the party's letters give, `host:port`. Empty: peers cannot connect to it.
        address: String = String::new(),
        /// The line that names the party's ledger in checkpoints. Empty: `comity.invalid/ledger/` and the code. It must
        /// not change once a checkpoint was signed.
        ledger: String = String::new(),
        /// The TLP of imported objects that carry none: `clear`, `green`, `amber`, `amber+strict` or `red`.
        default_tlp: Text<Tlp> = Text(Tlp::Green),
        /// Whether an index of the words of texts is kept, by far the largest. Without it nothing is found by its text.
        index_words: bool = true,
        /// What is done when an author recalls a record that is held here: `narrow` applies it at once, `ask` keeps it until an
        /// officer has it applied (`comity recall apply`). Bodies are erased by a person in either case.
        recall: Text<RecallHandling> = Text(RecallHandling::Narrow),
        /// Packs beside those that are built in: folders, relative paths count from the folder of this file.
        packs: Vec<PathBuf> = Vec::new(),
        /// The authorities that servers of feeds are known by: certificates in PEM.
        feed_authorities: PathBuf = PathBuf::from("/etc/ssl/certs/ca-certificates.crt"),
        /// Warning lists in the format of MISP, which name what is no sign of an attack: files or folders, relative paths
        /// count from the folder of this file. They act on exports, matches and hunts with what is held, and on notices.
        warning_lists: Vec<PathBuf> = Vec::new(),
    }
}

impl Config {
    /// Reads a file. Relative paths in it become paths below its folder.
    pub fn load(path: &Path) -> Result<Config, ConfigFault> {
        let unreadable = |why| ConfigFault::Unreadable { path: path.to_owned(), why };
        let text = fs::read_to_string(path).map_err(unreadable)?;
        let mut config = Config::parse(&text, path)?;
        if let Some(folder) = path.parent() {
            config.node.data_dir = folder.join(&config.node.data_dir);
            for path in [&mut config.api.certificate, &mut config.api.key] {
                if !path.as_os_str().is_empty() {
                    *path = folder.join(&*path);
                }
            }
            for service in config.timestamp.values_mut() {
                service.roots = folder.join(&service.roots);
            }
            for party in config.party.values_mut() {
                let paths = party.packs.iter_mut().chain(&mut party.warning_lists);
                paths.for_each(|path| *path = folder.join(&*path));
            }
        }
        Ok(config)
    }

    /// Reads a text; `path` is for errors only.
    pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigFault> {
        if text.len() > LIMIT {
            return Err(ConfigFault::TooLong { path: path.to_owned(), limit: LIMIT });
        }
        let config: Config = toml::from_str(text).map_err(|why| ConfigFault::of(&why, text, path))?;
        config.check(path)?;
        Ok(config)
    }

    /// The default configuration with its comments.
    pub fn sample() -> String {
        Config::default().to_text()
    }

    /// This configuration as commented TOML; what [`Config::parse`] reads is equal to it.
    pub fn to_text(&self) -> String {
        sample::render(self)
    }

    /// Writes a party's section behind what the file at `path` holds, whose own comments stay; a whole new file, with the
    /// data folder as it is by default, where there is none.
    pub fn add_party(&self, path: &Path, party: &PartyCode) -> std::io::Result<()> {
        let mut written = self.clone();
        written.node.data_dir = Node::default().data_dir;
        if !path.exists() {
            return fs::write(path, written.to_text());
        }
        written.party.retain(|code, _| code.0 == *party);
        let text = written.to_text();
        let section = text.find("\n# A party hosted here").and_then(|from| text.get(from..)).unwrap_or(&text);
        let mut file = fs::OpenOptions::new().append(true).open(path)?;
        file.write_all(section.as_bytes())?;
        file.sync_all()
    }

    /// Every key with its default, as `section.key = value`.
    pub fn keys() -> Vec<String> {
        sample::keys()
    }

    fn check(&self, path: &Path) -> Result<(), ConfigFault> {
        let wrong = |key: &'static str, why: &'static str| {
            Err(ConfigFault::Value { path: path.to_owned(), key: key.to_owned(), why })
        };
        if let Listen::At(address) = *self.api.listen
            && !address.ip().is_loopback()
            && !self.api.has_certificate()
        {
            return wrong(
                "api.listen",
                "beyond loopback the API is served only over TLS: give `api.certificate`",
            );
        }
        if self.api.certificate.as_os_str().is_empty() != self.api.key.as_os_str().is_empty() {
            return wrong("api.key", "certificate and key are given together");
        }
        let name = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        for (called, service) in &self.timestamp {
            let at = ["http://", "https://"].iter().any(|scheme| service.url.starts_with(scheme));
            if !name(called) || !at || service.roots.as_os_str().is_empty() {
                return wrong(
                    "timestamp",
                    "a service has a plain name, an http or https address, and a file of roots",
                );
            }
        }
        if self.api.socket.contains('/') {
            return wrong("api.socket", "a file name is wanted, without a folder");
        }
        if !(1..=300).contains(&self.node.long_poll_seconds) {
            return wrong("node.long_poll_seconds", "1 to 300 seconds are possible");
        }
        let positive = [
            ("node.connections", self.node.connections),
            ("peers.requests_per_minute", self.peers.requests_per_minute),
            ("peers.at_once", self.peers.at_once),
            ("peers.connect_seconds", self.peers.connect_seconds),
            ("peers.retry_seconds", self.peers.retry_seconds),
            ("api.body_bytes", self.api.body_bytes),
            ("api.requests_per_minute", self.api.requests_per_minute),
            ("taxii.body_bytes", self.taxii.body_bytes),
            ("taxii.requests_per_minute", self.taxii.requests_per_minute),
            ("lookup.block", self.lookup.block),
            ("lookup.key_days", self.lookup.key_days),
        ];
        match positive.iter().find(|(_, value)| *value == 0) {
            Some((key, _)) => wrong(key, "at least 1 is needed"),
            None => Ok(()),
        }
    }
}

impl Api {
    /// Whether TCP speaks TLS.
    pub fn has_certificate(&self) -> bool {
        !self.certificate.as_os_str().is_empty()
    }
}

impl Party {
    /// The line that names the ledger of the party `code` in checkpoints.
    pub fn ledger_origin(&self, code: &PartyCode) -> String {
        match self.ledger.as_str() {
            "" => format!("comity.invalid/ledger/{code}"),
            line => line.to_owned(),
        }
    }
}
