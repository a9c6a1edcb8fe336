"""The one-time token of an offer and the links made of it. Shared by office and VPS, no models."""

from __future__ import annotations

import hashlib
from uuid import UUID, uuid4


def new_token() -> UUID:
    """Return a new random UUID4 with 122 bits."""
    return uuid4()


def digest(token: UUID) -> str:
    """Return SHA-256 of the token as 64 hex digits, which is all that the VPS stores of it."""
    # No salt and no slow hash are needed, because 122 random bits cannot be guessed.
    return hashlib.sha256(str(token).encode("ascii")).hexdigest()


def form_url(base_url: str, token: UUID) -> str:
    """Return the customer's link to the form."""
    return f"{base_url.rstrip('/')}/feedback/{token}"


def opt_out_url(base_url: str, token: UUID) -> str:
    """Return the link that stops all reminders to the customer (RFC 8058 one-click by POST)."""
    return f"{form_url(base_url, token)}/opt-out"
