"""What the API refuses in an object."""

import re

from . import errors
from .release import minor

LABEL_VALUE = re.compile(r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")
LABEL_NAME = re.compile(r"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$")
SUBDOMAIN = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")

BAD_VALUE = (
    "Invalid value: \"%s\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
LONG = 'Invalid value: "%s": must be no more than 63 characters'
BAD_KEY = (
    "Invalid value: \"%s\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
BAD_NAME = (
    "Invalid value: \"%s\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)


def check(resource, item):
    """Raise 422 with every fault of the metadata."""
    metadata = item["metadata"]
    name = metadata["name"]
    causes = []
    if not SUBDOMAIN.match(name) and resource.group != "rbac.authorization.k8s.io":
        causes.append(("metadata.name", BAD_NAME % name))
    for key, value in (metadata.get("labels") or {}).items():
        if not isinstance(value, str):
            raise errors.unreadable_patch(f'v1.{resource.kind}.ObjectMeta: v1.ObjectMeta.Labels: ReadString: expects " or n')
        prefix, _slash, last = key.rpartition("/")
        if not LABEL_NAME.match(last) or (prefix and not SUBDOMAIN.match(prefix)):
            causes.append(("metadata.labels", BAD_KEY % key))
        if len(value) > 63:
            causes.append(("metadata.labels", LONG % value))
        elif not LABEL_VALUE.match(value):
            causes.append(("metadata.labels", BAD_VALUE % value))
    if causes:
        raise errors.invalid(resource, name, causes)


def pod_security(resource, pod, namespace):
    """Pod Security admission (on by default from 1.23): what the namespace's level forbids is a 403."""
    level = (namespace["metadata"].get("labels") or {}).get("pod-security.kubernetes.io/enforce", "privileged")
    if minor() < 23 or level == "privileged":
        return
    spec, faults = pod["spec"], []
    host = [f"{name}=true" for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name)]
    if host:
        faults.append("host namespaces ({})".format(", ".join(host)))
    for container in spec.get("containers", []):
        if (container.get("securityContext") or {}).get("privileged"):
            faults.append('privileged (container "{}" must not set securityContext.privileged=true)'.format(container["name"]))
        ports = [str(port["hostPort"]) for port in container.get("ports", []) if port.get("hostPort")]
        if ports:
            faults.append('hostPort (container "{}" uses hostPorts {})'.format(container["name"], ", ".join(ports)))
    volumes = ['"{}"'.format(volume["name"]) for volume in spec.get("volumes", []) if "hostPath" in volume]
    if volumes:
        faults.append("hostPath volumes (volume {})".format(", ".join(volumes)))
    if faults:
        raise errors.forbidden(resource, pod["metadata"]["name"], 'violates PodSecurity "{}:latest": {}'.format(level, ", ".join(faults)))
