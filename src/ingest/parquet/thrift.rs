//! As much of Thrift's compact protocol as it takes to look into footers and page headers before a library trusts them.

/// Bytes that are not what they should be; what of them is wrong is the library's to tell.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Damaged;

/// Kinds of values, by their numbers in the protocol.
pub(super) mod kind {
    pub(in super::super) const TRUE: u8 = 1;
    pub(in super::super) const FALSE: u8 = 2;
    pub(in super::super) const BYTE: u8 = 3;
    pub(in super::super) const I16: u8 = 4;
    pub(in super::super) const I32: u8 = 5;
    pub(in super::super) const I64: u8 = 6;
    pub(in super::super) const DOUBLE: u8 = 7;
    pub(in super::super) const BINARY: u8 = 8;
    pub(in super::super) const LIST: u8 = 9;
    pub(in super::super) const SET: u8 = 10;
    pub(in super::super) const MAP: u8 = 11;
    pub(in super::super) const STRUCT: u8 = 12;
    pub(in super::super) const UUID: u8 = 13;
}

/// How deep values may lie in each other where they are skipped.
const DEPTH_MOST: u32 = 32;

/// Reads values one after the other.
pub(super) struct Compact<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Compact<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// Bytes that were read.
    pub(super) const fn position(&self) -> usize {
        self.position
    }

    fn byte(&mut self) -> Result<u8, Damaged> {
        let byte = self.bytes.get(self.position).ok_or(Damaged)?;
        self.position += 1;
        Ok(*byte)
    }

    fn unsigned(&mut self) -> Result<u64, Damaged> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Damaged)
    }

    /// A whole number of any width.
    pub(super) fn integer(&mut self) -> Result<i64, Damaged> {
        let value = self.unsigned()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// The number and kind of the next field of a structure, `None` at its end; `last` is the number of the field before
    /// it, 0 at the beginning, and becomes that of this one.
    pub(super) fn field(&mut self, last: &mut i64) -> Result<Option<(i64, u8)>, Damaged> {
        let head = self.byte()?;
        if head == 0 {
            return Ok(None);
        }
        *last = match head >> 4 {
            0 => self.integer()?,
            delta => last.checked_add(i64::from(delta)).ok_or(Damaged)?,
        };
        Ok(Some((*last, head & 0x0F)))
    }

    /// How many values of which kind a list has.
    pub(super) fn list(&mut self) -> Result<(u64, u8), Damaged> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => self.unsigned()?,
            count => u64::from(count),
        };
        Ok((count, head & 0x0F))
    }

    /// Goes beyond a value.
    pub(super) fn skip(&mut self, kind: u8) -> Result<(), Damaged> {
        self.skip_within(kind, DEPTH_MOST)
    }

    fn skip_within(&mut self, kind: u8, depth: u32) -> Result<(), Damaged> {
        let depth = depth.checked_sub(1).ok_or(Damaged)?;
        match kind {
            kind::TRUE | kind::FALSE => Ok(()),
            kind::BYTE => self.skip_bytes(1),
            kind::I16 | kind::I32 | kind::I64 => self.unsigned().map(drop),
            kind::DOUBLE => self.skip_bytes(8),
            kind::UUID => self.skip_bytes(16),
            kind::BINARY => {
                let length = self.unsigned()?;
                self.skip_bytes(length)
            }
            kind::LIST | kind::SET => {
                let (count, kind) = self.list()?;
                (0..count).try_for_each(|_| self.skip_element(kind, depth))
            }
            kind::MAP => {
                let count = self.unsigned()?;
                let kinds = if count == 0 { 0 } else { self.byte()? };
                (0..count).try_for_each(|_| {
                    self.skip_element(kinds >> 4, depth)?;
                    self.skip_element(kinds & 0x0F, depth)
                })
            }
            kind::STRUCT => {
                let mut last = 0;
                while let Some((_, kind)) = self.field(&mut last)? {
                    self.skip_within(kind, depth)?;
                }
                Ok(())
            }
            _ => Err(Damaged),
        }
    }

    /// In lists and maps truth takes a byte; in fields it is the kind itself.
    fn skip_element(&mut self, kind: u8, depth: u32) -> Result<(), Damaged> {
        match kind {
            kind::TRUE | kind::FALSE => self.skip_bytes(1),
            _ => self.skip_within(kind, depth),
        }
    }

    fn skip_bytes(&mut self, count: u64) -> Result<(), Damaged> {
        let end = usize::try_from(count).ok().and_then(|count| self.position.checked_add(count)).ok_or(Damaged)?;
        if end > self.bytes.len() {
            return Err(Damaged);
        }
        self.position = end;
        Ok(())
    }
}
