# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the inventory from Ansible: what each variable is, where it was set, and whether it is a secret."""

import os
import re
from collections import defaultdict
from contextlib import contextmanager
from functools import lru_cache, partial

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.inventory.group import Group
from ansible.inventory.host import Host
from ansible.utils.vars import load_extra_vars
from ansible.vars import manager

from ...module_utils._text import each
from .model import Inventory
from .origins import place
from .shown import hidden, is_secret, texts_in
from .templates import never_rendered, syntax_problem, texts_of

try:
    from ansible.parsing.vault import EncryptedString
except ImportError:  # before ansible-core 2.19
    from ansible.parsing.yaml.objects import AnsibleVaultEncryptedUnicode as EncryptedString

CONNECTION_VARIABLES = {"ansible_host", "ansible_port"}
# What Ansible itself says of every host, no value of an inventory.
_MAGIC = {"groups", "group_names", "hostvars", "inventory_dir", "inventory_file", "inventory_hostname", "inventory_hostname_short", "omit", "playbook_dir"}
_OF_ANSIBLE = {"ansible_config_file", "ansible_facts", "ansible_playbook_python", "ansible_version"}
# The same for every host, as long as a template does not ask for the variables of one.
_SHARED = {"groups", "hostvars", "omit", "playbook_dir"} | _OF_ANSIBLE
# With these a template may read variables whose names it does not say.
_READS_ANYTHING = {"hostvars", "vars", "varnames"}
_LOOKUPS = {"lookup", "query", "q"}
_NAME = re.compile(r"[A-Za-z_]\w*")


def read(task_vars, templar, loader, options, roles):
    """The Inventory, with what is known of it before the first connection."""
    hostvars, groups = task_vars["hostvars"], task_vars["groups"]
    # Without an inventory there is still localhost, with what the command line gave it.
    raw = _raw(hostvars, groups["all"] or ["localhost"])
    values = _values(raw)
    needs = {name: _names_in(of_name) for name, of_name in values.items()}
    secret_names = _secret_names(values, needs, options)
    rendering = _Rendering(templar, hostvars, needs, known={*task_vars, *values, *options}, roles=roles)
    variables, broken, read_names = {}, [], options.keys() | CONNECTION_VARIABLES
    for host, of_host in raw.items():
        variables[host] = {}
        for name in sorted(read_names & of_host.keys()):
            state, result = rendering.result(of_host, name, options.get(name, {}).get("no_log"), name in secret_names)
            if state == "known":
                variables[host][name] = result
            elif state == "broken":
                broken.append((host, name, *result))
    return Inventory(
        groups=groups,
        variables=variables,
        names={host: set(map(str, of_host)) for host, of_host in raw.items()},
        options=options,
        roles=roles,
        place=_places(raw, load_extra_vars(loader), os.getcwd()),
        secret_names=secret_names,
        secret_texts=_secret_texts(values, needs, options),
        broken=broken,
    )


def _raw(hostvars, hosts):
    """The variables of each host as they were written."""
    with _nothing_twice(hosts):
        return {host: hostvars.raw_get(host) for host in hosts}


@contextmanager
def _nothing_twice(hosts):
    """Ansible does for each host what comes to the same for all: most of the time of a large inventory."""
    everybody = [Host(name, gen_uuid=False) for name in hosts]
    quicker = {
        "clean_facts": _no_facts_to_clean,
        "combine_vars": _later_ones_win,
        "get_vars_from_inventory_sources": partial(_asked_once, everybody),
        "get_vars_from_path": partial(_asked_once, everybody),
    }
    found = {name: vars(manager)[name] for name in quicker if name in vars(manager)}
    for name, function in found.items():
        setattr(manager, name, quicker[name](function))
    try:
        yield
    finally:
        for name, function in found.items():
            setattr(manager, name, function)


def _no_facts_to_clean(clean):
    """Without facts, no list of all connection plugins that might be named in them."""
    return lambda facts: clean(facts) if facts else {}


def _later_ones_win(combine):
    """Unless dictionaries are to be merged, one step instead of many checks of the same."""
    return combine if C.DEFAULT_HASH_BEHAVIOUR == "merge" else lambda one, other: {**one, **other}


def _asked_once(everybody, read_vars):
    """The vars plugins are asked once for the same groups, and for single hosts only where they know something of any host."""
    answers = {}

    def asked(loader, place, entities, stage):
        of_groups = all(isinstance(entity, Group) for entity in entities)
        key = str(place), stage, tuple(group.name for group in entities) if of_groups else None
        if key not in answers:
            answers[key] = read_vars(loader, place, entities if of_groups else everybody, stage)
        return answers[key] if of_groups or not answers[key] else read_vars(loader, place, entities, stage)

    return asked


