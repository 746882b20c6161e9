"""An example DAG: every night's renewal reports, by the program `renewals`.

`publish` runs the program for the day of the DAG run. It

- is safe to retry and to run twice: the program does the same work once, and one run at a time has the directory;
- is skipped (exit code 99) when the directory already holds the run that is asked for, and with it what follows;
- fails at once where another try cannot help (usage, data, input, output, policy), and is tried again where it may
  (I/O, another run, a kill);
- gives the run's JSON object as its XCom, and updates the asset of the published directory with the manifest's facts.

Then the share of rejected rows decides whether the reports are announced or a person looks first.

The environment of the workers says what is read and written:

| variable | default | |
|---|---|---|
| `RENEWALS_BINARY` | `renewals` | the program |
| `RENEWALS_INPUT` | `/srv/exports/{{ ds }}` | file or directory of exports; a template |
| `RENEWALS_OUT` | `/srv/renewals/reports` | the directory to publish, or `s3://bucket/prefix` |
| `RENEWALS_WATCH` | `/var/lib/renewals` | directory of `renewals.prom` and `lineage.jsonl` |
| `RENEWALS_MAX_REJECTS` | `5%` | more rejects than these fail the run |
| `RENEWALS_REVIEW_SHARE` | `0.001` | from this share of rejected rows on, a person looks |
| `RENEWALS_LOCK_WAIT` | `600` | seconds to wait for another run on the directory |
| `RENEWALS_RETRY_SECONDS` | `300` | before another try |
"""

from __future__ import annotations

import json
import os
import re
from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Asset, task
from airflow.sdk.definitions.retry_policy import RetryDecision, RetryPolicy

OUT = os.environ.get("RENEWALS_OUT", "/srv/renewals/reports")
REPORTS = Asset(name="renewal_reports", uri=OUT if "://" in OUT else f"file://{OUT}")
REVIEW_SHARE = float(os.environ.get("RENEWALS_REVIEW_SHARE", "0.001"))

# No `--no-skip` here, and no clock: the day is the DAG run's. `exec` makes the program the child that Airflow ends.
COMMAND = """
exec "$BINARY" run --as-of "$AS_OF" --out "$OUT" --json --skip-exit-code 99 \
  --lock-wait "$LOCK_WAIT" --max-rejects "$MAX_REJECTS" \
  --metrics "$WATCH/renewals.prom" --lineage "$WATCH/lineage.jsonl" "$INPUT"
"""


class RetryByExitCode(RetryPolicy):
    """Tries again only where another try may end otherwise."""

    HOPELESS = {
        64: "the command line is wrong",
        65: "the data cannot be used",
        66: "an input is missing",
        73: "the output may not be replaced",
        78: "the policy is wrong",
    }

    def evaluate(self, exception, try_number, max_tries, context=None) -> RetryDecision:
        found = re.search(r"exit code (\d+)", str(exception))
        reason = self.HOPELESS.get(int(found[1])) if found else None
        return RetryDecision.fail(reason=reason) if reason else RetryDecision.default()

    def serialize(self) -> dict:
        return {}

    @classmethod
    def deserialize(cls, data: dict) -> RetryByExitCode:
        return cls()


def tell_asset(context, result) -> None:
    """Gives the asset's event the facts of what was published."""
    # The result has them as the manifest does, wherever that lies.
    context["outlet_events"][REPORTS].extra = {
        **{name: result[name] for name in ["run_id", "as_of", "policy", "tool_version", "rows", "reject_share"]},
        "files": {file["name"]: {"rows": file["rows"], "sha256": file["sha256"]} for file in result["files"]},
    }


with DAG(
    dag_id="renewals_nightly",
    schedule="@daily",
    start_date=datetime(2020, 1, 1),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
):
    publish = BashOperator(
        task_id="publish",
        bash_command=COMMAND,
        env={
            "BINARY": os.environ.get("RENEWALS_BINARY", "renewals"),
            "AS_OF": "{{ ds }}",
            "INPUT": os.environ.get("RENEWALS_INPUT", "/srv/exports/{{ ds }}"),
            "OUT": OUT,
            "WATCH": os.environ.get("RENEWALS_WATCH", "/var/lib/renewals"),
            "LOCK_WAIT": os.environ.get("RENEWALS_LOCK_WAIT", "600"),
            "MAX_REJECTS": os.environ.get("RENEWALS_MAX_REJECTS", "5%"),
        },
        append_env=True,
        skip_on_exit_code=99,
        output_processor=json.loads,
        retries=3,
        retry_delay=timedelta(seconds=float(os.environ.get("RENEWALS_RETRY_SECONDS", "300"))),
        retry_policy=RetryByExitCode(),
        execution_timeout=timedelta(hours=2),
        outlets=[REPORTS],
        post_execute=tell_asset,
    )

    @task.branch
    def look_at_rejects(run: dict) -> str:
        return "review_rejects" if run["reject_share"] >= REVIEW_SHARE else "announce"

    @task
    def announce(run: dict) -> None:
        print(f"{run['rows']['evaluated']} offers as of {run['as_of']} in {run['out']}")

    @task
    def review_rejects(run: dict) -> None:
        print(f"{run['rows']['rejected']} rejected rows to look at in {run['out']}: {run['rejected_by_code']}")

    look_at_rejects(publish.output) >> [announce(publish.output), review_rejects(publish.output)]
