"""What the API refuses in an object, and what it fills in."""

import re

from . import errors
from .kinds import BUILT_IN
from .release import minor
from .store import now

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
            raise errors.unreadable_patch('v1.%s.ObjectMeta: v1.ObjectMeta.Labels: ReadString: expects " or n' % resource.kind)
        prefix, _slash, last = key.rpartition("/")
        if not LABEL_NAME.match(last) or (prefix and not SUBDOMAIN.match(prefix)):
            causes.append(("metadata.labels", BAD_KEY % key))
        if len(value) > 63:
            causes.append(("metadata.labels", LONG % value))
        elif not LABEL_VALUE.match(value):
            causes.append(("metadata.labels", BAD_VALUE % value))
    if causes:
        raise errors.invalid(resource, name, causes)


def fill_in(resource, item, network):
    """Give a new object the fields that the API server and the controllers of the real one give it at once."""
    filler = FILLERS.get(resource.kind)
    if filler:
        filler(item, network)
    if resource.group not in BUILT_IN:
        item["metadata"].setdefault("generation", 1)


def _namespace(item, _network):
    item["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = item["metadata"]["name"]
    item["spec"] = {"finalizers": ["kubernetes"]}
    item["status"] = {"phase": "Active"}


def _node(item, _network):
    names = ("machineID", "systemUUID", "bootID", "kernelVersion", "osImage", "containerRuntimeVersion", "kubeletVersion", "kubeProxyVersion",
             "operatingSystem", "architecture")
    status = item.setdefault("status", {})
    status.setdefault("daemonEndpoints", {"kubeletEndpoint": {"Port": 0}})
    status.setdefault("nodeInfo", {name: "" for name in names})


def _service(item, network):
    spec = item.setdefault("spec", {})
    for port in spec.get("ports", []):
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))
    if spec.get("type") != "ExternalName":
        spec.setdefault("clusterIP", network.service_address())
        spec.setdefault("clusterIPs", [spec["clusterIP"]])
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    item["status"] = {"loadBalancer": {}}


def _pod(item, _network):
    spec = item["spec"]
    for container in spec.get("containers", []):
        for port in container.get("ports", []):
            port.setdefault("protocol", "TCP")
        container.setdefault("resources", {})
        container.setdefault("terminationMessagePath", "/dev/termination-log")
        container.setdefault("terminationMessagePolicy", "File")
        container.setdefault("imagePullPolicy", _pull_policy(container["image"]))
    for volume in spec.get("volumes", []):
        if "hostPath" in volume:
            volume["hostPath"].setdefault("type", "")
    defaults = {
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "serviceAccountName": "default",
        "serviceAccount": "default", "securityContext": {}, "schedulerName": "default-scheduler", "priority": 0,
        "enableServiceLinks": True, "preemptionPolicy": "PreemptLowerPriority",
    }
    for name, value in defaults.items():
        spec.setdefault(name, value)
    spec.setdefault("tolerations", []).extend(
        {"key": "node.kubernetes.io/" + key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
        for key in ("not-ready", "unreachable")
    )
    item["status"] = {"phase": "Pending", "qosClass": "BestEffort"}


def _pull_policy(image):
    tag = image.rsplit("/", 1)[-1].partition(":")[2]
    return "Always" if tag in ("", "latest") else "IfNotPresent"


def _daemon_set(item, network):
    nodes = network.node_count()
    item["metadata"].setdefault("generation", 1)
    item["status"] = {
        "currentNumberScheduled": nodes, "desiredNumberScheduled": nodes, "numberMisscheduled": 0, "numberReady": 0,
        "numberUnavailable": nodes, "observedGeneration": 1, "updatedNumberScheduled": nodes,
    }


def _deployment(item, _network):
    replicas = item["spec"].setdefault("replicas", 1)
    item["metadata"].setdefault("generation", 1)
    item["status"] = {"observedGeneration": 1, "replicas": replicas, "unavailableReplicas": replicas, "updatedReplicas": replicas}


def _definition(item, _network):
    spec, moment = item["spec"], now()
    names = spec["names"]
    names.setdefault("listKind", names["kind"] + "List")
    names.setdefault("singular", names["kind"].lower())
    spec.setdefault("conversion", {"strategy": "None"})
    item["metadata"].setdefault("generation", 1)
    item["status"] = {
        "conditions": [
            {"type": "NamesAccepted", "status": "True", "lastTransitionTime": moment, "reason": "NoConflicts", "message": "no conflicts found"},
            {"type": "Established", "status": "True", "lastTransitionTime": moment, "reason": "InitialNamesAccepted",
             "message": "the initial names have been accepted"},
        ],
        "acceptedNames": names,
        "storedVersions": [version["name"] for version in spec["versions"] if version["storage"]],
    }


def _helm_chart(item, _network):
    item["status"] = {"jobName": "helm-install-" + item["metadata"]["name"]}


FILLERS = {
    "Namespace": _namespace, "Node": _node, "Service": _service, "Pod": _pod, "DaemonSet": _daemon_set, "Deployment": _deployment,
    "CustomResourceDefinition": _definition, "HelmChart": _helm_chart,
}


def pod_security(resource, pod, namespace):
    """Pod Security admission (on by default from 1.23): what the namespace's level forbids is a 403."""
    level = (namespace["metadata"].get("labels") or {}).get("pod-security.kubernetes.io/enforce", "privileged")
    if minor() < 23 or level == "privileged":
        return
    spec, faults = pod["spec"], []
    host = ["%s=true" % name for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name)]
    if host:
        faults.append("host namespaces (%s)" % ", ".join(host))
    for container in spec.get("containers", []):
        if (container.get("securityContext") or {}).get("privileged"):
            faults.append('privileged (container "%s" must not set securityContext.privileged=true)' % container["name"])
        ports = [str(port["hostPort"]) for port in container.get("ports", []) if port.get("hostPort")]
        if ports:
            faults.append('hostPort (container "%s" uses hostPorts %s)' % (container["name"], ", ".join(ports)))
    volumes = ['"%s"' % volume["name"] for volume in spec.get("volumes", []) if "hostPath" in volume]
    if volumes:
        faults.append("hostPath volumes (volume %s)" % ", ".join(volumes))
    if faults:
        raise errors.forbidden(resource, pod["metadata"]["name"], 'violates PodSecurity "%s:latest": %s' % (level, ", ".join(faults)))
