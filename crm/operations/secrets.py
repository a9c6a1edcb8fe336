"""Fresh secrets for a pair of machines: what the office keeps and what the public side gets."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from feedback import sealing


@dataclass(frozen=True)
class Secrets:
    """Env file lines of both machines, by variable name. They belong together: the key and its hash
    are one pair.
    """

    office: dict[str, str]
    public: dict[str, str]


def make_secrets() -> Secrets:
    """Return fresh secrets for both env files. The public side gets nothing that opens what
    customers wrote.
    """
    api_key = secrets.token_urlsafe(32)
    private_key, _public_key = sealing.new_key_pair()
    return Secrets(
        office={
            "SECRET_KEY": secrets.token_urlsafe(48),
            "FEEDBACK_API_KEY": api_key,
            "FEEDBACK_SEALING_PRIVATE_KEY": private_key,
        },
        public={
            "SECRET_KEY": secrets.token_urlsafe(48),
            "FEEDBACK_API_KEY_HASHES": hashlib.sha256(api_key.encode("ascii")).hexdigest(),
        },
    )


def env_lines(values: dict[str, str]) -> str:
    """Return the values as lines of an env file."""
    return "".join(f"{name}={value}\n" for name, value in values.items())
