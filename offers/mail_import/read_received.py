"""Read a received mail: who wrote it, what it answers, and what its body says."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from offers.mail_import.message import MOST_REFERENCES, MailMessage
from offers.mail_import.read_parts import find_subject_number, read_body
from offers.parsing.addresses import parse_addresses
from offers.parsing.authentication import is_forged
from offers.parsing.automatic import judge_automatic
from offers.parsing.body import parse_body
from offers.parsing.bounces import read_bounce
from offers.parsing.mail import Mail
from offers.parsing.mailboxes import find_domain
from offers.parsing.out_of_office import find_absence
from offers.parsing.reply import find_new_text

_MOST_REPLY_TO = 5
# A mail answers one, seldom two.
_MOST_ANSWERED = 5


def read_received(path: Path, message: MailMessage, pattern: str) -> None:
    """Add to a message what decides about it as a received mail."""
    mail = message.mail
    own_domains = {domain.strip().lower() for domain in settings.OFFERS_OWN_DOMAINS}
    servers = {server.strip().lower() for server in settings.OFFERS_AUTHSERV_ID}
    message.is_forged = is_forged(mail, servers=servers, own_domains=own_domains)
    message.is_guessing = _is_guessing(mail)
    message.reply_to = _find_reply_to(mail, own_domains)
    # The mark of a reminder can be written by anybody; the database knows our reminders.
    message.is_own = False
    find_subject_number(message, pattern)
    raw = read_body(path, message)
    if raw is None:
        return
    message.bounce = read_bounce(raw, mail)
    if not message.bounce:
        _read_answer(message, raw)


def _is_guessing(mail: Mail) -> bool:
    # Counted in the fields, because of long ones only a part is read.
    answered = mail.header("in-reply-to").count("<")
    references = mail.header("references").count("<")
    return answered > _MOST_ANSWERED or references > MOST_REFERENCES


def _find_reply_to(mail: Mail, own_domains: set[str]) -> tuple[str, ...]:
    addresses, _is_damaged = parse_addresses(mail.header("reply-to"))
    emails = [address.email for address in addresses[:_MOST_REPLY_TO]]
    return tuple(email for email in emails if find_domain(email) not in own_domains)


def _read_answer(message: MailMessage, raw: bytes) -> None:
    mail, body = message.mail, parse_body(raw).text
    message.automatic, message.is_surely_automatic = judge_automatic(mail, body)
    if message.automatic:
        text = f"{mail.subject}\n\n{find_new_text(body)}"
        message.absence = find_absence(text, message.sent_at.date(), "")
