//! What holds for every label, request and standing.

use crate::{
    act::{packs_of, sound},
    law::register,
};
use comity_border::{
    Access, Adoption, Asked, Basis, Case, ClassCache, Competence, Consent, Direction, DutyKind, Layer,
    Obligation, Obligations, Owner, PackText, Packs, Pair, Period, Request, Standing, StandingEntries,
    Subject, Suspension, Terms, TransferGround, Verdict, decide,
};
use comity_record::{
    Date, Labels, PartyCode,
    label::{
        AttributionClaim, Category, Directive, Handling, HandlingCode, Onward, Pap, Personal, Purpose,
        Retention, Sovereign, Tlp, UseLimit,
    },
};
use proptest::{collection, option, prelude::*, sample::select};
use std::{collections::BTreeSet, sync::LazyLock};

fn party() -> impl Strategy<Value = PartyCode> {
    select(vec!["XA", "XB", "XC", "XD", "ZZ-UNKNOWN"]).prop_map(|party| party.parse().unwrap())
}

fn day() -> impl Strategy<Value = Date> {
    (-400i32..400).prop_map(|days| "2026-03-01".parse::<Date>().unwrap().plus_days(days))
}

fn set<T: Clone + Ord + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = BTreeSet<T>> {
    collection::btree_set(select(all), 0..4)
}

fn labels() -> impl Strategy<Value = Labels> {
    let sovereign = prop_oneof![
        4 => Just(Sovereign::Open),
        1 => Just(Sovereign::GovernmentInternal),
        1 => Just(Sovereign::ImportantData),
        1 => Just(Sovereign::CoreData),
        1 => Just(Sovereign::CriticalInfrastructure),
        1 => "[ -~]{0,8}".prop_map(|level| Sovereign::Classified { level, scheme: "XA".to_owned() }),
    ];
    let onward = prop_oneof![
        Just(Onward::Free),
        Just(Onward::Prohibited),
        Just(Onward::PriorAuthorisation),
        Just(Onward::WithinInstrument),
        collection::btree_set(party(), 0..3).prop_map(Onward::Listed),
    ];
    let retention = prop_oneof![
        day().prop_map(Retention::Until),
        any::<u16>().prop_map(Retention::AfterClosure),
        day().prop_map(Retention::Review),
    ];
    let handling = option::of(select(HandlingCode::ALL).prop_map(|code| Handling { code, text: None }));
    (
        (select(Tlp::ALL), option::of(select(Pap::ALL)), handling, set(Category::ALL), select(Personal::ALL)),
        (sovereign, option::of(party()), set(Purpose::ALL), onward, set(UseLimit::ALL)),
        (
            option::of(retention),
            option::of(select(Directive::ALL)),
            option::of(day()),
            option::of(select(Directive::ALL)),
        ),
    )
        .prop_map(|(one, two, three)| {
            let mut labels = Labels::new(one.0);
            (labels.pap, labels.handling, labels.category, labels.personal) = (one.1, one.2, one.3, one.4);
            (labels.sovereign, labels.origin, labels.purpose, labels.onward, labels.use_limits) = two;
            (labels.retention, labels.attribution) = (three.0, three.1);
            labels.attribution_claim = three.2.map(|on| AttributionClaim { by: "a vendor".to_owned(), on });
            labels.affected_party_notifications = three.3;
            labels
        })
}

fn measure() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "preserve_stored_data",
            "stored_content",
            "interception_content",
            "police_cooperation",
            "consultation"
        ])
        .prop_map(str::to_owned),
        "[ -~\\n]{0,20}",
    ]
}

fn offence() -> impl Strategy<Value = Option<String>> {
    option::of(prop_oneof![
        select(vec!["illegal_access", "bribery", "other"]).prop_map(str::to_owned),
        "[ -~]{0,20}",
    ])
}

fn subject() -> impl Strategy<Value = Subject> {
    let kind =
        select(vec!["threat", "request", "answer", "notice", "paper", "recall", "change-set", "later"]);
    let asked =
        (measure(), offence(), any::<Option<u8>>(), any::<Option<bool>>(), option::of(day()), any::<bool>())
            .prop_map(|(measure, offence, penalty, organised, until, bounded)| Asked {
                measure,
                offence,
                penalty,
                organised,
                until,
                bounded,
            });
    let redacted = option::of(collection::vec("[a-z]{1,8}", 0..3));
    (party(), kind, labels(), option::of(asked), redacted, any::<bool>()).prop_map(
        |(author, kind, labels, asked, redacted, known)| Subject {
            record: None,
            author,
            kind: kind.to_owned(),
            known,
            labels,
            asked,
            redacted,
            audience: None,
        },
    )
}

