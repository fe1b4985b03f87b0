//! A ledger as files, given out and asked for, and pouches in parts.

use crate::support::{Node, Of, holdings, import, two};
use comity_ledger::{
    CheckpointKeys,
    files::{FilesCheck, FilesFault, FilesFound},
    tile::TilePath,
    tree::TreeHead,
};
use comity_node::{
    app::{
        Action, Ctx, hex,
        init::issue_letter,
        ledger::{LedgerFiles, LedgerHead, VerifyPeer},
        peer::{AcceptLetter, fingerprint},
        pouch::{LookPouch, OpenPouch, PackPouch},
        to_hex,
    },
    clock::Clock,
    config::Text,
};
use comity_record::Canonical;
use std::fmt::Write;

/// Bundles of one record each: their review dates make as many label classes.
async fn records(node: &Node, count: usize) {
    let mut text = r#"{"type":"bundle","objects":["#.to_owned();
    for n in 0..count {
        let (comma, day, year) = (if n == 0 { "" } else { "," }, n % 28 + 1, 2027 + n / 336);
        let month = n / 28 % 12 + 1;
        write!(
            text,
            r#"{comma}{{"type":"url","spec_version":"2.1","id":"url--00000000-0000-4000-8000-{n:012}","value":"http://c2.example/{n}","x_comity_labels":{{"retention":"review:{year}-{month:02}-{day:02}"}}}}"#
        )
        .unwrap();
    }
    let bundle = node.dir.path().join("bundle.json");
    std::fs::write(&bundle, text + "]}").unwrap();
    assert_eq!(import(node.ctx(), &bundle).await.records.len(), count);
}

