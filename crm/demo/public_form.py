"""Answer an offer on the public form over HTTP, as a customer's browser does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Final

import requests

LINK: Final = re.compile(r"https?://[^\s\"<>?]+/feedback/[0-9a-f-]{36}(?!/opt-out)\b")


class FormError(Exception):
    """The public form did not take the answer."""


class _FormParser(HTMLParser):
    """Collects in `fields` the hidden inputs of the form that holds the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.forms: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "form":
            self.forms.append({})
        elif tag == "input" and values.get("type") == "hidden" and self.forms:
            self.forms[-1][values.get("name") or ""] = values.get("value") or ""
        if tag == "input" and values.get("name") == "answer" and self.forms:
            self.fields = self.forms[-1]


def find_link(text: str) -> str | None:
    """Return the feedback link in a mail's text, without a preselected answer; None when there is
    none.
    """
    found = LINK.search(text)
    return found.group() if found else None


def open_form(session: requests.Session, link: str) -> dict[str, str]:
    """Return the hidden fields of the form behind the link. Raises FormError when the page shows
    none.
    """
    page = session.get(link, timeout=30)
    parser = _FormParser()
    parser.feed(page.text)
    if page.status_code != requests.codes.ok or not parser.fields:
        raise FormError(f"{page.status_code} instead of a form.")
    return parser.fields


def send_form(
    session: requests.Session, link: str, hidden: Mapping[str, str], answer: Mapping[str, str]
) -> None:
    """Send the filled-in form. Raises FormError when it was not taken."""
    page = session.post(link, data={**hidden, **answer}, timeout=30)
    if page.status_code != requests.codes.ok:
        raise FormError(f"{page.status_code} for the answer {answer}.")


def opt_out(session: requests.Session, link: str) -> None:
    """Stop all reminders with one click (RFC 8058). Raises FormError when it was not taken."""
    page = session.post(f"{link}/opt-out", data={"List-Unsubscribe": "One-Click"}, timeout=30)
    if page.status_code != requests.codes.ok:
        raise FormError(f"{page.status_code} for the opt-out.")