fn consent() -> impl Strategy<Value = Consent> {
    (party(), party(), day(), option::of(day()), option::of(select(Purpose::ALL))).prop_map(
        |(by, to, from, until, purpose)| Consent {
            by,
            to,
            record: None,
            purpose,
            from,
            until,
            reference: "c".to_owned(),
        },
    )
}

fn request() -> impl Strategy<Value = Request> {
    let unit = || {
        option::of("[ -~]{0,12}".prop_map(|citation| Competence { unit: "cert".parse().unwrap(), citation }))
    };
    let officer = || "duty.officer".parse().unwrap();
    let basis = prop_oneof![
        ("[a-z-]{0,12}", "[ -~]{0,6}")
            .prop_map(|(instrument, article)| Basis::Instrument { instrument, article }),
        Just(Basis::Instrument { instrument: "budapest".into(), article: "29".into() }),
        "[ -~]{0,12}".prop_map(move |text| Basis::Assurance { text, by: officer() }),
        "[ -~]{0,12}".prop_map(move |name| Basis::Other { name, by: officer() }),
        "[ -~]{0,12}".prop_map(move |danger| Basis::Emergency { danger, by: officer() }),
    ];
    let ground = prop_oneof![
        Just(TransferGround::BindingInstrument),
        Just(TransferGround::Adequacy),
        Just(TransferGround::AssessedSafeguards),
        any::<char>().prop_map(move |letter| TransferGround::Derogation { letter, by: officer() }),
        Just(TransferGround::NotPersonal),
    ];
    let case = (measure(), offence(), any::<Option<u8>>(), any::<Option<bool>>()).prop_map(
        |(measure, offence, penalty, organised)| Case { measure, offence, penalty, organised, asking: None },
    );
    (
        (select(Direction::ALL), party(), party(), select(Purpose::ALL), any::<i64>(), day(), any::<bool>()),
        (unit(), unit(), option::of(basis), option::of(case), option::of(ground)),
        (
            collection::vec(party(), 0..3),
            set(UseLimit::ALL),
            any::<bool>(),
            collection::vec(consent(), 0..3),
            any::<bool>(),
        ),
    )
        .prop_map(move |(one, two, three)| {
            let at = if one.6 { one.5.start() } else { comity_record::Timestamp::from_millis(one.4) };
            let mut request = Request::new(one.0, one.1, one.2, one.3, at);
            (
                request.sender_unit,
                request.receiver_unit,
                request.legal_basis,
                request.case,
                request.transfer_ground,
            ) = two;
            (request.via, request.assurances) = (three.0, three.1);
            request.terms = three.2.then(|| "terms".to_owned());
            request.consents = three.3;
            request.sovereign_release = three.4.then(officer);
            request.attribution_release = three.4.then(officer);
            request
        })
}

fn period() -> impl Strategy<Value = Period> {
    (day(), option::of(day())).prop_map(|(from, until)| Period { from, until })
}

fn standing() -> impl Strategy<Value = Standing> {
    let pair = || {
        (party(), party(), period()).prop_map(|(from, to, period)| Pair {
            from,
            to,
            period,
            reference: "p".into(),
        })
    };
    let suspension =
        (party(), period()).prop_map(|(peer, period)| Suspension { peer, period, reference: "s".into() });
    (
        collection::btree_set(party(), 0..5),
        collection::vec(suspension, 0..2),
        collection::vec(consent(), 0..3),
        collection::vec(pair(), 0..3),
        collection::vec(pair(), 0..3),
    )
        .prop_map(|(peers, suspensions, consents, adequacy, safeguards)| {
            let security = Vec::new();
            Standing::new(StandingEntries { peers, suspensions, consents, adequacy, safeguards, security })
        })
}

fn packs() -> &'static Packs {
    packs_of(&"XA".parse().unwrap())
}

/// The packs of XA with one more rule that forbids.
fn narrower() -> &'static Packs {
    static PACKS: LazyLock<Packs> = LazyLock::new(|| {
        let xa: PartyCode = "XA".parse().unwrap();
        let text = "// pack: narrower\n// version: 1\n@id(\"n/1\") @citation(\"XA: Act\") @sentence(\"A rule.\") \
                    @code(\"border/national-rule\") @lift(\"nothing\")\nforbid (principal == Party::\"XA\", \
                    action in [Action::\"send\", Action::\"receive\"], resource) when { resource.tlp == \"green\" };";
        let more = PackText { file: "n.cedar".into(), layer: Layer::National(xa.clone()), text: text.into() };
        let own = Packs::exercise_text(&xa).unwrap();
        Packs::for_party(&xa, &Adoption::Whole, vec![own, more]).unwrap()
    });
    &PACKS
}

