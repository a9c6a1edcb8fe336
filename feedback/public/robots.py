"""Signs that no person sent a form: its answer is kept, and the salesperson checks it."""

from __future__ import annotations

import re
from datetime import timedelta

from django.http import HttpRequest

from feedback.public.stamps import HASTY_AGE

# What mail scanners, link previews and scripts call themselves.
_ROBOT = re.compile(
    r"bot\b|crawl|spider|scan|preview|headless|barracuda|proofpoint|mimecast|safelinks|curl|wget|python|go-http|java/|okhttp",
    re.IGNORECASE,
)


def looks_like_robot(request: HttpRequest, *, age: timedelta) -> bool:
    """Return whether the form came back too fast, or from a client that no customer uses."""
    agent = request.headers.get("User-Agent", "")
    # Every browser names itself and its languages; a scanner that submits forms often does not.
    names_itself = bool(agent) and "Accept-Language" in request.headers
    return age < HASTY_AGE or not names_itself or bool(_ROBOT.search(agent))
