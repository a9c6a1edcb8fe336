"""What one reminder mail says, before it is written out. No database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class MailSender:
    """Who the reminder comes from: the company's address and, for replies, the salesperson."""

    from_email: str
    company: str
    legal_notice: str = ""
    imprint_url: str = ""
    privacy_url: str = ""
    seller_name: str = ""
    seller_email: str = ""
    seller_phone: str = ""


@dataclass(frozen=True)
class OfferInMail:
    """One offer in the mail, with its own link. `message_id` is that of the offer mail."""

    number: str
    offered_on: date
    subject: str
    form_url: str
    opt_out_url: str
    message_id: str = ""
    is_last_step: bool = False


@dataclass(frozen=True)
class ReminderMail:
    """All that one reminder mail says.

    There is at least one offer. `recipient` may be the test address of a trial. `subject_text` and
    `body_text` are mail texts with placeholders.
    """

    message_id: str
    mail_date: datetime
    recipient: str
    customer_email: str
    customer_name: str
    customer_company: str
    language: str
    sender: MailSender
    offers: tuple[OfferInMail, ...]
    subject_text: str
    body_text: str
