"""Writes an archive of an image that sleeps; its name is the argument. Runs on a node, which has busybox."""

import hashlib
import io
import json
import sys
import tarfile


def archive(files):
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as stream:
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(data), 0o755
            stream.addfile(info, io.BytesIO(data))
    return written.getvalue()


with open("/bin/busybox", "rb") as busybox:
    layer = archive({"bin/busybox": busybox.read()})
config = {
    "architecture": "amd64",
    "os": "linux",
    "config": {"Entrypoint": ["/bin/busybox", "sleep", "86400"]},
    "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
}
manifest = [{"Config": "config.json", "RepoTags": [sys.argv[1]], "Layers": ["layer.tar"]}]
parts = {"config.json": json.dumps(config).encode(), "layer.tar": layer, "manifest.json": json.dumps(manifest).encode()}
sys.stdout.buffer.write(archive(parts))
