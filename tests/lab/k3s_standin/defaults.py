"""What the API server and the controllers of the real one fill into a new object at once."""

from .kinds import BUILT_IN
from .store import now


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
    names = (
        "machineID",
        "systemUUID",
        "bootID",
        "kernelVersion",
        "osImage",
        "containerRuntimeVersion",
        "kubeletVersion",
        "kubeProxyVersion",
        "operatingSystem",
        "architecture",
    )
    status = item.setdefault("status", {})
    status.setdefault("daemonEndpoints", {"kubeletEndpoint": {"Port": 0}})
    status.setdefault("nodeInfo", dict.fromkeys(names, ""))


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
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": "default",
        "serviceAccount": "default",
        "securityContext": {},
        "schedulerName": "default-scheduler",
        "priority": 0,
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
    }
    for name, value in defaults.items():
        spec.setdefault(name, value)
    spec.setdefault("tolerations", []).extend(
        {"key": "node.kubernetes.io/" + key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300} for key in ("not-ready", "unreachable")
    )
    item["status"] = {"phase": "Pending", "qosClass": "BestEffort"}


def _pull_policy(image):
    tag = image.rsplit("/", 1)[-1].partition(":")[2]
    return "Always" if tag in ("", "latest") else "IfNotPresent"


def daemon_set_status(nodes):
    """The status of a DaemonSet on so many nodes: a pod on each, and none of them runs."""
    return {
        "currentNumberScheduled": nodes,
        "desiredNumberScheduled": nodes,
        "numberMisscheduled": 0,
        "numberReady": 0,
        "numberUnavailable": nodes,
        "observedGeneration": 1,
        "updatedNumberScheduled": nodes,
    }


def _daemon_set(item, _network):
    item["metadata"].setdefault("generation", 1)


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
            {
                "type": "Established",
                "status": "True",
                "lastTransitionTime": moment,
                "reason": "InitialNamesAccepted",
                "message": "the initial names have been accepted",
            },
        ],
        "acceptedNames": names,
        "storedVersions": [version["name"] for version in spec["versions"] if version["storage"]],
    }


def _helm_chart(item, _network):
    item["status"] = {"jobName": "helm-install-" + item["metadata"]["name"]}


FILLERS = {
    "Namespace": _namespace,
    "Node": _node,
    "Service": _service,
    "Pod": _pod,
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "CustomResourceDefinition": _definition,
    "HelmChart": _helm_chart,
}
