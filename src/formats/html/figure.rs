//! A chart with what makes it readable for everybody: a heading, a legend in words, a description, and its values as a
//! table.

use super::chart::{Chart, WIDTH};
use maud::{Markup, PreEscaped, html};

/// A chart and its words.
pub struct Figure<'a> {
    /// Id of the figure in the page.
    pub id: &'a str,
    /// The heading.
    pub title: &'a str,
    /// What the chart shows, for those who do not see it.
    pub description: &'a str,
    /// The chart.
    pub chart: &'a Chart,
    /// The legend: the style class of each mark, and what it stands for.
    pub legend: &'a [(&'a str, &'a str)],
    /// The values as a table.
    pub table: Markup,
}

impl Figure<'_> {
    /// The figure as a card.
    pub fn render(&self) -> Markup {
        let Self { id, title, description, chart, legend, table } = self;
        let view_box = format!("0 0 {WIDTH} {}", chart.height);
        html! {
            figure.card id=(id) {
                figcaption { h3 { (title) } }
                @if legend.len() > 1 {
                    ul.legend { @for (mark, words) in *legend { li { span.mark.(mark) {} (words) } } }
                }
                svg viewBox=(view_box) role="img" aria-labelledby={ (id) "-title " (id) "-description" } {
                    title id={ (id) "-title" } { (title) }
                    desc id={ (id) "-description" } { (description) " The same values are in the table below it." }
                    (PreEscaped(&chart.elements))
                }
                details {
                    summary { "As a table" span.hidden { ": " (title) } }
                    (table)
                }
            }
        }
    }
}

/// What a column of a table holds, with its heading.
#[derive(Clone, Copy, Debug)]
pub enum Column<'a> {
    /// Words, which begin at the left.
    Words(&'a str),
    /// Numbers, which end at the right.
    Number(&'a str),
}

/// A table in a frame that scrolls by itself where the screen is too narrow for it.
///
/// Cells of words have the class `words` in `body`, unless they are the heading of their row.
pub fn table(caption: &str, head: &[Column<'_>], body: Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table {
                caption.hidden { (caption) }
                thead {
                    tr {
                        @for column in head {
                            @match column {
                                Column::Words(name) => th.words scope="col" { (name) },
                                Column::Number(name) => th scope="col" { (name) },
                            }
                        }
                    }
                }
                (body)
            }
        }
    }
}
