"""The flags of `k3s server` and `k3s agent`, 1.21 to 1.24, as data.

One row a flag: name, kind, commands ("s" server, "a" agent), environment variable, first minor release that has it.
Taken from pkg/cli/cmds of K3s 1.21; the rows with a later minor are those that were added up to 1.24.
"""

from collections import namedtuple

from .release import minor

STRING, SLICE, BOOL, INT, DURATION = "string", "slice", "bool", "int", "duration"

Flag = namedtuple("Flag", "name kind commands env since")

ALIASES = {"c": "config", "l": "log", "d": "data-dir", "t": "token", "o": "write-kubeconfig", "s": "server", "i": "node-ip"}

# Real flags whose effect the stand-in does not show: using one stops it with this reason.
NOT_SHOWN = {
    "datastore-endpoint": "an external datastore",
    "cluster-reset": "a cluster reset",
    "cluster-reset-restore-path": "restoring a snapshot",
    "rootless": "rootless operation",
    "docker": "docker as the runtime",
    "with-node-id": "an id in the node's name",
    "disable-apiserver": "a server without an API server",
    "disable-etcd": "a server without a datastore",
    "disable-controller-manager": "a server without a controller manager",
    "disable-scheduler": "a server without a scheduler",
}


def _row(name, kind=STRING, commands="sa", env="", since=21):
    return Flag(name, kind, commands, env, since)


