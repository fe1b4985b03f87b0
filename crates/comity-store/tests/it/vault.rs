//! Sealing, opening and erasing bodies; interrupted erasures; what a thief of old copies can open.

use comity_ledger::{
    MemoryStore,
    memory::{Fate, Operation},
    store::{Kv, StoreFault},
};
use comity_record::{RecordId, sha256};
use comity_store::{
    Vault,
    vault::{KEYS, KeyRow, SystemRandom, VaultFault},
};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::Arc,
};

struct Bench {
    folder: tempfile::TempDir,
    store: MemoryStore,
}

impl Bench {
    fn new() -> Bench {
        Bench { folder: tempfile::tempdir().unwrap(), store: MemoryStore::new() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("epoch.key")
    }

    async fn vault(&self) -> Vault<MemoryStore> {
        self.try_vault().await.unwrap()
    }

    async fn try_vault(&self) -> Result<Vault<MemoryStore>, VaultFault> {
        Vault::open_at(self.store.clone(), &self.file(), Arc::new(SystemRandom)).await
    }
}

fn record(number: u32) -> RecordId {
    RecordId(sha256(&[&number.to_be_bytes()]))
}

/// Seals and keeps three bodies of a record.
async fn three(vault: &Vault<MemoryStore>, number: u32) -> Vec<Vec<u8>> {
    let (sealed, row) = vault.seal(record(number), &[b"first", b"", b"third"]).unwrap();
    vault.keep(&[row]).await.unwrap();
    sealed
}

async fn opened(vault: &Vault<MemoryStore>, number: u32, sealed: &[Vec<u8>]) -> Vec<Option<String>> {
    let asked: Vec<_> = (0..).zip(sealed.iter().map(Vec::as_slice)).collect();
    let bodies = vault.open_many(record(number), &asked).await.unwrap();
    bodies.into_iter().map(|body| body.map(|body| String::from_utf8(body).unwrap())).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[tokio::test]
async fn bodies_open_where_they_belong_only() {
    let bench = Bench::new();
    let vault = bench.vault().await;
    let sealed = three(&vault, 1).await;
    three(&vault, 2).await;
    assert!(sealed.iter().all(|body| !body.windows(5).any(|part| part == b"first" || part == b"third")));
    assert_eq!(opened(&vault, 1, &sealed).await, [some("first"), some(""), some("third")]);

    let mut flipped = sealed[0].clone();
    *flipped.last_mut().unwrap() ^= 1;
    let mut aged = sealed[0].clone();
    aged[0] = 9;
    for (number, index, body) in [
        (1, 1, &sealed[0]),
        (2, 0, &sealed[0]),
        (1, 0, &flipped),
        (1, 0, &aged),
        (1, 0, &vec![1; 5]),
        (1, 0, &vec![]),
    ] {
        let outcome = vault.open(record(number), index, body).await;
        assert!(
            matches!(outcome, Err(VaultFault::Altered { what: "a body", .. })),
            "{number} {index} {outcome:?}"
        );
    }
    assert_eq!(vault.open(record(1), 3, &sealed[0]).await.unwrap(), None, "there is no fourth key");
    assert_eq!(vault.open(record(3), 0, &sealed[0]).await.unwrap(), None, "there is no such row");
}

#[tokio::test]
async fn reopening_opens_and_the_file_is_private() {
    let bench = Bench::new();
    let sealed = three(&bench.vault().await, 1).await;
    assert_eq!(fs::metadata(bench.file()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(opened(&bench.vault().await, 1, &sealed).await[0], some("first"));

    fs::set_permissions(bench.file(), Permissions::from_mode(0o640)).unwrap();
    assert_eq!(bench.try_vault().await.unwrap_err().code(), "vault/epoch-file");
    fs::remove_file(bench.file()).unwrap();
    assert_eq!(bench.try_vault().await.unwrap_err().code(), "vault/epoch-missing");
    for text in ["", "comity epoch keys 1\n", "comity epoch keys 2\n1 00\n", "comity epoch keys 1\n1 00\n"] {
        fs::write(bench.file(), text).unwrap();
        fs::set_permissions(bench.file(), Permissions::from_mode(0o600)).unwrap();
        assert_eq!(bench.try_vault().await.unwrap_err().code(), "vault/epoch-file", "{text:?}");
    }
}

#[tokio::test]
async fn an_erasure_reaches_every_copy_of_the_keys() {
    let bench = Bench::new();
    let vault = bench.vault().await;
    let (one, two) = (three(&vault, 1).await, three(&vault, 2).await);
    let stolen = bench.store.image();
    let before = fs::read(bench.file()).unwrap();

    vault.erase(record(1), Some(&[0, 77])).await.unwrap();
    assert_eq!(opened(&vault, 1, &one).await, [None, some(""), some("third")]);
    assert_eq!(opened(&vault, 2, &two).await, [some("first"), some(""), some("third")]);
    vault.erase(record(2), None).await.unwrap();
    vault.erase(record(9), None).await.unwrap();
    assert_eq!(opened(&vault, 2, &two).await, [None, None, None]);
    assert_eq!(bench.store.get(KEYS, record(2).0.as_bytes(), 0).await.unwrap(), None);
    assert_eq!(opened(&bench.vault().await, 1, &one).await, [None, some(""), some("third")]);

    // The store of yesterday with the file of today: nothing opens, what was not erased neither.
    bench.store.restore(stolen);
    assert!(fs::read_to_string(bench.file()).unwrap().lines().count() == 2);
    assert_ne!(fs::read(bench.file()).unwrap(), before);
    assert_eq!(vault.open(record(1), 0, &one[0]).await.unwrap_err().code(), "vault/altered");
}

/// Enough rows, large enough, that they are walked and written in parts; each write in turn is where it is interrupted,
/// and every second fault comes after the write.
#[tokio::test]
async fn an_interrupted_erasure_loses_nothing_and_can_be_repeated() {
    let bench = Bench::new();
    let vault = bench.vault().await;
    let numbers: Vec<u32> = (0..700).collect();
    let mut sealed = Vec::new();
    let mut rows: Vec<KeyRow> = Vec::new();
    for number in &numbers {
        let mut objects: Vec<&[u8]> = vec![b""; 100];
        let first = number.to_be_bytes();
        objects[0] = &first;
        let (bodies, row) = vault.seal(record(*number), &objects).unwrap();
        sealed.push(bodies);
        rows.push(row);
    }
    vault.keep(&rows).await.unwrap();
    for (victim, broken_write) in (0u32..).zip([0, 1, 2, 1, 2]) {
        let mut write = 0;
        bench.store.set_faults(move |operation| {
            if operation != Operation::Values {
                return Fate::Pass;
            }
            write += 1;
            match write - 1 {
                at if at < broken_write => Fate::Pass,
                _ if victim % 2 == 0 => Fate::Fail(StoreFault::ReadOnly { why: "pulled".to_owned() }),
                _ => Fate::FailAfter(StoreFault::ReadOnly { why: "pulled".to_owned() }),
            }
        });
        vault.erase(record(victim), None).await.unwrap_err();
        bench.store.clear_faults();
        let again = bench.vault().await;
        again.erase(record(victim), None).await.unwrap();
        assert_eq!(fs::read_to_string(bench.file()).unwrap().lines().count(), 2, "one epoch is left");
        for (number, bodies) in numbers.iter().zip(&sealed) {
            let body = again.open(record(*number), 0, &bodies[0]).await.unwrap();
            assert_eq!(body, (*number > victim).then(|| number.to_be_bytes().to_vec()), "{number}");
        }
        // A process that knew the epochs of before finds its way, too.
        assert!(vault.open(record(699), 0, &sealed[699][0]).await.unwrap().is_some());
    }
}
