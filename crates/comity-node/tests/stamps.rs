//! Time-stamps by a real service: `openssl ts` behind a small HTTP server, with a root and certificates made for the test.

use crate::{
    evidence::{dossier, keys, pack},
    support::{Node, Reached},
};
use comity_affairs::custody::{Finding, Roots, StampFault};
use comity_node::{
    app::{
        Action,
        evidence::{Bench, stamp::StampEvidence},
    },
    config::TimeStamp,
};
use comity_record::{Hash, sha256};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    thread,
};

/// How the service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// As it should.
    Honest,
    /// With the answer to a question that was asked before.
    Stale,
    /// With a refusal of its own.
    Refusing,
}

struct Service {
    url: String,
    roots: PathBuf,
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let ran = Command::new("openssl").current_dir(folder).args(arguments).output().unwrap();
    assert!(ran.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// A root, and a certificate for stamping that it issued; `usage` is what the certificate is for.
fn authority(folder: &Path, usage: &str) {
    let root = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"];
    openssl(
        folder,
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "30",
            "-subj",
            "/CN=Exercise root",
            "-keyout",
            "root.key",
            "-out",
            "root.pem",
            "-addext",
            root[0],
            "-addext",
            root[1],
        ],
    );
    openssl(
        folder,
        &[
            "req",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=Exercise stamps",
            "-keyout",
            "tsa.key",
            "-out",
            "tsa.csr",
        ],
    );
    let extensions = format!(
        "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,{usage}\n"
    );
    std::fs::write(folder.join("tsa.ext"), extensions).unwrap();
    openssl(
        folder,
        &[
            "x509",
            "-req",
            "-in",
            "tsa.csr",
            "-CA",
            "root.pem",
            "-CAkey",
            "root.key",
            "-CAcreateserial",
            "-days",
            "30",
            "-extfile",
            "tsa.ext",
            "-out",
            "tsa.pem",
        ],
    );
    std::fs::write(
        folder.join("tsa.cnf"),
        "[tsa]\ndefault_tsa = here\n[here]\nserial = serial\nsigner_cert = tsa.pem\nsigner_key = tsa.key\n\
         signer_digest = sha256\ncerts = root.pem\ndefault_policy = 1.3.6.1.4.1.32473.1\n\
         digests = sha256\naccuracy = secs:1\nordering = yes\ntsa_name = yes\ness_cert_id_alg = sha256\n",
    )
    .unwrap();
}

/// What `openssl ts` answers to a query.
fn answer(folder: &Path, query: &[u8]) -> Vec<u8> {
    std::fs::write(folder.join("query.tsq"), query).unwrap();
    openssl(
        folder,
        &[
            "ts",
            "-reply",
            "-config",
            "tsa.cnf",
            "-section",
            "here",
            "-queryfile",
            "query.tsq",
            "-out",
            "reply.tsr",
        ],
    );
    std::fs::read(folder.join("reply.tsr")).unwrap()
}

fn serve(folder: PathBuf, manner: Manner) -> Service {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/stamp", listener.local_addr().unwrap());
    let roots = folder.join("root.pem");
    thread::spawn(move || {
        for stream in listener.incoming() {
            one(stream.unwrap(), &folder, manner);
        }
    });
    Service { url, roots }
}

fn one(stream: TcpStream, folder: &Path, manner: Manner) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut length, mut line) = (0, String::new());
    while reader.read_line(&mut line).unwrap() > 2 {
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut query = vec![0; length];
    reader.read_exact(&mut query).unwrap();
    let reply = match manner {
        Manner::Honest => answer(folder, &query),
        Manner::Stale => {
            let other = comity_affairs::custody::request(&sha256(&[b"something else"]), 7).unwrap();
            answer(folder, &other)
        }
        // A PKIStatusInfo of 2, rejection, by hand.
        Manner::Refusing => vec![0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02],
    };
    let mut stream = stream;
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/timestamp-reply\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        reply.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&reply).unwrap();
}

fn service(usage: &str, manner: Manner) -> (tempfile::TempDir, Service) {
    let folder = tempfile::tempdir().unwrap();
    authority(folder.path(), usage);
    let service = serve(folder.path().to_owned(), manner);
    (folder, service)
}

