//! The page of a run: what it never holds, whatever the export says, and its totals beside those of the CSV.

use crate::export::{Cells, cells, delimited};
use crate::harness::{Published, Row, Workspace};
use html5gum::Token;
use html5gum::emitters::default::DefaultEmitter;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Every element that the page is made of.
const ELEMENTS: &str = "a bdi body caption circle code data dd desc details div dl dt figcaption figure footer h1 h2 \
    h3 head header html li line main meta nav p path polygon polyline rect section span strong style summary svg table \
    tbody td text tfoot th thead title tr ul";
const BYTES_MAX: u64 = 2_000_000;

type Attributes = BTreeMap<String, String>;

/// A page as another reader than a browser, but by the same standard, splits it.
pub struct Page {
    /// Start tags in order.
    tags: Vec<(String, Attributes)>,
    /// All text outside the style sheet, with a space for each tag.
    pub text: String,
    style: String,
    /// For each element with `data-figure`: its data attributes and those of its row, and the exact amounts in it.
    figures: Vec<(Attributes, Vec<String>)>,
}

impl Page {
    fn read(path: &Path) -> Self {
        let html = fs::read_to_string(path).expect("a page in UTF-8");
        assert!(html.starts_with("<!DOCTYPE html>"));
        let mut emitter = DefaultEmitter::default();
        emitter.naively_switch_states(true);
        let mut page = Self { tags: Vec::new(), text: String::new(), style: String::new(), figures: Vec::new() };
        let mut holder: Option<String> = None;
        let mut row = Attributes::new();
        let mut is_style = false;
        for token in html5gum::Tokenizer::new_with_emitter(&html, emitter) {
            match token.expect("a token") {
                Token::StartTag(tag) => {
                    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
                    let attributes: Attributes =
                        tag.attributes.iter().map(|(name, value)| (text(name), text(value))).collect();
                    let name = text(&tag.name);
                    let mut marks = attributes.clone();
                    marks.retain(|name, _| name.starts_with("data-"));
                    if name == "tr" {
                        row = marks.clone();
                    }
                    if attributes.contains_key("data-figure") {
                        page.figures.push((row.clone().into_iter().chain(marks).collect(), Vec::new()));
                        holder = Some(name.clone());
                    }
                    if let (Some(_), "data", Some(value)) = (&holder, name.as_str(), attributes.get("value")) {
                        page.figures.last_mut().expect("a figure").1.push(value.clone());
                    }
                    is_style = name == "style";
                    page.text.push(' ');
                    page.tags.push((name, attributes));
                }
                Token::EndTag(tag) => {
                    if &tag.name[..] == b"tr" {
                        row.clear();
                    }
                    if holder.as_deref().is_some_and(|name| name.as_bytes() == &tag.name[..]) {
                        holder = None;
                    }
                    is_style = false;
                    page.text.push(' ');
                }
                Token::String(text) => {
                    let text = String::from_utf8(text.to_vec()).expect("UTF-8");
                    if is_style { &mut page.style } else { &mut page.text }.push_str(&text);
                }
                Token::Doctype(_) => {}
                other => panic!("{other:?}"),
            }
        }
        page
    }

    /// The exact amount of the only figure that has these attributes, in ten-thousandths.
    #[track_caller]
    pub fn amount(&self, attributes: &[(&str, &str)]) -> i128 {
        ten_thousandths(self.exact(attributes))
    }

    /// The exact amount of the only figure that has these attributes.
    #[track_caller]
    pub fn exact(&self, attributes: &[(&str, &str)]) -> &str {
        let is_meant = |found: &Attributes| {
            found.len() == attributes.len()
                && attributes.iter().all(|(name, value)| found.get(*name).is_some_and(|found| found == value))
        };
        let found: Vec<_> = self.figures.iter().filter(|(found, _)| is_meant(found)).collect();
        assert_eq!(found.len(), 1, "{attributes:?}: {found:?}");
        let [amount] = found[0].1.as_slice() else { panic!("{attributes:?}: {found:?}") };
        amount
    }
}

/// An amount in ten-thousandths; none is zero.
pub fn ten_thousandths(text: &str) -> i128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("0{whole}{fraction:0<4}").parse().expect("digits")
}

fn sum<'a>(rows: impl Iterator<Item = &'a Row>, column: &str) -> i128 {
    rows.map(|row| ten_thousandths(&row[column])).sum()
}

/// The page of a run.
pub fn page_of(published: &Published) -> Page {
    Page::read(&published.directory.join("report.html"))
}

