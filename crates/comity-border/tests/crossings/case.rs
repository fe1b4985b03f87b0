//! One case file: how it is read.

use crate::act::{asked, body, packs_of, record, request, three_peers, unit};
use comity_border::{
    Adoption, Basis, Case as Thread, Confirmation, Consent, Layer, PackText, Packs, Pair, Period, Request,
    SecurityAgreement, Standing, Suspension, TransferGround,
};
use comity_law::Register;
use comity_record::{
    Date, Labels, PartyCode, Verified,
    body::{Narrowing, Selector},
    label::Tlp,
};
use std::path::Path;

/// The keys that a case may have.
const KEYS: &[&str] = &[
    "crossing",
    "judge",
    "record",
    "redacted",
    "narrowed",
    "units",
    "asks",
    "selector",
    "until",
    "case",
    "basis",
    "confirmed",
    "ground",
    "peers",
    "suspended",
    "consent",
    "stated consent",
    "adequacy",
    "safeguards",
    "security",
    "released",
    "terms",
    "assured",
    "packs",
    "policy",
    "law",
    "expect",
    "by",
    "says",
    "lift",
    "duty",
    "no duty",
    "cites",
    "basis is",
    "article",
    "threshold",
    "later",
    "told",
    "entry",
];

/// A case file.
pub(crate) struct Case {
    pub(crate) name: String,
    lines: Vec<(String, String)>,
}

