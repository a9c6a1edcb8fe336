"""Whose customers share a domain without being of one company."""

from __future__ import annotations

import pytest

from offers.parsing.mail_providers import MAIL_PROVIDERS


@pytest.mark.parametrize(
    "domain",
    [
        *("outlook.at", "gmx.eu", "yahoo.fr", "gmx.de", "bluewin.ch", "hispeed.ch", "mailbox.org"),
        *("a1.net", "sunrise.ch", "tutanota.com", "vodafone.de", "libero.it"),
    ],
)
def test_a_mail_provider_is_known(domain: str) -> None:
    assert domain in MAIL_PROVIDERS


@pytest.mark.parametrize("domain", ["bosch.com", "swisscom.ch", "kunde-eins.example"])
def test_a_company_is_none(domain: str) -> None:
    assert domain not in MAIL_PROVIDERS
