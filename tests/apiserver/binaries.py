"""Where kube-apiserver and etcd are: unpacked into .cache/ when they are first asked for."""

import os
import shutil
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
CACHE = CHECKOUT / ".cache"
ETCD = CACHE / "etcd" / "usr" / "bin" / "etcd"


class Missing(Exception):
    """The API server is not to be had here; the text says why."""


def kube_apiserver():
    """Path of the newest kube-apiserver of the folder that LAB_KUBERNETES names, or that lies beside the checkout.

    :raises Missing: there is none.
    """
    folder = Path(os.environ.get("LAB_KUBERNETES") or CHECKOUT.parent / "shared" / "kubernetes")
    packed = sorted(folder.glob("kube-apiserver-*.zst"))
    if not packed:
        raise Missing(f"there is no kube-apiserver-*.zst in {folder}; name a folder with LAB_KUBERNETES")
    binary = CACHE / "kubernetes" / packed[-1].stem
    if not binary.exists():
        binary.parent.mkdir(parents=True, exist_ok=True)
        unpacked = binary.with_suffix(f".{os.getpid()}")
        subprocess.run(("zstd", "--decompress", "--quiet", "--force", str(packed[-1]), "-o", str(unpacked)), check=True)
        unpacked.chmod(0o755)
        unpacked.rename(binary)
    return binary


def etcd():
    """Path of etcd: that of the system, else the one of Debian's package, unpacked."""
    installed = shutil.which("etcd")
    if installed:
        return Path(installed)
    if not ETCD.exists():
        subprocess.run((str(CHECKOUT / "tests" / "lab" / "system.sh"), "etcd"), check=True)
    return ETCD
