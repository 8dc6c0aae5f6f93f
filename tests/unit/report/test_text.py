"""The report in the terminal."""

import pytest
import sample
from ansible_collections.gitpod.node_prep.plugins.module_utils.report import document
from ansible_collections.gitpod.node_prep.plugins.module_utils.report_text import MARKS, table, text

EXPECTED = """\
Kubernetes    v1.24.7+k3s1
Distribution  K3s

node         role    ready  version       runtime            kernel             pool
meta-1       server  yes    v1.24.7+k3s1  containerd 1.6.20  5.4.0-150-generic  meta
workspace-1  agent   no     v1.24.7+k3s1  containerd 1.6.20  5.4.0-150-generic  workspace

Labels gitpod.io/...
  meta-1       workload_meta, workload_ide
  workspace-1  workload_workspace_services, workload_workspace_regular, workload_workspace_headless

Requirements of the cluster: 1 of 2 met everywhere
  calico

           cluster_issuer
  cluster  !

Requirements of the nodes: 6 of 7 met everywhere
  disk_space, unique_hostname, unique_machine_id, unique_product_uuid, unique_mac, clock_skew

               memory
  meta-1       .
  workspace-1  X

FAIL     workspace-1: Memory: 15.5 GB; required: 16 GB or more (memory, D8)
         -> Give the machine more RAM.
WARNING  cluster: Cluster_issuer: none; required: one (cluster_issuer, D8)
         -> Create one.

Marks: . pass, - skipped, ~ fixable, ! warning, ? unknown, X fail

Not ready for Gitpod: 1 fail, 1 warning, 14 pass"""


def test_the_whole():
    assert text(document(sample.nodes(), sample.cluster(), "now")) == EXPECTED


def test_nothing_was_looked_at():
    assert text(document({}, {}, "now")).startswith("Marks: ")


def test_every_status_has_a_mark_of_its_own():
    assert len(set(MARKS.values())) == len(MARKS) == 6


def test_a_table_that_is_too_wide_is_squeezed_where_it_is_widest():
    lines = table([["name", "text"], ["a", "one two three four five"]], 16)
    assert lines == ["name  text", "a     one two", "      three four", "      five"]


@pytest.mark.parametrize("width", [80, 100, 140])
def test_nothing_is_wider_than_asked(width):
    names = [f"node-with-a-rather-long-name-{number}.example.org" for number in range(3)]
    ids = [f"requirement_{number}" for number in range(40)]
    nodes = {name: sample.node(name, *(sample.finding(id_, "warning", "x " * 90, "y " * 50, "z " * 90) for id_ in ids)) for name in names}
    lines = text(document(nodes, sample.cluster(), "now"), width).splitlines()
    assert max(map(len, lines)) <= width
    for id_ in ids:
        assert any(id_ in line.split() for line in lines)
