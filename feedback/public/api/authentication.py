"""Authenticate API calls: a key whose SHA-256 is configured, from an allowed network."""

from __future__ import annotations

import hashlib
from secrets import compare_digest

from django.conf import settings
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.request import Request

from crm.core.client_address import client_address, is_in_networks

SCHEME = "Api-Key"


class Office:
    """The one caller of the API."""

    is_authenticated = True


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key …`. Two keys may be valid at once, so that one can replace the other."""

    def authenticate(self, request: Request) -> tuple[Office, None]:
        scheme, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != SCHEME.lower() or not key.strip():
            raise NotAuthenticated("Send the header `Authorization: Api-Key` followed by the key.")
        if not is_known_key(key.strip()):
            raise AuthenticationFailed(
                "This API key is not known here. Compare it with FEEDBACK_API_KEY_HASHES."
            )
        return Office(), None

    def authenticate_header(self, request: Request) -> str:
        # Without this header DRF responds 403 instead of 401.
        return SCHEME


def is_known_key(key: str) -> bool:
    """Return whether the key's hash is configured."""
    # All hashes are compared, each in constant time, so that the time reveals nothing.
    digest = hashlib.sha256(key.encode()).hexdigest().encode()
    is_known = False
    for known in settings.FEEDBACK_API_KEY_HASHES:
        is_known |= compare_digest(digest, known.strip().lower().encode())
    return is_known


def check_network(request: HttpRequest) -> None:
    """Raise PermissionDenied unless the call comes from an allowed network; none set allows all."""
    allowed = settings.FEEDBACK_API_ALLOWED_NETWORKS
    if allowed and not is_in_networks(client_address(request), allowed):
        raise PermissionDenied(
            "The API may not be called from this address. See FEEDBACK_API_ALLOWED_NETWORKS."
        )
