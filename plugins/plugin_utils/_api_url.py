# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The URL of a Kubernetes API, which is the one that nodes join at too. Pure."""

from ..module_utils._requirements.ports import API_PORT


def api_url(host):
    """The URL of the API on a host with this name or address; an IPv6 address gets its brackets. '' for no host."""
    if not host:
        return ""
    return f"https://[{host}]:{API_PORT}" if ":" in host else f"https://{host}:{API_PORT}"
