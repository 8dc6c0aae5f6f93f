#!/usr/bin/python3
"""Stands before runc in a node of the lab, which may neither lower an oom_score_adj nor mount control groups."""

import json
import os
import sys

words = sys.argv[1:]
if "create" in words and "--bundle" in words:
    path = os.path.join(words[words.index("--bundle") + 1], "config.json")
    with open(path) as stream:
        spec = json.load(stream)
    spec["process"].pop("oomScoreAdj", None)
    spec["mounts"] = [one for one in spec["mounts"] if one["type"] != "cgroup"]
    with open(path, "w") as stream:
        json.dump(spec, stream)
os.execv("/usr/sbin/runc.real", ["runc", *words])
