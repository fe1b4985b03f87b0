//! Evidence from the command line: packed, exported, verified by a stranger, and what happens to whoever changes a byte.

use super::door::run_in;
use serde_json::Value;
use std::{fs, path::Path};

fn told(folder: &Path, exit: i32, arguments: &str) -> Value {
    let output = run_in(folder, &format!("{arguments} --json"));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(exit), "{arguments}: {errors}");
    let bytes = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
    serde_json::from_slice(bytes).unwrap()
}

fn code(answer: &Value) -> &str {
    answer.pointer("/error/code").and_then(Value::as_str).unwrap()
}

/// The findings that are not good.
fn findings(report: &Value) -> Vec<(&str, &str)> {
    let lines = report["checked"].as_array().unwrap().iter();
    let wrong = lines.filter(|line| line["finding"] != "good");
    wrong.map(|line| (line["finding"].as_str().unwrap(), line["what"].as_str().unwrap())).collect()
}

#[test]
fn a_stranger_verifies_a_package_and_a_changed_byte_is_told() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    told(at, 0, "init --party XA --dir xa");
    fs::write(at.join("mail.mbox"), "a letter").unwrap();
    fs::write(at.join("disk.img"), vec![0x5a; 9 << 20]).unwrap();
    let pack = "evidence pack mail.mbox disk.img --order 'order 7' --selector 'account person-1' \
                --tool 'imager 4' --operator lab.two --source mail.example --dir xa";
    assert_eq!(code(&told(at, 3, pack)), "evidence/no-unit");
    told(at, 0, "unit add lab --name Lab --law 'Exercise Act 4' --dir xa");
    let bulk = format!("{pack} --condition 'only-for'");
    assert_eq!(code(&told(at, 2, &bulk)), "input/bad-value");
    let packed = told(at, 0, &format!("{pack} --condition 'only-for:court 3'"));
    let record = packed["record"].as_str().unwrap().to_owned();
    let export = format!("evidence export {record} --out package --dir xa");
    assert_eq!(code(&told(at, 3, &export)), "evidence/blocked");
    told(at, 0, &format!("{export} --proceedings 'court 3'"));
    let letter = run_in(at, "letter show --dir xa").stdout;
    fs::write(at.join("xa.letter"), letter).unwrap();
    let verify = "evidence verify package --trust xa.letter";
    assert_eq!(findings(&told(at, 0, verify)), []);
    // Without a letter every signature is open, and open is not verified.
    let open = told(at, 1, "evidence verify package");
    assert!(findings(&open).iter().all(|(finding, _)| *finding == "open") && !findings(&open).is_empty());
    let mut image = fs::read(at.join("package/0002-disk.img")).unwrap();
    image[5 << 20] ^= 1;
    fs::write(at.join("package/0002-disk.img"), image).unwrap();
    let report = told(at, 1, verify);
    let [("bad", what)] = findings(&report)[..] else { panic!("{report}") };
    assert!(what.starts_with("object 0002 `disk.img`"), "{what}");
    let mut dossier = fs::read(at.join("package/dossier.comity")).unwrap();
    let last = dossier.len() - 40;
    dossier[last] ^= 1;
    fs::write(at.join("package/dossier.comity"), dossier).unwrap();
    assert!(findings(&told(at, 1, verify)).len() > 1);
    // What is told of it, without the objects.
    told(at, 0, &format!("evidence export {record} --case-uco --out package.jsonld --dir xa"));
    let graph: Value = serde_json::from_slice(&fs::read(at.join("package.jsonld")).unwrap()).unwrap();
    assert!(graph["@graph"].as_array().unwrap().len() > 10);
    for (language, mark) in [("en", "ltr"), ("fr", "ltr"), ("ar", "rtl"), ("zh", "ltr")] {
        let page =
            format!("evidence export {record} --certificate {language} --out {language}.html --dir xa");
        told(at, 0, &page);
        let page = fs::read_to_string(at.join(format!("{language}.html"))).unwrap();
        assert!(page.contains(&format!("dir=\"{mark}\"")) && page.contains(&record), "{language}");
        assert!(!page.contains("<script") && !page.contains("http"), "{language}");
    }
}
