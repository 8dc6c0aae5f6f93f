#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: node_reset
short_description: Removes from a machine what its cluster of K3s has made there, and nothing of others
version_added: 0.1.0
author:
  - Gitpod node_prep authors (@gitpod-io)
description:
  - Stops K3s; ends the processes of pods, those of containerd's namespace C(k8s.io), whether that containerd is K3s' own or the machine's; unmounts what K3s,
    kubelet and containers have mounted; removes network namespaces C(cni-*), network interfaces, addresses and routes of Calico, flannel and kube-proxy, chains
    C(KUBE-*), C(CNI-*), C(cali-*) and C(FLANNEL-*) of iptables with all rules that lead to them, in both backends and for IPv4 and IPv6, their ipsets, and the
    files of Calico and of CNI plugins.
  - All other rules, sets, routes, interfaces, mounts and processes stay as they are. Rules are removed table by table, each at once.
  - Data are never deleted. What O(data) names is moved aside.
  - Where another program than Kubernetes has containers in network namespaces C(cni-*), as podman has, the chains C(CNI-*), C(cni0) and C(/var/lib/cni) stay.
    Where a BIRD of the machine runs, its routes stay.
  - A mount that is in C(/etc/fstab) stays, and so does a disk below C(/var/lib/rancher).
  - What is there is found by looking, so that a machine that is half set up, one whose cluster is gone, and one whose reset was interrupted are all the
    same to it. Programs that are missing (C(ipset), C(nft), a backend of iptables) have nothing to remove.
  - A K3s that this collection did not install, and any other Kubernetes, is refused, and nothing is changed.
options:
  programs:
    description: Whether the unit, the links and the releases of K3s are removed too. Without, K3s is stopped and does not start at boot.
    type: bool
    default: true
  install_dir:
    description: Directory with one directory for each installed release.
    type: path
    default: /opt/k3s
  data:
    description:
      - Paths that are moved aside, each as a whole. Around a mount that stays, which cannot be moved, what lies there is moved aside one by one.
      - What is not there is none to move.
    type: list
    elements: path
    default: []
  suffix:
    description: What is moved aside gets this at the end of its name. What has that name already is kept, with a number.
    type: str
    default: .before-reset
  timeout:
    description: Seconds after which it fails with what it waits for. The next run goes on from there.
    type: int
    default: 300
extends_documentation_fragment:
  - gitpod.node_prep.attributes
attributes:
  check_mode:
    support: full
    description: Says in RV(ignore:removed) what would be removed.
  diff_mode:
    support: full
    description: Lists what is removed.
  idempotent:
    support: full
    description: A second run finds nothing and changes nothing.
"""

EXAMPLES = r"""
- name: See what would be removed
  gitpod.node_prep.node_reset:
    data: [/var/lib/rancher/k3s, /etc/rancher/k3s, /etc/rancher/node]
  check_mode: true
  register: reset

- name: Remove it
  gitpod.node_prep.node_reset:
    data: [/var/lib/rancher/k3s, /etc/rancher/k3s, /etc/rancher/node]
"""

RETURN = r"""
removed:
  description: What was removed, or would be in check mode, in words, a line each.
  returned: success
  type: list
  elements: str
  sample: ["unit k3s.service is stopped", "interface vxlan.calico", "iptables-nft: filter: chain cali-FORWARD", "/var/lib/rancher/k3s is moved aside"]
kept:
  description: What looks like a part of the cluster and stays for the sake of others.
  returned: success
  type: list
  elements: str
problems:
  description: What somebody else has installed, for which it was refused; a clause each.
  returned: failure
  type: list
  elements: str
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._deadline import Deadline
from ..module_utils._reset import plan as plans, reader, removal
from ..module_utils._reset.commands import Commands, Stuck
from ..module_utils._text import listed

AGAIN = "What was removed before that is gone; the rest is as it was, and the next run goes on from there."


def main():
    module = AnsibleModule(
        argument_spec={
            "programs": {"type": "bool", "default": True},
            "install_dir": {"type": "path", "default": "/opt/k3s"},
            "data": {"type": "list", "elements": "path", "default": []},
            "suffix": {"type": "str", "default": ".before-reset"},
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    try:
        reset(module)
    except Stuck as error:
        module.fail_json(msg="%s. %s" % (error, AGAIN))
    except OSError as error:
        module.fail_json(msg="%s: %s. %s" % (error.filename or "This machine", error.strerror, AGAIN))


def reset(module):
    params = module.params
    install_dir = os.path.normpath(params["install_dir"])
    problems = plans.foreign_problems(reader.foreign(), install_dir)
    if problems:
        module.fail_json(msg="It has a Kubernetes that this collection did not install: %s. Nothing was changed." % "; ".join(problems), problems=problems)
    commands = Commands(Deadline(params["timeout"]))

    def look():
        reading = reader.read(commands, install_dir)
        return reading, plans.plan_of(reading, params["programs"], params["data"], params["suffix"], names_in)

    reading, plan = look()
    lines = plans.lines_of(plan)
    for clause in reading.unread:
        module.warn("%s. What belongs to the cluster there was not looked at." % clause)
    if lines and not module.check_mode:
        removal.carry_out(plan, commands, install_dir, params["suffix"])
        left = plans.lines_of(look()[1])
        if left:
            raise Stuck("This was removed and is there again, so that something on the machine makes it anew: %s" % listed(left))
    before = "".join(line + "\n" for line in lines)
    module.exit_json(changed=bool(lines), removed=lines, kept=plan.kept, diff={"before": before, "after": ""})


def names_in(path):
    """The names in a directory; none for a file or a link, None where nothing is."""
    if not os.path.lexists(path):
        return None
    return os.listdir(path) if os.path.isdir(path) and not os.path.islink(path) else []


if __name__ == "__main__":
    main()
