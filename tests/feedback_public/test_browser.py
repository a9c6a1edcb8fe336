"""The pages in a real Chromium: every language and state, without a mouse, without JavaScript, on a
narrow phone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from feedback import wire
from feedback.public.services import MAX_UNDECIDED
from tests.feedback_public import make
from tests.feedback_public.live import ROOT, Service

pytestmark = pytest.mark.browser

STATES = ["form", "errors", "thanks", "undecided", "answered", "conflict", "opt_out", "opted_out"]
STATES += ["gone", "too_many", "error"]
MIN_AGE_MS = 2100


@pytest.fixture
def open_page(browser: Browser, service: Service) -> Iterator[Callable[..., Page]]:
    """Open pages that must neither ask another host for anything nor break a rule of the CSP."""
    contexts, complaints = [], []

    def open_page(**options) -> Page:
        context = browser.new_context(**{"locale": "de-DE", "reduced_motion": "reduce", **options})
        contexts.append(context)
        page = context.new_page()
        page.on(
            "request",
            lambda request: request.url.startswith(service.url) or complaints.append(request.url),
        )
        page.on(
            "console",
            lambda message: "violates" in message.text and complaints.append(message.text),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        assert context.cookies() == []
        context.close()
    assert complaints == []


def answer(page: Page, url: str, choice: str) -> None:
    """Send the form as if it had been open for a minute."""
    page.goto(url)
    token = UUID(url.partition("/feedback/")[2][:36])
    page.evaluate(
        "stamp => document.querySelector('[name=stamp]').value = stamp", make.make_stamp(token)
    )
    choose(page, choice)


def choose(page: Page, choice: str) -> None:
    page.locator(f"#{choice}").check()
    if choice == "declined":
        page.select_option("#reason", "price")
    page.click("button[type=submit]")


def show(page: Page, service: Service, state: str, language: str) -> None:
    """Bring the page into the state."""
    token = service.invite()[0]
    url = f"{service.url}/feedback/{token}"
    query = f"?lang={language}"
    if state == "errors":
        page.goto(url + query)
        page.locator("#declined").check()
        page.click("button[type=submit]")
    elif state in ("thanks", "answered"):
        answer(page, url + query, "declined")
        if state == "answered":
            page.goto(url + query)
    elif state in ("undecided", "too_many"):
        for number in range(MAX_UNDECIDED if state == "too_many" else 0):
            service.answer(token, "undecided", stamp=make.make_stamp(token, seconds=60 + number))
        answer(page, url + query, "undecided")
    elif state == "conflict":
        page.goto(url + query)
        service.answer(token)
        choose(page, "declined")
    elif state in ("opt_out", "opted_out"):
        page.goto(url + "/opt-out" + query)
        if state == "opted_out":
            page.click("button")
    else:
        page.goto(
            {"form": url, "gone": f"{service.url}/feedback/x", "error": f"{service.url}/nothing"}[
                state
            ]
            + query
        )


def check(page: Page, width: int) -> None:
    """What holds for every page: nobody is locked out of it, and it fits."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("number", "state"), list(enumerate(STATES)), ids=STATES)
def test_axe_finds_nothing_and_nothing_is_wider_than_a_narrow_phone(
    open_page, service, number, state
):
    page = open_page(viewport={"width": 320, "height": 640})
    language = wire.LANGUAGES[number % len(wire.LANGUAGES)]
    show(page, service, state, language)
    assert page.get_attribute("html", "lang") == language
    check(page, 320)


def test_every_language_has_its_own_words(open_page, service):
    page = open_page()
    headings = set()
    for language in wire.LANGUAGES:
        show(page, service, "form", language)
        headings.add(page.inner_text("h1"))
    assert len(headings) == len(wire.LANGUAGES)


@pytest.mark.torture
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("language", wire.LANGUAGES)
@pytest.mark.parametrize("width", [320, 1100])
def test_axe_finds_nothing_in_any_language_and_state(open_page, service, state, language, width):
    page = open_page(viewport={"width": width, "height": 800})
    show(page, service, state, language)
    check(page, width)


def test_only_the_fields_of_the_chosen_answer_are_shown(open_page, service):
    page = open_page()
    show(page, service, "form", "de")
    assert not page.locator("#reason").is_visible()
    page.locator("#declined").check()
    assert page.locator("#reason").is_visible()
    page.locator("#undecided").check()
    assert not page.locator("#reason").is_visible()
    assert page.locator("#ask_again_on").is_visible()


