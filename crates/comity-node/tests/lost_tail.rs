//! An old backup is restored over a newer ledger, on whole nodes.

use crate::support::{Node, Of, ctx_of, delivered, holdings, start};
use comity_node::app::{Ctx, head::HeadState};
use comity_record::PartyCode;
use std::{fs, path::Path, time::Duration};

const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until the head of a node is in a state.
async fn until(ctx: &Ctx, state: impl Fn(&Head) -> bool) -> Head {
    let peer: PartyCode = "XB".parse().unwrap();
    let seen = |now: &HeadState| Head {
        size: now.size,
        witnessed: now.witnessed.get(&peer).copied().unwrap_or(0),
        signs: now.signs,
    };
    let mut heads = ctx.sequencer.heads();
    let waited = tokio::time::timeout(PATIENCE, heads.wait_for(|now| state(&seen(now)))).await;
    seen(&waited.unwrap().unwrap())
}

struct Head {
    size: u64,
    witnessed: u64,
    signs: bool,
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_backup_over_a_newer_ledger_is_filled_up_and_bodies_come_back() {
    let (a, b) = crate::support::two().await;
    // One cosignature at least, so that the next start waits for a witness.
    until(a.ctx(), |head| head.size > 0 && head.witnessed == head.size).await;
    let Node { running, code, config, dir: _dir, .. } = a;
    running.stop().await.unwrap();
    let store = config.node.data_dir.join(code.as_str()).join("store");
    let backup = tempfile::tempdir().unwrap();
    copy(&store, backup.path());

    let running = start(&config).await.unwrap();
    let ctx = ctx_of(&running, &code);
    until(ctx, |head| head.signs).await;
    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/threat/exercise-bundle.json");
    crate::support::import(ctx, &bundle).await;
    crate::support::share(ctx, "XB").await;
    delivered(ctx, "XB").await;
    let before = until(ctx, |head| head.witnessed == head.size).await;
    let given = holdings(b.ctx(), Of::Others).await.len();
    assert!(given > 0);
    running.stop().await.unwrap();

    fs::remove_dir_all(&store).unwrap();
    copy(backup.path(), &store);
    let running = start(&config).await.unwrap();
    let ctx = ctx_of(&running, &code);
    let after = until(ctx, |head| head.signs && head.size >= before.size).await;
    assert!(after.size >= before.size);
    let audit = ctx.sequencer.run(|desk, _| Box::pin(async move { desk.log().audit(desk.store()).await }));
    assert!(audit.await.unwrap().unwrap().lost > 0, "the content of what was lost stays lost");
    // What was given to B and lost here comes back from there, by crossings that B's border clears.
    let back = tokio::time::timeout(PATIENCE, async {
        let mut changes = ctx.sequencer.changes();
        while holdings(ctx, Of::Others).await.len() < given {
            changes.changed().await.unwrap();
        }
    });
    back.await.unwrap();
    running.stop().await.unwrap();
    b.running.stop().await.unwrap();
}
