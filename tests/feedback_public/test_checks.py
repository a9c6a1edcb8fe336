from __future__ import annotations

import pytest

from feedback.public import checks


def ids(check) -> list[str]:
    return [message.id for message in check(None)]


def test_the_settings_of_the_tests_are_in_order():
    assert ids(checks.check_keys) == ids(checks.check_networks) == ids(checks.check_rates) == []


@pytest.mark.parametrize(
    ("hashes", "found"),
    [
        ([], ["feedback_public.W001"]),
        (["the-key-itself"], ["feedback_public.E001"]),
        (["a" * 64], []),
    ],
)
def test_keys_stand_there_as_hashes(settings, hashes, found):
    settings.FEEDBACK_API_KEY_HASHES = hashes
    assert ids(checks.check_keys) == found


@pytest.mark.parametrize(
    ("entry", "found"),
    [("10.0.0.0/8", 0), ("::1", 0), ("office", 1), ("10.0.0.0/99", 1), ("unix", 1)],
)
def test_networks_can_be_read(settings, entry, found):
    settings.FEEDBACK_API_ALLOWED_NETWORKS = [entry]
    assert len(ids(checks.check_networks)) == found


@pytest.mark.parametrize(
    ("rate", "found"), [("60/m", 0), ("20/10s", 0), ("", 0), ("60", 1), ("many/m", 1), ("5/0m", 1)]
)
def test_rates_can_be_read(settings, rate, found):
    settings.FEEDBACK_RATE_FORM = rate
    assert len(ids(checks.check_rates)) == found
