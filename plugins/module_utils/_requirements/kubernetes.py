# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What else makes a machine a node of a Kubernetes, how it is recognised and how it is removed. Data."""

from collections import OrderedDict, namedtuple

# units and processes: its services and what its processes are called; files: what else its installer leaves; removal: how it is removed.
Kind = namedtuple("Kind", "units processes files removal")
OURS = "K3s"  # which is what the collection installs too, so that its units may be the role's
_SCRIPTS = ("k3s-uninstall.sh", "k3s-agent-uninstall.sh", "k3s-killall.sh")
KUBERNETES = OrderedDict(
    [
        (
            OURS,
            Kind(
                ("k3s.service", "k3s-agent.service"),
                ("k3s", "k3s-server", "k3s-agent"),
                tuple(directory + name for directory in ("/usr/local/bin/", "/usr/bin/", "/opt/bin/") for name in _SCRIPTS)
                + ("/etc/systemd/system/k3s.service.env", "/etc/systemd/system/k3s-agent.service.env"),
                "k3s-uninstall.sh",
            ),
        ),
        ("RKE2", Kind(("rke2-server.service", "rke2-agent.service"), ("rke2",), (), "rke2-uninstall.sh")),
        ("k0s", Kind(("k0scontroller.service", "k0sworker.service"), ("k0s",), (), "k0s stop && k0s reset")),
        ("MicroK8s", Kind(("snap.microk8s.daemon-kubelite.service",), ("kubelite",), (), "snap remove microk8s")),
        ("kubelet", Kind(("kubelet.service",), ("kubelet",), (), "kubeadm reset && apt-get purge kubelet")),
    ]
)
OTHER_KUBERNETES = OrderedDict((name, kind) for name, kind in KUBERNETES.items() if name != OURS)
