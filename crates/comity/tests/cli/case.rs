//! A case from the command line: drafted from files, authorised, carried by pouch, answered, exported and verified offline.

use super::{
    crossing::{code, done, text, told, two},
    door::run_in,
};
use std::{fs, path::Path};

pub const LETTERHEAD: &str = "\
requested-authority = 'Central Authority'
organisation = 'Prosecution Service'
person-in-charge = 'Prosecutor A. Doe'
address = '1 Court Square'
telephone = '+00 1 234'
e-mail = 'desk@prosecution.example'
time-zone = '+00:00'
language = 'en'
";

const MATTER: &str = r#"{
  "reference": "XA-2026-1",
  "offences": "illegal access, Criminal Code s 202",
  "facts": "a login from this account opened the door",
  "data-types": "subscriber,traffic",
  "period": "2026-01-01/2026-01-31",
  "need": "the provider keeps its logs for thirty days",
  "disclosure-intended": true
}"#;

/// A request of XA to XB as a draft with nothing wrong in it, under a reference.
pub fn drafted(at: &Path, reference: &str) {
    fs::write(at.join("head.toml"), LETTERHEAD).unwrap();
    fs::write(at.join("matter.json"), MATTER.replace("XA-2026-1", reference)).unwrap();
    done(
        at,
        "case new --to xb --measure preserve_stored_data --fields head.toml --fields matter.json --dir xa \
              --account mail.example:person-1 --offence illegal_access --penalty 5 --organised no",
    );
}

/// The same, signed.
pub fn sent(at: &Path, reference: &str) {
    drafted(at, reference);
    done(at, &format!("case authorise {reference} --dir xa"));
    done(at, &format!("case send {reference} --dir xa"));
}

pub fn carry(at: &Path, from: &str, to: &str, file: &str) {
    done(at, &format!("pouch pack --to {to} --out {file} --dir {from}"));
    done(at, &format!("pouch open {file} --dir {to}"));
}

#[test]
fn a_case_from_draft_to_proof() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    two(at);
    fs::write(at.join("head.toml"), LETTERHEAD).unwrap();
    fs::write(at.join("matter.json"), MATTER).unwrap();
    let form =
        done(at, "case new --to xb --measure preserve_stored_data --show-form --label-language fr --dir xa");
    assert!(form.to_string().contains("Nature de la demande"), "{form}");
    assert!(form.pointer("/basis/considered").unwrap().to_string().contains("budapest 29: available"));
    assert_eq!(
        done(at, "case list --dir xa").as_array().unwrap().len(),
        0,
        "nothing is kept of a form shown"
    );
    let draft =
        "case new --to xb --measure preserve_stored_data --fields head.toml --fields matter.json --dir xa";
    assert!(told(at, 1, draft).to_string().contains("case/no-selector"));
    done(
        at,
        "case new --case XA-2026-1 --account mail.example:person-1 --offence illegal_access --penalty 5 \
              --organised no --dir xa",
    );
    assert_eq!(code(&told(at, 3, "case send XA-2026-1 --dir xa")), "case/not-authorised");
    let preview = done(at, "case preview XA-2026-1 --dir xa");
    assert_eq!(text(&preview, "/judged/0/verdict"), "cleared");
    done(at, "case authorise XA-2026-1 --dir xa");
    assert_eq!(text(&done(at, "case send XA-2026-1 --dir xa"), "/state"), "sent");
    carry(at, "xa", "xb", "1.pouch");
    let open = done(at, "case step XA-2026-1 --dir xb");
    assert_eq!(text(&open, "/0/step"), "acknowledge");
    assert_eq!(code(&told(at, 3, "case step XA-2026-1 acknowledge --dir xb")), "case/option");
    done(at, "case step XA-2026-1 acknowledge --ticket XB-9 --dir xb");
    done(at, "case step XB-9 begin-check --dir xb");
    assert_eq!(code(&told(at, 3, "case step XB-9 withdraw --reason 'not ours' --dir xb")), "case/not-yours");
    let refused = done(
        at,
        "case step XB-9 refuse --ground 'no staff' --reasons 'holidays' --not-consulted 'urgent' --dir xb",
    );
    assert!(text(&refused, "/notes/0").contains("not on the register's list"), "{refused}");
    carry(at, "xb", "xa", "2.pouch");
    assert_eq!(text(&done(at, "case show XA-2026-1 --dir xa"), "/state"), "refused");
    for page in ["case show XA-2026-1 --dir xa", "case list --dir xa", "case step XA-2026-1 --dir xa"] {
        let shown = String::from_utf8(run_in(at, page).stdout).unwrap();
        assert!(shown.starts_with("EXERCISE DATA"), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    }
    done(at, "case export XA-2026-1 --out the.case --dir xa");
    // A stranger with the file and two letters, and nothing else.
    let verified = done(at, "case verify the.case --trust xa.letter --trust xb.letter");
    assert_eq!(text(&verified, "/state"), "refused");
    assert_eq!(verified.pointer("/steps").unwrap().as_array().unwrap().len(), 4);
    assert_eq!(text(&verified, "/signatures/0/crossing/verdict"), "cleared");
    told(at, 1, "case verify the.case");
    let mut bytes = fs::read(at.join("the.case")).unwrap();
    let middle = bytes.len() / 2;
    *bytes.get_mut(middle).unwrap() ^= 1;
    fs::write(at.join("bad.case"), bytes).unwrap();
    told(at, 1, "case verify bad.case --trust xa.letter --trust xb.letter");
}
