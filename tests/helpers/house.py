"""Which file of the plugins imports which."""

import ast
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"


def imports(path):
    """What a file imports of this collection: dotted names below plugins/, of a file or of something in it."""
    package = path.relative_to(PLUGINS).parent.parts
    for line in ast.walk(ast.parse(path.read_text())):
        if isinstance(line, ast.ImportFrom) and line.level:
            base = [*package[: len(package) - line.level + 1], *(line.module or "").split(".")]
            base = [part for part in base if part]
            yield from (".".join([*base, name.name]) for name in line.names)


def reached(path):
    """The files that a file needs, itself or through others."""
    found, left = set(), {path}
    while left:
        left = {file for one in left for name in imports(one) if (file := _file(name))} - found
        found |= left
    return found


def _file(name):
    """The file of a dotted name; None for a package."""
    parts = name.split(".")
    candidates = (PLUGINS.joinpath(*parts[:length]).with_suffix(".py") for length in (len(parts), len(parts) - 1))
    return next((path for path in candidates if path.is_file()), None)
