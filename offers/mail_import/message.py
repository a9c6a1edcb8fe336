"""What the decisions need: the content of a mail (MailMessage), its database rows (MessageContext)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from offers.mail_import.folder import FolderFile
from offers.models import Customer, Offer, SourceFile
from offers.ours import Ours
from offers.parsing.findings import Absence, Bounce
from offers.parsing.mail import Mail
from offers.parsing.mailboxes import find_domain
from offers.parsing.prefixes import Prefixes

_NO_MAIL, _NO_PREFIXES, _NO_ABSENCE = Mail(), Prefixes(False, False, ""), Absence()
# Longer threads are real, but who answers one names what it answers first.
MOST_REFERENCES = 50


_MOST_RECIPIENTS = 100


@dataclass(slots=True)
class MailMessage:
    """One mail file: filled in step by step while it is read, and not changed after that."""

    file: FolderFile
    sent_at: datetime
    # With a problem only the file is known.
    problem: SourceFile.Reason | None = None
    detail: str = ""
    mail: Mail = _NO_MAIL
    header_hash: str = ""
    fingerprint: str | None = None
    defects: tuple[str, ...] = ()
    prefixes: Prefixes = _NO_PREFIXES
    # The offer number as written, in the subject or in the name of an attachment.
    number: str = ""
    # The pattern for offer numbers took too long on this mail.
    pattern_timed_out: bool = False
    number_in_attachment: bool = False
    has_keyword: bool = False
    # The name of an attachment that looks like an offer.
    offer_file: str = ""
    # An order, an invoice or the like, which only names the number.
    is_other_document: bool = False
    is_appointment: bool = False
    is_too_large: bool = False
    # Encrypted, with a subject that only the recipient can read.
    hides_subject: bool = False
    is_own: bool = False
    # The sign that no person wrote it, and whether there is no doubt about it.
    automatic: str = ""
    is_surely_automatic: bool = False
    bounce: Bounce | None = None
    # How long its sender is away, as an automatic reply says.
    absence: Absence = _NO_ABSENCE
    # Where answers to it are to go, besides its sender.
    reply_to: tuple[str, ...] = ()
    # Our mail server noted that it does not come from the domain of its sender.
    is_forged: bool = False
    # It names far more mails that it answers than a person's mail does.
    is_guessing: bool = False
    # Of a received mail: its number is that of an offer of ours, if there is one.
    may_name_ours: bool = False
    # A second number that its new text names.
    other_number: str = ""
    # It asks for another offer, in no conversation.
    is_new_inquiry: bool = False
    # Of a sent mail: its new text and the names of its attachments, as far as they were needed.
    text: str | None = None
    attachments: tuple[str, ...] = ()
    is_number_in_subject: bool = False
    number_in_text: bool = False
    is_only_pdf: bool = False
    # Its content cannot be looked into, as that of an opaque signature.
    is_closed: bool = False
    is_draft: bool = False
    # Its subject thanks for an order or confirms one, without an offer number.
    speaks_of_order: bool = False
    # The mail inside a journal envelope, as which the file counts.
    content: bytes | None = None

    @property
    def thread(self) -> tuple[str, ...]:
        """The Message-IDs that this mail is about, the nearest first."""
        # A bounce is about the returned mail. Some name it only as the mail that they answer.
        if self.bounce and self.bounce.original_message_id:
            return (self.bounce.original_message_id,)
        named = (*self.mail.in_reply_to, *reversed(self.mail.references))
        return named[:MOST_REFERENCES]

    @property
    def sender_email(self) -> str:
        """The sender's address in lower case, or an empty text."""
        return self.mail.sender.email if self.mail.sender else ""

    @property
    def sender_emails(self) -> tuple[str, ...]:
        """The addresses of whoever wrote it: the sender's, and those where answers are to go."""
        return tuple(dict.fromkeys(filter(None, (self.sender_email, *self.reply_to))))

    @property
    def sender_name(self) -> str:
        return self.mail.sender.name if self.mail.sender else ""

    @property
    def sender_domain(self) -> str:
        return find_domain(self.sender_email)

    @property
    def bounced_emails(self) -> tuple[str, ...]:
        return self.bounce.recipients if self.bounce else ()


class EarlierCopy(NamedTuple):
    """A mail that was imported before and may be the same one."""

    file: SourceFile
    reason: SourceFile.Reason


class KnownMessage(NamedTuple):
    """A mail of an offer: when it was sent, to whom, and whether we sent it."""

    offer: Offer
    sent_at: datetime
    recipients: tuple[str, ...] = ()
    is_ours: bool = False


class MessageContext(NamedTuple):
    """The database rows that matter to one mail."""

    ours: Ours = Ours()
    # A mail that Nachfass sent itself, and the offer that it was about.
    is_own: bool = False
    own_offer: Offer | None = None
    earlier_copy: EarlierCopy | None = None
    same_number: Sequence[Offer] = ()
    # The offer of a mail that it answers, and when that mail was sent.
    in_thread: Offer | None = None
    answered_at: datetime | None = None
    # The sender could know of that mail: the customer, somebody who got it, or their company.
    knows_thread: bool = False
    # The offer whose number it names, if the sender could know of it.
    by_number: Offer | None = None
    # Further open offers of its sender's company that it names beside the one in whose thread it is.
    also_named: Sequence[Offer] = ()
    # Open offers whose number it names, whoever wrote it.
    named: Sequence[Offer] = ()
    # Open offers of its sender, or of whom a bounce is about, that were sent before it.
    of_sender: Sequence[Offer] = ()
    # The same of the sender's company: a colleague may have written.
    of_company: Sequence[Offer] = ()
    # The customers to whom a mail of ours could not be delivered, as its report proves.
    bounced: Sequence[Customer] = ()
    # The customers that a report names without proof.
    maybe_bounced: Sequence[Customer] = ()
    # How many addresses bounced within an hour of it.
    bounce_count: int = 0
    # The nearest known mail that a sent mail answers, and whether we sent that one.
    answered: SourceFile | None = None
    answers_ours: bool = False
    # Open offers of its recipients, for a mail that speaks of an order.
    of_recipients: Sequence[Offer] = ()
    # Those of its recipients to whom no mail can be delivered.
    unreachable: frozenset[str] = frozenset()


def list_recipients(mail: Mail) -> list[dict[str, str]]:
    """Return the recipients as the import log keeps them."""
    recipients = []
    fields = (("to", mail.to), ("cc", mail.cc), ("bcc", mail.bcc), ("resent-to", mail.resent_to))
    for field_name, addresses in fields:
        for address in addresses[:_MOST_RECIPIENTS]:
            entry = {"field": field_name, "email": address.email, "name": address.name[:200]}
            recipients.append(entry)
    return recipients