/// Expects that nothing in a page is run, and that nothing is fetched for it.
pub fn assert_harmless(page: &Page) {
    let elements: Vec<&str> = ELEMENTS.split_whitespace().collect();
    let ids: Vec<&String> = page.tags.iter().filter_map(|(_, attributes)| attributes.get("id")).collect();
    for (name, attributes) in &page.tags {
        assert!(elements.contains(&name.as_str()), "an element {name}");
        for (attribute, value) in attributes {
            let is_forbidden = ["src", "srcset", "style", "data", "action", "poster", "background"];
            assert!(!attribute.starts_with("on") && !is_forbidden.contains(&attribute.as_str()), "{name} {attribute}");
            if attribute.ends_with("href") {
                let target = value.strip_prefix('#').unwrap_or_else(|| panic!("{name} leads to {value}"));
                assert!(ids.iter().any(|id| *id == target), "{value} leads nowhere");
            }
        }
    }
    for word in ["url(", "@import", "image-set(", "src("] {
        assert!(!page.style.contains(word), "the style sheet has {word}");
    }
    let policy = page.tags.iter().find_map(|(_, attributes)| {
        attributes.get("http-equiv").filter(|name| *name == "Content-Security-Policy").map(|_| &attributes["content"])
    });
    let policy = policy.expect("a content policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
}

#[test]
fn texts_of_the_export_stay_texts() {
    let hostile = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'><svg/onload=alert(1)>",
        "</style></title><iframe src=//example.invalid>",
        "&lt;b&gt;&amp;",
        "<!--",
        "]]><![CDATA[",
        "=HYPERLINK(\"x\")",
    ];
    let rows: Vec<Cells> = hostile
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let fee = (100 + index).to_string();
            let currency = if index % 2 == 0 { "USD" } else { "EUR" };
            let changes = [
                ("partner_id", *text),
                ("partner_name", text),
                ("offer_name", text),
                ("renewal_start_date", "2020-05-20"),
                ("fee", fee.as_str()),
                ("currency", currency),
            ];
            cells(&changes)
        })
        .collect();
    let workspace = Workspace::new();
    workspace.write("<b onclick=x>&amp;\"'.csv", delimited(&rows, b','));
    let policy = include_str!("../../data/policies/2020-06-05.toml")
        .replace("title = \"Renew", "title = \"<script>x</script>Renew")
        .replace("[term]\nlength_days = 365\nsource = \"", "[term]\nlength_days = 365\nsource = \"<img src=x>");
    workspace.write("own.toml", policy);
    let published = workspace.publish(&["--formats", "html", "--policy", "own.toml", "<b onclick=x>&amp;\"'.csv"]);
    let page = page_of(&published);
    assert_harmless(&page);
    for text in hostile.iter().chain(&["<b onclick=x>&amp;\"'.csv", "<script>x</script>Renew", "<img src=x>"]) {
        assert!(page.text.contains(text), "{text} is not shown as it is");
    }
}

#[test]
fn control_characters_are_shown_and_directions_kept_apart() {
    let workspace = Workspace::new();
    let name = "\u{202E}odd\u{0}\u{7}name";
    let row = cells(&[("partner_name", name), ("renewal_start_date", "2020-05-20"), ("fee", "1"), ("currency", "USD")]);
    workspace.write("export.csv", delimited(&[row], b','));
    let page = page_of(&workspace.publish(&["--formats", "html", "export.csv"]));
    assert!(page.text.contains("\u{202E}odd\u{2400}\u{2407}name"));
    assert!(page.tags.iter().any(|(tag, _)| tag == "bdi"));
}

/// Sums of fees in the CSV reports by currency.
fn by_currency(rows: &[&Row], column: &str) -> BTreeMap<String, i128> {
    let mut sums = BTreeMap::new();
    for row in rows.iter().filter(|row| !row[column].is_empty()) {
        *sums.entry(row["currency"].clone()).or_default() += ten_thousandths(&row[column]);
    }
    sums
}

#[test]
fn totals_are_those_of_the_csv() {
    let workspace = Workspace::new();
    let generate = ["generate", "--rows", "6000", "--seed", "3", "--dirty", "0.01", "--out", "export.csv"];
    let _ = workspace.run(&generate).expect(0);
    let published = workspace.publish(&["--formats", "csv,html", "export.csv"]);
    let page = page_of(&published);
    let forecast = published.rows("fee_forecast");
    let due = by_currency(&forecast.iter().collect::<Vec<_>>(), "fees");
    assert!(due.len() > 10, "{due:?}");
    for (currency, expected) in &due {
        let all = [("data-figure", "fees_due"), ("data-currency", currency.as_str())];
        assert_eq!(page.amount(&all), *expected, "{currency}");
        for month in ["2020-06", "2020-12", "2021-05"] {
            let rows = forecast.iter().filter(|row| row["currency"] == *currency && row["month"] == month);
            let rows: Vec<&Row> = rows.filter(|row| !row["fees"].is_empty()).collect();
            if !rows.is_empty() {
                let figure = [all[0], all[1], ("data-month", month)];
                assert_eq!(page.amount(&figure), sum(rows.into_iter(), "fees"), "{currency} {month}");
            }
        }
    }
    let candidates = published.rows("reactivation_candidates");
    let upcoming = published.rows("upcoming_renewals");
    let reactivatable: Vec<&Row> = candidates.iter().collect();
    for (currency, expected) in by_currency(&reactivatable, "fee") {
        let figure = [("data-figure", "reactivatable"), ("data-currency", currency.as_str())];
        assert_eq!(page.amount(&figure), expected, "{currency}");
    }
    let is_open = |row: &&Row| ["open", "final_notice"].contains(&row["stage"].as_str());
    let at_risk: Vec<&Row> = upcoming.iter().filter(is_open).chain(&candidates).collect();
    for (currency, expected) in by_currency(&at_risk, "fee") {
        let figure = [("data-figure", "at_risk"), ("data-currency", currency.as_str())];
        assert_eq!(page.amount(&figure), expected, "{currency}");
    }
}

