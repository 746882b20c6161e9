//! `--max-rejects`: a count of rows, or a share of the rows read.

use super::message::one_line;
use std::fmt;
use std::str::FromStr;

/// The most rejected rows that a run may have and still be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectLimit {
    /// So many rows.
    Rows(u64),
    /// So many millionths of a percent of the rows read.
    Share(u64),
}

const MILLIONTHS_PER_PERCENT: u64 = 1_000_000;

impl RejectLimit {
    /// Whether so many rejected rows are within the limit; the limit itself is.
    pub fn allows(self, rejected: u64, read: u64) -> bool {
        match self {
            Self::Rows(limit) => rejected <= limit,
            Self::Share(limit) => {
                u128::from(rejected) * u128::from(100 * MILLIONTHS_PER_PERCENT) <= u128::from(limit) * u128::from(read)
            }
        }
    }
}

impl FromStr for RejectLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{}` is neither a count of rows nor a share such as `0.5%`", one_line(text));
        let Some(share) = text.strip_suffix('%') else {
            return if is_digits(text) { text.parse().map(Self::Rows).map_err(|_| wrong()) } else { Err(wrong()) };
        };
        let (whole, fraction) = share.split_once('.').unwrap_or((share, "0"));
        if !is_digits(whole) || !is_digits(fraction) || fraction.len() > 6 || whole.len() > 3 {
            return Err(wrong());
        }
        let parse = |digits: &str| digits.parse::<u64>().map_err(|_| wrong());
        let millionths = parse(whole)? * MILLIONTHS_PER_PERCENT + parse(&format!("{fraction:0<6}"))?;
        if millionths > 100 * MILLIONTHS_PER_PERCENT { Err(wrong()) } else { Ok(Self::Share(millionths)) }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for RejectLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(rows) => write!(formatter, "{rows} rows"),
            Self::Share(share) => {
                let (whole, fraction) = (share / MILLIONTHS_PER_PERCENT, share % MILLIONTHS_PER_PERCENT);
                let text = format!("{whole}.{fraction:06}");
                write!(formatter, "{}% of the rows", text.trim_end_matches('0').trim_end_matches('.'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_exact_and_allow_themselves() {
        for (text, rejected, read, allowed) in [
            ("0", 0, 0, true),
            ("0", 1, 10, false),
            ("5", 5, 10, true),
            ("5", 6, 10, false),
            ("0%", 0, 10, true),
            ("0%", 1, u64::MAX, false),
            ("10%", 1, 10, true),
            ("10%", 2, 10, false),
            ("0.1%", 1, 1_000, true),
            ("0.1%", 1, 999, false),
            ("33.333333%", 1, 3, false),
            ("100%", 10, 10, true),
            ("1%", 0, 0, true),
        ] {
            assert_eq!(
                text.parse::<RejectLimit>().unwrap().allows(rejected, read),
                allowed,
                "{text} {rejected} {read}"
            );
        }
    }

    #[test]
    fn limits_that_are_none() {
        for text in
            ["", "-1", "+1", "1.5", "%", "101%", "100.1%", ".5%", "5 %", "1e3", "ten", "1.%", "99999999999999999999"]
        {
            assert!(text.parse::<RejectLimit>().is_err(), "{text}");
        }
        assert_eq!("0.50%".parse::<RejectLimit>().unwrap().to_string(), "0.5% of the rows");
        assert_eq!("100%".parse::<RejectLimit>().unwrap().to_string(), "100% of the rows");
    }
}
