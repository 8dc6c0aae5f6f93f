"""`make site` without an inventory: three throw-away nodes, site.yml on them, and where to look afterwards."""

import os
import subprocess
import sys

import artifacts
import lab

NODES = {"meta-1": ["meta"], "workspace-1": ["workspace"], "workspace-2": ["workspace"]}


def main():
    kind = artifacts.kind()
    print(f"The lab uses {kind}.", flush=True)
    inventory = lab.up("site", NODES)
    playbook = lab.CHECKOUT / "playbooks" / "site.yml"
    result = subprocess.run(("ansible-playbook", str(playbook), "-i", str(inventory), *sys.argv[1:]), cwd=lab.CHECKOUT)
    if result.returncode:
        return result.returncode
    folder = os.path.relpath(inventory.parent, lab.CHECKOUT)
    print(f"""
The cluster is running on {len(NODES)} throw-away nodes with {kind}.

  a node from inside   make shell NODE=meta-1
  run it again         make site
  the inventory        {folder}/hosts.yml
  the kubeconfig       {folder}/artifacts/kubeconfig
  the report           {folder}/artifacts/report.html
  remove it all        make clean-lab
""")
    return 0


if __name__ == "__main__":
    sys.exit(main())
