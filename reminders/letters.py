"""From claims to letters: everything the mails of a batch say, read with a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet

from crm.accounts.models import Company
from feedback import links
from feedback.backoffice.models import Invitation
from offers.models import Offer
from reminders.claims import Claim
from reminders.emails import Letter, OfferLine, Sender, new_message_id
from reminders.models import CustomerPlan, FollowUp, MailText, ReminderPlan


class MissingTextError(Exception):
    """There is no mail text for a step."""


class Texts:
    """The mail texts, read once for a run."""

    def __init__(self) -> None:
        self._texts = {(text.language, text.step): text for text in MailText.objects.all()}

    def get(self, language: str, step: int) -> MailText:
        """Return the text of a step: in the language, else in German; for a later step than there are texts, the last.

        Raises MissingTextError.
        """
        for candidate in (language, "de"):
            steps = [known for (known_language, known) in self._texts if known_language == candidate]
            if steps:
                return self._texts[candidate, max((known for known in steps if known <= step), default=min(steps))]
        raise MissingTextError(f"There is no mail text for step {step}.")


class Letters:
    """Writes the letters of a batch of claims from what was read for all of them at once, with six queries."""

    def __init__(self, claims: Sequence[Claim], texts: Texts) -> None:
        offer_ids = [pk for claim in claims for pk in claim.steps]
        self._texts = texts
        self._offers = {offer.pk: offer for offer in _offers().filter(pk__in=offer_ids)}
        invitations = Invitation.objects.filter(offer__in=offer_ids, state=Invitation.State.ACTIVE)
        self._tokens = dict(invitations.values_list("offer_id", "token"))
        follow_ups = FollowUp.objects.filter(offer__in=offer_ids).exclude(own_text="")
        self._own_texts = dict(follow_ups.values_list("offer_id", "own_text"))
        self._steps = PlanSteps(offer_ids)
        self._company = Company.get()

    def build(self, claim: Claim) -> Letter | None:
        """Return the letter of a claim; None when one of its offers has no valid link any more.

        Raises MissingTextError.
        """
        if not all(pk in self._tokens and pk in self._offers for pk in claim.steps):
            return None
        lines = tuple(
            _offer_line(self._offers[pk], self._tokens[pk], is_last_step=step >= self._steps.count(pk))
            for pk, step in claim.steps.items()
        )
        first = self._offers[claim.offer_ids[0]]
        text = self._texts.get(first.language, min(claim.steps.values()))
        return Letter(
            message_id=claim.message_id,
            mail_date=claim.mail_date.astimezone(ZoneInfo(settings.TIME_ZONE)),
            recipient=settings.REMINDERS_TEST_ADDRESS or first.customer.email,
            customer_email=first.customer.email,
            customer_name=first.customer.name,
            customer_company=first.customer.company,
            language=first.language,
            sender=build_sender(first, self._company),
            offers=lines,
            subject_text=text.subject,
            body_text=next((self._own_texts[pk] for pk in claim.steps if pk in self._own_texts), "") or text.text,
        )


def _offers() -> QuerySet[Offer]:
    """Return the offers with what a letter says of them and nothing else."""
    return Offer.objects.select_related("customer", "salesperson").only(
        "number", "sent_at", "subject", "message_id", "language", "sender_name", "sender_email",
        "customer__email", "customer__name", "customer__company",
        "salesperson__first_name", "salesperson__last_name", "salesperson__email", "salesperson__phone",
    )  # fmt: skip


def build_sender(offer: Offer, company: Company) -> Sender:
    """Return who the reminder comes from: the offer's salesperson, else the sender of the offer mail."""
    person = offer.salesperson
    return Sender(
        from_email=settings.DEFAULT_FROM_EMAIL,
        company=company.name or offer.sender_email.rpartition("@")[2],
        legal_notice=company.legal_notice,
        imprint_url=company.imprint_url,
        privacy_url=company.privacy_url,
        seller_name=(person.get_full_name() if person else "") or offer.sender_name,
        seller_email=(person.email if person else "") or offer.sender_email,
        seller_phone=person.phone if person else "",
    )


def _offer_line(offer: Offer, token: UUID, *, is_last_step: bool) -> OfferLine:
    return OfferLine(
        number=offer.number,
        offered_on=offer.sent_at.astimezone(ZoneInfo(settings.TIME_ZONE)).date(),
        subject=offer.subject,
        form_url=links.form_url(settings.FEEDBACK_BASE_URL, token),
        opt_out_url=links.opt_out_url(settings.FEEDBACK_BASE_URL, token),
        message_id=offer.message_id,
        is_last_step=is_last_step,
    )


class PlanSteps:
    """How many steps the plan of each offer has."""

    def __init__(self, offer_ids: Sequence[int]) -> None:
        default = ReminderPlan.objects.filter(is_default=True).first()
        self._default = len(default.days) if default else 0
        of_customers = CustomerPlan.objects.filter(customer__offers__in=offer_ids)
        own = FollowUp.objects.filter(offer__in=offer_ids, plan__isnull=False)
        self._own = {
            **{pk: len(days) for pk, days in of_customers.values_list("customer__offers__pk", "plan__days")},
            **{pk: len(days) for pk, days in own.values_list("offer_id", "plan__days")},
        }

    def count(self, offer_id: int) -> int:
        """Return the number of steps of the plan that counts: the offer's own, the customer's, the default one."""
        return self._own.get(offer_id, self._default)


def build_example(text: MailText, offer: Offer, *, now: datetime, recipient: str = "") -> Letter:
    """Return the letter that this text makes of a real offer, with links that lead nowhere.

    Whoever tries a text must not be able to answer in the customer's name.
    """
    steps = max(PlanSteps([offer.pk]).count(offer.pk), text.step)
    return Letter(
        message_id=new_message_id(settings.DEFAULT_FROM_EMAIL),
        mail_date=now.astimezone(ZoneInfo(settings.TIME_ZONE)),
        recipient=recipient or offer.customer.email,
        customer_email=offer.customer.email,
        customer_name=offer.customer.name,
        customer_company=offer.customer.company,
        language=text.language,
        sender=build_sender(offer, Company.get()),
        offers=(_offer_line(offer, links.new_token(), is_last_step=text.step >= steps),),
        subject_text=text.subject,
        body_text=text.text,
    )


def find_example_offer(text: MailText, number: str = "") -> Offer | None:
    """Return the newest offer with this number, else the newest one in the language of the text, else the newest."""
    offers = Offer.objects.select_related("customer", "salesperson").order_by("-sent_at")
    if number:
        return offers.filter(number=number).first()
    return offers.filter(language=text.language).first() or offers.first()
