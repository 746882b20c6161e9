//! The frame of the page: its head with the content policy, its order, and its style.

use super::PageFacts;
use super::text::{count, counted, day_words, foreign};
use super::{facts, lapses, outlook, rejects, risk, schedule, stages, tonight};
use crate::reports::ShortenedText;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("style.css");

/// A part of the page.
struct Section {
    id: &'static str,
    /// How it is called among the links at the top.
    name: &'static str,
    heading: &'static str,
    content: Markup,
}

/// The whole page.
pub fn document(page: &PageFacts<'_>) -> Markup {
    let day = day_words(page.options.as_of);
    let title = format!("Renewals on {day}");
    let groups = groups(page);
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(&title))
            body {
                header.top {
                    div.wide {
                        h1 { (title) }
                        p { (subtitle(page)) }
                    }
                }
                nav aria-label="Parts of this page" {
                    ul.wide { @for Section { id, name, .. } in groups.iter().flatten() { li { a href={ "#" (id) } { (name) } } } }
                }
                main.wide {
                    (tonight::section(page))
                    @for group in groups {
                        div.pair[group.len() > 1] { @for part in group { (section(part)) } }
                    }
                }
                footer.wide {
                    p { "Made by renewals " (page.tool_version) "." }
                }
            }
        }
    }
}

/// The parts in their order; those of one group stand side by side where there is room.
fn groups(page: &PageFacts<'_>) -> Vec<Vec<Section>> {
    let part = |id, name, heading, content| Section { id, name, heading, content };
    vec![
        vec![part("fees", "Fees", "Fees expected by month and currency", outlook::section(page))],
        vec![
            part("schedule", "By week", "Renewals due by week", schedule::section(page)),
            part("stages", "Stages", "Where the offers stand", stages::section(page)),
        ],
        vec![part("lapses", "Lapsed", "What has lapsed", lapses::section(page))],
        vec![part("risk", "At risk", "Largest fees at risk", risk::section(page))],
        vec![part("assumptions", "Assumptions", "What this rests on", facts::assumptions(page))],
        vec![
            part("rejects", "Rejected rows", "Rows that were rejected", rejects::section(page)),
            part("run", "The run", "The run", facts::run(page)),
        ],
    ]
}

fn section(part: Section) -> Markup {
    let Section { id, heading, content, .. } = part;
    html! {
        section id=(id) aria-labelledby={ (id) "-heading" } {
            h2 id={ (id) "-heading" } { (heading) }
            (content)
        }
    }
}

fn head(title: &str) -> Markup {
    let style_hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!("default-src 'none'; style-src 'sha256-{style_hash}'; base-uri 'none'; form-action 'none'");
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="referrer" content="no-referrer";
            meta name="robots" content="noindex";
            // Partner ids are no telephone numbers.
            meta name="format-detection" content="telephone=no";
            title { (title) }
            style { (PreEscaped(STYLE)) }
        }
    }
}

fn subtitle(page: &PageFacts<'_>) -> Markup {
    let policy = ShortenedText::new(page.policy.id.as_bytes(), 60);
    html! {
        (count(page.tally.rows_read)) " rows from " (counted(page.inputs.len() as u64, "file")) ", "
        @match page.tally.rows_rejected() {
            0 => "none",
            rejected => data value=(rejected) data-figure="rejected" { (count(rejected)) },
        }
        " of them rejected, decided by policy " (foreign(&policy))
    }
}
