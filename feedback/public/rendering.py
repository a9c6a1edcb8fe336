"""One look for all pages: language, company and what to do next."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from feedback import wire
from feedback.public.content import Content, get_content
from feedback.sealing import Card


def choose_language(request: HttpRequest, preferred: str = "") -> str:
    """Return the language: `?lang=`, else the preferred one, else the browser's, else the configured one."""
    for candidate in (request.GET.get("lang", ""), preferred):
        if candidate in wire.LANGUAGES:
            return candidate
    return translation.get_language_from_request(request)


def find_content() -> Content:
    """Return the texts of the form, or empty ones when even the database fails: an error page needs them."""
    try:
        return get_content()
    except DatabaseError:
        return Content()


@lru_cache(maxsize=512)
def render_part(name: str, language: str, content: Content, **context: Any) -> SafeString:
    """Return a part of the page that many visitors share, rendered once per language, content and context.

    Rendering it each time would double the cost of the page. What differs between customers never comes in here.
    """
    names = dict(settings.LANGUAGES)
    languages = [(code, names[code]) for code in wire.LANGUAGES]
    with translation.override(language):
        return render_to_string(
            f"feedback_public/{name}.html",
            {"content": content, "language": language, "languages": languages, **context},
        )


def render(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    content: Content,
    language: str,
    status: int = 200,
) -> HttpResponse:
    """Return the page in the language."""
    parts = {name: render_part(f"_{name}", language, content) for name in ("head", "header", "legal")}
    parts["contact"] = render_part("_contact", language, content, seller=find_seller((context or {}).get("card")))
    with translation.override(language):
        html = render_to_string(
            f"feedback_public/{template}.html",
            {"content": content, "language": language, **parts, **(context or {})},
        )
    return HttpResponse(html, status=status, headers={"Content-Language": language})


def find_seller(card: Card | None) -> Card | None:
    """Return the card with nothing but the seller on it: there are few of them."""
    return replace(card, number="", subject="", offered_on="") if card else None


def render_notice(
    request: HttpRequest, template: str, *, status: int, context: dict[str, Any] | None = None
) -> HttpResponse:
    """Return a page that says nothing of any offer, in the browser's language."""
    return render(request, template, context, content=find_content(), language=choose_language(request), status=status)


def too_many(request: HttpRequest, wait: int) -> HttpResponse:
    """Return the page for who comes too often; `wait` in seconds."""
    response = render_notice(request, "too_many", status=429, context={"minutes": -(-wait // 60)})
    response.headers["Retry-After"] = str(wait)
    return response


def gone(request: HttpRequest) -> HttpResponse:
    """Return the one page for links that are unknown, expired or revoked: it does not tell which."""
    return render_notice(request, "gone", status=410)
