"""Rate limits by client address, counted over all processes in the "counters" cache."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import HttpRequest
from django_ratelimit.core import get_usage

from crm.core.client_address import client_address, rate_key

logger = logging.getLogger(__name__)

# The settings with the rates, such as "60/m", by what is counted.
RATES = {
    "form": "FEEDBACK_RATE_FORM",
    "answer": "FEEDBACK_RATE_ANSWER",
    "opt_out": "FEEDBACK_RATE_OPT_OUT",
    "api": "FEEDBACK_RATE_API",
    # Calls with a wrong key are counted apart, so that they cannot use up the office's limit.
    "api_refused": "FEEDBACK_RATE_API",
}


def seconds_to_wait(request: HttpRequest, group: str) -> int | None:
    """Count the request; return None when it is allowed, else the seconds until the next one is.

    `group` is a key of RATES. An empty rate switches the limit off.
    """
    rate = getattr(settings, RATES[group])
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
