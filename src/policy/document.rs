//! The policy format: which sections and keys a file has, and the policy they make.

use toml::Spanned;
use toml::de::DeTable;

use crate::policy::PolicySources;
use crate::policy::error::FileProblem;
use crate::policy::reader::{Located, Section};
use crate::rules::{ExemptionRound, OfferType, Policy, PolicyNumbers, PolicyProblem};

/// The version of the format that this module reads.
pub(super) const SCHEMA: i32 = 1;

const FILE_KEYS: &[&str] = &["schema", "id", "title", "source", "term", "window", "reminders", "exemption"];
const TERM_KEYS: &[&str] = &["length_days", "source"];
const WINDOW_KEYS: &[&str] = &["opens_after_days", "closes_after_days", "source"];
const REMINDERS_KEYS: &[&str] = &["first_offset_days", "second_offset_days", "source"];
const EXEMPTION_KEYS: &[&str] = &[
    "name",
    "offer_type",
    "anniversary_from",
    "anniversary_to",
    "extended_to_year",
    "reactivation_deadline",
    "excluded_competencies",
    "source",
];

/// A whole policy file, read and checked.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) policy: Policy,
    pub(super) title: String,
    pub(super) source: String,
    pub(super) sources: PolicySources,
}

/// The sections of a file, kept to find the place of what the rules refuse.
struct Sections<'document, 'text> {
    term: Section<'document, 'text>,
    window: Section<'document, 'text>,
    reminders: Section<'document, 'text>,
    rounds: Vec<Section<'document, 'text>>,
}

/// Reads a policy file's text.
pub(super) fn read(text: &str) -> Result<Document, Located> {
    let table = parse_table(text)?;
    let file = Section::file("the file", &table);
    // First of all: in another schema, other keys may be the right ones.
    check_schema(&file)?;
    let file = file.only(FILE_KEYS)?;
    let (id, title, source) = (file.text("id")?, file.text("title")?, file.text("source")?);
    let sections = Sections::of(&file)?;
    let numbers = sections.numbers()?;
    let mut sources = sections.sources()?;
    let rounds = sections.rounds.iter().map(read_round).collect::<Result<Vec<_>, _>>()?;
    let policy = Policy::new(id, numbers, rounds.clone())
        .map_err(|problem| (sections.place_of(&problem), FileProblem::Policy(problem)))?;
    sources.rounds = in_order_of(policy.rounds(), &rounds, &sources.rounds);
    Ok(Document { policy, title, source, sources })
}

/// The outermost table of a file.
pub(super) fn parse_table(text: &str) -> Result<Spanned<DeTable<'_>>, Located> {
    DeTable::parse(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        (offset, FileProblem::NotToml(error.message().to_owned()))
    })
}

/// How a key is written, for hints.
pub(super) fn example(key: &str) -> Option<&'static str> {
    Some(match key {
        "schema" => "`schema = 1`",
        "id" => "`id = \"2020-06-05\"`",
        "title" => "`title = \"Renewal rules of June 2020\"`",
        "source" => "`source = \"where these numbers come from\"`",
        "term" => "`[term]`, with its keys on the lines below",
        "window" => "`[window]`, with its keys on the lines below",
        "reminders" => "`[reminders]`, with its keys on the lines below",
        "exemption" => "`[[exemption]]`, with its keys on the lines below",
        "length_days" => "`length_days = 365`",
        "opens_after_days" => "`opens_after_days = 1`",
        "closes_after_days" => "`closes_after_days = 30`",
        "first_offset_days" => "`first_offset_days = -15`",
        "second_offset_days" => "`second_offset_days = 23`",
        "name" => "`name = \"COVID-19 round 1\"`",
        "offer_type" => "`offer_type = \"competency\"`",
        "anniversary_from" => "`anniversary_from = 2020-01-01`",
        "anniversary_to" => "`anniversary_to = 2020-06-30`",
        "extended_to_year" => "`extended_to_year = 2021`",
        "reactivation_deadline" => "`reactivation_deadline = 2020-06-30`",
        "excluded_competencies" => "`excluded_competencies = [\"Cloud Business Applications\"]`, or `[]` for none",
        _ => return None,
    })
}

/// Refuses a file of another version of the format.
pub(super) fn check_schema(file: &Section<'_, '_>) -> Result<(), Located> {
    let schema = file.integer("schema")?.to_string();
    if schema == SCHEMA.to_string() {
        return Ok(());
    }
    Err((file.place_of("schema"), FileProblem::UnknownSchema { found: schema }))
}

impl<'document, 'text> Sections<'document, 'text> {
    fn of(file: &Section<'document, 'text>) -> Result<Self, Located> {
        let rounds = file.sections("exemption", "`[[exemption]]`")?;
        Ok(Self {
            term: file.section("term", "`[term]`")?.only(TERM_KEYS)?,
            window: file.section("window", "`[window]`")?.only(WINDOW_KEYS)?,
            reminders: file.section("reminders", "`[reminders]`")?.only(REMINDERS_KEYS)?,
            rounds: rounds.into_iter().map(|round| round.only(EXEMPTION_KEYS)).collect::<Result<_, _>>()?,
        })
    }

