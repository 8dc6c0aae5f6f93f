# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came from a machine, marked so that Ansible never takes it for a template. For all that a filter or a lookup makes of such data."""

from __future__ import annotations

from ansible import template

if hasattr(template, "trust_as_template"):

    def untrusted(value):
        """The value as it is: from ansible-core 2.19 on nothing is a template that was not declared one."""
        return value

else:
    from ansible.utils.unsafe_proxy import wrap_var as untrusted

__all__ = ["untrusted"]
