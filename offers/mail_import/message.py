"""What `decide.py` needs: the content of a mail (MailMessage), its database rows (MessageContext)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from offers.mail_import.folder import FolderFile
from offers.models import Customer, Offer, SourceFile
from offers.parsing.bounces import Bounce
from offers.parsing.mail import Mail
from offers.parsing.prefixes import Prefixes

_NO_MAIL, _NO_PREFIXES = Mail(), Prefixes(False, False, "")


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
    # The sign that no person wrote it.
    automatic: str = ""
    bounce: Bounce | None = None
    # The day named by an automatic reply.
    returns_on: date | None = None

    @property
    def thread(self) -> tuple[str, ...]:
        """The Message-IDs that this mail is about, the nearest first."""
        # A bounce is about the returned mail.
        if self.bounce:
            returned = (self.bounce.original_message_id, *reversed(self.bounce.original_references))
            return tuple(filter(None, returned))
        return (*self.mail.in_reply_to, *reversed(self.mail.references))

    @property
    def sender_email(self) -> str:
        """The sender's address in lower case, or an empty text."""
        return self.mail.sender.email if self.mail.sender else ""

    @property
    def sender_name(self) -> str:
        return self.mail.sender.name if self.mail.sender else ""

    @property
    def sender_domain(self) -> str:
        return self.mail.sender.domain if self.mail.sender else ""

    @property
    def bounced_emails(self) -> tuple[str, ...]:
        return self.bounce.recipients if self.bounce else ()


class EarlierCopy(NamedTuple):
    """A mail that was imported before and may be the same one."""

    file: SourceFile
    reason: SourceFile.Reason


class MessageContext(NamedTuple):
    """The database rows that matter to one mail."""

    own_domains: Collection[str] = ()
    # A mail that Nachfass sent itself, and the offer that it was about.
    is_own: bool = False
    own_offer: Offer | None = None
    earlier_copy: EarlierCopy | None = None
    same_number: Sequence[Offer] = ()
    # The offer of a mail that it answers.
    in_thread: Offer | None = None
    # Open offers of its sender, or of whom a bounce is about, that were sent before it.
    of_sender: Sequence[Offer] = ()
    # The same of the sender's company: a colleague may have written.
    of_company: Sequence[Offer] = ()
    # The customers to whom a mail could not be delivered.
    bounced: Sequence[Customer] = ()
