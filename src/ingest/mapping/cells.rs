//! The cells of one row, read as a mapping says.

use super::Mapping;
use super::date_forms::TimeOfDay;
use super::fee_form::Symbol;
use crate::ingest::column::Column;
use crate::ingest::reject::Fault;
use crate::ingest::row::{BadCell, Cells, FeeCell, RowConsumer, RowPlace, check_row, parse_boolean};
use crate::rules::{Date, Fee};
use std::marker::PhantomData;

/// Room for the plain text of a fee.
#[derive(Clone, Copy, Debug, Default)]
pub struct FeeText {
    bytes: [u8; Self::ROOM],
    length: usize,
}

impl FeeText {
    /// Eighteen digits, a point and four decimal places.
    const ROOM: usize = 23;

    /// The text.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    pub(super) const fn clear(&mut self) {
        self.length = 0;
    }

    /// Appends a text; `None` if there is no room for it.
    pub(super) fn put(&mut self, text: &[u8]) -> Option<()> {
        self.bytes.get_mut(self.length..self.length + text.len())?.copy_from_slice(text);
        self.length += text.len();
        Some(())
    }
}

/// The cells of a row of which a [`Mapping`] says what they mean.
///
/// `'inner` is how long the texts of the cells live, `'a` how long those of the mapped ones do.
pub struct MappedCells<'inner, 'a, 'cells, C> {
    cells: &'cells C,
    inner: PhantomData<&'inner ()>,
    mapping: &'a Mapping,
    fee: Result<Option<FeeCell<'a>>, BadCell>,
    symbol: Option<&'a Symbol>,
}

impl<'inner: 'a, 'a, 'cells, C: Cells<'inner>> MappedCells<'inner, 'a, 'cells, C> {
    /// The cells of a row; `fee_text` lends room for the plain text of its fee.
    pub fn new(cells: &'cells C, mapping: &'a Mapping, fee_text: &'a mut FeeText) -> Self {
        let mut mapped = Self { cells, inner: PhantomData, mapping, fee: Ok(None), symbol: None };
        let is_in_form = mapping.constant(Column::Fee).is_none() && !cells.is_typed(Column::Fee);
        match mapping.fees.as_ref().filter(|_| is_in_form) {
            Some(form) => match mapped.text(Column::Fee) {
                b"" => {}
                text => match form.read(text, fee_text) {
                    Some((fee, symbol)) => {
                        mapped.symbol = symbol;
                        mapped.fee = Ok(Some(FeeCell { fee, text: fee_text.bytes() }));
                    }
                    None => mapped.fee = Err(BadCell),
                },
            },
            None if mapping.constant(Column::Fee).is_none() && cells.is_typed(Column::Fee) => {
                mapped.fee = cells.fee(Column::Fee);
            }
            None => match mapped.text(Column::Fee) {
                b"" => {}
                text => mapped.fee = Fee::parse(text).map(|fee| Some(FeeCell { fee, text })).ok_or(BadCell),
            },
        }
        mapped
    }

    /// The currency of a row whose fee has a symbol that stands for one: it must not contradict the cell.
    fn currency_by_symbol(&self, code: &'a str, cell: &'a [u8]) -> &'a [u8] {
        if cell.is_empty() || cell == code.as_bytes() { code.as_bytes() } else { b"" }
    }
}

impl<'inner: 'a, 'a, C: Cells<'inner>> Cells<'a> for MappedCells<'inner, 'a, '_, C> {
    fn text(&self, column: Column) -> &'a [u8] {
        let mapping = self.mapping;
        let text = match mapping.constant(column) {
            Some(constant) => constant.text().as_bytes(),
            None => mapping.values[column.index()].meaning(self.cells.text(column)),
        };
        match self.symbol.and_then(|symbol| symbol.currency.as_deref()) {
            Some(code) if column == Column::Currency => self.currency_by_symbol(code, text),
            _ => text,
        }
    }

    fn fault(&self) -> Option<Fault> {
        self.cells.fault().filter(|fault| self.mapping.constant(fault.column).is_none())
    }

    fn date(&self, column: Column) -> Result<Option<Date>, BadCell> {
        if let Some(constant) = self.mapping.constant(column) {
            return Ok(constant.date());
        }
        let forms = self.mapping.dates[column.index()].as_ref();
        if self.cells.is_typed(column) {
            let is_dropped = forms.is_some_and(|forms| forms.time_of_day() == TimeOfDay::Dropped);
            return if is_dropped { self.cells.day(column) } else { self.cells.date(column) };
        }
        let text = self.text(column);
        match forms {
            Some(forms) => forms.read_cell(text),
            None if text.is_empty() => Ok(None),
            None => self.cells.date(column),
        }
    }

    fn boolean(&self, column: Column) -> Result<Option<bool>, BadCell> {
        if self.mapping.constant(column).is_none() && self.cells.is_typed(column) {
            return self.cells.boolean(column);
        }
        parse_boolean(self.text(column))
    }

    fn fee(&self, _: Column) -> Result<Option<FeeCell<'a>>, BadCell> {
        self.fee
    }
}

/// Checks a row of which a mapping says what its cells mean, and passes it on.
///
/// # Errors
/// The fault for which the row is rejected.
pub fn take_mapped_row<'inner>(
    cells: &impl Cells<'inner>,
    mapping: &Mapping,
    place: RowPlace,
    consumer: &mut impl RowConsumer,
) -> Result<(), Fault> {
    let mut fee_text = FeeText::default();
    let mapped = MappedCells::new(cells, mapping, &mut fee_text);
    consumer.look(place, cells, &mapped);
    if !consumer.is_wanted(place, &mapped) {
        return Ok(());
    }
    check_row(&mapped).and_then(|row| consumer.row(&row))
}
