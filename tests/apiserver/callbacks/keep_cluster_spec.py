"""Keeps what the module cluster_spec returned in a run, in the file that KEEP_CLUSTER_SPEC names; the terminal shows what a user sees."""

import json
import os
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: keep_cluster_spec
type: aggregate
short_description: keeps the result of cluster_spec
description: For tests.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "keep_cluster_spec"

    def v2_runner_on_ok(self, result):
        if result._task.action.endswith("cluster_spec"):
            Path(os.environ["KEEP_CLUSTER_SPEC"]).write_text(json.dumps(result._result))
