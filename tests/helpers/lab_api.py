"""Talks to the API of a lab's cluster."""

import json

from kubernetes import config


def request(inventory, method, path, body=None):
    """What the API answers, with the kubeconfig that site.yml left."""
    client = config.new_client_from_config(str(inventory.parent / "artifacts" / "kubeconfig"))
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    response = client.rest_client.request(method, client.configuration.host + path, headers={"Content-Type": kind}, body=body)
    return json.loads(response.read())
