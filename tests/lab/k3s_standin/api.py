"""The part of the Kubernetes API that the collection calls: a request in, a status code and an object out; no sockets here."""

import base64
import copy
import json
from collections import namedtuple

from . import errors, kinds, patches, validation
from .release import COMMIT, GO_VERSION, minor
from .store import now
from .version import VERSION

Request = namedtuple("Request", "method path query media_type body user groups agent")

ADMINS = "system:masters"
NODES = "system:nodes"


class Api:
    """Answers requests from the store. `network` gives addresses, `nodes` settles Node objects (nodes.NodeController)."""

    def __init__(self, store, network, nodes):
        self.store, self.network, self.nodes = store, network, nodes
        self.resources = kinds.built_in()
        for definition in store.list(self.resource("apiextensions.k8s.io", "v1", "customresourcedefinitions")):
            self.resources += kinds.of_definition(definition)

    # -- reading what is served ------------------------------------------------------------------------------------------

    def resource(self, group, version, plural):
        """The resource at this place of the API, or a 404."""
        for resource in self.resources:
            if (resource.group, resource.version, resource.plural) == (group, version, plural):
                return resource
        raise _no_such_resource(group)

    def resource_of(self, item):
        """The resource of an object by its apiVersion and kind, or None."""
        group, _slash, version = item.get("apiVersion", "").rpartition("/")
        for resource in self.resources:
            if (resource.group, resource.version, resource.kind) == (group, version, item.get("kind")):
                return resource
        return None

    def handle(self, request):
        """(status code, object or text) of a request; raises ApiError or NoSuchPath."""
        if not request.user:
            raise errors.unauthorized()
        parts = [part for part in request.path.split("/") if part]
        if parts and parts[0] == "api" and len(parts) > 1:
            return self._in_group("", parts[1], parts[2:], request)
        if parts and parts[0] == "apis" and len(parts) > 2:
            return self._in_group(parts[1], parts[2], parts[3:], request)
        page = self._page(parts)
        if request.method != "GET":
            raise errors.method_not_allowed()
        return 200, page

    def _page(self, parts):
        if len(parts) == 1 and parts[0] in ("readyz", "livez", "healthz"):
            return "ok"
        if parts == ["version"]:
            return self._version()
        if parts == ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [
                {"clientCIDR": "0.0.0.0/0", "serverAddress": self.network.server_address}]}
        if parts == ["apis"]:
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": self._groups()}
        if len(parts) == 2 and parts[0] == "apis":
            for group in self._groups():
                if group["name"] == parts[1]:
                    return dict({"kind": "APIGroup", "apiVersion": "v1"}, **group)
            raise errors.no_such_group()
        raise errors.no_such_page()

    @staticmethod
    def _version():
        return {
            "major": "1", "minor": str(minor()), "gitVersion": VERSION, "gitCommit": COMMIT, "gitTreeState": "clean",
            "buildDate": "2022-10-25T00:00:00Z", "goVersion": GO_VERSION, "compiler": "gc", "platform": "linux/amd64",
        }

    def _groups(self):
        versions = {}
        for resource in self.resources:
            if resource.group and resource.version not in versions.setdefault(resource.group, []):
                versions[resource.group].append(resource.version)
        groups = []
        for name, served in versions.items():
            listed = [{"groupVersion": "%s/%s" % (name, version), "version": version} for version in served]
            groups.append({"name": name, "versions": listed, "preferredVersion": listed[0]})
        return groups

    def _in_group(self, group, version, rest, request):
        served = [resource for resource in self.resources if (resource.group, resource.version) == (group, version)]
        if not served:
            raise _no_such_resource(group)
        if not rest:
            return 200, self._discovery(group, version, served)
        namespace = ""
        if rest[0] == "namespaces" and len(rest) >= 3 and any(resource.plural == rest[2] for resource in served):
            namespace, rest = rest[1], rest[2:]
        resource = self.resource(group, version, rest[0])
        without_namespace = resource.namespaced and not namespace and len(rest) > 1
        unknown_part = len(rest) > 2 and "/".join(rest[2:]) not in kinds.SUBRESOURCES.get(resource.plural, ())
        if without_namespace or unknown_part or namespace and not resource.namespaced:
            raise _no_such_resource(group)
        self._authorize(request, resource, rest[1] if len(rest) > 1 else None)
        if len(rest) == 1:
            return self._collection(resource, namespace, request)
        return self._item(resource, namespace, rest[1], request)

    @staticmethod
    def _discovery(group, version, served):
        listed = []
        for resource in served:
            listed.append({
                "name": resource.plural, "singularName": "", "namespaced": resource.namespaced, "kind": resource.kind,
                "verbs": list(resource.verbs)})
            for name in kinds.SUBRESOURCES.get(resource.plural, ()):
                listed.append({
                    "name": "%s/%s" % (resource.plural, name), "singularName": "", "namespaced": resource.namespaced,
                    "kind": resource.kind, "verbs": ["get", "patch", "update"]})
        body = {"kind": "APIResourceList", "groupVersion": (group + "/" if group else "") + version, "resources": listed}
        return dict(body, apiVersion="v1") if group else body

    def _authorize(self, request, resource, name):
        if ADMINS in request.groups:
            return
        own = request.user.rpartition(":")[2]
        if NODES in request.groups and resource.plural in ("nodes", "leases") and (name == own or request.method == "POST"):
            return
        verb = {"GET": "get" if name else "list", "POST": "create", "PUT": "update"}.get(request.method, request.method.lower())
        raise errors.forbidden(resource, name, 'User "%s" cannot %s resource "%s" in API group "%s" at the cluster scope' % (
            request.user, verb, resource.plural, resource.group))

    # -- collections -----------------------------------------------------------------------------------------------------

    def _collection(self, resource, namespace, request):
        if request.method == "GET" and "list" in resource.verbs:
            if request.query.get("watch") in ("1", "true"):
                raise errors.method_not_allowed()
            return 200, self._list(resource, namespace or None, request.query)
        if request.method == "POST":
            item = self._body(resource, request)
            if resource.kind == "SelfSubjectAccessReview":
                return 201, self._review(item, request)
            return 201, self.create(resource, namespace, item, request.agent, dry_run=self._dry_run(request))
        raise errors.method_not_allowed()

    def _list(self, resource, namespace, query):
        items = [self._shown(resource, item) for item in self.store.list(resource, namespace)]
        items = [item for item in items if _selected(item, query.get("labelSelector", ""), query.get("fieldSelector", ""))]
        metadata = {"resourceVersion": str(self.store.version)}
        limit = int(query.get("limit") or 0)
        if query.get("continue"):
            start = tuple(_decode(query["continue"])["start"])
            items = [item for item in items if _place(item) >= start]
        if limit and len(items) > limit:
            metadata["continue"] = _encode({"v": "meta.k8s.io/v1", "rv": self.store.version, "start": _place(items[limit])})
            metadata["remainingItemCount"] = len(items) - limit
            items = items[:limit]
        if resource.group in kinds.BUILT_IN:  # lists of custom resources name kind and version in each item
            for item in items:
                del item["kind"], item["apiVersion"]
        else:
            metadata.setdefault("continue", "")
        return {"kind": resource.kind + "List", "apiVersion": _api_version(resource), "metadata": metadata, "items": items}

    @staticmethod
    def _review(item, request):
        item["metadata"] = {"creationTimestamp": None, "managedFields": [_managed(item, request.agent)]}
        item["status"] = {"allowed": ADMINS in request.groups}
        return item

    # -- one object ------------------------------------------------------------------------------------------------------

    def _item(self, resource, namespace, name, request):
        if "get" not in resource.verbs or request.method not in ("GET", "DELETE", "PATCH", "PUT"):
            raise errors.method_not_allowed()
        if request.method == "PATCH" and request.media_type not in patches.SUPPORTED:
            raise errors.unsupported_media_type()
        found = self.store.get(resource, namespace, name)
        if found is None:
            raise errors.not_found(resource, name)
        if request.method == "GET":
            return 200, self._shown(resource, found)
        if request.method == "DELETE":
            return 200, self._delete(resource, found, self._dry_run(request))
        if request.method == "PATCH":
            wanted = patches.apply(request.media_type, self._shown(resource, found), self._patch(request))
        else:
            wanted = self._body(resource, request)
        return 200, self.update(resource, found, wanted, request.agent, dry_run=self._dry_run(request))

    def create(self, resource, namespace, item, manager, dry_run=False):
        """Check, fill in and store a new object."""
        metadata = item.setdefault("metadata", {})
        if not metadata.get("name"):
            if not metadata.get("generateName"):
                raise errors.invalid(resource, "", [("metadata.name", "Required value: name or generateName is required")])
            metadata["name"] = metadata["generateName"] + base64.b32encode(str(self.store.version + 1).encode()).decode().lower().strip("=")[-5:]
        if resource.namespaced:
            namespace = namespace or metadata.get("namespace") or "default"
            if metadata.setdefault("namespace", namespace) != namespace:
                raise errors.bad_request("the namespace of the provided object does not match the namespace sent on the request")
            owner = self.store.get(self.resource("", "v1", "namespaces"), "", namespace)
            if owner is None:
                raise errors.not_found(self.resource("", "v1", "namespaces"), namespace)
        with self.store.lock:
            if self.store.get(resource, metadata.get("namespace", ""), metadata["name"]) is not None:
                raise errors.already_exists(resource, metadata["name"])
            validation.check(resource, item)
            if resource.kind == "Pod":
                validation.pod_security(resource, item, owner)
            for name in ("uid", "creationTimestamp", "resourceVersion", "managedFields"):
                metadata.pop(name, None)
            validation.fill_in(resource, item, self.network)
            if resource.kind == "Node":
                self.nodes.admit(item)
            metadata["managedFields"] = [_managed(item, manager)]
            if dry_run:
                metadata.update(uid="00000000-0000-0000-0000-000000000000", creationTimestamp=now())
                return self._shown(resource, item)
            self.store.save(resource, item)
            if resource.kind == "CustomResourceDefinition":
                self._serve(item)
        return self._shown(resource, item)

    def update(self, resource, found, wanted, manager, dry_run=False):
        """Check and store the changed object; one that does not differ keeps its resourceVersion."""
        name = found["metadata"]["name"]
        with self.store.lock:
            current = self.store.get(resource, found["metadata"].get("namespace", ""), name)
            given = wanted["metadata"].get("resourceVersion")
            if current is None or given and given != found["metadata"]["resourceVersion"] or current["metadata"] != found["metadata"]:
                raise errors.conflict(resource, name)
            validation.check(resource, wanted)
            for field in ("uid", "creationTimestamp", "resourceVersion", "namespace", "name", "managedFields"):
                if field in current["metadata"]:
                    wanted["metadata"][field] = current["metadata"][field]
            if "status" in current:
                wanted.setdefault("status", current["status"])
            if not wanted["metadata"].get("labels", True):
                del wanted["metadata"]["labels"]
            if resource.kind == "Node":
                self.nodes.settle(wanted)
            if wanted == self._shown(resource, current):
                return wanted
            wanted["metadata"]["managedFields"] = [_managed(wanted, manager)]
            if dry_run:
                return wanted
            self.store.save(resource, wanted)
            if resource.kind == "CustomResourceDefinition":
                self._serve(wanted)
        return self._shown(resource, wanted)

    def _delete(self, resource, found, dry_run):
        metadata = found["metadata"]
        if not dry_run:
            self.remove(resource, found)
        if resource.kind in ("Node", "Namespace"):  # they have finalizers, so the answer is the object on its way out
            metadata.update(deletionTimestamp=now(), deletionGracePeriodSeconds=0)
            return self._shown(resource, found)
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": {
            "name": metadata["name"], "kind": resource.plural, "uid": metadata["uid"]}}

    def remove(self, resource, found):
        """Forget an object and what hangs on it: the objects of a namespace, of a definition, the password of a node."""
        metadata = found["metadata"]
        with self.store.lock:
            self.store.remove(resource, metadata.get("namespace", ""), metadata["name"])
            if resource.kind == "Namespace":
                for other in {each.group + each.plural: each for each in self.resources if each.namespaced}.values():
                    for item in self.store.list(other, metadata["name"]):
                        self.store.remove(other, metadata["name"], item["metadata"]["name"])
            elif resource.kind == "CustomResourceDefinition":
                gone = kinds.of_definition(found)
                for item in self.store.list(gone[0]):
                    self.store.remove(gone[0], item["metadata"].get("namespace", ""), item["metadata"]["name"])
                self.resources = [each for each in self.resources if each not in gone]
            elif resource.kind == "Node":
                self.nodes.forget(metadata["name"])

    # -- helpers ---------------------------------------------------------------------------------------------------------

    def _serve(self, definition):
        added = kinds.of_definition(definition)
        same = {(each.group, each.plural) for each in added}
        self.resources = [each for each in self.resources if (each.group, each.plural) not in same] + added

    @staticmethod
    def _shown(resource, item):
        shown = {"kind": resource.kind, "apiVersion": _api_version(resource)}
        shown.update((name, copy.deepcopy(value)) for name, value in item.items() if name not in shown)
        return shown

    def _body(self, resource, request):
        item = self._json(request)
        if not isinstance(item, dict):
            raise errors.bad_request("the object provided is unrecognized (must be of type %s)" % resource.kind)
        given = item.get("kind", resource.kind), item.get("apiVersion", _api_version(resource))
        if given != (resource.kind, _api_version(resource)):
            raise errors.bad_request('%s in version "%s" cannot be handled as a %s: unknown conversion' % (given + (resource.kind,)))
        return item

    @staticmethod
    def _patch(request):
        try:
            return json.loads(request.body)
        except ValueError as problem:
            raise errors.broken_patch() from problem

    @staticmethod
    def _json(request):
        try:
            return json.loads(request.body)
        except ValueError as problem:
            raise errors.bad_request("the object provided is unrecognized (must be of type %s): %s" % ("Object", problem)) from problem

    @staticmethod
    def _dry_run(request):
        value = request.query.get("dryRun", "")
        if value not in ("", "All"):
            options = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions"}.get(request.method, "DeleteOptions")
            raise errors.unsupported_dry_run(options, value)
        return value == "All"


