"""What the benchmarks share: a command's time, repetitions, and a table."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def timed(*command):
    """(seconds, output) of a command; one that fails ends the benchmark with its output."""
    start = time.monotonic()
    result = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode:
        sys.exit(result.stdout)
    return time.monotonic() - start, result.stdout


def spread(seconds):
    """(least, median) of repeated measurements."""
    return min(seconds), statistics.median(seconds)


def machine():
    """What the figures depend on, in a line."""
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} CPUs, load {load} (1, 5, 15 minutes), {time.strftime('%Y-%m-%d')}"


def table(head, rows):
    """Prints rows under a head; the first column is text, the others are aligned to the right."""
    lines = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        print("  ".join(cell.rjust(width) if column else cell.ljust(width) for column, (cell, width) in enumerate(zip(line, widths, strict=True))))
