"""Nothing that a node says is run on the control node, understood as a keyword, or reaches the terminal unescaped.

One node plants a template, escape sequences and odd words wherever it can: in its profile, its os-release, its identity, its kubeconfig, its token,
and in every text of every answer of a module. The oldest and the newest ansible-core that the tests have are asked about it.
"""

import json
import os
import subprocess
from pathlib import Path

import lab
import pytest
import yaml
from playbook import CHECKOUT, play

LAB = "hostile"
NODES = {"meta-1": ["meta"], "workspace-1": ["workspace"], "workspace-2": ["workspace"]}
ESCAPE = "\x1b"
# Words that were once searched for in what a node prints, and what bootstrap reads of a node.
BANNER = "This machine is intended for staff. Authorised use only. present active pending ended"
OLDEST = CHECKOUT / ".cache" / "oldest" / "bin"
CORES = {"newest": "", "oldest": f"{OLDEST}:"}
TOKEN_PLAY = """
- name: Read the token
  hosts: meta-1
  gather_facts: false
  tasks:
    - name: Read the token that the server made
      ansible.builtin.include_role:
        name: gitpod.node_prep.k3s
        tasks_from: token

    - name: Use it
      ansible.builtin.debug:
        msg: "{{ k3s_server_token | length }}"
"""


def on(node, script):
    return lab.podman("exec", lab.container(LAB, node), "sh", "-c", script)


def put(node, path, text):
    """Writes a file on a node, whatever is in it."""
    command = ("podman", "exec", "--interactive", lab.container(LAB, node), "sh", "-c", f"mkdir -p $(dirname {path}) && cat > {path}")
    subprocess.run(command, input=text.encode(), check=True)


@pytest.fixture(scope="module")
def inventory():
    lab.down(LAB)
    yield lab.up(LAB, NODES)
    lab.down(LAB)


@pytest.fixture(params=CORES, ids=CORES)
def core(request, monkeypatch):
    if request.param == "oldest":
        subprocess.run((CHECKOUT / "tests" / "oldest_venv.sh",), check=True)
    monkeypatch.setenv("PATH", CORES[request.param] + os.environ["PATH"])
    return request.param


@pytest.fixture
def marker(tmp_path):
    """The file that a template which is rendered makes on the control node."""
    return tmp_path / "rendered"


def template(marker):
    return f'{{{{lookup("ansible.builtin.pipe","touch\t{marker}")}}}}'


def with_variables(inventory, folder, **variables):
    """The inventory with more variables of workspace-1."""
    changed = yaml.safe_load(inventory.read_text())
    changed["all"]["hosts"]["workspace-1"].update(variables)
    path = folder / "hosts.yml"
    path.write_text(yaml.safe_dump(changed))
    return path


def assert_harmless(run, marker):
    assert not marker.exists(), run.output
    assert ESCAPE not in run.output
    assert "\u202e" not in run.output


def report_of(inventory):
    return json.loads((inventory.parent / "artifacts" / "report.json").read_text())


def test_every_text_of_every_answer_is_a_template(inventory, core, marker, tmp_path):
    put("workspace-1", "/usr/local/bin/hostile-python", (CHECKOUT / "tests/helpers/hostile_python.py").read_text())
    on("workspace-1", "chmod +x /usr/local/bin/hostile-python")
    put("workspace-1", "/run/payload", f"{template(marker)}{ESCAPE}[31m\u202e")
    hosts = with_variables(inventory, tmp_path, ansible_python_interpreter="/usr/local/bin/hostile-python")
    run = play("playbooks/verify.yml", hosts)
    assert_harmless(run, marker)
    # It is shown, as the text that it is.
    page = (inventory.parent / "artifacts" / "report.html").read_text()
    assert "lookup(" in page and ESCAPE not in page
    assert {node["name"] for node in report_of(inventory)["nodes"]} == set(NODES)
    assert_harmless(play("playbooks/site.yml", hosts, "--check"), marker)
    assert_harmless(play("playbooks/prepare.yml", hosts, "-vvv"), marker)


