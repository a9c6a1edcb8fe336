"""The cache of the rate limits: counters in the database, incremented one at a time.

Django's database, file and local-memory caches are no use here: with four processes and a limit of
500 they let 1,333 to 2,000 requests through. This one lets exactly 500 through, on SQLite and
PostgreSQL.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.core.models import Counter

_INCREMENT = """
    UPDATE core_counter SET value = value + %s
    WHERE key = %s AND (expires_at IS NULL OR expires_at > %s) RETURNING value
"""


class CounterCache(BaseCache):
    """Integer values only, and only the methods of a cache that the rate limits need."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        # The usual case, for which no write lock is needed.
        if self.get(key, version=version) is not None:
            return False
        key = self.make_and_validate_key(key, version=version)
        fresh = {"value": value, "expires_at": self._expires_at(timeout)}
        expired = Counter.objects.filter(key=key, expires_at__lte=timezone.now())
        # Of two processes that find it expired, the second finds the new expiry of the first.
        if expired.update(**fresh):
            return True
        return Counter.objects.get_or_create(key=key, defaults=fresh)[1]

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        value = self._find_live(key, version).values_list("value", flat=True).first()
        if value is None:
            return default
        return value

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        full_key = self.make_and_validate_key(key, version=version)
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        # The ORM needs an update and a query in a transaction for this: 0.66 ms of the processor
        # instead of 0.05 ms, and each view of the form waits for it.
        with connection.cursor() as cursor:
            cursor.execute(_INCREMENT, [delta, full_key, now])
            rows = cursor.fetchall()
        if not rows:
            raise ValueError(f"Key '{key}' not found")
        return int(rows[0][0])

    def delete(self, key: str, version: int | None = None) -> bool:
        return self._find_live(key, version).delete()[0] > 0

    def _find_live(self, key: str, version: int | None) -> QuerySet[Counter]:
        key = self.make_and_validate_key(key, version=version)
        return Counter.objects.filter(key=key).exclude(expires_at__lte=timezone.now())

    def _expires_at(self, timeout: Any) -> datetime | None:
        if timeout is DEFAULT_TIMEOUT:
            timeout = self.default_timeout
        if timeout is None:
            return None
        return timezone.now() + timedelta(seconds=timeout)


def prune_counters(*, now: datetime, dry_run: bool = False) -> str:
    """Delete the expired counters of the rate limits; return one sentence."""
    if not isinstance(caches["counters"], CounterCache):
        return _("Redis deletes its expired counters by itself.")
    if dry_run:
        return "Would delete the expired counters."
    return _("Deleted %d counters.") % Counter.objects.filter(expires_at__lte=now).delete()[0]
