"""Load what decides about sent mails beyond the offers: who is ours, and which mails they answer."""

from __future__ import annotations

from collections.abc import Iterable

from offers.mail_import.message import MailMessage, MessageContext
from offers.models import MailFolder, SourceFile
from offers.new_offers import People
from offers.ours import Ours, load_ours


class SentEvidence:
    """The database rows that matter to sent mails alone."""

    def __init__(self) -> None:
        self._ours = Ours()
        self._people = People({}, {})
        self._answered: dict[str, SourceFile] = {}

    def load(self, messages: Iterable[MailMessage], people: People) -> None:
        """Load what matters to the sent mails of one batch."""
        self._people, self._ours = people, load_ours(people.salespeople)
        thread: set[str] = set()
        for message in messages:
            thread.update(message_id[:500] for message_id in message.thread)
        rows = SourceFile.objects.filter(message_id__in=thread).select_related("folder")
        for row in rows.order_by("pk"):
            self._answered[row.message_id] = row

    def add_message(self, row: SourceFile) -> None:
        """Add a decided mail of any folder, for the messages that follow."""
        if row.message_id:
            self._answered.setdefault(row.message_id, row)

    def describe(self, message: MailMessage, context: MessageContext) -> MessageContext:
        """Add to the context of a sent mail who is ours and what it answers."""
        answered = self._find_answered(message)
        return context._replace(
            ours=self._ours,
            answered=answered,
            answers_ours=self._answers_ours(message, answered),
            unreachable=self._find_unreachable(message),
        )

    def _find_answered(self, message: MailMessage) -> SourceFile | None:
        for message_id in message.thread:
            if row := self._answered.get(message_id[:500]):
                return row
        return None

    def _answers_ours(self, message: MailMessage, answered: SourceFile | None) -> bool:
        if answered is not None:
            return answered.folder.direction == MailFolder.Direction.OUTGOING
        return bool(message.thread) and self._ours.has_message_id(message.thread[0])

    def _find_unreachable(self, message: MailMessage) -> frozenset[str]:
        emails = set()
        for recipient in message.mail.recipients:
            customer = self._people.customers.get(recipient.email)
            if customer is not None and customer.bounced_at:
                emails.add(recipient.email)
        return frozenset(emails)
