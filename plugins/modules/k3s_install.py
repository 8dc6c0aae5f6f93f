#!/usr/bin/python
# Copyright: (c) 2026, the gitpod.node_prep authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_install
short_description: Downloads, verifies and links the binary of a K3s release
version_added: 0.1.0
description:
  - Every release has a directory of its own below O(install_dir). Links lead to the release in use and are switched atomically.
  - A binary takes its place only after its SHA-256 was verified. When a download fails in any way, nothing has been replaced.
  - Starts and stops nothing.
  - It downloads by itself where the collection else uses M(ansible.builtin.get_url), which has no limit of time for a whole file, and with which a
    release would be five tasks (list of digests, binary, comparison, directory, links) instead of one round trip that leaves all or nothing.
options:
  version:
    description: The release, for example V(v1.24.7+k3s1).
    type: str
    required: true
  release_url:
    description: Address below which releases lie, each in a directory named like its version (V(+) written as V(%2B)).
    type: str
    default: https://github.com/k3s-io/k3s/releases/download
  digests:
    description:
      - SHA-256 of the binary by architecture (V(amd64), V(arm64)).
      - For an architecture that is not listed, the release's own C(sha256sum-<arch>.txt) is fetched.
    type: dict
    default: {}
  install_dir:
    description: Directory with one directory per installed release.
    type: path
    default: /opt/k3s
  links:
    description: Symbolic links to make, path to target, as RV(gitpod.node_prep.k3s_info#module:links) lists them.
    type: dict
    default: {}
  timeout:
    description: Limit for the download of one file, in seconds.
    type: int
    default: 300
extends_documentation_fragment:
  - gitpod.node_prep.attributes
attributes:
  check_mode:
    details: Nothing is downloaded in check mode.
author: Gitpod node_prep authors (@gitpod-io)
"""

EXAMPLES = r"""
- name: Install a release
  gitpod.node_prep.k3s_install:
    version: v1.24.7+k3s1
    digests:
      amd64: ec346c909f23b32f9ab7c3ccf5bfa74c89a0515191701ede83556345b70abdca
    links:
      /usr/local/bin/k3s: /opt/k3s/v1.24.7+k3s1/k3s
      /usr/local/bin/kubectl: k3s
"""

RETURN = r"""
path:
  description: Path of the binary.
  returned: success
  type: str
  sample: /opt/k3s/v1.24.7+k3s1/k3s
url:
  description: Address that could not be fetched or that gave something else than expected.
  returned: when a download failed
  type: str
expected:
  description: What should have come.
  returned: when a download failed
  type: str
came:
  description: What came.
  returned: when a download failed
  type: str
"""

import hashlib
import os
import platform
import socket
import tempfile
import time
from http.client import HTTPException
from urllib.error import HTTPError, URLError

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.urls import ConnectionError as AnsibleConnectionError, open_url

from ..module_utils._k3s import binary as k3s_binary, release
from ..module_utils._text import decoded
from ..module_utils._versions import parse_integer

BLOCK = 1 << 18

# No byte for this long, in seconds, and the server counts as gone.
SILENCE = 30

AGAIN = "Run the play again later, or let k3s_release_url name a mirror that this node reaches (behind a proxy, give the play an 'environment')."
NAMES = "Check k3s_version and k3s_release_url; a mirror must have the layout of the release pages of K3s."
DIGEST = (
    "Do not use that file before you know where it comes from. If the release is right and the file is meant to differ"
    " (a build of your own), give its digest as k3s_sha256."
)


class DownloadError(Exception):
    """A file that did not come: what came instead, and what to do about it."""

    def __init__(self, url, came, remedy):
        super().__init__(came)
        self.url = url
        self.came = came
        self.remedy = remedy
        self.expected = ""


def download(url, stream, seconds):
    """Write what lies at an address to a binary stream, within a limit of seconds.

    :returns: SHA-256 of what was written.
    :raises DownloadError: anything but the whole file.
    """
    start = time.monotonic()
    digest = hashlib.sha256()
    received = 0
    try:
        answer = open_url(url, timeout=min(SILENCE, seconds), http_agent="gitpod.node_prep", decompress=False)
        announced = answer.headers.get("Content-Length")
        while True:
            block = answer.read1(BLOCK)
            if not block:
                break
            digest.update(block)
            stream.write(block)
            received += len(block)
            if time.monotonic() - start > seconds:
                raise socket.timeout()
    except HTTPError as error:
        remedy = NAMES if error.code in (401, 403, 404, 410) else AGAIN
        raise DownloadError(url, "HTTP %d %s" % (error.code, error.reason), remedy)
    except socket.timeout:
        raise DownloadError(url, "%d bytes in %d s, and no end" % (received, time.monotonic() - start), AGAIN)
    except (URLError, HTTPException, AnsibleConnectionError, OSError) as error:
        raise DownloadError(url, "no answer: %s" % (getattr(error, "reason", None) or error), AGAIN)
    except ValueError as error:
        raise DownloadError(url, "nothing, for this is no address: %s" % error, NAMES)
    # A length that is no number announces nothing; the digest shows whether all of it is there.
    if parse_integer(announced) not in (None, received):
        raise DownloadError(url, "%d of %s bytes, then the connection ended" % (received, announced), AGAIN)
    return digest.hexdigest()


def described(stream):
    """What a downloaded file is, in a few words: its size, and its beginning if that is text."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    start = stream.read(60)
    if start and all(32 <= byte < 127 or byte in (9, 10, 13) for byte in start):
        return "%d bytes that begin with %r" % (size, start.decode("ascii"))
    return "%d bytes" % size


def fetch_digest(url, name, seconds):
    """The SHA-256 that the checksum file of a release gives for one of its files."""
    expected = "the list of SHA-256 digests of the release, with a line for %s" % name
    with tempfile.TemporaryFile() as stream:
        try:
            download(url, stream, seconds)
            came = described(stream)
            stream.seek(0)
            digest = release.digest_in(decoded(stream.read()), name)
            if not digest:
                raise DownloadError(url, "%s, without such a line" % came, NAMES)
            return digest
        except DownloadError as error:
            error.expected = expected
            raise


def fetch_binary(url, path, digest, origin, seconds):
    """Put the file at an address in place once it has the right digest; whatever happens, leave nothing else behind."""
    directory = os.path.dirname(path)
    os.makedirs(directory, mode=0o755, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=directory, prefix=".k3s-", delete=False) as stream:
        try:
            found = download(url, stream, seconds)
            if found != digest:
                raise DownloadError(url, "%s with the SHA-256 %s" % (described(stream), found), DIGEST)
            os.fchmod(stream.fileno(), 0o755)
            stream.flush()
            os.fsync(stream.fileno())
            os.rename(stream.name, path)
        except BaseException as error:
            os.unlink(stream.name)
            if not os.listdir(directory):
                os.rmdir(directory)
            if isinstance(error, DownloadError):
                error.expected = "a file with the SHA-256 %s (%s)" % (digest, origin)
            raise
    k3s_binary.write_note(path, digest)


def switch_link(path, target):
    """Let a path be a link to a target, with no moment at which it is neither the old nor the new one."""
    temporary = "%s.%d" % (path, os.getpid())
    os.symlink(target, temporary)
    os.rename(temporary, path)


def target_of(path):
    return os.readlink(path) if os.path.islink(path) else None


def failure_text(version, error):
    """The one message about a download that failed."""
    return "K3s %s was not installed. Nothing was replaced, and a K3s that runs goes on.\nURL: %s\nexpected: %s\ncame: %s\nwhat to do: %s" % (
        version,
        error.url,
        error.expected,
        error.came,
        error.remedy,
    )


def install(params, architecture, check_mode):
    """Bring binary and links to where they shall be.

    :param params: the options of the module.
    :param architecture: name that releases use for the processor of the node.
    :param check_mode: only find out what would be changed.
    :returns: dict with what the module returns.
    :raises DownloadError: a file that did not come; nothing has been changed then.
    """
    path = os.path.join(params["install_dir"], params["version"], "k3s")
    digest = params["digests"].get(architecture, "")
    binary = k3s_binary.read(path)
    before = {link: target_of(link) for link in params["links"]}
    after = dict(params["links"])
    if not binary["intact"] or (digest and binary["sha256"] != digest):
        before[path] = binary["sha256"] or None
        after[path] = digest or "as the release's list of digests says"
        if not check_mode:
            fetch_release(params, architecture, path, digest)
    if not check_mode:
        for link, target in sorted(params["links"].items()):
            if before[link] != target:
                switch_link(link, target)
    return {"changed": before != after, "path": path, "diff": {"before": before, "after": after}}


def fetch_release(params, architecture, path, digest):
    """Download the binary of a release, with the digest given or else the one that the release lists."""

    def url(name):
        return release.file_url(params["release_url"], params["version"], name)

    name = release.BINARIES[architecture]
    origin = "from the role's table or k3s_sha256"
    if not digest:
        listing = url(release.checksum_file(architecture))
        digest = fetch_digest(listing, name, params["timeout"])
        origin = "from %s" % listing
    fetch_binary(url(name), path, digest, origin, params["timeout"])


def main():
    module = AnsibleModule(
        argument_spec={
            "version": {"type": "str", "required": True},
            "release_url": {"type": "str", "default": "https://github.com/k3s-io/k3s/releases/download"},
            "digests": {"type": "dict", "default": {}},
            "install_dir": {"type": "path", "default": "/opt/k3s"},
            "links": {"type": "dict", "default": {}},
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    architecture = release.ARCHITECTURES.get(platform.machine())
    if architecture is None:
        module.fail_json(msg="K3s has no binary for the architecture %s" % platform.machine())
    try:
        release.parse_version(module.params["version"])
        module.exit_json(**install(module.params, architecture, module.check_mode))
    except release.VersionError as error:
        module.fail_json(msg=str(error))
    except DownloadError as error:
        module.fail_json(msg=failure_text(module.params["version"], error), url=error.url, expected=error.expected, came=error.came)
    except OSError as error:
        module.fail_json(msg="cannot write %s: %s" % (error.filename, error.strerror))


if __name__ == "__main__":
    main()
