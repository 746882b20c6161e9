//! The charts of the page, drawn as SVG by `plotters`.
//!
//! A chart is as wide as a phone, so that its labels are readable there. Its colours are those of the light palette;
//! the style sheet gives each of them its dark counterpart.

use super::text::{count, short_number};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Width of every chart, in units of its own.
pub const WIDTH: u32 = 360;
const COLUMNS_HEIGHT: u32 = 210;
const ROW_HEIGHT: i32 = 26;
/// The library writes a size divided by this.
const SIZE_FACTOR: f64 = 1.24;
const LABEL_SIZE: f64 = 11.5 * SIZE_FACTOR;

/// What is drawn in the first series' colour, then the second's, then the third's.
pub const SERIES: [RGBColor; 3] = [RGBColor(0x1F, 0x5F, 0xA8), RGBColor(0xB4, 0x5F, 0x06), RGBColor(0x1B, 0x7F, 0x6B)];
/// What could be there, behind what is expected.
const PALE: RGBColor = RGBColor(0xD3, 0xE1, 0xF1);
/// What is expected, before it.
const EXPECTED: RGBColor = RGBColor(0x4A, 0x86, 0xC8);
const INK: RGBColor = RGBColor(0x1B, 0x1F, 0x24);
const MUTED: RGBColor = RGBColor(0x55, 0x5E, 0x68);
const GRID: RGBColor = RGBColor(0xD5, 0xDA, 0xE1);

/// A drawn chart: the elements inside its `svg`, and its height.
pub struct Chart {
    /// The elements.
    pub elements: String,
    /// Height for a width of [`WIDTH`].
    pub height: u32,
}

/// An amount with the interval that it lies in.
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    /// What is expected.
    pub expected: f64,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// A column of a chart of intervals.
pub struct IntervalColumn {
    /// What stands below it; may be empty.
    pub label: String,
    /// What stands below that; may be empty.
    pub group: String,
    /// What would be there at most.
    pub whole: f64,
    /// What is expected of it, if that is known.
    pub interval: Option<Interval>,
}

type Failure = DrawingAreaErrorKind<std::io::Error>;
type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type ColumnChart<'a, 'b> = ChartContext<'b, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Columns of which each series has a part, the first at the bottom.
pub fn columns<const N: usize>(labels: &[String], values: &[[u64; N]]) -> Chart {
    let tops = values.iter().map(|parts| parts.iter().sum::<u64>() as f64);
    let top = tops.fold(0.0, f64::max);
    draw(COLUMNS_HEIGHT, |area| {
        let mut chart = column_chart(area, labels, 24, top)?;
        for (index, parts) in values.iter().enumerate() {
            let mut from = 0.0;
            for (part, color) in parts.iter().zip(SERIES).filter(|(part, _)| **part > 0) {
                let to = from + *part as f64;
                chart.draw_series([bar(index, from, to, 0.7, color.filled())])?;
                from = to;
            }
        }
        Ok(())
    })
}

/// A column for each amount, what is expected of it before it, and the interval as a whisker.
pub fn intervals(columns: &[IntervalColumn]) -> Chart {
    let labels: Vec<String> = columns.iter().map(|column| column.label.clone()).collect();
    let tops = columns.iter().map(|column| column.interval.map_or(column.whole, |it| it.high.max(column.whole)));
    let top = tops.fold(0.0, f64::max);
    draw(COLUMNS_HEIGHT, |area| {
        let mut chart = column_chart(area, &labels, 40, top)?;
        for (index, column) in columns.iter().enumerate() {
            under(area, &chart, index, &column.group, 23)?;
        }
        for (index, column) in columns.iter().enumerate().filter(|(_, column)| column.whole > 0.0) {
            chart.draw_series([bar(index, 0.0, column.whole, 0.76, PALE.filled())])?;
            chart.draw_series([bar(index, 0.0, column.whole, 0.76, SERIES[0].stroke_width(1))])?;
            let Some(Interval { expected, low, high }) = column.interval else { continue };
            chart.draw_series([bar(index, 0.0, expected, 0.5, EXPECTED.filled())])?;
            chart.draw_series(whisker(index, low, high))?;
        }
        Ok(())
    })
}

/// Rows of which each series has a part, with their sums.
pub fn rows<const N: usize>(labels: &[&str], values: &[[u64; N]], label_width: i32) -> Chart {
    let sums: Vec<u64> = values.iter().map(|parts| parts.iter().sum()).collect();
    let top = sums.iter().copied().max().unwrap_or_default().max(1) as f64;
    let height = ROW_HEIGHT * labels.len() as i32 + 8;
    // The sum of the longest row needs room behind it.
    let (left, right) = (label_width + 8, WIDTH as i32 - 62);
    let x = |value: f64| left + (value / top * f64::from(right - left)).round() as i32;
    draw(height as u32, |area| {
        for (row, (label, parts)) in labels.iter().zip(values).enumerate() {
            let y = row as i32 * ROW_HEIGHT + 4;
            let middle = y + ROW_HEIGHT / 2;
            text(area, label, (left - 8, middle), Pos::new(HPos::Right, VPos::Center), MUTED)?;
            let (mut from, mut end) = (0.0, left);
            for (part, color) in parts.iter().zip(SERIES).filter(|(part, _)| **part > 0) {
                let to = from + *part as f64;
                // One offer among thousands is still seen.
                let start = x(from).max(end);
                end = x(to).max(start + 2);
                area.draw(&Rectangle::new([(start, y + 4), (end, y + ROW_HEIGHT - 4)], color.filled()))?;
                from = to;
            }
            text(area, &count(sums[row]), (end + 6, middle), Pos::new(HPos::Left, VPos::Center), INK)?;
        }
        area.draw(&PathElement::new([(left, 2), (left, height - 2)], MUTED.stroke_width(1)))
    })
}

