"""What the API says of itself: its release, its groups, the resources of a group."""

from . import kinds
from .release import COMMIT, GO_VERSION, minor
from .version import VERSION


def release():
    """/version."""
    return {
        "major": "1",
        "minor": str(minor()),
        "gitVersion": VERSION,
        "gitCommit": COMMIT,
        "gitTreeState": "clean",
        "buildDate": "2022-10-25T00:00:00Z",
        "goVersion": GO_VERSION,
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def core(server_address):
    """/api."""
    addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": server_address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}


def groups(resources):
    """The groups of /apis, with their versions in the order of `resources`."""
    versions = {}
    for resource in resources:
        if resource.group and resource.version not in versions.setdefault(resource.group, []):
            versions[resource.group].append(resource.version)
    found = []
    for name, served in versions.items():
        listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in served]
        found.append({"name": name, "versions": listed, "preferredVersion": listed[0]})
    return found


def resources_of(group, version, served):
    """/api/v1 and /apis/<group>/<version>."""
    listed = []
    for resource in served:
        listed.append(_entry(resource, resource.plural, resource.verbs))
        for part in kinds.SUBRESOURCES.get(resource.plural, ()):
            listed.append(_entry(resource, f"{resource.plural}/{part}", ("get", "patch", "update")))
    body = {"kind": "APIResourceList", "groupVersion": f"{group}/{version}" if group else version, "resources": listed}
    return dict(body, apiVersion="v1") if group else body


def _entry(resource, name, verbs):
    return {"name": name, "singularName": "", "namespaced": resource.namespaced, "kind": resource.kind, "verbs": list(verbs)}
