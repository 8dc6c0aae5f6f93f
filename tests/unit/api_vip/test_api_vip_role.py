"""What the role makes of its variables: the configuration of keepalived."""

import re
from pathlib import Path

import yaml
from jinja2 import Environment, StrictUndefined

ROLE = Path(__file__).resolve().parents[3] / "roles" / "api_vip"
TEMPLATE = Environment(undefined=StrictUndefined, trim_blocks=True).from_string((ROLE / "templates" / "keepalived.conf.j2").read_text())


def rendered(peers=("10.0.0.12", "10.0.0.13"), address="10.0.0.100", **differs):
    result = {"interface": "eth0", "node_ip": "10.0.0.11", "peers": list(peers), "priority": 254, **differs}
    script = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["__api_vip_script"]
    return TEMPLATE.render(api_vip_result=result, api_vip_address=address, api_vip_router_id=51, __api_vip_script=script)


def block(text, name):
    """The lines of a block in braces, without comments."""
    lines = re.search(rf"^( *){name} {{\n(.*?)^\1}}", text, re.DOTALL | re.MULTILINE).group(2).splitlines()
    return [line.strip() for line in lines if not line.strip().startswith("#")]


def test_servers_talk_to_each_other_alone():
    text = rendered()
    assert block(text, "unicast_peer") == ["10.0.0.12", "10.0.0.13"]
    assert "unicast_src_ip 10.0.0.11" in block(text, "vrrp_instance kubernetes_api")
    assert "vrrp_check_unicast_src" in block(text, "global_defs")
    assert "mcast" not in text


def test_a_server_alone_talks_to_a_group_of_its_own():
    text = rendered(peers=())
    assert "unicast_" not in "\n".join(block(text, "vrrp_instance kubernetes_api"))
    assert "vrrp_mcast_group4 239.255.112.51" in block(text, "global_defs")


def test_the_address_alone_and_nobody_takes_it_back():
    text = rendered(address=" 10.0.0.100 ", interface="bond0.12", priority=188)
    instance = block(text, "vrrp_instance kubernetes_api")
    assert block(text, "virtual_ipaddress") == ["10.0.0.100/32 dev bond0.12"]
    assert {"state BACKUP", "nopreempt", "interface bond0.12", "priority 188", "virtual_router_id 51"} <= set(instance)
    assert block(text, "track_script") == ["api_answers", "api_ready"]


def test_scripts_are_run_only_where_nobody_but_root_may_change_them():
    assert {"enable_script_security", "script_user root"} <= set(block(rendered(), "global_defs"))


def test_no_password():
    assert not re.search(r"auth_|password {", rendered())


def test_it_shows_whose_it_is():
    for path in [*ROLE.glob("templates/*"), *ROLE.glob("files/*.py")]:
        assert "gitpod.node_prep" in path.read_text()[:1024], path
