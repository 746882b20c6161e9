//! `--as-of` and `--timezone`: which day the reports are for.

use crate::rules::Date;
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The options that say which day the reports are for.
#[derive(Debug, Args)]
pub struct DayArguments {
    /// Day the reports are for: YYYY-MM-DD, a timestamp with offset, or `today`
    #[arg(long, value_name = "DATE", value_parser = AsOf::parse)]
    pub as_of: AsOf,
    /// Time zone in which the day of a timestamp, or of `today`, is taken, such as Europe/Berlin
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = parse_zone)]
    pub timezone: TimeZone,
}

/// The as-of date as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// A calendar day, the same in every time zone.
    Day(Date),
    /// An instant, whose day depends on the time zone.
    Instant {
        /// The instant.
        instant: Timestamp,
        /// The text that named it.
        text: String,
    },
    /// The day of the system's clock; never unless typed.
    Today,
}

/// The as-of date, and where it came from.
#[derive(Clone, Debug)]
pub struct ResolvedDay {
    /// The day.
    pub day: Date,
    /// What was typed.
    pub given: String,
    /// The time zone in which the day was taken.
    pub zone: TimeZone,
}

impl DayArguments {
    /// The day, read from the clock only where `today` was typed.
    ///
    /// # Errors
    /// A day that no offer can have.
    pub fn resolve(&self) -> Result<ResolvedDay, String> {
        self.as_of.resolve(&self.timezone)
    }
}

impl ResolvedDay {
    /// The name of the time zone.
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// How the day was found, for people.
    pub fn derivation(&self) -> String {
        let Self { day, given, .. } = self;
        let given = if given == TODAY { given.clone() } else { format!("the day of {given}") };
        format!("as of {day}: {given} in {}", self.zone_name())
    }

    /// When the day begins in the time zone, and when the next one does.
    pub fn bounds(&self) -> Option<(Timestamp, Timestamp)> {
        let day: jiff::civil::Date = self.day.to_string().parse().ok()?;
        let begin =
            |day: jiff::civil::Date| day.to_zoned_datetime(self.zone.clone()).ok().map(|zoned| zoned.timestamp());
        Some((begin(day)?, begin(day.tomorrow().ok()?)?))
    }

    /// Whether the day is another text than what was typed.
    pub fn is_derived(&self) -> bool {
        self.given != self.day.to_string()
    }
}

const TODAY: &str = "today";
const DAYS: &str = "a day from 1900-01-01 to 2999-12-31";

impl AsOf {
    /// The day in a time zone, read from the clock only where `today` was typed.
    ///
    /// # Errors
    /// A day that no offer can have.
    pub fn resolve(&self, zone: &TimeZone) -> Result<ResolvedDay, String> {
        let day_of = |instant: Timestamp| {
            let date = instant.to_zoned_datetime(zone.clone()).date();
            Date::parse_iso(date.to_string().as_bytes()).ok_or_else(|| format!("{date} is not {DAYS}"))
        };
        let (day, given) = match self {
            Self::Day(day) => (*day, day.to_string()),
            Self::Instant { instant, text } => (day_of(*instant)?, text.clone()),
            Self::Today => (day_of(Timestamp::now())?, TODAY.to_owned()),
        };
        Ok(ResolvedDay { day, given, zone: zone.clone() })
    }

    /// Reads what `--as-of` was given.
    ///
    /// # Errors
    /// A text that names no day.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == TODAY {
            return Ok(Self::Today);
        }
        if let Some(day) = Date::parse_iso(text.as_bytes()) {
            return Ok(Self::Day(day));
        }
        match text.parse::<Timestamp>() {
            Ok(instant) => Ok(Self::Instant { instant, text: text.to_owned() }),
            Err(_) if text.parse::<jiff::civil::DateTime>().is_ok() && text.len() > DATE_LENGTH => {
                Err("a timestamp needs an offset, such as 2020-06-05T23:30:00+02:00 or 2020-06-05T21:30:00Z".to_owned())
            }
            Err(_) => Err(format!(
                "neither {DAYS}, as YYYY-MM-DD, nor a timestamp such as 2020-06-05T23:30:00+02:00, nor `{TODAY}`"
            )),
        }
    }
}

const DATE_LENGTH: usize = "YYYY-MM-DD".len();

