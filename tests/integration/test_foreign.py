"""What somebody else has put on the nodes and on the control node is named, all in one message, and nothing of it is touched.

Then a K3s in the layout of its own install script is taken over (`k3s_adopt`). Every K3s here is the lab's; the stand-in does not read what the script sets up.
"""

import re
from urllib.parse import quote

import k3s_source
import lab
import pytest
import yaml
from lab_api import request
from playbook import site

LAB = "foreign"
NODES = {"meta-1": ["meta"], "workspace-1": ["workspace"]}
# All that a run could change, or what somebody else could have there. A K3s that runs writes to /var/lib/rancher.
STATE = "find /etc /usr/local /opt {} -xdev \\( -type f -exec sha256sum {{}} + \\) -o -printf '%p %l %m %u\\n' | sort | sha256sum"
CONTAINERD = "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends containerd iptables > /dev/null"

ON_META = r"""
mkdir -p /opt/user /etc/cni/net.d /etc/rancher/k3s/config.yaml.d /etc/systemd/system/k3s.service.d
printf '#!/bin/sh\necho mine\n' > /opt/user/kubectl && chmod +x /opt/user/kubectl && ln -s /opt/user/kubectl /usr/local/bin/kubectl
echo '{"cniVersion": "0.3.1", "name": "old", "type": "bridge"}' > /etc/cni/net.d/05-bridge.conf
echo 'flannel-backend: vxlan' > /etc/rancher/k3s/config.yaml.d/99-local.yaml
printf '[Service]\nExecStart=\nExecStart=/opt/user/k3s server\n' > /etc/systemd/system/k3s.service.d/override.conf
echo 'net.ipv4.conf.all.forwarding = 0' > /etc/sysctl.d/99-zzz-x.conf
"""
# As https://get.k3s.io leaves it, with a program that runs nothing.
INSTALLED = r"""
printf '#!/bin/sh\necho "k3s version v1.20.4+k3s1 (838a906a)"\n' > /usr/local/bin/k3s && chmod +x /usr/local/bin/k3s
for name in kubectl crictl ctr; do ln -s k3s /usr/local/bin/$name; done
printf '#!/bin/sh\n' | tee /usr/local/bin/k3s-killall.sh > /usr/local/bin/k3s-agent-uninstall.sh
printf '[Service]\nType=exec\nEnvironmentFile=-/etc/systemd/system/k3s-agent.service.env\nExecStart=/usr/local/bin/k3s \\\n    agent \\\n\n' \
  > /etc/systemd/system/k3s-agent.service
echo 'K3S_URL=https://192.0.2.1:6443' > /etc/systemd/system/k3s-agent.service.env
"""
OTHER_CLUSTER = """
apiVersion: v1
kind: Config
clusters: [{name: production, cluster: {server: "https://192.0.2.1:6443", certificate-authority-data: Y2E=}}]
contexts: [{name: production, context: {cluster: production, user: admin}}]
users: [{name: admin, user: {token: s3cret-token}}]
current-context: production
"""
NAMED = (
    "/usr/local/bin/kubectl is a link to /opt/user/kubectl",
    "/etc/cni/net.d/05-bridge.conf",
    "/etc/rancher/k3s/config.yaml.d/99-local.yaml sets flannel-backend",
    "/etc/systemd/system/k3s.service.d/override.conf sets ExecStart",
    "/etc/sysctl.d/99-zzz-x.conf",
    "K3s v1.20.4+k3s1 of somebody else",
    "/usr/local/bin/k3s-agent-uninstall.sh",
    "is a kubeconfig of somebody else for another cluster",
)


def on(node, command):
    return lab.podman("exec", lab.container(LAB, node), "sh", "-c", command)


def state(*more):
    return {node: on(node, STATE.format(" ".join(more))) for node in NODES}


@pytest.fixture(scope="module")
def inventory():
    lab.down(LAB)
    yield lab.up(LAB, NODES)
    lab.down(LAB)


def with_variables(inventory, path, **variables):
    changed = yaml.safe_load(inventory.read_text())
    changed["all"]["vars"].update(variables)
    path.write_text(yaml.safe_dump(changed))
    return path


@pytest.mark.parametrize("mode", [(), ("--check", "--diff")], ids=["run", "check"])
def test_all_of_it_is_named_in_one_message_and_nothing_is_touched(inventory, tmp_path, mode):
    if not mode:
        on("meta-1", ON_META)
        on("workspace-1", INSTALLED)
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(OTHER_CLUSTER)
    before = state("/var/lib/rancher")
    run = site(with_variables(inventory, tmp_path / "hosts.yml", node_prep_kubeconfig=str(kubeconfig)), *mode)
    assert run.code == 2, run.output
    assert run.output.count("fatal:") == 1
    message = " ".join(run.output[run.output.index("fatal:") :].split())
    for named in NAMED:
        assert named in message
    assert "s3cret-token" not in run.output
    assert state("/var/lib/rancher") == before
    assert kubeconfig.read_text() == OTHER_CLUSTER


