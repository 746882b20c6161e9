//! What can be wrong with a policy, where, and what to do about it.

use std::fmt;
use std::io;

use crate::configuration::{FILE_BYTES_MAX, Place, closest, excerpt, listed};
use crate::finance::Segment;
use crate::policy::{assumptions, catalog, document};
use crate::rules::{PolicyProblem, YEAR_MAX, YEAR_MIN};

/// Why a policy cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// There is no shipped policy and no file of that name.
    #[error("`{}` is neither the id of a shipped policy nor a file; shipped are {}", excerpt(name), catalog::listed())]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The file cannot be opened or read.
    #[error("{path}: cannot be read: {reason}")]
    Unreadable {
        /// The path as given.
        path: String,
        /// What the system says.
        reason: io::Error,
    },
    /// The file is far too large for a policy.
    #[error("{origin}: larger than {FILE_BYTES_MAX} bytes")]
    TooLarge {
        /// The file.
        origin: String,
    },
    /// The file's content is wrong.
    #[error("{place}: {problem}")]
    InFile {
        /// Where.
        place: Place,
        /// What.
        problem: FileProblem,
    },
}

/// What is wrong at a place of a policy file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    /// The bytes are not UTF-8.
    #[error("not UTF-8 text")]
    NotUtf8,
    /// The text is not TOML.
    #[error("not TOML: {0}")]
    NotToml(String),
    /// The file is in a format of another version.
    #[error("`schema` is {}, but this version reads {}", excerpt(found), document::SCHEMA)]
    UnknownSchema {
        /// The schema asked for.
        found: String,
    },
    /// A key or section that means nothing, most often a misspelled one.
    #[error("unknown key `{}` in {section}", excerpt(key))]
    UnknownKey {
        /// The section, as messages name it.
        section: &'static str,
        /// The key found.
        key: String,
        /// The keys that the section has.
        known: &'static [&'static str],
    },
    /// A key or section that is not there.
    #[error("{section} has no `{key}`")]
    MissingKey {
        /// The section, as messages name it.
        section: &'static str,
        /// The key looked for.
        key: &'static str,
    },
    /// A value of another type than the key takes.
    #[error("{subject} is {found}, but must be {expected}")]
    WrongType {
        /// What has the value.
        subject: Subject,
        /// The type found.
        found: ValueKind,
        /// The type it must have.
        expected: ValueKind,
    },
    /// A text without a letter in it.
    #[error("{subject} is empty")]
    EmptyText {
        /// What has the text.
        subject: Subject,
    },
    /// A text with a line end or another control character, which would break reports and messages.
    #[error("{subject} holds a control character, but must be one line of text")]
    ControlCharacter {
        /// What has the text.
        subject: Subject,
    },
    /// A number no count of days comes near.
    #[error("`{key}` is {}, which is no plausible number of days", excerpt(found))]
    ImplausibleDays {
        /// The key.
        key: &'static str,
        /// The number as written.
        found: String,
    },
    /// A date or year outside the years this program reckons with.
    #[error("`{key}` is {}, but must be in the years {YEAR_MIN} to {YEAR_MAX}", excerpt(found))]
    YearOutOfRange {
        /// The key.
        key: &'static str,
        /// The date or year as written.
        found: String,
    },
    /// A number outside its range.
    #[error("`{key}` is {}, but must be {range}", excerpt(found))]
    NumberOutOfRange {
        /// The key.
        key: &'static str,
        /// The number as it was read.
        found: String,
        /// The range in words.
        range: &'static str,
    },
    /// A name that is no segment's.
    #[error("unknown segment `{}`; there are {}", excerpt(found), segments())]
    UnknownSegment {
        /// The name found.
        found: String,
    },
    /// A name that no scenario can have.
    #[error("`{}` is no name of a scenario", excerpt(found))]
    ScenarioName {
        /// The name found.
        found: String,
    },
    /// A segment or a scenario that was there before.
    #[error("`{}` is here for the second time", excerpt(what))]
    Repeated {
        /// Its name.
        what: String,
    },
    /// Bytes that are no CSV of two columns.
    #[error("not rates of exchange: {0}")]
    NotRates(String),
    /// Another header than that of rates of exchange.
    #[error("the header is `{}`, but must be `currency,rate`", excerpt(found))]
    RateHeader {
        /// The header found.
        found: String,
    },
    /// A text that is no currency code.
    #[error("the currency is `{}`, but must be three capital letters", excerpt(found))]
    RateCurrency {
        /// The text found.
        found: String,
    },
    /// A text that is no rate.
    #[error(
        "the rate is `{}`, but must be a decimal more than 0, of up to 9 digits and 12 decimal places",
        excerpt(found)
    )]
    Rate {
        /// The text found.
        found: String,
    },
    /// The reporting currency cannot be told.
    #[error("{ones} currencies have the rate 1, so it cannot be told which one to report in")]
    NoReportingCurrency {
        /// How many have it.
        ones: usize,
    },
    /// The reporting currency asked for is not the one that the rates lead to.
    #[error("`{}` does not have the rate 1, so it cannot be what the others are converted to", excerpt(found))]
    ReportingCurrency {
        /// The currency asked for.
        found: String,
    },
    /// A word that is no offer type.
    #[error("`offer_type` is `{}`, but must be `competency` or `action_pack`", excerpt(found))]
    UnknownOfferType {
        /// The word found.
        found: String,
    },
    /// The parts are well formed but do not make a policy together.
    #[error(transparent)]
    Policy(#[from] PolicyProblem),
}