def test_no_answer_is_taken_for_variables(inventory, core, marker, tmp_path):
    """With that limit the control node works in the name of the hostile node, which answers with another place for the report."""
    run = play(
        "playbooks/verify.yml", with_variables(inventory, tmp_path, ansible_python_interpreter="/usr/local/bin/hostile-python"), "--limit", "workspace-1"
    )
    assert_harmless(run, marker)
    assert not Path("/run/elsewhere").exists()
    assert str(inventory.parent / "artifacts" / "report.json") in run.output


def test_profiles_identity_and_os_release(inventory, core, marker):
    plant = template(marker)
    on("workspace-2", "cp -p /etc/machine-id /run/machine-id; cp -p /etc/os-release /run/os-release; cp -p /root/.bashrc /run/bashrc")
    put("workspace-2", "/etc/machine-id", plant)
    put("workspace-2", "/root/.bashrc", f"printf '%s\\n' '{BANNER}' 'x {plant}' '{ESCAPE}[31m' 'python /usr/bin/{plant} 3.11 yes' 'os {plant} {plant}'\n")
    # It is sourced on the node, where it may do what it likes, and says so between the marks.
    release = on("workspace-2", "cat /run/os-release")
    put("workspace-2", "/etc/os-release", f"{release}\necho 'python /usr/bin/{plant} 3.11 yes'; echo 'os {plant} 20.04'; printf '{ESCAPE}[31m'\n")
    try:
        # Such a banner keeps ansible-core 2.16 from finding the interpreter by itself.
        run = play("playbooks/verify.yml", inventory, "-e", "ansible_python_interpreter=/usr/bin/python3")
        assert_harmless(run, marker)
        assert run.code == 2, run.output
        assert "Machine id" in run.output, run.output
        assert_harmless(play("playbooks/prepare.yml", inventory, "--check"), marker)
    finally:
        on("workspace-2", "cp -p /run/machine-id /etc/machine-id; cp -p /run/os-release /etc/os-release; cp -p /run/bashrc /root/.bashrc")


def test_a_banner_changes_no_verdict(inventory):
    """`ended` stands in `intended`: a blocked port was once unknown on a node with such a banner, and that is no failure."""
    rule = "INPUT --protocol tcp --dport 8080 --jump DROP"
    on("workspace-2", f"iptables --append {rule}; cp -p /root/.bashrc /run/bashrc")
    put("workspace-2", "/root/.bashrc", f"echo '{BANNER}'\n")
    try:
        run = play("playbooks/verify.yml", inventory)
    finally:
        on("workspace-2", f"iptables --delete {rule}; cp -p /run/bashrc /root/.bashrc")
    assert run.code == 2, run.output
    (found,) = [item for item in report_of(inventory)["node_findings"] if item["id"] == "reachability" and item["node"] == "workspace-2"]
    assert (found["status"], "TCP 8080 on workspace-2" in found["found"]) == ("fail", True)


@pytest.mark.parametrize("text", ["exec", "template"])
def test_the_kubeconfig_of_a_server_runs_nothing(inventory, core, marker, text):
    texts = {
        "exec": yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "default", "cluster": {"server": "https://127.0.0.1:6443", "certificate-authority-data": "QQ=="}}],
                "users": [
                    {
                        "name": "default",
                        "user": {"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "touch", "args": [str(marker)]}},
                    }
                ],
            }
        ),
        "template": f"clusters: '{template(marker)}'\n{ESCAPE}",
    }
    put("meta-1", "/etc/rancher/k3s/k3s.yaml", texts[text])
    try:
        run = play("playbooks/verify.yml", inventory)
        labels = play("playbooks/labels.yml", inventory)
    finally:
        on("meta-1", "rm -r /etc/rancher")
    for result in (run, labels):
        assert_harmless(result, marker)
        assert result.code == 2
    assert "/etc/rancher/k3s/k3s.yaml there cannot be used" in " ".join(run.output.split())


def test_the_token_of_a_server_is_text(inventory, core, marker, tmp_path):
    put("meta-1", "/var/lib/rancher/k3s/server/token", template(marker) + "\n")
    path = tmp_path / "token.yml"
    path.write_text(TOKEN_PLAY)
    try:
        run = play(path, inventory, "-vvv")
    finally:
        on("meta-1", "rm -r /var/lib/rancher/k3s")
    assert run.code == 0, run.output
    assert str(len(template(marker))) in run.output
    assert_harmless(run, marker)
