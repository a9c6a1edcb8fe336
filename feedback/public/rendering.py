"""Render a page in the customer's language, with the company's texts."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format

from feedback import wire
from feedback.public.content import FormTexts, get_texts


def choose_language(request: HttpRequest, preferred: str = "") -> str:
    """Return the language: `?lang=`, else the preferred one, else the browser's."""
    for candidate in (request.GET.get("lang", ""), preferred):
        if candidate in wire.LANGUAGES:
            return candidate
    return translation.get_language_from_request(request)


def render(
    template: str, context: dict[str, Any], *, texts: FormTexts, language: str, status: int = 200
) -> HttpResponse:
    """Return the page in the language."""
    reasons = []
    for reason in texts.reasons:
        reasons.append((reason.code, reason.label(language), reason.asks_for_comment))
    context = {
        "content": texts,
        "language": language,
        "languages": settings.LANGUAGES,
        "reasons": reasons,
        **context,
    }
    with translation.override(language):
        page = render_to_string(f"feedback_public/{template}.html", context)
    return HttpResponse(page, status=status, headers={"Content-Language": language})


def format_day(day: date, language: str) -> str:
    """Return the day, such as `3. September 2026`, `3 September 2026` or `3 settembre 2026`."""
    # Not by DATE_FORMAT, which is American for "en" and writes `03 Settembre 2026` for "it".
    with translation.override(language):
        if language == "de":
            return date_format(day, "j. F Y")
        text = date_format(day, "j F Y")
    return text.lower() if language == "it" else text


def render_notice(
    request: HttpRequest, template: str, *, status: int, **context: Any
) -> HttpResponse:
    """Return a page that names no offer, in the browser's language."""
    try:
        texts = get_texts()
    except DatabaseError:
        # An error page is shown even when the database is what failed.
        texts = FormTexts()
    language = choose_language(request)
    return render(template, context, texts=texts, language=language, status=status)


def too_many(request: HttpRequest, wait: int) -> HttpResponse:
    """Return the page for an exceeded rate limit; `wait` in seconds."""
    response = render_notice(request, "too_many", status=429, minutes=-(-wait // 60))
    response.headers["Retry-After"] = str(wait)
    return response


def gone(request: HttpRequest) -> HttpResponse:
    """Return the one page for links that are unknown, expired or revoked."""
    return render_notice(request, "gone", status=410)
