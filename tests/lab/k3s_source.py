"""Which K3s the lab has, in this order:

1. what LAB_K3S names: a folder of releases in the layout of the release pages (<release>/k3s, <release>/sha256sum-amd64.txt), one file,
   or the word `standin`; a relative path begins at the checkout;
2. the folder ../shared/k3s, where it lies beside the checkout;
3. the official release, where it can be reached;
4. the stand-in.

LAB_K3S_RELEASE chooses one of several releases; without it the newest is taken.
"""

import functools
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
BESIDE = Path("..", "shared", "k3s")
STANDIN = "standin"
# Not in the role's table of digests, so that the release's own checksum file is what the role verifies against.
STANDIN_RELEASE = "v1.24.9+k3s1"
RELEASE_PAGES = "https://github.com/k3s-io/k3s/releases/download"
RELEASE = re.compile(r"v(\d+)\.(\d+)\.(\d+)\+k3s(\d+)")
# The first whose own containerd is new enough for Gitpod; nodes with that containerd need this one.
FIRST_EMBEDDED = (1, 22)


@dataclass(frozen=True)
class Source:
    """`files` is {release: file} of the real ones on this machine; `release` is the one that the lab's inventory names."""

    words: str
    release: str
    official: bool = False
    files: dict = field(default_factory=dict)

    @property
    def binary(self):
        """The real file of the release, None where there is none on this machine."""
        return self.files.get(self.release)

    @property
    def others(self):
        """The real releases beside the chosen one, newest first."""
        return [release for release in self.files if release != self.release]

    @property
    def embedded(self):
        """The newest release that Gitpod can use with the containerd that K3s brings; the stand-in's where no real one is new enough."""
        return next((release for release in (self.release, *self.others) if numbers(release)[:2] >= FIRST_EMBEDDED), STANDIN_RELEASE)


def numbers(release):
    """A release as a tuple that compares as releases do."""
    return tuple(int(number) for number in RELEASE.fullmatch(release).groups())


def find(environment=os.environ, checkout=CHECKOUT, official=None):
    """The Source. A wrong LAB_K3S or LAB_K3S_RELEASE ends the program with a sentence."""
    named, wanted = environment.get("LAB_K3S", ""), environment.get("LAB_K3S_RELEASE", "")
    if wanted and not RELEASE.fullmatch(wanted):
        sys.exit(f"LAB_K3S_RELEASE is {wanted!r}, which is not a release of K3s such as {STANDIN_RELEASE}")
    if named == STANDIN:
        return Source(f"a stand-in for K3s {wanted or STANDIN_RELEASE}, which LAB_K3S asks for", wanted or STANDIN_RELEASE)
    path = checkout / (named or BESIDE)
    if named or path.is_dir():
        return _real(path.resolve(), wanted)
    if (official or official_release_answers)():
        return Source(f"the official K3s {wanted or STANDIN_RELEASE}", wanted or STANDIN_RELEASE, official=True)
    return Source(
        f"a stand-in for K3s {wanted or STANDIN_RELEASE} (there is no {BESIDE}, LAB_K3S names nothing, and the official release cannot be reached)",
        wanted or STANDIN_RELEASE,
    )


def _real(path, wanted):
    if path.is_dir():
        files = releases(path)
        if not files:
            sys.exit(f"{path} holds no release of K3s: expected are <release>/k3s and <release>/sha256sum-amd64.txt, with a release such as {STANDIN_RELEASE}")
    elif path.is_file():
        files = {version_of(path): path}
    else:
        sys.exit(f"LAB_K3S names {path}, which is not there")
    release = wanted or next(iter(files))
    if release not in files:
        sys.exit(f"LAB_K3S_RELEASE asks for {release}, which is not in {path}; there are: {', '.join(files)}")
    others = ", ".join(other for other in files if other != release)
    return Source(f"the real K3s {release} of {path}" + (f" (also there: {others})" if others else ""), release, files=files)


def releases(folder):
    """{release: file} of a folder of releases, newest first."""
    found = [path.name for path in folder.iterdir() if RELEASE.fullmatch(path.name) and (path / "k3s").is_file()]
    return {release: folder / release / "k3s" for release in sorted(found, key=numbers, reverse=True)}


def version_of(file):
    """The release that a real file says it is: `k3s version v1.21.2+k3s1 (...)`."""
    try:
        output = subprocess.run((file, "--version"), stdout=subprocess.PIPE, check=True, text=True, timeout=60).stdout
        return RELEASE.search(output).group()
    except (OSError, subprocess.SubprocessError, AttributeError) as error:
        sys.exit(f"{file} does not say which release of K3s it is (k3s --version): {error}")


@functools.cache
def official_release_answers():
    url = f"{RELEASE_PAGES}/{STANDIN_RELEASE.replace('+', '%2B')}/sha256sum-amd64.txt"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False
