"""Build and store offers and their customers: the one way in which an offer comes into being.

The import, a person's decision, the form and the upload all build them here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from crm.accounts.models import User
from offers.models import DEFAULT_CURRENCY, Customer, ErasedAddress, Offer, number_key
from offers.parsing.addresses import fold_email

# Updates links and plans of changed offers. It is called inside the transaction that changed them,
# so that a kill leaves no offer without them.
AfterStore = Callable[[Sequence[Offer]], None]

_LANGUAGE_WORDS = (
    ("fr", ("offre", "devis")),
    ("it", ("offerta", "preventivo")),
    ("en", ("quotation", "quote", "proposal", "your offer", "our offer")),
)


@dataclass(frozen=True)
class People:
    """Stored customers and active salespeople for new offers, by lower-case address."""

    customers: dict[str, Customer]
    salespeople: dict[str, User]
    # Nothing is stored of them.
    is_preview: bool = False


def load_people(emails: Collection[str], *, is_preview: bool = False) -> People:
    """Return all salespeople, and the stored customers with these addresses."""
    customers = Customer.objects.filter(email__in=set(map(fold_email, emails)))
    salespeople = User.objects.filter(is_active=True).exclude(email="").order_by("pk")
    return People(
        {customer.email: customer for customer in customers},
        {person.email.lower(): person for person in salespeople},
        is_preview,
    )


def find_or_build_customer(
    people: People, *, email: str, name: str = "", company: str = "", language: str = ""
) -> Customer:
    """Return the stored customer with this address, else a new one that is not stored yet.

    Call it inside a transaction.
    """
    email, name, company = fold_email(email), name.strip()[:200], company.strip()[:200]
    customer = people.customers.get(email)
    if customer is None:
        customer = Customer(
            email=email, name=name, company=company, language=language or settings.LANGUAGE_CODE[:2]
        )
        people.customers[email] = customer
        return customer
    # What a person or an earlier mail said is not overwritten.
    missing = {}
    if name and not customer.name:
        missing["name"] = customer.name = name
    if company and not customer.company:
        missing["company"] = customer.company = company
    if missing and customer.pk and not people.is_preview:
        customer.save(update_fields=list(missing))
    return customer


def build_offer(
    people: People,
    *,
    number: str,
    email: str,
    sent_at: datetime,
    name: str = "",
    subject: str = "",
    message_id: str = "",
    sender_email: str = "",
    sender_name: str = "",
    salesperson: User | None = None,
    language: str = "",
    currency: str = "",
    **columns: Any,
) -> Offer:
    """Return a new offer, not stored yet; `columns` are taken as they are.

    The language is the given one, else that of the subject, else the customer's.
    """
    # All offers are built here: by the import, a person's decision, the form and the upload.
    language = language or find_language(subject)
    customer = find_or_build_customer(people, email=email, name=name, language=language)
    # The sender of the mail is the salesperson; without a mail the salesperson counts as sender.
    if salesperson is None:
        salesperson = people.salespeople.get(sender_email.lower())
    elif not sender_email:
        sender_email, sender_name = salesperson.email, str(salesperson)
    number = number.strip()[:100]
    return Offer(
        number=number,
        # Derived when stored, but the rest of a batch looks for it before that.
        number_key=number_key(number),
        customer=customer,
        salesperson=salesperson,
        sender_email=sender_email[:254],
        sender_name=sender_name[:200],
        subject=subject[:500],
        message_id=message_id[:500],
        first_sent_at=sent_at,
        sent_at=sent_at,
        status_at=sent_at,
        language=language or customer.language,
        currency=currency or DEFAULT_CURRENCY,
        **columns,
    )


def store_offers(offers: Sequence[Offer]) -> None:
    """Store new offers and their new customers; call it inside a transaction.

    Raises IntegrityError when another process stored one of them at the same time.
    """
    new = {offer.customer.email: offer.customer for offer in offers if not offer.customer.pk}
    # Sorted, so that two importers at once wait for each other without a deadlock.
    customers = [customer for _email, customer in sorted(new.items())]
    ErasedAddress.block_erased(customers)
    Customer.objects.bulk_create(customers)
    Offer.objects.bulk_create(sorted(offers, key=lambda offer: offer.number_key))


def find_language(subject: str) -> str:
    """Return the language of the word for "offer" in a subject, or an empty text."""
    lower = subject.lower()
    for language, words in _LANGUAGE_WORDS:
        if any(word in lower for word in words):
            return language
    return ""