@pytest.fixture(scope="module")
def of_its_script(inventory):
    """Two nodes anew, with a K3s that looks as if its own script had installed it, on containerd and without a network of its own."""
    source = k3s_source.find()
    if not source.binary:
        pytest.skip("it needs a real K3s on this machine: name one with LAB_K3S, or put releases into ../shared/k3s")
    lab.down(LAB)
    lab.up(LAB, NODES)
    variables = yaml.safe_load(inventory.read_text())["all"]["vars"]
    version = variables["k3s_version"]
    url = f"{variables['k3s_release_url']}/{quote(version)}/k3s"
    on("meta-1", CONTAINERD)
    on("meta-1", f"python3 -c \"import urllib.request; urllib.request.urlretrieve('{url}', '/usr/local/bin/k3s')\" && chmod 755 /usr/local/bin/k3s")
    on("meta-1", LAYOUT)
    on("meta-1", "systemctl daemon-reload && systemctl enable --now k3s")
    on("meta-1", "timeout 120 sh -c 'until k3s kubectl get node meta-1 > /dev/null 2>&1; do sleep 1; done'")
    on("meta-1", "k3s kubectl create configmap keepsake --from-literal=who=me")
    return with_variables(inventory, inventory.parent / "of_its_script.yml", k3s_kubelet_args=["max-pods=120"])


LAYOUT = r"""
for name in kubectl crictl ctr; do ln -sf k3s /usr/local/bin/$name; done
printf '#!/bin/sh\nsystemctl stop k3s\n' | tee /usr/local/bin/k3s-killall.sh > /usr/local/bin/k3s-uninstall.sh && chmod +x /usr/local/bin/k3s-*.sh
: > /etc/systemd/system/k3s.service.env
cat > /etc/systemd/system/k3s.service <<'UNIT'
[Unit]
Description=Lightweight Kubernetes
After=network-online.target

[Install]
WantedBy=multi-user.target

[Service]
Type=notify
EnvironmentFile=-/etc/default/%N
EnvironmentFile=-/etc/sysconfig/%N
EnvironmentFile=-/etc/systemd/system/k3s.service.env
KillMode=process
Delegate=yes
LimitNOFILE=1048576
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=5s
ExecStart=/usr/local/bin/k3s \
    server \
        '--flannel-backend' \
        'none' \
        '--disable-network-policy' \
        '--disable' \
        'traefik' \
        '--container-runtime-endpoint' \
        'unix:///run/containerd/containerd.sock' \
        '--kubelet-arg=cgroup-driver=cgroupfs' \
        '--kubelet-arg=max-pods=120' \
        '--kube-proxy-arg=conntrack-max-per-core=0' \

UNIT
"""


def facts():
    """What must outlive the change of hands: the node, an object and the token."""
    node = on("meta-1", "k3s kubectl get node meta-1 -o jsonpath={.metadata.uid}")
    keepsake = on("meta-1", "k3s kubectl get configmap keepsake -o jsonpath={.metadata.uid}{.data.who}")
    return node, keepsake, on("meta-1", "cat /var/lib/rancher/k3s/server/token")


def test_a_k3s_of_somebody_else_is_refused(of_its_script):
    before = state(), facts()
    run = site(of_its_script)
    assert run.code == 2, run.output
    message = " ".join(run.output.split())
    assert re.search(r"K3s v1\.21\.\d\+k3s1 of somebody else", message)
    assert "set `k3s_adopt: true` to take it over with all its data" in message, run.output
    assert (state(), facts()) == before


def test_what_would_be_lost_is_named(of_its_script):
    run = site(of_its_script, "-e", '{"k3s_adopt": true, "k3s_kubelet_args": [], "k3s_disable": ["traefik", "local-storage"]}')
    assert run.code == 2, run.output
    message = " ".join(run.output.split())
    assert "it sets kubelet-arg, which would be lost" in message
    assert "local-storage of K3s would be removed with all that belongs to it: leave it out of k3s_disable" in message


def test_it_is_taken_over_with_all_its_objects(of_its_script):
    before = facts()
    run = site(with_variables(of_its_script, of_its_script.parent / "adopt.yml", k3s_adopt=True))
    assert run.code == 0, run.output
    assert facts() == before
    assert on("meta-1", "readlink -f /usr/local/bin/k3s").startswith("/opt/k3s/")
    kept = on("meta-1", "ls /etc/systemd/system/*.before-node-prep* /usr/local/bin/*.before-node-prep*")
    for name in ("k3s.service.before-node-prep", "k3s-uninstall.sh.before-node-prep"):
        assert name in kept
    assert on("meta-1", "systemctl is-active k3s") == "active"
    assert {item["metadata"]["name"] for item in request(of_its_script, "GET", "/api/v1/nodes")["items"]} == set(NODES)


def test_after_that_nothing_is_left_to_do(of_its_script):
    run = site(of_its_script.parent / "adopt.yml")
    assert run.code == 0, run.output
    assert run.count("changed") == {}, run.output
    # It is ours now, and needs no permission any more.
    again = site(of_its_script)
    assert again.code == 0, again.output
    assert again.count("changed") == {}, again.output
