"""The add-ons that K3s stages into server/manifests, in short: the objects by which one recognises them."""

import os

import yaml


def _deployment(name, image):
    labels = {"k8s-app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "kube-system", "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": name, "image": image}]}}},
    }


def _chart(name):
    return {
        "apiVersion": "helm.cattle.io/v1",
        "kind": "HelmChart",
        "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {"chart": f"https://%{{KUBERNETES_API}}%/static/charts/{name}.tgz"},
    }


def _binding(name, role, user):
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }


def packaged(cluster_dns):
    """The objects of each file."""
    return {
        "ccm.yaml": [_binding("k3s-cloud-controller-manager", "k3s-cloud-controller-manager", "k3s-cloud-controller-manager")],
        "coredns.yaml": [
            _deployment("coredns", "rancher/mirrored-coredns-coredns:1.9.1"),
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "kube-dns", "namespace": "kube-system"},
                "spec": {
                    "clusterIP": cluster_dns,
                    "selector": {"k8s-app": "kube-dns"},
                    "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}],
                },
            },
        ],
        "local-storage.yaml": [
            _deployment("local-path-provisioner", "rancher/local-path-provisioner:v0.0.21"),
            {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "StorageClass",
                "provisioner": "rancher.io/local-path",
                "reclaimPolicy": "Delete",
                "volumeBindingMode": "WaitForFirstConsumer",
                "metadata": {"name": "local-path", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            },
        ],
        "metrics-server/metrics-server-deployment.yaml": [_deployment("metrics-server", "rancher/mirrored-metrics-server:v0.5.2")],
        "rolebindings.yaml": [_binding("kube-apiserver-kubelet-admin", "system:kubelet-api-admin", "kube-apiserver")],
        "traefik.yaml": [_chart("traefik-crd"), _chart("traefik")],
    }


def stage(folder, skipped, cluster_dns):
    """Write the files that are not skipped; the name of a file or of its folder skips it."""
    for path, items in packaged(cluster_dns).items():
        if path.split("/")[0].split(".")[0] in skipped:
            continue
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), mode=0o700, exist_ok=True)
        with open(full, "w", encoding="utf-8") as stream:
            yaml.safe_dump_all(items, stream, sort_keys=False)
        os.chmod(full, 0o600)
