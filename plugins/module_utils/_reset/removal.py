# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out a plan. What it does can be begun again wherever it ended: what is found by looking is looked for again."""

import os
import shutil
import signal
import time

from .._deadline import Deadline
from .._text import listed
from . import mounts, ours, processes, reader, rules
from .commands import Stuck

PATIENCE = 30  # seconds for processes to end, and for containerd to see that they have
SECONDS_BETWEEN_LOOKS = 0.1
STATE_D = "In state D a process waits for a disk, or a server of files, that does not answer: have that answer, or reboot the machine"
WAIT_FOR_OTHERS = ("-w", "10")


def carry_out(plan, commands, install_dir, suffix):
    """Do what a Plan says.

    :raises Stuck: something does not go.
    """
    stop_units(plan, commands)
    kill_pods(commands)
    remove_containers(plan.containers, commands)
    unmount(plan, commands)
    for path in plan.namespaces:
        os.unlink(path)
    remove_interfaces(plan, commands)
    for family, protocol in sorted(plan.routes):
        commands.output("ip", family, "route", "flush", "table", "all", "proto", protocol)
    remove_rules(plan, commands)
    remove_files(plan, commands, install_dir)
    for path in plan.asides:
        commands.output("mv", "--backup=numbered", "--no-target-directory", "--", path, path + suffix)


def stop_units(plan, commands):
    for unit in plan.stop:
        commands.output("systemctl", "disable", unit)
        commands.output("systemctl", "stop", unit)
    # A server that etcd has let go ends with an error, and may do so when it is stopped.
    for unit in sorted(set(plan.stop + plan.forget)):
        commands.run("systemctl", "reset-failed", unit)


def kill_pods(commands):
    """End the processes of all pods, then those that watch over them: as long as these are there, nothing that is started meanwhile gets lost."""
    patience = Deadline(min(PATIENCE, commands.deadline.remaining()))
    own_namespace = os.readlink("/proc/self/ns/pid")
    while True:
        workers, watching = processes.of_pods(reader.read_processes(), own_namespace)
        left = workers or watching
        if not left:
            return
        if patience.is_over():
            names = listed("%d (%s, state %s)" % (process.pid, process.name, process.state) for process in left)
            raise Stuck("These processes of pods do not end within %s, whatever they are told: %s. %s" % (patience.said(), names, STATE_D))
        for process in left:
            try:
                os.kill(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(SECONDS_BETWEEN_LOOKS)


def remove_containers(containers, commands):
    """Have the containerd of the system forget containers whose processes are gone, as soon as it has seen that they are."""
    left, patience = list(containers), Deadline(min(PATIENCE, commands.deadline.remaining()))
    while left:
        for container in left:
            commands.run(*reader.ctr("tasks", "delete", "--force", container))
        commands.run(*reader.ctr("containers", "delete", *left))
        present = commands.output(*reader.ctr("containers", "list", "-q")).split()
        left = [container for container in left if container in present]
        if left and patience.is_over():
            raise Stuck("containerd does not let go of the containers %s. See `journalctl --unit containerd`" % listed(left))
        time.sleep(SECONDS_BETWEEN_LOOKS if left else 0)


def unmount(plan, commands):
    """Unmount what is there, again and again as long as that gets on: mounts come in pairs where they are shared, and containerd unmounts too."""
    before, complaints = [], []
    while True:
        points = mounts.to_unmount(reader.read_mounts(), reader.read_fstab(), reader.real_places(), plan.namespaces)
        if not points:
            return
        if points == before:
            raise Stuck("These mounts cannot be unmounted: %s. End what uses them (`fuser --mount <mount>`)" % listed(complaints))
        before, complaints = points, []
        for point in points:
            status, output, complaint = commands.run("umount", "--no-canonicalize", point)
            if status != 0:
                complaints.append("%s (%s)" % (point, (complaint or output).strip()))


def remove_interfaces(plan, commands):
    """An interface that goes takes its other end and its routes with it."""
    for name in plan.interfaces:
        if os.path.lexists("/sys/class/net/" + name):
            status, _output, complaint = commands.run("ip", "link", "delete", name)
            if status != 0 and os.path.lexists("/sys/class/net/" + name):
                raise Stuck("The interface %s cannot be deleted: %s" % (name, complaint.strip()))
    for address in plan.tunnel:
        commands.output("ip", "addr", "delete", address, "dev", ours.TUNNEL)
    if plan.tunnel:
        commands.output("ip", "link", "set", ours.TUNNEL, "down")


def remove_rules(plan, commands):
    for program, removals in plan.rules.items():
        waiting = WAIT_FOR_OTHERS if reader.restore_waits(commands, program) else ()
        commands.output(program + "-restore", "--noflush", *waiting, given=rules.restore(removals))
    for family, name in plan.tables:
        commands.output("nft", "delete", "table", family, name)
    # One that others need cannot go; rules of somebody else may name it.
    for name in plan.sets:
        commands.output("ipset", "destroy", name)


def remove_files(plan, commands, install_dir):
    for path in plan.files + plan.unit_files + plan.programs:
        if os.path.isdir(path) and not os.path.islink(path):
            _remove_tree(path)
        elif os.path.lexists(path):
            os.unlink(path)
    for directory in sorted({os.path.dirname(path) for path in plan.programs if path.startswith(install_dir + "/")}) + [install_dir]:
        if plan.programs and os.path.isdir(directory) and not os.listdir(directory):
            os.rmdir(directory)
    if plan.unit_files:
        commands.output("systemctl", "daemon-reload")


def _remove_tree(path):
    inside = [row.point for row in reader.read_mounts() if row.point == path or row.point.startswith(path + "/")]
    if inside:
        raise Stuck("%s is not removed, since something is mounted there that this does not know: %s. Unmount it" % (path, listed(inside)))
    shutil.rmtree(path)
