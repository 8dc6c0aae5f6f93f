"""What site.yml leaves on the machines."""

import json

META = "meta-1"
WORKSPACES = ("workspace-1", "workspace-2")


def name(host):
    return host.check_output("hostname")


def ask(host, path):
    """Asks the API on the server itself, with the administrator's certificate; the nodes have Python and no curl."""
    tls = "/var/lib/rancher/k3s/server/tls"
    program = f"""
import ssl, urllib.request
context = ssl.create_default_context(cafile="{tls}/server-ca.crt")
context.load_cert_chain("{tls}/client-admin.crt", "{tls}/client-admin.key")
print(urllib.request.urlopen("https://127.0.0.1:6443{path}", context=context).read().decode())
"""
    return json.loads(host.check_output("python3 -c %s", program))


def test_services_run_and_start_at_boot(host):
    unit = "k3s" if name(host) == META else "k3s-agent"
    for service in (unit, "containerd"):
        assert host.service(service).is_running
        assert host.service(service).is_enabled


def test_one_kind_of_k3s_on_each_node(host):
    other = "k3s-agent" if name(host) == META else "k3s"
    assert not host.file(f"/etc/systemd/system/{other}.service").exists


def test_k3s_is_a_link_to_a_versioned_binary(host):
    link = host.file("/usr/local/bin/k3s")
    assert link.is_symlink
    assert link.linked_to.startswith("/opt/k3s/v1.")


def test_configuration_and_token_are_for_root_only(host):
    paths = ["/etc/rancher/k3s/config.yaml"]
    paths += ["/etc/rancher/k3s/k3s.yaml", "/var/lib/rancher/k3s/server/token"] if name(host) == META else ["/etc/rancher/k3s/token"]
    for path in paths:
        assert host.file(path).mode == 0o600, path
        assert host.file(path).user == "root"


def test_kernel_settings_hold_now_and_after_a_boot(host):
    assert host.check_output("sysctl -n net.ipv4.ip_forward") == "1"
    assert int(host.check_output("sysctl -n fs.inotify.max_user_watches")) >= 1000000
    assert "net.ipv4.ip_forward" in host.check_output("cat /etc/sysctl.d/*.conf")
    assert "br_netfilter" in host.check_output("cat /etc/modules-load.d/*.conf")


def test_the_nodes_are_ready_and_labelled(host):
    if name(host) != META:
        return
    nodes = {node["metadata"]["name"]: node for node in ask(host, "/api/v1/nodes")["items"]}
    assert set(nodes) == {META, *WORKSPACES}
    for node in nodes.values():
        assert {"Ready": "True"} in [{condition["type"]: condition["status"]} for condition in node["status"]["conditions"]]
    labels = {key for key in nodes[META]["metadata"]["labels"] if key.startswith("gitpod.io/")}
    assert labels == {"gitpod.io/workload_meta", "gitpod.io/workload_ide"}
    for workspace in WORKSPACES:
        labels = {key for key, value in nodes[workspace]["metadata"]["labels"].items() if key.startswith("gitpod.io/") and value == "true"}
        assert labels == {
            "gitpod.io/workload_workspace_services",
            "gitpod.io/workload_workspace_regular",
            "gitpod.io/workload_workspace_headless",
        }


def test_calico_lets_pods_forward_and_uses_the_pods_network(host):
    if name(host) != META:
        return
    manifest = host.file("/var/lib/rancher/k3s/server/manifests/calico.yaml").content_string
    assert "allow_ip_forwarding" in manifest
    assert "10.42.0.0/16" in manifest
