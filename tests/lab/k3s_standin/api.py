"""The part of the Kubernetes API that the collection calls: a request in, a status code and an object out; no sockets here."""

import copy
import json
from collections import namedtuple

from . import defaults, discovery, errors, kinds, patches, selection, validation
from .store import now

Request = namedtuple("Request", "method path query media_type body user groups agent")

ADMINS = "system:masters"
NODES = "system:nodes"
GIVEN_BY_SERVER = ("uid", "creationTimestamp", "resourceVersion", "managedFields")


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
            return discovery.release()
        if parts == ["api"]:
            return discovery.core(self.network.server_address)
        groups = discovery.groups(self.resources)
        if parts == ["apis"]:
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
        if len(parts) == 2 and parts[0] == "apis":
            for group in groups:
                if group["name"] == parts[1]:
                    return {"kind": "APIGroup", "apiVersion": "v1", **group}
            raise errors.no_such_group()
        raise errors.no_such_page()

    def _in_group(self, group, version, rest, request):
        served = [resource for resource in self.resources if (resource.group, resource.version) == (group, version)]
        if not served:
            raise _no_such_resource(group)
        if not rest:
            return 200, discovery.resources_of(group, version, served)
        namespace = ""
        if rest[0] == "namespaces" and len(rest) >= 3 and any(resource.plural == rest[2] for resource in served):
            namespace, rest = rest[1], rest[2:]
        resource = self.resource(group, version, rest[0])
        without_namespace = resource.namespaced and not namespace and len(rest) > 1
        unknown_part = len(rest) > 2 and "/".join(rest[2:]) not in kinds.SUBRESOURCES.get(resource.plural, ())
        if without_namespace or unknown_part or (namespace and not resource.namespaced):
            raise _no_such_resource(group)
        self._authorize(request, resource, rest[1] if len(rest) > 1 else None)
        if len(rest) == 1:
            return self._collection(resource, namespace, request)
        return self._item(resource, namespace, rest[1], rest[2] if len(rest) > 2 else "", request)

    def _authorize(self, request, resource, name):
        if ADMINS in request.groups:
            return
        own = request.user.rpartition(":")[2]
        if NODES in request.groups and resource.plural in ("nodes", "leases") and (name == own or request.method == "POST"):
            return
        verb = {"GET": "get" if name else "list", "POST": "create", "PUT": "update"}.get(request.method, request.method.lower())
        raise errors.forbidden(
            resource, name, f'User "{request.user}" cannot {verb} resource "{resource.plural}" in API group "{resource.group}" at the cluster scope'
        )

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
            if resource.verbs == kinds.REVIEW:
                raise errors.method_not_allowed()
            return 201, self.create(resource, namespace, item, request.agent, dry_run=self._dry_run(request))
        raise errors.method_not_allowed()

    def _list(self, resource, namespace, query):
        items = selection.select(self.store.view(resource, namespace), query)
        items, metadata = selection.page(items, query, self.store.version)
        items = [self._shown(resource, item) for item in items]
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

    def _item(self, resource, namespace, name, part, request):
        if "get" not in resource.verbs or request.method not in ("GET", "DELETE", "PATCH", "PUT"):
            raise errors.method_not_allowed()
        if request.method == "PATCH" and request.media_type not in patches.SUPPORTED:
            raise errors.unsupported_media_type()
        with self.store.lock:
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
            return 200, self.update(resource, found, wanted, request.agent, part, self._dry_run(request))

    def create(self, resource, namespace, item, manager, dry_run=False):
        """Check, fill in and store a new object."""
        metadata = item.setdefault("metadata", {})
        if not metadata.get("name"):
            raise errors.invalid(resource, "", [("metadata.name", "Required value: name or generateName is required")])
        owner = self._namespace_of(resource, namespace, metadata)
        with self.store.lock:
            if self.store.get(resource, metadata.get("namespace", ""), metadata["name"]) is not None:
                raise errors.already_exists(resource, metadata["name"])
            validation.check(resource, item)
            if resource.kind == "Pod":
                validation.pod_security(resource, item, owner)
            for field in GIVEN_BY_SERVER:
                metadata.pop(field, None)
            defaults.fill_in(resource, item, self.network)
            if resource.kind == "Node":
                self.nodes.admit(item)
            metadata["managedFields"] = [_managed(item, manager)]
            if dry_run:
                metadata.update(uid="00000000-0000-0000-0000-000000000000", creationTimestamp=now())
            else:
                self.store.save(resource, item)
                self._follow(resource, item)
        return self._shown(resource, item)

    def _namespace_of(self, resource, namespace, metadata):
        """The namespace object in which a new object goes; None if its kind has none."""
        if not resource.namespaced:
            return None
        namespace = namespace or metadata.get("namespace") or "default"
        if metadata.setdefault("namespace", namespace) != namespace:
            raise errors.bad_request("the namespace of the provided object does not match the namespace sent on the request")
        spaces = self.resource("", "v1", "namespaces")
        owner = self.store.get(spaces, "", namespace)
        if owner is None:
            raise errors.not_found(spaces, namespace)
        return owner

    def _follow(self, resource, item):
        """What a new or changed object brings with it."""
        if resource.kind == "CustomResourceDefinition":
            added = kinds.of_definition(item)
            same = {(each.group, each.plural) for each in added}
            self.resources = [each for each in self.resources if (each.group, each.plural) not in same] + added
        accounts = self.resource("", "v1", "serviceaccounts")
        if resource.kind == "Namespace" and self.store.get(accounts, item["metadata"]["name"], "default") is None:
            account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
            self.create(accounts, item["metadata"]["name"], account, "k3s")

    def update(self, resource, found, wanted, manager, part="", dry_run=False):
        """Check and store the changed object `found`, or its part `status`; one that does not differ keeps its resourceVersion."""
        metadata = wanted["metadata"]
        if metadata.get("resourceVersion") not in (None, "", found["metadata"]["resourceVersion"]):
            raise errors.conflict(resource, metadata["name"])
        validation.check(resource, wanted)
        for field in (*GIVEN_BY_SERVER, "namespace", "name"):
            if field in found["metadata"]:
                metadata[field] = found["metadata"][field]
        if not metadata.get("labels", True):
            del metadata["labels"]
        if part == "status":
            wanted = dict(found, status=wanted.get("status"))
        elif "status" in kinds.SUBRESOURCES.get(resource.plural, ()) and "status" in found:
            wanted["status"] = found["status"]
        if resource.kind == "Node":
            self.nodes.settle(wanted, found)
        wanted = self._shown(resource, wanted)
        if wanted == self._shown(resource, found):
            return wanted
        wanted["metadata"]["managedFields"] = [_managed(wanted, manager)]
        if not dry_run:
            self.store.save(resource, wanted)
            self._follow(resource, wanted)
        return wanted

    def _delete(self, resource, found, dry_run):
        metadata = found["metadata"]
        if not dry_run:
            self.remove(resource, found)
        if resource.kind in ("Node", "Namespace"):  # they have finalizers, so the answer is the object on its way out
            metadata.update(deletionTimestamp=now(), deletionGracePeriodSeconds=0)
            return self._shown(resource, found)
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "details": {"name": metadata["name"], "kind": resource.plural, "uid": metadata["uid"]},
        }

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

    def _shown(self, resource, item):
        shown = {"kind": resource.kind, "apiVersion": _api_version(resource)}
        shown.update((name, copy.deepcopy(value)) for name, value in item.items() if name not in shown)
        if resource.kind == "DaemonSet":
            shown["status"] = defaults.daemon_set_status(self.network.node_count())
        return shown

    def _body(self, resource, request):
        item = self._json(request)
        if not isinstance(item, dict):
            raise errors.bad_request(f"the object provided is unrecognized (must be of type {resource.kind})")
        given = item.get("kind", resource.kind), item.get("apiVersion", _api_version(resource))
        if given != (resource.kind, _api_version(resource)):
            raise errors.bad_request(f'{given[0]} in version "{given[1]}" cannot be handled as a {resource.kind}: unknown conversion')
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
            raise errors.bad_request(f"the object provided is unrecognized (must be of type Object): {problem}") from problem

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


def _managed(item, manager):
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": item.get("apiVersion", "v1"),
        "time": now(),
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:" + name: {} for name in item if name not in ("kind", "apiVersion", "status")},
    }
