//! Calendar days: the one date type of the rules, and the arithmetic they need.
//!
//! A [`Date`] is a day count, so the offsets of the rules (windows, reminders, terms) are integer additions.
//! The conversions to and from year, month and day follow Howard Hinnant's `days_from_civil` and
//! `civil_from_days` (<https://howardhinnant.github.io/date_algorithms.html>), restricted to the years this
//! tool meets; tests hold them to `chrono` on every day of the range.

use super::short_text::ShortText;
use std::fmt;

/// A calendar date without time or zone, counted in days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

/// The year, month (1 to 12) and day (1 to 31) of a [`Date`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearMonthDay {
    /// The proleptic Gregorian year.
    pub year: i32,
    /// The month, 1 to 12.
    pub month: u32,
    /// The day of the month, 1 to 31.
    pub day: u32,
}

/// First year an input date may lie in (SPEC §2).
pub const YEAR_MIN: i32 = 1900;
/// Last year an input date may lie in (SPEC §2).
pub const YEAR_MAX: i32 = 2999;

impl Date {
    /// The date that lies `days` days after 1970-01-01 (before it if negative).
    pub const fn from_days_since_epoch(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01, negative before it.
    pub const fn days_since_epoch(self) -> i32 {
        self.0
    }

    /// The date of a year, month and day, or `None` where the calendar has no such day.
    pub const fn from_year_month_day(year: i32, month: u32, day: u32) -> Option<Self> {
        if month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        let shifted_year = if month <= 2 { year - 1 } else { year };
        let era = shifted_year.div_euclid(400);
        let year_of_era = shifted_year.rem_euclid(400);
        let month_from_march = (month as i32 + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + day as i32 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(Self(era * 146_097 + day_of_era - 719_468))
    }

    /// The year, month and day of this date.
    pub const fn year_month_day(self) -> YearMonthDay {
        let (year_from_march, day_of_year) = self.year_from_march();
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_from_march + (month <= 2) as i32;
        YearMonthDay { year, month, day }
    }

    /// Reads `YYYY-MM-DD` from year 1900 to 2999; `None` for any other text or a day the calendar lacks.
    #[inline]
    pub fn parse_iso(text: &[u8]) -> Option<Self> {
        let (year_and_month, day) = text.split_first_chunk::<8>()?;
        let day: &[u8; 2] = day.try_into().ok()?;
        Self::from_lanes(u64::from_le_bytes(*year_and_month), u16::from_le_bytes(*day), true)
    }

    /// [`Self::parse_iso`] of a short text.
    #[inline]
    pub fn read_iso(text: ShortText) -> Option<Self> {
        Self::from_lanes(text.bytes() as u64, (text.bytes() >> 64) as u16, text.length() == 10)
    }

    /// Reads `YYYY-MM-` and `DD`, each of them one integer with the first byte lowest, if that is all of the text.
    ///
    /// The digits are read together, as lanes of one integer, and no step depends on what they are, because every
    /// row of an export has several dates, some of them empty.
    #[inline]
    fn from_lanes(year_and_month: u64, day: u16, is_whole: bool) -> Option<Self> {
        const HYPHENS: u64 = 0xFF00_00FF_0000_0000;
        let values = year_and_month ^ 0x2D30_302D_3030_3030;
        // A lane is a digit if neither it nor itself plus six leaves the low four bits, a hyphen if it is zero.
        let no_digits = (values | values.wrapping_add(0x0006_0600_0606_0606)) & (HYPHENS | 0xF0F0_F0F0_F0F0_F0F0);
        let days = u32::from(day) ^ 0x3030;
        let no_days = (days | (days + 0x0606)) & 0xF0F0;
        // The lanes of two digits: those of the century, of the year in it, and of the month.
        let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
        let year_and_month = (pairs & 0xFF) * 1_200 + (pairs >> 16 & 0xFF) * 12 + (pairs >> 40 & 0xFF);
        let month = (pairs >> 40 & 0xFF).wrapping_sub(1);
        let month_index = year_and_month.wrapping_sub(YEAR_MIN as u64 * 12 + 1);
        let has_digits = no_digits | u64::from(no_days) == 0;
        let is_month = is_whole & has_digits & (month < 12) & (month_index < MONTHS as u64);
        let month_index = if is_month { month_index as usize } else { 0 };
        let (first, next) = (MONTH_STARTS[month_index], MONTH_STARTS[month_index + 1]);
        let day = ((days & 0xFF) * 10 + (days >> 8)) as i32;
        let is_day = is_month & (day >= 1) & (day <= next - first);
        is_day.then_some(Self(first + day - 1))
    }

    /// Whether the date lies in the years an input date may have, 1900 to 2999.
    pub const fn is_in_input_range(self) -> bool {
        INPUT_FIRST <= self.0 && self.0 <= INPUT_LAST
    }

    /// The first and the last day of a year.
    pub const fn year_span(year: i32) -> (Self, Self) {
        match (Self::from_year_month_day(year, 1, 1), Self::from_year_month_day(year, 12, 31)) {
            (Some(first), Some(last)) => (first, last),
            _ => unreachable!(),
        }
    }

    /// This date moved by a number of days.
    pub const fn plus_days(self, days: i32) -> Self {
        Self(self.0 + days)
    }

    /// Days from `earlier` to this date, negative if it lies before.
    pub const fn days_since(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }

    /// The same day one calendar year later; 29 February becomes 28 February (R2).
    #[inline]
    pub const fn plus_calendar_year(self) -> Self {
        let stretch = (self.0 - INPUT_FIRST) >> STRETCH_BITS;
        let crosses_leap_day = if 0 <= stretch && stretch < STRETCHES as i32 {
            // The year is a day longer if a leap day lies in it, the last day counted and the first not. Leap days lie
            // further apart than a stretch and a year, so the first one from the stretch on is the only candidate.
            let leap_day = LEAP_DAYS[stretch as usize];
            (self.0 < leap_day) & (leap_day <= self.0 + 365)
        } else {
            // In years that begin on 1 March a leap day is the last day of its year, so a year is 366 days long from
            // any day but the leap day itself.
            let (year_from_march, day_of_year) = self.year_from_march();
            is_leap_year(year_from_march + 1) && day_of_year != 365
        };
        Self(self.0 + 365 + crosses_leap_day as i32)
    }

    /// The year that began on the last 1 March, and the day in it from 0.
    #[inline]
    const fn year_from_march(self) -> (i32, u32) {
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097) as u32;
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        (year_of_era as i32 + era * 400, day_of_year)
    }

    /// The date as the ten bytes `YYYY-MM-DD`.
    pub const fn iso_bytes(self) -> [u8; 10] {
        let YearMonthDay { year, month, day } = self.year_month_day();
        let century = (year / 100) as u32;
        let year_of_century = (year % 100) as u32;
        let [y1, y2] = digit_pair(century);
        let [y3, y4] = digit_pair(year_of_century);
        let [m1, m2] = digit_pair(month);
        let [d1, d2] = digit_pair(day);
        [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2]
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let YearMonthDay { year, month, day } = self.year_month_day();
        write!(formatter, "{year:04}-{month:02}-{day:02}")
    }
}

/// The first day of each month that an input date may lie in, and of the month after the last one.
static MONTH_STARTS: [i32; MONTHS + 1] = {
    let mut starts = [0; MONTHS + 1];
    let mut index = 0;
    while index <= MONTHS {
        let (year, month) = (YEAR_MIN + (index / 12) as i32, (index % 12) as u32 + 1);
        starts[index] = Date::from_year_month_day(year, month, 1).unwrap().0;
        index += 1;
    }
    starts
};
const MONTHS: usize = (YEAR_MAX - YEAR_MIN + 1) as usize * 12;

/// For each stretch of days that an input date may lie in, the first leap day on or after the first day of the stretch.
static LEAP_DAYS: [i32; STRETCHES] = {
    let mut leap_days = [0; STRETCHES];
    let (mut index, mut year) = (0, YEAR_MIN);
    while index < STRETCHES {
        let first = INPUT_FIRST + ((index as i32) << STRETCH_BITS);
        match Date::from_year_month_day(year, 2, 29) {
            Some(leap_day) if leap_day.0 >= first => {
                leap_days[index] = leap_day.0;
                index += 1;
            }
            _ => year += 1,
        }
    }
    leap_days
};
const INPUT_FIRST: i32 = Date::from_year_month_day(YEAR_MIN, 1, 1).unwrap().0;
const INPUT_LAST: i32 = Date::from_year_month_day(YEAR_MAX, 12, 31).unwrap().0;
const STRETCH_BITS: u32 = 8;
const STRETCHES: usize = ((INPUT_LAST - INPUT_FIRST) >> STRETCH_BITS) as usize + 1;

/// Whether the Gregorian calendar gives `year` a 29 February.
pub const fn is_leap_year(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

const fn digit_pair(value: u32) -> [u8; 2] {
    [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8]
}

#[cfg(test)]
mod tests;
