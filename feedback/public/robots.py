"""Signs that a program sent a form. The answer is kept, and the salesperson checks it."""

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
    """Return whether the form was sent too fast, or by a client that no customer uses."""
    agent = request.headers.get("User-Agent", "")
    # Browsers send User-Agent and Accept-Language; scanners that submit forms often do not.
    names_itself = bool(agent) and "Accept-Language" in request.headers
    return age < HASTY_AGE or not names_itself or bool(_ROBOT.search(agent))
