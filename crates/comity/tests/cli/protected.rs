//! Protected objects from the command line: entered, stated to whom they are shown, verified offline, and what a case aimed at one
//! wants before it is sent.

use super::{
    case::drafted,
    crossing::{code, done, list, text, told, two},
};
use serde_json::json;
use std::fs;

const ADD: &str = "protected add st-anne --name 'St Anne Hospital' --kind medical --law 'AP I art 12' \
                   --mark 'address 203.0.113.0/28' --mark 'name st-anne.example' --contact 'duty@health.example' \
                   --from 2020-01-01";

#[test]
fn an_object_is_told_to_whom_it_is_shown_and_gets_a_second_reading() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    two(at);
    let refused = |exit: i32, wanted: &str, arguments: &str| {
        assert_eq!(code(&told(at, exit, arguments)), wanted, "{arguments}");
    };
    // Held in trust it is told to nobody; named, to that State alone.
    done(at, &format!("{ADD} --dir xb"));
    refused(3, "protected/kept", "protected give st-anne --to xa --out x.object --dir xb");
    done(at, &format!("{ADD} --show-to xa --dir xb"));
    refused(3, "protected/kept", "protected give st-anne --to xc --out x.object --dir xb");
    done(at, "protected give st-anne --to xa --out st-anne.object --dir xb");
    let verified = done(at, "protected verify st-anne.object --trust xb.letter");
    assert_eq!(text(&verified, "/owner"), "XB");
    assert_eq!(verified.get("marks"), Some(&json!(["address 203.0.113.0/28", "name st-anne.example"])));
    refused(1, "key/unknown", "protected verify st-anne.object --trust xa.letter");
    let page = fs::read_to_string(at.join("st-anne.object")).unwrap();
    let forged: Vec<&str> = page.lines().rev().collect();
    fs::write(at.join("forged.object"), forged.join("\n")).unwrap();
    refused(1, "letter/no-line", "protected verify forged.object --trust xb.letter");
    done(at, "protected take st-anne.object --dir xa");
    refused(3, "protected/own", "protected take st-anne.object --dir xb");
    let listed = done(at, "protected list --dir xa");
    assert_eq!((text(&listed, "/0/owner"), list(&listed).len()), ("XB", 1));
    // A case aimed at it bears the sign, and one officer is not enough.
    for officer in ["one", "two"] {
        done(at, &format!("officer add {officer} --unit cert --name {officer} --dir xa"));
    }
    drafted(at, "XA-2026-1");
    let aimed = "case new --case XA-2026-1 --account st-anne.example:ward-1 --dir xa";
    let shown = done(at, aimed);
    assert!(
        text(&shown, "/protected/0").starts_with("PROTECTED (medical): St Anne Hospital of XB"),
        "{shown}"
    );
    done(at, "case authorise XA-2026-1 --officer one --dir xa");
    let lacking = told(at, 3, "case send XA-2026-1 --officer one --dir xa");
    assert_eq!(code(&lacking), "case/not-authorised");
    assert!(text(&lacking, "/error/text").contains("a second reading by another officer"), "{lacking}");
    done(at, "case authorise XA-2026-1 --officer one --dir xa");
    refused(3, "case/not-authorised", "case send XA-2026-1 --officer one --dir xa");
    done(at, "case authorise XA-2026-1 --officer two --dir xa");
    done(at, "case send XA-2026-1 --officer one --dir xa");
    // The asked side sees the sign of its own object.
    done(at, "pouch pack --to xb --out there.pouch --dir xa");
    done(at, "pouch open there.pouch --dir xb");
    let there = done(at, "case show XA-2026-1 --dir xb");
    assert_eq!(list(there.get("protected").unwrap()).len(), 1);
    // One that is aimed elsewhere bears none.
    drafted(at, "XA-2026-2");
    let shown = done(at, "case show XA-2026-2 --dir xa");
    assert_eq!(shown.pointer("/draft/protected"), Some(&json!([])));
}

#[test]
fn what_is_no_protected_object_is_not_entered() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    two(at);
    let refused = |exit: i32, wanted: &str, arguments: String| {
        assert_eq!(code(&told(at, exit, &format!("{arguments} --dir xa"))), wanted, "{arguments}");
    };
    refused(3, "protected/no-kind", ADD.replace("medical", "military"));
    refused(3, "protected/no-mark", ADD.replace("address 203.0.113.0/28", "address 203.0.113.0/33"));
    refused(3, "protected/no-mark", ADD.replace("address 203.0.113.0/28", "everything"));
    refused(3, "protected/bare", ADD.replace("AP I art 12", " "));
    refused(3, "protected/none", "protected give none --to xb --out x.object".to_owned());
    assert_eq!(done(at, "protected list --dir xa"), json!([]));
}
