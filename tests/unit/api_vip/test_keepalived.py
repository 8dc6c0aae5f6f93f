"""Whose keepalived lies on a machine."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._api_vip import keepalived

OURS = """# Written by the role api_vip of gitpod.node_prep; changes are overwritten.
vrrp_instance a {
  virtual_ipaddress {
    10.0.0.100/32 dev eth0
  }
}
"""


@pytest.mark.parametrize(
    ("config", "foreign"),
    [
        ("", False),
        ("\n  \n# nothing\n! is said here\n", False),
        (OURS, False),
        ("vrrp_instance mine {\n}\n", True),
        ("# a comment\n\nglobal_defs {\n}\n", True),
        ("#" * 2000 + "\n" + OURS.replace("\n", " x\n"), True),
    ],
)
def test_whose_it_is(config, foreign):
    assert keepalived.is_foreign(config) is foreign
    assert bool(keepalived.obstacles(config, "")) is foreign


@pytest.mark.parametrize(
    ("defaults", "other"),
    [
        ("", False),
        ('# Options\nDAEMON_ARGS=""\n', False),
        ('DAEMON_ARGS="--vrrp --log-detail"\n', False),
        ('#DAEMON_ARGS="-f /etc/mine.conf"\n', False),
        ('DAEMON_ARGS="-f /etc/mine.conf"\n', True),
        ("DAEMON_ARGS='-P --use-file=/etc/mine.conf'\n", True),
        ("DAEMON_ARGS=-f/etc/mine.conf\n", True),
        ('DAEMON_ARGS="-f /etc/mine.conf"\nDAEMON_ARGS=""\n', False),
        ('DAEMON_ARGS="--no-file --log-file=/x"\n', False),
    ],
)
def test_whether_it_reads_another_file(defaults, other):
    assert keepalived.names_another_file(defaults) is other
    assert bool(keepalived.obstacles(OURS, defaults)) is other


def test_what_to_do_is_said_once():
    (sentence,) = keepalived.obstacles("mine", 'DAEMON_ARGS="-f x"')
    assert sentence.startswith("/etc/keepalived/keepalived.conf was not written by this collection")
    assert "k3s_api_host instead of node_prep_api_vip" in sentence


def test_which_address_a_configuration_of_ours_is_about():
    assert keepalived.carries(OURS, "10.0.0.100")
    assert not keepalived.carries(OURS, "10.0.0.10")
    assert not keepalived.carries(OURS.replace("gitpod.node_prep", "somebody else"), "10.0.0.100")
