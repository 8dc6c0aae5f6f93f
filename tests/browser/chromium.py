"""Headless Chromium from the command line, with no network behind it."""

import subprocess
import tempfile

COMMAND = (
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--proxy-server=127.0.0.1:9",
    "--allow-file-access-from-files",
    "--virtual-time-budget=5000",
)
LIMIT = 60  # seconds
SCHEMES = {"dark": 0, "light": 1}


def run(page, *options, fragment="", scheme="light", width=1280, height=900):
    """Opens a page; returns what Chromium prints.

    :param page: path of the page.
    :param fragment: of its address, after `#`.
    :param scheme: a key of SCHEMES, which the page is told that its reader prefers.
    :param width: of the window in CSS pixels, at least 500.
    """
    with tempfile.TemporaryDirectory() as profile:
        command = [
            *COMMAND,
            f"--user-data-dir={profile}",
            f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
            f"--window-size={width},{height}",
            *options,
            f"{page.as_uri()}#{fragment}",
        ]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT).stdout


def dom(page, **options):
    """The document after it was loaded and its scripts have run, as HTML."""
    return run(page, "--dump-dom", **options)


def pdf(page, path):
    """Prints a page."""
    run(page, "--no-pdf-header-footer", f"--print-to-pdf={path}")


def screenshot(page, path, **options):
    """For a person to look at."""
    run(page, f"--screenshot={path}", **options)
