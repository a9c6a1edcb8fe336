"""The signed stamp in the form: when it was shown, for which link. It replaces a CSRF cookie."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.core.signing import BadSignature, Signer

MIN_AGE = timedelta(seconds=2)
MAX_AGE = timedelta(hours=24)
# Answers that are faster than this are stored but flagged as suspect.
HASTY_AGE = timedelta(seconds=4)


def make_stamp(digest: str, *, now: datetime) -> str:
    """Return a stamp for the link, such as `18fa3c0b2d1:Yx…`: milliseconds in hex, a signature."""
    shown_at = f"{int(now.timestamp() * 1000):x}"
    return f"{shown_at}:{_signer().signature(f'{digest}:{shown_at}')}"


def stamp_age(stamp: str, digest: str, *, now: datetime) -> timedelta | None:
    """Return how long ago the form was shown, None when the stamp is missing or not ours."""
    shown_at, _, signature = stamp.partition(":")
    try:
        _signer().unsign(f"{digest}:{shown_at}:{signature}")
        return now - datetime.fromtimestamp(int(shown_at, 16) / 1000, UTC)
    except (BadSignature, ValueError, OverflowError, OSError):
        return None


def _signer() -> Signer:
    # Not TimestampSigner, which counts whole seconds: MIN_AGE is two.
    return Signer(salt="feedback.public.stamp")
