//! One invented export in the shapes that exports really have: other headers, dates, fees and words.

use crate::export::{COLUMNS, Cells};

/// An export in another shape.
pub struct Shape {
    /// What its files are called.
    pub name: &'static str,
    /// The options by which it is read.
    pub options: &'static [&'static str],
    /// The header, and the column of the contract that stands under each name.
    pub header: &'static [(&'static str, &'static str)],
    /// How a cell of a column is written.
    pub write: fn(column: &str, text: &str) -> String,
}

/// Year, month and day of a date of the contract, without leading zeros.
fn parts(date: &str) -> (u32, u32, u32) {
    let number = |range: std::ops::Range<usize>| date[range].parse().expect("digits");
    (number(0..4), number(5..7), number(8..10))
}

fn is_date(column: &str) -> bool {
    column.ends_with("_date")
}

/// A fee with its whole part in groups of three digits.
fn grouped(fee: &str, grouping: char, decimal_mark: char) -> String {
    let (whole, fraction) = fee.split_once('.').map_or((fee, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(grouping);
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push(decimal_mark);
        text.push_str(fraction);
    }
    text
}

fn american(column: &str, text: &str) -> String {
    match (column, text) {
        (_, "") => String::new(),
        ("offer_type", "action_pack") => "Microsoft Action Pack".to_owned(),
        ("level", "gold") => "Gold".to_owned(),
        ("requirements_met", "true") => "Complete".to_owned(),
        ("portal", "partner_center") => "Partner Center".to_owned(),
        ("fee", fee) => format!("${}", grouped(fee, ',', '.')),
        _ if is_date(column) => {
            let (year, month, day) = parts(text);
            format!("{month}/{day}/{year} 0:00")
        }
        _ => text.to_owned(),
    }
}

fn german(column: &str, text: &str) -> String {
    match (column, text) {
        (_, "") => String::new(),
        ("offer_type", "competency") => "Kompetenz".to_owned(),
        ("offer_type", "membership") => "Mitgliedschaft".to_owned(),
        ("level", "silver") => "Silber".to_owned(),
        ("requirements_met", "true") => "ja".to_owned(),
        ("requirements_met", "false") => "nein".to_owned(),
        ("fee", fee) => grouped(fee, '.', ','),
        _ if is_date(column) => {
            let (year, month, day) = parts(text);
            format!("{day:02}.{month:02}.{year}")
        }
        _ => text.to_owned(),
    }
}

fn chinese(column: &str, text: &str) -> String {
    let word = match (column, text) {
        ("offer_type", "competency") => "能力",
        ("offer_type", "action_pack") => "行动包",
        ("offer_type", "membership") => "会员",
        ("offer_name", "Cloud Business Applications") => "云业务应用程序",
        ("offer_name", "Windows and Devices") => "Windows 和设备",
        ("level", "gold") => "金牌",
        ("level", "silver") => "银牌",
        ("requirements_met", "true") => "是",
        ("requirements_met", "false") => "否",
        ("portal", "partner_center") => "合作伙伴中心",
        ("last_renewal_date", "") => "无",
        ("country", "CN") => "中国",
        (_, "") => "",
        ("fee", fee) => return format!("¥{}", grouped(fee, ',', '.')),
        _ if is_date(column) => {
            let (year, month, day) = parts(text);
            return format!("{year}/{month}/{day}");
        }
        _ => text,
    };
    word.to_owned()
}

fn download(column: &str, text: &str) -> String {
    match column {
        "renewal_start_date" if !text.is_empty() => {
            let (year, month, day) = parts(text);
            format!("{month}/{day}/{year} 23:59")
        }
        "level" if text == "gold" => "Gold".to_owned(),
        _ => american(column, text),
    }
}

fn api(column: &str, text: &str) -> String {
    match text {
        "" => String::new(),
        _ if is_date(column) => format!("{text}T00:00:00Z"),
        _ => text.to_owned(),
    }
}

fn as_it_is(_: &str, text: &str) -> String {
    text.to_owned()
}

pub const AMERICAN: Shape = Shape {
    name: "american",
    options: &["--profile", "membership-offers"],
    header: &[
        ("MPNId", "partner_id"),
        ("PartnerName", "partner_name"),
        ("Country/Region", "country"),
        ("Offer type", "offer_type"),
        ("CompetencyName", "offer_name"),
        ("CompetencyLevel", "level"),
        ("Purchase date", "purchase_date"),
        ("Renewal start date", "renewal_start_date"),
        ("Last renewal date", "last_renewal_date"),
        ("Requirements met", "requirements_met"),
        ("Portal", "portal"),
        ("Renewal fee", "fee"),
        ("Currency", "currency"),
    ],
    write: american,
};

pub const GERMAN: Shape = Shape {
    name: "german",
    options: &["--profile", "membership-offers-de"],
    header: &[
        ("Währung", "currency"),
        ("Gebühr", "fee"),
        ("MPN-ID", "partner_id"),
        ("Partnername", "partner_name"),
        ("Land", "country"),
        ("Angebotstyp", "offer_type"),
        ("Kompetenz", "offer_name"),
        ("Stufe", "level"),
        ("Kaufdatum", "purchase_date"),
        ("Startdatum der Verlängerung", "renewal_start_date"),
        ("Letzte Verlängerung", "last_renewal_date"),
        ("Anforderungen erfüllt", "requirements_met"),
        ("Portal", "portal"),
    ],
    write: german,
};

pub const CHINESE: Shape = Shape {
    name: "chinese",
    options: &["--profile", "membership-offers-zh"],
    header: &[
        ("MPN ID", "partner_id"),
        ("合作伙伴名称", "partner_name"),
        ("国家/地区", "country"),
        ("产品/服务类型", "offer_type"),
        ("能力", "offer_name"),
        ("级别", "level"),
        ("购买日期", "purchase_date"),
        ("续订开始日期", "renewal_start_date"),
        ("上次续订日期", "last_renewal_date"),
        ("满足要求", "requirements_met"),
        ("门户", "portal"),
        ("费用", "fee"),
        ("币种", "currency"),
    ],
    write: chinese,
};

const COMPETENCY_HEADER: &[(&str, &str)] = &[
    ("CompetencyName", "offer_name"),
    ("CompetencyLevel", "level"),
    ("CompetencyStatus", ""),
    ("CompetencyStartDate", "purchase_date"),
    ("CompetencyEndDate", "renewal_start_date"),
];

pub const DOWNLOAD: Shape = Shape {
    name: "download",
    options: &["--profile", "competency-download", "--set", "partner_id=4390934"],
    header: COMPETENCY_HEADER,
    write: download,
};

pub const API: Shape = Shape {
    name: "api",
    options: &["--profile", "competency-api", "--set", "partner_id=4390934"],
    header: COMPETENCY_HEADER,
    write: api,
};

/// The columns of the contract under names that differ in nothing but case and spaces.
pub const PLAIN: Shape = Shape {
    name: "plain",
    options: &[],
    header: &[
        ("Partner_ID", "partner_id"),
        ("partner_name", "partner_name"),
        ("country", "country"),
        ("offer_type", "offer_type"),
        ("offer_name", "offer_name"),
        ("level", "level"),
        ("purchase_date", "purchase_date"),
        ("renewal_start_date", "renewal_start_date"),
        ("last_renewal_date", "last_renewal_date"),
        ("requirements_met", "requirements_met"),
        ("portal", "portal"),
        ("fee", "fee"),
        (" Currency ", "currency"),
    ],
    write: as_it_is,
};

impl Shape {
    /// The rows as a table in this shape, the header first.
    pub fn table(&self, rows: &[Cells]) -> Vec<Vec<String>> {
        let cell = |row: &Cells, column: &str| match COLUMNS.iter().position(|known| *known == column) {
            Some(index) => (self.write)(column, &row[index]),
            None => "Active".to_owned(),
        };
        let header = self.header.iter().map(|(name, _)| (*name).to_owned()).collect();
        let records = rows.iter().map(|row| self.header.iter().map(|(_, column)| cell(row, column)).collect());
        std::iter::once(header).chain(records).collect()
    }

    /// The rows as delimited text.
    pub fn delimited(&self, rows: &[Cells], delimiter: u8) -> Vec<u8> {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        for record in self.table(rows) {
            writer.write_record(record).expect("written to memory");
        }
        writer.into_inner().expect("written to memory")
    }

    /// The rows as the canonical file that has the same cells.
    pub fn canonical(&self, rows: &[Cells]) -> Vec<Cells> {
        let keep = |(index, text): (usize, &String)| match COLUMNS[index] {
            "partner_id" if !self.has("partner_id") => "4390934".to_owned(),
            "offer_type" => text.clone(),
            column if self.has(column) => text.clone(),
            _ => String::new(),
        };
        let rows = rows.iter().filter(|row| self.has("offer_type") || row[3] == "competency");
        rows.map(|row| std::array::from_fn(|index| keep((index, &row[index])))).collect()
    }

    fn has(&self, column: &str) -> bool {
        self.header.iter().any(|(_, known)| *known == column)
    }
}
