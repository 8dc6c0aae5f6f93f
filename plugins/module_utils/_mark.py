# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""By what a file shows that a role of this collection wrote it: the comment at its top names the collection. Pure."""

MARK = "gitpod.node_prep"
WITHIN = 1024  # bytes from the start of a file


def is_marked(text):
    """Whether a file that begins with this text is one of ours."""
    return MARK in text[:WITHIN]