async fn checked(ctx: &Ctx, spoilt: Option<&str>) -> Result<FilesFound, FilesFault> {
    let shown = LedgerHead {}.run(ctx).await.unwrap();
    let letter = ctx.sequencer.run(|desk, _| Box::pin(async move { desk.letter().clone() })).await.unwrap();
    let keys = CheckpointKeys::of_letter(&letter, ctx.now()).pop().unwrap();
    let head: TreeHead = keys.verify(shown.checkpoint.as_bytes()).unwrap().head();
    assert_eq!(head.size, shown.size);
    let mut check = FilesCheck::new(head);
    while let Some(path) = check.wanted() {
        let asked = LedgerFiles { paths: vec![path.to_string()] };
        let mut bytes = asked.run(ctx).await.unwrap().files.pop().unwrap().as_deref().and_then(hex);
        if spoilt == Some(path.to_string().as_str()) {
            *bytes.as_mut().unwrap().last_mut().unwrap() ^= 1;
        }
        check.give(bytes.as_deref())?;
    }
    check.finish()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_is_verified_from_its_files_and_at_its_peers() {
    let (a, b) = two().await;
    records(&a, 300).await;
    a.share("XB").await;
    a.delivered("XB").await;
    let found = checked(a.ctx(), None).await.unwrap();
    assert!(found.tiles >= 4 && found.bundles >= 3 && found.bundles_absent == 0, "{found:?}");
    for (spoilt, wanted) in
        [("tile/entries/000", "ledger/entry-altered"), ("tile/0/000", "ledger/entry-altered")]
    {
        assert_eq!(checked(a.ctx(), Some(spoilt)).await.unwrap_err().code(), wanted);
    }
    for path in ["tile/0/x", "checkpoint", ""] {
        let asked = LedgerFiles { paths: vec![path.to_owned()] };
        assert_eq!(asked.run(a.ctx()).await.unwrap_err().code, "input/bad-value");
    }
    assert!(TilePath::parse("tile/0/000").is_some());
    // The peer's own files, over mutual TLS, by its code and by its address.
    let address = a.letter.introduce().unwrap().address;
    for peer in ["XA", "xa", address.as_str()] {
        let verified = VerifyPeer { peer: peer.into() }.run(b.ctx()).await.unwrap();
        assert!(verified.size > 300 && verified.tiles >= found.tiles, "{verified:?}");
        assert!(verified.seen.is_some_and(|seen| seen > 0 && seen <= verified.size), "{verified:?}");
    }
    for (peer, code) in [("XC", "exchange/no-such-peer"), ("127.0.0.1:9", "exchange/no-such-peer")] {
        assert_eq!(VerifyPeer { peer: peer.into() }.run(b.ctx()).await.unwrap_err().code, code);
    }
    // What we cosigned is not its beginning: another history is told.
    let origin = a.letter.introduce().unwrap().ledger;
    lie(b.ctx(), &origin).await;
    let fault = VerifyPeer { peer: "XA".into() }.run(b.ctx()).await.unwrap_err();
    assert_eq!(fault.code, "ledger/other-history", "{fault:?}");
    a.running.stop().await.unwrap();
    let gone = VerifyPeer { peer: "XA".into() }.run(b.ctx()).await.unwrap_err();
    assert!(gone.code.starts_with("peer/"), "{gone:?}");
    b.running.stop().await.unwrap();
}

/// Puts another root into the head that a node remembers of a ledger.
async fn lie(ctx: &Ctx, origin: &str) {
    let origin = origin.to_owned();
    let told = ctx.sequencer.run(move |desk, _| {
        Box::pin(async move {
            use comity_ledger::{store::Kv, witness::WITNESS_SPACE};
            let key = origin.as_bytes();
            let state = desk.store().get(WITNESS_SPACE, key, 0).await.unwrap().unwrap();
            // The root is the third line of the note: its base64 is changed in place.
            let text = String::from_utf8_lossy(&state).into_owned();
            let line = text.lines().nth(2).unwrap().to_owned();
            let at = state.windows(line.len()).position(|part| part == line.as_bytes()).unwrap();
            let mut lied = state.clone();
            lied[at] = if lied[at] == b'A' { b'B' } else { b'A' };
            desk.store().put_many(WITNESS_SPACE, &[(key.to_vec(), Some(lied))]).await.unwrap();
        })
    });
    told.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pouch_in_parts_is_opened_in_any_order() {
    let (a, b) = (Node::start("XA").await, Node::start("XB").await);
    for (node, other) in [(&a, &b), (&b, &a)] {
        let path = other.dir.path().join("comity.toml");
        let mut config = other.config.clone();
        config.party.get_mut(&Text(other.code.clone())).unwrap().address.clear();
        let units = other.letter.introduce().unwrap().units;
        let letter = issue_letter(&config, &path, &other.code, units, &Clock::system()).unwrap();
        let fingerprint = fingerprint(&letter.introduce().unwrap());
        AcceptLetter { letter: to_hex(&letter.to_bytes()), fingerprint }.run(node.ctx()).await.unwrap();
    }
    records(&a, 300).await;
    assert_eq!(a.share("XB").await.cleared, 300);
    let (mut parts, mut after) = (Vec::new(), None);
    loop {
        let packed = PackPouch { to: "XB".into(), after }.run(a.ctx()).await.unwrap();
        after = packed.next;
        parts.push(packed);
        if after.is_none() {
            break;
        }
    }
    assert_eq!(parts.iter().map(|part| part.items).collect::<Vec<_>>(), [256, 44]);
    let seen = LookPouch { pouch: parts[1].pouch.clone() }.run(b.ctx()).await.unwrap();
    assert_eq!((seen.from.as_str(), seen.first, seen.last), ("XA", Some(257), Some(300)));
    // The later part first, then the earlier one, then both again.
    let open = |n: usize| OpenPouch { pouch: parts[n].pouch.clone() };
    let second = open(1).run(b.ctx()).await.unwrap();
    assert_eq!((second.items, second.known, second.missing), (44, 0, Some((1, 256))));
    let first = open(0).run(b.ctx()).await.unwrap();
    assert_eq!((first.items, first.known, first.missing), (256, 0, None));
    for n in [0, 1] {
        let again = open(n).run(b.ctx()).await.unwrap();
        assert_eq!((again.known, again.events.len()), (again.items, 0));
    }
    assert_eq!(holdings(b.ctx(), Of::Others).await.len(), 300);
    a.running.stop().await.unwrap();
    b.running.stop().await.unwrap();
}
