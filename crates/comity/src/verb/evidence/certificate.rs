//! The certificate of authenticity as a page to print, in English, French, Arabic and Chinese: hashes, conditions and chain.
//! One file without scripts or anything from outside.

use comity_affairs::custody::{Chain, Entry, Item, Package};
use comity_record::{Canonical, RecordId};
use std::fmt::Write;

const TEXTS: &str = include_str!("../../../../../data/affairs/certificate.csv");
const STYLE: &str = "body{font-family:'Noto Sans','Noto Sans Arabic','Noto Sans CJK SC',sans-serif;margin:2cm;\
color:#000;line-height:1.45}h1{font-size:1.5em}h2{font-size:1.15em;margin-top:1.6em}table{border-collapse:collapse;\
width:100%;margin:.6em 0}th,td{border:1px solid #555;padding:.25em .5em;text-align:start;vertical-align:top}\
th{width:22%}.head th{width:auto}code{direction:ltr;unicode-bidi:isolate;overflow-wrap:anywhere;font-size:.85em}\
.mark{border:2px solid #000;padding:.3em;text-align:center;font-weight:bold}.sign{margin-top:3em;border-top:1px solid \
#000;width:60%}@media print{body{margin:0}tr{break-inside:avoid}}";

/// A language of the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// English
    En,
    /// French
    Fr,
    /// Arabic
    Ar,
    /// Chinese
    Zh,
}

impl Language {
    fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Fr => "fr",
            Language::Ar => "ar",
            Language::Zh => "zh-Hans",
        }
    }

    fn direction(self) -> &'static str {
        if self == Language::Ar { "rtl" } else { "ltr" }
    }

    /// The text of a code, as the table has it; the code itself where it has none.
    fn text(self, code: &str) -> String {
        let line = TEXTS.lines().skip(1).map(cells).find(|cells| cells.first().is_some_and(|c| c == code));
        let place = match self {
            Language::En => 1,
            Language::Fr => 2,
            Language::Ar => 3,
            Language::Zh => 4,
        };
        line.and_then(|cells| cells.into_iter().nth(place)).unwrap_or_else(|| code.to_owned())
    }
}

/// The cells of a line of CSV (RFC 4180) without line breaks inside.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            letter => cell.push(letter),
        }
    }
    cells.push(cell);
    cells
}

/// The page.
pub fn page(language: Language, record: RecordId, package: &Package, chains: &[Chain]) -> String {
    let text = |code: &str| escaped(&language.text(code));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"{}\" dir=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n",
        language.tag(),
        language.direction(),
        text("title")
    );
    if comity_node::app::party::is_exercise(&package.from) {
        add(&mut out, &format!("<p class=\"mark\">{}</p>", text("exercise")));
    }
    add(&mut out, &format!("<h1>{}</h1>\n<p>{}</p>", text("title"), text("intro")));
    let mut rows = vec![
        ("giver", plain(package.from.as_str())),
        ("unit", plain(package.unit.as_str())),
        ("order", plain(&package.order)),
        ("case", code(&package.case.to_string())),
        ("record", code(&record.to_string())),
        ("closed", code(&package.closed.to_string())),
    ];
    if !package.certificate.is_empty() {
        rows.push(("words", plain(&package.certificate)));
    }
    table(&mut out, language, &rows);
    add(&mut out, &format!("<h2>{}</h2>", text("objects")));
    package.items.iter().for_each(|item| table(&mut out, language, &object(item)));
    if !package.conditions.is_empty() {
        add(&mut out, &format!("<h2>{}</h2>\n<ol>", text("conditions")));
        for condition in &package.conditions {
            let by = condition.by.map(|day| format!(" {}", code(&day.to_string()))).unwrap_or_default();
            let line = format!("<li>{} {}{by}</li>", code(condition.kind.as_str()), plain(&condition.text));
            add(&mut out, &line);
        }
        add(&mut out, "</ol>");
    }
    for chain in chains {
        custody(&mut out, language, chain);
    }
    add(&mut out, &format!("<p class=\"sign\">{}</p>\n</body>\n</html>", text("signature")));
    out
}

