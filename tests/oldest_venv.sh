#!/usr/bin/env bash
# The oldest ansible-core that is supported, in .cache/oldest; made where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=$PWD/.cache/oldest
[ ! -e "$venv/.done" ] || exit 0
# Two tests may want it at the same time.
mkdir -p .cache
exec 9>.cache/oldest.lock
flock 9
if [ ! -e "$venv/.done" ]; then
  python -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check 'ansible-core~=2.16.0' 'ansible~=9.0' jmespath kubernetes
  touch "$venv/.done"
fi
