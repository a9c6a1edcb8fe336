from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import caches
from django.db import connections
from django.utils import timezone

from crm.core.counters import prune_counters
from crm.core.models import Counter

pytestmark = pytest.mark.django_db(transaction=True)


def cache():
    return caches["counters"]


def test_a_missing_counter_cannot_be_incremented():
    with pytest.raises(ValueError, match="not found"):
        cache().incr("a")


def test_add_starts_a_counter_once():
    assert cache().add("a", 1, timeout=60)
    assert not cache().add("a", 5, timeout=60)
    assert cache().get("a") == 1


def test_add_starts_again_after_the_counter_expired():
    cache().add("a", 7, timeout=-1)
    assert cache().get("a") is None
    assert cache().add("a", 1, timeout=60)
    assert cache().get("a") == 1


def test_prune_removes_only_expired_counters():
    cache().add("old", 1, timeout=-1)
    cache().add("new", 2, timeout=60)
    prune_counters(now=timezone.now())
    assert [counter.value for counter in Counter.objects.all()] == [2]


def test_no_increment_is_lost_between_threads():
    cache().add("a", 0, timeout=60)

    def count(_: int) -> None:
        for _round in range(25):
            cache().incr("a")
        connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(4)))
    assert cache().get("a") == 100
