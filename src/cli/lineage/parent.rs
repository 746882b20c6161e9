//! The run that started this one, as the environment tells.
//!
//! `OPENLINEAGE_PARENT_ID` and `OPENLINEAGE_ROOT_PARENT_ID` are `namespace/job/run id`, as the macros
//! `lineage_parent_id` and `lineage_root_parent_id` of Airflow's OpenLineage provider give them; their parts may also
//! come one by one. Without them, what Airflow tells every task is enough to count the run id again that its provider
//! gives the task.

use crate::cli::message;
use jiff::Timestamp;
use sha1::{Digest, Sha1};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The variables that count.
pub struct Environment(BTreeMap<String, String>);

/// The run that started this one.
#[derive(Debug, PartialEq, Eq)]
pub struct Parent {
    /// That run.
    pub run: ParentRun,
    /// The run that started that one, or an earlier one, if it is known.
    pub root: Option<ParentRun>,
}

/// A run of another program.
#[derive(Debug, PartialEq, Eq)]
pub struct ParentRun {
    /// Namespace of its job.
    pub namespace: String,
    /// Name of its job.
    pub name: String,
    /// Its id.
    pub run_id: Uuid,
}

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        let is_ours = |name: &str| ["OPENLINEAGE_", "AIRFLOW_"].iter().any(|prefix| name.starts_with(prefix));
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| is_ours(name))?;
            Some((name, value.into_string().ok()?))
        });
        Self(variables.collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The namespace of jobs.
    pub fn namespace(&self) -> String {
        let named = self.get("AIRFLOW__OPENLINEAGE__NAMESPACE").or_else(|| self.get("OPENLINEAGE_NAMESPACE"));
        named.unwrap_or("default").to_owned()
    }

    /// The run that the variables with this prefix name.
    fn run(&self, prefix: &str) -> Option<ParentRun> {
        let id = format!("{prefix}_ID");
        if let Some(text) = self.get(&id) {
            let run = ParentRun::parse(text);
            if run.is_none() {
                message::warning(&format!("{id} is not `namespace/job/run id` with a UUID, and does not count"));
            }
            return run;
        }
        let part = |name: &str| self.get(&format!("{prefix}_{name}"));
        Some(ParentRun {
            namespace: part("JOB_NAMESPACE").map_or_else(|| self.namespace(), str::to_owned),
            name: part("JOB_NAME")?.to_owned(),
            run_id: part("RUN_ID")?.parse().ok()?,
        })
    }

    /// The task of Airflow that this process belongs to.
    fn airflow_task(&self) -> Option<ParentRun> {
        let (dag, task) = (self.get("AIRFLOW_CTX_DAG_ID")?, self.get("AIRFLOW_CTX_TASK_ID")?);
        let date: Timestamp = self.get("AIRFLOW_CTX_LOGICAL_DATE")?.parse().ok()?;
        let try_number = self.get("AIRFLOW_CTX_TRY_NUMBER")?;
        let namespace = self.namespace();
        // The last part is the number of a task that is one of several, and tells that this is none.
        let run_id = static_uuid(date, &format!("{namespace}.{dag}.{task}.{try_number}.-1"));
        Some(ParentRun { namespace, name: format!("{dag}.{task}"), run_id })
    }
}

impl Parent {
    /// The parent that the environment tells of.
    pub fn find(environment: &Environment) -> Option<Self> {
        let run = environment.run("OPENLINEAGE_PARENT").or_else(|| environment.airflow_task())?;
        Some(Self { run, root: environment.run("OPENLINEAGE_ROOT_PARENT") })
    }
}

impl ParentRun {
    fn parse(text: &str) -> Option<Self> {
        let (job, run_id) = text.rsplit_once('/')?;
        let (namespace, name) = job.rsplit_once('/')?;
        let is_whole = !namespace.is_empty() && !name.is_empty();
        let run_id = run_id.parse().ok().filter(|_| is_whole)?;
        Some(Self { namespace: namespace.to_owned(), name: name.to_owned(), run_id })
    }
}

