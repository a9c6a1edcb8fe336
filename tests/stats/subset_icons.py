"""Write the icon font with the icons in use alone: `python -m tests.stats.subset_icons`, with
fonttools installed.

Unfold's font has 3,800 icons in 290 KB; the pages show a few dozen. Every word in a template,
script or module that names an icon is kept, so that a new page rarely needs a new font;
tests/stats/test_assets.py says when it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import unfold
from django.conf import settings

UNFOLD = Path(unfold.__file__).parent
FONT = "fonts/material-symbols/Material-Symbols-Outlined.woff2"
OURS = ("crm", "offers", "feedback/backoffice", "reminders", "stats", "templates")


def find_words() -> set[str]:
    """Return every word that may name an icon."""
    return {
        word
        for path in _find_files()
        for word in re.findall(r"[a-z][a-z0-9_]+", path.read_text(errors="ignore"))
    }


def _find_files() -> Iterator[Path]:
    yield from (
        path
        for pattern in ("*.html", "*.py", "js/*.js", "css/styles.css")
        for path in UNFOLD.rglob(pattern)
    )
    for folder in OURS:
        for pattern in ("*.html", "*.py"):
            yield from (Path(settings.BASE_DIR) / folder).rglob(pattern)


def main() -> None:
    from fontTools import subset
    from fontTools.ttLib import TTFont

    font = TTFont(UNFOLD / "static/unfold" / FONT)
    letters = {glyph: chr(code) for code, glyph in font.getBestCmap().items()}
    icons = {}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for outer in lookup.SubTable:
            table = outer.ExtSubTable if outer.LookupType == 7 else outer
            for first, ligatures in getattr(table, "ligatures", {}).items():
                for ligature in ligatures:
                    name = "".join(
                        letters.get(glyph, "?") for glyph in (first, *ligature.Component)
                    )
                    icons[name] = ligature.LigGlyph
    kept = sorted(find_words() & icons.keys())
    options = subset.Options(layout_features=["*"], layout_closure=False, glyph_names=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(
        glyphs=[icons[name] for name in kept], text="".join(sorted(set("".join(kept))))
    )
    subsetter.subset(font)
    font.flavor = "woff2"
    target = Path(settings.BASE_DIR) / "static/unfold" / FONT
    font.save(target)
    target.with_name("icons.txt").write_text("\n".join(kept) + "\n")
    print(f"Done, {len(kept)} icons in {target.stat().st_size} bytes.")


if __name__ == "__main__":
    main()
