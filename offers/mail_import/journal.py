"""Take the mail out of a journal envelope, in which Exchange copies every mail."""

from __future__ import annotations

import re

from offers.mail_import.files import HeaderBlock
from offers.parsing.addresses import parse_addresses
from offers.parsing.headers import parse_mail
from offers.parsing.mail import Address, Mail
from offers.parsing.mime import read_parts, split_head

_LONGEST_ENVELOPE = 64 * 1024
# `Recipient: keller@kunde.example`, `To: … , Forwarded: …`, `Bcc: …`.
_RECIPIENT = re.compile(r"^(?:Recipient|To|Cc|Bcc):[ \t]*(.+)$", re.IGNORECASE | re.MULTILINE)


def open_journal(raw: bytes, header: HeaderBlock) -> tuple[HeaderBlock, bytes | None]:
    """Return the header block of the mail inside an envelope, and that mail as a whole.

    Without one, the envelope's own header block and None.
    """
    envelope = ""
    for part in read_parts(raw)[0]:
        if part.content_type == "text/plain" and not envelope:
            envelope = part.text(_LONGEST_ENVELOPE)
        elif part.content_type == "message/rfc822":
            content = part.decode().lstrip(b"\r\n")
            block = split_head(content)[0]
            mail = _add_recipients(parse_mail(block), envelope)
            return HeaderBlock(block, mail, header.is_unfinished), content
    return header, None


def _add_recipients(mail: Mail, envelope: str) -> Mail:
    """Add the recipients that only the envelope names, as those of blind copies."""
    known = {address.email for address in mail.recipients}
    added: dict[str, Address] = {}
    for line in _RECIPIENT.findall(envelope):
        for address in parse_addresses(line.partition(", Forwarded:")[0])[0]:
            if address.email not in known:
                added.setdefault(address.email, address)
    return mail._replace(bcc=(*mail.bcc, *added.values()))
