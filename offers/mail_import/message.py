"""What a mail file says, as far as deciding needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from offers.mail_import.folder import FolderFile
from offers.models import SourceFile
from offers.parsing.bounces import Bounce
from offers.parsing.mail import Mail
from offers.parsing.prefixes import Prefixes

_NO_MAIL, _NO_PREFIXES = Mail(), Prefixes(False, False, "")


@dataclass(slots=True)
class MailMessage:
    """One mail file, read. With a `problem` nothing else than its file is known.

    Filled in step by step while the file is read, and not changed after that.

    `pattern_timed_out` says that the pattern for offer numbers took too long on this mail.
    `number` is the offer number as written, found in the subject or, with `number_in_attachment`,
    in the name of an attachment; `offer_file` is the name of an attachment that looks like an
    offer. `is_other_document` is an order, an invoice or the like that only names the number,
    `is_appointment` an invitation to a meeting. `automatic` is the sign that no person wrote it,
    `returns_on` the day named by an automatic reply. `hides_subject` is an encrypted mail whose
    subject only its recipient can read.
    """

    file: FolderFile
    sent_at: datetime
    problem: SourceFile.Reason | None = None
    detail: str = ""
    mail: Mail = _NO_MAIL
    header_hash: str = ""
    fingerprint: str | None = None
    defects: tuple[str, ...] = ()
    prefixes: Prefixes = _NO_PREFIXES
    number: str = ""
    pattern_timed_out: bool = False
    number_in_attachment: bool = False
    has_keyword: bool = False
    offer_file: str = ""
    is_other_document: bool = False
    is_appointment: bool = False
    is_too_large: bool = False
    hides_subject: bool = False
    is_own: bool = False
    automatic: str = ""
    bounce: Bounce | None = None
    returns_on: date | None = None

    @property
    def thread(self) -> tuple[str, ...]:
        """The Message-IDs that this mail is about, the nearest first."""
        # A bounce is about the mail that came back.
        if self.bounce:
            returned = (self.bounce.original_message_id, *reversed(self.bounce.original_references))
            return tuple(filter(None, returned))
        return (*self.mail.in_reply_to, *reversed(self.mail.references))

    @property
    def sender_email(self) -> str:
        """The sender's address in lower case, or an empty text."""
        if self.mail.sender is None:
            return ""
        return self.mail.sender.email

    @property
    def sender_domain(self) -> str:
        """The domain of the sender's address, or an empty text."""
        if self.mail.sender is None:
            return ""
        return self.mail.sender.domain

    @property
    def bounced_emails(self) -> tuple[str, ...]:
        """The addresses that a bounce could not be delivered to."""
        if self.bounce is None:
            return ()
        return self.bounce.recipients