fn roots(service: &Service) -> Roots {
    Roots::from_pem(&std::fs::read(&service.roots).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manifest_is_stamped_by_several_services_and_verified_offline() {
    let node = Node::start_reached("XB", Reached::Not).await;
    let (_one, honest) = service("timeStamping", Manner::Honest);
    let (_two, second) = service("timeStamping", Manner::Honest);
    let (_three, stale) = service("timeStamping", Manner::Stale);
    let (_four, refusing) = service("timeStamping", Manner::Refusing);
    let (_five, other) = service("serverAuth", Manner::Honest);
    let services =
        [("a-honest", &honest), ("b-second", &second), ("c-stale", &stale), ("d-refusing", &refusing)];
    let mut config = node.config.clone();
    for (name, service) in services {
        let settings = TimeStamp { url: service.url.clone(), roots: service.roots.clone() };
        config.timestamp.insert(name.into(), settings);
    }
    let mut ctx = node.ctx().clone();
    ctx.evidence = Bench::of(&config);
    let packed = pack(&ctx, None, &[], &[("mail.mbox", b"a letter")]).await;
    let stamp = StampEvidence { record: packed.record.clone(), service: None };
    let stamped = stamp.clone().run(&ctx).await.unwrap();
    assert_eq!(stamped.stamps.len(), 2, "{stamped:?}");
    assert!(stamped.stamps[0].contains("CN=Exercise stamps, policy 1.3.6.1.4.1.32473.1"), "{stamped:?}");
    let codes: Vec<bool> = [("c-stale", "stamp/other"), ("d-refusing", "stamp/refused")]
        .iter()
        .zip(&stamped.faults)
        .map(|((name, code), fault)| fault.starts_with(name) && fault.contains(code))
        .collect();
    assert_eq!(codes, [true, true], "{stamped:?}");
    // Offline, by roots that a stranger names.
    let carried = dossier(&ctx, &packed.record).await;
    let both = || roots(&honest).and(roots(&second));
    let report = carried.verify(&keys(&[&node]), &both());
    assert!(report.holds(), "{:?}", report.lines);
    let report = carried.verify(&keys(&[&node]), &roots(&honest));
    let bad = |finding: &Finding| matches!(finding, Finding::Bad("stamp/chain", _));
    assert_eq!(report.lines.iter().filter(|line| bad(&line.finding)).count(), 1, "{:?}", report.lines);
    let report = carried.verify(&keys(&[&node]), &Roots::default());
    assert!(!report.holds() && report.lines.iter().any(|line| matches!(line.finding, Finding::Open(_))));
    // The stamp is of this manifest and of no other hash.
    let record: comity_record::RecordId = packed.record.parse().unwrap();
    let one = &carried.stamps[0];
    assert!(one.verify(&record.0, &both()).is_ok());
    let fault = one.verify(&Hash::default(), &both()).unwrap_err();
    assert_eq!(fault, StampFault::Other { what: "the imprint" });
    let mut replayed = one.clone();
    replayed.nonce ^= 1;
    assert_eq!(replayed.verify(&record.0, &both()).unwrap_err(), StampFault::Other { what: "the nonce" });
    // A changed token never says another time or signer.
    let said = one.verify(&record.0, &both()).unwrap();
    for place in (0..one.token.len()).step_by(7) {
        let mut changed = one.clone();
        changed.token[place] ^= 0x20;
        if let Ok(found) = changed.verify(&record.0, &both()) {
            assert_eq!(found, said, "byte {place}");
        }
    }
    // A certificate that is for something else does not stamp, whoever issued it.
    config.timestamp.clear();
    let settings = TimeStamp { url: other.url.clone(), roots: other.roots.clone() };
    config.timestamp.insert("e-other".into(), settings);
    ctx.evidence = Bench::of(&config);
    let stamped = stamp.run(&ctx).await;
    drop(ctx);
    assert!(stamped.is_err() || stamped.unwrap().stamps.is_empty());
    node.running.stop().await.unwrap();
}
