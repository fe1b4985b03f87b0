//! The page: one self-contained file in HTML, with labels in English, French, Arabic and Chinese beside each value, and the
//! codes below. It loads nothing and runs nothing.

use super::{PartFault, split};
use comity_affairs::form::{Language, label};
use qrcode::{EcLevel, QrCode, render::svg};
use std::fmt::Write;

/// What a page of a case is called, in each language.
const CASE_TITLES: [(&str, &str, &str); 4] = [
    ("en", "ltr", "Record of a case between States"),
    ("fr", "ltr", "Acte d'une affaire entre États"),
    ("ar", "rtl", "وثيقة في قضية بين دولتين"),
    ("zh", "ltr", "国家间案件文书"),
];

/// What an order to a provider is called: nothing on it tells of another State.
const ORDER_TITLES: [(&str, &str, &str); 4] = [
    ("en", "ltr", "Order to a provider"),
    ("fr", "ltr", "Réquisition à un fournisseur"),
    ("ar", "rtl", "أمر إلى مقدم خدمة"),
    ("zh", "ltr", "致服务提供者的指令"),
];

const STYLE: &str = "\
body{font-family:serif;margin:2em auto;max-width:50em;line-height:1.35;color:#000;background:#fff}\
h1,h2{font-size:1.2em;margin:.4em 0}table{border-collapse:collapse;width:100%;margin:.6em 0}\
th,td{border:1px solid #777;padding:.3em .5em;vertical-align:top;text-align:start}th{width:38%;font-weight:normal}\
th span{display:block;font-size:.85em}td{white-space:pre-wrap;unicode-bidi:plaintext}\
.exercise{border:3px double #000;padding:.4em;text-align:center;font-weight:bold}\
.note{font-size:.9em}figure{display:inline-block;margin:1em;break-inside:avoid;text-align:center}\
figure svg{width:62mm;height:62mm}code{display:block;font-size:.5em;word-break:break-all;width:62mm;text-align:left;direction:ltr}\
@media print{body{margin:0;max-width:none}section{break-inside:avoid-page}}";

/// One line of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The code of the field.
    pub code: String,
    /// What it is called where it has no label of its own.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// What one record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its kind.
    pub kind: String,
    /// Its id.
    pub record: String,
    /// Who signed it, with unit and officer.
    pub from: String,
    /// Its labels.
    pub labels: String,
    /// What it says.
    pub lines: Vec<Line>,
}

/// What a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageKind {
    /// Records of a case, from one State to another.
    Case,
    /// An order of a State's own authority to a provider.
    Order,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What it is.
    pub kind: PageKind,
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// When it was printed.
    pub at: String,
    /// Whether it is exercise traffic.
    pub exercise: bool,
    /// The records on it.
    pub records: Vec<Said>,
    /// What the codes hold.
    pub payload: Vec<u8>,
}

impl Page {
    /// The page in HTML.
    pub fn html(&self) -> Result<String, PartFault> {
        let parts = split(&self.payload)?;
        let mut out = String::from(
            "<!DOCTYPE html>\n<html lang=\"en\" dir=\"ltr\">\n<head>\n<meta charset=\"utf-8\">\n",
        );
        // Writing into a String never fails.
        let _written = write!(
            out,
            "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{} to {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
            escaped(&self.from),
            escaped(&self.to)
        );
        self.head(&mut out, parts.len());
        for said in &self.records {
            record(&mut out, said);
        }
        codes(&mut out, &parts)?;
        out.push_str("</body>\n</html>\n");
        Ok(out)
    }

    fn head(&self, out: &mut String, parts: usize) {
        if self.exercise {
            out.push_str("<p class=\"exercise\">EXERCISE &middot; EXERCICE &middot; <span lang=\"ar\" dir=\"rtl\">تمرين</span> &middot; <span lang=\"zh\">演习</span></p>\n");
        }
        let (titles, reader) = match self.kind {
            PageKind::Case => (CASE_TITLES, "comity paper read"),
            PageKind::Order => (ORDER_TITLES, "comity provider verify"),
        };
        for (lang, dir, title) in titles {
            let _written = writeln!(out, "<h1 lang=\"{lang}\" dir=\"{dir}\">{title}</h1>");
        }
        let _written = write!(
            out,
            "<p>{} &rarr; {}, {}</p>\n<p class=\"note\">The {parts} codes at the end hold what is signed. What counts is what they hold: \
             <b>{reader}</b> reads and checks them. The text is for reading. The page is not \
             sealed: whoever holds it can read it.</p>\n",
            escaped(&self.from),
            escaped(&self.to),
            escaped(&self.at)
        );
    }
}

