"""Runs the example DAG by a real Airflow against a built binary, and checks what comes of it.

    python3 scripts/airflow/try_dag.py --binary target/release/renewals

Airflow is installed from PyPI into an environment of its own (`--venv`, kept and used again if it is there), with
SQLite and `AIRFLOW_HOME` in a temporary directory. Each case is one `airflow dags test`. What Airflow logs is kept in
`--logs` if that is given.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SAMPLE = ROOT / "data" / "sample"


class Nights:
    """An Airflow with the example DAG, and the directories it works on."""

    def __init__(self, airflow: Path, binary: Path, work: Path, logs: Path):
        self.airflow, self.binary, self.work, self.logs = airflow, binary, work, logs
        self.home = work / "airflow"
        self.out = work / "reports"
        self.input = work / "exports"
        self.watch = work / "watch"
        for directory in [self.home, self.input, self.watch, logs]:
            directory.mkdir(parents=True, exist_ok=True)

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ["PATH", "HOME", "LANG"] if name in os.environ}
        return {
            **kept,
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(HERE / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "RENEWALS_BINARY": str(self.binary),
            "RENEWALS_INPUT": str(self.input),
            "RENEWALS_OUT": str(self.out),
            "RENEWALS_WATCH": str(self.watch),
            "RENEWALS_RETRY_SECONDS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            **more,
        }

    def prepare(self) -> None:
        log = (self.logs / "migrate.log").open("w")
        migrate = [self.airflow, "db", "migrate"]
        subprocess.run(migrate, env=self.environment(), stdout=log, stderr=log, check=True)

    def start(self, case: str, day: str, **more: str) -> subprocess.Popen:
        log = (self.logs / f"{case}.log").open("w")
        command = [self.airflow, "dags", "test", "renewals_nightly", day]
        return subprocess.Popen(command, env=self.environment(**more), stdout=log, stderr=log, start_new_session=True)

    def query(self, text: str, *values: str) -> list[tuple]:
        with sqlite3.connect(f"file:{self.home / 'airflow.db'}?mode=ro", uri=True) as database:
            return database.execute(text, values).fetchall()

    def tasks(self, day: str) -> dict[str, tuple[str, int]]:
        """State and number of tries of each task of the run of a day."""
        rows = self.query(
            "select i.task_id, i.state, i.try_number from task_instance i join dag_run r on r.run_id = i.run_id"
            " where r.logical_date like ?",
            f"{day}%",
        )
        return {task: (state, tries) for task, state, tries in rows}

    def run_state(self, day: str) -> str:
        return self.query("select state from dag_run where logical_date like ?", f"{day}%")[0][0]

    def manifest(self) -> dict:
        return json.loads((self.out / "manifest.json").read_text())

    def verify(self) -> None:
        subprocess.run([self.binary, "verify", self.out], check=True, stdout=subprocess.DEVNULL)

    def put(self, name: str) -> None:
        for old in self.input.iterdir():
            old.unlink()
        shutil.copy(SAMPLE / name, self.input)


def expect(found, expected, what: str) -> None:
    if found != expected:
        raise SystemExit(f"{what}: {found!r}, but should be {expected!r}")


def finish(process: subprocess.Popen, code: int) -> None:
    expect(process.wait(timeout=300), code, "exit code of `airflow dags test`")


def success(nights: Nights) -> str:
    nights.put("export.csv")
    finish(nights.start("success", "2020-06-05"), 0)
    nights.verify()
    manifest = nights.manifest()
    expect(nights.run_state("2020-06-05"), "success", "the run")
    tasks = nights.tasks("2020-06-05")
    expect(tasks["publish"], ("success", 1), "publish")
    expect((tasks["announce"][0], tasks["review_rejects"][0]), ("success", "skipped"), "the branch")
    pushed = nights.query("select value from xcom where task_id = 'publish' and key = 'return_value'")[0][0]
    pushed = json.loads(pushed) if isinstance(pushed, (str, bytes)) else pushed
    pushed = json.loads(pushed) if isinstance(pushed, str) else pushed
    expect((pushed["outcome"], pushed["run_id"]), ("published", manifest["run_id"]), "the XCom")
    extra = json.loads(nights.query("select extra from asset_event")[0][0])
    expect((extra["run_id"], extra["as_of"]), (manifest["run_id"], "2020-06-05"), "the asset's event")
    files = {file["name"]: {"rows": file["rows"], "sha256": file["sha256"]} for file in manifest["files"]}
    expect(extra["files"], files, "the asset's files")
    event = json.loads((nights.watch / "lineage.jsonl").read_text().splitlines()[-1])
    expect(event["run"]["facets"]["parent"]["job"]["name"], "renewals_nightly.publish", "the parent of the lineage")
    return f"published {manifest['run_id'][:12]}, {pushed['rows']['read']} rows as XCom, asset event of {len(extra['files'])} files"


def skip(nights: Nights) -> str:
    inode = nights.out.stat().st_ino
    finish(nights.start("skip", "2020-06-05"), 0)
    states = {task: state for task, (state, _) in nights.tasks("2020-06-05").items()}
    expect(set(states.values()), {"skipped"}, "every task")
    expect(nights.out.stat().st_ino, inode, "the directory")
    expect(nights.query("select count(*) from asset_event")[0][0], 1, "asset events")
    return "every task skipped, directory and asset untouched"


def rejects(nights: Nights) -> str:
    nights.put("export-with-faults.csv")
    finish(nights.start("rejects", "2020-06-06"), 0)
    tasks = nights.tasks("2020-06-06")
    expect((tasks["announce"][0], tasks["review_rejects"][0]), ("skipped", "success"), "the branch")
    nights.verify()
    return "51 of 20,000 rows rejected: published, and a person looks"


def bad_data(nights: Nights) -> str:
    before = (nights.out / "manifest.json").read_bytes()
    finish(nights.start("bad-data", "2020-06-07", RENEWALS_MAX_REJECTS="10"), 1)
    expect(nights.run_state("2020-06-07"), "failed", "the run")
    tasks = nights.tasks("2020-06-07")
    expect(tasks["publish"], ("failed", 1), "publish, which is not tried again")
    expect(tasks["announce"][0], "upstream_failed", "what follows")
    expect((nights.out / "manifest.json").read_bytes(), before, "the manifest")
    nights.verify()
    kept = nights.out.with_name("reports.rejects.csv")
    expect(kept.exists(), True, "the kept rejects")
    return f"the DAG failed at once (65), old reports stand, rejects in {kept.name}"


def busy(nights: Nights) -> str:
    nights.put("export.csv")
    lock = nights.work / ".reports.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = nights.start("busy", "2020-06-10", RENEWALS_LOCK_WAIT="0")
        log = nights.logs / "busy.log"
        deadline = time.monotonic() + 120
        while "non-zero exit code 75" not in log.read_text() and process.poll() is None:
            if time.monotonic() > deadline:
                raise SystemExit("the run did not find the directory busy")
            time.sleep(0.05)
    finish(process, 0)
    state, tries = nights.tasks("2020-06-10")["publish"]
    expect((state, tries > 1), ("success", True), "publish, which is tried again")
    nights.verify()
    return f"another process had the directory (75), try {tries} published"


def killed(nights: Nights, with_signal: signal.Signals, day: str) -> str:
    for old in nights.input.iterdir():
        old.unlink()
    generate = [nights.binary, "generate", "--rows", "3000000", "--out", nights.input / "export.csv", "--quiet"]
    subprocess.run(generate, check=True)
    before = (nights.out / "manifest.json").read_bytes()
    process = nights.start(f"killed-{with_signal.name}", day)
    staging = wait_for_staging(nights, process)
    pid = int(staging.name.rpartition("-")[2])
    os.kill(pid, with_signal)
    at_kill = (nights.out / "manifest.json").read_bytes()
    expect(at_kill, before, "the manifest while the run was killed")
    finish(process, 0)
    expect(nights.tasks(day)["publish"], ("success", 2), "publish, which is tried again")
    expect(nights.manifest()["as_of"], day, "the as-of date")
    nights.verify()
    litter = [path.name for path in nights.work.iterdir() if path.name.startswith(".reports")]
    expect(litter, [], "litter")
    return f"process {pid} ended by {with_signal.name}, old reports stood, second try published"


def wait_for_staging(nights: Nights, process: subprocess.Popen) -> Path:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        for path in nights.work.glob(".reports.staging-*"):
            report = path / "upcoming_renewals.csv"
            if report.exists() and report.stat().st_size > 0:
                return path
        time.sleep(0.001)
    raise SystemExit("the run did not begin to write")


def environment(directory: Path) -> Path:
    airflow = directory / "bin" / "airflow"
    if not airflow.exists():
        venv.create(directory, with_pip=True, clear=True)
        install = [directory / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]
        subprocess.run([*install, HERE / "requirements.txt"], check=True)
    return airflow


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, default=ROOT / "target" / "release" / "renewals")
    parser.add_argument("--venv", type=Path, help="environment with Airflow; made if it is missing")
    parser.add_argument("--logs", type=Path, help="directory for what Airflow says")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="renewals-airflow-") as temporary:
        work = Path(temporary)
        started = time.monotonic()
        airflow = environment((arguments.venv or work / "venv").absolute())
        nights = Nights(airflow, arguments.binary.resolve(), work / "nights", (arguments.logs or work / "logs").absolute())
        nights.prepare()
        print(f"{time.monotonic() - started:6.1f} s  Airflow is set up", flush=True)
        cases = [
            ("success", success),
            ("skip", skip),
            ("rejects", rejects),
            ("bad data", bad_data),
            ("busy", busy),
            ("SIGKILL", lambda nights: killed(nights, signal.SIGKILL, "2020-06-08")),
            ("SIGTERM", lambda nights: killed(nights, signal.SIGTERM, "2020-06-09")),
        ]
        for name, case in cases:
            started = time.monotonic()
            try:
                said = case(nights)
            except BaseException:
                for log in sorted(nights.logs.glob("*.log"), key=lambda path: path.stat().st_mtime)[-1:]:
                    sys.stderr.write(log.read_text()[-6000:])
                raise
            print(f"{time.monotonic() - started:6.1f} s  {name}: {said}", flush=True)
        print(f"{len(cases)} passed, 0 failed")


if __name__ == "__main__":
    main()
