"""Compiles translation catalogues without GNU gettext, which Windows servers do not have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

SKIPPED = {".venv", "node_modules", "var", ".git"}


def find_catalogues(root: Path) -> Iterator[Path]:
    """Yield each `locale/<language>/LC_MESSAGES/*.po` of the project below `root`, sorted."""
    for path in sorted(root.rglob("locale/*/LC_MESSAGES/*.po")):
        if SKIPPED.isdisjoint(path.relative_to(root).parts):
            yield path


def compile_catalogue(path: Path) -> bool:
    """Write the .mo file beside the .po file unless it is newer; return whether it was written."""
    target = path.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime_ns >= path.stat().st_mtime_ns:
        return False
    import polib  # noqa: PLC0415  (needed at installation only, not by a running service)

    unfinished = target.with_suffix(".mo.new")
    polib.pofile(str(path)).save_as_mofile(str(unfinished))
    # Other processes may be reading the old catalogue.
    unfinished.replace(target)
    return True
