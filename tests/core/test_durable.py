from __future__ import annotations

import pytest
from django.db import connection, transaction

from crm.core.durable import durable_commits
from tests import disk


@pytest.mark.django_db(transaction=True)
def test_commits_wait_for_the_disk_within_and_no_longer_after():
    ordinary = disk.waits()
    with durable_commits():
        assert disk.waits()
    assert disk.waits() == ordinary == (connection.vendor != "sqlite")
    with pytest.raises(ZeroDivisionError), durable_commits():
        raise ZeroDivisionError
    assert disk.waits() == ordinary


@pytest.mark.django_db(transaction=True)
def test_within_a_transaction_the_one_around_it_decides():
    ordinary = disk.waits()
    with transaction.atomic(), durable_commits():
        assert disk.waits() == ordinary
    with durable_commits(), transaction.atomic(), durable_commits():
        assert disk.waits()