    fn numbers(&self) -> Result<PolicyNumbers, Located> {
        Ok(PolicyNumbers {
            term_length_days: self.term.days("length_days")?,
            window_opens_after_days: self.window.days("opens_after_days")?,
            window_closes_after_days: self.window.days("closes_after_days")?,
            first_reminder_offset_days: self.reminders.days("first_offset_days")?,
            second_reminder_offset_days: self.reminders.days("second_offset_days")?,
        })
    }

    /// The sources, those of the rounds in the order of the file.
    fn sources(&self) -> Result<PolicySources, Located> {
        Ok(PolicySources {
            term: self.term.text("source")?,
            window: self.window.text("source")?,
            reminders: self.reminders.text("source")?,
            rounds: self.rounds.iter().map(|round| round.text("source")).collect::<Result<_, _>>()?,
        })
    }

    /// Where the file says what the rules refuse.
    fn place_of(&self, problem: &PolicyProblem) -> usize {
        let in_round = |round: usize, key: &str| self.rounds.get(round).map_or(0, |section| section.place_of(key));
        match problem {
            PolicyProblem::OutOfRange { section, key, .. } => match *section {
                "term" => self.term.place_of(key),
                "window" => self.window.place_of(key),
                _ => self.reminders.place_of(key),
            },
            PolicyProblem::EmptyRound { round, .. } => in_round(*round, "anniversary_to"),
            PolicyProblem::OverlappingRounds { round, .. } => self.rounds.get(*round).map_or(0, Section::start),
            PolicyProblem::UnreachableYear { round, .. } => in_round(*round, "extended_to_year"),
            PolicyProblem::MembershipRound { round } => in_round(*round, "offer_type"),
        }
    }
}

fn read_round(section: &Section<'_, '_>) -> Result<ExemptionRound, Located> {
    Ok(ExemptionRound {
        name: section.text("name")?,
        offer_type: read_offer_type(section)?,
        anniversary_from: section.date("anniversary_from")?,
        anniversary_to: section.date("anniversary_to")?,
        extended_to_year: section.year("extended_to_year")?,
        reactivation_deadline: section.optional_date("reactivation_deadline")?,
        excluded_competencies: section.texts("excluded_competencies")?,
    })
}

fn read_offer_type(section: &Section<'_, '_>) -> Result<OfferType, Located> {
    let found = section.text("offer_type")?;
    OfferType::parse(found.as_bytes())
        .ok_or_else(|| (section.place_of("offer_type"), FileProblem::UnknownOfferType { found }))
}

/// The sources of the rounds put in another order; rounds of one policy never overlap, so each is found once.
fn in_order_of(ordered: &[ExemptionRound], written: &[ExemptionRound], sources: &[String]) -> Vec<String> {
    let source_of = |round: &ExemptionRound| {
        let index = written.iter().position(|other| other == round)?;
        sources.get(index).cloned()
    };
    ordered.iter().map(|round| source_of(round).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_an_example() {
        for keys in [FILE_KEYS, TERM_KEYS, WINDOW_KEYS, REMINDERS_KEYS, EXEMPTION_KEYS] {
            for key in keys {
                let example = example(key).unwrap_or_default();
                assert!(example.contains(key), "{key}: {example}");
            }
        }
    }

    #[test]
    fn the_sources_follow_the_rounds() {
        let head = "schema = 1\nid = 'own'\ntitle = 't'\nsource = 's'\n\
            [term]\nlength_days = 365\nsource = 'term source'\n\
            [window]\nopens_after_days = 1\ncloses_after_days = 30\nsource = 'window source'\n\
            [reminders]\nfirst_offset_days = -15\nsecond_offset_days = 23\nsource = 'reminders source'\n";
        let round = |offer_type: &str, year: i32| {
            let next = year + 1;
            format!(
                "[[exemption]]\nname = '{year}'\noffer_type = '{offer_type}'\nanniversary_from = {year}-07-01\n\
                 anniversary_to = {year}-07-31\nextended_to_year = {next}\nexcluded_competencies = []\n\
                 source = '{offer_type} {year}'\n"
            )
        };
        let rounds = [round("competency", 2022), round("action_pack", 2021), round("competency", 2021)];
        let document = read(&(head.to_owned() + &rounds.concat())).unwrap();
        assert_eq!(document.sources.rounds, ["action_pack 2021", "competency 2021", "competency 2022"]);
        let PolicySources { term, window, reminders, .. } = document.sources;
        assert_eq!([term, window, reminders], ["term source", "window source", "reminders source"]);
    }
}