fn terms() -> impl Strategy<Value = Terms> {
    (
        collection::btree_set("[a-c]", 0..3),
        any::<Option<u32>>(),
        option::of(day()),
        any::<Option<u16>>(),
        option::of(day()),
        option::of(select(Access::ALL)),
        collection::btree_set(party(), 0..2),
    )
        .prop_map(|(fields, hours, until, after_closure, review, access, consent_of)| Terms {
            fields,
            hours,
            until,
            after_closure,
            review,
            access,
            consent_of,
        })
}

fn obligations() -> impl Strategy<Value = Obligations> {
    let one = (select(DutyKind::ALL), select(Owner::ALL), terms(), collection::btree_set("[p-s]", 1..3))
        .prop_map(|(duty, owner, terms, policies)| Obligation { duty, owner, terms, policies });
    collection::vec(one, 0..6).prop_map(|list| list.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    /// There is no input for which the border fails, and every decision has its grounds.
    #[test]
    fn decide_is_total(subject in subject(), request in request(), standing in standing()) {
        let decision = decide(packs(), register(), &standing, &subject, &request);
        sound(&decision);
        prop_assert!(!decision.ruling.codes.iter().any(|code| code.as_str() == "border/policy-error"));
        prop_assert_eq!(&decision, &decide(packs(), register(), &standing, &subject, &request));
    }

    /// One more rule that forbids never lets anything more cross.
    #[test]
    fn a_forbid_never_widens(subject in subject(), request in request(), standing in standing()) {
        let with = decide(narrower(), register(), &standing, &subject, &request).ruling.verdict;
        if with == Verdict::Cleared {
            let without = decide(packs(), register(), &standing, &subject, &request).ruling.verdict;
            prop_assert_eq!(without, Verdict::Cleared);
        }
    }

    /// What the cache says is what the border says, also on a later day and after a change.
    #[test]
    fn the_cache_says_the_same(
        subject in subject(), mut request in request(), standing in standing(), other in standing(), days in 0i64..500,
    ) {
        let mut cache = ClassCache::new(8);
        for step in 0..3 {
            let standing = if step == 2 { &other } else { &standing };
            let said = cache.rule(packs(), register(), standing, &subject, &request);
            prop_assert_eq!(&said, &decide(packs(), register(), standing, &subject, &request).ruling);
            if step == 0 {
                request.at = request.at.plus_millis(days * 86_400_000);
            }
        }
    }

    /// A ruling holds until its threshold: no day before it says anything else.
    #[test]
    fn nothing_changes_before_the_threshold(
        subject in subject(), mut request in request(), standing in standing(), days in 1i64..900,
    ) {
        let first = decide(packs(), register(), &standing, &subject, &request);
        request.at = request.at.plus_millis(days * 86_400_000);
        if first.ruling.next_threshold.is_none_or(|threshold| request.on() < threshold) {
            let later = decide(packs(), register(), &standing, &subject, &request);
            prop_assert_eq!(first.ruling.verdict, later.ruling.verdict);
            prop_assert_eq!(&first.ruling.codes, &later.ruling.codes);
            prop_assert_eq!(&first.ruling.obligations, &later.ruling.obligations);
        }
    }

    /// Merging duties does not depend on order, grouping or repetition.
    #[test]
    fn strictest_wins_is_a_join(a in obligations(), b in obligations(), c in obligations()) {
        prop_assert_eq!(a.clone().strictest(b.clone()), b.clone().strictest(a.clone()));
        prop_assert_eq!(a.clone().strictest(a.clone()), a.clone());
        let left = a.clone().strictest(b.clone()).strictest(c.clone());
        prop_assert_eq!(left, a.clone().strictest(b.clone().strictest(c.clone())));
    }

    /// The merged terms are at least as strict as either.
    #[test]
    fn the_merged_terms_are_no_looser(a in terms(), b in terms()) {
        let both = a.strictest(&b);
        for one in [&a, &b] {
            prop_assert!(one.hours.is_none_or(|hours| both.hours.is_some_and(|h| h <= hours)));
            prop_assert!(one.until.is_none_or(|until| both.until.is_some_and(|u| u <= until)));
            prop_assert!(both.fields.is_superset(&one.fields));
            prop_assert!(both.access >= one.access);
        }
    }
}

/// TLP:RED crosses in no direction, for no purpose, under no basis.
#[test]
fn both_sides_refuse_what_neither_may_let_through() {
    let standing = Standing::new(crate::act::three_peers());
    for purpose in Purpose::ALL {
        for judge in ["XA", "XB"] {
            let request = crate::act::request("XA", "XB", purpose.as_str(), "2026-03-01", judge);
            let labels = Labels::new(Tlp::Red);
            let subject = Subject::from_labels(request.from.clone(), &comity_record::Kind::Threat, labels);
            let decision = decide(packs_of(request.own()), register(), &standing, &subject, &request);
            assert_eq!(decision.ruling.verdict, Verdict::Refused, "{purpose} at {judge}");
            assert_eq!(decision.own().as_str(), judge);
        }
    }
}
