"""One look for all pages: language, company and what to do next."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import date
from functools import lru_cache
from html import escape

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.safestring import mark_safe

from feedback import wire
from feedback.public.content import Content, get_content


def choose_language(request: HttpRequest, preferred: str = "") -> str:
    """Return the language: `?lang=`, else the preferred one, else the browser's, else the
    configured one.
    """
    for candidate in (request.GET.get("lang", ""), preferred):
        if candidate in wire.LANGUAGES:
            return candidate
    return translation.get_language_from_request(request)


def find_content() -> Content:
    """Return the texts of the form, or empty ones when even the database fails: an error page needs
    them.
    """
    try:
        return get_content()
    except DatabaseError:
        return Content()


def render(
    template: str,
    private: Mapping[str, str],
    *,
    content: Content,
    language: str,
    status: int = 200,
    **shared: Hashable,
) -> HttpResponse:
    """Return the page in the language. `private` is what differs between customers, all else many
    pages share.
    """
    texts = {name: text for name, text in private.items() if text}
    pieces = list(compose(template, language, content, tuple(texts), **shared))
    pieces[1::2] = [escape(texts[name]) for name in pieces[1::2]]
    return HttpResponse("".join(pieces), status=status, headers={"Content-Language": language})


@lru_cache(maxsize=256)
def compose(
    template: str, language: str, content: Content, private: tuple[str, ...], **shared: Hashable
) -> tuple[str, ...]:
    """Return the page cut up at its gaps: text, name of what goes into the gap, text, name, …,
    text.

    Composed once and filled for each customer, because the template engine takes longer than all
    the rest of a request. No words of a customer come in here, so none are kept.
    """
    names = dict(settings.LANGUAGES)
    context: dict[str, object] = {
        "content": content,
        "language": language,
        "languages": [(code, names[code]) for code in wire.LANGUAGES],
        "reasons": [
            (reason.code, reason.label(language), reason.asks_for_comment)
            for reason in content.reasons
        ],
        **shared,
        **{name: mark_safe(f"\0{name}\0") for name in private},  # noqa: S308 - what goes into the gap is escaped
    }
    with translation.override(language):
        return tuple(render_to_string(f"feedback_public/{template}.html", context).split("\0"))


@lru_cache(maxsize=1024)
def format_day(day: date, language: str) -> str:
    """Return the day as it is written in the language: `3. September 2026`, `3 September 2026`, `3
    settembre 2026`.

    Not by Django's DATE_FORMAT, which is American for "en" and writes `03 Settembre 2026` for "it".
    """
    with translation.override(language):
        text = date_format(day, "j. F Y" if language == "de" else "j F Y")
    return text.lower() if language == "it" else text


def render_notice(
    request: HttpRequest, template: str, *, status: int, **shared: Hashable
) -> HttpResponse:
    """Return a page that says nothing of any offer, in the browser's language."""
    return render(
        template,
        {},
        content=find_content(),
        language=choose_language(request),
        status=status,
        **shared,
    )


def too_many(request: HttpRequest, wait: int) -> HttpResponse:
    """Return the page for who comes too often; `wait` in seconds."""
    response = render_notice(request, "too_many", status=429, minutes=-(-wait // 60))
    response.headers["Retry-After"] = str(wait)
    return response


def gone(request: HttpRequest) -> HttpResponse:
    """Return the one page for links that are unknown, expired or revoked: it does not tell
    which.
    """
    return render_notice(request, "gone", status=410)
