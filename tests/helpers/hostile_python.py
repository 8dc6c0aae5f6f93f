#!/usr/bin/python3
"""A Python of a node that belongs to somebody else: whatever a module answers, every text in it is replaced by the one in /run/payload.

It stays a finding where it was one: the names of statuses and of phases are left, so that the answer is taken as far as it goes.
"""

import json
import subprocess
import sys

KEPT = ("status", "phase", "state", "protocol", "container_runtime")


def planted(value, payload):
    if isinstance(value, str):
        return payload
    if isinstance(value, list):
        return [planted(item, payload) for item in value]
    if isinstance(value, dict):
        return {key: item if key in KEPT and isinstance(item, str) else planted(item, payload) for key, item in value.items()}
    return value


def main():
    done = subprocess.run(["/usr/bin/python3", *sys.argv[1:]], stdin=sys.stdin, capture_output=True, text=True, check=False)
    with open("/run/payload", encoding="utf-8") as stream:
        payload = stream.read()
    try:
        answer = json.dumps({**planted(json.loads(done.stdout), payload), "ansible_facts": {"node_prep_artifacts": "/run/elsewhere"}})
    except ValueError:
        answer = done.stdout
    sys.stdout.write(answer)
    sys.stderr.write(done.stderr)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
