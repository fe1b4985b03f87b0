//! The acts of flows that concern evidence: packing, giving, a courier, opening, decisions, deletion.

#![expect(clippy::panic, reason = "a flow that plays otherwise fails")]

use crate::flows::{Done, Outcome, Scene, Stage};
use base64::{Engine, engine::general_purpose::STANDARD};
use comity_node::app::{
    Action, Fault,
    evidence::{
        care::{DecideEvidence, Decision},
        check::CheckEvidence,
        courier::{
            ArriveEvidence, CloseTransfer, ConsignEvidence, PieceOfEvidence, TakeChain, TakeParcel, TakePiece,
        },
        delete::DeleteEvidence,
        pack::{Pack, PackedObject},
        read::{OpenEvidence, ReadEvidence, Wanted},
        show::ShowEvidence,
        stage::Stage as Upload,
        watch,
    },
    share::{Grounds, Share},
};
use std::collections::BTreeMap;

impl Stage {
    /// What a flow has a name for, a package, is named by its record.
    pub fn manifests(&self, mut with: BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
        for name in with.get_mut("manifest").into_iter().flatten() {
            if let Some(record) = self.cases.get(name) {
                name.clone_from(record);
            }
        }
        with
    }

    /// `PARTY packs NAME`: each line `file NAME: CONTENTS` is a file.
    pub async fn pack(&mut self, party: &str, name: &str, scene: &Scene) -> Outcome {
        let mut objects = Vec::new();
        for (key, contents) in &scene.below {
            let Some(file) = key.strip_prefix("file ") else { continue };
            let upload = Upload { upload: None, bytes: STANDARD.encode(contents), last: true };
            objects.push(PackedObject {
                upload: upload.run(self.ctx(party)).await?.upload,
                name: file.trim().to_owned(),
                media_type: "text/plain".into(),
                privileged: scene.all("privileged").iter().any(|one| one == file.trim()),
            });
        }
        let pack = Pack {
            objects,
            order: "order 7 of the exercise court".into(),
            source: "Net Provider of XB".into(),
            selector: "198.51.100.7".into(),
            time_basis: "UTC, NTP".into(),
            tool: "export 3".into(),
            operator: Some("lab.two".into()),
            unit: None,
            place: "lab".into(),
            case: scene.one("case").map(|case| self.case(&case)),
            request: None,
            purpose: "criminal-investigation".into(),
            conditions: scene.all("condition"),
            certificate: String::new(),
            personal: None,
            labels: vec!["category=subscriber".into()],
        };
        let packed = pack.run(self.ctx(party)).await?;
        self.cases.insert(name.to_owned(), packed.record);
        Ok(Done::default())
    }

    /// `PARTY gives NAME to OTHER`: the manifest is put to the border.
    pub async fn give(&self, party: &str, name: &str, to: &str) -> Outcome {
        let share = Share {
            to: vec![to.to_owned()],
            purpose: "criminal-investigation".into(),
            records: vec![self.case(name)],
            preview: false,
            grounds: Grounds::default(),
        };
        let shared = share.run(self.ctx(party)).await?;
        let refused = shared.judged.into_iter().filter(|one| one.verdict != "cleared");
        Ok(Done { notes: Vec::new(), refused: refused.flat_map(|one| one.codes).collect() })
    }

    /// `a courier carries NAME from PARTY to OTHER`; `damaged: N` spoils a piece on the way, counted from 0.
    pub async fn courier(&self, name: &str, from: &str, to: &str, scene: &Scene) -> Outcome {
        let (record, giver, receiver) = (self.case(name), self.ctx(from), self.ctx(to));
        let damaged: Option<usize> = scene.one("damaged").map(|number| number.parse().unwrap());
        let consign = ConsignEvidence { record: record.clone(), to: to.to_owned(), unit: None };
        let consigned = consign.run(giver).await?;
        let taken = TakeParcel { consignment: consigned.consignment, keys: None }.run(receiver).await?;
        let mut fault = None;
        for (number, piece) in consigned.pieces.into_iter().enumerate() {
            if !taken.wanted.contains(&piece) {
                continue;
            }
            let ask = PieceOfEvidence { record: record.clone(), to: to.to_owned(), piece: piece.clone() };
            let mut bytes = STANDARD.decode(ask.run(giver).await?.bytes).unwrap();
            if damaged == Some(number) {
                bytes[3] ^= 1;
            }
            let take = TakePiece { record: record.clone(), piece, bytes: STANDARD.encode(bytes) };
            fault = fault.or(take.run(receiver).await.err());
        }
        if let Some(fault) = fault {
            return Err(fault);
        }
        let arrived = ArriveEvidence { record: record.clone() }.run(receiver).await?;
        let entry =
            arrived.entry.ok_or_else(|| Fault::new("evidence/defects", arrived.defects.join("; ")))?;
        let close = CloseTransfer { record: record.clone(), to: to.to_owned(), entry };
        let chain = close.run(giver).await?.chain;
        TakeChain { record, chain }.run(receiver).await?;
        Ok(Done::default())
    }

