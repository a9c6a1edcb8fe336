from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from offers.mail_import.run import import_folders
from offers.models import MailFolder, SourceFile
from tests.explain import explain
from tests.offers.mails import make_folder, write_mail

pytestmark = pytest.mark.django_db
# The tables that grow with the offers; all others are a page or two.
GROWING = r"offers_(?:offer|customer|sourcefile)|feedback_(?:invitation|answer)|reminders_(?:reminder|followup)"
SCANS = {"sqlite": rf"SCAN ({GROWING})\b", "postgresql": rf"Seq Scan on ({GROWING})\b"}


def test_no_query_of_an_import_goes_through_a_whole_table(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "in").mkdir()
    outgoing = make_folder(tmp_path / "out")
    incoming = make_folder(tmp_path / "in", direction=MailFolder.Direction.INCOMING)
    write_mail(tmp_path / "out", "a.eml", subject="Angebot 4711", message_id="<a@seller.example>")
    import_folders([outgoing])
    write_mail(tmp_path / "out", "b.eml", subject="Angebot 4712", message_id="<b@seller.example>")
    write_mail(
        tmp_path / "out",
        "c.eml",
        subject="AW: Angebot 4711",
        headers="In-Reply-To: <a@seller.example>",
    )
    write_mail(
        tmp_path / "in",
        "d.eml",
        subject="AW: Angebot",
        sender="buehler@kunde-eins.example",
        headers="In-Reply-To: <a@seller.example>",
    )
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and not many:
            asked.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(note):
        import_folders([outgoing, incoming])
    assert SourceFile.objects.count() == 4
    assert len(asked) > 20
    assert [
        sql
        for sql, parameters in asked
        if re.search(SCANS[connection.vendor], explain(sql, parameters))
    ] == []