impl Case {
    pub(crate) fn read(path: &Path) -> Case {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with("# "), "{name}: a case begins with a sentence that says what it shows");
        let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        let split = |line: &str| {
            let (key, value) =
                line.split_once(':').unwrap_or_else(|| panic!("{name}: `{line}` has no colon"));
            assert!(KEYS.contains(&key.trim()), "{name}: `{key}` is not understood");
            (key.trim().to_owned(), value.trim().to_owned())
        };
        Case { lines: lines.map(split).collect(), name: name.clone() }
    }

    pub(crate) fn one(&self, key: &str) -> Option<&str> {
        let mut found = self.many(key);
        let first = found.next();
        assert!(found.next().is_none(), "{}: `{key}` stands twice", self.name);
        first
    }

    pub(crate) fn many(&self, key: &str) -> std::vec::IntoIter<&str> {
        let lines = self.lines.iter().filter(|(found, _)| found == key).map(|(_, value)| value.as_str());
        lines.collect::<Vec<_>>().into_iter()
    }

    fn needed(&self, key: &str) -> &str {
        self.one(key).unwrap_or_else(|| panic!("{}: no `{key}`", self.name))
    }

    /// The words of `XA -> XB for PURPOSE on DATE`, with `via XC, XD` behind.
    fn crossing(&self) -> (&str, &str, &str, &str, Vec<PartyCode>) {
        let words: Vec<&str> = self.needed("crossing").split_whitespace().collect();
        match words.as_slice() {
            [from, "->", to, "for", purpose, "on", on, rest @ ..] => {
                let via = rest
                    .iter()
                    .filter(|word| **word != "via")
                    .map(|party| party.trim_matches(',').parse().unwrap());
                (from, to, purpose, on, via.collect())
            }
            other => panic!("{}: {other:?} is not a crossing", self.name),
        }
    }

    pub(crate) fn judge(&self) -> PartyCode {
        let sender = self.crossing().0;
        self.one("judge").unwrap_or(sender).parse().unwrap()
    }

    pub(crate) fn record(&self) -> Verified {
        let (head, labels) = self.needed("record").split_once(',').unwrap_or((self.needed("record"), ""));
        let words: Vec<&str> = head.split_whitespace().collect();
        let [kind, "from", author] = words.as_slice() else {
            panic!("{}: `{head}` is not a record", self.name)
        };
        let mut set = Labels::new(Tlp::Green);
        for label in labels.split_whitespace() {
            let (key, value) =
                label.split_once('=').unwrap_or_else(|| panic!("{}: label `{label}`", self.name));
            set.set(key, value).unwrap_or_else(|fault| panic!("{}: {fault}", self.name));
        }
        let redacted =
            self.one("redacted").map(|list| list.split(',').map(|f| f.trim().to_owned()).collect());
        record(&author.parse().unwrap(), set, body(kind, self.asked()), redacted)
    }

    /// `to XB, XC`, `tlp amber`, or both with a semicolon between.
    pub(crate) fn narrowing(&self) -> Option<Narrowing> {
        let mut narrowing = Narrowing::default();
        for part in self.one("narrowed")?.split(';').map(str::trim) {
            match part.split_once(' ') {
                Some(("tlp", tlp)) => narrowing.tlp = Some(tlp.parse().unwrap()),
                Some(("to", parties)) => {
                    narrowing.to =
                        Some(parties.split(',').map(|party| party.trim().parse().unwrap()).collect());
                }
                _ => panic!("{}: `{part}` narrows nothing", self.name),
            }
        }
        Some(narrowing)
    }

    fn asked(&self) -> Option<comity_record::body::Request> {
        let thread = thread(self.one("asks")?);
        let mut request = asked(&thread.measure);
        request.offence = thread.offence;
        request.penalty = thread.penalty;
        request.organised = thread.organised;
        request.until = self.one("until").map(|day| day.parse().unwrap());
        let mut selectors = self.many("selector").map(selector_of);
        if let Some(first) = selectors.next() {
            request.selector = first;
        }
        let further: Vec<Selector> = selectors.collect();
        request.further = (!further.is_empty()).then_some(further);
        Some(request)
    }

    pub(crate) fn request(&self) -> Request {
        let (from, to, purpose, on, via) = self.crossing();
        let mut out = request(from, to, purpose, on, self.judge().as_str());
        out.via = via;
        self.take_units(&mut out);
        out.case = self.one("case").map(thread);
        out.legal_basis = self.one("basis").map(basis);
        out.confirmed = self.many("confirmed").map(confirmation).collect();
        out.transfer_ground = self.one("ground").map(ground);
        out.consents = self.many("stated consent").map(|line| self.consent(line)).collect();
        out.assurances = list(self.one("assured")).map(|limit| limit.parse().unwrap()).collect();
        out.terms = self.one("terms").map(str::to_owned);
        for released in list(self.one("released")) {
            let by = Some("duty.officer".parse().unwrap());
            match released {
                "attribution" => out.attribution_release = by,
                "sovereign" => out.sovereign_release = by,
                other => panic!("{}: `{other}` is not released", self.name),
            }
        }
        out
    }

    fn take_units(&self, out: &mut Request) {
        for word in list(self.one("units")) {
            let (sender, receiver) = (unit(&out.from), unit(&out.to));
            let uncited = |unit| comity_border::Competence { citation: String::new(), ..unit };
            match word {
                "none" => {}
                "both" => (out.sender_unit, out.receiver_unit) = (Some(sender), Some(receiver)),
                "sender" => out.sender_unit = Some(sender),
                "receiver" => out.receiver_unit = Some(receiver),
                "sender uncited" => out.sender_unit = Some(uncited(sender)),
                "receiver uncited" => out.receiver_unit = Some(uncited(receiver)),
                other => panic!("{}: `{other}` is not a unit", self.name),
            }
        }
    }

    /// `XC lets XB have it from D [until D] [for PURPOSE] [of this record]`.
    fn consent(&self, line: &str) -> Consent {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [by, "lets", to, "have", "it", ..] = words.as_slice() else { panic!("{}: `{line}`", self.name) };
        let after = |word: &str| words.iter().position(|w| *w == word).map(|at| words[at + 1]);
        let period = period(line);
        Consent {
            by: by.parse().unwrap(),
            to: to.parse().unwrap(),
            record: line.ends_with("of this record").then(|| self.record().id()),
            purpose: after("for").map(|purpose| purpose.parse().unwrap()),
            from: period.from,
            until: period.until,
            reference: "letter of consent".into(),
        }
    }

    pub(crate) fn standing(&self) -> Standing {
        let mut entries = three_peers();
        if self.one("peers").is_some() {
            entries.peers = list(self.one("peers")).map(|party| party.parse().unwrap()).collect();
        }
        let first = |line: &str| -> PartyCode { line.split_whitespace().next().unwrap().parse().unwrap() };
        let suspension = |line: &str| Suspension {
            peer: first(line),
            period: period(line),
            reference: "decision 1".into(),
        };
        entries.suspensions = self.many("suspended").map(suspension).collect();
        entries.consents = self.many("consent").map(|line| self.consent(line)).collect();
        entries.adequacy = self.many("adequacy").map(pair).collect();
        entries.safeguards = self.many("safeguards").map(pair).collect();
        entries.security = self.many("security").map(security).collect();
        Standing::new(entries)
    }

    /// The packs of the judging party, as the case adopts and amends them.
    pub(crate) fn packs(&self) -> Packs {
        let party = self.judge();
        let policies: Vec<&str> = self.many("policy").collect();
        let adoption = match self.one("packs") {
            None if policies.is_empty() => return packs_of(&party).clone(),
            None => Adoption::Whole,
            Some("principles declined") => Adoption::Declined,
            Some(text) => {
                let ids =
                    text.strip_prefix("without ").unwrap_or_else(|| panic!("{}: packs `{text}`", self.name));
                Adoption::Without(list(Some(ids)).map(str::to_owned).collect())
            }
        };
        let mut national: Vec<PackText> = Packs::exercise_text(&party).into_iter().collect();
        if !policies.is_empty() {
            let numbered = policies.iter().enumerate();
            let text: String = numbered.map(|(number, text)| policy(&party, number, text)).collect();
            let text = format!("// pack: exercise/case\n// version: 1\n{text}");
            national.push(PackText { file: self.name.clone(), layer: Layer::National(party.clone()), text });
        }
        Packs::for_party(&party, &adoption, national)
            .unwrap_or_else(|faults| panic!("{}: {faults:?}", self.name))
    }

    pub(crate) fn law(&self) -> Option<Register> {
        let lines: Vec<&str> = self.many("law").collect();
        (!lines.is_empty()).then(|| crate::law::register_with(&lines))
    }
}

