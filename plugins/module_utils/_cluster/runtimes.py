# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the container runtime of a node has its socket and its state, as far as the API shows it (requirements section 5). Pure.

The API names the runtime and no path. Only K3s' own containerd is at a place that nothing can change, and says by its version that it
is that one; everything else is where it usually is, which is a guess.
"""

from collections import namedtuple

from .._requirements.paths import RUNTIME_PATHS
from .._versions import parse_runtime

# name: what the node calls its runtime, '' where it calls it nothing. socket and state_directory are '' where not even a guess can be made.
Paths = namedtuple("Paths", "name socket state_directory known")


def paths_of(node):
    info = node["status"]["nodeInfo"]
    runtime = parse_runtime(info["containerRuntimeVersion"])
    name = runtime.name if runtime else ""
    if name != "containerd":
        return Paths(name, "", "", False)
    embedded = "-k3s" in info["containerRuntimeVersion"]
    kind = "embedded" if embedded else "amazon" if info["osImage"].startswith("Amazon Linux") else "system"
    return Paths(name, RUNTIME_PATHS[kind].socket, RUNTIME_PATHS[kind].directory, embedded)


def describe(paths):
    """What is to be said of them, and how sure it is."""
    if not paths.socket:
        return "its socket and its state directory are not known"
    return "%s%s, %s" % ("" if paths.known else "probably ", paths.socket, paths.state_directory)
