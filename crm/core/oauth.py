"""Access tokens for the mail server; Exchange Online no longer accepts passwords."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from time import monotonic


class TokenError(Exception):
    """The token service refused or did not answer. The text contains its reply."""


@dataclass(frozen=True)
class OAuthClient:
    """Client credentials for XOAUTH2."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = "https://outlook.office365.com/.default"


# Not on the disk: until it expires, a token is as good as a password.
_tokens: dict[OAuthClient, tuple[str, float]] = {}


def has_kept_token(client: OAuthClient) -> bool:
    """Return whether `get_access_token` would return a stored token."""
    return client in _tokens


def forget_token(client: OAuthClient) -> None:
    """Delete the stored token, so that the next one is fetched."""
    _tokens.pop(client, None)


def get_access_token(client: OAuthClient, *, timeout_seconds: float = 30) -> str:
    """Return an access token by the client credentials grant (RFC 6749, 4.4), stored or fetched.

    Raises TokenError when the token service refuses or does not answer.
    """
    token, expires_at = _tokens.get(client, ("", 0.0))
    if token and monotonic() < expires_at:
        return token
    if not client.token_url.startswith(("https://", "http://127.0.0.1:")):
        raise TokenError("EMAIL_OAUTH_TOKEN_URL must begin with https://.")
    body = {
        "grant_type": "client_credentials",
        "client_id": client.client_id,
        "client_secret": client.client_secret,
        "scope": client.scope,
    }
    encoded = urllib.parse.urlencode(body).encode()
    try:
        with urllib.request.urlopen(client.token_url, encoded, timeout=timeout_seconds) as response:  # noqa: S310 - checked above
            answer = json.load(response)
        token, lifetime = str(answer["access_token"]), float(answer.get("expires_in", 300))
    except urllib.error.HTTPError as error:
        with error:
            words = error.read(500).decode("utf-8", "replace").replace(client.client_secret, "…")
        raise TokenError(f"The token service refused: {error.code} {words}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TokenError(f"The token service did not answer as it should: {error}") from error
    # A minute less, so that it does not expire on the way.
    _tokens[client] = (token, monotonic() + lifetime - 60)
    return token
