"""The objects of the cluster: in memory, and written through to one SQLite file so that a restart keeps them."""

import copy
import json
import sqlite3
import threading
import time
import uuid


def now():
    """The time in the form of the API: `2026-11-22T19:44:09Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def key_of(resource):
    """One key for all versions of a resource: `nodes.`, `daemonsets.apps`."""
    return resource.plural + "." + resource.group


class Store:
    """Objects by resource, namespace and name; each write gets the next resourceVersion."""

    def __init__(self, path):
        self.lock = threading.RLock()
        self.objects = {}
        self.version = 0
        self.database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute("PRAGMA synchronous=OFF")
        self.database.execute(
            "CREATE TABLE IF NOT EXISTS objects (resource TEXT, namespace TEXT, name TEXT, object TEXT, PRIMARY KEY (resource, namespace, name))"
        )
        for resource, namespace, name, text in self.database.execute("SELECT * FROM objects"):
            stored = json.loads(text)
            self.objects[resource, namespace, name] = stored
            self.version = max(self.version, int(stored["metadata"]["resourceVersion"]))

    def get(self, resource, namespace, name):
        """A copy of one object, or None."""
        with self.lock:
            return copy.deepcopy(self.objects.get((key_of(resource), namespace, name)))

    def list(self, resource, namespace=None):
        """Copies of all objects of a resource, sorted by namespace and name; of all namespaces if none is named."""
        return copy.deepcopy(self.view(resource, namespace))

    def view(self, resource, namespace=None):
        """As `list`, but the stored objects themselves: to look at, never to change. A save replaces an object, so a view stays as it was."""
        with self.lock:
            keys = [key for key in self.objects if key[0] == key_of(resource) and namespace in (None, key[1])]
            return [self.objects[key] for key in sorted(keys)]

    def save(self, resource, item):
        """Store a new or changed object; gives it uid, creationTimestamp and resourceVersion; returns a copy."""
        with self.lock:
            self.version += 1
            metadata = item["metadata"]
            metadata.setdefault("uid", str(uuid.uuid4()))
            metadata.setdefault("creationTimestamp", now())
            metadata["resourceVersion"] = str(self.version)
            key = key_of(resource), metadata.get("namespace", ""), metadata["name"]
            self.objects[key] = copy.deepcopy(item)
            self.database.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", key + (json.dumps(item),))
            return item

    def remove(self, resource, namespace, name):
        """Forget one object."""
        with self.lock:
            key = key_of(resource), namespace, name
            del self.objects[key]
            self.version += 1
            self.database.execute("DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?", key)

    def close(self):
        """Close the file."""
        with self.lock:
            self.database.close()
