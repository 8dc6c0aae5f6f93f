"""Runs a module of the collection in this process, through AnsibleModule, as Ansible would."""

import contextlib
import json
from unittest import mock

import pytest
from ansible.module_utils import basic


@contextlib.contextmanager
def given(arguments):
    """AnsibleModule finds these arguments."""
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # ansible-core before 2.17
        with mock.patch.object(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()):
            yield
    else:
        with patch_module_args(arguments):
            yield


def run(main, capsys, *, check=False, **arguments):
    """The result of the module as a dict; ``warnings`` is the list of what it warned about.

    :param main: the module's function ``main``.
    :param check: whether it runs in check mode.
    """
    warnings = []
    # In a process that is a control node too, as that of the tests, warnings would go to the screen.
    warn = mock.patch.object(basic.AnsibleModule, "warn", lambda _module, text: warnings.append(text))
    with warn, given({**arguments, "_ansible_check_mode": check}), pytest.raises(SystemExit):
        main()
    return {**json.loads(capsys.readouterr().out), "warnings": warnings}
