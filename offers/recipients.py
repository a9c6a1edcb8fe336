"""Give an offer to the person whom it was sent to again after it bounced."""

from __future__ import annotations

from collections.abc import Sequence

from offers.models import Customer, Offer, SourceFile
from offers.ours import load_ours
from offers.parsing.mail import Address

_COUNTED = (SourceFile.State.OFFER, SourceFile.State.REVISION)


def follow_recipient(offer: Offer, sent: Sequence[SourceFile]) -> None:
    """Make the recipient of the newest mail the customer, if the customer's address bounced.

    `sent` are the sent mails of the offer, the oldest first. The offer is not stored.
    """
    counted = [file for file in sent if file.state in _COUNTED]
    if not counted:
        return
    recipients = [Address(entry["email"], entry["name"]) for entry in counted[-1].recipients]
    people = load_ours().find_people(recipients)
    if not people or offer.customer.email in {person.email for person in people}:
        return
    email, name = people[0]
    customer = Customer.objects.filter(email=email).first()
    if customer is None:
        company, language = offer.customer.company, offer.customer.language
        customer = Customer(email=email, name=name[:200], company=company, language=language)
        customer.save()
    is_taken = Offer.objects.filter(number_key=offer.number_key, customer=customer)
    if not is_taken.exclude(pk=offer.pk).exists():
        offer.customer = customer
