"""Makes the files that are handed over to a person, and says what an erasure leaves to be done."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from crm.operations.privacy import Erasure


def build_archive(sections: dict[str, Any]) -> bytes:
    """Return a ZIP file with `person.json` for programs and `person.html` for people."""
    tables = {
        name: rows if isinstance(rows, list) else [rows] for name, rows in sections.items() if rows
    }
    tables.pop("exported_at", None)
    page = render_to_string(
        "operations/person.html", {"exported_at": sections["exported_at"], "tables": tables}
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(
            "person.json", json.dumps(sections, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
        )
        file.writestr("person.html", page)
    return archive.getvalue()


def describe_rest(erasure: Erasure) -> str:
    """Say in whole sentences what Nachfass cannot erase by itself."""
    sentences = []
    if erasure.files:
        files = ", ".join(erasure.files)
        sentences.append(_("These mail files are about the person; delete them there: %s.") % files)
    if erasure.traces:
        sentences.append(_("The address is still in: %s.") % ", ".join(erasure.traces))
    return " ".join(sentences)
