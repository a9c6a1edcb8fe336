"""Supersede offers by newer ones whose number or subject says that they replace them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from offers.models import Customer, Offer, number_key
from offers.parsing.mail_providers import MAIL_PROVIDERS
from offers.parsing.replaced_numbers import find_replaced, split_index

_FIELDS = ["status", "status_at", "status_channel", "status_by", "superseded_by"]
# Numbers that differ only in their index are variants of one offer if they were sent together.
_TOGETHER = timedelta(hours=12)


def supersede_older(new: Sequence[Offer], *, now: datetime) -> list[Offer]:
    """Supersede the offers that others of the same customer or company replace.

    `new` are offers that were just stored; each may be the older or the newer one. Return the
    changed offers.
    """
    families = _load_families(new)
    changed: dict[int, Offer] = {}
    for offer in new:
        for other in families[_company(offer.customer.email)]:
            older, newer = sorted((offer, other), key=lambda each: (each.first_sent_at, each.pk))
            if older.status in Offer.NOT_CLOSED and _replaces(newer, older):
                older.status, older.status_at = Offer.Status.SUPERSEDED, now
                older.status_channel, older.status_by = Offer.Channel.AUTOMATIC, None
                older.superseded_by = newer
                changed[older.pk] = older
    Offer.objects.bulk_update(changed.values(), _FIELDS)
    Offer.objects.raise_version(list(changed.values()))
    return list(changed.values())


def reopen_superseded_by(offer: Offer, *, now: datetime) -> list[Offer]:
    """Open the offers again that an offer superseded, before it is removed; return them."""
    superseded = offer.supersedes.filter(
        status=Offer.Status.SUPERSEDED, status_channel=Offer.Channel.AUTOMATIC
    )
    opened = list(superseded.lock())
    for each in opened:
        each.status, each.status_at, each.superseded_by = Offer.Status.OPEN, now, None
    Offer.objects.bulk_update(opened, _FIELDS)
    Offer.objects.raise_version(opened)
    return opened


def _load_families(new: Sequence[Offer]) -> dict[str, list[Offer]]:
    """Return the offers of the same customers and companies whose numbers are related, by company."""
    keys = {_company(offer.customer.email) for offer in new}
    people = Customer.objects.filter(Q(email__in=keys) | Q(email_domain__in=keys))
    # Their keys first: with both conditions SQLite scans all offers.
    found = Offer.objects.filter(customer__in=list(people.values_list("pk", flat=True)))
    rows = found.order_by().values_list("pk", "number_key", "subject", "customer__email")
    of_new = {offer.pk: offer for offer in new}
    families: dict[str, list[Offer]] = defaultdict(list)
    for offer in Offer.objects.filter(pk__in=_find_related(rows)).lock():
        families[_company(offer.customer.email)].append(of_new.get(offer.pk, offer))
    return families


def _find_related(rows: Iterable[tuple[int, str, str, str]]) -> set[int]:
    """Return the keys of the offers that share a number but for its index, or name one another."""
    by_number: dict[tuple[str, str], set[int]] = defaultdict(set)
    named: dict[tuple[str, str], set[int]] = defaultdict(set)
    for pk, number, subject, email in rows:
        company = _company(email)
        by_number[company, number].add(pk)
        by_number[company, _base(number)].add(pk)
        for replaced in find_replaced(subject):
            named[company, number_key(replaced)].add(pk)
    related: set[int] = set()
    for key, pks in by_number.items():
        family = pks | named.get(key, set())
        if len(family) > 1:
            related |= family
    return related


def _company(email: str) -> str:
    domain = email.rpartition("@")[2]
    return email if domain in MAIL_PROVIDERS else domain


def _base(number: str) -> str:
    return number_key(split_index(number)[0])


def _replaces(newer: Offer, older: Offer) -> bool:
    if newer.number_key == older.number_key:
        return False
    if older.number_key in map(number_key, find_replaced(newer.subject)):
        return True
    index, older_index = split_index(newer.number)[1], split_index(older.number)[1]
    if not index or _base(newer.number) != _base(older.number):
        return False
    if not older_index:
        return True
    # Without the base, `-1` and `-2` may also count the offers of one project.
    is_together = newer.first_sent_at - older.first_sent_at < _TOGETHER
    return not is_together and any(map(str.isalpha, index))
