"""The pages of the office in a real Chromium: no script fails, axe finds nothing, and a person
looks at the pictures.

The pictures lie under var/screenshots/ afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright

from crm.accounts.models import OwnCompany, User
from crm.core.models import JobRun
from feedback.backoffice.models import Answer
from offers.models import MailFolder, Offer, SourceFile
from reminders.models import FollowUp, Reminder
from tests.make import make_user, make_year

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = Path(settings.BASE_DIR) / "var/screenshots"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="module")
def browser(chromium: str, django_db_setup: None) -> Iterator[Browser]:
    """A Chromium. Playwright's loop runs in this thread, where Django refuses the database without
    the variable.
    """
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


def open_page(
    browser: Browser, live_server: Any, user: User, *, theme: str = "light", width: int = 1360
) -> Page:
    """Return a page of a signed-in person that fails the test on any error of a script or of the
    policy.
    """
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = (
        str(user.pk),
        "django.contrib.auth.backends.ModelBackend",
    )
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, locale="de-DE"
    )  # type: ignore[arg-type]
    context.add_cookies(
        [{"name": "sessionid", "value": str(session.session_key), "url": live_server.url}]
    )
    page = context.new_page()
    page.problems = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.problems.append(str(error)))  # type: ignore[attr-defined]
    page.on(
        "console", lambda line: page.problems.append(line.text) if line.type == "error" else None
    )  # type: ignore[attr-defined]
    return page


def take_picture(page: Page, name: str) -> None:
    (PICTURES / name).parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
    assert page.problems == []  # type: ignore[attr-defined]


def find_violations(page: Page, *, context: str = "main") -> list[str]:
    found = Axe().run(page, context=context, options={"resultTypes": ["violations"]})
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found.response["violations"]]


def make_office() -> User:
    """A team in the middle of its day."""
    now = timezone.now()
    OwnCompany.objects.create(pk=1, name="Muster Metallbau AG")
    boss = make_user(username="leitung", first_name="Renate", last_name="Frei", is_superuser=True)
    salespeople = [
        make_user(username=f"v{n}", first_name="Paul", last_name=f"Vogt {n}") for n in range(3)
    ]
    make_year(400, now=now, days=700, salespeople=salespeople)
    Answer.objects.exclude(answered_at__gt=now - timedelta(days=9)).update(handled_at=now)
    for offer in Offer.objects.filter(status="open")[:9]:
        FollowUp.objects.create(
            offer=offer, next_at=now + timedelta(hours=5), next_step=2, because="step_due"
        )
    Reminder.objects.filter(pk__in=Reminder.objects.values("pk")[:2]).update(state="in_doubt")
    folder = MailFolder.objects.create(name="Ausgang David", path="/export/out")
    for n in range(4):
        subject = f"AW: Anfrage Geländer Haus {n + 3}"
        reason = "Das Stichwort „Angebot“ steht im Betreff, aber keine Nummer."
        file = SourceFile(
            folder=folder, name=f"{n}.eml", size=9, mtime_ns=1, state="review", subject=subject
        )
        file.reason, file.sent_at = reason, now - timedelta(days=n)
        file.save()
    JobRun.objects.create(
        name="heartbeat", started_at=now, succeeded_at=now, summary="The worker is alive."
    )
    JobRun.objects.create(
        name="import_offers", started_at=now, succeeded_at=now, summary="Done, 3 new offers."
    )
    JobRun.objects.create(
        name="sync_feedback",
        started_at=now,
        succeeded_at=now - timedelta(hours=3),
        failed_at=now,
        error="Timeout",
    )
    return boss


LOOKS = [("light", 1360), ("dark", 1360), ("light", 360)]


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_the_pages_look_right_and_axe_finds_nothing(
    browser, live_server, theme: str, width: int
) -> None:  # type: ignore[no-untyped-def]
    page = open_page(browser, live_server, make_office(), theme=theme, width=width)
    for name, path in {
        "stats": "/stats/?period=last_12_months",
        "today": "/admin/",
        "offers": "/admin/offers/offer/",
        "answers": "/admin/feedback/answer/",
        "people": "/admin/accounts/user/",
    }.items():
        page.goto(live_server.url + path)
        page.evaluate("document.fonts.ready")
        take_picture(page, f"{name}-{theme}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        if name in {"stats", "today"}:
            assert find_violations(page) == [], name


LIST = (
    "Angebotsnummer;E-Mail;Name;Firma;Datum;Betrag;Währung\r\n"
    "A-1;neu@kunde.example;Jörg Bühler;Bühler AG;14.09.2026;1.234,50;CHF\r\n"
    "A-2;{email};Ute Krüger;Krüger & Söhne;15.09.2026;980;EUR\r\n"
)


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_a_list_is_shown_before_it_is_stored(browser, live_server, theme: str, width: int) -> None:  # type: ignore[no-untyped-def]
    page = open_page(browser, live_server, make_user(is_superuser=True), theme=theme, width=width)
    for name, email in {"mistake": "keine-adresse", "preview": "ute@krueger.example"}.items():
        page.goto(live_server.url + "/admin/offers/offer/import/")
        content = LIST.format(email=email).encode("cp1252")
        page.set_input_files(
            "#id_import_file", {"name": "a.csv", "mimeType": "text/csv", "buffer": content}
        )
        take_picture(page, f"upload-{theme}-{width}")
        with page.expect_navigation():
            page.evaluate("document.querySelector('#id_import_file').form.requestSubmit()")
        take_picture(page, f"upload-{name}-{theme}-{width}")
        assert find_violations(page, context="#main, main, form") == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        assert not Offer.objects.exists()
    with page.expect_navigation():
        page.get_by_role("button", name="Import bestätigen").click()
    take_picture(page, f"upload-stored-{theme}-{width}")
    assert set(Offer.objects.values_list("number", "customer__name")) == {
        ("A-1", "Jörg Bühler"),
        ("A-2", "Ute Krüger"),
    }


def test_empty_pages_say_what_to_do(browser, live_server) -> None:  # type: ignore[no-untyped-def]
    page = open_page(browser, live_server, make_user(is_superuser=True))
    for name, path in {"stats": "/stats/", "today": "/admin/"}.items():
        page.goto(live_server.url + path)
        page.evaluate("document.fonts.ready")
        take_picture(page, f"{name}-empty")
        assert find_violations(page) == []


def test_the_sign_in_page_works_under_the_policy(browser, live_server) -> None:  # type: ignore[no-untyped-def]
    make_user(username="petra", is_superuser=True)
    page = open_page(browser, live_server, make_user())
    page.context.clear_cookies()
    page.goto(live_server.url + "/admin/")
    take_picture(page, "sign-in")
    page.fill("#id_username", "petra")
    page.fill("#id_password", "a-long-password")
    page.click("button[type=submit]")
    page.wait_for_selector("main.today")
    take_picture(page, "signed-in")


def test_a_slice_leads_to_the_offers_behind_it_and_typing_suggests(browser, live_server) -> None:  # type: ignore[no-untyped-def]
    page = open_page(browser, live_server, make_office())
    page.goto(live_server.url + "/stats/?period=all")
    page.fill("#id_company", "Kr")
    page.wait_for_selector("#company-suggestions option", state="attached")
    with page.expect_download() as download:
        page.click("button[data-chart=reasons]")
    assert download.value.suggested_filename == "reasons.png"
    page.locator("#status").scroll_into_view_if_needed()
    with page.expect_navigation(url="**/admin/offers/offer/?figures=*"):
        page.locator("#status").click(position={"x": 90, "y": 200})
    take_picture(page, "offers-behind")
