"""Check who may see and who may export the figures: the right of the page, and the sign-in.

Which role has which right is in `crm.backoffice.roles`. The other exports, of the lists of offers
and customers and of all data of one person, are in `crm.backoffice.admin`. People sign in by
session, or by Basic Auth if `STATS_AUTH=basic`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation

from crm.accounts import throttle
from crm.accounts.forms import TOO_MANY
from crm.accounts.models import User

View = Callable[..., HttpResponseBase]


class TooManyAttemptsError(Exception):
    """Raised after too many attempts to sign in."""


def needs(permission: str) -> Callable[[View], View]:
    """Allow staff with the permission, refuse other staff (403), ask everybody else to sign in."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                user = _find_person(request)
            except TooManyAttemptsError:
                headers = {"Retry-After": throttle.WINDOW_SECONDS}
                return HttpResponse(str(TOO_MANY), status=429, headers=headers)
            if user is None:
                return _ask_to_sign_in(request)
            if not user.has_perm(permission):
                raise PermissionDenied
            with translation.override(user.language):
                return view(request, *args, **kwargs)

        return guarded

    return decorate


may_view = needs("stats.view_figures")
may_export = needs("stats.export_figures")


def _find_person(request: HttpRequest) -> User | None:
    """Return the active member of staff who asks, by session or Basic Auth."""
    if isinstance(request.user, User) and request.user.is_active and request.user.is_staff:
        return request.user
    if settings.STATS_AUTH != "basic":
        return None
    username, password = _read_basic(request.headers.get("Authorization", ""))
    if not username:
        return None
    if not throttle.may_try(request, username):
        raise TooManyAttemptsError
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User) or not user.is_staff:
        return None
    throttle.succeeded(request, username)
    request.user = user
    return user


def _read_basic(header: str) -> tuple[str, str]:
    """Return user and password of an Authorization header (RFC 7617), or two empty texts."""
    scheme, _space, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        username, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (username, password) if colon and "\x00" not in username else ("", "")


def _ask_to_sign_in(request: HttpRequest) -> HttpResponseBase:
    if settings.STATS_AUTH == "basic":
        headers = {"WWW-Authenticate": 'Basic realm="Nachfass", charset="UTF-8"'}
        return HttpResponse(status=401, headers=headers)
    return redirect_to_login(request.get_full_path(), "admin:login")
