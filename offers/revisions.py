"""Derive the columns of an offer from all its mails: first and newest mail, last contact.

A revision moves `Offer.sent_at`, from which `reminders.rules` counts the days of the plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from offers.holds import apply_questions
from offers.models import Contact, Customer, MailFolder, Offer, SourceFile
from offers.recipients import follow_recipient

State, Reason, Direction = SourceFile.State, SourceFile.Reason, MailFolder.Direction
_COUNTED = (State.OFFER, State.REVISION)
_OFFER_FIELDS = [
    "subject", "message_id", "sender_email", "sender_name", "first_sent_at", "sent_at", "revision",
    "contacted_at", "replied_at", "status", "status_at", "status_channel", "status_by",
    "needs_review", "customer",
]  # fmt: skip


def refresh_offers(offers: Sequence[Offer], *, now: datetime) -> None:
    """Derive these offers and the states of their mails again, and store them.

    The result does not depend on the order in which the files were found.
    """
    if not offers:
        return
    mails = _load_mails(offers)
    contacts = Contact.objects.filter(offer__in=offers).order_by().values_list("offer")
    last_contacts = dict(contacts.annotate(Max("at")))
    # The search text repeats the customer's words, and an earlier mail of the batch may have given
    # the customer a name.
    customers = Customer.objects.in_bulk({offer.customer_id for offer in offers})
    questions = _load_questions(offers)
    changed_files: list[SourceFile] = []
    unreached: list[Offer] = []
    for offer in offers:
        offer.customer = customers[offer.customer_id]
        if offer.customer.bounced_at:
            unreached.append(offer)
        sent, received = mails[offer.pk, Direction.OUTGOING], mails[offer.pk, Direction.INCOMING]
        changed_files += _order_mails(offer, sent)
        counted = [file for file in sent if file.state in _COUNTED]
        if counted:
            _apply_newest_mail(offer, counted, now)
        replies = [file.sent_at for file in received]
        times = [file.sent_at for file in sent if file.state == State.FOLLOW_UP]
        times += [*replies, last_contacts.get(offer.pk)]
        offer.replied_at = max(filter(None, replies), default=None)
        offer.contacted_at = max(filter(None, times), default=None)
        apply_questions(offer, questions[offer.pk])
    SourceFile.objects.bulk_update(changed_files, ["state", "reason"])
    for offer in unreached:
        follow_recipient(offer, mails[offer.pk, Direction.OUTGOING])
    Offer.objects.bulk_update(offers, _OFFER_FIELDS)
    Offer.objects.raise_version(offers)


def _load_mails(offers: Sequence[Offer]) -> dict[tuple[int | None, str], list[SourceFile]]:
    """Return the mails of each offer and direction, the oldest first."""
    mails: dict[tuple[int | None, str], list[SourceFile]] = defaultdict(list)
    files = SourceFile.objects.filter(
        offer__in=offers, state__in=SourceFile.MAILS_OF_AN_OFFER, sent_at__isnull=False
    )
    for file in files.select_related("folder").order_by("sent_at", "mtime_ns", "name"):
        mails[file.offer_id, file.folder.direction].append(file)
    return mails


def _load_questions(offers: Sequence[Offer]) -> dict[int | None, list[SourceFile]]:
    """Return the open questions that hold each offer, the oldest mail first."""
    questions: dict[int | None, list[SourceFile]] = defaultdict(list)
    files = SourceFile.objects.filter(offer__in=offers, state=State.REVIEW, holds=True)
    for file in files.order_by("sent_at", "pk"):
        questions[file.offer_id].append(file)
    return questions


def _order_mails(offer: Offer, files: Sequence[SourceFile]) -> list[SourceFile]:
    """Set the states of the sent mails of an offer, oldest first; return the changed ones."""
    # The oldest mail with a number is the offer, even with a reply prefix, unless a person entered
    # the offer. Later mails are follow-ups with a reply prefix or in a thread, else revisions.
    changed = []
    is_founded = offer.source != Offer.Source.MAIL
    for file in files:
        # What a person decided stays.
        if file.decided_by_id is None:
            state, reason = _find_state(file, is_founded=is_founded)
            # Within the same state the reason of the import is more exact.
            if state != file.state:
                file.state, file.reason = state, reason
                changed.append(file)
        is_founded = is_founded or file.state in _COUNTED
    return changed


def _find_state(
    file: SourceFile, *, is_founded: bool
) -> tuple[SourceFile.State, SourceFile.Reason]:
    if file.number and not is_founded:
        return State.OFFER, Reason.NEW_NUMBER
    if file.number and not file.is_reply:
        return State.REVISION, Reason.NEWER_MAIL
    if file.number:
        return State.FOLLOW_UP, Reason.REPLY_PREFIX
    return State.FOLLOW_UP, Reason.IN_THREAD


def _apply_newest_mail(offer: Offer, counted: Sequence[SourceFile], now: datetime) -> None:
    oldest, newest = counted[0], counted[-1]
    was_sent_at = offer.sent_at
    offer.revision = len(counted)
    # Restarts the days of the plan. Steps that were sent before stay used (`reminders.rules`).
    offer.sent_at = newest.sent_at or was_sent_at
    if offer.source == Offer.Source.MAIL:
        offer.first_sent_at = oldest.sent_at or offer.first_sent_at
    else:
        # What a person entered or uploaded counts as the first mail.
        offer.revision += 1
        offer.sent_at = max(offer.first_sent_at, offer.sent_at)
    offer.subject, offer.message_id = newest.subject, newest.message_id
    offer.sender_email, offer.sender_name = newest.sender[:254], newest.sender_name
    if offer.sent_at <= was_sent_at:
        return
    if offer.status == Offer.Status.NO_ANSWER:
        offer.status, offer.status_at = Offer.Status.OPEN, now
        offer.status_channel, offer.status_by = Offer.Channel.AUTOMATIC, None
    elif offer.status not in Offer.NOT_CLOSED and not offer.needs_review:
        # Only a person can tell whether the offer is open again.
        offer.needs_review = _("A newer mail was sent after the offer was closed.")
