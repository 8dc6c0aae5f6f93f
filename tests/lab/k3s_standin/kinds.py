"""The resources of the Kubernetes API, as data: groups, versions and kinds of 1.21 to 1.24, and those of K3s.

A group's row: name, its versions as (version, first minor, last minor), and its resources as "plural Kind", with a
leading "*" where the resource is not in a namespace. A resource served by some versions only names them after "@".
"""

from collections import namedtuple

from .release import minor

ALWAYS = 99

Resource = namedtuple("Resource", "group version plural kind namespaced verbs")

VERBS = ("create", "delete", "get", "list", "patch", "update")
REVIEW = ("create",)

CORE = (
    "configmaps ConfigMap",
    "endpoints Endpoints",
    "events Event",
    "limitranges LimitRange",
    "*namespaces Namespace",
    "*nodes Node",
    "persistentvolumeclaims PersistentVolumeClaim",
    "*persistentvolumes PersistentVolume",
    "pods Pod",
    "podtemplates PodTemplate",
    "replicationcontrollers ReplicationController",
    "resourcequotas ResourceQuota",
    "secrets Secret",
    "serviceaccounts ServiceAccount",
    "services Service",
)

GROUPS = (
    ("apiregistration.k8s.io", (("v1", 0, ALWAYS), ("v1beta1", 0, 21)), ("*apiservices APIService",)),
    (
        "apps",
        (("v1", 0, ALWAYS),),
        ("controllerrevisions ControllerRevision", "daemonsets DaemonSet", "deployments Deployment", "replicasets ReplicaSet", "statefulsets StatefulSet"),
    ),
    ("events.k8s.io", (("v1", 0, ALWAYS), ("v1beta1", 0, 24)), ("events Event",)),
    ("authentication.k8s.io", (("v1", 0, ALWAYS), ("v1beta1", 0, 21)), ("*tokenreviews TokenReview",)),
    (
        "authorization.k8s.io",
        (("v1", 0, ALWAYS), ("v1beta1", 0, 21)),
        (
            "localsubjectaccessreviews LocalSubjectAccessReview",
            "*selfsubjectaccessreviews SelfSubjectAccessReview",
            "*selfsubjectrulesreviews SelfSubjectRulesReview",
            "*subjectaccessreviews SubjectAccessReview",
        ),
    ),
    ("autoscaling", (("v2", 23, ALWAYS), ("v1", 0, ALWAYS), ("v2beta1", 0, 24), ("v2beta2", 0, 25)), ("horizontalpodautoscalers HorizontalPodAutoscaler",)),
    ("batch", (("v1", 0, ALWAYS), ("v1beta1", 0, 24)), ("cronjobs CronJob", "jobs Job @v1")),
    ("certificates.k8s.io", (("v1", 0, ALWAYS), ("v1beta1", 0, 21)), ("*certificatesigningrequests CertificateSigningRequest",)),
    ("networking.k8s.io", (("v1", 0, ALWAYS), ("v1beta1", 0, 21)), ("*ingressclasses IngressClass", "ingresses Ingress", "networkpolicies NetworkPolicy @v1")),
    ("extensions", (("v1beta1", 0, 21),), ("ingresses Ingress",)),
    ("policy", (("v1", 0, ALWAYS), ("v1beta1", 0, 24)), ("poddisruptionbudgets PodDisruptionBudget", "*podsecuritypolicies PodSecurityPolicy @v1beta1")),
    (
        "rbac.authorization.k8s.io",
        (("v1", 0, ALWAYS), ("v1beta1", 0, 21)),
        ("*clusterrolebindings ClusterRoleBinding", "*clusterroles ClusterRole", "rolebindings RoleBinding", "roles Role"),
    ),
    (
        "storage.k8s.io",
        (("v1", 0, ALWAYS), ("v1beta1", 0, 26)),
        (
            "*csidrivers CSIDriver @v1",
            "*csinodes CSINode @v1",
            "csistoragecapacities CSIStorageCapacity @v1beta1",
            "*storageclasses StorageClass @v1",
            "*volumeattachments VolumeAttachment @v1",
        ),
    ),
    (
        "admissionregistration.k8s.io",
        (("v1", 0, ALWAYS), ("v1beta1", 0, 21)),
        ("*mutatingwebhookconfigurations MutatingWebhookConfiguration", "*validatingwebhookconfigurations ValidatingWebhookConfiguration"),
    ),
    ("apiextensions.k8s.io", (("v1", 0, ALWAYS), ("v1beta1", 0, 21)), ("*customresourcedefinitions CustomResourceDefinition",)),
    ("scheduling.k8s.io", (("v1", 0, ALWAYS), ("v1beta1", 0, 21)), ("*priorityclasses PriorityClass",)),
    ("coordination.k8s.io", (("v1", 0, ALWAYS), ("v1beta1", 0, 21)), ("leases Lease",)),
    ("node.k8s.io", (("v1", 0, ALWAYS), ("v1beta1", 0, 24)), ("*runtimeclasses RuntimeClass",)),
    ("discovery.k8s.io", (("v1", 0, ALWAYS), ("v1beta1", 0, 24)), ("endpointslices EndpointSlice",)),
    (
        "flowcontrol.apiserver.k8s.io",
        (("v1beta2", 23, 28), ("v1beta1", 0, 25)),
        ("*flowschemas FlowSchema", "*prioritylevelconfigurations PriorityLevelConfiguration"),
    ),
)

BUILT_IN = ("",) + tuple(group for group, _versions, _resources in GROUPS)

# K3s' own custom resources: (group, plural, Kind); they are CustomResourceDefinitions like those of any manifest.
OF_K3S = (
    ("k3s.cattle.io", "addons", "Addon"),
    ("helm.cattle.io", "helmcharts", "HelmChart"),
    ("helm.cattle.io", "helmchartconfigs", "HelmChartConfig"),
)

SUBRESOURCES = {"nodes": ("status",), "namespaces": ("status",), "services": ("status",), "daemonsets": ("status",), "deployments": ("status",)}


def _parse(text):
    text, _at, versions = text.partition("@")
    plural, kind = text.split()
    return plural.lstrip("*"), kind, not plural.startswith("*"), versions.split(",") if versions else None


def built_in(release_minor=None):
    """Every resource that the API serves without a CustomResourceDefinition, in the order of discovery."""
    wanted = minor() if release_minor is None else release_minor
    found = [Resource("", "v1", plural, kind, namespaced, VERBS) for plural, kind, namespaced, _v in map(_parse, CORE)]
    for group, versions, resources in GROUPS:
        for version, first, last in versions:
            if not first <= wanted <= last:
                continue
            for plural, kind, namespaced, only in map(_parse, resources):
                if only is None or version in only:
                    verbs = REVIEW if kind.endswith("Review") else VERBS
                    found.append(Resource(group, version, plural, kind, namespaced, verbs))
    return found


def of_definition(definition):
    """The resources that a CustomResourceDefinition adds, one a version that it serves."""
    spec = definition["spec"]
    names, namespaced = spec["names"], spec["scope"] == "Namespaced"
    return [Resource(spec["group"], version["name"], names["plural"], names["kind"], namespaced, VERBS) for version in spec["versions"] if version["served"]]
