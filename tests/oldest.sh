#!/usr/bin/env bash
# The oldest ansible-core that is supported: its sanity tests, and the main job run by it.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=$PWD/.cache/oldest
tests/oldest_venv.sh
tests/run_sanity.sh "$venv/bin/ansible-test"
# In a lab of its own, since the newest ansible-core may be at the same job.
PATH=$venv/bin:$PATH MAIN_JOB_LAB=oldest .venv/bin/python -m pytest tests/integration/test_main_job.py -k 'fresh or first or second'
