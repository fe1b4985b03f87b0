//! What is current does not depend on the order in which things came, and extensions come back as they were.

use crate::{
    support::{Node, Of, holdings, import, two},
    taxii::{Served, newest},
};
use comity_node::app::{Action, Ctx, export::held::ExportHeld, object::ShowObject, search::Search};
use serde_json::{Value, json, value::RawValue};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
};

const GREEN: &str = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";

fn bundle(path: &Path, objects: &[Value]) {
    let bundle =
        json!({ "type": "bundle", "id": "bundle--c0a1170e-2222-4000-8000-000000000000", "objects": objects });
    fs::write(path, bundle.to_string()).unwrap();
}

fn id_of(object: &Value) -> &str {
    object["id"].as_str().unwrap()
}

/// ATT&CK and the reports of Talos, as far as they meet: the objects of ATT&CK that a report repeats, and those of the
/// reports. The other 24,000 objects of the one and 12,000 of the other have nothing to downgrade.
fn meeting(stix: &Path) -> Option<(Vec<Value>, Vec<Value>)> {
    let attack = fs::read(stix.join("attack-enterprise-18.1.stix20.json.zst")).ok()?;
    let talos = fs::File::open(stix.join("talos-reports-2022-2024.stix20.tar.zst")).ok()?;
    let attack: Value = serde_json::from_slice(&zstd::stream::decode_all(&*attack).unwrap()).unwrap();
    let attack = attack["objects"].as_array().unwrap();
    let known: BTreeSet<&str> = attack.iter().map(id_of).collect();
    let (mut reports, mut files) = (Vec::new(), 0);
    for entry in tar::Archive::new(zstd::Decoder::new(talos).unwrap()).entries().unwrap() {
        let mut text = String::new();
        entry.unwrap().read_to_string(&mut text).unwrap();
        let Ok(read) = serde_json::from_str::<Value>(&text) else { continue };
        let objects = read["objects"].as_array().unwrap().iter();
        reports.extend(objects.filter(|object| known.contains(id_of(object))).cloned());
        files += 1;
    }
    assert_eq!(files, 73);
    let repeated: BTreeSet<&str> = reports.iter().map(id_of).collect();
    // With the markings: an object whose marking nobody defines would be kept at RED.
    let kept = |object: &&Value| repeated.contains(id_of(object)) || object["type"] == "marking-definition";
    let attack = attack.iter().filter(kept).cloned().collect();
    Some((attack, reports))
}

/// The version of each object that counts as current, by what is shown of it.
async fn current(ctx: &Ctx, ids: impl Iterator<Item = &String>) -> BTreeMap<String, String> {
    let mut current = BTreeMap::new();
    for id in ids {
        let show = ShowObject { id: id.clone(), purpose: "cyber-defence".into() };
        let shown = show.run(ctx).await.unwrap();
        let is_current = |state: &str| matches!(state, "current" | "revoked");
        let newest: BTreeSet<String> = shown
            .versions
            .iter()
            .filter(|one| is_current(&one.state))
            .filter_map(|one| one.modified.clone())
            .collect();
        assert_eq!(
            newest.len(),
            1,
            "{id}: {:?}",
            shown.versions.iter().map(|one| (&one.state, &one.modified)).collect::<Vec<_>>()
        );
        current.insert(id.clone(), newest.into_iter().next().unwrap());
    }
    current
}

/// The reports carry objects of ATT&CK as they were in their day, most of them older than the release, two of them newer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_copy_in_a_report_downgrades_nothing_in_either_order() {
    let stix = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/threat/stix");
    let Some((attack, talos)) = meeting(&stix) else {
        let _unread =
            writeln!(std::io::stderr(), "not run: ATT&CK and Talos, the folder `shared` is not there");
        return;
    };
    let all: Vec<Value> = attack.iter().chain(&talos).cloned().collect();
    let expected = newest(&json!({ "objects": all }));
    let release = newest(&json!({ "objects": attack }));
    let older = newest(&json!({ "objects": talos })).iter().filter(|(id, at)| release[*id] > **at).count();
    assert!(older > 150 && expected != release, "{older} of {}", expected.len());
    let dir = tempfile::tempdir().unwrap();
    let files = [dir.path().join("attack.json"), dir.path().join("talos.json")];
    bundle(&files[0], &attack);
    bundle(&files[1], &talos);
    let mut served = Vec::new();
    for order in [[0, 1], [1, 0]] {
        let node = Served::start_as("XA").await;
        for file in order {
            let shown = import(node.node.ctx(), &files[file]).await;
            assert_eq!(shown.refused, 0, "{:?}", shown.refusals);
        }
        assert_eq!(current(node.node.ctx(), expected.keys()).await, expected, "{order:?}");
        let classes = node.classes("").await;
        served.push(classes.into_iter().map(|[id, version, _]| (id, version)).collect::<BTreeSet<_>>());
        node.node.running.stop().await.unwrap();
    }
    // Nor does what a TAXII client is given.
    assert_eq!(served[0], served[1]);
    assert_eq!(served[0], expected.into_iter().collect());
}

