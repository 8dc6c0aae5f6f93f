#!/usr/bin/python3
"""Writes an archive with one tiny image as `docker save` does, and its SHA-256 to the output: make_image.py <path> <name>.

With gzip where the path ends with .gz. Without it, the same name gives the same bytes on the control node and on the nodes of this scenario.
"""

import hashlib
import io
import json
import sys
import tarfile


def tar(files, mode="w", target=None):
    """A tar of {name: content}; all but the content is always the same."""
    stream = io.BytesIO()
    with tarfile.open(target, mode, fileobj=None if target else stream, format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def dump(value):
    return json.dumps(value, sort_keys=True).encode()


def make(path, name):
    layer = tar({"etc/motd": name.encode()})
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer/layer.tar"]}]
    files = {"layer/layer.tar": layer, "config.json": dump(config), "manifest.json": dump(manifest)}
    tar(files, "w:gz" if path.endswith(".gz") else "w", path)


make(sys.argv[1], sys.argv[2])
with open(sys.argv[1], "rb") as written:
    print(hashlib.sha256(written.read()).hexdigest())
