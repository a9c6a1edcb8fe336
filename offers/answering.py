"""What each answer to a question about a mail does. `offers.questions` lists them.

`offers.undo` calls these functions, so that an answer can be taken back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from crm.accounts.models import User
from offers import services
from offers.models import Customer, Offer, SourceFile
from offers.revisions import refresh_offers
from offers.status import raise_versions_of, set_status

State, Reason = SourceFile.State, SourceFile.Reason


class AnswerError(Exception):
    """The answer cannot be carried out or taken back. The text is a sentence for a person."""


@dataclass(frozen=True)
class Given:
    """What a person filled in with an answer."""

    at: datetime
    by: User | None = None
    number: str = ""
    email: str = ""
    offer: Offer | None = None
    until: date | None = None


Act = Callable[[SourceFile, Given], list[Offer]]
"""Decides about the mail and returns the offers that it changed."""


def make_offer(file: SourceFile, given: Given) -> list[Offer]:
    """Make the mail an offer, or a newer mail of the customer's offer with this number."""
    name = ""
    for recipient in file.recipients:
        if recipient["email"] == given.email:
            name = recipient["name"]
    offer = services.make_offer_of_file(
        file, number=given.number, email=given.email, name=name, by=given.by, at=given.at
    )
    return [offer]


def make_revision(file: SourceFile, given: Given) -> list[Offer]:
    """Make the mail the newest version of the offer that it is about."""
    offer = _get_offer(file, given)
    same = Given(given.at, given.by, number=offer.number, email=offer.customer.email)
    return make_offer(file, same)


def attach(file: SourceFile, given: Given) -> list[Offer]:
    """Record a received mail as a reply, a sent one as a further mail about the offer."""
    offer = _get_offer(file, given)
    services.attach_file(file, offer, by=given.by, at=given.at)
    return [offer]


def set_ordered(file: SourceFile, given: Given) -> list[Offer]:
    return _close(file, given, Offer.Status.ORDERED, Offer.Channel.ORDER)


def set_withdrawn(file: SourceFile, given: Given) -> list[Offer]:
    return _close(file, given, Offer.Status.WITHDRAWN, Offer.Channel.MAIL)


def move_to_other_person(file: SourceFile, given: Given) -> list[Offer]:
    """Make an offer for the person who got the mail; it supersedes the one that was known."""
    old = _get_offer(file, given)
    same = Given(given.at, given.by, number=old.number, email=given.email)
    (new,) = make_offer(file, same)
    if new.pk == old.pk:
        return [new]
    old.refresh_from_db()
    old.superseded_by = new
    old.save(update_fields=["superseded_by"])
    set_status(old, Offer.Status.SUPERSEDED, channel=Offer.Channel.MAIL, at=given.at, by=given.by)
    return [new, old]


def dismiss(file: SourceFile, given: Given) -> list[Offer]:
    """Decide that the mail changes nothing."""
    return _decide(file, State.NOT_AN_OFFER, Reason.IGNORED, given)


def mark_automatic(file: SourceFile, given: Given) -> list[Offer]:
    return _decide(file, State.AUTOMATIC, Reason.OUT_OF_OFFICE, given)


def pause(file: SourceFile, given: Given) -> list[Offer]:
    """Send no reminder to the customer, who is away, before the day."""
    assert given.until is not None  # noqa: S101 - the form asks for it
    offer = _get_offer(file, given)
    # As the import stores it: the last day without a reminder.
    last_day = given.until - timedelta(days=1)
    _decide(file, State.AUTOMATIC, Reason.RETURN_DATE, given, last_day.isoformat())
    paused = list(offer.customer.offers.filter(status=Offer.Status.OPEN))
    for each in paused:
        each.paused_until = given.until
        each.save(update_fields=["paused_until"])
    Offer.objects.raise_version(paused)
    return paused


def mark_bounced(file: SourceFile, given: Given) -> list[Offer]:
    """Mark the customer's address as not reachable."""
    customer = Customer.objects.filter(email=given.email).first()
    if customer is None:
        raise AnswerError(_("No customer has this address."))
    _decide(file, State.AUTOMATIC, Reason.BOUNCED, given, file.detail)
    customer.bounced_at = file.sent_at or given.at
    customer.bounce_detail = file.detail
    customer.save(update_fields=["bounced_at", "bounce_detail"])
    return raise_versions_of(customer)


def _get_offer(file: SourceFile, given: Given) -> Offer:
    offer = given.offer or file.offer
    if offer is None:
        raise AnswerError(_("Choose the offer that it is about."))
    return offer


def _close(
    file: SourceFile, given: Given, status: Offer.Status, channel: Offer.Channel
) -> list[Offer]:
    (offer,) = attach(file, given)
    offer.refresh_from_db()
    set_status(offer, status, channel=channel, at=given.at, by=given.by)
    return [offer]


def _decide(
    file: SourceFile,
    state: SourceFile.State,
    reason: SourceFile.Reason,
    given: Given,
    detail: str = "",
) -> list[Offer]:
    """Record a decision that leaves the mail out of its offer; return that offer, released."""
    file.state, file.reason, file.detail, file.holds = state, reason, detail[:500], False
    file.decided_by, file.decided_at = given.by, given.at
    file.save(update_fields=["state", "reason", "detail", "holds", "decided_by", "decided_at"])
    offers = list(Offer.objects.filter(files=file).lock())
    refresh_offers(offers, now=given.at)
    return offers