/// Objects as OpenCTI writes them: extensions of properties under ids that have no definition in the bundle, one that is
/// defined in it at the top level, and one of a new type. Blanks, order and escapes are their author's.
const EXTENDED: &str = r#"{"type":"bundle","id":"bundle--5b1f0a6e-9d0e-4c8b-8a53-0b7a7ad8c4d1","objects":[
{"id":"extension-definition--9c59fd79-4215-4ba4-920d-3e4f320e1e62","type":"extension-definition","spec_version":"2.1","created":"2026-01-05T08:00:00.000Z","modified":"2026-01-05T08:00:00.000Z","created_by_ref":"identity--7b82b010-b1c0-4dae-981f-7756374a17df","name":"Exercise top level","description":"adds a rank","schema":"https://desk.example/rank.json","version":"1.0","extension_types":["toplevel-property-extension"],"extension_properties":["rank","tolerance"]},
{ "type" : "identity", "spec_version" : "2.1", "id" : "identity--7b82b010-b1c0-4dae-981f-7756374a17df", "created" : "2026-01-05T08:00:00.000Z", "modified" : "2026-01-05T08:00:00.000Z", "name" : "Exercise platf\u00f6rm", "identity_class" : "organization", "x_opencti_reliability": "A - Completely reliable", "extensions": { "extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba": { "extension_type": "property-extension", "id": "3f1d1b46", "type": "Organization", "is_inferred": false, "created_at": "2026-01-05T08:00:00.123Z", "score": 1.50, "workflow_id": "w\/1" } } },
{"id":"indicator--1c1b6b1d-6d02-5a2f-9c53-0a3a9d6a7f10","spec_version":"2.1","type":"indicator","revoked":false,"confidence":75,"created":"2026-01-06T10:15:00.000Z","modified":"2026-01-06T10:15:00.000Z","created_by_ref":"identity--7b82b010-b1c0-4dae-981f-7756374a17df","name":"c2.example.net","pattern":"[domain-name:value = 'c2.example.net']","pattern_type":"stix","valid_from":"2026-01-06T10:15:00.000Z","rank":5,"tolerance":0.10,"extensions":{"extension-definition--9c59fd79-4215-4ba4-920d-3e4f320e1e62":{"extension_type":"toplevel-property-extension"},"extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba":{"extension_type":"property-extension","main_observable_type":"Domain-Name","detection":true,"labels_ids":["a","b"]}},"object_marking_refs":["MARKING"]},
{"type":"x-exercise-order","spec_version":"2.1","id":"x-exercise-order--0f1d7f5e-3d43-4a52-b8a8-0f6e3b0f93c2","created":"2026-01-06T10:15:00.000Z","modified":"2026-01-06T10:15:00.000Z","aim":"hold","extensions":{"extension-definition--2f6a0b0e-8d0d-4d0c-9e0a-1f6f6d0e7a11":{"extension_type":"new-sdo"}}}
]}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn extensions_cross_and_are_exported_byte_for_byte() {
    #[derive(serde::Deserialize)]
    struct Bundle<'a> {
        #[serde(borrow)]
        objects: Vec<&'a RawValue>,
    }
    let texts = |text: &str| {
        let read: Bundle<'_> = serde_json::from_str(text).unwrap();
        read.objects.iter().map(|raw| raw.get().to_owned()).collect::<BTreeSet<String>>()
    };
    let dir = tempfile::tempdir().unwrap();
    let (path, text) = (dir.path().join("opencti.json"), EXTENDED.replace("MARKING", GREEN));
    fs::write(&path, &text).unwrap();
    let expected = texts(&text);
    assert_eq!(expected.len(), 4);
    let (a, b) = two().await;
    let shown = import(a.ctx(), &path).await;
    assert_eq!((shown.taken, shown.refused), (4, 0), "{:?}", shown.refusals);
    a.share("XB").await;
    a.delivered("XB").await;
    let there = holdings(b.ctx(), Of::Others).await;
    let arrived: BTreeSet<String> = there
        .into_iter()
        .flat_map(|one| one.objects)
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .collect();
    assert_eq!(arrived, expected);
    // In the export of the one who wrote it down, and of the one who was given it.
    for node in [&a, &b] {
        let export = ExportHeld {
            format: "stix".into(),
            search: Search::default(),
            name: "trial".into(),
            first_rule: 1,
            ..Default::default()
        };
        let export = export.run(node.ctx()).await.unwrap();
        assert_eq!(texts(&export.text), expected);
    }
    stop([a, b]).await;
}

async fn stop(nodes: [Node; 2]) {
    for node in nodes {
        node.running.stop().await.unwrap();
    }
}
