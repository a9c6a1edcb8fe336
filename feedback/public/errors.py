"""Error pages styled like the form, and errors of the API as JSON."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from feedback.public.api.errors import plain_response
from feedback.public.rendering import render_notice


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _respond(request, 400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _respond(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return _respond(request, 500)


def _respond(request: HttpRequest, status: int) -> HttpResponse:
    if request.path.startswith("/api/"):
        return plain_response(status)
    return render_notice(request, "error", status=status, code=status)
