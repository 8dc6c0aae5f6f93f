"""The recorded answers of a real K3s, and the comparison of an answer with one of them: keys and types, not values."""

import json
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "k3s-v1.21.2"
RELEASE = "v1.21.2+k3s1"

# Maps whose keys are data, and lists that only the API server itself reads.
OPEN = ("labels", "annotations", "matchLabels", "managedFields", "fieldsV1")
# Keys that an object of the same kind may have or lack: they depend on what it is for, or on the release.
OPTIONAL = {
    "metadata": ("annotations", "continue", "finalizers", "generation", "labels", "remainingItemCount"),
    "spec": ("preserveUnknownFields", "providerID", "selector", "taints"),
    "versions[]": ("additionalPrinterColumns", "schema"),
    "resources[]": ("categories", "group", "shortNames", "storageVersionHash", "version"),
}


def recorded(name):
    """The body of a recording, such as `node.200`."""
    return json.loads((FOLDER / f"{name}.json").read_text())


def differences(answer, recording, place=""):
    """Every place where the shape of an answer is not that of the recording."""
    if type(answer) is not type(recording):
        return [f"{place or '/'}: {type(answer).__name__}, recorded {type(recording).__name__}"]
    if isinstance(answer, list):
        if not recording:
            return []
        return [found for index, item in enumerate(answer) for found in _nearest(item, recording, f"{place}[{index}]")]
    if not isinstance(answer, dict):
        return []
    found = []
    for key in sorted(set(answer) | set(recording)):
        if key in answer and key in recording:
            if key not in OPEN:
                found += differences(answer[key], recording[key], f"{place}.{key}")
        elif key not in OPTIONAL.get(re.sub(r"\d+", "", place.rpartition(".")[2]), ()):
            found.append(f"{place}.{key}: {'not recorded' if key in answer else 'missing'}")
    return found


def _nearest(item, recording, place):
    return min((differences(item, candidate, place) for candidate in recording), key=len)