#[test]
fn the_five_numbers_are_those_of_the_reports() {
    let workspace = Workspace::new();
    let generate = ["generate", "--rows", "6000", "--seed", "4", "--out", "export.csv"];
    let _ = workspace.run(&generate).expect(0);
    let published = workspace.publish(&["--formats", "csv,html", "export.csv"]);
    let page = page_of(&published);
    let count = |report: &str, column: &str, values: &[&str]| {
        published.rows(report).iter().filter(|row| values.contains(&row[column].as_str())).count()
    };
    let lapsed_today = count("lapsed_competencies", "lapsed_on", &["2020-06-05"])
        + count("lapsed_action_packs", "lapsed_on", &["2020-06-05"]);
    assert!(lapsed_today > 0, "the export has lapses of the day");
    let totals = published.rows("expected_totals");
    let base =
        totals.iter().filter(|row| row["scenario"] == "base" && row["month"] == "all" && !row["fees_due"].is_empty());
    let most = base.max_by_key(|row| row["offers"].parse::<u64>().expect("a count")).expect("a currency");
    assert_eq!(page.exact(&[("data-figure", "expected")]), most["fees_expected"]);
    let words = format!("Fees expected, {}", most["currency"]);
    assert!(
        page.text.contains(&words) && page.text.contains("6,000 rows from 1 file, none of them rejected"),
        "{words}"
    );
    for (figure, expected) in [
        ("open", count("upcoming_renewals", "stage", &["open", "final_notice"])),
        ("reminders", published.rows("reminders_due").len()),
        ("lapsed_today", lapsed_today),
        ("reactivatable", published.rows("reactivation_candidates").len()),
    ] {
        let found =
            page.tags.iter().find(|(_, attributes)| attributes.get("data-figure").is_some_and(|name| name == figure));
        assert_eq!(found.expect("a figure").1["value"], expected.to_string(), "{figure}");
    }
}

#[test]
fn the_page_stays_small_whatever_the_input() {
    let workspace = Workspace::new();
    let letters = || (b'A'..=b'Z').map(char::from);
    let codes = letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| format!("{a}{b}{c}"))));
    let long = "&\"<𝕏".repeat(500);
    let mut rows = Vec::new();
    for (index, code) in codes.enumerate() {
        // Some currencies have more offers, with the longest of texts and fees, so that these are shown.
        let (copies, text) = if index.is_multiple_of(500) { (12, long.as_str()) } else { (1, "x") };
        for copy in 0..copies {
            let day = format!("2020-{:02}-15", 2 + copy % 8);
            let changes = [
                ("partner_id", text),
                ("partner_name", text),
                ("offer_type", "competency"),
                ("offer_name", text),
                ("level", "silver"),
                ("renewal_start_date", day.as_str()),
                ("portal", "pmc"),
                ("fee", "999999999999999999.9999"),
                ("currency", code.as_str()),
            ];
            rows.push(cells(&changes));
        }
    }
    workspace.write("big.csv", delimited(&rows, b','));
    for number in 0..60 {
        workspace.write(&format!("more/{}{number}.csv", "&".repeat(200)), delimited(&[cells(&[])], b','));
    }
    let words = "&".repeat(100_000);
    let policy = include_str!("../../data/policies/2020-06-05.toml")
        .replace("title = \"", &format!("title = \"{words}"))
        .replace("source = \"renewal page", &format!("source = \"{words}renewal page"));
    workspace.write("own.toml", policy);
    let published = workspace.publish(&["--formats", "html", "--policy", "own.toml", "big.csv", "more"]);
    let path = published.directory.join("report.html");
    let bytes = fs::metadata(&path).expect("a page").len();
    assert!(bytes < BYTES_MAX, "{bytes} bytes");
    let page = Page::read(&path);
    assert_harmless(&page);
    for words in ["more currencies are not shown here", "more inputs are not shown here", "…"] {
        assert!(page.text.contains(words), "{words}");
    }
}

#[test]
fn an_export_without_rows_has_a_page() {
    let workspace = Workspace::new();
    workspace.write("export.csv", delimited(&[], b','));
    let published = workspace.publish(&["--formats", "html", "export.csv"]);
    let page = page_of(&published);
    assert_harmless(&page);
    for words in ["Nothing falls due", "No offer can be reactivated", "No known fee is at risk", "0 rows"] {
        assert!(page.text.contains(words), "{words}");
    }
    let names: Vec<String> = published.files().into_keys().collect();
    assert_eq!(names, ["SHA256SUMS", "manifest.json", "report.html", "summary.json"]);
    let _ = workspace.run(&["verify", "reports"]).expect(0);
}
