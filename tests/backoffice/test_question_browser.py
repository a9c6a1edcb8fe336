"""Questions about mails in a real Chromium: seen, answered, and taken back.

The pictures lie under var/screenshots/ afterwards.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.backoffice.changes import follow_changes
from offers.models import Offer, SourceFile
from tests.make import make_customer, make_offer, make_user
from tests.offers.imports import import_folders
from tests.offers.mails import make_folder, write_mail
from tests.stats.test_browser import browser, find_violations, open_page, take_picture

__all__ = ["browser"]  # a fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SENT_AT = timezone.now() - timedelta(days=4)
TEXT = """Guten Tag Herr Bühler

herzlichen Dank für Ihre Bestellung. Wir haben den Auftrag heute eingeplant
und melden uns wegen des Liefertermins.

Freundliche Grüsse
Petra Vogt
"""


def write_questions(path: Path) -> None:
    """Three mails of Petra Vogt: thanks for an order, a supplier's offer, and one without a number."""
    make_offer(
        number="AN-2026-0815",
        customer=make_customer(email="buehler@kunde-eins.example"),
        sent_at=SENT_AT - timedelta(days=3),
        message_id="<offer@x>",
    )
    follow_changes(list(Offer.objects.all()))
    mails: list[dict[str, Any]] = [
        {"subject": "Auftragsbestätigung zum Angebot AN-2026-0815", "body": TEXT},
        {"subject": "Rückfrage zu Ihrem Angebot 30-4711", "to": "verkauf@lieferant.example"},
        {"subject": "Ihr Angebot Treppengeländer", "to": "Nora Keller <keller@kunde.example>"},
    ]
    for number, fields in enumerate(mails):
        sent_at = SENT_AT + timedelta(hours=number)
        write_mail(path, f"{number}.eml", sent_at=sent_at, **fields)
    import_folders([make_folder(path)])


def test_three_questions_are_answered_and_one_taken_back(
    browser: Any, live_server: Any, tmp_path: Path
) -> None:
    write_questions(tmp_path)
    assert SourceFile.objects.filter(state="review").count() == 3
    user = make_user(is_superuser=True, email="p.vogt@muster-metallbau.example")
    page = open_page(browser, live_server, user, width=1366)
    page.goto(live_server.url + reverse("admin:index"))
    take_picture(page, "today-questions")
    page.get_by_role("link", name="Ihr Angebot Treppengeländer").click()
    page.get_by_text("1 von 3").wait_for()
    assert find_violations(page) == []
    form = page.locator("form", has=page.get_by_role("button", name="Es ist ein Angebot"))
    form.get_by_role("button").click()
    page.locator(".question-error").wait_for()
    take_picture(page, "question-refused")
    form.get_by_label("Angebotsnummer").fill("4711")
    form.get_by_role("button").click()
    page.get_by_text("2 von 3").wait_for()
    take_picture(page, "question-supplier")
    page.get_by_label("Immer: Angebote in Mails an lieferant.example").check()
    page.get_by_role("button", name="Es geht um deren Angebot").click()
    page.get_by_text("3 von 3").wait_for()
    take_picture(page, "question-order")
    page.get_by_role("button", name="Bestellt").click()
    page.get_by_role("button", name="Zurücknehmen").wait_for()
    take_picture(page, "question-done")
    assert Offer.objects.get(number="AN-2026-0815").status == "ordered"
    page.get_by_role("button", name="Zurücknehmen").click()
    page.get_by_text("Die Entscheidung ist zurückgenommen.").wait_for()
    offer = Offer.objects.get(number="AN-2026-0815")
    assert (offer.status, bool(offer.needs_review)) == ("open", True)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390])
def test_a_question_is_readable(
    browser: Any, live_server: Any, tmp_path: Path, theme: str, width: int
) -> None:
    write_questions(tmp_path)
    page = open_page(browser, live_server, make_user(is_superuser=True), theme=theme, width=width)
    for file in SourceFile.objects.filter(state="review"):
        page.goto(live_server.url + reverse("admin:offers_sourcefile_change", args=[file.pk]))
        take_picture(page, f"question-{file.reason}-{theme}-{width}")
        assert find_violations(page) == []
        scrolls = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(scrolls)
