//! Orders to providers from the command line: what a provider is told and verifies, and what happens where nothing is ordered.

use super::{
    case::{drafted, sent},
    crossing::{code, done, told, two},
};
use comity_node::paper;
use serde_json::{Value, json};
use std::{fs, path::Path};

/// The digests of `abc` in FIPS 180-4's examples.
const SHA_256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const SHA_512: &str = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                       2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

const ORDER: &str =
    "provider order mail --what 'Keep the logs of u-1' --law 'Code art 60' --due 2099-03-20 --dir xa";

fn refused(at: &Path, exit: i32, wanted: &str, arguments: &str) {
    assert_eq!(code(&told(at, exit, arguments)), wanted, "{arguments}");
}

fn orders(at: &Path) -> Value {
    done(at, "provider list --dir xa").pointer("/0/orders").unwrap().clone()
}

/// Two parties; XA has a national desk and a provider.
fn prepared(at: &Path) {
    two(at);
    done(at, "authority add desk --name Desk --kind central --source 'Act 2' --from 2020-01-01 --dir xa");
    done(
        at,
        "provider add mail --name 'Mail Example' --contact legal@mail.example --source 'Act s 9' --dir xa",
    );
}

#[test]
fn a_provider_is_told_what_was_chosen_and_its_answer_is_entered() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    prepared(at);
    sent(at, "XA-2026-1");
    done(at, &format!("{ORDER} --case XA-2026-1 --field data-types --out 1.html"));
    let verified = done(at, "provider verify 1.html --trust xa.letter");
    let expected = json!([
        ["authority", "Desk (XA, desk)"],
        ["officer", "console"],
        ["law", "Code art 60"],
        ["what", "Keep the logs of u-1"],
        ["due", "2099-03-20"],
        ["secret", "no"],
        ["data-types", "subscriber,traffic"],
    ]);
    assert_eq!(verified, expected);
    // The letter of another State, and an order of which one byte is another.
    refused(at, 1, "key/unknown", "provider verify 1.html --trust xb.letter");
    let page = fs::read_to_string(at.join("1.html")).unwrap();
    let mut bytes = paper::join(&page).unwrap();
    let what = bytes.windows(3).position(|three| three == b"u-1").unwrap();
    bytes[what + 2] = b'2';
    fs::write(at.join("forged.txt"), paper::split(&bytes).unwrap().join("\n")).unwrap();
    refused(at, 1, "exchange/bad-signature", "provider verify forged.txt --trust xa.letter");
    fs::write(at.join("abc.txt"), "abc").unwrap();
    refused(at, 3, "provider/no-order", "provider answer 2 abc.txt --dir xa");
    refused(at, 3, "cli/file-missing", "provider answer 1 nowhere.txt --dir xa");
    assert_eq!(orders(at).pointer("/0/answers"), Some(&json!([])));
    done(at, "provider answer 1 abc.txt --dir xa");
    let answered = orders(at);
    let answer = |field: &str| answered.pointer(&format!("/0/answers/0/{field}")).unwrap().clone();
    assert_eq!(
        ["name", "size", "sha256", "sha512"].map(answer),
        [json!("abc.txt"), json!(3), json!(SHA_256), json!(SHA_512)]
    );
}

#[test]
fn what_cannot_be_ordered_leaves_no_order_and_no_page() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    two(at);
    let add = "provider add mail --name Mail --contact x --source '' --dir xa";
    refused(at, 3, "house/unsourced", add);
    refused(at, 3, "house/no-provider", "provider end mail --dir xa");
    assert_eq!(done(at, "provider list --dir xa"), json!([]));
    done(at, &add.replace("''", "'Act s 9'"));
    refused(at, 3, "home/no-desk", &format!("{ORDER} --out 1.html"));
    done(at, "authority add desk --name Desk --kind central --source 'Act 2' --from 2020-01-01 --dir xa");
    drafted(at, "XA-2026-1");
    fs::write(at.join("held.html"), "held").unwrap();
    for (exit, wanted, order) in [
        (3, "cli/file-exists", format!("{ORDER} --out held.html")),
        (3, "cli/file-missing", format!("{ORDER} --out nowhere/1.html")),
        (3, "provider/none", format!("{} --out 1.html", ORDER.replace("order mail", "order post"))),
        (3, "provider/words", format!("{} --out 1.html", ORDER.replace("'Code art 60'", "' '"))),
        (3, "case/none", format!("{ORDER} --case XA-2026-9 --out 1.html")),
        // A draft was told to nobody; an order that names it would lose it without a word.
        (3, "case/not-sent", format!("{ORDER} --case XA-2026-1 --out 1.html")),
        (2, "cli/bad-value", format!("{} --out 1.html", ORDER.replace("2099-03-20", "2099-02-30"))),
    ] {
        refused(at, exit, wanted, &order);
    }
    done(at, "case authorise XA-2026-1 --dir xa");
    done(at, "case send XA-2026-1 --dir xa");
    refused(at, 3, "provider/no-field", &format!("{ORDER} --case XA-2026-1 --field colour --out 1.html"));
    assert_eq!(fs::read_to_string(at.join("held.html")).unwrap(), "held");
    assert!(!at.join("1.html").exists(), "a page without an order");
    assert_eq!(orders(at), json!([]));
    done(at, "provider end mail --on 2020-01-01 --dir xa");
    refused(at, 3, "provider/none", &format!("{ORDER} --out 1.html"));
}
