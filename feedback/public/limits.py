"""Rate limits by client address, counted over all processes in the "counters" cache."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import HttpRequest
from django_ratelimit.core import get_usage

from crm.core.client_address import client_address, rate_key

logger = logging.getLogger(__name__)


def seconds_to_wait(request: HttpRequest, group: str, rate: str) -> int | None:
    """Count the request; return None when it is allowed, else the seconds until the next one is.

    `rate` is like "60/m"; an empty one switches the limit off.
    """
    if not rate:
        return None
    try:
        usage = get_usage(
            request,
            group=f"feedback.{group}",
            key=lambda _group, request: rate_key(client_address(request)),
            rate=rate,
            increment=True,
        )
    except Exception:  # whatever the store raises: redis, database or network
        # If counting fails, the request is allowed: nginx limits requests too (`limit_req`).
        logger.warning(
            "The counters of the rate limits cannot be reached; requests pass without a limit."
        )
        return None
    if usage is None or not usage["should_limit"]:
        return None
    if usage["time_left"] < 0 and usage["limit"] == 0:
        # django-ratelimit could not count: the counter was deleted between two statements.
        return None
    return max(int(usage["time_left"]), 1)


def form(request: HttpRequest) -> int | None:
    """Count a request for a page."""
    return seconds_to_wait(request, "form", settings.FEEDBACK_RATE_FORM)


def answer(request: HttpRequest) -> int | None:
    """Count a submitted form."""
    return seconds_to_wait(request, "answer", settings.FEEDBACK_RATE_ANSWER)


def opt_out(request: HttpRequest) -> int | None:
    """Count a request to send no more mails."""
    return seconds_to_wait(request, "opt_out", settings.FEEDBACK_RATE_OPT_OUT)


def api(request: HttpRequest) -> int | None:
    """Count a call of the API."""
    return seconds_to_wait(request, "api", settings.FEEDBACK_RATE_API)


def api_refused(request: HttpRequest) -> int | None:
    """Count a call with a wrong key, apart from valid calls from the same address."""
    return seconds_to_wait(request, "api_refused", settings.FEEDBACK_RATE_API)
