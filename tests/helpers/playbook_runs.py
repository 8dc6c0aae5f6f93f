"""Runs ansible-playbook many times, for the price of importing ansible-core once: each run is a fork of this program.

Usage: <a Python that has ansible-core> playbook_runs.py   reads a JSON list of lists of arguments, writes a JSON list of [exit status, output]
"""

import json
import os
import sys
import tempfile

from ansible.cli.playbook import PlaybookCLI


def run(arguments):
    with tempfile.TemporaryFile() as output:
        child = os.fork()
        if not child:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            status = 1
            try:
                PlaybookCLI.cli_executor(["ansible-playbook", *arguments])
            except SystemExit as end:
                status = end.code or 0
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        _pid, status = os.waitpid(child, 0)
        output.seek(0)
        return os.waitstatus_to_exitcode(status), output.read().decode(errors="replace")


if __name__ == "__main__":
    json.dump([run(arguments) for arguments in json.load(sys.stdin)], sys.stdout)
