//! Backups: taken while a node serves, refused where they are damaged, and brought back with every erasure.

use crate::support::{Node, Of, configured, ctx_of, delivered, holdings, holdings_left, share, start, two};
use comity_ledger::{Checkpoint, store::Kv};
use comity_node::app::{
    Action, Ctx,
    backup::{BackedUp, Backup, Restore, Restored, restore},
    proof::ReplayAll,
    withdraw::Erase,
};
use comity_record::{PartyCode, RecordId};
use comity_store::vault::KEYS;
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// Where the two files of a backup are.
struct Files {
    dir: TempDir,
}

impl Files {
    fn new() -> Files {
        Files { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    async fn back_up(&self, ctx: &Ctx, log: &str, keys: Option<&str>) -> BackedUp {
        let text = |name: &str| self.path(name).display().to_string();
        Backup { log: text(log), keys: keys.map(text), pieces: None }.run(ctx).await.unwrap()
    }

    fn restore(&self, log: &str, keys: &str, into: &Path) -> Restore {
        Restore { log: self.path(log), keys: self.path(keys), pieces: None, config: into.join("comity.toml") }
    }
}

async fn erase(ctx: &Ctx, record: RecordId) {
    Erase { record: record.to_string(), objects: vec![] }.run(ctx).await.unwrap();
}

/// The root of a node's own log at a size, and whether it may sign.
async fn root_at(ctx: &Ctx, size: u64) -> (String, bool) {
    let read = ctx.sequencer.run(move |desk, _| {
        Box::pin(async move {
            (desk.log().root_at(desk.store(), size).await.unwrap().to_string(), desk.may_sign())
        })
    });
    read.await.unwrap()
}

/// Waits until a peer has cosigned a head of more than so many entries.
async fn witnessed(ctx: &Ctx, entries: u64) {
    let mut heads = ctx.sequencer.heads();
    loop {
        heads.borrow_and_update();
        let newest = ctx
            .sequencer
            .run(|desk, means| Box::pin(async move { desk.cosigned_checkpoint(means.now()).await.unwrap() }));
        let newest = newest.await.unwrap().map(|note| Checkpoint::peek(&note).unwrap());
        if newest.is_some_and(|checkpoint| checkpoint.head().size > entries) {
            return;
        }
        heads.changed().await.unwrap();
    }
}

async fn back(wanted: Restore) -> Restored {
    restore(&wanted).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_taken_while_serving_comes_back_with_every_erasure() {
    let (a, b) = two().await;
    let (files, into) = (Files::new(), tempfile::tempdir().unwrap());
    a.import().await;
    a.share("XB").await;
    a.delivered("XB").await;
    let before = holdings(a.ctx(), Of::Own).await;
    // One record is erased before the backup, one after it, and one after the keys were copied: only the last comes back,
    // which nobody could know of.
    let [first, second, third] = [0, 1, 2].map(|n| before.get(n).unwrap().record);
    erase(a.ctx(), first).await;
    let work = async {
        for _ in 0..3 {
            a.import().await;
        }
    };
    let (made, ()) = tokio::join!(files.back_up(a.ctx(), "log", None), work);
    // A witness goes after it has cosigned more than the backup holds, so that nobody cosigns the newest head.
    witnessed(a.ctx(), made.entries).await;
    b.running.stop().await.unwrap();
    erase(a.ctx(), second).await;
    files.back_up(a.ctx(), "later.log", Some("keys")).await;
    erase(a.ctx(), third).await;
    let (root, _) = root_at(a.ctx(), made.entries).await;
    assert_eq!(root, made.root, "the backup is a head that the log had");
    let canary = fs::read(files.path("log")).unwrap();
    assert!(!canary.windows(8).any(|part| part == b"exercise"), "the file is sealed");
    a.running.stop().await.unwrap();

    let restored = back(files.restore("log", "keys", into.path())).await;
    assert_eq!((restored.entries, restored.root.clone()), (made.entries, made.root));
    assert_eq!(restored.erasures, 2);
    let newer = restored.newer.unwrap();
    assert!(newer.from == made.entries && newer.to > newer.from, "{newer:?}");
    assert_eq!(newer.holders, ["comity.invalid/ledger/XB"]);
    assert!(newer.held_to > Some(made.entries) && newer.held_to < Some(newer.to), "{newer:?}");
    let running = start(&configured(into.path())).await.unwrap();
    let ctx = ctx_of(&running, &a.code);
    let (root, may_sign) = root_at(ctx, restored.entries).await;
    assert_eq!((root, may_sign), (restored.root, false), "nothing is signed before a witness confirms");
    for (record, held) in [(first, false), (second, false), (third, true)] {
        let opened =
            ctx.sequencer.run(move |desk, _| Box::pin(async move { desk.held(record).await.is_ok() }));
        assert_eq!(opened.await.unwrap(), held, "{record}");
    }
    assert!(holdings_left(ctx).await > 0);
    let replayed = ReplayAll {}.run(ctx).await.unwrap();
    assert_eq!(replayed.same + replayed.erased, replayed.decisions, "{replayed:?}");
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_backup_is_refused_and_leaves_nothing() {
    let a = Node::start("XA").await;
    let (files, into) = (Files::new(), tempfile::tempdir().unwrap());
    a.import().await;
    files.back_up(a.ctx(), "log", Some("keys")).await;
    let exists =
        Backup { log: files.path("log").display().to_string(), keys: None, pieces: None }.run(a.ctx()).await;
    assert_eq!(exists.unwrap_err().code, "backup/exists");
    let relative = Backup { log: "log".into(), keys: None, pieces: None }.run(a.ctx()).await;
    assert_eq!(relative.unwrap_err().code, "input/bad-value");
    for name in ["log", "keys"] {
        let whole = fs::read(files.path(name)).unwrap();
        let middle = whole.len() / 2;
        for round in 0..6 {
            let mut bytes = whole.clone();
            match round {
                0..=2 => *bytes.get_mut(middle * round / 2 + 40).unwrap() ^= 4,
                3 => bytes.truncate(middle),
                4 => bytes.truncate(whole.len() - 1),
                _ => bytes.clear(),
            }
            fs::write(files.path(name), &bytes).unwrap();
            let fault = restore(&files.restore("log", "keys", into.path())).await.unwrap_err();
            assert!(
                [
                    "backup/damaged",
                    "seal/changed",
                    "seal/cut-off",
                    "seal/not-sealed",
                    "seal/other-key",
                    "seal/bad-header"
                ]
                .contains(&fault.code.as_str()),
                "{name} {round}: {fault:?}"
            );
            let left = fs::read_dir(into.path().join("comity-data")).map_or(0, Iterator::count);
            assert!(left == 0 && !into.path().join("comity.toml").exists(), "{name} {round}");
        }
        fs::write(files.path(name), &whole).unwrap();
    }
    // The keys of another party open nothing.
    let other = Node::start("XB").await;
    files.back_up(other.ctx(), "other.log", Some("other.keys")).await;
    let fault = restore(&files.restore("log", "other.keys", into.path())).await.unwrap_err();
    assert_eq!(fault.code, "seal/other-recipient");
    back(files.restore("log", "keys", into.path())).await;
    let twice = restore(&files.restore("log", "keys", into.path())).await.unwrap_err();
    assert_eq!(twice.code, "restore/exists");
    a.running.stop().await.unwrap();
    other.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_node_goes_on_where_it_was() {
    let (a, b) = two().await;
    let (files, into) = (Files::new(), tempfile::tempdir().unwrap());
    a.import().await;
    a.share("XB").await;
    a.delivered("XB").await;
    files.back_up(a.ctx(), "log", Some("keys")).await;
    let count = holdings(a.ctx(), Of::Own).await.len();
    a.running.stop().await.unwrap();
    let restored = back(files.restore("log", "keys", into.path())).await;
    assert!(restored.newer.is_none() && restored.keys_from.is_none(), "{restored:?}");
    // XB has the old address on record: the restored node calls, and XB confirms its head and takes what is new.
    let running = start(&configured(into.path())).await.unwrap();
    let ctx = ctx_of(&running, &a.code);
    let bundle = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data/threat/exercise-bundle.json");
    crate::support::import(ctx, &bundle).await;
    let shared = share(ctx, "XB").await;
    assert!(shared.cleared > 0);
    delivered(ctx, "XB").await;
    assert!(root_at(ctx, 0).await.1, "a witness confirmed the head");
    assert!(holdings(ctx, Of::Own).await.len() > count);
    running.stop().await.unwrap();
    b.running.stop().await.unwrap();
}

/// Keys that were copied before an erasure still hold what was erased; the log says that it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_copy_of_the_keys_does_not_undo_an_erasure() {
    let a = Node::start("XA").await;
    let (files, into) = (Files::new(), tempfile::tempdir().unwrap());
    a.import().await;
    let all = holdings(a.ctx(), Of::Own).await;
    files.back_up(a.ctx(), "older.log", Some("older.keys")).await;
    let whole = all.first().unwrap().record;
    let part = all.iter().find(|one| one.record != whole && one.objects.len() > 1).unwrap();
    erase(a.ctx(), whole).await;
    Erase { record: part.record.to_string(), objects: vec![1] }.run(a.ctx()).await.unwrap();
    files.back_up(a.ctx(), "log", None).await;
    a.running.stop().await.unwrap();
    let restored = back(files.restore("log", "older.keys", into.path())).await;
    assert_eq!((restored.erasures, restored.newer.is_none()), (2, true));
    assert!(restored.keys_from.is_some_and(|size| size < restored.entries));
    let running = start(&configured(into.path())).await.unwrap();
    let (record, objects) = (part.record, part.objects.len());
    let read = ctx_of(&running, &a.code).sequencer.run(move |desk, _| {
        Box::pin(
            async move { (desk.held(whole).await.is_ok(), desk.held(record).await.unwrap().objects.len()) },
        )
    });
    assert_eq!(read.await.unwrap(), (false, objects - 1));
    running.stop().await.unwrap();
}

/// Out of one engine and into the other, and back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_moves_between_the_engines() {
    let cluster = comity_testing::postgres::PrivateCluster::start(&[]).unwrap();
    let a = Node::start("XA").await;
    let files = Files::new();
    a.import().await;
    let erased = holdings(a.ctx(), Of::Own).await.first().unwrap().record;
    erase(a.ctx(), erased).await;
    let made = files.back_up(a.ctx(), "log", Some("keys")).await;
    a.running.stop().await.unwrap();
    let (postgres, embedded) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let section = format!(
        "[party.XA]\nledger = \"comity.invalid/ledger/XA\"\nstore = {{ postgres = \"{}\", schema = \"xa\" }}\n",
        cluster.url()
    );
    fs::write(postgres.path().join("comity.toml"), section).unwrap();
    let there = back(files.restore("log", "keys", postgres.path())).await;
    assert_eq!((there.entries, &there.root, there.erasures), (made.entries, &made.root, 1));
    assert!(!postgres.path().join("comity-data/XA/store").exists());
    let code: PartyCode = "XA".parse().unwrap();
    let running = start(&configured(postgres.path())).await.unwrap();
    let held = holdings_left(ctx_of(&running, &code)).await;
    files.back_up(ctx_of(&running, &code), "pg.log", Some("pg.keys")).await;
    running.stop().await.unwrap();
    let again = back(files.restore("pg.log", "pg.keys", embedded.path())).await;
    assert_eq!((again.root, again.erasures), (made.root, 1));
    let running = start(&configured(embedded.path())).await.unwrap();
    assert_eq!(holdings_left(ctx_of(&running, &code)).await, held);
    running.stop().await.unwrap();
    // A schema that has another log is not filled.
    fs::rename(postgres.path().join("comity-data/XA"), postgres.path().join("away")).unwrap();
    let b = Node::start("XA").await;
    b.import().await;
    files.back_up(b.ctx(), "b.log", Some("b.keys")).await;
    b.running.stop().await.unwrap();
    let fault = restore(&files.restore("b.log", "b.keys", postgres.path())).await.unwrap_err();
    assert_eq!(fault.code, "backup/not-empty");
}

/// A crash between the entry of an erasure and the destruction of its keys, played by putting the keys back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_that_was_entered_only_is_carried_out_at_the_next_start() {
    let node = Node::start("XA").await;
    let record: RecordId = node.import().await.records.first().unwrap().parse().unwrap();
    let (store, dir) = (node.ctx().views.feed().store().clone(), node.ctx().dir.clone());
    let keys = store.list(KEYS, &[], u32::MAX, 0).await.unwrap();
    let epoch = fs::read(dir.join("epoch.key")).unwrap();
    erase(node.ctx(), record).await;
    let keys: Vec<_> = keys.into_iter().map(|(name, row)| (name, Some(row))).collect();
    store.put_many(KEYS, &keys).await.unwrap();
    drop(store);
    let Node { running, dir: folder, config, .. } = node;
    running.stop().await.unwrap();
    fs::write(dir.join("epoch.key"), epoch).unwrap();

    let running = start(&config).await.unwrap();
    let bodies = ctx_of(&running, &"XA".parse().unwrap()).views.feed().bodies().clone();
    assert!(!bodies.opens(record, None).await.unwrap());
    running.stop().await.unwrap();
    drop(folder);
}

/// What is sealed beside the log comes back with it: out of the embedded engine into PostgreSQL. What was deleted does not,
/// and a piece that is damaged or missing in the folder is told with its package, and comes back from where it is whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evidence_comes_back_with_its_pieces() {
    use crate::evidence::{bytes, pack};
    use comity_affairs::custody::CHUNK;
    use comity_node::app::evidence::{check::CheckEvidence, delete::DeleteEvidence, show::ShowEvidence};
    let cluster = comity_testing::postgres::PrivateCluster::start(&[]).unwrap();
    let a = Node::start("XA").await;
    let files = Files::new();
    let large = bytes(usize::try_from(CHUNK).unwrap() + 7, 5);
    let kept = pack(a.ctx(), None, &[], &[("image", &large), ("note", b"four")]).await.record;
    let gone = pack(a.ctx(), None, &["delete-by@2026-01-01"], &[("list", b"five")]).await.record;
    let condition = Some(1);
    let delete = DeleteEvidence {
        record: gone.clone(),
        objects: vec![],
        condition,
        place: "lab".into(),
        reason: "its end has come".into(),
    };
    delete.run(a.ctx()).await.unwrap();
    let folder = files.path("pieces");
    let text = |name: &str| files.path(name).display().to_string();
    let back_up = |log: &str| Backup {
        log: text(log),
        keys: Some(text("keys")),
        pieces: Some(folder.display().to_string()),
    };
    let made = back_up("log").run(a.ctx()).await.unwrap().pieces.unwrap();
    // The image has two pieces, the note one; the list that was deleted has none.
    assert_eq!((made.packages, made.held, made.incomplete.len()), (1, 3, 0), "{made:?}");
    let mut pieces = Vec::new();
    for shard in
        fs::read_dir(&folder).unwrap().map(|one| one.unwrap()).filter(|one| one.file_name() != "parts")
    {
        pieces.extend(fs::read_dir(shard.path()).unwrap().map(|piece| piece.unwrap().path()));
    }
    assert_eq!(pieces.len(), 3);
    assert!(!pieces.iter().any(|piece| fs::read(piece).unwrap().windows(4).any(|part| part == b"four")));

    // Damaged in the folder: told at a restore, and mended by the next backup.
    let (embedded, postgres) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let spoilt = pieces.first().unwrap();
    fs::write(spoilt, b"spoilt").unwrap();
    let with = |into: &Path| Restore { pieces: Some(folder.clone()), ..files.restore("log", "keys", into) };
    let told = back(with(embedded.path())).await.pieces;
    assert_eq!((told.held, told.incomplete.as_slice()), (2, [kept.clone()].as_slice()), "{told:?}");
    fs::remove_file(files.path("log")).unwrap();
    let again = back_up("log").run(a.ctx()).await.unwrap().pieces.unwrap();
    assert_eq!((again.held, again.incomplete.len()), (3, 0));
    a.running.stop().await.unwrap();

    let section = format!(
        "[party.XA]\nledger = \"comity.invalid/ledger/XA\"\nstore = {{ postgres = \"{}\", schema = \"xa\" }}\n",
        cluster.url()
    );
    fs::write(postgres.path().join("comity.toml"), section).unwrap();
    let whole = back(with(postgres.path())).await.pieces;
    assert_eq!((whole.held, whole.incomplete.len()), (3, 0));
    let running = start(&configured(postgres.path())).await.unwrap();
    let ctx = ctx_of(&running, &"XA".parse().unwrap());
    let checked = CheckEvidence { record: kept }.run(ctx).await.unwrap();
    assert_eq!((checked.objects, checked.defects.len()), (2, 0), "{checked:?}");
    let shown = ShowEvidence { record: gone }.run(ctx).await.unwrap();
    assert!(shown.objects.iter().all(|object| object.deleted));
    running.stop().await.unwrap();
}
