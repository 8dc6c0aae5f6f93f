# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role node_spec has registered on each host. Pure."""


def results_of(hostvars, hosts):
    """Host -> result of node_spec with its findings; hosts without one, for instance those that `--limit` leaves out, are left out."""
    results = {host: hostvars[host].get("node_spec_result", {}) for host in hosts}
    return {host: result for host, result in results.items() if "findings" in result}
