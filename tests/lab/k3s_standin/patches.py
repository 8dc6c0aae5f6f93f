"""The patches of the API: merge patch, strategic merge patch (lists by their merge key) and JSON patch."""

import copy

from . import errors

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON = "application/json-patch+json"
SUPPORTED = (JSON, MERGE, STRATEGIC)

# Lists that a strategic merge patch merges by a key; every other list is replaced.
MERGE_KEYS = {"conditions": "type", "addresses": "type", "containers": "name", "volumes": "name", "env": "name", "ports": "port"}


def apply(media_type, item, patch):
    """A patched copy of `item`."""
    if media_type == MERGE:
        return merge(item, patch)
    if media_type == STRATEGIC:
        return merge(item, patch, MERGE_KEYS)
    if media_type == JSON:
        return _json_patch(item, patch)
    raise errors.unsupported_media_type()


def merge(item, patch, keys=None):
    """RFC 7396; with `keys` also lists of objects are merged."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = copy.deepcopy(item) if isinstance(item, dict) else {}
    for name, value in patch.items():
        if name.startswith("$") and keys is not None:
            raise errors.bad_request(f"the stand-in for K3s knows no directive {name} in a strategic merge patch")
        if value is None:
            result.pop(name, None)
        elif keys and isinstance(value, list) and name in keys:
            result[name] = _merge_list(result.get(name, []), value, keys[name], keys)
        else:
            result[name] = merge(result.get(name), value, keys)
    return result


def _merge_list(old, new, key, keys):
    merged = copy.deepcopy(old)
    for entry in new:
        same = [index for index, candidate in enumerate(merged) if candidate.get(key) == entry.get(key)]
        if same:
            merged[same[0]] = merge(merged[same[0]], entry, keys)
        else:
            merged.append(copy.deepcopy(entry))
    return merged


def _json_patch(item, operations):
    if not isinstance(operations, list):
        raise errors.bad_request("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    result = copy.deepcopy(item)
    for operation in operations:
        path = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        parent = result
        for part in path[:-1]:
            parent = _step(parent, part)
        _operate(parent, path[-1], operation)
    return result


def _step(parent, part):
    try:
        return parent[int(part)] if isinstance(parent, list) else parent[part]
    except (KeyError, IndexError, ValueError, TypeError) as problem:
        raise errors.rejected() from problem


def _operate(parent, last, operation):
    what = operation["op"]
    if what == "add":
        if isinstance(parent, list):
            parent.insert(len(parent) if last == "-" else int(last), operation["value"])
        else:
            parent[last] = operation["value"]
        return
    found = _step(parent, last)
    last = int(last) if isinstance(parent, list) else last
    if what == "replace":
        parent[last] = operation["value"]
    elif what == "remove":
        del parent[last]
    elif what == "test":
        if found != operation["value"]:
            raise errors.rejected()
    else:
        raise errors.bad_request(f"the stand-in for K3s knows no operation {what} in a JSON patch")
