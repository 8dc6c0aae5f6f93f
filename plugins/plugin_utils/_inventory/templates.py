# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which templates of an inventory can never be rendered, whatever is known later."""

import re

import jinja2
from ansible.errors import AnsibleError
from ansible.parsing.vault import AnsibleVaultError
from ansible.plugins.loader import filter_loader, test_loader
from jinja2 import meta, nodes

NO_PASSWORD = "Give the password of the vault with --vault-password-file or --ask-vault-pass; if there are several vaults, that of this one with --vault-id."
MAY_BE_A_TEMPLATE = re.compile(r"\{[{%#]")
# What a template may use without anybody having set it; and how the names begin of what a later play or a role sets.
_OF_TEMPLATES = {"dict", "range", "lipsum", "cycler", "joiner", "namespace", "lookup", "query", "q", "now", "undef", "omit", "finalize", "vars", "item"}
_LATER = ("ansible_", "__", "hostvars", "groups", "group_names", "inventory_", "playbook_dir", "play_hosts", "role_", "environment", "node_prep_")
# They are there from the start, and what is in them comes later.
_GROWING = {"ansible_facts", "hostvars", "vars"}
# As lenient as any configuration of Ansible could be.
_JINJA = jinja2.Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])


def texts_of(value):
    """The texts in a raw value that may be templates."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts_of(item)]
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in texts_of(item)]
    # A text of a vault is never a template.
    return [str(value)] if isinstance(value, str) and MAY_BE_A_TEMPLATE.search(value) else []


def never_rendered(name, error, variables, known, roles):
    """Why a variable can never be rendered and what to do, both sentences; None if it is only too early.

    :param name: of the variable.
    :param error: what Ansible raised.
    :param variables: the raw variables of the host.
    :param known: names that are set somewhere: for other hosts, by the roles, by the playbook.
    :param roles: names of the roles; what begins with one may be set by it.
    """
    if _is_about_a_vault(error):
        return f"{name} comes from a vault that cannot be opened.", NO_PASSWORD
    wrong = syntax_problem(name, variables[name])
    if wrong:
        return wrong
    if not isinstance(error, (AnsibleError, RecursionError)):
        return None
    names, circle = _needed(name, variables)
    if circle:
        return f"{name} is a template that needs itself.", f"Write a value, or give the variable that it needs another name than {name}."
    later = [*_LATER, *(role + "_" for role in roles)]
    missing = [needed for needed in names if needed not in variables and needed not in _OF_TEMPLATES]
    # With a default for something that is only known later, what is missing may never be needed.
    if not missing or _GROWING.intersection(names) or any(needed in known or needed.startswith(tuple(later)) for needed in missing):
        return None
    return (
        f"{name} needs {' and '.join(missing)}, which nobody sets.",
        f"Set {' and '.join(missing)}, correct the name, or give a default: {{{{ {missing[0]} | default('...') }}}}",
    )


def syntax_problem(name, value):
    """What is wrong with the syntax of the templates of a value, and what to do; None if nothing is."""
    for text in texts_of(value):
        try:
            tree = _JINJA.parse(text)
        except jinja2.TemplateSyntaxError:
            return f"{name} is a template with a mistake in its syntax.", "Correct the template: whether each '{{' and '{%', quote and bracket has its end."
        for kind, loader, builtin in ((nodes.Filter, filter_loader, _JINJA.filters), (nodes.Test, test_loader, _JINJA.tests)):
            for used in tree.find_all(kind):
                if used.name not in builtin and not _is_there(loader, used.name):
                    word = kind.__name__.lower()
                    what = f"{name} is a template with the {word} {used.name}, which is not there."
                    return what, f"Correct its name, or install the collection with that {word}."
    return None


def _is_there(loader, name):
    try:
        return loader.get(name) is not None
    except (AnsibleError, KeyError):
        return False


def _is_about_a_vault(error):
    """Whether a text that cannot be decrypted is the reason, or a reason of the reason."""
    seen = []
    while error is not None and error not in seen:
        # In a template, ansible-core 2.19 and newer have a sentence for it and no error of its own.
        if isinstance(error, AnsibleVaultError) or "undecryptable variable" in str(error):
            return True
        seen.append(error)
        error = error.__cause__ or error.__context__
    return False


def _needed(name, variables):
    """The names that a variable needs, over those that need others themselves, and whether it is among them."""
    needed, waiting, circle = {}, [name], False
    while waiting:
        for text in texts_of(variables.get(waiting.pop())):
            try:
                names = meta.find_undeclared_variables(_JINJA.parse(text))
            except jinja2.TemplateSyntaxError:
                continue
            circle = circle or name in names
            fresh = [one for one in sorted(names) if one not in needed]
            needed.update(dict.fromkeys(fresh))
            waiting.extend(fresh)
    return [one for one in needed if one != name], circle
