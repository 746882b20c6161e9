//! What the help of each command shows at its end.

pub(super) const PROGRAM_EXAMPLES: &str = "\
Examples:
  renewals check --as-of 2020-06-05 export.csv
  renewals run --as-of 2020-06-05 --out reports export.csv
  renewals explain --as-of 2020-06-05 --partner-id 6055212 export.csv
  renewals help run";

pub(super) const ASSUMPTIONS_EXAMPLES: &str = "\
Examples:
  renewals assumptions > own-assumptions.toml
  renewals assumptions own-assumptions.toml";

pub(super) const POLICY_EXAMPLES: &str = "\
Examples:
  renewals policy list
  renewals policy show 2020-06-05 > own-policy.toml";

pub(super) const POLICY_LIST_EXAMPLES: &str = "\
Examples:
  renewals policy list
  renewals run --policy all-rounds --as-of 2021-06-05 --out reports export.csv";

pub(super) const POLICY_SHOW_EXAMPLES: &str = "\
Examples:
  renewals policy show 2020-06-05 > own-policy.toml
  renewals policy show own-policy.toml

Exit codes: 0 printed, 64 usage, 78 no such policy, or one that is wrong.";

pub(super) const PROFILE_EXAMPLES: &str = "\
Examples:
  renewals profile list
  renewals profile check --profile auto export.csv
  renewals profile show membership-offers > own-profile.toml";

pub(super) const PROFILE_LIST_EXAMPLES: &str = "\
Examples:
  renewals profile list
  renewals run --profile membership-offers-de --as-of 2020-06-05 --out reports export.csv";

pub(super) const PROFILE_SHOW_EXAMPLES: &str = "\
Examples:
  renewals profile show membership-offers > own-profile.toml
  renewals profile show own-profile.toml

Exit codes: 0 printed, 64 usage, 78 no such profile, or one that is wrong.";

pub(super) const VERIFY_EXAMPLES: &str = "\
Examples:
  renewals verify reports
  renewals verify reports/as_of=2020-06-05

Exit codes: 0 as its manifest says, 64 usage, 65 not, 66 no such directory or manifest, 74 I/O.";

pub(super) const RUN_EXAMPLES: &str = "\
Examples:
  renewals run --as-of 2020-06-05 --out reports export.csv
  renewals run --as-of 2020-06-05 --out reports --formats csv,parquet 'exports/*.parquet' more/
  renewals run --as-of 2020-06-08 --reminders-from 2020-06-06 --max-rejects 0.5% --out reports export.csv

Exit codes: 0 published or already there, 64 usage, 65 unusable data, 66 no input, 73 output refused, 74 I/O, 75 busy,
78 policy, 130 and 143 interrupted. Whatever fails leaves the output directory as it was.";

pub(super) const CHECK_EXAMPLES: &str = "\
Examples:
  renewals check export.csv
  renewals check --as-of 2020-06-05 --max-rejects 0.5% --examples 10 exports/
  renewals check --as-of today --on-duplicate fail --json export.csv

Exit codes: 0 fine, 64 usage, 65 rejected rows beyond --max-rejects or unusable data, 66 no input, 74 I/O, 78 policy.";

pub(super) const EXPLAIN_EXAMPLES: &str = "\
Examples:
  renewals explain --as-of 2020-06-05 --partner-id 6055212 export.csv
  renewals explain --as-of 2020-06-05 --partner-id 6055212 --offer 'Data Analytics' --json exports/
  renewals explain --as-of 2020-06-05 --offer-type competency --purchased 2019-02-10
  renewals explain --as-of 2020-06-05 --offer-type competency --purchased 2019-02-10 --paid 2020-06-01

Exit codes: 0 explained, 64 usage, 65 no such row or unusable data, 66 no input, 74 I/O, 78 policy.";

pub(super) const GENERATE_EXAMPLES: &str = "\
Examples:
  renewals generate --rows 20000 --seed 1 --out export.csv
  renewals generate --rows 10000000 --seed 7 --dirty 0.001 --out export.parquet";

pub(super) const PROFILE_CHECK_EXAMPLES: &str = "\
Examples:
  renewals profile check export.csv
  renewals profile check --profile membership-offers export.xlsx
  renewals profile check --profile competency-download --set partner_id=4390934 download.tsv

Exit codes: 0 every cell is understood, 64 usage, 65 something is not, 66 no input, 74 I/O, 78 profile.";
