# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the control node has what a run needs: the packages of `requirements.txt` and `requirements.yml`, a kubeconfig, and places to write to."""

import importlib.util
import json
import os
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import yaml
from ansible.module_utils.common.yaml import yaml_load

from ...module_utils._versions import is_at_least, parse_numbers
from .problem import Problem

COLLECTION = Path(__file__).resolve().parents[3]
# The others of requirements.txt are not imported by what a playbook of the collection runs.
PACKAGES = ("ansible-core", "kubernetes")
WHERE = "the control node"


def problems(folders, kubeconfigs=()):
    """What the control node lacks.

    :param folders: dict of what names a folder, such as a variable, to that folder, which the run will write to. A relative path starts where the run did.
    :param kubeconfigs: files that must give access to a cluster.
    """
    return [*_package_problems(), *_collection_problems(), *_kubeconfig_problems(kubeconfigs), *_folder_problems(folders)]


# ---- packages and collections


def _package_problems():
    for line in (COLLECTION / "requirements.txt").read_text(encoding="utf-8").splitlines():
        name, _mark, lowest = line.partition(">=")
        if name in PACKAGES:
            yield from _too_old(f"The Python package {name}", _package(name), lowest, f"pip install '{line}'")


def _package(name):
    """The version of an installed package, None where it is not installed, '' where it does not say."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "" if importlib.util.find_spec(name.replace("-", "_")) else None


def _collection_problems():
    for wanted in yaml_load((COLLECTION / "requirements.yml").read_text(encoding="utf-8"))["collections"]:
        name, lowest = wanted["name"], wanted["version"].removeprefix(">=")
        command = f"ansible-galaxy collection install '{name}:>={lowest}'"
        yield from _too_old(f"The collection {name}", _collection(name), lowest, command)


def _collection(name):
    """The version of an installed collection, None where it is not installed, '' where it does not say."""
    try:
        found = importlib.util.find_spec(f"ansible_collections.{name}")
    except ImportError:
        found = None
    for folder in found.submodule_search_locations or () if found else ():
        try:
            return str(json.loads(Path(folder, "MANIFEST.json").read_text(encoding="utf-8"))["collection_info"]["version"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return "" if found else None


def _too_old(what, found, lowest, command):
    if found is None:
        yield Problem(f"{what} is missing; the collection needs {lowest} or newer.", WHERE, f"{command}, for the Python that runs ansible-playbook.")
        return
    numbers = parse_numbers(found) if re.match(r"\d", found) else None
    if numbers and not is_at_least(numbers, parse_numbers(lowest)):
        yield Problem(f"{what} is {found}; the collection needs {lowest} or newer.", WHERE, f"{command}, for the Python that runs ansible-playbook.")


# ---- files and folders


def _kubeconfig_problems(paths):
    for path in paths:
        why = why_no_kubeconfig(Path(path).expanduser())
        if why:
            yield Problem(f"The kubeconfig {path} is of no use: {why}.", "node_prep_kubeconfig", "Name a kubeconfig that `kubectl --kubeconfig` can use.")


def why_no_kubeconfig(path):
    """Why a file cannot be a kubeconfig, in words; '' if it can. Nothing of what it holds is told."""
    try:
        content = yaml_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        return error.strerror.lower()
    except (ValueError, yaml.YAMLError):
        return "it is no YAML"
    if not isinstance(content, dict) or not content.get("clusters") or not content.get("contexts"):
        return "it names no cluster or no context"
    return ""


def _folder_problems(folders):
    for name, folder in folders.items():
        why = why_not_writable(Path(folder).expanduser())
        if why:
            yield Problem(f"{folder}, where the results of the run will lie, cannot be written: {why}.", name, "Name a folder that you may write to.")


def why_not_writable(folder):
    """Why a folder can neither be written nor be made, in words; '' if it can."""
    for place in (folder.absolute(), *folder.absolute().parents):
        try:
            exists = place.exists() or place.is_symlink()
        except OSError as error:
            return f"{place}: {error.strerror}"
        if not exists:
            continue
        if not place.is_dir():
            return f"{place} is no folder"
        return "" if os.access(place, os.W_OK | os.X_OK) else f"you may not write to {place}"
    return ""
