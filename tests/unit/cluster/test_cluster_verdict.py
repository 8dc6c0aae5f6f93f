"""Verdicts, and how those of many nodes become one."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils.cluster_verdict import broken, listed, merge_met, met


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (list("abcde"), "a, b, c, d, e"),
        (list("abcdef"), "a, b, c, d, e and 1 more"),
        (iter(list("abcdefgh")), "a, b, c, d, e and 3 more"),
    ],
)
def test_listed(names, text):
    assert listed(names) == text


def test_one_verdict_stays_as_it_is():
    assert merge_met([met("4", "4 or more", "a")]) == [met("4", "4 or more", "a")]


def test_same_value_is_counted():
    assert merge_met([met("4", "4 or more", name) for name in "abc"]) == [met("4 (3 nodes)", "4 or more")]


def test_different_values_name_their_nodes():
    verdicts = [met("4", "4 or more", "a"), met("8", "4 or more", "b"), met("4", "4 or more", "c")]
    assert merge_met(verdicts) == [met("4 (a, c); 8 (b)", "4 or more")]


def test_many_different_values_are_cut():
    verdicts = [met(str(number), "few", f"n{number}") for number in range(6)]
    assert merge_met(verdicts) == [met("0 (n0); 1 (n1); 2 (n2); 3 (n3); 4 (n4); …", "few")]
    assert merge_met(verdicts[:5]) == [met("0 (n0); 1 (n1); 2 (n2); 3 (n3); 4 (n4)", "few")]


def test_each_broken_one_stays_and_comes_first():
    verdicts = [met("4", "4 or more", "a"), broken("2", "4 or more", "b"), met("4", "4 or more", "c"), broken("2", "4 or more", "d")]
    assert merge_met(verdicts) == [
        broken("2", "4 or more", "b"),
        broken("2", "4 or more", "d"),
        met("4 (2 nodes)", "4 or more"),
    ]


def test_nodes_are_counted_and_not_verdicts():
    """A node with two networks has two verdicts of one rule."""
    verdicts = [met("in the pool", "in the pool", name) for name in ("a", "b", "a", "b")]
    assert merge_met(verdicts) == [met("in the pool (2 nodes)", "in the pool")]
    assert merge_met(verdicts[::2]) == [met("in the pool", "in the pool", "a")]


def test_verdicts_about_the_cluster_name_and_count_no_nodes():
    assert merge_met([met("VXLAN", "VXLAN")] * 4) == [met("VXLAN", "VXLAN")]
    assert merge_met([met("VXLAN", "VXLAN"), met("VXLAN between subnets", "VXLAN")]) == [met("VXLAN; VXLAN between subnets", "VXLAN")]


def test_a_node_is_named_once_for_each_value():
    verdicts = [met("4", "few", "a"), met("4", "few", "a"), met("8", "few", "b")]
    assert merge_met(verdicts) == [met("4 (a); 8 (b)", "few")]
