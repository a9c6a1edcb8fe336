"""What can be done with offers. Every entry point (schedule, command, admin action) comes through
here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction

from crm.accounts.models import User
from offers.models import Contact, Customer, Offer, Reason, SourceFile, number_key
from offers.revisions import refresh_offers
from offers.wiring import announce

__all__ = [
    "add_offer",
    "announce",
    "assign_status",
    "attach_file",
    "change_customer",
    "change_offer",
    "find_customer_of",
    "ignore_files",
    "make_offer_of_file",
    "note_contact",
    "opt_out",
    "set_status",
    "store_statuses",
]

STATUS_FIELDS = ["status", "status_channel", "status_at", "status_by"]


def set_status(
    offer: Offer,
    status: Offer.Status,
    *,
    channel: Offer.Channel,
    at: datetime,
    by: User | None = None,
) -> None:
    """Record what became of an offer, through which channel and by whom, and tell the listeners."""
    assign_status(offer, status, channel=channel, at=at, by=by)
    with transaction.atomic():
        offer.save(update_fields=STATUS_FIELDS)
        announce([offer])


def assign_status(
    offer: Offer,
    status: Offer.Status,
    *,
    channel: Offer.Channel,
    at: datetime,
    by: User | None = None,
) -> None:
    """Say in memory what became of an offer; `store_statuses` keeps it."""
    offer.status, offer.status_channel, offer.status_at, offer.status_by = status, channel, at, by


def store_statuses(offers: Sequence[Offer]) -> None:
    """Keep the assigned statuses of many offers in few statements; their rows must exist and be
    locked.

    The caller announces them, in the same transaction. An upsert, because `bulk_update` takes eight
    times as long.
    """
    Offer.objects.bulk_create(
        offers, update_conflicts=True, unique_fields=["pk"], update_fields=STATUS_FIELDS
    )


def opt_out(customer: Customer, *, at: datetime) -> None:
    """Stop all reminders to this customer, also those of later offers."""
    customer.opted_out_at = customer.opted_out_at or at
    with transaction.atomic():
        customer.save(update_fields=["opted_out_at"])
        announce(list(customer.offers.all()))


def note_contact(offer: Offer, *, at: datetime, by: User | None = None, note: str = "") -> Contact:
    """Record a contact that no mail tells of, such as a call: the quiet days start again from
    it.
    """
    with transaction.atomic():
        contact = Contact.objects.create(offer=offer, at=at, by=by, note=note)
        if offer.contacted_at is None or offer.contacted_at < at:
            offer.contacted_at = at
            offer.save(update_fields=["contacted_at"])
        announce([offer])
    return contact


def add_offer(offer: Offer) -> None:
    """Store an offer that no mail file tells of (phone, paper), and tell the listeners."""
    offer.source = Offer.Source.MANUAL
    offer.first_sent_at = offer.status_at = offer.sent_at
    if offer.salesperson is not None and not offer.sender_email:
        offer.sender_email, offer.sender_name = offer.salesperson.email, str(offer.salesperson)
    with transaction.atomic():
        offer.save()
        announce([offer])


def change_offer(offer: Offer, *, changed: Collection[str], by: User | None, at: datetime) -> None:
    """Store what a person changed of an offer (names of fields), and tell the listeners."""
    fields = set(changed)
    if "status" in fields:
        offer.status_at, offer.status_by = at, by
        fields |= {"status_at", "status_by"}
    if "number" in fields:
        fields.add("number_key")
    if fields:
        with transaction.atomic():
            offer.save(update_fields=sorted(fields))
            announce([offer])


def change_customer(customer: Customer, *, changed: Collection[str]) -> None:
    """Store what a person changed of a customer; a new address has not bounced. Tells the
    listeners.
    """
    fields = set(changed)
    if "email" in fields and customer.bounced_at is not None:
        customer.bounced_at, customer.bounce_detail = None, ""
        fields |= {"bounced_at", "bounce_detail"}
    if "bounced_at" in fields and customer.bounced_at is None:
        customer.bounce_detail = ""
        fields.add("bounce_detail")
    if fields:
        with transaction.atomic():
            customer.save(update_fields=sorted(fields))
            announce(list(customer.offers.all()))


def make_offer_of_file(
    file: SourceFile, *, number: str, email: str, name: str = "", by: User | None, at: datetime
) -> Offer:
    """Make a mail of the import log an offer, or a newer mail of the offer with this number and
    customer.

    The person's decision stands until somebody presses "check again".
    """
    sent_at = file.sent_at or at
    with transaction.atomic():
        customer, _created = Customer.objects.get_or_create(
            email=email.strip().lower(), defaults={"name": name}
        )
        offer = Offer.objects.filter(number_key=number_key(number), customer=customer).first()
        file.state = SourceFile.State.OFFER if offer is None else SourceFile.State.REVISION
        if offer is None:
            salesperson = (
                User.objects.filter(is_active=True, email__iexact=file.sender).first()
                if file.sender
                else None
            )
            offer = Offer.objects.create(
                number=number.strip(),
                customer=customer,
                salesperson=salesperson,
                sender_email=file.sender[:254],
                sender_name=file.sender_name,
                subject=file.subject,
                message_id=file.message_id,
                first_sent_at=sent_at,
                sent_at=sent_at,
                status_at=sent_at,
                language=customer.language,
            )
        file.offer, file.number, file.reason, file.detail = (
            offer,
            number.strip(),
            Reason.BY_PERSON,
            "",
        )
        file.sent_at, file.decided_by, file.decided_at = sent_at, by, at
        file.save(
            update_fields=[
                "state",
                "offer",
                "number",
                "reason",
                "detail",
                "sent_at",
                "decided_by",
                "decided_at",
            ]
        )
        refresh_offers([offer], now=at)
        announce([offer])
    return offer


def find_customer_of(file: SourceFile) -> tuple[str, str] | None:
    """Return address and name of the customer a mail went to, where only one person outside the
    company got it.
    """
    own = {domain.strip().lower() for domain in settings.OFFERS_OWN_DOMAINS}
    external = [each for each in file.recipients if each["email"].rpartition("@")[2] not in own]
    return (external[0]["email"], external[0]["name"]) if len(external) == 1 else None


def attach_file(file: SourceFile, offer: Offer, *, by: User | None, at: datetime) -> None:
    """Let a person say to which offer a mail belongs: a received one is a reply, a sent one a
    follow-up.
    """
    file.state, file.offer, file.reason, file.detail = (
        SourceFile.State.FOLLOW_UP,
        offer,
        Reason.ATTACHED,
        "",
    )
    file.sent_at, file.decided_by, file.decided_at = file.sent_at or at, by, at
    with transaction.atomic():
        file.save(
            update_fields=[
                "state",
                "offer",
                "reason",
                "detail",
                "sent_at",
                "decided_by",
                "decided_at",
            ]
        )
        refresh_offers([offer], now=at)
        announce([offer])


def ignore_files(files: Sequence[SourceFile], *, by: User | None, at: datetime) -> int:
    """Let a person decide that mails are no offers, and return how many. Offers keep the mails they
    came from.
    """
    keys = [
        file.pk
        for file in files
        if file.state in (SourceFile.State.REVIEW, SourceFile.State.BROKEN)
    ]
    return SourceFile.objects.filter(pk__in=keys).update(
        state=SourceFile.State.NOT_AN_OFFER,
        reason=Reason.IGNORED,
        detail="",
        decided_by=by,
        decided_at=at,
    )
