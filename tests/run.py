"""`make test`: every check of the project, a line per step with its time; the output of each is in build/logs/.

Usage: run.py [step ...]   without a step, all of them; a name that begins a step's name selects it (`molecule` selects every scenario)
"""

import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
LOGS = CHECKOUT / "build" / "logs"
STEP_LIMIT = 20 * 60  # seconds
# These wait for their nodes as often as they compute, and each has a lab of its own.
SIDE_BY_SIDE = ("oldest ansible-core", "vm", "contract", "integration", "molecule")
LANES = 2
PYTEST = ("python", "-m", "pytest")


def steps():
    """Name and command of every step, cheap ones first."""
    scripts = sorted(str(path.relative_to(CHECKOUT)) for folder in ("tests", "roles", "molecule") for path in (CHECKOUT / folder).rglob("*.sh"))
    vermin = ("vermin", "--no-tips", "-vvv", "--violations")
    yield "lint yaml", ("yamllint", "--strict", ".")
    yield "lint python", ("ruff", "check", ".")
    yield "lint format", ("ruff", "format", "--check", ".")
    # Modules run on the nodes; the other plugins on the controller, with the oldest Python that ansible-core 2.16 takes.
    yield "lint python 3.6", (*vermin, "--target=3.6-", "plugins/modules", "plugins/module_utils")
    yield "lint python 3.10", (*vermin, "--target=3.10-", "plugins/action", "plugins/doc_fragments", "plugins/filter", "plugins/lookup")
    yield "lint shell", ("shellcheck", ".ci/run", *scripts)
    yield "lint ansible", ("ansible-lint", "--offline", "--strict")
    # Without the ceiling it would take the collections in .venv for a part of this repository and find them empty.
    yield "lint docs", ("env", f"GIT_CEILING_DIRECTORIES={CHECKOUT}", "antsibull-docs", "lint-collection-docs", "--plugin-docs", ".")
    yield "unit", (*PYTEST, "tests/unit", "--numprocesses", "2")
    yield "sanity", ("tests/run_sanity.sh",)
    yield "browser", (*PYTEST, "tests/browser")
    yield "oldest ansible-core", ("tests/oldest.sh",)
    if shutil.which("qemu-system-x86_64"):
        yield "vm", (*PYTEST, "tests/vm")
    yield "contract", (*PYTEST, "tests/contract")
    for path in sorted((CHECKOUT / "tests" / "integration").glob("test_*.py")):
        yield f"integration {path.stem.removeprefix('test_')}", (*PYTEST, str(path))
    for scenario in sorted((CHECKOUT / "molecule").glob("*/molecule.yml")):
        name = scenario.parent.name
        yield f"molecule {name}", ("molecule", "test", "--scenario-name", name)


def run(name, command):
    """Runs a step; returns whether it passed."""
    log = LOGS / (name.replace(" ", "-") + ".log")
    start = time.monotonic()
    with log.open("w") as output:
        try:
            code = subprocess.run(command, cwd=CHECKOUT, stdout=output, stderr=subprocess.STDOUT, timeout=STEP_LIMIT).returncode
        except subprocess.TimeoutExpired:
            code = f"stopped after {STEP_LIMIT} s"
    report = [f"{'ok' if code == 0 else 'FAILED':7} {time.monotonic() - start:6.1f} s  {name}"]
    if code != 0:
        report.append(f"        exit status {code}; the end of {log.relative_to(CHECKOUT)}:")
        report += [f"        | {line}" for line in log.read_text(errors="replace").splitlines()[-80:]]
    print("\n".join(report), flush=True)
    return code == 0


def main(selected):
    LOGS.mkdir(parents=True, exist_ok=True)
    chosen = [(name, command) for name, command in steps() if not selected or any(name.startswith(s) for s in selected)]
    if not chosen:
        sys.exit(f"no step begins with {' or '.join(selected)}; the steps are: {', '.join(name for name, _ in steps())}")
    start = time.monotonic()
    with ThreadPoolExecutor(LANES) as lanes:
        alone = [run(*step) for step in chosen if not step[0].startswith(SIDE_BY_SIDE)]
        passed = sum(alone) + sum(lanes.map(lambda step: run(*step), (step for step in chosen if step[0].startswith(SIDE_BY_SIDE))))
    print(f"\nall steps: {time.monotonic() - start:.0f} s")
    print(f"{passed} passed, {len(chosen) - passed} failed")
    return 0 if passed == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
