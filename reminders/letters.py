"""From claims to letters: everything the mails of a batch say, read with a fixed number of
queries.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from crm.accounts.models import OwnCompany
from crm.core.bulk import among
from feedback import links
from feedback.backoffice.models import Invitation
from offers.models import Offer, number_key
from reminders.claims import Claim
from reminders.emails import Letter, OfferLine, Sender, new_message_id, placeholders
from reminders.facts import Plans, load_cases
from reminders.models import FollowUp, MailText
from reminders.texts import MailTextError, render


class MissingTextError(Exception):
    """There is no mail text for a step."""


class Texts:
    """The mail texts, read once for a run."""

    def __init__(self) -> None:
        self._texts = {(text.language, text.step): text for text in MailText.objects.all()}

    def get(self, language: str, step: int) -> MailText:
        """Return the text of a step: in the language, else in German; for a later step than there
        are texts, the last.

        Raises MissingTextError.
        """
        for candidate in (language, "de"):
            steps = [
                known for (known_language, known) in self._texts if known_language == candidate
            ]
            if steps:
                return self._texts[
                    candidate, max((known for known in steps if known <= step), default=min(steps))
                ]
        raise MissingTextError(f"There is no mail text for step {step}.")


class _Source(NamedTuple):
    """What a letter says of one offer, in the order of `_COLUMNS`."""

    offer_id: int
    number: str
    sent_at: datetime
    subject: str
    message_id: str
    language: str
    sender_name: str
    sender_email: str
    customer_email: str
    customer_name: str
    customer_company: str
    seller_first_name: str | None
    seller_last_name: str | None
    seller_email: str | None
    seller_phone: str | None


_COLUMNS = (
    "pk", "number", "sent_at", "subject", "message_id", "language", "sender_name", "sender_email",
    "customer__email", "customer__name", "customer__company",
    "salesperson__first_name", "salesperson__last_name", "salesperson__email", "salesperson__phone",
)  # fmt: skip


def _load_sources(offer_ids: Collection[int]) -> dict[int, _Source]:
    return {
        row[0]: _Source._make(row)
        for row in Offer.objects.filter(among("pk", offer_ids)).values_list(*_COLUMNS)
    }


class Letters:
    """Writes the letters of a batch of claims from what was read for all of them at once, with
    three queries.
    """

    def __init__(self, claims: Collection[Claim], texts: Texts, plans: Plans) -> None:
        offer_ids = [pk for claim in claims for pk in claim.steps]
        self._texts, self._plans = texts, plans
        self._sources = _load_sources(offer_ids)
        invitations = Invitation.objects.filter(
            among("offer", offer_ids), state=Invitation.State.ACTIVE
        )
        self._tokens = dict(invitations.values_list("offer_id", "token"))
        self._company = OwnCompany.get()

    def build(self, claim: Claim) -> Letter | None:
        """Return the letter of a claim; None when one of its offers has no valid link any more.

        Raises MissingTextError.
        """
        if not all(pk in self._tokens and pk in self._sources for pk in claim.steps):
            return None
        lines = []
        for case in claim.cases:
            is_last_step = claim.steps[case.offer_id] >= self._plans.count_steps(case)
            lines.append(
                _offer_line(self._sources[case.offer_id], self._tokens[case.offer_id], is_last_step)
            )
        first = self._sources[claim.offer_ids[0]]
        text = self._texts.get(first.language, min(claim.steps.values()))
        own_text = next((case.own_text for case in claim.cases if case.own_text), "")
        return _build_letter(
            first,
            self._company,
            lines,
            message_id=claim.message_id,
            mail_date=claim.mail_date,
            recipient=settings.REMINDERS_TEST_ADDRESS or first.customer_email,
            language=first.language,
            subject_text=text.subject,
            body_text=own_text or text.text,
        )


def _build_letter(
    source: _Source,
    company: OwnCompany,
    lines: Sequence[OfferLine],
    *,
    message_id: str,
    mail_date: datetime,
    recipient: str,
    language: str,
    subject_text: str,
    body_text: str,
) -> Letter:
    return Letter(
        message_id=message_id,
        mail_date=mail_date.astimezone(ZoneInfo(settings.TIME_ZONE)),
        recipient=recipient,
        customer_email=source.customer_email,
        customer_name=source.customer_name,
        customer_company=source.customer_company,
        language=language,
        sender=_build_sender(source, company),
        offers=tuple(lines),
        subject_text=subject_text,
        body_text=body_text,
    )


def _build_sender(source: _Source, company: OwnCompany) -> Sender:
    """Return who the reminder comes from: the offer's salesperson, else the sender of the offer
    mail.
    """
    seller_name = f"{source.seller_first_name or ''} {source.seller_last_name or ''}".strip()
    return Sender(
        from_email=settings.DEFAULT_FROM_EMAIL,
        company=company.name or source.sender_email.rpartition("@")[2],
        legal_notice=company.legal_notice,
        imprint_url=company.imprint_url,
        privacy_url=company.privacy_url,
        seller_name=seller_name or source.sender_name,
        seller_email=source.seller_email or source.sender_email,
        seller_phone=source.seller_phone or "",
    )


def _offer_line(source: _Source, token: UUID, is_last_step: bool) -> OfferLine:
    return OfferLine(
        number=source.number,
        offered_on=source.sent_at.astimezone(ZoneInfo(settings.TIME_ZONE)).date(),
        subject=source.subject,
        form_url=links.form_url(settings.FEEDBACK_BASE_URL, token),
        opt_out_url=links.opt_out_url(settings.FEEDBACK_BASE_URL, token),
        message_id=source.message_id,
        is_last_step=is_last_step,
    )


def build_example(text: MailText, offer: Offer, *, now: datetime, recipient: str = "") -> Letter:
    """Return the letter that this text makes of a real offer, with links that lead nowhere.

    Whoever tries a text must not be able to answer in the customer's name.
    """
    [case] = load_cases([offer.pk], now)
    source = _load_sources([offer.pk])[offer.pk]
    line = _offer_line(
        source, links.new_token(), text.step >= max(Plans().count_steps(case), text.step)
    )
    return _build_letter(
        source,
        OwnCompany.get(),
        [line],
        message_id=new_message_id(settings.DEFAULT_FROM_EMAIL),
        mail_date=now,
        recipient=recipient or source.customer_email,
        language=text.language,
        subject_text=text.subject,
        body_text=text.text,
    )


def find_example_offer(text: MailText, number: str = "") -> Offer | None:
    """Return the newest offer with this number, else the newest one in the language of the text,
    else the newest.
    """
    offers = Offer.objects.select_related("customer", "salesperson").order_by("-sent_at")
    if number:
        return offers.filter(number_key=number_key(number)).first()
    return offers.filter(language=text.language).first() or offers.first()


def write_next_text(follow_up: FollowUp, now: datetime) -> str:
    """Return what the next reminder of the offer would say by its mail text; empty where that
    cannot be written.
    """
    try:
        text = Texts().get(follow_up.offer.language, follow_up.next_step or 1)
        letter = build_example(text, follow_up.offer, now=now)
        return render(letter.body_text, placeholders(letter)).strip()
    except (MissingTextError, MailTextError):
        return ""
