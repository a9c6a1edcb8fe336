"""Answer questions about sent mails by what turned up later: the offer of the number they name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Q

from offers.models import Offer, SourceFile, number_key
from offers.parsing.mail_providers import MAIL_PROVIDERS

State, Reason = SourceFile.State, SourceFile.Reason
# About an offer that was not known: with it, its reminders wait for the answer.
_BECOME_HELD = (Reason.OTHER_DOCUMENT, Reason.APPOINTMENT)
# With the offer, they are further mails about it, or newer ones.
_BECOME_FOLLOW_UPS = (
    Reason.FOREIGN_NUMBER, Reason.FOREIGN_OFFER, Reason.FORWARDED, Reason.NUMBER_IN_TEXT,
    Reason.ATTACHMENT_LOOKS_LIKE_OFFER,
)  # fmt: skip
_FIELDS = ["state", "reason", "detail", "offer", "holds", "is_reply", "number"]


def answer_questions(new: Sequence[Offer]) -> list[Offer]:
    """Give the questions about these numbers their offers; return the offers that got mails.

    The result is the same as if the offers had been known before.
    """
    offers: dict[str, list[Offer]] = defaultdict(list)
    for each in new:
        offers[each.number_key].append(each)
    is_asked = Q(state=State.REVIEW, reason__in=(*_BECOME_HELD, *_BECOME_FOLLOW_UPS))
    is_document = Q(state=State.NOT_AN_OFFER, reason=Reason.OTHER_DOCUMENT)
    open_questions = SourceFile.objects.filter(is_asked | is_document, offer__isnull=True)
    changed: list[SourceFile] = []
    for file in open_questions.exclude(number=""):
        offer = _find_offer(file, offers[number_key(file.number)])
        if offer is None:
            continue
        file.offer = offer
        if file.reason in _BECOME_HELD:
            file.state, file.holds = State.REVIEW, True
            if file.detail:  # the purpose of the mail
                file.reason = Reason.LATER_MAIL
        elif file.reason == Reason.ATTACHMENT_LOOKS_LIKE_OFFER:
            file.state, file.reason, file.detail = State.REVISION, Reason.NEWER_MAIL, ""
        else:
            _make_follow_up(file)
        changed.append(file)
    SourceFile.objects.bulk_update(changed, _FIELDS)
    return list({file.offer_id: file.offer for file in changed if file.offer}.values())


def _find_offer(file: SourceFile, offers: Sequence[Offer]) -> Offer | None:
    """Return the offer whose customer or company got this mail."""
    emails = {recipient["email"] for recipient in file.recipients}
    domains = {email.rpartition("@")[2] for email in emails} - MAIL_PROVIDERS
    for offer in offers:
        if offer.customer.email in emails or offer.customer.domain in domains:
            return offer
    return None


def _make_follow_up(file: SourceFile) -> None:
    if file.reason == Reason.NUMBER_IN_TEXT:
        file.number = ""  # its number must not make it the first mail of the offer
    file.state, file.reason, file.detail, file.is_reply = (
        State.FOLLOW_UP, Reason.REPLY_PREFIX, "", True,
    )  # fmt: skip
