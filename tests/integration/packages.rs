//! Excel workbooks that tests make, part by part, so that they may be as odd as a test needs.

use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

/// The cells that a sheet may have.
pub enum Cell<'a> {
    Text(&'a str),
    Number(&'a str),
    /// A day or moment as Excel's serial number, shown as a date.
    Moment(&'a str),
    Boolean(bool),
    Error(&'a str),
    /// A formula, with the text that was saved with it.
    Formula(&'a str),
    /// A formula whose value no program has saved.
    UnsavedFormula,
    Empty,
}

/// The XML of a row.
pub fn row(number: usize, attributes: &str, cells: &[Cell<'_>]) -> String {
    let mut text = format!("<row r=\"{number}\" {attributes}>");
    for (index, cell) in cells.iter().enumerate() {
        let at = format!("{}{number}", char::from(b'A' + index as u8));
        text.push_str(&match cell {
            Cell::Text(text) => format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{}</t></is></c>", escape(text)),
            Cell::Number(number) => format!("<c r=\"{at}\"><v>{number}</v></c>"),
            Cell::Moment(number) => format!("<c r=\"{at}\" s=\"1\"><v>{number}</v></c>"),
            Cell::Boolean(value) => format!("<c r=\"{at}\" t=\"b\"><v>{}</v></c>", u8::from(*value)),
            Cell::Error(error) => format!("<c r=\"{at}\" t=\"e\"><v>{error}</v></c>"),
            Cell::UnsavedFormula => format!("<c r=\"{at}\"><f>A1</f><v></v></c>"),
            Cell::Formula(text) => format!("<c r=\"{at}\" t=\"str\"><f>A1</f><v>{}</v></c>", escape(text)),
            Cell::Empty => format!("<c r=\"{at}\" s=\"1\"/>"),
        });
    }
    text.push_str("</row>");
    text
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A workbook of these sheets: name, state (`visible`, `hidden`) and the XML of the rows.
pub fn workbook(sheets: &[(&str, &str, &str)]) -> Vec<u8> {
    let worksheet = |rows: &str| format!("{HEAD}<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>");
    let parts = sheets.iter().map(|(name, state, rows)| (*name, *state, worksheet(rows))).collect::<Vec<_>>();
    package(&parts.iter().map(|(name, state, xml)| (*name, *state, xml.as_str())).collect::<Vec<_>>(), &[])
}

pub const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";
pub const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONSHIPS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook of these sheets as XML, and other parts besides.
pub fn package(sheets: &[(&str, &str, &str)], others: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, bytes: &[u8]| {
        archive.start_file(name, SimpleFileOptions::default()).expect("a part");
        archive.write_all(bytes).expect("written to memory");
    };
    let mut list = String::new();
    let mut relations = String::new();
    for (index, (name, state, xml)) in sheets.iter().enumerate() {
        let number = index + 1;
        let name = escape(name);
        list.push_str(&format!("<sheet name=\"{name}\" sheetId=\"{number}\" state=\"{state}\" r:id=\"rId{number}\"/>"));
        relations.push_str(&format!(
            "<Relationship Id=\"rId{number}\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
        ));
        add(&format!("xl/worksheets/sheet{number}.xml"), xml.as_bytes());
    }
    for (id, part) in [("rId98", "styles"), ("rId99", "sharedStrings")] {
        relations.push_str(&format!("<Relationship Id=\"{id}\" Type=\"{OFFICE}/{part}\" Target=\"{part}.xml\"/>"));
    }
    let styles = "<cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/></cellXfs>";
    for (name, xml) in [
        (
            "[Content_Types].xml",
            format!("{HEAD}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"),
        ),
        (
            "_rels/.rels",
            format!(
                "{HEAD}<Relationships xmlns=\"{RELATIONSHIPS}\"><Relationship Id=\"rId1\" \
                 Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!("{HEAD}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>{list}</sheets></workbook>"),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!("{HEAD}<Relationships xmlns=\"{RELATIONSHIPS}\">{relations}</Relationships>"),
        ),
        ("xl/styles.xml", format!("{HEAD}<styleSheet xmlns=\"{MAIN}\">{styles}</styleSheet>")),
    ] {
        add(name, xml.as_bytes());
    }
    for (name, bytes) in others {
        add(name, bytes);
    }
    archive.finish().expect("written to memory").into_inner()
}

/// Excel's serial number of a day of 1901 or later.
pub fn serial(date: &str) -> String {
    let day = chrono::NaiveDate::parse_from_str(date, "%Y-%m-%d").expect("a date");
    let first = chrono::NaiveDate::from_ymd_opt(1899, 12, 30).expect("a date");
    (day - first).num_days().to_string()
}
