"""Builds the crate with whatever it holds, and runs its tests against one mutant."""

import json
import os
import re
import resource
import signal
import subprocess

# Of processor time, so that a machine at work at something else makes no mutant look endless.
SECONDS_MAX = 30
BYTES_MAX = 4 << 30
# Values are the same from run to run, a mutant that was caught once is caught again, and failures leave nothing behind
# that would help to catch the next one.
ENVIRONMENT = os.environ | {"PROPTEST_RNG_SEED": "1", "PROPTEST_MAX_SHRINK_ITERS": "0",
                            "PROPTEST_DISABLE_FAILURE_PERSISTENCE": "1", "RUST_BACKTRACE": "0"}


def limit_tests():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MAX, SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES_MAX, BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def build(crate, **profile):
    """The program of the crate's tests, or None, and what the compiler said."""
    settings = {f"CARGO_PROFILE_DEV_{name.upper()}": value for name, value in profile.items()}
    command = ["cargo", "test", "--lib", "--no-run", "--quiet", "--message-format", "json"]
    built = subprocess.run(command, cwd=crate, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           env=os.environ | settings | {"RUSTC_WRAPPER": ""})
    messages = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    programs = [message["executable"] for message in messages
                if message["reason"] == "compiler-artifact" and message.get("executable")]
    compiler = [message["message"] for message in messages if message["reason"] == "compiler-message"]
    if built.returncode != 0 and not compiler:
        raise SystemExit(built.stderr)
    return (programs[-1] if built.returncode == 0 else None), compiler


def build_errors(messages, places):
    """The mutants on whose lines an error lies, the functions that must remain constant, and all else."""
    at_fault, constant, other = set(), set(), []
    for message in messages:
        if message["level"] != "error":
            continue
        callee = re.search(r"non-const (?:associated )?(?:function|method) `([^`]+)`", message["message"])
        lines = {places.get((span["file_name"], span["line_start"])) for span in message["spans"] if span["is_primary"]}
        if callee:
            constant.add(callee.group(1).rsplit("::", 1)[-1])
        elif lines - {None}:
            at_fault |= lines - {None}
        else:
            other.append(message["rendered"])
    return at_fault, constant, other


def try_tests(program, number, module):
    """What becomes of a mutant: first by the tests beside it, then by all."""
    for names in ([module, ""] if module else [""]):
        outcome = run_tests(program, number, names)
        if outcome != "missed":
            return outcome
    return "missed"


def run_tests(program, number, names):
    command = [program, "--test-threads", "1", *([names] if names else [])]
    with subprocess.Popen(command, env=ENVIRONMENT | {"MUTANT": str(number)}, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, preexec_fn=limit_tests) as tests:
        for line in tests.stdout:
            if line.rstrip().endswith("FAILED"):
                tests.kill()
                return "caught"
    if tests.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return "timeout"
    return "caught" if tests.returncode else "missed"
