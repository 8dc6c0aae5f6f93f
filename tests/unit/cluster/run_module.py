"""Runs a module of the collection in this process, through AnsibleModule, as Ansible would."""

import contextlib
import json
from unittest import mock

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings


@contextlib.contextmanager
def _arguments(arguments):
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # ansible-core before 2.17
        with mock.patch.object(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()):
            yield
    else:
        with patch_module_args(arguments):
            yield


def run(main, capsys, *, check=False, **arguments):
    """The result of the module as a dict.

    :param main: the module's function ``main``.
    :param check: whether it runs in check mode.
    """
    warnings._global_warnings.clear()  # kept by AnsibleModule for the whole process, which usually is one module
    with _arguments({**arguments, "_ansible_check_mode": check}), pytest.raises(SystemExit):
        main()
    return json.loads(capsys.readouterr().out)
