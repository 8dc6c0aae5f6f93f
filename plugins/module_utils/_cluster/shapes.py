# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shapes of what a rule about a cluster may look at, as data, and a reading that has them whatever the API answered. Pure.

A shape is an example: a text, a number or a bool stands for its type and for the value where there is none of that type; a list of
one shape for any number of them; a dict for those keys, or for any key where it has the one key `*`.
"""

from .._requirements.reading import Reading, Unreadable


class Refused(Unreadable):
    """It could not be read because a permission is missing.

    :param permission: such as `list daemonsets.apps`.
    """

    def __init__(self, text, permission):
        super().__init__(text)
        self.permission = permission


_TEXTS = {"*": ""}
_NAMED = {"metadata": {"name": "(no name)", "namespace": "", "labels": _TEXTS, "annotations": _TEXTS}}
_CONDITIONS = [{"type": "", "status": "", "reason": "", "message": ""}]
_CONTAINERS = [{"name": "", "image": "", "env": [{"name": "", "value": ""}]}]
_WORKLOAD = dict(_NAMED, spec={"template": {"spec": {"containers": _CONTAINERS}}}, status={"numberReady": 0, "conditions": _CONDITIONS})

NODE = dict(
    _NAMED,
    spec={"providerID": "", "podCIDRs": [""], "unschedulable": False, "taints": [{"key": "", "value": "", "effect": ""}]},
    status={
        "capacity": _TEXTS,
        "conditions": _CONDITIONS,
        "addresses": [{"type": "", "address": ""}],
        "nodeInfo": dict.fromkeys(("architecture", "containerRuntimeVersion", "kernelVersion", "kubeletVersion", "operatingSystem", "osImage"), ""),
    },
)

# By the keys of _cluster.reader.
SHAPES = {
    "version": {"gitVersion": ""},
    "nodes": [NODE],
    "groups": {"*": [""]},
    "daemon_sets": [_WORKLOAD],
    "deployments": [_WORKLOAD],
    "services": [
        dict(
            _NAMED,
            spec={"type": "", "clusterIP": "", "ports": [{"port": 0}]},
            status={"loadBalancer": {"ingress": [{"ip": "", "hostname": ""}]}},
        )
    ],
    "storage_classes": [_NAMED],
    "calico_config": {"data": {"cni_network_config": ""}},
    "cilium_config": {"data": {"kube-proxy-replacement": "", "cni-chaining-mode": ""}},
    "namespace": {"metadata": {"name": "", "deletionTimestamp": "", "labels": _TEXTS}, "status": {"phase": ""}},
    "rke_state": False,
    "privileged_pod": "",
    "may_create_policies": False,
    "ip_pools": [dict(_NAMED, spec={"cidr": "", "disabled": False, "ipipMode": "", "vxlanMode": ""})],
    "felix_configurations": [dict(_NAMED, spec={"featureDetectOverride": "", "bpfEnabled": False})],
    "installations": [dict(_NAMED, spec={"calicoNetwork": {"containerIPForwarding": "", "linuxDataplane": ""}})],
    "helm_charts": [dict(_NAMED, spec={"chart": ""})],
    "cluster_issuers": [_NAMED],
    "names": {"*": [""]},
    "secret": {"there": False, "type": "", "key": False, "problem": "", "names": [""], "begun": 0, "left": 0},
    "certificates": [dict(_NAMED, spec={"secretName": "", "dnsNames": [""]}, status={"conditions": _CONDITIONS})],
    "load_balancer_probe": {"not_made": "", "refusal": "", "address": "", "seconds": 0},
}


def fits(value, shape):
    """Whether a value is of the type of a shape, on the outside."""
    return isinstance(value, type(shape)) and (isinstance(shape, bool) or not isinstance(value, bool))


def shaped(value, shape):
    """What a value has of a shape, completed by the shape's own values; parts of another type count as missing."""
    if not fits(value, shape):
        return shaped(type(shape)(), shape) if isinstance(shape, (dict, list)) else shape
    if isinstance(shape, list):
        return [shaped(item, shape[0]) for item in value if fits(item, shape[0])]
    if not isinstance(shape, dict):
        return value
    if "*" in shape:
        return {key: shaped(item, shape["*"]) for key, item in value.items() if fits(item, shape["*"])}
    return {key: shaped(value.get(key), part) for key, part in shape.items()}


class ClusterReading(Reading):
    """The reading of a cluster in the shapes that the rules rely on, each part shaped when it is first looked at."""

    def __init__(self, facts):
        super().__init__(dict(facts, unreadable=shaped(facts.get("unreadable"), _TEXTS)))
        self._permissions = shaped(facts.get("permissions"), _TEXTS)
        self._parts = {}
        self._results = {}
        self._all_nodes = None

    def __getitem__(self, name):
        if name not in self._parts:
            value = self._value(name)
            if not fits(value, SHAPES[name]):
                raise Unreadable("could not be read: the API answered `%s` with something of another kind" % name)
            self._parts[name] = shaped(value, SHAPES[name])
        return self._parts[name]

    def _value(self, name):
        try:
            return super().__getitem__(name)
        except Unreadable as error:
            if name not in self._permissions:
                raise
            raise Refused(str(error), self._permissions[name])

    @property
    def all_nodes(self):
        """The nodes of the cluster, those too that are not checked."""
        return self["nodes"] if self._all_nodes is None else self._all_nodes

    @property
    def permissions(self):
        """What the credentials lack, sorted."""
        return sorted(set(self._permissions.values()))

    def without_nodes(self, names):
        """The same reading, in which these nodes are not among the `nodes`."""
        reading = ClusterReading(self._facts)
        reading._all_nodes = self.all_nodes
        reading._parts = dict(self._parts, nodes=[node for node in self["nodes"] if node["metadata"]["name"] not in names])
        return reading

    def once(self, function):
        """What a function says of this reading, worked out when it is first asked for."""
        if function not in self._results:
            self._results[function] = function(self)
        return self._results[function]

    @classmethod
    def of(cls, facts):
        """The reading of what _cluster.reader.read_cluster returned; one that is there already is not shaped again."""
        return facts if isinstance(facts, cls) else cls(facts)

    def get(self, name):
        """The same, and what is nowhere to be read is empty."""
        try:
            return self[name]
        except Unreadable:
            return shaped(None, SHAPES[name])
