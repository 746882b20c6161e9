//! Renewal reporting on exported partner memberships.
//!
//! A row flows one way: [`ingest`] finds the files, frames their records and checks their cells; [`rules`] decide each
//! offer by a [`policy`] on the as-of date; [`reports`] turn decisions into rows and counts, and sums of fees into what
//! [`finance`] expects of them; [`formats`] write them as bytes; [`publish`] swaps a whole run into place. [`pipeline`]
//! puts these together on all threads and in the order of the input. [`objects`] is object storage, for [`ingest`] and
//! [`publish`]. A [`profile`] says how exports of another shape are read. [`explain`] asks the same functions why.
//! [`cli`] is the command line, and nobody imports it. [`generate`] makes invented exports, and [`changes`] tells what
//! changed from one published run to another.

pub mod changes;
pub mod check;
pub mod cli;
pub mod configuration;
pub mod duplicates;
pub mod explain;
pub mod finance;
pub mod formats;
pub mod generate;
pub mod ingest;
pub mod objects;
pub mod pipeline;
pub mod policy;
pub mod profile;
pub mod publish;
pub mod reports;
pub mod rules;