/// The id that OpenLineage's client gives a run of this instant and these data, which Airflow's provider uses: a UUID
/// of version 7 with a hash where others are random.
fn static_uuid(instant: Timestamp, data: &str) -> Uuid {
    let micros = instant.as_microsecond();
    // As Python counts it, in floating point.
    let milliseconds = (micros as f64 / 1e6 * 1e3) as i64;
    let text = match micros.rem_euclid(1_000_000) {
        0 => instant.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
        _ => instant.strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00"),
    };
    let digest = Sha1::digest(format!("{text}{data}"));
    // The first 76 bits of the hash.
    let node = digest[..10].iter().fold(0_u128, |node, byte| node << 8 | u128::from(*byte)) >> 4;
    let bits = (milliseconds as u128 & 0xFFFF_FFFF_FFFF) << 80 | node;
    let version = bits & !(0xF000 << 64) | 7 << 76;
    Uuid::from_u128(version & !(0xC000 << 48) | 0x8000 << 48)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    const ID: &str = "017281c6-f800-7f07-8195-dba451f82dae";

    /// Expected values are those of `generate_static_uuid` of openlineage-python 1.54.
    #[test]
    fn the_id_of_a_task_is_the_one_that_airflow_s_provider_gives_it() {
        for (date, data, expected) in [
            ("2020-06-05T00:00:00+00:00", "default.nightly.publish.1.-1", ID),
            ("2020-06-05T00:00:00+00:00", "default.nightly.0", "017281c6-f800-7d80-9866-d4f881c1faf3"),
            (
                "2020-06-05T12:34:56.123456+02:00",
                "default.nightly.publish.1.-1",
                "0172840c-44fb-7bd3-b1ce-7574156dcef9",
            ),
        ] {
            let instant = date.parse().expect("an instant");
            assert_eq!(static_uuid(instant, data).to_string(), expected, "{date} {data}");
        }
    }

    #[test]
    fn the_parent_is_the_one_named_or_else_airflow_s_task() {
        let task = [
            ("AIRFLOW_CTX_DAG_ID", "nightly"),
            ("AIRFLOW_CTX_TASK_ID", "publish"),
            ("AIRFLOW_CTX_LOGICAL_DATE", "2020-06-05T00:00:00+00:00"),
            ("AIRFLOW_CTX_TRY_NUMBER", "1"),
        ];
        let found = |variables: &[(&str, &str)]| Parent::find(&environment(variables));
        let run = |namespace: &str, name: &str| ParentRun {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            run_id: ID.parse().expect("a UUID"),
        };
        let parent = |namespace: &str, name: &str| Some(Parent { run: run(namespace, name), root: None });
        assert_eq!(found(&[]), None);
        assert_eq!(found(&task), parent("default", "nightly.publish"));
        assert_eq!(found(&task[..3]), None, "no part may be missing");
        let id = format!("prod/eu/nightly.publish/{ID}");
        let named = [&task[..], &[("OPENLINEAGE_PARENT_ID", &id), ("OPENLINEAGE_NAMESPACE", "other")]].concat();
        assert_eq!(found(&named), parent("prod/eu", "nightly.publish"));
        let parts = [("OPENLINEAGE_PARENT_JOB_NAME", "spark"), ("OPENLINEAGE_PARENT_RUN_ID", ID)];
        assert_eq!(found(&parts), parent("default", "spark"));
        let root = [&named[..], &[("OPENLINEAGE_ROOT_PARENT_ID", &id)]].concat();
        let whole = Parent { run: run("prod/eu", "nightly.publish"), root: Some(run("prod/eu", "nightly.publish")) };
        assert_eq!(found(&root), Some(whole));
        for wrong in ["", "a/b", "a/b/c", "//017281c6-f800-7f07-8195-dba451f82dae"] {
            assert_eq!(found(&[("OPENLINEAGE_PARENT_ID", wrong)]), None, "{wrong}");
        }
    }
}
