"""Configuration file and command line of K3s: the file's keys become arguments in front of those of the command line.

Follows pkg/configfilearg of K3s and the flag package of Go.
"""

import os
import re

import yaml

from . import flags

SECRETS = ("--token", "-t", "--agent-token", "--datastore-endpoint", "--cluster-secret", "--etcd-s3-access-key", "--etcd-s3-secret-key")
OMITTED = "********"


class UsageError(Exception):
    """A command line that K3s answers with `Incorrect Usage: …` and its help."""


class ConfigError(Exception):
    """A configuration file that K3s cannot read."""


def with_config_file(arguments, environ):
    """The arguments after the command, with those of the configuration file in front of them."""
    path, named = _config_path(arguments, environ)
    files = [path] if os.path.exists(path) else []
    directory = path + ".d"
    if os.path.isdir(directory):
        names = sorted(name for name in os.listdir(directory) if name.lower().endswith((".yaml", ".yml")))
        files += [os.path.join(directory, name) for name in names]
    if not files:
        if named:
            raise ConfigError(f"stat {path}: no such file or directory")
        return list(arguments)
    return _as_arguments(_merge(files)) + list(arguments)


def _config_path(arguments, environ):
    if environ.get("K3S_CONFIG_FILE"):
        return environ["K3S_CONFIG_FILE"], True
    for index, argument in enumerate(arguments):
        for name in ("--config", "-c"):
            if argument == name and index + 1 < len(arguments):
                return arguments[index + 1], True
            if argument.startswith(name + "="):
                return argument[len(name) + 1 :], True
    return flags.DEFAULTS["config"], False


def _merge(files):
    values = {}
    for path in files:
        with open(path, encoding="utf-8") as stream:
            try:
                data = yaml.safe_load(stream)
            except yaml.YAMLError as problem:
                raise ConfigError(yaml_problem(problem)) from problem
        if data is None:
            continue
        if not isinstance(data, dict):
            raise ConfigError("yaml: unmarshal errors:\n  line 1: cannot unmarshal into yaml.MapSlice")
        for key, value in data.items():
            key = _text(key)
            name = key[:-1] if key.endswith("+") else key
            if key.endswith("+") and name in values:
                value = _as_list(values[name]) + _as_list(value)
            values[name] = value
    return values


def yaml_problem(problem):
    """A YAMLError in one line, in the form of Go's yaml package."""
    mark = getattr(problem, "problem_mark", None)
    return "yaml: line %d: %s" % (mark.line + 1 if mark else 1, getattr(problem, "problem", None) or str(problem).splitlines()[0])


def _as_arguments(values):
    arguments = []
    for name, value in values.items():
        dashes = "-" if len(name) == 1 else "--"
        for item in value if isinstance(value, list) else [value]:
            arguments.append(f"{dashes}{name}={_text(item)}")
    return arguments


def _as_list(value):
    return value if isinstance(value, list) else [value]


def _text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def parse(command, arguments, environ):
    """The options of `k3s <command>` as a dict, one entry a flag; what is not given has its default."""
    known = flags.flags_of(command)
    given = {}
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        if argument == "--" or not argument.startswith("-") or argument == "-":
            break
        name, separator, value = argument.lstrip("-").partition("=")
        if name in ("help", "h"):
            given["help"] = True
            continue
        flag = known.get(flags.ALIASES.get(name, name))
        if flag is None:
            raise UsageError(f"flag provided but not defined: -{name}")
        if not separator:
            if flag.kind == flags.BOOL:
                value = "true"
            elif rest:
                value = rest.pop(0)
            else:
                raise UsageError(f"flag needs an argument: -{name}")
        value = _convert(flag, name, value)
        if flag.kind == flags.SLICE:
            given.setdefault(flag.name, []).extend(value)
        else:
            given[flag.name] = value
    options = {}
    for name, flag in known.items():
        if name not in given and flag.env and environ.get(flag.env):
            given[name] = _convert(flag, name, environ[flag.env])
        options[name] = given.get(name, flags.DEFAULTS.get(name, flags.EMPTY[flag.kind]))
    options["help"] = given.get("help", False)
    return options


def _convert(flag, name, value):
    if flag.kind == flags.BOOL:
        if value in ("1", "t", "T", "true", "TRUE", "True"):
            return True
        if value in ("0", "f", "F", "false", "FALSE", "False"):
            return False
        raise UsageError(f'invalid boolean value "{value}" for -{name}: parse error')
    if flag.kind == flags.INT:
        if not re.match(r"^[-+]?\d+$", value):
            raise UsageError(f'invalid value "{value}" for flag -{name}: parse error')
        return int(value)
    if flag.kind == flags.SLICE:
        return [value]
    return value


def node_args(command, arguments):
    """The annotation `k3s.io/node-args`: command and arguments, `--a=b` as two, secrets left out."""
    words = [command]
    for argument in arguments:
        words += argument.split("=", 1) if argument.startswith("--") and "=" in argument else [argument]
    for index, word in enumerate(words[:-1]):
        if word in SECRETS:
            words[index + 1] = OMITTED
    return words


def node_env(environ):
    """The annotation `k3s.io/node-env`: the K3S_* variables, secrets left out."""
    secret = ("K3S_TOKEN", "K3S_DATASTORE_ENDPOINT", "K3S_AGENT_TOKEN", "K3S_CLUSTER_SECRET")
    return {name: OMITTED if name in secret else value for name, value in sorted(environ.items()) if name.startswith("K3S_")}
