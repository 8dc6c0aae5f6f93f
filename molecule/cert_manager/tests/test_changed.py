"""The HelmChart with every variable changed."""

import yaml

testinfra_hosts = ["ansible://changed"]


def test_the_variables_are_in_the_chart(host):
    chart = yaml.safe_load(host.file("/var/lib/rancher/k3s/server/manifests/cert-manager.yaml").content_string)
    values = yaml.safe_load(chart["spec"].pop("valuesContent"))
    assert chart["spec"] == {
        "chart": "oci://registry.example.com/charts/cert-manager",
        "version": "v1.9.2",
        "targetNamespace": "certificates",
        "createNamespace": True,
    }
    assert values == {
        "installCRDs": False,
        "webhook": {"replicaCount": 2},
        "extraArgs": ["--dns01-recursive-nameservers=10.0.0.53:53"],
    }
