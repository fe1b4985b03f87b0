//! MISP clients against a served node.

use crate::support::{Node, start};
use comity_node::{
    app::Running,
    config::{Listen, Text},
};
use comity_testing::python;
use tempfile::TempDir;

/// A node whose API listens on a free port of loopback: its folder, its address and a token that reads and writes.
async fn served() -> (TempDir, Running, String, String) {
    let node = Node::start("XA").await;
    let (mut config, dir, code) = (node.config, node.dir, node.code);
    node.running.stop().await.unwrap();
    config.api.listen = Text(Listen::At("127.0.0.1:0".parse().unwrap()));
    let running = start(&config).await.unwrap();
    let ctx = running.hosted.get(&code).unwrap();
    let token = std::fs::read_to_string(ctx.dir.join("console.token")).unwrap();
    let url = format!("http://{}", running.api_at.unwrap());
    (dir, running, url, token.trim().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unmodified_pymisp_works() {
    let Some(python) = python::interpreter("PyMISP against a served node") else { return };
    let (_dir, running, url, token) = served().await;
    let mut command = std::process::Command::new(python);
    command.arg(python::script("pymisp_client.py")).args([url, token]);
    let ended = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(ended.status.success(), "{}{}", text(&ended.stdout), text(&ended.stderr));
    assert!(text(&ended.stdout).ends_with("done\n"));
    running.stop().await.unwrap();
}
