//! Rows written in another form and read by a mapping, against the same rows read as they are.

use super::cells::{FeeText, MappedCells};
use super::{DateForms, FeeForm, Mapping, TimeOfDay};
use crate::ingest::column::{COLUMN_COUNT, Column};
use crate::ingest::date_format::DateFormat;
use crate::ingest::row::{BadCell, Cells, check_row, parse_boolean};
use crate::rules::Date;
use proptest::prelude::*;

/// A row of texts, as every format has one in the end.
struct Texts([String; COLUMN_COUNT]);

impl<'a> Cells<'a> for &'a Texts {
    fn text(&self, column: Column) -> &'a [u8] {
        self.0[column.index()].as_bytes()
    }

    fn date(&self, column: Column) -> Result<Option<Date>, BadCell> {
        DateFormat::Iso.read_cell(self.text(column))
    }

    fn boolean(&self, column: Column) -> Result<Option<bool>, BadCell> {
        parse_boolean(self.text(column))
    }
}

/// How texts are written otherwise.
#[derive(Clone, Copy, Debug)]
struct Form {
    date_format: &'static str,
    decimal_mark: char,
    grouping: Option<char>,
}

const FORMS: [Form; 4] = [
    Form { date_format: "%-m/%-d/%Y %-H:%M", decimal_mark: '.', grouping: Some(',') },
    Form { date_format: "%d.%m.%Y", decimal_mark: ',', grouping: Some('.') },
    Form { date_format: "%Y年%-m月%-d日", decimal_mark: '.', grouping: None },
    Form { date_format: "%Y-%m-%dT%H:%M:%SZ", decimal_mark: ',', grouping: Some(' ') },
];

impl Form {
    fn mapping(self) -> Mapping {
        let mut mapping = Mapping { profile: Some("form".to_owned()), ..Mapping::default() };
        for column in [Column::PurchaseDate, Column::RenewalStartDate, Column::LastRenewalDate] {
            let forms = DateForms::new(&[self.date_format.to_owned()], TimeOfDay::Midnight);
            mapping.dates[column.index()] = Some(forms.expect("a format"));
        }
        for (word, meaning) in [("Wettbewerb", "competency"), ("Paket", "action_pack")] {
            mapping.values[Column::OfferType.index()].add(Column::OfferType, word, meaning).expect("a meaning");
        }
        let (decimal_mark, grouping) = (self.decimal_mark, self.grouping);
        mapping.fees = Some(FeeForm { decimal_mark, grouping, decimal_places_max: 4, symbols: Vec::new() });
        mapping
    }

    fn write(self, column: Column, text: &str) -> String {
        match column {
            Column::OfferType => text.replace("competency", "WETTBEWERB").replace("action_pack", "Paket"),
            Column::PurchaseDate | Column::RenewalStartDate | Column::LastRenewalDate => {
                match text.parse::<chrono::NaiveDate>() {
                    Ok(day) => day.and_time(chrono::NaiveTime::MIN).format(self.date_format).to_string(),
                    Err(_) => text.to_owned(),
                }
            }
            Column::Fee if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => self.write_fee(text),
            _ => text.to_owned(),
        }
    }

    fn write_fee(self, text: &str) -> String {
        let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
        let is_grouped = whole.len() > 3 && !whole.starts_with('0');
        let mut written = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if let Some(grouping) = self.grouping.filter(|_| is_grouped && index > 0 && (whole.len() - index) % 3 == 0)
            {
                written.push(grouping);
            }
            written.push(digit);
        }
        fraction.map_or(written.clone(), |fraction| format!("{written}{}{fraction}", self.decimal_mark))
    }
}

prop_compose! {
    fn dates()(year in 1900i32..=2999, month in 1u32..=12, day in 1u32..=28) -> String {
        format!("{year:04}-{month:02}-{day:02}")
    }
}

prop_compose! {
    fn rows()(
        id in "[0-9]{0,7}",
        offer_type in prop::sample::select(vec!["competency", "action_pack", "membership", "bundle", ""]),
        dates in prop::collection::vec(prop_oneof![9 => dates(), 1 => Just(String::new()), 1 => Just("x".to_owned())], 3),
        fee in prop_oneof![4 => "[0-9]{1,18}([.][0-9]{1,4})?", 1 => "[a-z]{0,2}"],
        currency in prop::sample::select(vec!["EUR", "eur", ""]),
        form in 0usize..FORMS.len(),
    ) -> (Texts, Form) {
        let mut texts: [String; COLUMN_COUNT] = Default::default();
        texts[Column::PartnerId.index()] = id;
        texts[Column::OfferType.index()] = offer_type.to_owned();
        texts[Column::PurchaseDate.index()].clone_from(&dates[0]);
        texts[Column::RenewalStartDate.index()].clone_from(&dates[1]);
        texts[Column::LastRenewalDate.index()].clone_from(&dates[2]);
        texts[Column::Fee.index()] = fee;
        texts[Column::Currency.index()] = currency.to_owned();
        (Texts(texts), FORMS[form])
    }
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

proptest! {
    #[test]
    fn a_mapped_row_is_the_row_in_its_plain_form((plain, form) in rows()) {
        let written = Texts(std::array::from_fn(|index| form.write(Column::ALL[index], &plain.0[index])));
        let mapping = form.mapping();
        let mut fee_text = FeeText::default();
        let (plain, written) = (&plain, &written);
        let mapped = MappedCells::new(&written, &mapping, &mut fee_text);
        prop_assert_eq!(check_row(&mapped), check_row(&plain));
    }
}
