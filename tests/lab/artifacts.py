"""What the mirror serves: the releases of K3s that the lab has and the stand-in, with their checksum files, and Calico's manifests, in the
layout of the real release pages; and the inventory variables that point the roles at it.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import build_standin
import k3s_source

HERE = Path(__file__).resolve().parent
MANIFEST = HERE / "artifacts" / "calico-vxlan.yaml"
SUMS = "sha256sum-amd64.txt"
STANDIN_VERSION = k3s_source.STANDIN_RELEASE
# Tested with Kubernetes 1.21, and from 1.22 on.
CALICO_BEFORE_1_22, CALICO = "v3.23.5", "v3.24.5"


def kind():
    """Where K3s comes from, in words for the person in front of the screen."""
    return k3s_source.find().words


def calico_version(k3s):
    """The Calico release that is tested with a Kubernetes: 3.24 begins with Kubernetes 1.22."""
    return CALICO_BEFORE_1_22 if k3s_source.numbers(k3s)[:2] < (1, 22) else CALICO


def publish(root, source):
    """Fills the mirror's directory. What is there already is left alone, and no reader sees half of a file."""
    for release, file in source.files.items():
        folder = _folder(root / "k3s" / release)
        _copy(file, folder / "k3s")
        sums = file.with_name(SUMS)
        _write(folder / SUMS, sums.read_bytes() if sums.is_file() else _sums(file.read_bytes()))
    if STANDIN_VERSION not in source.files:
        publish_standin(root / "k3s", STANDIN_VERSION)
    if not source.files and source.release != STANDIN_VERSION:
        publish_standin(root / "k3s", source.release)
    for version in (CALICO_BEFORE_1_22, CALICO):
        _write(_folder(root / "calico" / version / "manifests") / MANIFEST.name, MANIFEST.read_bytes())
    return root


def publish_standin(releases, version):
    """Puts the stand-in for a release into a folder of releases; returns its path."""
    folder = _folder(releases / version)
    content = build_standin.standin(version)
    _write(folder / "k3s", content, 0o755)
    _write(folder / SUMS, _sums(content))
    return folder / "k3s"


def variables(mirror, source, release=None):
    """The inventory variables that point the roles at the mirror, with another release than the lab's where one is named."""
    version = release or source.release
    if version not in source.files and version not in (source.release, STANDIN_VERSION):
        sys.exit(f"the lab has no K3s {version}; it has {', '.join((*source.files, STANDIN_VERSION))}")
    calico = calico_version(version)
    result = {
        "lab_mirror": mirror,
        # For nodes with the containerd that K3s brings: a release that Gitpod can use so.
        "lab_k3s_embedded_version": source.embedded,
        "k3s_version": version,
        "calico_version": calico,
        "calico_manifest_url": f"{mirror}/calico/{calico}/manifests/{MANIFEST.name}",
        "calico_manifest_sha256": hashlib.sha256(MANIFEST.read_bytes()).hexdigest(),
    }
    if not source.official:
        result["k3s_release_url"] = f"{mirror}/k3s"
    return result


def _folder(path):
    path.mkdir(parents=True, exist_ok=True)
    return path


def _sums(content):
    return f"{hashlib.sha256(content).hexdigest()}  k3s\n".encode()


def _copy(source, target):
    """Copies a file of some size, unless the copy of this very file is there."""
    wanted = source.stat()
    if target.exists() and (target.stat().st_size, target.stat().st_mtime_ns) == (wanted.st_size, wanted.st_mtime_ns):
        return
    part = Path(_part(target))
    shutil.copy2(source, part)
    part.replace(target)


def _write(target, content, mode=0o644):
    if target.exists() and target.read_bytes() == content:
        return
    part = Path(_part(target))
    part.write_bytes(content)
    part.chmod(mode)
    part.replace(target)


def _part(target):
    """A file beside the target, to be moved over it when it is whole."""
    handle, path = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    return path
