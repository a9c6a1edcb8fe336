"""The offers behind a number of the dashboard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from feedback.backoffice.models import DeclineReason
from offers.models import Offer
from stats.figures import AGES, with_link_end, within

NOT_STATED = "none"
_DECLINED = Q(status=Offer.Status.DECLINED)


def narrow(offers: QuerySet[Offer], part: str, *, now: datetime) -> QuerySet[Any]:
    """Return the offers behind one number. `part` is "kind:value", as links of the page carry it.

    Kinds: all, status, answered, unanswered, reason, group (of reasons), customer_reason,
    salesperson_reason, step, sent and answered_on (both "first..last" day), age. Raises ValueError
    for anything else.
    """
    kind, _colon, value = part.partition(":")
    if kind == "age":
        return _open_of_age(offers, value, now)
    if kind not in _CONDITIONS:
        raise ValueError(f"No such part of the figures: {part!r}.")
    return offers.filter(_CONDITIONS[kind](value))


def reason_is(code: str) -> Q:
    """Return the condition that an offer was declined for this reason, or for `NOT_STATED`."""
    # The customer's reason counts, else the salesperson's.
    if code == NOT_STATED:
        return _DECLINED & Q(customer_reason="", salesperson_reason="")
    return _DECLINED & (Q(customer_reason=code) | Q(customer_reason="", salesperson_reason=code))


def _reason_in_group(value: str) -> Q:
    reasons = DeclineReason.objects.filter(group=DeclineReason.Group(value)).values("code")
    by_salesperson = Q(customer_reason="", salesperson_reason__in=reasons)
    return _DECLINED & (Q(customer_reason__in=reasons) | by_salesperson)


def _day_between(field: str) -> Callable[[str], Q]:
    def between(value: str) -> Q:
        first, last = value.split("..")
        return Q(**{f"{field}__range": (date.fromisoformat(first), date.fromisoformat(last))})

    return between


_CONDITIONS: dict[str, Callable[[str], Q]] = {
    "all": lambda _value: Q(),
    "status": lambda value: Q(status=Offer.Status(value)),
    "answered": lambda _value: Q(answered_on__isnull=False),
    "unanswered": lambda _value: Q(answered_on=None),
    "reason": reason_is,
    "group": _reason_in_group,
    "customer_reason": lambda code: _DECLINED & Q(customer_reason=code),
    "salesperson_reason": lambda code: _DECLINED & Q(salesperson_reason=code),
    "step": lambda value: Q(answered_on__isnull=False, answered_step=int(value)),
    "sent": _day_between("sent_on"),
    "answered_on": _day_between("answered_on"),
}


def _open_of_age(offers: QuerySet[Offer], name: str, now: datetime) -> QuerySet[Any]:
    rows = with_link_end(offers.filter(status=Offer.Status.OPEN))
    if name == "expired":
        return rows.filter(link_until__lte=now)
    bounds = {each: (low, high) for each, low, high in AGES}
    if name not in bounds:
        raise ValueError(f"No such age: {name!r}.")
    low, high = bounds[name]
    today = timezone.localdate(now)
    newest = today - timedelta(days=low) if low else None
    oldest = None if high is None else today - timedelta(days=high)
    has_link = Q(link_until=None) | Q(link_until__gt=now)
    return rows.filter(within("sent_at", oldest, newest) & has_link)
