"""Verdicts, and how those of many nodes become one."""

from ansible_collections.gitpod.node_prep.plugins.module_utils._cluster.verdict import failed, merge_passed, passed


def test_one_verdict_stays_as_it_is():
    assert merge_passed([passed("4", "4 or more", "a")]) == [passed("4", "4 or more", "a")]


def test_same_value_is_counted():
    assert merge_passed([passed("4", "4 or more", name) for name in "abc"]) == [passed("4 (3 nodes)", "4 or more")]


def test_different_values_name_their_nodes():
    verdicts = [passed("4", "4 or more", "a"), passed("8", "4 or more", "b"), passed("4", "4 or more", "c")]
    assert merge_passed(verdicts) == [passed("4 (a, c); 8 (b)", "4 or more")]


def test_many_different_values_are_cut():
    verdicts = [passed(str(number), "few", f"n{number}") for number in range(6)]
    assert merge_passed(verdicts) == [passed("0 (n0); 1 (n1); 2 (n2); 3 (n3); 4 (n4); …", "few")]
    assert merge_passed(verdicts[:5]) == [passed("0 (n0); 1 (n1); 2 (n2); 3 (n3); 4 (n4)", "few")]


def test_each_broken_one_stays_and_comes_first():
    verdicts = [passed("4", "4 or more", "a"), failed("2", "4 or more", "b"), passed("4", "4 or more", "c"), failed("2", "4 or more", "d")]
    assert merge_passed(verdicts) == [
        failed("2", "4 or more", "b"),
        failed("2", "4 or more", "d"),
        passed("4 (2 nodes)", "4 or more"),
    ]


def test_nodes_are_counted_and_not_verdicts():
    """A node with two networks has two verdicts of one rule."""
    verdicts = [passed("in the pool", "in the pool", name) for name in ("a", "b", "a", "b")]
    assert merge_passed(verdicts) == [passed("in the pool (2 nodes)", "in the pool")]
    assert merge_passed(verdicts[::2]) == [passed("in the pool", "in the pool", "a")]


def test_verdicts_about_the_cluster_name_and_count_no_nodes():
    assert merge_passed([passed("VXLAN", "VXLAN")] * 4) == [passed("VXLAN", "VXLAN")]
    assert merge_passed([passed("VXLAN", "VXLAN"), passed("VXLAN between subnets", "VXLAN")]) == [passed("VXLAN; VXLAN between subnets", "VXLAN")]


def test_a_node_is_named_once_for_each_value():
    verdicts = [passed("4", "few", "a"), passed("4", "few", "a"), passed("8", "few", "b")]
    assert merge_passed(verdicts) == [passed("4 (a); 8 (b)", "few")]
