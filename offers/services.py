"""Create and change offers. Commands, schedules and admin actions all call these functions.

Callers must update links and plans of the changed offers through `crm.backoffice.changes`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from crm.accounts.models import User
from offers.mail_import.store import lock_import, match_received
from offers.models import Customer, MailFolder, Offer, SourceFile, number_key
from offers.new_offers import build_offer, load_people, store_offers
from offers.newer_evidence import answer_questions
from offers.ours import load_ours
from offers.parsing.addresses import fold_email
from offers.parsing.mail import Address
from offers.revisions import refresh_offers
from offers.status import raise_versions_of
from offers.superseding import supersede_older

_DECISION_FIELDS = [
    "state", "offer", "holds", "number", "reason", "detail", "sent_at", "decided_by", "decided_at",
]  # fmt: skip


def add_offers(offers: Sequence[Offer], *, at: datetime) -> None:
    """Store new offers that a person entered; mails that were imported before are matched with them."""
    with transaction.atomic():
        lock_import()
        store_offers(offers)
        take_up_mails(offers, at=at)


def take_up_mails(new: Sequence[Offer], *, at: datetime) -> None:
    """Match mails that were imported before with new offers, and supersede older offers by them."""
    match_received([], new, now=at)
    refresh_offers(answer_questions(new), now=at)
    supersede_older(new, now=at)


def change_offer(offer: Offer, *, changed: Collection[str], by: User | None, at: datetime) -> None:
    """Store what a person changed of an offer; `changed` are names of fields."""
    fields = set(changed)
    if "status" in fields:
        offer.status_at, offer.status_by = at, by
        fields |= {"status_at", "status_by"}
        if "status_channel" not in fields and offer.status_channel == Offer.Channel.AUTOMATIC:
            offer.status_channel = ""
            fields.add("status_channel")
    if fields:
        with transaction.atomic():
            offer.save(update_fields=sorted(fields))
            Offer.objects.raise_version([offer])


def change_customer(customer: Customer, *, changed: Collection[str]) -> list[Offer]:
    """Store what a person changed of a customer; return the customer's offers."""
    fields = set(changed)
    if "email" in fields:
        # Nothing has bounced at the new address yet.
        customer.bounced_at = None
        fields.add("bounced_at")
    if "bounced_at" in fields and customer.bounced_at is None:
        customer.bounce_detail = ""
        fields.add("bounce_detail")
    if not fields:
        return []
    with transaction.atomic():
        customer.save(update_fields=sorted(fields))
        return raise_versions_of(customer)


def make_offer_of_file(
    file: SourceFile, *, number: str, email: str, name: str = "", by: User | None, at: datetime
) -> Offer:
    """Make a mail of the import log an offer, or a newer mail of the customer's offer."""
    email, sent_at = fold_email(email), file.sent_at or at
    # Later imports keep this decision; only "check again" replaces it.
    with transaction.atomic():
        lock_import()
        same_number = Offer.objects.filter(number_key=number_key(number), customer__email=email)
        offer = same_number.lock().first()
        is_new = offer is None
        file.state = SourceFile.State.OFFER if offer is None else SourceFile.State.REVISION
        if offer is None:
            offer = build_offer(
                load_people([email]),
                number=number,
                email=email,
                name=name,
                sent_at=sent_at,
                source=Offer.Source.MAIL,
                subject=file.subject,
                message_id=file.message_id,
                sender_email=file.sender,
                sender_name=file.sender_name,
            )
            store_offers([offer])
        file.number = number.strip()
        _record_decision(file, offer, reason=SourceFile.Reason.BY_PERSON, by=by, at=at)
        if is_new:
            take_up_mails([offer], at=at)
    return offer


def attach_file(file: SourceFile, offer: Offer, *, by: User | None, at: datetime) -> None:
    """Record the offer a mail belongs to."""
    # A received mail of this state is a reply, a sent one a follow-up.
    file.state = SourceFile.State.FOLLOW_UP
    with transaction.atomic():
        lock_import()
        # An answer may have come since the page was opened.
        offer = Offer.objects.filter(pk=offer.pk).lock().get()
        if file.folder.direction == MailFolder.Direction.INCOMING:
            # A reply is never older than what it answers, whatever its clock said.
            file.sent_at = max(file.sent_at or at, offer.first_sent_at)
        _record_decision(file, offer, reason=SourceFile.Reason.ATTACHED, by=by, at=at)


def _record_decision(
    file: SourceFile, offer: Offer, *, reason: SourceFile.Reason, by: User | None, at: datetime
) -> None:
    held = _lock_held([file])
    file.offer, file.reason, file.detail, file.holds = offer, reason, "", False
    file.sent_at, file.decided_by, file.decided_at = file.sent_at or at, by, at
    file.save(update_fields=_DECISION_FIELDS)
    refresh_offers([offer, *(each for each in held if each != offer)], now=at)
    match_received([file], [offer], now=at)


def _lock_held(files: Sequence[SourceFile]) -> list[Offer]:
    """Return the offers whose reminders these questions keep back."""
    keys = {file.offer_id for file in files if file.holds and file.offer_id}
    return list(Offer.objects.filter(pk__in=keys).lock())


def find_people(file: SourceFile) -> list[Address]:
    """Return the people outside the company who got a mail."""
    recipients = [Address(entry["email"], entry["name"]) for entry in file.recipients]
    return load_ours().find_people(recipients)


def find_customer_of(file: SourceFile) -> Address | None:
    """Return the only person outside the company who got a mail, or None."""
    people = find_people(file)
    return people[0] if len(people) == 1 else None
