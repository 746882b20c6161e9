//! Files of assumptions: what the forecast of fees takes for granted, as TOML, each with its source.
//!
//! The default is compiled in; a file of the user's says only what is to differ from it. What is wrong with a file is
//! told with line and column, as for policies.

mod document;

use super::error::{FileProblem, PolicyError};
use super::{read_document, read_named};
use crate::finance::{Assumptions, RateStatement};
use document::{Overrides, ScenarioStatement};

pub(super) use document::example;

/// The assumptions that are compiled in.
const DEFAULT_TEXT: &str = include_str!("../../../data/assumptions/default.toml");
/// How messages name the default.
const DEFAULT_ORIGIN: &str = "default assumptions";

/// Assumptions together with where they come from.
#[derive(Clone, Debug, PartialEq)]
pub struct AssumptionsFile {
    /// What is assumed.
    pub assumptions: Assumptions,
    /// What they are called for people.
    pub title: String,
    /// Where they come from.
    pub source: String,
    /// The source of each scenario, in their order.
    pub scenario_sources: Vec<String>,
    /// The rates that are taken for granted, those of all scenarios first.
    pub rates: Vec<RateStatement>,
    /// The file as written; the default where there is none.
    pub text: String,
}

/// The default assumptions.
///
/// # Errors
/// None in practice: a test reads them. It is a [`PolicyError`] where the system has no thread for it.
pub fn default_assumptions() -> Result<AssumptionsFile, PolicyError> {
    let overrides = read(DEFAULT_ORIGIN, DEFAULT_TEXT)?;
    let (Some(shrinkage), Some(title), Some(source)) = (overrides.shrinkage, overrides.title, overrides.source) else {
        unreachable!("the default assumptions are complete");
    };
    let assumptions = Assumptions { shrinkage, rates: Vec::new(), scenarios: Vec::new() };
    let (scenario_sources, rates) = (Vec::new(), Vec::new());
    let mut file =
        AssumptionsFile { assumptions, title, source, scenario_sources, rates, text: DEFAULT_TEXT.to_owned() };
    file.take(overrides.rates, overrides.scenarios);
    Ok(file)
}

/// The assumptions of a file, on top of the default.
///
/// # Errors
/// A file that cannot be read, or the place of the first thing that is wrong in it.
pub fn load_assumptions(path: &str) -> Result<AssumptionsFile, PolicyError> {
    let text = read_named(path)?;
    parse_assumptions(path, &text)
}

/// [`load_assumptions`] of a text that is at hand; `origin` is how messages name it.
///
/// # Errors
/// As for [`load_assumptions`].
pub fn parse_assumptions(origin: &str, text: &str) -> Result<AssumptionsFile, PolicyError> {
    let overrides = read(origin, text)?;
    let mut file = default_assumptions()?;
    file.assumptions.shrinkage = overrides.shrinkage.unwrap_or(file.assumptions.shrinkage);
    file.take(overrides.rates, overrides.scenarios);
    // What is in the file is not the default's, even where the file does not say what it is called.
    file.title = overrides.title.unwrap_or_else(|| format!("{}, but for what {origin} says", file.title));
    file.source = overrides.source.unwrap_or_else(|| origin.to_owned());
    text.clone_into(&mut file.text);
    Ok(file)
}

impl AssumptionsFile {
    /// Takes rates over in place of all that are there, and each scenario in place of the one of its name.
    fn take(&mut self, rates: Vec<RateStatement>, scenarios: Vec<ScenarioStatement>) {
        self.assumptions.rates = rates.iter().map(|statement| statement.assumed).collect();
        self.rates = rates;
        for ScenarioStatement { scenario, source, rates } in scenarios {
            self.rates.extend(rates);
            match self.assumptions.scenarios.iter().position(|known| known.name == scenario.name) {
                Some(place) => {
                    self.assumptions.scenarios[place] = scenario;
                    self.scenario_sources[place] = source;
                }
                None => {
                    self.assumptions.scenarios.push(scenario);
                    self.scenario_sources.push(source);
                }
            }
        }
    }
}

fn read(origin: &str, text: &str) -> Result<Overrides, PolicyError> {
    read_document(origin, text, document::read)
}