/// Draws into memory, and leaves the root element to the page, which gives it a title and a description.
fn draw(height: u32, paint: impl FnOnce(&Area<'_>) -> Result<(), Failure>) -> Chart {
    let mut document = String::new();
    {
        let area = SVGBackend::with_string(&mut document, (WIDTH, height)).into_drawing_area();
        paint(&area).and_then(|()| area.present()).expect("drawing into memory does not fail");
    }
    let inside = document.split_once('>').and_then(|(_, rest)| rest.rsplit_once("</svg>"));
    Chart { elements: inside.map(|(elements, _)| elements.to_owned()).unwrap_or_default(), height }
}

/// The axes of a chart of columns that are as high as `top` at most, each label below its column.
fn column_chart<'a, 'b>(
    area: &'b Area<'a>,
    labels: &[String],
    labels_height: u32,
    top: f64,
) -> Result<ColumnChart<'a, 'b>, Failure> {
    let top = if top > 0.0 { top * 1.04 } else { 1.0 };
    let mut chart = ChartBuilder::on(area)
        .margin_top(8)
        .margin_right(4)
        .set_label_area_size(LabelAreaPosition::Left, 46)
        .set_label_area_size(LabelAreaPosition::Bottom, labels_height)
        .build_cartesian_2d(0.0..labels.len().max(1) as f64, 0.0..top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(0)
        .y_labels(5)
        .y_max_light_lines(0)
        .set_tick_mark_size(LabelAreaPosition::Left, 6)
        .set_tick_mark_size(LabelAreaPosition::Bottom, 0)
        .axis_style(MUTED.stroke_width(1))
        .bold_line_style(GRID.stroke_width(1))
        .y_label_style(label_style(MUTED))
        .y_label_formatter(&|value| short_number(*value))
        .draw()?;
    for (index, label) in labels.iter().enumerate() {
        under(area, &chart, index, label, 7)?;
    }
    Ok(chart)
}

/// Writes a label below column `index`, as far below the axis as `distance`.
fn under(
    area: &Area<'_>,
    chart: &ColumnChart<'_, '_>,
    index: usize,
    label: &str,
    distance: i32,
) -> Result<(), Failure> {
    if label.is_empty() {
        return Ok(());
    }
    let (x, y) = chart.backend_coord(&(index as f64 + 0.5, 0.0));
    text(area, label, (x, y + distance), Pos::new(HPos::Center, VPos::Top), MUTED)
}

/// The part of column `index` from one height to another, as wide as a share of its place.
fn bar(index: usize, from: f64, to: f64, width: f64, style: ShapeStyle) -> Rectangle<(f64, f64)> {
    let left = index as f64 + (1.0 - width) / 2.0;
    Rectangle::new([(left, from), (left + width, to)], style)
}

/// The interval at column `index`: a line with a cap at each end.
fn whisker(index: usize, low: f64, high: f64) -> [PathElement<(f64, f64)>; 3] {
    let center = index as f64 + 0.5;
    let line = |from, to| PathElement::new([from, to], INK.stroke_width(2));
    let cap = |end| line((center - 0.16, end), (center + 0.16, end));
    [line((center, low), (center, high)), cap(low), cap(high)]
}

fn label_style(color: RGBColor) -> TextStyle<'static> {
    ("sans-serif", LABEL_SIZE).into_font().color(&color)
}

fn text(area: &Area<'_>, label: &str, at: (i32, i32), anchor: Pos, color: RGBColor) -> Result<(), Failure> {
    area.draw(&Text::new(label, at, label_style(color).pos(anchor)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_is_whole_whatever_it_shows() {
        for top in [0, 1, u64::MAX / 4] {
            let labels = ["one", "<two>", ""];
            let chart = columns(&labels.map(str::to_owned), &[[top, 1], [0, 0], [3, top]]);
            assert!(chart.elements.contains("&lt;two&gt;") && !chart.elements.contains("<svg"), "{}", chart.elements);
            assert!(rows(&labels, &[[top, 1], [0, 0], [3, top]], 60).elements.contains("&lt;two&gt;"));
        }
        for whole in [0.0, 1.0, 1e30] {
            let interval = Some(Interval { expected: whole * 0.8, low: whole * 0.7, high: whole });
            let column = IntervalColumn { label: "Jun".to_owned(), group: "2020".to_owned(), whole, interval };
            assert!(intervals(&[column]).elements.contains("Jun"));
        }
        assert!(!intervals(&[]).elements.is_empty());
    }
}
