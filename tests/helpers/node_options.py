"""The options of the module node_spec with their defaults, as the module itself fills them in."""

from ansible_collections.gitpod.node_prep.plugins.modules.node_spec import argument_spec


def options_with(changes):
    return {name: option.get("default") for name, option in argument_spec().items()} | changes
