"""Whatever stands in a manifest or in its header, calico.py raises nothing but its own error, whose text is for the user."""

import json

import pytest
import yaml
from ansible_collections.gitpod.node_prep.plugins.module_utils._calico import manifest

FOREIGN = [None, True, 7, 1.5, "", "x", [], [None], ["cidr", "encapsulation", "block_size"], {}, {"name": None}, {"name": ["calico-config"]}]
WANTED = {"cidr": "10.42.0.0/16", "encapsulation": "VXLAN", "block_size": 26, "mtu": 0, "ip_autodetection_method": "first-found"}
WANTED = {**WANTED, "checksum_offload_broken": True}


@pytest.mark.parametrize("metadata", FOREIGN)
@pytest.mark.parametrize("kind", ["ConfigMap", "DaemonSet"])
def test_find_goes_past_documents_with_odd_metadata(kind, metadata):
    documents = [yaml.safe_dump({"kind": kind, "metadata": metadata}), f"kind: {kind}\n", f"kind: [{kind}]\n"]
    with pytest.raises(manifest.CalicoError, match="has no " + kind):
        manifest.find(documents, kind, "calico-config", yaml.safe_load)
    documents.append(yaml.safe_dump({"kind": kind, "metadata": {"name": "calico-config"}}))
    assert manifest.find(documents, kind, "calico-config", yaml.safe_load)[0] == 3


@pytest.mark.parametrize(
    "text",
    ["", "[1]", "7", "null", '"x"', "{", "[" * 100000, *(json.dumps({"settings": value}) for value in FOREIGN), '{"body": 1}', "\udcff", "{}{}"],
)
def test_header_that_this_role_did_not_write(text):
    found = {"header": manifest.HEADER + text, "body": "0", "cluster": "yes", "kernel": "5.4.0"}
    assert manifest.header_of(found) is None
    assert manifest.reasons_of(WANTED, "", found) == ["the one in place was not written by this role"]
    assert "was not written by this role" in manifest.change_problems(WANTED, found, "/x")[0]


@pytest.mark.parametrize(("plugin", "value"), [(key, value) for key in ("container_settings", "type", None) for value in FOREIGN])
def test_configuration_of_calico_with_odd_parts(plugin, value):
    """Either it is changed as needed, or the user is told what is wrong with the manifest."""
    entry = {"type": "calico", plugin: value} if plugin else value
    config = {"data": {"calico_backend": "vxlan", "cni_network_config": json.dumps({"plugins": [entry]})}}
    try:
        changed = manifest.change_config(config, WANTED)
    except manifest.CalicoError as error:
        assert "ConfigMap calico-config" in str(error)
    else:
        (plugin,) = json.loads(changed["data"]["cni_network_config"])["plugins"]
        assert plugin["container_settings"]["allow_ip_forwarding"] is True


@pytest.mark.parametrize("value", FOREIGN)
def test_daemon_set_of_calico_with_odd_parts(value):
    for containers in (value, [value], [{"name": "calico-node", "env": value}], [{"name": "calico-node", "env": [value]}]):
        with pytest.raises(manifest.CalicoError):
            manifest.change_daemon_set({"spec": {"template": {"spec": {"containers": containers}}}}, WANTED)
