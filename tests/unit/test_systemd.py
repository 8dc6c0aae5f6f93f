"""What `systemctl show` prints."""

from ansible_collections.gitpod.node_prep.plugins.module_utils import _systemd


def test_one_unit():
    assert _systemd.properties_of("LoadState=loaded\nExecStart={ path=/usr/bin/x ; argv[]=a=b }\n\n") == {
        "LoadState": "loaded",
        "ExecStart": "{ path=/usr/bin/x ; argv[]=a=b }",
    }


def test_several_units():
    text = "Id=a.service\nSubState=dead\n\nSubState=nobody's\n\nId=b.service\nnonsense\n"
    assert _systemd.units_of(text) == {"a.service": {"Id": "a.service", "SubState": "dead"}, "b.service": {"Id": "b.service"}}
