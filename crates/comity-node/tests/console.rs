//! The console of the machine: the client that the command line uses, at a node that runs and at one that does not.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected fails")]

use comity_node::{
    app::{
        Running,
        import::ImportOptions,
        init::init,
        peer::{ListPeers, SuspendPeer},
    },
    clock::Clock,
    config::{Config, Listen, Text},
    http::api::ApiClient,
    random::SystemRandom,
};
use comity_record::{PartyCode, label::Tlp};
use std::{fs, path::PathBuf, sync::Arc};
use tempfile::TempDir;

/// A node that only its own machine reaches.
struct Node {
    running: Running,
    config: Config,
    code: PartyCode,
    dir: TempDir,
}

impl Node {
    async fn start(code: &str) -> Node {
        let dir = tempfile::tempdir().unwrap();
        let (path, code) = (dir.path().join("comity.toml"), code.parse().unwrap());
        init(&path, &code, "", &Clock::system(), &SystemRandom).unwrap();
        let mut config = Config::load(&path).unwrap();
        config.node.peer_listen = Text(Listen::Off);
        let running = start(&config).await;
        Node { running, config, code, dir }
    }
}

async fn start(config: &Config) -> Running {
    Running::start(config, Clock::system(), Arc::new(SystemRandom)).await.unwrap()
}

fn options() -> ImportOptions {
    ImportOptions { unmarked: Tlp::Green, unit: Some("cert".parse().unwrap()), list: Default::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_any_length_goes_in_and_nothing_of_it_stays_beside_the_store() {
    let a = Node::start("XA").await;
    let spool = a.config.node.data_dir.join("XA/spool");
    let client = ApiClient::find(&a.config, &a.code).await.unwrap().unwrap();
    let bundle = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/threat/exercise-bundle.json");
    let imported = client.import(&bundle, &options(), |_| {}).await.unwrap();
    assert!(imported.taken > 0 && imported.refused == 0, "{imported:?}");
    // Longer than any other request may be, and never closed.
    let unsound = a.dir.path().join("unsound.json");
    let mut text = br#"{"type": "bundle", "objects": ["#.to_vec();
    text.resize((a.config.api.body_bytes as usize) + (1 << 20), b'\n');
    fs::write(&unsound, text).unwrap();
    let fault = client.import(&unsound, &options(), |_| {}).await.unwrap_err();
    assert!(fault.text.starts_with(&format!("`{}`: ", unsound.display())), "{fault:?}");
    assert_eq!(fs::read_dir(spool).unwrap().count(), 0);
    let missing = a.dir.path().join("missing.json");
    let fault = client.import(&missing, &options(), |_| {}).await.unwrap_err();
    assert_eq!(fault.code, "import/unreadable", "{fault:?}");
    a.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_come_through_whole_and_a_dead_node_is_not_taken_for_a_running_one() {
    let a = Node::start("XA").await;
    let client = ApiClient::find(&a.config, &a.code).await.unwrap().unwrap();
    assert!(client.call(&ListPeers {}).await.unwrap().is_empty());
    let suspend = SuspendPeer { party: "XB".into(), reason: "exercise".into() };
    let fault = client.call(&suspend).await.unwrap_err();
    assert!(fault.code == "desk/no-peer" && fault.help.is_some(), "{fault:?}");
    a.running.stop().await.unwrap();
    assert!(ApiClient::find(&a.config, &a.code).await.unwrap().is_none());
    // What a node that died leaves behind; its spooled inputs are removed by the next start, since they are not sealed.
    let (data, party) = (&a.config.node.data_dir, a.config.node.data_dir.join("XA"));
    fs::write(party.join("console.token"), "comity_0").unwrap();
    fs::write(data.join("api.address"), "127.0.0.1:1").unwrap();
    assert!(ApiClient::find(&a.config, &a.code).await.unwrap().is_none());
    fs::create_dir_all(party.join("spool")).unwrap();
    fs::write(party.join("spool/left.part"), "{}").unwrap();
    let again = start(&a.config).await;
    assert!(!party.join("spool").exists());
    again.stop().await.unwrap();
}
