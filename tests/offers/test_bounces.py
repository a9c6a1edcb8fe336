"""What delivery failures do to the offers, whether they come after the offer's mail or before it."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol

import pytest

from offers.models import Customer, MailFolder, Offer
from tests.make import make_customer
from tests.offers.bounce_samples import DELAYED, FAILED, NO_FAILURES, REFUSED
from tests.offers.imports import import_folder
from tests.offers.mails import SENT_AT, make_folder, write_file, write_mail

pytestmark = pytest.mark.django_db
LATER = SENT_AT + timedelta(days=2)
PROVEN = {name: report for name, report in FAILED.items() if "<offer@x>" in report}


class Exchange(Protocol):
    def __call__(self, report: str, *, to: str = ...) -> Offer: ...


@pytest.fixture(params=["offer first", "report first"])
def exchange(request: pytest.FixtureRequest, tmp_path: Path) -> Exchange:
    """Import an offer's mail and the given report, in both orders."""
    for name in ("out", "in"):
        (tmp_path / name).mkdir()
    sent = make_folder(tmp_path / "out")
    received = make_folder(tmp_path / "in", direction=MailFolder.Direction.INCOMING)

    def run(report: str, *, to: str = "buehler@kunde-eins.example") -> Offer:
        head, _, rest = report.partition("\n")
        dated = f"{head}\nDate: {format_datetime(LATER)}\nMessage-ID: <report@mx.example>\n{rest}"
        fields = {"subject": "Angebot AN-2026-0815", "message_id": "<offer@x>", "to": to}
        write_mail(Path(sent.path), "offer.eml", **fields)
        write_file(Path(received.path), "report.eml", dated.encode())
        folders = [sent, received]
        if request.param == "report first":
            folders.reverse()
        for folder in folders:
            import_folder(folder)
        return Offer.objects.select_related("customer", "follow_up").get()

    return run


@pytest.mark.parametrize("report", PROVEN.values(), ids=PROVEN)
def test_a_failure_that_returns_our_mail_ends_the_reminders(
    exchange: Exchange, report: str
) -> None:
    offer = exchange(report)
    assert offer.customer.bounced_at == LATER
    assert offer.follow_up.because == "bounced"


@pytest.mark.parametrize("report", REFUSED.values(), ids=REFUSED)
def test_a_mail_that_was_refused_holds_its_offer_and_says_nothing_about_the_address(
    exchange: Exchange, report: str
) -> None:
    offer = exchange(report)
    assert (offer.customer.bounced_at, offer.replied_at) == (None, None)
    assert offer.needs_review
    assert offer.follow_up.next_at is None


@pytest.mark.parametrize("report", DELAYED.values(), ids=DELAYED)
def test_a_delay_changes_nothing(exchange: Exchange, report: str) -> None:
    offer = exchange(report)
    assert (offer.customer.bounced_at, offer.replied_at, offer.needs_review) == (None, None, "")


@pytest.mark.parametrize("report", NO_FAILURES.values(), ids=NO_FAILURES)
def test_what_tells_no_failure_marks_nobody(exchange: Exchange, report: str) -> None:
    offer = exchange(report)
    assert (offer.customer.bounced_at, offer.replied_at) == (None, None)


@pytest.mark.parametrize(
    "original", ["Original-Recipient: rfc822;buehler@kunde-eins.example\n", ""]
)
def test_a_failure_of_the_address_that_a_mail_was_forwarded_to_ends_the_reminders(
    exchange: Exchange, original: str
) -> None:
    report = FAILED["Postfix"].replace(
        "Final-Recipient: rfc822; buehler@kunde-eins.example\n"
        "Original-Recipient: rfc822;buehler@kunde-eins.example\n",
        f"Final-Recipient: rfc822; j.buehler@privat.example\n{original}",
    )
    assert "privat" in report
    offer = exchange(report)
    assert offer.customer.bounced_at == LATER
    assert list(Customer.objects.values_list("email", flat=True)) == ["buehler@kunde-eins.example"]


@pytest.mark.parametrize("domain", ["käserei-föhn.example", "xn--kserei-fhn-q5a7t.example"])
def test_both_forms_of_a_domain_with_umlauts_are_one(exchange: Exchange, domain: str) -> None:
    report = FAILED["Sendmail"].replace("kunde-eins.example", domain)
    recipients = "buehler@käserei-föhn.example, einkauf@käserei-föhn.example"
    offer = exchange(report, to=recipients)
    assert offer.customer.bounced_at == LATER


def test_a_report_with_fifty_recipients_marks_only_those_of_the_returned_mail(
    exchange: Exchange,
) -> None:
    for number in range(50):
        make_customer(email=f"k{number}@firma{number}.example")
    blocks = "".join(
        f"\nFinal-Recipient: rfc822; k{number}@firma{number}.example\nAction: failed\n"
        for number in range(50)
    )
    report = FAILED["Sendmail"].replace(
        "--b\nContent-Type: text/rfc", f"{blocks}\n--b\nContent-Type: text/rfc"
    )
    assert "k49@" in report
    exchange(report)
    bounced = Customer.objects.filter(bounced_at__isnull=False)
    assert list(bounced.values_list("email", flat=True)) == ["buehler@kunde-eins.example"]