TABLE = (
    _row("config", env="K3S_CONFIG_FILE"),
    _row("debug", BOOL, env="K3S_DEBUG"),
    _row("v", INT),
    _row("vmodule"),
    _row("log"),
    _row("alsologtostderr", BOOL),
    _row("data-dir"),
    _row("token", env="K3S_TOKEN"),
    _row("token-file", env="K3S_TOKEN_FILE"),
    _row("server", env="K3S_URL"),
    # listener
    _row("bind-address", commands="s"),
    _row("https-listen-port", INT, "s"),
    _row("advertise-address", commands="s"),
    _row("advertise-port", INT, "s"),
    _row("tls-san", SLICE, "s"),
    # networking
    _row("cluster-cidr", SLICE, "s"),
    _row("service-cidr", SLICE, "s"),
    _row("service-node-port-range", commands="s"),
    _row("cluster-dns", SLICE, "s"),
    _row("cluster-domain", commands="s"),
    _row("flannel-backend", commands="s"),
    _row("flannel-ipv6-masq", BOOL, "s", since=24),
    _row("egress-selector-mode", commands="s", since=22),
    # client
    _row("write-kubeconfig", commands="s", env="K3S_KUBECONFIG_OUTPUT"),
    _row("write-kubeconfig-mode", commands="s", env="K3S_KUBECONFIG_MODE"),
    # flags of the components
    _row("kube-apiserver-arg", SLICE, "s"),
    _row("etcd-arg", SLICE, "s", since=22),
    _row("kube-controller-manager-arg", SLICE, "s"),
    _row("kube-controller-arg", SLICE, "s"),
    _row("kube-scheduler-arg", SLICE, "s"),
    _row("kube-cloud-controller-manager-arg", SLICE, "s"),
    _row("kube-cloud-controller-arg", SLICE, "s"),
    # datastore
    _row("datastore-endpoint", commands="s", env="K3S_DATASTORE_ENDPOINT"),
    _row("datastore-cafile", commands="s", env="K3S_DATASTORE_CAFILE"),
    _row("datastore-certfile", commands="s", env="K3S_DATASTORE_CERTFILE"),
    _row("datastore-keyfile", commands="s", env="K3S_DATASTORE_KEYFILE"),
    _row("etcd-expose-metrics", BOOL, "s"),
    _row("etcd-disable-snapshots", BOOL, "s"),
    _row("etcd-snapshot-name", commands="s"),
    _row("etcd-snapshot-schedule-cron", commands="s"),
    _row("etcd-snapshot-retention", INT, "s"),
    _row("etcd-snapshot-dir", commands="s"),
    _row("etcd-snapshot-compress", BOOL, "s", since=22),
    _row("etcd-s3", BOOL, "s"),
    _row("etcd-s3-endpoint", commands="s"),
    _row("etcd-s3-endpoint-ca", commands="s"),
    _row("etcd-s3-skip-ssl-verify", BOOL, "s"),
    _row("etcd-s3-access-key", commands="s", env="AWS_ACCESS_KEY_ID"),
    _row("etcd-s3-secret-key", commands="s", env="AWS_SECRET_ACCESS_KEY"),
    _row("etcd-s3-bucket", commands="s"),
    _row("etcd-s3-region", commands="s"),
    _row("etcd-s3-folder", commands="s"),
    _row("etcd-s3-insecure", BOOL, "s", since=22),
    _row("etcd-s3-timeout", DURATION, "s", since=22),
    # components
    _row("default-local-storage-path", commands="s"),
    _row("disable", SLICE, "s"),
    _row("no-deploy", SLICE, "s"),
    _row("disable-scheduler", BOOL, "s"),
    _row("disable-cloud-controller", BOOL, "s"),
    _row("disable-kube-proxy", BOOL, "s"),
    _row("disable-network-policy", BOOL, "s"),
    _row("disable-helm-controller", BOOL, "s"),
    _row("disable-apiserver", BOOL, "s"),
    _row("disable-controller-manager", BOOL, "s"),
    _row("disable-etcd", BOOL, "s"),
    _row("disable-agent", BOOL, "s"),
    _row("system-default-registry", commands="s", env="K3S_SYSTEM_DEFAULT_REGISTRY"),
    # cluster
    _row("agent-token", commands="s", env="K3S_AGENT_TOKEN"),
    _row("agent-token-file", commands="s", env="K3S_AGENT_TOKEN_FILE"),
    _row("cluster-init", BOOL, "s", "K3S_CLUSTER_INIT"),
    _row("cluster-reset", BOOL, "s", "K3S_CLUSTER_RESET"),
    _row("cluster-reset-restore-path", commands="s"),
    _row("cluster-secret", env="K3S_CLUSTER_SECRET"),
    _row("secrets-encryption", BOOL, "s"),
    # agent
    _row("node-name", env="K3S_NODE_NAME"),
    _row("with-node-id", BOOL),
    _row("node-label", SLICE),
    _row("node-taint", SLICE),
    _row("image-credential-provider-bin-dir"),
    _row("image-credential-provider-config"),
    _row("docker", BOOL),
    _row("container-runtime-endpoint"),
    _row("pause-image"),
    _row("snapshotter"),
    _row("private-registry"),
    _row("airgap-extra-registry", SLICE),
    _row("node-ip", SLICE),
    _row("node-external-ip", SLICE),
    _row("resolv-conf", env="K3S_RESOLV_CONF"),
    _row("no-flannel", BOOL),
    _row("flannel-iface"),
    _row("flannel-conf"),
    _row("flannel-cni-conf", since=24),
    _row("kubelet-arg", SLICE),
    _row("kube-proxy-arg", SLICE),
    _row("protect-kernel-defaults", BOOL),
    _row("rootless", BOOL),
    _row("enable-pprof", BOOL, "s", since=24),
    _row("selinux", BOOL, env="K3S_SELINUX"),
    _row("disable-selinux", BOOL),
    _row("lb-server-port", INT, env="K3S_LB_SERVER_PORT"),
)

DEFAULTS = {
    "config": "/etc/rancher/k3s/config.yaml",
    "data-dir": "/var/lib/rancher/k3s",
    "https-listen-port": 6443,
    "cluster-cidr": ["10.42.0.0/16"],
    "service-cidr": ["10.43.0.0/16"],
    "cluster-domain": "cluster.local",
    "flannel-backend": "vxlan",
    "lb-server-port": 6444,
}

EMPTY = {STRING: "", DURATION: "", SLICE: [], BOOL: False, INT: 0}


def flags_of(command, release_minor=None):
    """The flags that `k3s <command>` ("server", "agent") of a release knows, by name."""
    wanted = minor() if release_minor is None else release_minor
    return {flag.name: flag for flag in TABLE if command[0] in flag.commands and flag.since <= wanted}
