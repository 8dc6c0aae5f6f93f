"""A signal that comes while a plugin is being started ends the plugin too."""

import os
import signal
import subprocess

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._deadline import Deadline
from ansible_collections.gitpod.node_prep.plugins.module_utils._interruption import Interrupted, interruptible, signals_held
from ansible_collections.gitpod.node_prep.plugins.module_utils._kube import plugin


def test_a_plugin_that_was_just_started_is_killed(monkeypatch):
    started = []

    class Popen(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self.pid)
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(plugin.subprocess, "Popen", Popen)
    with pytest.raises(Interrupted, match="interrupted by signal 15"), interruptible():
        plugin._run(["sleep", "60"], dict(os.environ), "", Deadline(30))
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_a_signal_acts_at_the_end_of_the_block():
    done = []
    with pytest.raises(Interrupted), interruptible():
        with signals_held():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("all of it")
        done.append("never")
    assert done == ["all of it"]
