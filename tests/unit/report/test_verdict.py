"""The sentence over all findings, and whether it is a yes."""

import pytest
import report_sample as sample
from ansible_collections.gitpod.node_prep.plugins.module_utils._requirements.verdict import verdict

MACHINE = [sample.finding("os_release", reference="D5"), sample.finding("containerd", reference="D7"), sample.finding("memory", reference="D8")]


def changed(found, name, status):
    return [dict(finding, status=status) if finding["id"] == name else finding for finding in found]


@pytest.mark.parametrize(
    ("found", "with_cluster", "ready", "sentence"),
    [
        ([], False, False, "Nothing was checked"),
        ([], True, False, "Nothing was checked"),
        (sample.documented(), True, True, "Ready for Gitpod"),
        (changed(sample.documented(), "requirement_3", "skipped"), True, True, "Ready for Gitpod"),
        (changed(sample.documented(), "requirement_3", "warning"), True, True, "Ready for Gitpod, with reservations"),
        (changed(sample.documented(), "requirement_3", "fail"), True, False, "Not ready for Gitpod"),
        (changed(sample.documented(), "requirement_3", "unknown"), True, False, "Not known to be ready for Gitpod: D3 could not be checked"),
        (
            [sample.finding("a", "fail", reference="§3"), *changed(sample.documented(), "requirement_3", "unknown")],
            True,
            False,
            "Not ready for Gitpod; D3 could not be checked",
        ),
        (sample.documented()[:9], True, False, "Not known to be ready for Gitpod: D10, D11 not checked"),
        (
            [*sample.documented(), sample.finding("a", "unknown", reference="§3"), sample.finding("b", "unknown", reference="§4")],
            True,
            True,
            "Ready for Gitpod, with reservations; 2 requirements could not be checked",
        ),
        (
            [*sample.documented(), *[sample.finding("a", "unknown", reference="§3", node=str(node)) for node in range(9)]],
            True,
            True,
            "Ready for Gitpod, with reservations; 1 requirement could not be checked",
        ),
        # A requirement that one finding could not check is not made good by another that could.
        ([*sample.documented(), sample.finding("a", "unknown", reference="D9")], True, False, "Not known to be ready for Gitpod: D9 could not be checked"),
        (MACHINE, False, True, "Ready to become a cluster for Gitpod"),
        (changed(MACHINE, "containerd", "fixable"), False, True, "Ready to become a cluster for Gitpod, with reservations"),
        (changed(MACHINE, "memory", "unknown"), False, False, "Not known to be ready for Gitpod: D8 could not be checked"),
        (MACHINE[:1], False, False, "Not known to be ready for Gitpod: D7, D8 not checked"),
        (MACHINE, True, False, "Not known to be ready for Gitpod: D1, D2, D3, D4, D6, D9, D10, D11 not checked"),
    ],
)
def test_verdict(found, with_cluster, ready, sentence):
    assert verdict(found, with_cluster) == (ready, sentence)