def test_the_counter_tells_how_many_characters_are_left(open_page, service):
    page = open_page()
    show(page, service, "form", "de")
    page.fill("#comment", "zehn Buchs")
    assert page.inner_text("[data-counter]") == "Noch 1.990 Zeichen"


def test_it_works_without_javascript(open_page, service):
    page = open_page(java_script_enabled=False)
    url = f"{service.url}/feedback/{service.invite()[0]}"
    page.goto(url)
    page.wait_for_timeout(MIN_AGE_MS)
    choose(page, "declined")
    assert page.inner_text("h1") == "Vielen Dank für Ihre Antwort"


def test_it_works_with_the_keyboard_alone(open_page, service):
    page = open_page()
    page.goto(f"{service.url}/feedback/{service.invite()[0]}?a=declined")
    page.wait_for_timeout(MIN_AGE_MS)
    keys = page.keyboard
    keys.press("Space")
    keys.press("Tab")
    keys.press("ArrowDown")
    keys.press("Tab")
    keys.type("Mit der Tastatur geschrieben")
    keys.press("Tab")
    with page.expect_navigation():
        keys.press("Enter")
    assert page.inner_text("h1") == "Vielen Dank für Ihre Antwort"


def test_a_link_to_an_answer_preselects_nothing(open_page, service):
    page = open_page()
    page.goto(f"{service.url}/feedback/{service.invite()[0]}?a=declined")
    assert page.locator("input[type=radio]:checked").count() == 0
    assert page.evaluate("document.activeElement.id") == "declined"


def test_what_was_typed_is_there_again_after_an_error(open_page, service):
    page = open_page()
    page.goto(f"{service.url}/feedback/{service.invite()[0]}")
    page.fill("#comment", "Das habe ich <b>geschrieben</b>")
    page.click("button[type=submit]")
    assert page.input_value("#comment") == "Das habe ich <b>geschrieben</b>"
    assert page.evaluate("document.activeElement.className") == "problems"


def watch_like_a_sandbox(open_page, service: Service, count: int, seconds: int) -> None:
    """The ninth profile of a scanner: a browser that runs the page's scripts and waits for what
    happens.
    """
    tokens = service.invite(count)
    before = service.api("GET", "status").json()["waiting_answers"]
    pages = []
    for token in tokens:
        for path in ("", "?a=interested", "/opt-out"):
            pages.append(open_page())
            pages[-1].goto(f"{service.url}/feedback/{token}{path}", wait_until="networkidle")
    pages[-1].wait_for_timeout(seconds * 1000)
    assert service.api("GET", "status").json()["waiting_answers"] == before
    for token in tokens:
        answer(pages[0], f"{service.url}/feedback/{token}", "interested")
        assert pages[0].inner_text("h1") == "Vielen Dank für Ihre Antwort"


def test_a_scanner_that_is_a_browser_uses_up_no_link(open_page, service):
    watch_like_a_sandbox(open_page, service, count=1, seconds=0)


@pytest.mark.torture
def test_a_scanner_that_stays_for_ten_seconds_uses_up_no_link(open_page, service):
    watch_like_a_sandbox(open_page, service, count=10, seconds=10)


def test_the_first_view_weighs_at_most_60_kb(open_page, service):
    page = open_page()
    sizes = []
    page.on("response", lambda response: sizes.append(response))  # noqa: PLW0108  (playwright marks the function)
    page.goto(f"{service.url}/feedback/{service.invite()[0]}", wait_until="networkidle")
    weight = sum(len(response.all_headers().__repr__()) + wire_size(response) for response in sizes)
    assert len(sizes) >= 4
    assert weight <= 60_000


def wire_size(response) -> int:
    """What came over the line: whitenoise names the size of the file that it compressed."""
    return int(response.header_value("content-length") or len(response.body()))


def test_the_vendored_style_is_what_its_record_says():
    folder = ROOT / "feedback" / "public" / "static" / "feedback_public" / "vendor"
    digest = hashlib.sha256((folder / "bootstrap.min.css").read_bytes()).hexdigest()
    assert re.search(rf"SHA-256 here: {digest}", (folder / "bootstrap.README.md").read_text())
