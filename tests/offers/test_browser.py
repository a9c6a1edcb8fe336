"""The pages of the import in a real Chromium, and a mail that tries everything to run, fetch or
send something.

The pictures lie under var/screenshots/ afterwards.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from offers.models import MailFolder, SourceFile
from tests.make import make_user
from tests.offers.imports import import_folders
from tests.offers.mails import make_folder, write_file, write_mail
from tests.stats.test_browser import browser, find_violations, open_page, take_picture  # noqa: F401 - a fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOSTILE = """<html><head><meta http-equiv="refresh" content="0;url=https://evil.example/refresh">
<link rel="stylesheet" href="https://evil.example/style.css"><base href="https://evil.example/">
<style>@import "https://evil.example/import.css"; body { background: url(https://evil.example/back.png) }</style>
</head>
<body onload="window.ran = 1"><p>Guten Tag</p>
<script>window.ran = 2</script><script src="https://evil.example/script.js"></script>
<img src="https://evil.example/pixel.png"><img src=x onerror="window.ran = 3"><svg onload="window.ran = 4"></svg>
<iframe src="https://evil.example/frame"></iframe><iframe srcdoc="<script>top.ran = 5</script>"></iframe>
<object data="data:text/html,<script>top.ran = 6</script>"></object><embed src="https://evil.example/embed">
<form id="f" action="https://evil.example/form"><input name="a" autofocus onfocus="window.ran = 7"></form>
<a href="javascript:window.ran = 8">x</a><a href="data:text/html,<script>1</script>">y</a>
<video src="https://evil.example/video"></video><details open ontoggle="window.ran = 9"></details>
</pre></dd><script>window.ran = 10</script>&lt;script&gt;window.ran = 11&lt;/script&gt;
&lt;img src=x onerror=window.ran=12&gt;
{{ 7|add:7 }} {% csrf_token %} <div x-data x-init="window.ran = 13"></div> &lt;div x-data x-init="window.ran = 14"&gt;
</body></html>"""
EVIL = '"><script>window.ran = 15</script><img src=https://evil.example/x onerror=window.ran=16>'


@pytest.fixture
def folder(tmp_path: Path) -> MailFolder:
    folder = make_folder(tmp_path, name="Gesendete Mails")
    write_mail(
        tmp_path, "a.eml", subject="Angebot AN-2026-0815 Förderband Halle 3", message_id="<a@x>"
    )
    write_mail(
        tmp_path,
        "b.eml",
        subject="AW: Angebot AN-2026-0815 Förderband Halle 3",
        headers="In-Reply-To: <a@x>",
    )
    write_mail(tmp_path, "c.eml", subject="Unser Angebot vom 3.3.2026", to="einkauf@zwei.example")
    write_mail(tmp_path, "d.eml", subject="Auftragsbestätigung AB-44 zu Angebot AN-2026-0815")
    write_mail(tmp_path, "e.eml", subject="Mittagessen", to="kollege@muster-metallbau.example")
    write_file(tmp_path, "f.eml", b"")
    write_file(tmp_path, "broken.eml", bytes(range(256)))
    head = f"Content-Type: text/html; charset=utf-8\nX-Evil: {EVIL}"
    fields = {
        "subject": f"Angebot 4712 {EVIL}",
        "to": f"{EVIL} <b@drei.example>",
        "headers": head,
        "body": HOSTILE,
    }
    write_mail(tmp_path, "evil.eml", **fields)
    import_folders([folder])
    return folder


def open_office(browser: Browser, live_server: Any, **options: Any) -> tuple[Page, list[str]]:  # noqa: F811
    """Return a signed-in page and the list of what it asks of other hosts."""
    page = open_page(browser, live_server, make_user(is_superuser=True, language="de"), **options)
    strangers: list[str] = []
    page.on(
        "request",
        lambda request: (
            None if _is_ours(request.url, live_server.url) else strangers.append(request.url)
        ),
    )
    page.on("dialog", lambda dialog: strangers.append(f"dialog {dialog.message}"))
    return page, strangers


def _is_ours(url: str, ours: str) -> bool:
    return url.startswith((ours, "data:image/", "blob:"))


def test_a_hostile_mail_runs_nothing_and_fetches_nothing(
    browser: Browser,  # noqa: F811
    live_server: Any,
    folder: MailFolder,
) -> None:
    file = SourceFile.objects.get(name="evil.eml")
    assert file.offer is not None
    page, strangers = open_office(browser, live_server)
    for path in (
        f"sourcefile/{file.pk}/change/",
        f"offer/{file.offer.pk}/change/",
        "sourcefile/",
        "offer/",
        f"customer/{file.offer.customer.pk}/change/",
        f"mailfolder/{folder.pk}/try-pattern/",
    ):
        page.goto(f"{live_server.url}/admin/offers/{path}")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.ran") is None, path
        assert page.locator("iframe, object, embed, [onerror], [onload]").count() == 0
        assert "evil.example" not in page.url
    assert strangers == []
    assert page.problems == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]
)
def test_the_pages_of_the_import_can_be_used(
    browser: Browser,  # noqa: F811
    live_server: Any,
    folder: MailFolder,
    theme: str,
    width: int,
) -> None:
    offer_mail, question = (SourceFile.objects.get(name=name) for name in ("a.eml", "d.eml"))
    page, _strangers = open_office(browser, live_server, theme=theme, width=width)
    paths = {
        "folders": "mailfolder/",
        "folder": f"mailfolder/{folder.pk}/change/",
        "pattern": f"mailfolder/{folder.pk}/try-pattern/?pattern=(AN-%5Cd%2B-%5Cd%2B)",
        "pattern-bad": f"mailfolder/{folder.pk}/try-pattern/?pattern=(a%2B)%2B%24",
        "log": "sourcefile/",
        "log-entry": f"sourcefile/{question.pk}/change/",
        "offer": f"offer/{offer_mail.offer_id}/change/",
        "import": "offer/import/",
    }
    for name, path in paths.items():
        page.goto(f"{live_server.url}/admin/offers/{path}")
        page.wait_for_load_state("networkidle")
        take_picture(page, f"import-{name}-{theme}-{width}")
        wide = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"{name} scrolls sideways by {wide} px"
        if name.startswith("pattern"):  # a page of our own; the others are unfold's
            assert find_violations(page, context="#content") == []
