"""The command line of `k3s`: version, help, server, agent; every other command is refused."""

import os
import sys

from . import log
from .release import COMMIT, GO_VERSION
from .version import VERSION

USAGE = {"server": "Run management server", "agent": "Run node agent"}
NOT_SHOWN = ("kubectl", "crictl", "ctr", "check-config", "etcd-snapshot", "secrets-encrypt", "certificate", "completion")


def main(argv=None):
    """Run `k3s` with these arguments (without the program's name)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("help", "h", "--help", "-h"):
        print(_overview())
        return 0
    if arguments[0] in ("--version", "-v"):
        print(f"k3s version {VERSION} ({COMMIT})\ngo version {GO_VERSION}")
        return 0
    if arguments[0] in USAGE:
        return _run(arguments[0], arguments[1:])
    if arguments[0] in NOT_SHOWN:
        log.fatal(f"the stand-in for K3s has no `k3s {arguments[0]}`")
    if arguments[0].startswith("-"):
        print("Incorrect Usage. flag provided but not defined: {}\n\n{}".format(arguments[0].replace("--", "-", 1), _overview()))
        log.fatal("flag provided but not defined: {}".format(arguments[0].replace("--", "-", 1)))
    print(f"No help topic for '{arguments[0]}'", file=sys.stderr)
    return 3


def _run(command, arguments):
    from . import config, flags

    try:
        arguments = config.with_config_file(arguments, os.environ)
        options = config.parse(command, arguments, os.environ)
    except config.ConfigError as problem:
        log.fatal(str(problem))
    except config.UsageError as problem:
        print(f"Incorrect Usage: {problem}\n\n{_help(command)}")
        sys.stdout.flush()
        log.fatal(str(problem))
    if options["help"]:
        print(_help(command))
        return 0
    for name, what in flags.NOT_SHOWN.items():
        if options.get(name):
            log.fatal(f"--{name}: the stand-in for K3s does not show {what}")
    options["node-args"] = config.node_args(command, arguments)
    options["node-env"] = config.node_env(os.environ)
    if command == "server":
        from . import server as role
    else:
        from . import agent as role
    return role.run(options)


def _overview():
    commands = "\n".join("   %-8s %s" % row for row in USAGE.items())
    return (
        "NAME:\n   k3s - Kubernetes, but small and simple\n\nUSAGE:\n   k3s [global options] command [command options] [arguments...]\n\n"
        f"VERSION:\n   {VERSION} ({COMMIT})\n\nCOMMANDS:\n{commands}\n\nGLOBAL OPTIONS:\n   --help, -h     show help\n   --version, -v  print the version"
    )


def _help(command):
    from . import flags

    short = {name: letter for letter, name in flags.ALIASES.items()}
    lines = []
    for name, flag in flags.flags_of(command).items():
        value = "" if flag.kind == flags.BOOL else " value"
        text = ("-" if len(name) == 1 else "--") + name + value
        if name in short:
            text += f", -{short[name]}{value}"
        lines.append("   " + text + (f" [${flag.env}]" if flag.env else ""))
    return "NAME:\n   k3s {} - {}\n\nUSAGE:\n   k3s {} [OPTIONS]\n\nOPTIONS:\n{}\n   ".format(command, USAGE[command], command, "\n".join(lines))
