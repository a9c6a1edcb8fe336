"""The mail backend of Django's mail functions."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from crm.core.smtp import Connection, Server
from crm.core.smtp_replies import SendOutcome, SmtpUnavailableError

logger = logging.getLogger(__name__)


class EmailBackend(BaseEmailBackend):
    """Sends over `crm.core.smtp`, so that all mails can log in by OAuth2."""

    def __init__(
        self, fail_silently: bool = False, *, server: Server | None = None, **_ignored: Any
    ) -> None:
        super().__init__(fail_silently)
        self.server = server or Server.from_settings()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send the mails over one connection and return how many were accepted.

        Stops at the first refused mail: raises SmtpUnavailableError, or logs with `fail_silently`.
        """
        messages = [message for message in email_messages if message.recipients()]
        if not messages:
            return 0
        accepted = 0
        try:
            with Connection(self.server) as connection:
                for message in messages:
                    _send(connection, message)
                    accepted += 1
        except SmtpUnavailableError as error:
            if not self.fail_silently:
                raise
            host = self.server.host
            logger.warning("%s did not accept a mail at %s: %s", host, error.stage, error.code)
        return accepted


def _send(connection: Connection, message: EmailMessage) -> None:
    recipients = [parseaddr(recipient)[1] for recipient in message.recipients()]
    sender = parseaddr(message.from_email)[1]
    result = connection.send(sender, recipients, message.message().as_bytes())
    if result.outcome is not SendOutcome.ACCEPTED:
        raise SmtpUnavailableError(result.stage, result.reply_text, result.code)
