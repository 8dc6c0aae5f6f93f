"""The report in the terminal."""

import pytest
import report_sample as sample
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._report.document import document
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._report.text import MARKS, table, text

EXPECTED = """\
Kubernetes      v1.24.7+k3s1
Distribution    K3s
Runtime socket  /run/containerd/containerd.sock
Runtime state   /var/lib/containerd/io.containerd.runtime.v2.task/k8s.io

node         role    ready  version       runtime            kernel             pool
meta-1       server  yes    v1.24.7+k3s1  containerd 1.6.20  5.4.0-150-generic  meta
workspace-1  agent   no     v1.24.7+k3s1  containerd 1.6.20  5.4.0-150-generic  workspace

Labels gitpod.io/...
  meta-1       workload_meta, workload_ide
  workspace-1  workload_workspace_services, workload_workspace_regular, workload_workspace_headless

Requirements of the cluster: 1 of 2 met everywhere
  calico

           1 met  cluster_issuer
  cluster  .      !

Requirements of the nodes: 6 of 7 met everywhere
  disk_space, unique_hostname, unique_machine_id, unique_product_uuid, unique_mac, clock_skew

               6 met  memory
  meta-1       .      .
  workspace-1  .      X

Marks: . pass, - skipped, ~ fixable, ! warning, ? unknown, X fail

FAIL     workspace-1: Memory: 15.5 GB; required: 16 GB or more (memory, D8)
         -> Give the machine more RAM.
WARNING  cluster: Cluster_issuer: none; required: one (cluster_issuer, D8)
         -> Create one.

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


def test_everything_met_is_still_a_table():
    lines = text(document({"meta-1": sample.node("meta-1", sample.finding("memory"))}, {}, "now")).splitlines()
    assert lines[lines.index("Requirements of the nodes: 6 of 6 met everywhere") + 3 :][:2] == ["          6 met", "  meta-1  ."]


def many(number):
    nodes = {f"node-{index:03}": sample.node(f"node-{index:03}", sample.finding("memory")) for index in range(number)}
    nodes["node-007"]["findings"] = [sample.finding("memory", "fail", "15.5 GB")]
    for name in ("node-010", "node-011"):
        nodes[name]["findings"] = [sample.finding("memory", "skipped", "not checked: it is a test machine")]
    return text(document(nodes, {}, "now"), 80).splitlines()


def test_many_nodes_that_say_the_same_share_a_line():
    lines = many(100)
    assert max(map(len, lines)) <= 80
    assert len(lines) < 40
    start = lines.index("                        6 met  memory".replace("6", "5"))
    assert lines[start + 1 : start + 4] == [
        "  node-000 and 96 more  .      .",
        "  node-007              .      X",
        "  node-010 and 1 more   .      -",
    ]


def test_up_to_twenty_nodes_have_a_line_each():
    assert [line.split()[0] for line in many(20) if line.startswith("  node-") and line[-1] in ".X-"] == [f"node-{index:03}" for index in range(20)]


def test_what_is_skipped_says_why():
    assert "SKIPPED  node-010, node-011: Memory: not checked: it is a test machine (memory, D8)" in " ".join(map(str.strip, many(20)))


def test_a_sentence_names_no_more_than_six_nodes():
    nodes = {str(number): sample.node(str(number), sample.finding("memory", "fail")) for number in range(1, 9)}
    assert "FAIL     1, 2, 3, 4, 5, 6 and 2 more: Memory: fine (memory, D8)" in text(document(nodes, {}, "now"))
    nodes = {str(number): sample.node(str(number), sample.finding("memory", "fail")) for number in range(1, 7)}
    assert "FAIL     1, 2, 3, 4, 5, 6: Memory: fine (memory, D8)" in text(document(nodes, {}, "now"))


def test_nothing_that_a_node_says_moves_the_cursor():
    hostile = {"meta-1": sample.node("meta-1", sample.finding("memory", "fail", "\x1b[2Jall is well\x07\u202e"))}
    said = text(document(hostile, {}, "now"))
    assert "?[2Jall is well??" in said
    assert all(character.isprintable() or character == "\n" for character in said)
