from __future__ import annotations

import gettext
from pathlib import Path

import polib
from django.conf import settings

from crm.operations.catalogues import compile_catalogue, find_catalogues

CATALOGUE = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

msgid "Offer"
msgstr "Angebot"
"""


def test_every_catalogue_is_complete():
    unfinished = [
        f"{path.relative_to(settings.BASE_DIR)}: {entry.msgid}"
        for path in find_catalogues(settings.BASE_DIR)
        for catalogue in [polib.pofile(str(path))]
        for entry in [*catalogue.untranslated_entries(), *catalogue.fuzzy_entries()]
    ]
    assert unfinished == []


def test_a_compiled_catalogue_translates(tmp_path: Path):
    source = tmp_path / "locale/de/LC_MESSAGES/django.po"
    source.parent.mkdir(parents=True)
    source.write_text(CATALOGUE, encoding="utf-8")
    assert list(find_catalogues(tmp_path)) == [source]
    assert compile_catalogue(source)
    assert gettext.translation("django", tmp_path / "locale", ["de"]).gettext("Offer") == "Angebot"
    assert not compile_catalogue(source)
