"""Snapshots and folders of backups as the collection makes them, small."""

import hashlib
import sqlite3

from ansible_collections.gitpod.node_prep.plugins.module_utils._backup import archive
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._backup import folder as backups, keeping

CLUSTER = "0d2c1e3a-6f5b-4e8e-9b0c-0a8d8f6f7a11"
NAME = "20260102T030405Z"
TOKEN = "K10" + "a" * 64 + "::server:secret"


def sqlite_snapshot(path, rows=50):
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE kine (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, value BLOB)")
    database.execute("CREATE INDEX kine_name ON kine (name)")
    database.executemany("INSERT INTO kine (name, value) VALUES (?, ?)", [(f"/registry/{number}", bytes(3000)) for number in range(rows)])
    database.commit()
    database.close()
    return path


def etcd_snapshot(path, sectors=8):
    data = bytes(16) + b"\xed\xda\x0c\xed" + bytes(512 * sectors - 20)
    path.write_bytes(data + hashlib.sha256(data).digest())
    return path


def server(root):
    """What lies on a server, as pack takes it."""
    files = {"token": TOKEN + "\n", "cred/passwd": "x", "tls/server-ca.crt": "crt", "tls/server-ca.key": "key", "tls/etcd/peer-ca.crt": "peer"}
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return {f"server/{name}": str(root / name) for name in ("token", "cred", "tls")}


def packed(tmp_path, datastore="sqlite", **changes):
    """An archive at the path that it returns, and what the server says of it."""
    make = {"sqlite": sqlite_snapshot, "etcd": etcd_snapshot}[datastore]
    path = tmp_path / "backup.tar.gz"
    files = archive.pack(str(path), str(make(tmp_path / "snapshot")), server(tmp_path / "server"))
    said = {
        "cluster": CLUSTER,
        "k3s_version": "v1.21.2+k3s1",
        "servers": ["meta-1"],
        "archive": {"size": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()},
        "files": [dict(file._asdict()) for file in files],
    }
    return path, said | changes


def backup(tmp_path, name=NAME, folder="backups", datastore="sqlite", **changes):
    """The folder of a whole backup, and its manifest."""
    root, work = tmp_path / folder, tmp_path / f"work-{name}"
    work.mkdir()
    root.mkdir(exist_ok=True)
    path, said = packed(work, datastore, **changes)
    partial = root / (backups.PARTIAL % name)
    partial.mkdir(mode=0o700)
    path.rename(partial / path.name)
    manifest = keeping.made(name, "meta-1", datastore, said)
    keeping.put_in_place(partial, root / name, manifest)
    return root / name, manifest
