"""What the mirror serves: K3s with its checksum file and Calico's manifest, in the layout of the real release pages.

K3s is, in this order: the file that LAB_K3S names; the official release, where it can be reached; the stand-in.
"""

import hashlib
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import build_standin

HERE = Path(__file__).resolve().parent
# Not in the role's table of digests, so that the release's own checksum file is what the role verifies against.
STANDIN_VERSION = "v1.24.9+k3s1"
RELEASES = "https://github.com/k3s-io/k3s/releases/download"


def k3s_version(binary):
    """The release a real binary is: `k3s version v1.21.2+k3s1 (...)`."""
    output = subprocess.run((binary, "--version"), stdout=subprocess.PIPE, check=True, text=True, timeout=60).stdout
    return re.search(r"v\d+\.\d+\.\d+\S*\+k3s\d+", output).group()


def lab_version():
    real = os.environ.get("LAB_K3S")
    return k3s_version(real) if real else STANDIN_VERSION


def calico_version(k3s):
    """The Calico release that is tested with a Kubernetes: 3.24 begins with Kubernetes 1.22."""
    return "v3.23.5" if k3s.startswith("v1.21.") else "v3.24.5"


def official_release_answers():
    url = f"{RELEASES}/{STANDIN_VERSION.replace('+', '%2B')}/sha256sum-amd64.txt"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def kind():
    """Where K3s comes from, in words for the person in front of the screen."""
    if os.environ.get("LAB_K3S"):
        return f"the K3s that LAB_K3S names ({k3s_version(os.environ['LAB_K3S'])})"
    if official_release_answers():
        return f"the official K3s {STANDIN_VERSION}"
    return f"a stand-in for K3s {STANDIN_VERSION} (the official release cannot be reached; name a real one with LAB_K3S)"


def publish(root):
    """Fills the mirror's directory. Nothing is written again that is there already."""
    real = os.environ.get("LAB_K3S")
    version = lab_version()
    folder = root / "k3s" / version
    folder.mkdir(parents=True, exist_ok=True)
    binary = folder / "k3s"
    if real:
        if not binary.exists() or binary.stat().st_mtime < Path(real).stat().st_mtime:
            shutil.copy2(real, binary)
    else:
        build_standin.build(binary, version)
    (folder / "sha256sum-amd64.txt").write_text(f"{sha256(binary)}  k3s\n")

    manifests = root / "calico" / calico_version(version) / "manifests"
    manifests.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(HERE / "artifacts" / "calico-vxlan.yaml", manifests / "calico-vxlan.yaml")
    return root


def variables(mirror):
    """The inventory variables that point the roles at the mirror."""
    version = lab_version()
    calico = calico_version(version)
    result = {
        "lab_mirror": mirror,
        "k3s_version": version,
        "calico_version": calico,
        "calico_manifest_url": f"{mirror}/calico/{calico}/manifests/calico-vxlan.yaml",
        "calico_manifest_sha256": sha256(HERE / "artifacts" / "calico-vxlan.yaml"),
    }
    if os.environ.get("LAB_K3S") or not official_release_answers():
        result["k3s_release_url"] = f"{mirror}/k3s"
    return result
