//! The format of assumptions: which sections and keys a file has, and what they say.

use super::out_of_unit;
use crate::finance::{AssumedRate, Factors, RateStatement, Scenario, Segment, Shrinkage};
use crate::policy::document::{check_schema, parse_table};
use crate::policy::error::FileProblem;
use crate::policy::reader::{Located, Section};

const FILE_KEYS: &[&str] = &["schema", "title", "source", "shrinkage", "rate", "scenario"];
const SHRINKAGE_KEYS: &[&str] = &["all_paid", "all_unpaid", "strength_unknown", "strength_least", "source"];
const RATE_KEYS: &[&str] = &["segment", "rate", "source"];
const SCENARIO_KEYS: &[&str] =
    &["name", "rate_quantile", "requirements_unmet", "pmc_migration", "exempt", "rate", "source"];

/// Longest name of a scenario.
const NAME_BYTES_MAX: usize = 40;
/// Most windows that a prior can count for.
const STRENGTH_MAX: f64 = 1e6;

/// What a file says; what it leaves out is `None` or empty.
#[derive(Debug)]
pub(super) struct Overrides {
    pub(super) title: Option<String>,
    pub(super) source: Option<String>,
    pub(super) shrinkage: Option<Shrinkage>,
    /// Rates that hold in every scenario.
    pub(super) rates: Vec<RateStatement>,
    /// Scenarios with their sources, and with what they say of rates.
    pub(super) scenarios: Vec<ScenarioStatement>,
}

/// What a file says of a scenario.
#[derive(Debug)]
pub(super) struct ScenarioStatement {
    pub(super) scenario: Scenario,
    pub(super) source: String,
    pub(super) rates: Vec<RateStatement>,
}

/// Reads a file's text.
pub(super) fn read(text: &str) -> Result<Overrides, Located> {
    let table = parse_table(text)?;
    let file = Section::file("the file", &table);
    check_schema(&file)?;
    let file = file.only(FILE_KEYS)?;
    let optional_text = |key: &'static str| file.has(key).then(|| file.text(key)).transpose();
    let shrinkage = file.has("shrinkage").then(|| read_shrinkage(&file.section("shrinkage", "`[shrinkage]`")?));
    let mut scenarios: Vec<ScenarioStatement> = Vec::new();
    for section in file.sections("scenario", "`[[scenario]]`")? {
        let statement = read_scenario(&section)?;
        if scenarios.iter().any(|other| other.scenario.name == statement.scenario.name) {
            return Err((section.place_of("name"), FileProblem::Repeated { what: statement.scenario.name }));
        }
        scenarios.push(statement);
    }
    Ok(Overrides {
        title: optional_text("title")?,
        source: optional_text("source")?,
        shrinkage: shrinkage.transpose()?,
        rates: read_rates(&file, "`[[rate]]`", None)?,
        scenarios,
    })
}

/// How a key is written, for hints.
pub(in crate::policy) fn example(key: &str) -> Option<&'static str> {
    Some(match key {
        "shrinkage" => "`[shrinkage]`, with its keys on the lines below",
        "scenario" => "`[[scenario]]`, with its keys on the lines below",
        "all_paid" => "`all_paid = 0.5`",
        "all_unpaid" => "`all_unpaid = 0.5`",
        "strength_unknown" => "`strength_unknown = 20`",
        "strength_least" => "`strength_least = 1`",
        "segment" => "`segment = \"competency/gold\"`",
        "rate" => "`rate = 0.85`",
        "rate_quantile" => "`rate_quantile = 0.1`",
        "requirements_unmet" => "`requirements_unmet = 0.5`",
        "pmc_migration" => "`pmc_migration = 0.5`",
        "exempt" => "`exempt = 1.0`",
        _ => return None,
    })
}

fn read_shrinkage(section: &Section<'_, '_>) -> Result<Shrinkage, Located> {
    let section = section.only(SHRINKAGE_KEYS)?;
    let strength = |key: &'static str| {
        let value = section.number(key)?;
        if value > 0.0 && value <= STRENGTH_MAX {
            return Ok(value);
        }
        let range = "more than 0 and at most 1000000";
        Err((section.place_of(key), FileProblem::NumberOutOfRange { key, found: value.to_string(), range }))
    };
    section.text("source")?;
    Ok(Shrinkage {
        all_paid: strength("all_paid")?,
        all_unpaid: strength("all_unpaid")?,
        strength_unknown: strength("strength_unknown")?,
        strength_least: strength("strength_least")?,
    })
}

fn read_scenario(section: &Section<'_, '_>) -> Result<ScenarioStatement, Located> {
    let section = section.only(SCENARIO_KEYS)?;
    let name = section.text("name")?;
    let is_name_byte = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    if name.len() > NAME_BYTES_MAX || !name.bytes().all(is_name_byte) {
        return Err((section.place_of("name"), FileProblem::ScenarioName { found: name }));
    }
    let quantile = section.has("rate_quantile").then(|| section.number("rate_quantile")).transpose()?;
    if let Some(found) = quantile.filter(|quantile| !(*quantile > 0.0 && *quantile < 1.0)) {
        let (key, range) = ("rate_quantile", "more than 0 and less than 1");
        let problem = FileProblem::NumberOutOfRange { key, found: found.to_string(), range };
        return Err((section.place_of(key), problem));
    }
    let factor = |key: &'static str| if section.has(key) { unit(&section, key) } else { Ok(1.0) };
    let rates = read_rates(&section, "`[[scenario.rate]]`", Some(&name))?;
    let scenario = Scenario {
        name,
        rate_quantile: quantile,
        factors: Factors {
            requirements_unmet: factor("requirements_unmet")?,
            pmc_migration: factor("pmc_migration")?,
            exempt: factor("exempt")?,
        },
        rates: rates.iter().map(|statement| statement.assumed).collect(),
    };
    Ok(ScenarioStatement { scenario, source: section.text("source")?, rates })
}

/// The rates that a file or a scenario takes for granted.
fn read_rates(
    parent: &Section<'_, '_>,
    title: &'static str,
    scenario: Option<&str>,
) -> Result<Vec<RateStatement>, Located> {
    let mut rates: Vec<RateStatement> = Vec::new();
    for section in parent.sections("rate", title)? {
        let section = section.only(RATE_KEYS)?;
        let name = section.text("segment")?;
        let place = section.place_of("segment");
        let segment =
            Segment::named(&name).ok_or_else(|| (place, FileProblem::UnknownSegment { found: name.clone() }))?;
        if rates.iter().any(|other| other.assumed.segment == segment) {
            return Err((place, FileProblem::Repeated { what: name }));
        }
        let source = section.text("source")?;
        let assumed = AssumedRate { segment, rate: unit(&section, "rate")? };
        rates.push(RateStatement { scenario: scenario.map(str::to_owned), assumed, source });
    }
    Ok(rates)
}

/// A number from 0 to 1.
fn unit(section: &Section<'_, '_>, key: &'static str) -> Result<f64, Located> {
    let value = section.number(key)?;
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err((section.place_of(key), out_of_unit(key, value))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_an_example() {
        for key in [FILE_KEYS, SHRINKAGE_KEYS, RATE_KEYS, SCENARIO_KEYS].into_iter().flatten() {
            let example = example(key).or_else(|| crate::policy::document::example(key)).unwrap_or_default();
            assert!(example.contains(key), "{key}: {example}");
        }
    }
}
