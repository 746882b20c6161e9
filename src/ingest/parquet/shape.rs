//! What the library that reads Parquet would trust: how deep a schema is nested, how many columns its groups claim, and
//! how much a page unpacks to.
//!
//! It reads a schema by calling itself, and makes room for what a group or a page header claims. A file of a few
//! kilobytes could end the process by any of these, so they are looked at before.

use super::place::PartReader;
use super::thrift::{Compact, Damaged, kind};
use parquet::file::reader::{ChunkReader, Length};
use std::ops::Range;

/// A column of a row group: where its pages lie, and the bytes that one of its values takes at least.
pub(super) struct Chunk {
    pub(super) range: Range<u64>,
    pub(super) value_bytes: u64,
}

/// Bytes of a footer that may be read: what it describes takes some twenty times as much in memory.
pub(crate) const FOOTER_BYTES_MOST: u64 = 16 << 20;
/// How many groups may lie in each other in a schema.
const NESTING_MOST: usize = 64;
/// What the pages that are unpacked at a time may take, whatever they take packed.
const PAGE_BYTES_ALWAYS: u64 = 64 << 20;
/// The tail of a file: the length of the footer, and a magic number.
pub(crate) const TAIL: u64 = 8;
/// A page header is tried to be read from so many bytes, and then from more: one may hold long texts.
const HEADER_BYTES: [u64; 3] = [256, 64 << 10, 4 << 20];

/// Refuses a footer that is too large, or whose schema is nested too deeply or claims more columns than it has.
pub(super) fn check_footer(file: &PartReader) -> Result<(), String> {
    let size = file.len();
    let Some(tail) = size.checked_sub(TAIL) else { return Ok(()) };
    let bytes = file.get_bytes(tail, TAIL as usize).map_err(|error| error.to_string())?;
    let Some((length, b"PAR1")) = bytes.split_first_chunk::<4>() else { return Ok(()) };
    let length = u64::from(u32::from_le_bytes(*length));
    if length > tail {
        return Ok(());
    }
    if length > FOOTER_BYTES_MOST {
        return Err(format!("its footer has {length} bytes, more than {FOOTER_BYTES_MOST}"));
    }
    let footer = file.get_bytes(tail - length, length as usize).map_err(|error| error.to_string())?;
    match nesting(&footer) {
        Ok(depth) if depth <= NESTING_MOST => Ok(()),
        Ok(_) => Err(format!("its schema has more than {NESTING_MOST} groups in each other")),
        Err(Damaged) => Err("its footer is damaged".to_owned()),
    }
}

/// How many groups of a footer's schema lie in each other, as far as it is more than [`NESTING_MOST`].
fn nesting(footer: &[u8]) -> Result<usize, Damaged> {
    const SCHEMA: i64 = 2;
    let mut footer = Compact::new(footer);
    let mut last = 0;
    let mut deepest = 0;
    while let Some((number, kind)) = footer.field(&mut last)? {
        if number == SCHEMA {
            deepest = deepest.max(schema_nesting(&mut footer, kind)?);
            if deepest > NESTING_MOST {
                break;
            }
        } else {
            footer.skip(kind)?;
        }
    }
    Ok(deepest)
}

/// How many groups of a schema lie in each other, as far as it is more than [`NESTING_MOST`].
fn schema_nesting(footer: &mut Compact<'_>, kind: u8) -> Result<usize, Damaged> {
    if kind != kind::LIST {
        return Err(Damaged);
    }
    let (count, kind) = footer.list()?;
    if kind != kind::STRUCT {
        return Err(Damaged);
    }
    // Each element but the root is a child of one group.
    let mut unclaimed = count.saturating_sub(1);
    // For each group that is open, how many of its children are still to come.
    let mut open: Vec<u64> = Vec::new();
    let mut deepest = 0;
    for _ in 0..count {
        let children = children_of(footer)?;
        unclaimed = unclaimed.checked_sub(children).ok_or(Damaged)?;
        while open.pop_if(|children| *children == 0).is_some() {}
        if let Some(children) = open.last_mut() {
            *children -= 1;
        }
        if children > 0 {
            open.push(children);
        }
        deepest = deepest.max(open.len());
        if deepest > NESTING_MOST {
            break;
        }
    }
    Ok(deepest)
}

