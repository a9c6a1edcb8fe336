"""Response headers of everything but the static files."""

from __future__ import annotations

from collections.abc import Callable

from csp.utils import build_policy
from django.http import HttpRequest, HttpResponse

HEADERS = {
    # Each page belongs to one customer: no proxy, browser or search engine may store it.
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}


class NoTraceMiddleware:
    """Set the headers that a view has not set.

    The CSP is that of django-csp, built once: its own middleware builds it anew for every response,
    because of nonces, which these pages do not use.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.headers = {**HEADERS, "Content-Security-Policy": build_policy()}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)
        return response