fn record(out: &mut String, said: &Said) {
    let _written = write!(
        out,
        "<section>\n<h2>{}</h2>\n<p class=\"note\">{}; {}<br>{}</p>\n<table>\n",
        escaped(&said.kind),
        escaped(&said.from),
        escaped(&said.labels),
        escaped(&said.record)
    );
    for line in &said.lines {
        out.push_str("<tr><th scope=\"row\">");
        let labels: Vec<(&str, &str, &str)> = Language::ALL
            .iter()
            .filter_map(|language| {
                label(&line.code, *language).map(|text| (language.tag(), direction(*language), text))
            })
            .collect();
        for (lang, dir, text) in &labels {
            let _written = write!(out, "<span lang=\"{lang}\" dir=\"{dir}\">{}</span>", escaped(text));
        }
        if labels.is_empty() {
            let _written = write!(out, "<span lang=\"en\" dir=\"ltr\">{}</span>", escaped(&line.name));
        }
        let _written = writeln!(out, "</th><td dir=\"auto\">{}</td></tr>", escaped(&line.value));
    }
    out.push_str("</table>\n</section>\n");
}

fn codes(out: &mut String, parts: &[String]) -> Result<(), PartFault> {
    out.push_str("<section>\n");
    for (number, part) in parts.iter().enumerate() {
        // A part is always short enough for a code; if one were not, nothing may be printed without it.
        let code = QrCode::with_error_correction_level(part, EcLevel::M);
        let code = code.map_err(|_| PartFault::TooLong { bytes: part.len(), limit: part.len() })?;
        let picture = code.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
        let picture = picture.split_once("?>").map_or(picture.as_str(), |(_, svg)| svg);
        let _written = writeln!(
            out,
            "<figure>{picture}<figcaption>{} / {}</figcaption><code>{part}</code></figure>",
            number + 1,
            parts.len()
        );
    }
    out.push_str("</section>\n");
    Ok(())
}

const fn direction(language: Language) -> &'static str {
    if language.is_right_to_left() { "rtl" } else { "ltr" }
}

/// Text as it stands in HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Marks that turn the direction of what stands around them are shown, not obeyed.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                let _written = write!(out, "[U+{:04X}]", u32::from(c));
            }
            c if c.is_control() && c != '\n' && c != '\t' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::join;
    use super::*;

    fn page(exercise: bool) -> Page {
        let line =
            |code: &str, value: &str| Line { code: code.into(), name: code.into(), value: value.into() };
        Page {
            kind: PageKind::Case,
            from: "XA".into(),
            to: "XB".into(),
            at: "2026-03-01".into(),
            exercise,
            records: vec![Said {
                kind: "case-event".into(),
                record: "00ff".into(),
                from: "XA central".into(),
                labels: "tlp=amber".into(),
                lines: vec![
                    line("reference", "XA-1 <script>alert(1)</script> & \"x\" \u{202e}gnp.exe"),
                    line("step", "send"),
                ],
            }],
            payload: (0..1_500u32).map(|n| u8::try_from(n % 251).unwrap()).collect(),
        }
    }

    #[test]
    fn a_page_reads_back_and_is_sound() {
        let html = page(false).html().unwrap();
        assert_eq!(join(&html).unwrap(), page(false).payload);
        // Every tag that opens closes, in order; nothing is loaded and nothing runs.
        let mut open: Vec<&str> = Vec::new();
        for tag in html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
            let name = tag.split([' ', '/']).find(|part| !part.is_empty()).unwrap_or_default();
            match tag {
                _ if tag.starts_with('!') || tag.ends_with('/') || matches!(name, "meta" | "br") => {}
                _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(name)),
                _ => open.push(name),
            }
        }
        assert_eq!(open, Vec::<&str>::new());
        for never in ["<script", "src=", "href=", "@import", "url(", "\u{202e}"] {
            assert!(!html.contains(never), "{never}");
        }
        assert!(html.contains("&lt;script&gt;") && html.contains("[U+202E]"));
        // The labels of the field in all four languages, Arabic from right to left.
        for label in ["Reference or case number", "Référence", "المرجع أو رقم القضية", "文号或案号"]
        {
            assert!(html.contains(label), "{label}");
        }
        assert!(html.contains("<span lang=\"ar\" dir=\"rtl\">المرجع"));
        assert_eq!(html.matches("<figure>").count(), 3);
    }

    #[test]
    fn an_exercise_says_so_on_the_page() {
        assert!(page(true).html().unwrap().contains("EXERCISE"));
        assert!(!page(false).html().unwrap().contains("EXERCISE"));
    }
}
