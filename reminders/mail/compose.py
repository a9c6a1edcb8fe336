"""Compose the content of a reminder mail from its offers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from crm.accounts.models import OwnCompany, User
from feedback import links
from offers.models import Offer, number_key
from reminders.histories import OfferCase, load_cases
from reminders.mail.message import new_message_id
from reminders.mail.rendering import MailSender, OfferInMail, ReminderMail, placeholders
from reminders.mail.templating import MailTextError, render
from reminders.models import FollowUp, MailText, Reminder
from reminders.planning import Plans


class MailSources:
    """The own company, the salespeople and the mail texts, read once for a run."""

    def __init__(self) -> None:
        self.company = OwnCompany.get()
        self.salespeople = User.objects.in_bulk()
        self._texts: dict[str, list[MailText]] = defaultdict(list)
        for text in MailText.objects.order_by("step"):
            self._texts[text.language].append(text)

    def get_text(self, language: str, step: int) -> MailText:
        """Return the text of a step in the language, else in German. Raises MailTextError."""
        for candidate in (language, "de"):
            texts = self._texts[candidate]
            if texts:
                # A step that has no text gets that of the step before.
                found = texts[0]
                for text in texts:
                    if text.step <= step:
                        found = text
                return found
        raise MailTextError(f"There is no mail text for step {step}.")


def compose(
    rows: Sequence[Reminder], cases: Sequence[OfferCase], plans: Plans, sources: MailSources
) -> ReminderMail:
    """Return the mail of these reminders of one customer. Raises MailTextError."""
    first, own_text, lines = cases[0].offer, "", []
    for row, case in zip(rows, cases, strict=True):
        own_text = own_text or case.follow_up.own_text
        if case.token is not None:
            is_last_step = row.step >= plans.count_steps(case)
            lines.append(_describe(case.offer, case.token, is_last_step=is_last_step))
    text = sources.get_text(first.language, min(row.step for row in rows))
    # Not the language of the text, which may be the German one for lack of another.
    return _compose(
        rows[0], first, lines, sources, text=text, language=first.language, own_text=own_text
    )


def _compose(
    row: Reminder,
    first: Offer,
    lines: Sequence[OfferInMail],
    sources: MailSources,
    *,
    text: MailText,
    language: str,
    own_text: str = "",
) -> ReminderMail:
    return ReminderMail(
        message_id=row.message_id,
        mail_date=row.mail_date.astimezone(ZoneInfo(settings.TIME_ZONE)),
        recipient=row.recipient,
        customer_email=first.customer.email,
        customer_name=first.customer.name,
        customer_company=first.customer.company,
        language=language,
        sender=_find_sender(first, sources),
        offers=tuple(lines),
        subject_text=text.subject,
        body_text=own_text or text.text,
    )


def _describe(offer: Offer, token: UUID, *, is_last_step: bool) -> OfferInMail:
    return OfferInMail(
        number=offer.number,
        offered_on=offer.sent_at.astimezone(ZoneInfo(settings.TIME_ZONE)).date(),
        subject=offer.subject,
        form_url=links.form_url(settings.FEEDBACK_BASE_URL, token),
        opt_out_url=links.opt_out_url(settings.FEEDBACK_BASE_URL, token),
        message_id=offer.message_id,
        is_last_step=is_last_step,
    )


def _find_sender(offer: Offer, sources: MailSources) -> MailSender:
    # Without a salesperson it is the sender of the offer mail, as also with one who was added
    # after the run began.
    name, email, phone = "", "", ""
    if person := sources.salespeople.get(offer.salesperson_id or 0):
        name, email, phone = person.get_full_name(), person.email, person.phone
    company = sources.company
    return MailSender(
        from_email=settings.DEFAULT_FROM_EMAIL,
        company=company.name or offer.sender_email.rpartition("@")[2],
        legal_notice=company.legal_notice,
        imprint_url=company.imprint_url,
        privacy_url=company.privacy_url,
        salesperson_name=name or offer.sender_name,
        salesperson_email=email or offer.sender_email,
        salesperson_phone=phone,
    )


def build_example(
    text: MailText, offer: Offer, *, now: datetime, recipient: str = ""
) -> ReminderMail:
    """Return the mail of this text about a real offer, with links that do not work."""
    [case] = load_cases([offer.pk], now)
    # Whoever tries out a text must not be able to answer for the customer.
    token = links.new_token()
    is_last_step = text.step >= Plans().count_steps(case)
    # Not stored: the example has no place among the reminders that were sent.
    row = Reminder(
        message_id=new_message_id(settings.DEFAULT_FROM_EMAIL),
        mail_date=now,
        recipient=recipient or case.offer.customer.email,
    )
    line = _describe(case.offer, token, is_last_step=is_last_step)
    return _compose(row, case.offer, [line], MailSources(), text=text, language=text.language)


def find_example_offer(text: MailText, number: str = "") -> Offer | None:
    """Return the newest offer with this number, else in the language of the text, else of all."""
    offers = Offer.objects.order_by("-sent_at")
    if number:
        return offers.filter(number_key=number_key(number)).first()
    return offers.filter(language=text.language).first() or offers.first()


def write_next_text(follow_up: FollowUp, now: datetime) -> str:
    """Return the text of the next reminder as written by its mail text, or "" if that fails."""
    try:
        text = MailSources().get_text(follow_up.offer.language, follow_up.next_step or 1)
        mail = build_example(text, follow_up.offer, now=now)
        return render(mail.body_text, placeholders(mail)).strip()
    except MailTextError:
        return ""
