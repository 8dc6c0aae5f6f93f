# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the variables have the names and the types that the roles document, and the same value where they must. Pure."""

from ..model import REQUIRED_GROUPS, SERVER_GROUP, by_value, given_values, nodes, ours, pools, servers
from ..names import foreign_names, meant, name_problems
from ..problem import Problem, not_the_same, on_hosts, told_once
from ..shown import is_secret
from ..values import kind_of, value_problems

# §5: one pair of runtime paths for the whole cluster, and one Gitpod on it.
SAME_EVERYWHERE = ("k3s_version", "k3s_container_runtime", "node_prep_gitpod_version", "node_prep_domain")


def _names(inventory):
    """The names of all variables of our hosts."""
    return set().union(*(inventory.names[host] for host in ours(inventory)))


def known_names(inventory):
    for name in sorted(_names(inventory) - inventory.options.keys()):
        for what, remedy in name_problems([name], inventory.options, inventory.roles):
            yield Problem(what, on_hosts([host for host in ours(inventory) if name in inventory.names[host]]), remedy, name)


def names_of_others(inventory):
    """Names of variables that begin like those of a role, for a note: they do nothing."""
    return foreign_names(_names(inventory), inventory.options, inventory.roles)


def known_groups(inventory):
    """A group that was meant to be one of ours, unless all is as if it were."""
    known, ours_already = {*REQUIRED_GROUPS, SERVER_GROUP, *filter(_is_text, pools(inventory))}, set(nodes(inventory))
    for group in sorted(set(inventory.groups) - {"all", "ungrouped"}):
        hosts, guess = inventory.groups[group], meant(group, known)
        if not hosts or not guess:
            continue
        members = servers(inventory) if guess == SERVER_GROUP else inventory.groups.get(guess)
        if not members and guess not in (*REQUIRED_GROUPS, SERVER_GROUP):
            continue  # Another rule is about a pool without hosts.
        other_servers = guess == SERVER_GROUP and guess not in inventory.groups and set(members) != set(hosts)
        if not members or other_servers or not ours_already.issuperset(hosts):
            yield Problem(
                f"The group {group} is none of this collection's, and its hosts would be left out of {guess}.",
                "the groups of the inventory",
                f"Did you mean {guess}? Rename it; if it is for something else, give it a name that is less like that one.",
            )


def _is_text(name):
    return isinstance(name, str)


def templates_can_be_rendered(inventory):
    """What no later play could render either."""
    known = set(ours(inventory))
    return told_once((host, what, remedy) for host, _name, what, remedy in inventory.broken if host in known)


def right_types(inventory):
    return told_once(
        (host, what, remedy)
        for name in sorted(inventory.given.keys() & inventory.options.keys())
        for this, hosts in given_values(inventory, ours(inventory), name)
        for host, what, remedy in _type_problems(inventory, name, this, hosts)
    )


def _type_problems(inventory, name, this, hosts):
    """What is wrong with one value, on each of its hosts in the format in which it was set there."""
    option, secret = inventory.options[name], name in inventory.secret_names
    if not value_problems(name, this, option, secret):
        return
    written = {}
    for host in hosts:
        place = inventory.place(host, name)
        written.setdefault(place and place.format, []).append(host)
    for written_in, those in written.items():
        for what, remedy in value_problems(name, this, option, secret, written_in):
            yield from ((host, what, remedy) for host in those)


def same_everywhere(inventory):
    for name in SAME_EVERYWHERE:
        found = by_value(inventory, nodes(inventory), name)
        if len(found) > 1:
            secret = name in inventory.secret_names or is_secret(name, inventory.options.get(name))
            yield not_the_same(name, found, kind_of if secret else str)


RULES = (
    known_groups,
    templates_can_be_rendered,
    known_names,
    right_types,
    same_everywhere,
)