/// The problem of a rate or a factor that is none.
fn out_of_unit(key: &'static str, found: f64) -> FileProblem {
    FileProblem::NumberOutOfRange { key, found: found.to_string(), range: "from 0 to 1" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::{AssumedRate, Segment};

    #[test]
    fn the_default_has_the_three_scenarios() {
        let file = default_assumptions().unwrap();
        let names: Vec<&str> = file.assumptions.scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
        assert_eq!(names, ["base", "low", "high"]);
        assert!(file.assumptions.rates.is_empty());
        assert_eq!(parse_assumptions("again.toml", &file.text).unwrap(), file);
    }

    #[test]
    fn a_file_says_what_is_to_differ() {
        let text = "schema = 1\n\
            [[rate]]\nsegment = 'competency/gold'\nrate = 0.9\nsource = 'plan'\n\
            [[scenario]]\nname = 'low'\nexempt = 0.5\nsource = 's'\n\
            [[scenario]]\nname = 'merger'\nsource = 's'\n\
            [[scenario.rate]]\nsegment = 'all'\nrate = 1\nsource = 's'\n";
        let file = parse_assumptions("own.toml", text).unwrap();
        let scenarios = &file.assumptions.scenarios;
        let names: Vec<&str> = scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
        assert_eq!(names, ["base", "low", "high", "merger"]);
        // A scenario is replaced as a whole.
        assert_eq!((scenarios[1].factors.exempt, scenarios[1].rate_quantile), (0.5, None));
        assert_eq!(scenarios[1].factors.requirements_unmet, 1.0);
        let gold = Segment::named("competency/gold").unwrap();
        assert_eq!(file.assumptions.rates, [AssumedRate { segment: gold, rate: 0.9 }]);
        assert_eq!(file.assumptions.assumed(&scenarios[0], gold), Some(0.9));
        assert_eq!(file.assumptions.assumed(&scenarios[0], Segment::named("competency").unwrap()), None);
        // Where no title and source are given, they are not those of the default.
        assert_eq!(
            (file.title.as_str(), file.source.as_str()),
            ("Rates as measured, but for what own.toml says", "own.toml")
        );
        let told: Vec<(Option<&str>, String, &str)> = file
            .rates
            .iter()
            .map(|it| (it.scenario.as_deref(), it.assumed.segment.name(), it.source.as_str()))
            .collect();
        assert_eq!(told, [(None, "competency/gold".to_owned(), "plan"), (Some("merger"), "all".to_owned(), "s")]);
        // What a scenario says goes before what is said for all of them.
        assert_eq!(file.assumptions.assumed(&scenarios[3], gold), Some(1.0));
    }

    #[test]
    fn wrong_files_are_told_with_their_place() {
        for (text, expected, hint) in [
            ("", "own.toml:1:1: the file has no `schema`", "add `schema = 1`"),
            ("schema = 2", "own.toml:1:10: `schema` is 2, but this version reads 1", ""),
            ("schema = 1\nrates = 1", "own.toml:2:1: unknown key `rates` in the file", "did you mean `rate`?"),
            (
                "schema = 1\n[[rate]]\nsegment = 'gold'\nrate = 1.0\nsource = 's'",
                "own.toml:3:11: unknown segment `gold`; there are `all`, `action_pack`, `competency`, `action_pack/none`, \
              `action_pack/gold`, `action_pack/silver`, `competency/none`, `competency/gold` and `competency/silver`",
                "",
            ),
            (
                "schema = 1\n[[rate]]\nsegment = 'competency/golf'\nrate = 1.0\nsource = 's'",
                "own.toml:3:11: unknown segment `competency/golf`;",
                "did you mean `competency/gold`?",
            ),
            (
                "schema = 1\n[[rate]]\nsegment = 'all'\nrate = 1.01\nsource = 's'",
                "own.toml:4:8: `rate` is 1.01, but must be from 0 to 1",
                "write 85 % as 0.85",
            ),
            (
                "schema = 1\n[[rate]]\nsegment = 'all'\nrate = -1\nsource = 's'",
                "own.toml:4:8: `rate` is -1, but must be",
                "",
            ),
            (
                "schema = 1\n[[rate]]\nsegment = 'all'\nrate = nan\nsource = 's'",
                "own.toml:4:8: `rate` is NaN, but must",
                "",
            ),
            (
                "schema = 1\n[[rate]]\nsegment = 'all'\nrate = '1'\nsource = 's'",
                "own.toml:4:8: `rate` is a text, but must be a number",
                "write it like `rate = 0.85`",
            ),
            ("schema = 1\n[[rate]]\nsegment = 'all'\nrate = 1\n", "own.toml:2:1: `[[rate]]` has no `source`", "add"),
            (
                "schema = 1\n[[rate]]\nsegment = 'all'\nrate = 1\nsource = 's'\n[[rate]]\nsegment = 'all'\nrate = 1\nsource = 's'",
                "own.toml:7:11: `all` is here for the second time",
                "",
            ),
            (
                "schema = 1\n[[scenario]]\nname = 'a b'\nsource = 's'",
                "own.toml:3:8: `a b` is no name of a scenario",
                "use small letters",
            ),
            (
                "schema = 1\n[[scenario]]\nname = 'a'\nsource = 's'\n[[scenario]]\nname = 'a'\nsource = 's'",
                "own.toml:6:8: `a` is here for the second time",
                "",
            ),
            (
                "schema = 1\n[[scenario]]\nname = 'a'\nexempt = 2\nsource = 's'",
                "own.toml:4:10: `exempt` is 2, but must be",
                "",
            ),
            (
                "schema = 1\n[[scenario]]\nname = 'a'\nrate_quantile = 0\nsource = 's'",
                "own.toml:4:17: `rate_quantile` is 0, but must be more than 0 and less than 1",
                "",
            ),
            (
                "schema = 1\n[shrinkage]\nall_paid = 0\nall_unpaid = 1\nstrength_unknown = 1\nstrength_least = 1\nsource = 's'",
                "own.toml:3:12: `all_paid` is 0, but must be more than 0 and at most 1000000",
                "",
            ),
            ("schema = 1\n[shrinkage\n", "own.toml:2:11: not TOML:", ""),
        ] {
            let error = parse_assumptions("own.toml", text).unwrap_err();
            let message = error.to_string();
            assert!(message.starts_with(expected), "{message}\n{expected}");
            assert!(error.hint().unwrap_or_default().contains(hint), "{message}: {:?}", error.hint());
        }
        let error = load_assumptions("no/such.toml").unwrap_err();
        assert_eq!(error.to_string(), "no/such.toml: cannot be read: entity not found");
    }
}
