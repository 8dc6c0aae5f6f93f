"""Log lines on standard error in the forms of K3s (`time="…" level=info msg="…"`) and of the kubelet in it (klog)."""

import json
import os
import re
import sys
import time

PLAIN = re.compile(r"^[A-Za-z0-9._/@^+-]+$")


def _write(level, message):
    text = message if PLAIN.match(message) else json.dumps(message, ensure_ascii=False)
    _line('time="%s.%09dZ" level=%s msg=%s' % (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()), time.time_ns() % 10**9, level, text))


def _line(text):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def info(message):
    """One line at level info."""
    _write("info", message)


def warning(message):
    """One line at level warning."""
    _write("warning", message)


def error(message):
    """One line at level error."""
    _write("error", message)


def fatal(message):
    """One line at level fatal, and the end of the process, as logrus.Fatal does it."""
    _write("fatal", message)
    raise SystemExit(1)


def kubelet_failed(reason):
    """The line with which the kubelet ends, and the end of the process with it."""
    now = time.strftime("%m%d %H:%M:%S", time.gmtime())
    _line('E%s.%06d %7d server.go:288] "Failed to run kubelet" err=%s' % (now, time.time_ns() // 1000 % 10**6, os.getpid(), json.dumps(reason)))
    raise SystemExit(1)
