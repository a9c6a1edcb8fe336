"""Read a received mail: the body only of answers and of what no person wrote."""

from __future__ import annotations

from pathlib import Path

from offers.mail_import.message import MailMessage
from offers.mail_import.read_parts import find_subject_number, read_body
from offers.parsing.automatic import find_automatic_reason
from offers.parsing.body import parse_body
from offers.parsing.bounces import may_be_bounce, read_bounce
from offers.parsing.out_of_office import find_return_date
from offers.parsing.reply import find_new_text


def read_received(path: Path, message: MailMessage, pattern: str) -> None:
    """Add to a message what decides about it as a received mail."""
    mail = message.mail
    if message.is_own:
        return
    find_subject_number(message, pattern)
    # Only of these mails the body decides; all others are not read further.
    is_answer = message.prefixes.is_reply or message.thread
    if not (message.automatic or may_be_bounce(mail) or is_answer):
        return
    raw = read_body(path, message)
    if raw is None:
        return
    message.bounce = read_bounce(raw, mail)
    if not message.bounce:
        _read_answer(message, raw)


def _read_answer(message: MailMessage, raw: bytes) -> None:
    mail, body = message.mail, parse_body(raw).text
    # The automatic reply of a mailbox rule is recognised only by its text.
    message.automatic = message.automatic or find_automatic_reason(mail, body)
    if message.automatic:
        text = f"{mail.subject}\n\n{find_new_text(body)}"
        message.returns_on = find_return_date(text, received_on=message.sent_at.date())
