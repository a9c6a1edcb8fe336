"""Build the archive that is handed to a person, and describe what must be erased by hand."""

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
    content = json.dumps(sections, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
    tables = sections | {"customer": [sections["customer"]]}
    context = {"exported_at": tables.pop("exported_at"), "tables": tables}
    page = render_to_string("operations/person.html", context)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("person.json", content)
        file.writestr("person.html", page)
    return archive.getvalue()


def describe_rest(erasure: Erasure) -> str:
    """Return sentences on what Nachfass cannot erase itself."""
    sentences = []
    if erasure.files:
        files = ", ".join(erasure.files)
        sentences.append(_("These mail files are about the person; delete them there: %s.") % files)
    if erasure.traces:
        sentences.append(_("The address is still in: %s.") % ", ".join(erasure.traces))
    return " ".join(sentences)