/// What has a value: a key, or an entry of the list under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The key itself.
    Key(&'static str),
    /// An entry of its list.
    EntryOf(&'static str),
}

impl Subject {
    /// The key, also of an entry.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Key(key) | Self::EntryOf(key) => key,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(formatter, "`{key}`"),
            Self::EntryOf(key) => write!(formatter, "an entry of `{key}`"),
        }
    }
}

/// The type of a value, as messages name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// A string.
    Text,
    /// An integer.
    WholeNumber,
    /// A float.
    DecimalNumber,
    /// An integer or a float.
    Number,
    /// A boolean.
    Boolean,
    /// A calendar date alone.
    Date,
    /// A time, or a date with a time or an offset.
    Time,
    /// An array of anything.
    List,
    /// An array of strings.
    Texts,
    /// A table.
    Section,
    /// An array of tables.
    Sections,
}

impl fmt::Display for ValueKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Text => "a text",
            Self::WholeNumber => "a whole number",
            Self::DecimalNumber => "a decimal number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Date => "a date",
            Self::Time => "a time or a date with a time",
            Self::List => "a list",
            Self::Texts => "a list of texts",
            Self::Section => "a section",
            Self::Sections => "a list of sections",
        })
    }
}

impl PolicyError {
    /// The place in the file, where the problem has one.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::InFile { place, .. } => Some(place),
            _ => None,
        }
    }

    /// What to do about it, where there is more to say than what is wrong.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { name } => Some(match catalog::closest(name) {
                Some(id) => format!("did you mean `{id}`?"),
                None => "give one of these ids, or the path of a policy file".to_owned(),
            }),
            Self::Unreadable { .. } => None,
            Self::TooLarge { .. } => Some("such a file is a page of TOML; is this another one?".to_owned()),
            Self::InFile { problem, .. } => problem.hint(),
        }
    }
}

impl FileProblem {
    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKey { key, known, .. } => Some(match closest(key, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the keys here are {}", listed(known.iter().copied())),
            }),
            Self::MissingKey { key, .. } => example(key).map(|example| format!("add {example}")),
            Self::WrongType { subject, .. } => example(subject.key()).map(|example| format!("write it like {example}")),
            Self::EmptyText { subject: Subject::Key("source") } => {
                Some("every section says where its numbers come from".to_owned())
            }
            Self::NumberOutOfRange { range: "from 0 to 1", .. } => Some("write 85 % as 0.85".to_owned()),
            Self::UnknownSegment { found } => {
                let names: Vec<String> = Segment::ALL.into_iter().map(Segment::name).collect();
                closest(found, names.iter().map(String::as_str)).map(|meant| format!("did you mean `{meant}`?"))
            }
            Self::ScenarioName { .. } => Some("use small letters, digits, `_` and `-`, 40 at most".to_owned()),
            Self::NoReportingCurrency { ones: 0 } | Self::ReportingCurrency { .. } => Some(
                "rates are units of the reporting currency for one unit of each; give it itself the rate 1".to_owned(),
            ),
            Self::NoReportingCurrency { .. } => Some("name it with --reporting-currency".to_owned()),
            Self::NotUtf8 => Some("save the file as UTF-8".to_owned()),
            Self::Policy(problem) => Some(policy_hint(problem).to_owned()),
            _ => None,
        }
    }
}

/// How a key of any file is written.
fn example(key: &str) -> Option<&'static str> {
    document::example(key).or_else(|| assumptions::example(key))
}

fn segments() -> String {
    let names: Vec<String> = Segment::ALL.into_iter().map(Segment::name).collect();
    listed(names.iter().map(String::as_str))
}

fn policy_hint(problem: &PolicyProblem) -> &'static str {
    match problem {
        PolicyProblem::OutOfRange { section: "term", .. } => "a term is counted in days, 365 for a year",
        PolicyProblem::OutOfRange { section: "window", .. } => {
            "the window lies between one anniversary and the next, and opens before it closes"
        }
        PolicyProblem::OutOfRange { .. } => {
            "the first reminder comes before the window opens, the second inside the window"
        }
        PolicyProblem::EmptyRound { .. } => {
            "`anniversary_from` is the first day of the round, `anniversary_to` the last"
        }
        PolicyProblem::OverlappingRounds { .. } => {
            "both ends of a range count: end one round on the day before the other begins"
        }
        PolicyProblem::UnreachableYear { .. } => {
            "a round reaches one year further: change the year, or the range, or split the round"
        }
        PolicyProblem::MembershipRound { .. } => "only `competency` and `action_pack` can be exempt",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_stay_small() {
        assert!(size_of::<PolicyError>() <= 128, "{}", size_of::<PolicyError>());
    }
}