/// Reads what `--timezone` was given.
///
/// # Errors
/// A text that names no time zone.
pub fn parse_zone(text: &str) -> Result<TimeZone, String> {
    let known = TimeZone::get(text).ok().filter(|zone| !zone.is_unknown());
    known.ok_or_else(|| "not a name of the IANA time zone database, such as Europe/Berlin or UTC".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(as_of: &str, zone: &str) -> Result<String, String> {
        let arguments = DayArguments { as_of: AsOf::parse(as_of)?, timezone: parse_zone(zone)? };
        arguments.resolve().map(|resolved| resolved.day.to_string())
    }

    #[test]
    fn a_timestamp_has_the_day_of_the_time_zone() {
        for (as_of, zone, expected) in [
            ("2020-06-05", "UTC", "2020-06-05"),
            ("2020-06-05", "Pacific/Kiritimati", "2020-06-05"),
            ("2020-06-05T23:30:00Z", "UTC", "2020-06-05"),
            ("2020-06-05T23:30:00Z", "Europe/Berlin", "2020-06-06"),
            ("2020-06-06T00:30:00+02:00", "UTC", "2020-06-05"),
            ("2020-06-06T00:30:00+02:00", "Europe/Berlin", "2020-06-06"),
            // Either side of the hour that does not exist, and of midnight in winter.
            ("2021-03-27T22:59:59Z", "Europe/Berlin", "2021-03-27"),
            ("2021-03-27T23:00:00Z", "Europe/Berlin", "2021-03-28"),
            ("2021-03-28T22:00:00Z", "Europe/Berlin", "2021-03-29"),
            // The forms in which Airflow writes a logical date.
            ("2020-06-05T00:00:00+00:00", "America/New_York", "2020-06-04"),
            ("2020-06-05 00:00:00+00:00", "America/New_York", "2020-06-04"),
            ("2020-06-05T00:00:00.123456+00:00", "UTC", "2020-06-05"),
        ] {
            assert_eq!(day(as_of, zone).as_deref(), Ok(expected), "{as_of} {zone}");
        }
    }

    #[test]
    fn people_are_told_how_the_day_was_found() {
        let berlin = |as_of: &str| AsOf::parse(as_of).unwrap().resolve(&parse_zone("Europe/Berlin").unwrap()).unwrap();
        for (as_of, derivation, is_derived) in [
            ("2020-06-05", "as of 2020-06-05: the day of 2020-06-05 in Europe/Berlin", false),
            ("2020-06-05T22:30:00Z", "as of 2020-06-06: the day of 2020-06-05T22:30:00Z in Europe/Berlin", true),
        ] {
            let day = berlin(as_of);
            assert_eq!((day.derivation().as_str(), day.is_derived()), (derivation, is_derived), "{as_of}");
        }
        let today = berlin("today");
        assert_eq!(today.derivation(), format!("as of {}: today in Europe/Berlin", today.day));
        assert!(today.is_derived());
    }

    #[test]
    fn a_day_begins_and_ends_by_the_clocks_of_its_time_zone() {
        for (as_of, zone, begin, end) in [
            ("2020-06-05", "UTC", "2020-06-05T00:00:00Z", "2020-06-06T00:00:00Z"),
            ("2021-03-28", "Europe/Berlin", "2021-03-27T23:00:00Z", "2021-03-28T22:00:00Z"),
            ("2021-10-31", "Europe/Berlin", "2021-10-30T22:00:00Z", "2021-10-31T23:00:00Z"),
        ] {
            let day = AsOf::parse(as_of).unwrap().resolve(&parse_zone(zone).unwrap()).unwrap();
            let instant = |text: &str| text.parse::<Timestamp>().unwrap();
            assert_eq!(day.bounds(), Some((instant(begin), instant(end))), "{as_of} {zone}");
        }
    }

    #[test]
    fn what_names_no_day_is_refused() {
        for as_of in [
            "",
            "Today",
            "TODAY",
            "now",
            "yesterday",
            "2020-02-30",
            "2020-6-5",
            "05.06.2020",
            "1591315200",
            "2020-06-05T12:00:00",
            "2020-06-05 12:00",
            "1899-12-31",
            "3000-01-01",
        ] {
            assert!(AsOf::parse(as_of).is_err(), "{as_of}");
        }
        for (as_of, needs_offset) in [
            ("2020-06-05T12:00:00", true),
            ("2020-06-05 12:00", true),
            ("1899-12-31", false),
            ("1591315200", false),
            ("no timestamp at all", false),
        ] {
            let reason = AsOf::parse(as_of).unwrap_err();
            assert_eq!(reason.starts_with("a timestamp needs an offset"), needs_offset, "{as_of}: {reason}");
        }
        for zone in ["Berlin", "", "local", "UTC0", "+02:00", "Etc/Unknown", "../etc/passwd"] {
            assert!(parse_zone(zone).is_err(), "{zone}");
        }
        assert!(day("1900-01-01T00:00:00Z", "America/New_York").is_err(), "that is 1899 in New York");
    }

    #[test]
    fn today_is_the_clock_s() {
        let before = Timestamp::now();
        let found = day("today", "UTC").expect("a day");
        let of = |instant: Timestamp| instant.to_zoned_datetime(TimeZone::UTC).date().to_string();
        assert!([of(before), of(Timestamp::now())].contains(&found));
    }
}
