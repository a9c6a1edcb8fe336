"""Give an offer to the person whom it was sent to again after it bounced."""

from __future__ import annotations

from collections.abc import Sequence

from offers.models import Customer, Offer, SourceFile
from offers.ours import Ours, load_ours
from offers.parsing.mail import Address
from offers.parsing.mailboxes import find_domain, is_same_company
from offers.parsing.prefixes import split_prefixes

State = SourceFile.State
_COUNTED = (State.OFFER, State.REVISION)


def follow_recipient(offer: Offer, sent: Sequence[SourceFile]) -> None:
    """Make the recipient of the newest mail the customer, if the customer's address bounced.

    `sent` are the sent mails of the offer, the oldest first. The offer is not stored.
    """
    ours, people = load_ours(), list[Address]()
    for file in sent:
        people = _find_people(offer, file, ours) or people
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


def _find_people(offer: Offer, file: SourceFile, ours: Ours) -> list[Address]:
    """Return who got the offer with a sent mail: by itself, or forwarded within the company."""
    recipients = [Address(entry["email"], entry["name"]) for entry in file.recipients]
    people = ours.find_people(recipients)
    if file.state in _COUNTED:
        return people
    if not (file.number and split_prefixes(file.subject).is_forward):
        return []
    domain = find_domain(offer.customer.email)
    return [each for each in people if is_same_company(find_domain(each.email), domain)]
