"""Finds offers by any part of number, subject or customer, among a million within 300 ms.

An index of groups of three letters (FTS5 of SQLite, pg_trgm of PostgreSQL) is kept by
`stats.summary.refresh`, not by the import, which it would slow down. Offers that changed since the
last refresh are looked through one by one, so what is found is always right.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models import F, Q, QuerySet

from crm.core import bulk
from offers.models import Offer
from stats.models import OfferChange, OfferSearch

# More is no help to a person, and the newest can be found without looking at all.
MOST = 1000
_FIELDS = ("number", "subject", "customer__email", "customer__name", "customer__company")


def fold(text: str) -> str:
    """Return the text as it is compared: without case, white space folded."""
    return " ".join(text.casefold().split())


def find(words: str) -> tuple[list[int], bool]:
    """Return the ids of up to `MOST` offers that have all words, the newest first, and whether
    these are all.
    """
    wanted = fold(words).split()
    pending = changed_offers(OfferChange.objects.all()).order_by("-pk")
    for word in wanted:
        pending = pending.filter(_any_field_has(word))
    found = [*pending.values_list("pk", flat=True)[: MOST + 1], *_find_indexed(wanted)]
    return sorted(found, reverse=True)[:MOST], len(found) <= MOST


def changed_offers(changes: QuerySet[OfferChange]) -> QuerySet[Offer]:
    """Return the offers that were noted, themselves or by their customer (`stats.triggers`)."""
    customers = changes.filter(offer_id__lt=0).annotate(customer=-F("offer_id")).values("customer")
    theirs = Offer.objects.filter(customer_id__in=customers).order_by().values("pk")
    # Not "or": PostgreSQL would look at every offer.
    return Offer.objects.filter(pk__in=changes.values("offer_id").union(theirs))


def _any_field_has(word: str) -> Q:
    condition = Q()
    for name in _FIELDS:
        condition |= Q(**{f"{name}__icontains": word})
    return condition


def _find_indexed(wanted: list[str]) -> list[int]:
    is_postgres = connection.vendor == "postgresql"
    compare = "words LIKE %s" if is_postgres else "words GLOB %s"
    patterns = [_like(word) if is_postgres else _glob(word) for word in wanted]
    sql = (
        f"SELECT rowid FROM stats_offersearch WHERE {' AND '.join([compare] * len(patterns))}"  # noqa: S608 - constants
        " AND rowid NOT IN (SELECT offer_id FROM stats_offerchange) AND rowid NOT IN (SELECT offers_offer.id"
        " FROM stats_offerchange JOIN offers_offer ON customer_id = -stats_offerchange.offer_id"
        " WHERE stats_offerchange.offer_id < 0) ORDER BY rowid DESC LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*patterns, MOST + 1])
        return [row[0] for row in cursor.fetchall()]


def _like(word: str) -> str:
    for special in "\\%_":
        word = word.replace(special, f"\\{special}")
    return f"%{word}%"


def _glob(word: str) -> str:
    return "*" + "".join(f"[{letter}]" if letter in "*?[" else letter for letter in word) + "*"


def update(ids: Iterable[int]) -> None:
    """Write the words of these offers into the index, and take out those that are gone."""
    ids = set(ids)
    rows = Offer.objects.filter(pk__in=ids).values_list("pk", *_FIELDS)
    now = {pk: fold("\n".join(fields)) for pk, *fields in rows}
    before = dict(OfferSearch.objects.filter(pk__in=ids).values_list("pk", "words"))
    # FTS5 knows no ON CONFLICT, and writes what it has gathered to the disk at every rowid below
    # the one before.
    changed = sorted(pk for pk in before.keys() | now.keys() if before.get(pk) != now.get(pk))
    OfferSearch.objects.filter(pk__in=changed).delete()
    bulk.write_rows(
        "INSERT INTO stats_offersearch (rowid, words)",
        [(pk, now[pk]) for pk in changed if pk in now],
    )
