#!/usr/bin/env bash
# Runs `ansible-test sanity` on a copy of the collection, offline too. Tests and scenarios are not part of it: the lint steps check them.
# Usage: run_sanity.sh [ansible-test [argument ...]]   the ansible-test of another venv, and what it shall be told
set -euo pipefail

checkout=$(cd "$(dirname "$0")/.." && pwd)
ansible_test=$(command -v "${1:-ansible-test}")
[ $# -eq 0 ] || shift
python=$(dirname "$ansible_test")/python

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
collections=$copy/ansible_collections
mkdir -p "$collections/gitpod/node_prep" "$collections/kubernetes"

# ansible-test wants the collection in a folder of its full name and inside a git repository: the files that git knows, and those that it would.
cd "$checkout"
{
  git ls-files -z --cached --others --exclude-standard -- . ':!molecule' ':!tests'
  printf 'tests/config.yml\0'
} | tar --create --null --files-from=- --ignore-failed-read --warning=no-failed-read |
  tar --extract --directory="$collections/gitpod/node_prep"
cd "$collections/gitpod/node_prep"
git init --quiet .
git add --all

# The documentation of modules extends that of this dependency.
if kubernetes=$("$python" -c 'import ansible_collections.kubernetes.core as found; print(found.__path__[0])' 2>/dev/null); then
  ln -s "$kubernetes" "$collections/kubernetes/core"
fi

# ansible-test bootstraps pip in its virtual environments with a script that it downloads; Python brings a pip of its own for that.
cache=$HOME/.ansible/test/cache
mkdir -p "$cache"
requirements=$("$python" -c 'import ansible_test._internal as found; print(found.__path__[0])')/python_requirements.py
sed -n "s/.*pip='\([0-9.]*\)'.*/\1/p" "$requirements" | while read -r version; do
  script=$cache/get_pip_${version//./_}.py
  [ -e "$script" ] || cat >"$script" <<'PYTHON'
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip"])
subprocess.check_call([sys.executable, "-m", "pip", "install"] + [word for word in sys.argv[1:] if not word.startswith("--no-")])
PYTHON
done

# ansible-test takes pyenv's shims for interpreters, also those of versions that are not switched on: let it find the real ones first.
if command -v pyenv >/dev/null; then
  PATH=$(printf '%s:' "$(pyenv root)"/versions/*/bin)$PATH
fi

"$ansible_test" sanity --requirements --color no "$@"
