"""A virtual machine under QEMU, for what a container cannot show: a kernel of its own, and a reboot.

QEMU translates (TCG), since /dev/kvm of a nested machine may hang. Kernels from 6.12 on do not survive that with Debian's QEMU 7.2,
so the upgrade under test is the one from 5.10 to 6.1.
"""

import hashlib
import socket
import subprocess
import time
from pathlib import Path

import lab
import yaml

HERE = Path(__file__).resolve().parent
START_LIMIT = 600  # seconds; half a minute where nothing else is running
CPUS = 4
MEMORY = "16G"  # costs nothing before it is used


def disk():
    """The disk as image.sh makes it, made once for each version of that script."""
    recipe = hashlib.sha256((HERE / "image.sh").read_bytes()).hexdigest()[:12]
    path = lab.STATE / "vm" / f"disk-{recipe}.img"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        subprocess.run((HERE / "image.sh", unfinished, f"{lab.ssh_key()}.pub"), check=True)
        unfinished.rename(path)
    return path


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Machine:
    """Started from a copy of the disk, which is thrown away with the machine."""

    def __init__(self, folder):
        self.port = free_port()
        self.inventory = folder / "hosts.yml"
        self.console = folder / "console.log"
        copy = folder / "disk.img"
        subprocess.run(("cp", "--sparse=always", disk(), copy), check=True)
        self.process = subprocess.Popen(
            (
                "qemu-system-x86_64", "-accel", "tcg", "-smp", str(CPUS), "-m", MEMORY, "-display", "none",
                "-drive", f"file={copy},format=raw,if=virtio,cache=unsafe",
                "-nic", f"user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:{self.port}-:22",
                "-serial", f"file:{self.console}",
            ),
        )  # fmt: skip
        variables = lab.connection_variables() | {"ansible_host": "127.0.0.1", "ansible_port": self.port}
        self.inventory.write_text(yaml.safe_dump({"all": {"hosts": {"vm": variables}}}))
        self.wait()

    def wait(self):
        """Returns once sshd answers; QEMU itself accepts the connection before that."""
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
                    if connection.recv(4) == b"SSH-":
                        return
            except OSError:
                time.sleep(1)
        end = self.console.read_text(errors="replace")[-2000:] if self.console.exists() else "no output"
        self.stop()
        raise RuntimeError(f"the virtual machine did not come up within {START_LIMIT} s; the end of its console:\n{end}")

    def stop(self):
        self.process.kill()
        self.process.wait()