/// How many children an element of a schema claims, which is read to its end.
///
/// The library goes by the number of a field and not by its kind, so that another kind would be read otherwise by it.
fn children_of(element: &mut Compact<'_>) -> Result<u64, Damaged> {
    const NAME: i64 = 4;
    const CHILDREN: i64 = 5;
    const LOGICAL_TYPE: i64 = 10;
    let mut last = 0;
    let mut children = 0;
    while let Some((number, kind)) = element.field(&mut last)? {
        match (number, kind) {
            (CHILDREN, kind::I32) => children = u64::try_from(element.integer()?).map_err(|_| Damaged)?,
            (NAME, kind::BINARY) | (LOGICAL_TYPE, kind::STRUCT) => element.skip(kind)?,
            (NAME | LOGICAL_TYPE, _) => return Err(Damaged),
            (1..LOGICAL_TYPE, kind) if kind != kind::I32 => return Err(Damaged),
            _ => element.skip(kind)?,
        }
    }
    Ok(children)
}

/// The whole number in a field of a structure, which is read to its end.
///
/// A number of another kind is refused, as the library would read it all the same.
fn number_in(structure: &mut Compact<'_>, wanted: i64) -> Result<Option<i64>, Damaged> {
    let mut last = 0;
    let mut found = None;
    while let Some((number, kind)) = structure.field(&mut last)? {
        match (number == wanted, kind) {
            (true, kind::I32) => found = Some(structure.integer()?),
            (true, _) => return Err(Damaged),
            (false, _) => structure.skip(kind)?,
        }
    }
    Ok(found)
}

/// What a page header says: how long it is itself, what the page takes packed and unpacked, and how many values there
/// are if it is a dictionary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Page {
    header: u64,
    packed: u64,
    unpacked: u64,
    dictionary_values: u64,
}

impl Page {
    fn read(header: &[u8]) -> Result<Self, Damaged> {
        const UNPACKED: i64 = 2;
        const PACKED: i64 = 3;
        const DICTIONARY: i64 = 7;
        const VALUES: i64 = 1;
        let mut reader = Compact::new(header);
        let mut page = Self::default();
        let mut last = 0;
        while let Some((number, kind)) = reader.field(&mut last)? {
            match (number, kind) {
                (UNPACKED, kind::I32) => page.unpacked = u64::try_from(reader.integer()?).map_err(|_| Damaged)?,
                (PACKED, kind::I32) => page.packed = u64::try_from(reader.integer()?).map_err(|_| Damaged)?,
                (DICTIONARY, kind::STRUCT) => {
                    let values = number_in(&mut reader, VALUES)?.unwrap_or_default();
                    page.dictionary_values = u64::try_from(values).map_err(|_| Damaged)?;
                }
                _ => reader.skip(kind)?,
            }
        }
        page.header = reader.position() as u64;
        Ok(page)
    }
}

/// Refuses a row group whose largest pages, one of each column, unpack to more than is held in memory: `times` what
/// they take packed, beyond what is always allowed; and dictionaries that claim more values than their bytes can hold,
/// for which the library would make room.
pub(super) fn check_pages(file: &PartReader, columns: &[Chunk], times: u64) -> Result<(), String> {
    let (mut packed, mut unpacked) = (0_u64, 0_u64);
    for column in columns {
        let largest = largest_page(file, column)?;
        packed = packed.saturating_add(largest.packed);
        unpacked = unpacked.saturating_add(largest.unpacked);
    }
    let allowed = packed.saturating_mul(times).saturating_add(PAGE_BYTES_ALWAYS);
    if unpacked <= allowed {
        return Ok(());
    }
    Err(format!("pages of it unpack to {unpacked} bytes at a time, and {allowed} are allowed by --max-expansion"))
}

