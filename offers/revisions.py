"""Works an offer out of its mails: which one founded it, which one counts, when the customer was
last in contact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from offers.mail_import.decide import ChainMail, order_chain
from offers.models import Contact, MailFolder, Offer, Reason, SourceFile

State = SourceFile.State
_OFFER_FIELDS = [
    "subject", "message_id", "sender_email", "sender_name", "first_sent_at", "sent_at", "revision", "contacted_at",
    "replied_at", "status", "status_at", "status_channel", "status_by", "needs_review",
]  # fmt: skip
_CLOSED = (
    Offer.Status.DECLINED,
    Offer.Status.ORDERED,
    Offer.Status.SUPERSEDED,
    Offer.Status.WITHDRAWN,
)


def refresh_offers(offers: Sequence[Offer], *, now: datetime) -> None:
    """Make offers and the ledger rows of their mails say what follows from all these mails
    together.

    The same mails give the same result, whatever the order in which their files turned up.
    Announces nothing.
    """
    if not offers:
        return
    mails: dict[int, list[SourceFile]] = defaultdict(list)
    replies: dict[int, list[SourceFile]] = defaultdict(list)
    files = SourceFile.objects.filter(offer__in=offers, state__in=SourceFile.MAILS_OF_AN_OFFER)
    for file in files.select_related("folder").order_by("sent_at"):
        kind = mails if file.folder.direction == MailFolder.Direction.OUTGOING else replies
        kind[file.offer_id or 0].append(file)
    contacts = dict(
        Contact.objects.filter(offer__in=offers).order_by().values_list("offer").annotate(Max("at"))
    )
    changed_files: list[SourceFile] = []
    for offer in offers:
        changed_files += _order_mails(offer, mails[offer.pk])
        counted = [
            file
            for file in mails[offer.pk]
            if file.state in (State.OFFER, State.REVISION) and file.sent_at
        ]
        if counted:
            _take_newest(offer, counted, now)
        reply_times = [file.sent_at for file in replies[offer.pk] if file.sent_at]
        follow_ups = [
            file.sent_at
            for file in mails[offer.pk]
            if file.state == State.FOLLOW_UP and file.sent_at
        ]
        offer.replied_at = max(reply_times, default=None)
        times = [*reply_times, *follow_ups, *([contacts[offer.pk]] if offer.pk in contacts else [])]
        offer.contacted_at = max(times, default=None)
    SourceFile.objects.bulk_update(changed_files, ["state", "reason"])
    Offer.objects.bulk_update(offers, _OFFER_FIELDS)
    Offer.objects.raise_version(offers)


def _order_mails(offer: Offer, files: Sequence[SourceFile]) -> list[SourceFile]:
    """Give the mails of an offer their places; return those whose state changed."""
    chain = [
        ChainMail(
            file,
            file.sent_at,
            State(file.state),
            file.is_reply,
            bool(file.number),
            file.decided_by_id is not None,
        )
        for file in files
        if file.sent_at
    ]
    changed = []
    for mail, state in zip(
        chain, order_chain(chain, has_founder=offer.source != Offer.Source.MAIL), strict=True
    ):
        if state != mail.state:
            mail.file.state, mail.file.reason = state, _reason(state, mail.file)
            changed.append(mail.file)
    return changed


def _reason(state: SourceFile.State, file: SourceFile) -> Reason:
    if state == State.OFFER:
        return Reason.NEW_NUMBER
    if state == State.REVISION:
        return Reason.NEWER_MAIL
    return Reason.REPLY_PREFIX if file.number else Reason.IN_THREAD


def _take_newest(offer: Offer, counted: Sequence[SourceFile], now: datetime) -> None:
    """Let the newest mail count. A newer mail about a closed offer is for a person to judge."""
    times = [file.sent_at for file in counted if file.sent_at]
    newest = counted[-1]
    was_sent_at = offer.sent_at
    if offer.source == Offer.Source.MAIL:
        offer.first_sent_at, offer.sent_at = min(times), max(times)
    else:
        offer.sent_at = max(offer.first_sent_at, *times)
    offer.revision = len(counted) + (offer.source != Offer.Source.MAIL)
    offer.subject, offer.message_id = newest.subject, newest.message_id
    offer.sender_email, offer.sender_name = newest.sender[:254], newest.sender_name
    if offer.sent_at <= was_sent_at:
        return
    if offer.status == Offer.Status.NO_ANSWER:
        offer.status, offer.status_at, offer.status_channel = (
            Offer.Status.OPEN,
            now,
            Offer.Channel.AUTOMATIC,
        )
        offer.status_by = None
    elif offer.status in _CLOSED and not offer.needs_review:
        offer.needs_review = _("A newer mail was sent after the offer was closed.")
