"""Make new secrets for the env files of both machines."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from feedback import sealing


@dataclass(frozen=True)
class Secrets:
    """Values for the env files of both machines, by variable. One has the key, the other its hash."""

    office: dict[str, str]
    public: dict[str, str]


def make_secrets() -> Secrets:
    """Return new secrets. The VPS gets no key that decrypts the comments of customers."""
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
