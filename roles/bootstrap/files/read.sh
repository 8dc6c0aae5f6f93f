# shellcheck shell=sh disable=SC1091
# One line `os <id> <version>`, then `python <path> <version> <can it import apt: yes or no>` per interpreter.
# The positional parameters are the interpreters to try. One without its standard library (python3-minimal) does not count.
[ -r /etc/os-release ] && . /etc/os-release
echo "os ${ID:-unknown} ${VERSION_ID:-unknown}"
for python in "$@"; do
  "$python" -c '
import sys
import json, multiprocessing, zipfile
try:
    import apt_pkg
except ImportError:
    apt_pkg = None
print("python %s %d.%d %s" % (sys.argv[1], sys.version_info[0], sys.version_info[1], "yes" if apt_pkg else "no"))
' "$python" 2>/dev/null
done
exit 0