/// `EFFECT ACTION when CONDITION`, as a policy of a national pack with its annotations.
fn policy(party: &PartyCode, number: usize, text: &str) -> String {
    let (head, condition) = text.split_once(" when ").unwrap();
    let (effect, action) = head.split_once(' ').unwrap();
    let refusal = match (effect, action.strip_prefix("oblige-")) {
        ("forbid", _) => "@code(\"border/national-rule\") @lift(\"nothing\")".to_owned(),
        (_, Some(duty)) => format!("@obligation(\"{duty}\")"),
        _ => String::new(),
    };
    format!(
        "@id(\"case/{number}\") @citation(\"{party}: Case Act s {number} (exercise data)\") \
         @sentence(\"A rule of this case.\") {refusal}\n\
         {effect} (principal == Party::\"{party}\", action == Action::\"{action}\", resource) when {{ {condition} }};\n"
    )
}

fn list(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.into_iter().flat_map(|text| text.split(',')).map(str::trim).filter(|word| !word.is_empty())
}

fn day(words: &[&str], word: &str) -> Option<Date> {
    words.iter().position(|w| *w == word).map(|at| words[at + 1].parse().unwrap())
}

fn period(line: &str) -> Period {
    let words: Vec<&str> = line.split_whitespace().collect();
    Period { from: day(&words, "from").unwrap(), until: day(&words, "until") }
}

/// `XA to XB from D [until D]`.
fn pair(line: &str) -> Pair {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [from, "to", to, ..] = words.as_slice() else { panic!("`{line}` is not a pair") };
    let reference = format!("{from}: decision 7 on {to} (exercise data)");
    Pair { from: from.parse().unwrap(), to: to.parse().unwrap(), period: period(line), reference }
}

/// `XB scheme XA level restricted from D [until D]`.
fn security(line: &str) -> SecurityAgreement {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [peer, "scheme", scheme, "level", level, ..] = words.as_slice() else {
        panic!("`{line}` is not an agreement")
    };
    SecurityAgreement {
        peer: peer.parse().unwrap(),
        scheme: (*scheme).into(),
        levels: [(*level).to_owned()].into(),
        period: period(line),
        reference: "agreement 3 (exercise data)".into(),
    }
}

/// `MEASURE [for OFFENCE] [penalty N] [organised yes|no] [asked-by PARTY]`.
fn thread(text: &str) -> Thread {
    let words: Vec<&str> = text.split_whitespace().collect();
    let after = |word: &str| words.iter().position(|w| *w == word).map(|at| words[at + 1]);
    Thread {
        measure: words[0].to_owned(),
        offence: after("for").map(str::to_owned),
        penalty: after("penalty").map(|years| years.parse().unwrap()),
        organised: after("organised").map(|word| word == "yes"),
        asking: after("asked-by").map(|party| party.parse().unwrap()),
    }
}

fn basis(text: &str) -> Basis {
    let by = "duty.officer".parse().unwrap();
    if let Some(text) = text.strip_prefix("assurance ") {
        return Basis::Assurance { text: text.trim_matches('"').to_owned(), by };
    }
    if let Some(name) = text.strip_prefix("other ") {
        return Basis::Other { name: name.trim_matches('"').to_owned(), by };
    }
    if let Some(danger) = text.strip_prefix("emergency ") {
        return Basis::Emergency { danger: danger.trim_matches('"').to_owned(), by };
    }
    let (instrument, article) = text.split_once(' ').unwrap();
    Basis::Instrument { instrument: instrument.to_owned(), article: article.to_owned() }
}

fn confirmation(text: &str) -> Confirmation {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [instrument, article, condition] = words.as_slice() else { panic!("`{text}` confirms nothing") };
    Confirmation {
        instrument: (*instrument).to_owned(),
        article: (*article).to_owned(),
        condition: (*condition).to_owned(),
        by: "duty.officer".parse().unwrap(),
    }
}

fn ground(text: &str) -> TransferGround {
    let by = "duty.officer".parse().unwrap();
    match text.split_once(' ').unwrap_or((text, "")) {
        ("binding-instrument", _) => TransferGround::BindingInstrument,
        ("adequacy", _) => TransferGround::Adequacy,
        ("assessed-safeguards", _) => TransferGround::AssessedSafeguards,
        ("not-personal", _) => TransferGround::NotPersonal,
        ("derogation", letter) => TransferGround::Derogation { letter: letter.chars().next().unwrap(), by },
        other => panic!("{other:?} is not a ground"),
    }
}

fn selector_of(text: &str) -> Selector {
    let (kind, value) = text.split_once(' ').unwrap_or((text, ""));
    let value = value.trim_matches('"').to_owned();
    match kind {
        "person" => Selector::Person(value),
        "device" => Selector::Device(value),
        "address" => {
            Selector::Address { address: value, port: None, at: "2026-02-01T00:00:00Z".parse().unwrap() }
        }
        "account" => {
            let (provider, account) = value.split_once(' ').unwrap_or((&value, ""));
            Selector::Account { provider: provider.to_owned(), account: account.to_owned() }
        }
        other => panic!("`{other}` is not a selector"),
    }
}
