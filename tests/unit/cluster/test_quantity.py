"""Kubernetes quantities."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._kube.quantity import parse_quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4", 4),
        ("3920m", 3),
        ("0", 0),
        ("16393240Ki", 16786677760),
        ("24684092Ki", 25276510208),
        ("16Gi", 17179869184),
        ("16G", 16000000000),
        ("16384Mi", 17179869184),
        ("16000000000", 16000000000),
        ("1.5Gi", 1610612736),
        ("128974848000m", 128974848),
        ("2k", 2000),
        ("1Ei", 1152921504606846976),
    ],
)
def test_quantities(text, number):
    assert parse_quantity(text) == number


@pytest.mark.parametrize("text", ["", "Ki", "4 Gi", "4Gb", "4i", "-1", "4mi", "many", None, "1e3x"])
def test_no_quantities(text):
    assert parse_quantity(text) is None
