//! Evidence sealed to one unit of the receiver: its node holds the pieces and cannot open them before the unit has; where no key of
//! the unit is on record, the party as a whole opens it.

use crate::{
    evidence::{asked, bytes, given, pack},
    support::two,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use comity_affairs::custody::{Consignment, ObjectKeys, Parcel};
use comity_node::{
    app::{
        Action, Ctx,
        evidence::{
            courier::{ArriveEvidence, ConsignEvidence, Consigned, PieceOfEvidence, TakeParcel, TakePiece},
            unit::UnitParcel,
        },
        unit_key::{AddUnitKey, GiveUnitKey, ListUnitKeys, TakeUnitKey},
    },
    keys::{armour_key, make_unit_key, read_unit_key},
    random::SystemRandom,
    seal::{self, RecipientKey, SealingKey},
};
use comity_record::{Attested, Canonical};

async fn consign(ctx: &Ctx, record: &str, unit: Option<&str>) -> Consigned {
    let unit = unit.map(Into::into);
    ConsignEvidence { record: record.into(), to: "XA".into(), unit }.run(ctx).await.unwrap()
}

/// The keys of a parcel as its unit opens them and seals them to the node.
async fn opened(ctx: &Ctx, consigned: &Consigned, key: SealingKey) -> String {
    let own = UnitParcel { record: None }.run(ctx).await.unwrap();
    let consignment = Consignment::from_bytes(&STANDARD.decode(&consigned.consignment).unwrap()).unwrap();
    let parcel = Attested::<Parcel>::from_bytes(&consignment.parcel).unwrap();
    let (_, keys) = seal::open(&parcel.claimed().keys, &ctx.party, &[key], ObjectKeys::LIMIT).unwrap();
    let own = RecipientKey::from_bytes(&STANDARD.decode(own.key).unwrap()).unwrap();
    STANDARD.encode(seal::seal(&ctx.party, &ctx.party, &own, &keys, &SystemRandom).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parcel_for_a_unit_opens_with_the_units_key_alone() {
    let (a, b) = two().await;
    let request = asked(&a).await;
    let packed = pack(b.ctx(), Some(request), &[], &[("log.txt", &bytes(5000, 7))]).await;
    given(&b, &packed.record).await;
    // No key of the unit is on record: the party as a whole, and it says so.
    let whole = consign(b.ctx(), &packed.record, Some("cert")).await;
    assert_eq!(whole.unit, None);
    // XA states a key of its unit, XB takes it; of itself it takes none.
    let path = a.dir.path().join("cert.key");
    let public = make_unit_key(&path, &SystemRandom).unwrap();
    let add = AddUnitKey {
        unit: "cert".into(),
        key: armour_key(&public.to_bytes()),
        source: "minute 1".into(),
        from: Some("2020-01-01".into()),
        until: None,
    };
    add.run(a.ctx()).await.unwrap();
    let stated = GiveUnitKey { unit: "cert".into() }.run(a.ctx()).await.unwrap().statement;
    let take = |statement: String| TakeUnitKey { statement };
    assert_eq!(take(stated.clone()).run(a.ctx()).await.unwrap_err().code, "house/own-unit-key");
    take(stated.clone()).run(b.ctx()).await.unwrap();
    take(stated).run(b.ctx()).await.unwrap();
    let listed = ListUnitKeys {}.run(b.ctx()).await.unwrap();
    assert_eq!((listed.len(), listed[0].party.as_str(), listed[0].stands), (1, "XA", true));
    // From here on it is sealed to the unit; another unit has no key, and the party opens for it.
    let sealed = consign(b.ctx(), &packed.record, Some("cert")).await;
    assert_eq!(sealed.unit.as_deref(), Some("cert"));
    assert_eq!(consign(b.ctx(), &packed.record, Some("other")).await.unit, None);
    let parcel = |keys: Option<String>| TakeParcel { consignment: sealed.consignment.clone(), keys };
    let refused = parcel(None).run(a.ctx()).await.unwrap_err();
    assert_eq!(refused.code, "evidence/for-unit");
    let keys = opened(a.ctx(), &sealed, read_unit_key(&path).unwrap()).await;
    let taken = parcel(Some(keys)).run(a.ctx()).await.unwrap();
    assert_eq!(taken.wanted, sealed.pieces);
    for piece in sealed.pieces {
        let (record, to) = (packed.record.clone(), "XA".to_owned());
        let given = PieceOfEvidence { record: record.clone(), to, piece: piece.clone() }.run(b.ctx()).await;
        TakePiece { record, piece, bytes: given.unwrap().bytes }.run(a.ctx()).await.unwrap();
    }
    let arrived = ArriveEvidence { record: packed.record }.run(a.ctx()).await.unwrap();
    assert!(arrived.defects.is_empty() && arrived.entry.is_some());
    for node in [a, b] {
        node.running.stop().await.unwrap();
    }
}
