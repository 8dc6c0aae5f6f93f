"""The HelmChart that K3s installs, with the defaults."""

import pytest
import yaml

CHART = "/var/lib/rancher/k3s/server/manifests/cert-manager.yaml"

testinfra_hosts = ["ansible://plain"]


def test_the_chart_is_the_official_one(host):
    chart = yaml.safe_load(host.file(CHART).content_string)
    assert chart == {
        "apiVersion": "helm.cattle.io/v1",
        "kind": "HelmChart",
        "metadata": {"name": "cert-manager", "namespace": "kube-system"},
        "spec": {
            "repo": "https://charts.jetstack.io",
            "chart": "cert-manager",
            "version": "v1.11.5",
            "targetNamespace": "cert-manager",
            "createNamespace": True,
            "valuesContent": "installCRDs: true",
        },
    }


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        ("/var/lib/rancher/k3s", 0o755),
        ("/var/lib/rancher/k3s/server", 0o700),
        ("/var/lib/rancher/k3s/server/manifests", 0o700),
        (CHART, 0o600),
    ],
)
def test_it_lies_where_k3s_applies_it_and_only_root_reads_it(host, path, mode):
    file = host.file(path)
    assert (file.user, file.group, file.mode) == ("root", "root", mode)
