"""Compile translation catalogues without GNU gettext, which Windows servers do not have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def find_catalogues(root: Path) -> Iterator[Path]:
    """Yield the catalogues of the project in `root`."""
    yield from root.glob("locale/**/LC_MESSAGES/*.po")
    yield from root.glob("feedback/public/locale/*/LC_MESSAGES/*.po")


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