fn object(item: &Item) -> Vec<(&'static str, String)> {
    vec![
        ("name", format!("{} {}", code(&item.id), plain(&item.name))),
        ("size", code(&item.size.to_string())),
        ("SHA-256", code(&item.sha256.to_string())),
        ("SHA-512", code(&item.sha512.to_string())),
        ("source", plain(&item.source)),
        ("selector", plain(&item.selector)),
        ("times", plain(&item.time_basis)),
        ("tool", format!("{}, {}", plain(&item.tool), plain(item.operator.as_str()))),
    ]
}

fn custody(out: &mut String, language: Language, chain: &Chain) {
    let Some(holder) = chain.holder() else { return };
    let text = |code: &str| escaped(&language.text(code));
    add(out, &format!("<h2>{}: {}</h2>", text("custody"), escaped(holder.as_str())));
    let head = ["when", "what", "who", "where", "entry"].map(|code| format!("<th>{}</th>", text(code)));
    add(out, &format!("<table>\n<tr class=\"head\">{}</tr>", head.concat()));
    chain.entries().iter().for_each(|entry| add(out, &row(language, entry)));
    add(out, "</table>");
}

fn row(language: Language, entry: &Entry) -> String {
    let act = escaped(&language.text(entry.act.as_str()));
    let other = entry.transfer.as_ref().map(|transfer| format!(" ({})", plain(transfer.party.as_str())));
    format!(
        "<tr><td>{}</td><td>{act}{}</td><td>{}, {}</td><td>{} {}</td><td>{}</td></tr>",
        code(&entry.at.to_string()),
        other.unwrap_or_default(),
        plain(entry.officer.as_str()),
        plain(entry.unit.as_str()),
        plain(&entry.place),
        plain(&entry.reason),
        code(&entry.hash().to_string())
    )
}

fn table(out: &mut String, language: Language, rows: &[(&str, String)]) {
    add(out, "<table>");
    for (name, value) in rows {
        add(out, &format!("<tr><th>{}</th><td>{value}</td></tr>", escaped(&language.text(name))));
    }
    add(out, "</table>");
}

/// Words that may be of any direction: isolated, so that they do not turn what stands beside them.
fn plain(text: &str) -> String {
    format!("<bdi>{}</bdi>", escaped(text))
}

/// Digits and codes, which run from left to right everywhere.
fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

fn add(out: &mut String, line: &str) {
    // Writing into a string does not fail.
    let _written = writeln!(out, "{line}").is_ok();
}

fn escaped(text: &str) -> String {
    let one = |letter: char| match letter {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        letter if letter.is_control() => " ".to_owned(),
        letter => letter.to_string(),
    };
    text.chars().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use comity_affairs::custody::Act;

    #[test]
    fn every_text_is_there_in_four_languages() {
        let lines: Vec<Vec<String>> = TEXTS.lines().map(cells).collect();
        assert_eq!(lines[0], ["code", "en", "fr", "ar", "zh"]);
        for line in &lines {
            assert!(line.len() == 5 && line.iter().all(|cell| !cell.is_empty()), "{line:?}");
        }
        for act in Act::ALL {
            assert!(lines.iter().any(|line| line[0] == act.as_str()), "{act}");
        }
        let arabic = |text: &str| text.chars().any(|c| ('\u{600}'..'\u{700}').contains(&c));
        let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..'\u{a000}').contains(&c));
        assert!(lines.iter().skip(1).all(|line| arabic(&line[3]) && chinese(&line[4])));
    }

    #[test]
    fn what_people_wrote_cannot_become_markup() {
        assert_eq!(escaped("<b>&\"\u{7}"), "&lt;b&gt;&amp;&quot; ");
    }
}
