"""K3s' deploy controller: what lies in server/manifests becomes objects of the API, and an Addon a file."""

import hashlib
import os
import threading
import time

import yaml

from . import errors, log
from .config import yaml_problem

SCAN = 0.3  # seconds between two looks at the folder; the real one looks every 15 seconds
RETRY = 5  # seconds until a file that failed is tried again
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SUFFIXES = (".yaml", ".yml", ".json")
OWNER = "objectset.rio.cattle.io/owner-name"
FIRST = {"CustomResourceDefinition": 0, "Namespace": 1}  # what other objects of a file need


class Failed(Exception):
    """A file that could not be read or applied as a whole."""


class DeployController:
    """Applies the files of one folder; a file that was applied and did not change is not read again."""

    def __init__(self, api, folder, disabled):
        self.api, self.folder, self.disabled = api, folder, disabled
        self.applied, self.tried = {}, {}
        self.stopped = threading.Event()

    def watch(self):
        """Until stopped: look at the folder."""
        while True:
            self.scan()
            if self.stopped.wait(SCAN):
                return

    def scan(self):
        """One look at the folder."""
        failures = []
        for path in self._files():
            stamp = _stamp(path)
            waiting = self.tried.get(path, (None, 0))
            if stamp in (None, self.applied.get(path)) or (waiting[0] == stamp and time.monotonic() < waiting[1]):
                continue
            try:
                if self._is_disabled(path):
                    self._delete(path)
                else:
                    self._deploy(path)
                self.applied[path] = stamp
            except (Failed, OSError) as problem:
                failures.append(f"failed to process {path}: {problem}")
                self.tried[path] = stamp, time.monotonic() + RETRY
        if failures:
            log.error("Failed to process config: " + ", ".join(failures))

    def _files(self):
        found = []
        for folder, _folders, names in os.walk(self.folder):
            for name in names:
                if name.lower().endswith(SUFFIXES) and not name.startswith(".") and name + ".skip" not in names:
                    found.append(os.path.join(folder, name))
        return sorted(found)

    def _is_disabled(self, path):
        parts = os.path.relpath(path, self.folder).split(os.sep)
        return bool(self.disabled & set(parts[:-1] + [parts[-1].rsplit(".", 1)[0]]))

    def _deploy(self, path):
        name = _name(path)
        self._addon(name, path)
        with open(path, "rb") as stream:
            content = stream.read()
        items = _objects(content)
        failures = []
        for item in sorted(items, key=lambda each: FIRST.get(each["kind"], 2)):
            try:
                self._apply(item, name)
            except errors.ApiError as problem:
                place = "{}/{} {}, Kind={}".format(item["metadata"].get("namespace", ""), item["metadata"].get("name", ""), item["apiVersion"], item["kind"])
                failures.append(f"failed to create {place} for  kube-system/{name}: {problem}")
        self._prune(name, items)
        if failures:
            raise Failed(", ".join(failures))
        resource = self._addons()
        addon = self.api.store.get(resource, "kube-system", name)
        wanted = {"source": path, "checksum": hashlib.sha256(content).hexdigest()}
        if addon["spec"] != wanted:
            addon["spec"] = wanted
            self.api.store.save(resource, addon)

    def _addons(self):
        return self.api.resource("k3s.cattle.io", "v1", "addons")

    def _addon(self, name, path):
        """An Addon is there from the first try on; its checksum says that the file was applied."""
        resource = self._addons()
        if self.api.store.get(resource, "kube-system", name) is None:
            self.api.create(
                resource,
                "kube-system",
                {"apiVersion": "k3s.cattle.io/v1", "kind": "Addon", "metadata": {"name": name}, "spec": {"source": path}, "status": {}},
                "k3s",
            )

    def _apply(self, item, owner):
        resource = self.api.resource_of(item)
        if resource is None:
            raise errors.no_such_resource()
        metadata = item["metadata"]
        metadata.setdefault("annotations", {}).update(
            {
                OWNER: owner,
                "objectset.rio.cattle.io/owner-namespace": "kube-system",
                "objectset.rio.cattle.io/id": "",
                "objectset.rio.cattle.io/owner-gvk": "k3s.cattle.io/v1, Kind=Addon",
            }
        )
        metadata.setdefault("labels", {})["objectset.rio.cattle.io/hash"] = hashlib.sha1(owner.encode()).hexdigest()
        namespace = metadata.setdefault("namespace", "default") if resource.namespaced else ""
        with self.api.store.lock:
            found = self.api.store.get(resource, namespace, metadata.get("name", ""))
            if found is None:
                self.api.create(resource, namespace, item, "k3s")
            else:
                self.api.update(resource, found, {**found, **item, "metadata": {**found["metadata"], **metadata}}, "k3s")

    def _prune(self, owner, items):
        """Remove what an earlier content of the file brought and this one does not have."""
        kept = {(item["kind"], item["metadata"].get("namespace", ""), item["metadata"].get("name")) for item in items}
        for resource in {each.group + each.plural: each for each in self.api.resources}.values():
            for item in self.api.store.list(resource):
                metadata = item["metadata"]
                if (metadata.get("annotations") or {}).get(OWNER) == owner and (resource.kind, metadata.get("namespace", ""), metadata["name"]) not in kept:
                    self.api.remove(resource, item)

    def _delete(self, path):
        """A disabled add-on: its objects, its Addon and its file go."""
        name = _name(path)
        self._prune(name, [])
        found = self.api.store.get(self._addons(), "kube-system", name)
        if found is not None:
            self.api.remove(self._addons(), found)
        os.remove(path)


def _name(path):
    return os.path.basename(path).split(".", 1)[0]


def _stamp(path):
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _objects(content):
    try:
        documents = [document for document in yaml.load_all(content, Loader=LOADER) if document is not None]
    except yaml.YAMLError as problem:
        raise Failed(yaml_problem(problem)) from problem
    items = []
    for document in documents:
        if not isinstance(document, dict):
            raise Failed(f"error unmarshaling JSON: json: cannot unmarshal {type(document).__name__} into Go value")
        if not document.get("kind"):
            raise Failed(f"Object 'Kind' is missing in '{document}'")
        items += document["items"] if document["kind"].endswith("List") and isinstance(document.get("items"), list) else [document]
    for item in items:
        item["metadata"] = item.get("metadata") or {}
        item.setdefault("apiVersion", "")
    return items
