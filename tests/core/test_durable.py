from __future__ import annotations

import pytest
from django.db import connection, transaction

from crm.core.durable import durable_commits
from tests import disk


@pytest.mark.django_db(transaction=True)
def test_only_commits_within_wait_for_the_disk():
    ordinary = disk.waits()
    with durable_commits():
        assert disk.waits()
    assert disk.waits() == ordinary == (connection.vendor != "sqlite")
    with pytest.raises(ZeroDivisionError), durable_commits():
        raise ZeroDivisionError
    assert disk.waits() == ordinary


@pytest.mark.django_db(transaction=True)
def test_within_a_transaction_nothing_changes():
    ordinary = disk.waits()
    with transaction.atomic(), durable_commits():
        assert disk.waits() == ordinary
    with durable_commits(), transaction.atomic(), durable_commits():
        assert disk.waits()
