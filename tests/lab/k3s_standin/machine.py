"""What the kubelet reads of the machine: name, address, kernel, memory, processors, disk."""

import os
import platform
import socket

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def hostname():
    """The name of the machine, in lower case."""
    return socket.gethostname().lower()


def address():
    """The address of the interface that has the default route; 127.0.0.1 without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"


def architecture():
    """amd64 or arm64."""
    return ARCHITECTURES.get(platform.machine(), platform.machine())


def capacity(folder):
    """(capacity, allocatable) of a node whose data lie in `folder`."""
    disk = os.statvfs(folder)
    total = disk.f_blocks * disk.f_frsize
    shared = {
        "cpu": str(os.cpu_count()),
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "memory": _memory(),
        "pods": "110",
    }
    return (
        dict(shared, **{"ephemeral-storage": f"{total // 1024}Ki"}),
        dict(shared, **{"ephemeral-storage": str(int(total * 0.95))}),
    )


def node_info():
    """What Node objects show as nodeInfo, without the versions of K3s."""
    machine_id = _read("/etc/machine-id")
    return {
        "machineID": machine_id,
        "systemUUID": _read("/sys/class/dmi/id/product_uuid") or machine_id,
        "bootID": _read("/proc/sys/kernel/random/boot_id"),
        "kernelVersion": platform.release(),
        "osImage": _os_release().get("PRETTY_NAME", "Linux"),
        "operatingSystem": "linux",
        "architecture": architecture(),
    }


def _memory():
    with open("/proc/meminfo", encoding="ascii") as stream:
        for line in stream:
            if line.startswith("MemTotal:"):
                return line.split()[1] + "Ki"
    raise RuntimeError("/proc/meminfo has no MemTotal")


def _os_release():
    values = {}
    for line in _read("/etc/os-release").splitlines():
        name, separator, value = line.partition("=")
        if separator:
            values[name] = value.strip().strip('"')
    return values


def _read(path):
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read().strip()
    except OSError:
        return ""