def _no_such_resource(group):
    return errors.no_such_resource() if group in kinds.BUILT_IN else errors.no_such_group()


def _api_version(resource):
    return (resource.group + "/" if resource.group else "") + resource.version


def _place(item):
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


def _encode(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _decode(text):
    try:
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError as problem:
        raise errors.bad_request("continue key is not valid: %s" % problem) from problem


def _selected(item, labels, fields):
    have = item["metadata"].get("labels") or {}
    for term in filter(None, labels.split(",")):
        if "!=" in term:
            key, value = term.split("!=", 1)
            fits = have.get(key) != value
        elif "=" in term:
            key, value = term.replace("==", "=").split("=", 1)
            fits = have.get(key) == value
        elif term.startswith("!"):
            fits = term[1:] not in have
        elif " " in term or "(" in term:
            raise errors.bad_request("the stand-in for K3s knows no set-based selector: %s" % term)
        else:
            fits = term in have
        if not fits:
            return False
    for term in filter(None, fields.split(",")):
        key, _equals, value = term.partition("=")
        if key not in ("metadata.name", "metadata.namespace"):
            raise errors.bad_request("the stand-in for K3s knows no field selector: %s" % term)
        if item["metadata"].get(key.partition(".")[2], "") != value.lstrip("="):
            return False
    return True


def _managed(item, manager):
    return {
        "manager": manager, "operation": "Update", "apiVersion": item.get("apiVersion", "v1"), "time": now(), "fieldsType": "FieldsV1",
        "fieldsV1": {"f:" + name: {} for name in item if name not in ("kind", "apiVersion", "status")},
    }