def _places(raw, extra, folder):
    """Function of a host and the name of a variable to the Place where it was set."""
    known = {}

    def place_of(host, name):
        variables = raw.get(host, {})
        value = variables.get(name)
        if not isinstance(value, (str, list, dict)):
            return place(variables, name, extra, folder)
        # Most hosts share the same object, which knows its place.
        key = name, id(value), variables.get("inventory_file")
        if key not in known:
            known[key] = place(variables, name, extra, folder)
        return known[key]

    return place_of


def _values(raw):
    """Variable -> its different raw values; most hosts share the same object."""
    found = defaultdict(dict)
    for variables in raw.values():
        for name, value in variables.items():
            found[name][id(value)] = value
    return {str(name): list(of_name.values()) for name, of_name in found.items() if name not in _MAGIC | _OF_ANSIBLE}


def _names_in(values):
    """The names that templates mention, in any way."""
    return {name for value in values for text in texts_of(_without_vaults(value)) for name in _NAME.findall(text)}


def _is_vaulted(value):
    if isinstance(value, dict):
        return any(map(_is_vaulted, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_is_vaulted, value))
    return isinstance(value, EncryptedString)


def _without_vaults(value):
    """The value, its vaulted texts empty: to look into one is to decrypt it."""
    return each(value, lambda item: "" if isinstance(item, EncryptedString) else item)


def _opened(value):
    """The value with its vaulted texts decrypted: ansible-core 2.16 puts that off."""
    return each(value, lambda item: str(item) if isinstance(item, EncryptedString) else item)


@lru_cache(maxsize=None)
def _is_vaulted_file(path):
    try:
        with open(path, "rb") as file:
            return file.read(14) == b"$ANSIBLE_VAULT"
    except OSError:
        return False


def _is_from_a_vault(name, value):
    found = place({name: value}, name, (), os.sep)
    return _is_vaulted(value) or bool(found and found.path and _is_vaulted_file(found.path))


def _secret_names(values, needs, options):
    """Variables that are never shown: secrets by their names, those from vaults and lookups, and what needs one of them."""
    found = {name for name in values if is_secret(name, options.get(name)) or any(_is_from_a_vault(name, value) for value in values[name])}
    found |= {name for name in needs if needs[name] & _LOOKUPS}
    while True:
        more = {name for name in needs if needs[name] & found} - found
        if not more:
            return frozenset(found)
        found |= more


def _secret_texts(values, needs, options):
    """What is in the vaults that our variables need."""
    reached = _reached(needs, options.keys() & values.keys())
    return frozenset(text for name in reached for value in values.get(name, ()) if _is_from_a_vault(name, value) for text in _decrypted(value))


def _decrypted(value):
    try:
        return texts_in(value)
    except AnsibleError:
        return set()  # Another rule is about a vault that cannot be opened.


def _reached(needs, names):
    """These names, and all that they need, over others too."""
    reached, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(needs.get(name, ()))
    return reached


class _Rendering:
    """Renders each value once for all hosts for which it comes to the same."""

    def __init__(self, templar, hostvars, needs, known, roles):
        self._templar, self._hostvars, self._needs, self._known, self._roles = templar, hostvars, needs, known, roles
        self._reached, self._results = {}, {}

    def result(self, variables, name, no_log, secret):
        """`known` and the value, `later` and None, or `broken` and what is wrong with what to do."""
        key = name, *(id(variables.get(other)) for other in self._depends_on(name))
        if key not in self._results:
            self._results[key] = self._result(variables, name, no_log, secret)
        return self._results[key]

    def _depends_on(self, name):
        """The variables that decide what this one comes to."""
        if name not in self._reached:
            reached = _reached(self._needs, [name])
            others = reached - _SHARED
            self._reached[name] = [*sorted(others), "inventory_hostname"] if reached & _READS_ANYTHING else sorted(others)
        return self._reached[name]

    def _result(self, variables, name, no_log, secret):
        value = variables[name]
        vaulted = _is_vaulted(value)
        if no_log and not vaulted and texts_of(value):
            # A secret is fetched by the role that needs it, and only then.
            wrong = syntax_problem(name, value)
            return ("broken", wrong) if wrong else ("later", None)
        try:
            if vaulted or texts_of(value):
                value = self._templar.copy_with_new_env(available_variables={**variables, "hostvars": self._hostvars}).template(value)
            if vaulted:
                value = _opened(value)
            return "known", hidden(value) if secret else value
        except (AnsibleError, RecursionError) as error:
            wrong = never_rendered(name, error, variables, self._known, self._roles)
            return ("broken", wrong) if wrong else ("later", None)