/// The page of a column that takes most when it is unpacked.
fn largest_page(file: &PartReader, column: &Chunk) -> Result<Page, String> {
    let mut largest = Page::default();
    let end = column.range.end.min(file.len());
    let mut at = column.range.start;
    while at < end {
        let page = page_at(file, at, end)?;
        let Page { dictionary_values, unpacked, .. } = page;
        if dictionary_values.saturating_mul(column.value_bytes) > unpacked {
            return Err(format!(
                "the dictionary page at {at} claims {dictionary_values} values, more than its {unpacked} bytes can hold"
            ));
        }
        if page.unpacked > largest.unpacked {
            largest = page;
        }
        at = at.saturating_add(page.header).saturating_add(page.packed);
    }
    Ok(largest)
}

fn page_at(file: &PartReader, at: u64, end: u64) -> Result<Page, String> {
    for most in HEADER_BYTES {
        let length = most.min(end - at);
        let bytes = file.get_bytes(at, length as usize).map_err(|error| error.to_string())?;
        if let Ok(page) = Page::read(&bytes) {
            return Ok(page);
        }
        if length < most {
            break;
        }
    }
    Err(format!("the page header at {at} is damaged"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::file::ReadFault;
    use std::io::Write;
    use std::sync::Arc;

    fn part(bytes: &[u8]) -> PartReader {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("written");
        PartReader::of_file(Arc::new(file), bytes.len() as u64, ReadFault::default())
    }

    /// A footer without rows, of so many groups in each other.
    fn nested(groups: usize) -> Vec<u8> {
        let count = groups + 2;
        let mut footer = vec![0x15, 0x02, 0x19, 0xFC];
        footer.extend([count as u8 | 0x80, (count >> 7) as u8 | 0x80, (count >> 14) as u8]);
        // The root has one child: a name and the number of its children, and so does each group.
        for _ in 0..=groups {
            footer.extend([0x48, 0x01, b'g', 0x15, 0x02, 0x00]);
        }
        // A leaf of bytes.
        footer.extend([0x15, 0x0C, 0x25, 0x00, 0x18, 0x01, b'x', 0x00]);
        footer.extend([0x16, 0x00, 0x19, 0x0C, 0x00]);
        footer
    }

    fn file_of(footer: &[u8]) -> Vec<u8> {
        [b"PAR1", footer, &(footer.len() as u32).to_le_bytes(), b"PAR1"].concat()
    }

    #[test]
    fn a_schema_may_be_nested_but_not_without_end() {
        assert_eq!(nesting(&nested(3)), Ok(4));
        assert_eq!(check_footer(&part(&file_of(&nested(NESTING_MOST - 1)))), Ok(()));
        for groups in [NESTING_MOST, 200_000] {
            let error = check_footer(&part(&file_of(&nested(groups)))).expect_err("refused");
            assert!(error.contains("more than 64 groups"), "{error}");
        }
    }

    /// A footer without rows, of a root that claims so many children by a number of a kind, and has one.
    fn claiming(kind: u8, children: &[u8]) -> Vec<u8> {
        let mut footer = vec![0x15, 0x02, 0x19, 0x2C, 0x48, 0x01, b'g', 0x10 | kind];
        footer.extend(children);
        footer.extend([0x00, 0x15, 0x0C, 0x25, 0x00, 0x18, 0x01, b'x', 0x00]);
        footer.extend([0x16, 0x00, 0x19, 0x0C, 0x00]);
        footer
    }

    #[test]
    fn a_group_has_no_more_columns_than_there_are() {
        assert_eq!(nesting(&claiming(kind::I32, &[0x02])), Ok(1));
        // Two of one, two thousand million, one less than none.
        for children in [&[0x04][..], &[0xFE, 0xFF, 0xFF, 0xFF, 0x0F], &[0x01]] {
            assert_eq!(nesting(&claiming(kind::I32, children)), Err(Damaged), "{children:?}");
        }
        let error = check_footer(&part(&file_of(&claiming(kind::I32, &[0x04])))).expect_err("refused");
        assert_eq!(error, "its footer is damaged");
    }

    #[test]
    fn a_number_of_another_kind_is_not_passed_over() {
        for kind in [kind::I16, kind::I64] {
            assert_eq!(nesting(&claiming(kind, &[0x02])), Err(Damaged), "{kind}");
        }
        // The schema as a set, and its elements as numbers.
        let mut footer = claiming(kind::I32, &[0x02]);
        footer[2] = 0x1A;
        assert_eq!(nesting(&footer), Err(Damaged));
        footer[2..4].copy_from_slice(&[0x19, 0x25]);
        assert_eq!(nesting(&footer), Err(Damaged));
    }

    #[test]
    fn what_no_library_could_read_is_damaged() {
        let footer = nested(3);
        for length in 1..footer.len() {
            assert_eq!(nesting(&footer[..length]), Err(Damaged), "{length}");
        }
        // Structures in structures, a list of two thousand million, a text beyond the end, a number without end.
        for bytes in [&[0x1C; 100][..], &[0x19, 0xF5, 0xFF, 0xFF, 0xFF, 0xFF, 0x07], &[0x18, 0x7F], &[0x16; 1], &[0x1F]]
        {
            assert_eq!(nesting(bytes), Err(Damaged), "{bytes:?}");
        }
        let tail = [&b"PAR1"[..], &u32::MAX.to_le_bytes(), b"PAR1"].concat();
        assert_eq!(check_footer(&part(&tail)), Ok(()), "the library says it");
    }

    /// A page header and its page, which claims to unpack to so many bytes.
    fn page(packed: u8, unpacked: u32) -> Vec<u8> {
        let mut bytes = vec![0x15, 0x00, 0x15];
        let mut rest = unpacked << 1;
        while rest > 0x7F {
            bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        bytes.extend([rest as u8, 0x15, packed << 1, 0x00]);
        bytes.extend(std::iter::repeat_n(0, packed.into()));
        bytes
    }

    fn chunk(range: Range<u64>) -> Chunk {
        Chunk { range, value_bytes: 4 }
    }

    #[test]
    fn a_dictionary_has_no_more_values_than_its_bytes_can_hold() {
        // Of 20 bytes, packed and unpacked, with so many values.
        let dictionary = |values: u8| {
            let header = [0x15, 0x04, 0x15, 40, 0x15, 40, 0x4C, 0x15, values << 1, 0x00, 0x00];
            part(&[&header[..], &[0; 20]].concat())
        };
        let check = |values, value_bytes| check_pages(&dictionary(values), &[Chunk { range: 0..31, value_bytes }], 10);
        assert_eq!(check(5, 4), Ok(()));
        assert_eq!(check(20, 1), Ok(()));
        let error = check(6, 4).expect_err("refused");
        assert_eq!(error, "the dictionary page at 0 claims 6 values, more than its 20 bytes can hold");
        // Less than none, and a number of another kind.
        for header in [[0x15, 0x04, 0x6C, 0x15, 0x01, 0x00, 0x00], [0x15, 0x04, 0x6C, 0x16, 0x02, 0x00, 0x00]] {
            assert!(check_pages(&part(&header), &[chunk(0..7)], 10).is_err());
        }
    }

    #[test]
    fn pages_are_measured_by_the_largest_of_each_column() {
        let column = [page(10, 5), page(20, 1 << 25), page(30, 7)].concat();
        let file = part(&[&column[..], &column, &column].concat());
        let length = column.len() as u64;
        let chunks: Vec<_> = (0..3).map(|index| chunk(index * length..(index + 1) * length)).collect();
        assert_eq!(check_pages(&file, &chunks[..2], 10), Ok(()));
        let error = check_pages(&file, &chunks, 10).expect_err("refused");
        assert_eq!(
            error,
            "pages of it unpack to 100663296 bytes at a time, and 67109464 are allowed by --max-expansion"
        );
        assert_eq!(check_pages(&file, &chunks, 1_000_000), Ok(()));
        // A structure within a structure that has no end.
        let damaged = part(&[0x1C; 100]);
        let error = check_pages(&damaged, &[chunk(0..100)], 10).expect_err("refused");
        assert_eq!(error, "the page header at 0 is damaged");
    }
}
