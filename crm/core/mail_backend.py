"""The mail backend of Django's mail functions."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from email.utils import parseaddr

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from crm.core.smtp import Connection, Server
from crm.core.smtp_replies import SendOutcome, SmtpUnavailableError

logger = logging.getLogger(__name__)


class EmailBackend(BaseEmailBackend):
    """Sends over `crm.core.smtp`, so that all mails can log in by OAuth2."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send the mails over one connection and return how many were accepted.

        With fail_silently a refused mail is logged, else SmtpUnavailableError is raised.
        """
        messages = [message for message in email_messages if message.recipients()]
        if not messages:
            return 0
        accepted = 0
        try:
            with Connection(Server.from_settings()) as connection:
                for message in messages:
                    accepted += self._send(connection, message)
        except SmtpUnavailableError as error:
            if not self.fail_silently:
                raise
            logger.warning("No mail sent, the mail server is not available at %s.", error.stage)
        return accepted

    def _send(self, connection: Connection, message: EmailMessage) -> bool:
        recipients = [parseaddr(recipient)[1] for recipient in message.recipients()]
        sender = parseaddr(message.from_email)[1]
        result = connection.send(sender, recipients, message.message().as_bytes())
        if result.outcome is not SendOutcome.ACCEPTED and not self.fail_silently:
            raise SmtpUnavailableError(result.stage, result.words, result.code)
        return result.outcome is SendOutcome.ACCEPTED
