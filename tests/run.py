"""`make test`: every check of the project, a line per step with its time; the output of each is in build/logs/.

Usage: run.py [step ...]   without a step, all of them; a name that begins a step's name selects it (`molecule` selects every scenario)

The last line counts what passed, failed and was skipped; before it stands a line `skipped  <name>: <reason>` for each step that cannot be run
here, and for each test that a step left out.
"""

import contextlib
import itertools
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import steps

CHECKOUT = Path(__file__).resolve().parent.parent
LOGS = CHECKOUT / "build" / "logs"
STEP_LIMIT = 45 * 60  # seconds; many times what a step takes, for a machine with other work
GRACE = 30  # seconds in which a step that is told to stop may remove its nodes
LANES = 2
running = set()
LEFT_OUT = re.compile(r"^SKIPPED \[\d+\] (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    passed: int = 0
    failed: int = 0
    skipped: tuple = ()

    def __add__(self, other):
        return Outcome(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)


def run(step):
    """Runs a step, prints its line, returns its Outcome."""
    if step.missing:
        return Outcome(skipped=(f"{step.name}: {step.missing}",))
    log = LOGS / (step.name.replace(" ", "-") + ".log")
    start = time.monotonic()
    code = execute(step.command, log, os.environ | step.environment, STEP_LIMIT)
    output = log.read_text(errors="replace")
    report = [f"{'ok' if code == 0 else 'FAILED':7} {time.monotonic() - start:6.1f} s  {step.name}"]
    if code != 0:
        report.append(f"        exit status {code}; the end of {log.relative_to(CHECKOUT)}:")
        report += [f"        | {line}" for line in output.splitlines()[-80:]]
    print("\n".join(report), flush=True)
    return Outcome(int(code == 0), int(code != 0), tuple(f"{step.name}: {found}" for found in LEFT_OUT.findall(output)))


def execute(command, log, environment, limit):
    """Runs a command in a process group of its own; its exit status, or in words that it was stopped."""
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        running.add(process)
        try:
            return process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            return f"stopped after {limit} s"
        finally:
            running.discard(process)
            if process.returncode is None:
                end(process)


def end(process):
    """Ends a process with all of its group: first as Ctrl-C does, so that it can clean up, then without asking."""
    with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=GRACE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run_all(chosen):
    """The Outcome of all steps, in their order: neighbours that may run side by side do so, in lanes."""
    total = Outcome()
    for side_by_side, group in itertools.groupby(chosen, key=lambda step: step.side_by_side):
        lanes = ThreadPoolExecutor(LANES if side_by_side else 1)
        try:
            for outcome in lanes.map(run, group):
                total += outcome
        finally:
            # After the last step nothing is left to cancel or to end; after Ctrl-C there is.
            lanes.shutdown(wait=False, cancel_futures=True)
            for process in list(running):
                end(process)
    return total


def closing(outcome):
    """What stands below the steps; the last line is for programs too."""
    counts = f"{outcome.passed} passed, {outcome.failed} failed"
    if outcome.skipped:
        counts += f", {len(outcome.skipped)} skipped"
    return "\n".join([*(f"skipped  {line}" for line in outcome.skipped), counts])


def main(selected):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    # A shell starts what runs in its background deaf to SIGINT, and the steps, which are ended with it, would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    source = steps.k3s_source.find()
    print(f"The tests use {source.words}.", flush=True)
    every = steps.steps(source)
    chosen = [step for step in every if not selected or any(step.name.startswith(name) for name in selected)]
    if not chosen:
        sys.exit(f"no step begins with {' or '.join(selected)}; the steps are: {', '.join(step.name for step in every)}")
    LOGS.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    outcome = run_all(chosen)
    print(f"\nall steps: {time.monotonic() - start:.0f} s\n{closing(outcome)}", flush=True)
    return 1 if outcome.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
