"""Which objects of a list a request gets: by label, by field, and page by page."""

import base64
import json

from . import errors

FIELDS = ("metadata.name", "metadata.namespace")


def select(items, query):
    """The objects that fit labelSelector and fieldSelector."""
    labels = [term for term in query.get("labelSelector", "").split(",") if term]
    fields = [term for term in query.get("fieldSelector", "").split(",") if term]
    return [item for item in items if all(_has_label(item, term) for term in labels) and all(_has_field(item, term) for term in fields)]


def page(items, query, version):
    """(objects of the page, metadata of the list): `limit` objects from `continue` on."""
    limit, metadata = int(query.get("limit") or 0), {"resourceVersion": str(version)}
    if query.get("continue"):
        start = tuple(_decode(query["continue"])["start"])
        items = [item for item in items if _place(item) >= start]
    if limit and len(items) > limit:
        metadata["continue"] = _encode({"v": "meta.k8s.io/v1", "rv": version, "start": _place(items[limit])})
        metadata["remainingItemCount"] = len(items) - limit
        items = items[:limit]
    return items, metadata


def _has_label(item, term):
    have = item["metadata"].get("labels") or {}
    if "(" in term or " " in term:
        raise errors.bad_request(f"the stand-in for K3s knows no set-based selector: {term}")
    if "!=" in term:
        key, value = term.split("!=", 1)
        return have.get(key) != value
    if "=" in term:
        key, value = term.replace("==", "=").split("=", 1)
        return have.get(key) == value
    return term[1:] not in have if term.startswith("!") else term in have


def _has_field(item, term):
    key, _equals, value = term.replace("==", "=").partition("=")
    if key not in FIELDS:
        raise errors.bad_request(f"the stand-in for K3s knows no field selector: {term}")
    return item["metadata"].get(key.partition(".")[2], "") == value


def _place(item):
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


def _encode(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _decode(text):
    try:
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError as problem:
        raise errors.bad_request(f"continue key is not valid: {problem}") from problem
