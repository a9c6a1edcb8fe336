from __future__ import annotations

import pytest

from offers.parsing.mailboxes import (
    find_domain,
    is_same_company,
    mailbox_key,
    spell_address,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Info@Kunde.example", "info@kunde.example"),
        ("info@müller-bau.example", "info@xn--mller-bau-q9a.example"),
        ("j.buehler@gmail.com", "jbuehler@googlemail.com"),
        ("j.buehler+angebote@gmail.com", "jbuehler@gmail.com"),
        ("a@me.com", "a@icloud.com"),
        ("a@pm.me", "a@protonmail.com"),
    ],
)
def test_spellings_of_one_mailbox_have_one_key(one: str, other: str) -> None:
    assert mailbox_key(one) == mailbox_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("j.buehler@kunde.example", "jbuehler@kunde.example"),
        ("a@gmx.de", "a@gmx.net"),
        ("a@gmail.com", "b@gmail.com"),
    ],
)
def test_two_mailboxes_have_two_keys(one: str, other: str) -> None:
    assert mailbox_key(one) != mailbox_key(other)


@pytest.mark.parametrize("email", ["", "@", "a@", "@b", "a@xn--", "a@b..c", "a@" + "ü" * 300])
def test_what_is_no_address_raises_nothing(email: str) -> None:
    mailbox_key(email)
    spell_address(email)
    find_domain(email)


def test_both_forms_of_a_domain_are_looked_for() -> None:
    both = {"info@müller-bau.example", "info@xn--mller-bau-q9a.example"}
    assert spell_address("info@müller-bau.example") == both
    assert spell_address("info@xn--mller-bau-q9a.example") == both


@pytest.mark.parametrize(
    ("domain", "other", "is_same"),
    [
        ("kunde.example", "kunde.example", True),
        ("bau.kunde.example", "kunde.example", True),
        ("kunde.example", "bau.kunde.example", True),
        ("meinkunde.example", "kunde.example", False),
        ("gmx.de", "gmx.de", False),
        ("", "", False),
    ],
)
def test_a_company_has_one_domain_and_those_below(domain: str, other: str, is_same: bool) -> None:
    assert is_same_company(domain, other) is is_same
