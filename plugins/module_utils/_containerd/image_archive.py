# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives of container images: their content, and the names that containerd gives to the images in it. Nothing is unpacked."""

import gzip
import json
import lzma
import posixpath
import re
import shutil
import subprocess
import tarfile
import tempfile
import zlib

from .._text import decoded

GZIP = b"\x1f\x8b"
XZ = b"\xfd7zXZ\x00"
# The lists of the 100 images of a large archive have some 100 kB.
MAX_LIST = 1 << 22
LISTS = ("index.json", "manifest.json")
ANNOTATED_NAME = "io.containerd.image.name"
ANNOTATED_REFERENCE = "org.opencontainers.image.ref.name"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@+-]*\Z")
# tarfile turns an error of zlib into its own only with newer Pythons.
UNREADABLE = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError)


class ArchiveError(Exception):
    """A file that is no archive of images with names; the message is a clause that says why."""


def opened(path):
    """The uncompressed content of an archive (not compressed, gzip or xz) as a binary stream."""
    with open(path, "rb") as stream:
        start = stream.read(len(XZ))
    if start.startswith(GZIP):
        return gzip.open(path)
    if start == XZ:
        return lzma.open(path)
    return open(path, "rb")


def feed(path, command):
    """Runs a command with the uncompressed content of an archive as its input; returns its exit code and all that it says."""
    with tempfile.TemporaryFile() as said:
        # Neither `run_command` nor `subprocess.run` can feed it piece by piece, and all of it may not fit into the memory.
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=said, stderr=said) as process:  # pylint: disable=ansible-bad-function
            try:
                with opened(path) as stream, process.stdin as pipe:
                    shutil.copyfileobj(stream, pipe, 1 << 20)
            except BrokenPipeError:
                pass  # It has ended early, and says why.
        said.seek(0)
        return process.returncode, decoded(said.read()).strip()


def image_names(path):
    """Names of the images in an archive, sorted; raises ArchiveError where there is none."""
    try:
        with opened(path) as stream:
            lists = read_lists(stream)
        names = names_in_index(lists["index.json"]) if "index.json" in lists else []
        names = names or (names_in_manifest(lists["manifest.json"]) if "manifest.json" in lists else [])
        odd = [name for name in names if not NAME.match(name)]
    except UNREADABLE as error:
        raise ArchiveError("is no tar archive, plain or compressed with gzip or xz (%s)" % error)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ArchiveError("has an index.json or manifest.json that is none of an archive of images")
    if not names:
        raise ArchiveError("names no image, neither in index.json nor in manifest.json")
    if odd:
        raise ArchiveError("has an image with the impossible name %r" % odd[0][:100])
    return sorted(set(names))


def read_lists(stream):
    """{name: parsed content} of those of LISTS that a tar stream holds."""
    found = {}
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            name = posixpath.normpath(member.name)
            if name in LISTS and member.isreg():
                if member.size > MAX_LIST:
                    raise ArchiveError("has %s with %d bytes, too much for a list of images" % (name, member.size))
                found[name] = json.loads(archive.extractfile(member).read().decode("utf-8"))
    return found


def names_in_index(index):
    """Names of the images in the index.json of an OCI layout.

    containerd takes a reference for a whole name where it looks like one; a mere tag would get a name with the date of the import.
    """
    names = []
    for manifest in index["manifests"]:
        annotations = manifest.get("annotations") or {}
        reference = annotations.get(ANNOTATED_REFERENCE, "")
        name = annotations.get(ANNOTATED_NAME) or (reference if re.search("[/:@]", reference) else "")
        if name:
            names.append(name)
    return names


def names_in_manifest(manifest):
    """Names of the images in the manifest.json that `docker save` writes, in full as containerd keeps them."""
    return [full_name(tag) for image in manifest for tag in image.get("RepoTags") or []]


def full_name(tag):
    """`busybox` is `docker.io/library/busybox:latest`, and so on."""
    host, separator, rest = tag.partition("/")
    if not separator or not (re.search("[.:]", host) or host == "localhost"):
        host, rest = "docker.io", tag
    if host == "docker.io" and "/" not in rest:
        rest = "library/" + rest
    if ":" not in rest:
        rest += ":latest"
    return host + "/" + rest
