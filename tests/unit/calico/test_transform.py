"""The manifest that comes of Calico's: the changes of §7, and nothing else."""

import hashlib
import json
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.gitpod.node_prep.plugins.filter.calico_manifest import calico_manifest
from ansible_collections.gitpod.node_prep.plugins.module_utils._calico.manifest import HEADER, documents_of, offload_is_broken
from hypothesis import given, strategies as st

PUBLISHED = (Path(__file__).parents[2] / "lab" / "artifacts" / "calico-vxlan.yaml").read_text()
SETTINGS = {
    "version": "v3.24.5",
    "manifest_sha256": "",
    "cidr": "10.42.0.0/16",
    "encapsulation": "VXLAN",
    "block_size": 26,
    "mtu": 0,
    "ip_autodetection_method": "first-found",
    "kernels": ["5.15.0-91-generic"],
}


def made(text=PUBLISHED, **changes):
    return calico_manifest(text, {**SETTINGS, **changes})


def by_name(text):
    documents = [document for document in yaml.safe_load_all(text) if document]
    return {(document["kind"], document["metadata"]["name"]): document for document in documents}


def plugin(text):
    data = by_name(text)["ConfigMap", "calico-config"]["data"]
    return json.loads(data["cni_network_config"].replace("__CNI_MTU__", "1450"))["plugins"][0]


def environment(text):
    spec = by_name(text)["DaemonSet", "calico-node"]["spec"]["template"]["spec"]
    return {variable["name"]: variable.get("value", variable.get("valueFrom")) for variable in spec["containers"][0]["env"]}


def test_ip_forwarding_is_allowed_in_pods():
    assert plugin(made())["container_settings"] == {"allow_ip_forwarding": True}


def test_container_settings_of_the_manifest_are_kept():
    text = PUBLISHED.replace('"type": "calico",', '"type": "calico", "container_settings": {"other": 1},')
    assert plugin(made(text))["container_settings"] == {"other": 1, "allow_ip_forwarding": True}


def test_the_number_that_calico_fills_in_stays_a_number():
    assert '"mtu": __CNI_MTU__,' in made()
    assert plugin(made())["mtu"] == 1450


def test_the_pool_is_the_network_of_the_pods():
    assert environment(made())["CALICO_IPV4POOL_CIDR"] == "10.42.0.0/16"


@pytest.mark.parametrize(
    ("kernels", "broken"),
    [
        (["5.4.0-150-generic"], True),
        (["5.6.19"], True),
        (["5.7.0"], False),
        (["5.15.0-91-generic", "6.1.0-18-cloud-amd64"], False),
        (["5.15.0-91-generic", "5.4.0-150-generic"], True),
        (["5.15.0-91-generic", "strange"], True),
        ([], True),
    ],
)
def test_the_oldest_kernel_decides_about_the_checksum_offload(kernels, broken):
    assert offload_is_broken(kernels) is broken
    override = environment(made(kernels=kernels)).get("FELIX_FEATUREDETECTOVERRIDE")
    assert override == ("ChecksumOffloadBroken=true" if broken else None)


@pytest.mark.parametrize(("name", "value"), [("VXLAN", "Always"), ("VXLANCrossSubnet", "CrossSubnet")])
def test_encapsulation(name, value):
    assert environment(made(encapsulation=name))["CALICO_IPV4POOL_VXLAN"] == value


def test_block_size_mtu_and_autodetection():
    text = made(block_size=24, mtu=1400, ip_autodetection_method="interface=eth1")
    assert environment(text)["CALICO_IPV4POOL_BLOCK_SIZE"] == "24"
    assert environment(text)["IP_AUTODETECTION_METHOD"] == "interface=eth1"
    assert by_name(text)["ConfigMap", "calico-config"]["data"]["veth_mtu"] == "1400"


def test_numbers_may_come_as_text_as_before_ansible_core_2_19():
    assert made(block_size="26", mtu="0") == made()


def test_the_rest_of_the_environment_is_kept():
    before, after = environment(PUBLISHED), environment(made())
    assert {name: value for name, value in after.items() if name in before and name != "CALICO_IPV4POOL_VXLAN"} == {
        name: value for name, value in before.items() if name != "CALICO_IPV4POOL_VXLAN"
    }
    assert after["NODENAME"] == {"fieldRef": {"fieldPath": "spec.nodeName"}}


def test_every_other_document_passes_byte_for_byte():
    before, after = documents_of(PUBLISHED), documents_of(made().split("\n", 2)[2])
    assert len(before) == len(after)
    changed = [old for old, new in zip(before, after, strict=True) if old != new]
    assert [yaml.safe_load(text)["kind"] for text in changed] == ["ConfigMap", "DaemonSet"]


def test_the_order_of_the_documents_is_kept():
    assert list(by_name(made())) == list(by_name(PUBLISHED))


def test_a_second_time_changes_nothing():
    assert made(made()) == made()


def test_a_document_that_needs_no_change_keeps_its_comments():
    right = made().replace("  typha_service_name", "  # a comment\n  typha_service_name")
    assert "  # a comment\n" in made(right)


def test_the_header_describes_the_rest():
    first, rest = made().split("\n", 1)
    header = json.loads(first[len(HEADER) :])
    assert header["body"] == hashlib.sha256(rest.encode()).hexdigest()
    assert header["source"] == "14016211e904e270de1de8dda61426d0e062243194e074bb84db8c182dc81f24"
    assert header["settings"]["cidr"] == "10.42.0.0/16"


def test_another_result_for_the_same_settings_needs_another_number():
    """Servers compare headers and not manifests: who changes what is written here raises TRANSFORMATION, and then this digest."""
    documents = json.dumps(list(by_name(made()).values()), sort_keys=True)
    header = json.loads(made().split("\n", 1)[0][len(HEADER) :])
    assert (header["transformation"], hashlib.sha256(documents.encode()).hexdigest()[:16]) == (1, "2364679e1d7c160f")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no ConfigMap named calico-config"),
        ("<html>Please log in</html>\n", "no ConfigMap named calico-config"),
        (PUBLISHED.replace("name: calico-config", "name: other"), "no ConfigMap named calico-config"),
        (PUBLISHED.replace("kind: DaemonSet", "kind: Deployment"), "no DaemonSet named calico-node"),
        (PUBLISHED[: PUBLISHED.index("kind: DaemonSet")], "no DaemonSet named calico-node"),
        (PUBLISHED.replace("cni_network_config:", "other:"), "no CNI configuration in JSON"),
        (PUBLISHED.replace('"type": "calico",', '"type": "flannel",'), "no CNI configuration in JSON"),
        (PUBLISHED.replace('"name": "k8s-pod-network"', "name"), "no CNI configuration in JSON"),
        (PUBLISHED.replace('calico_backend: "vxlan"', 'calico_backend: "bird"'), "the backend 'bird'"),
        (PUBLISHED.replace("- name: calico-node", "- name: other"), "no container calico-node"),
        (PUBLISHED.replace("CALICO_IPV4POOL_VXLAN", "OTHER"), "no CALICO_IPV4POOL_VXLAN"),
        (PUBLISHED.replace("kind: DaemonSet\n", "kind: DaemonSet\n}\n"), "no YAML"),
    ],
)
def test_another_manifest_is_refused_with_a_sentence(text, sentence):
    with pytest.raises(AnsibleFilterError, match=sentence):
        made(text)


@given(st.lists(st.sampled_from(["---\n", "--- # x\n", "kind: A\n", "  text: |\n", "    ---\n", "\n", "last"])).map("".join))
def test_documents_put_together_are_the_file_again(text):
    assert "".join(documents_of(text)) == text
