"""Makes the stand-in for K3s: one executable file `k3s` for one release, the same bytes every time.

python3 tests/lab/build_standin.py /path/to/k3s v1.24.7+k3s1
"""

import argparse
import hashlib
import io
import os
import zipfile

PACKAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "k3s_standin")
SHEBANG = b"#!/usr/bin/env python3\n"
START = "import sys\n\nfrom k3s_standin.cli import main\n\nsys.exit(main())\n"
EPOCH = (1980, 1, 1, 0, 0, 0)


def standin(version):
    """The bytes of the file for a release such as `v1.24.7+k3s1`."""
    files = {"__main__.py": START}
    for name in sorted(os.listdir(PACKAGE)):
        if name.endswith(".py") and name != "__main__.py":
            with open(os.path.join(PACKAGE, name), encoding="utf-8") as stream:
                files["k3s_standin/" + name] = stream.read()
    files["k3s_standin/version.py"] = f'"""The release that the stand-in says it is."""\n\nVERSION = "{version}"\n'
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as stream:
        for name, text in sorted(files.items()):
            stream.writestr(zipfile.ZipInfo(name, EPOCH), text)
    return SHEBANG + archive.getvalue()


def build(path, version):
    """Write the file for a release, mode 0755; returns its SHA-256 in hexadecimal."""
    content = standin(version)
    with open(path, "wb") as stream:
        stream.write(content)
    os.chmod(path, 0o755)
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", help="the file to write")
    parser.add_argument("version", help="the release, such as v1.24.7+k3s1")
    arguments = parser.parse_args()
    print(f"{build(arguments.path, arguments.version)}  {arguments.path}")