    /// `PARTY opens NAME`; `text` is what stands in the objects then.
    pub async fn open_evidence(&self, party: &str, name: &str, scene: &Scene) -> Outcome {
        let open = OpenEvidence {
            record: self.case(name),
            objects: scene.all("object"),
            wanted: match scene.one("for").as_deref() {
                Some("court") => Wanted::Court,
                Some("export") => Wanted::Export,
                Some("filter") => Wanted::Filter,
                _ => Wanted::Open,
            },
            proceedings: scene.one("proceedings").unwrap_or_default(),
            consulted: scene.one("consulted").is_some(),
            confirmed: scene.one("confirmed").is_some(),
            place: "office".into(),
            reason: "reading".into(),
            tool: String::new(),
        };
        let opened = open.run(self.ctx(party)).await?;
        let mut found = String::new();
        for object in &opened.objects {
            let read = ReadEvidence { ticket: opened.ticket.clone(), object: object.id.clone(), piece: 0 };
            let bytes = STANDARD.decode(read.run(self.ctx(party)).await?.bytes).unwrap();
            found.push_str(&String::from_utf8(bytes).unwrap());
        }
        for text in scene.all("text") {
            assert!(found.contains(&text), "line {}: {found}", scene.line);
        }
        Ok(Done::default())
    }

    /// `PARTY decides on NAME`: `pass`, `withhold`, `hold: WHAT REFERENCE` or `end of hold: WHAT`.
    pub async fn decide(&self, party: &str, name: &str, scene: &Scene) -> Outcome {
        for (key, value) in &scene.below {
            let decision = match key.as_str() {
                "pass" => Decision::Pass { reason: value.clone() },
                "withhold" => Decision::Withhold { reason: value.clone() },
                "hold" => {
                    let (by, reference) = value.split_once(' ').unwrap_or((value, ""));
                    Decision::Hold { by: by.to_owned(), reference: reference.to_owned() }
                }
                "end of hold" => Decision::EndHold { by: value.clone(), reason: "it was lifted".into() },
                _ => continue,
            };
            let decide = DecideEvidence { record: self.case(name), objects: scene.all("object"), decision };
            decide.run(self.ctx(party)).await?;
        }
        Ok(Done::default())
    }

    /// `PARTY deletes NAME`, by the number of a condition.
    pub async fn delete(&self, party: &str, name: &str, scene: &Scene) -> Outcome {
        let delete = DeleteEvidence {
            record: self.case(name),
            objects: scene.all("object"),
            condition: scene.one("condition").map(|number| number.parse().unwrap()),
            place: "office".into(),
            reason: "its end has come".into(),
        };
        delete.run(self.ctx(party)).await.map(|_| Done::default())
    }

    /// `PARTY checks NAME`: everything agrees with the manifest.
    pub async fn check_evidence(&self, party: &str, name: &str, scene: &Scene) -> Outcome {
        let checked = CheckEvidence { record: self.case(name) }.run(self.ctx(party)).await?;
        assert_eq!(checked.defects, Vec::<String>::new(), "line {}", scene.line);
        Ok(Done::default())
    }

    /// `PARTY looks at its evidence`: what the served node does on its schedule.
    pub async fn watch(&self, party: &str) -> Outcome {
        watch::round(self.ctx(party), 168).await.map(|_| Done::default())
    }

    /// `PARTY sees evidence NAME`.
    pub async fn see_evidence(&self, party: &str, name: &str, scene: &Scene) -> Outcome {
        let shown = ShowEvidence { record: self.case(name) }.run(self.ctx(party)).await?;
        for (key, value) in &scene.below {
            let line = scene.line;
            let any = |lines: &[String]| lines.iter().any(|line| line.contains(value.as_str()));
            let acts = |acts: &[comity_node::app::evidence::show::ActShown]| {
                acts.iter().any(|act| act.act == *value)
            };
            match key.as_str() {
                "held" => assert_eq!(shown.listed.held, *value, "line {line}"),
                "condition" => assert!(any(&shown.conditions), "line {line}: {:?}", shown.conditions),
                "note" => assert!(any(&shown.notes), "line {line}: {:?}", shown.notes),
                "act" => assert!(acts(&shown.custody), "line {line}: {:?}", shown.custody),
                "other act" => assert!(acts(&shown.others), "line {line}: {:?}", shown.others),
                other => panic!("line {line}: `{other}` is not seen of evidence"),
            }
        }
        Ok(Done::default())
    }
}
