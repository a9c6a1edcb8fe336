"""An office with a folder of sent and one of received mails, for tests of what one does to the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path

from offers.models import MailFolder, Offer, SourceFile
from tests.offers.imports import import_folders
from tests.offers.mails import SENT_AT, build_mail, make_folder, write_file

CUSTOMER = "Jörg Bühler <buehler@kunde-eins.example>"
OFFER_ID = "<offer@muster-metallbau.example>"
LATER = SENT_AT + timedelta(days=2)
Step = Callable[[], SourceFile]


class Office:
    """Mails are written and imported one by one, in the order of the calls."""

    def __init__(self, path: Path) -> None:
        self._numbers: Iterator[int] = count(1)
        self.folders: dict[str, MailFolder] = {}
        for name in ("outgoing", "incoming"):
            (path / name).mkdir()
            self.folders[name] = make_folder(path / name, direction=name)

    def send(self, **fields: object) -> SourceFile:
        """Import a sent mail, by default an offer."""
        defaults = {"subject": "Angebot AN-2026-0815", "to": CUSTOMER, "message_id": OFFER_ID}
        return self._import("outgoing", build_mail(**{**defaults, **fields}))  # type: ignore[arg-type]

    def receive(self, **fields: object) -> SourceFile:
        """Import a received mail, by default one of the customer without any reference."""
        defaults = {
            "sender": CUSTOMER,
            "to": "p.vogt@muster-metallbau.example",
            "subject": "Frage",
            "sent_at": LATER,
        }
        return self._import("incoming", build_mail(**{**defaults, **fields}))  # type: ignore[arg-type]

    def _import(self, direction: str, content: bytes) -> SourceFile:
        folder, name = self.folders[direction], f"{next(self._numbers)}.eml"
        write_file(Path(folder.path), name, content)
        import_folders([folder])
        return SourceFile.objects.get(folder=folder, name=name)


def run_steps(steps: Sequence[Step], *, is_reversed: bool) -> list[SourceFile]:
    """Run the steps in their order or from the last to the first; return their files as they are
    in the end, in the order of the steps.
    """
    chosen = list(reversed(steps)) if is_reversed else list(steps)
    files = [step() for step in chosen]
    for file in files:
        file.refresh_from_db()
    return list(reversed(files)) if is_reversed else files


def because(offer: Offer) -> str:
    """Return why no reminder of the offer comes; empty if one comes."""
    follow_up = Offer.objects.get(pk=offer.pk).follow_up
    return "" if follow_up.next_at else follow_up.because


def build_report(
    *recipients: str,
    returned: str | None = OFFER_ID,
    returned_to: str = "",
    original: str = "",
    status: str = "5.1.1",
    action: str = "failed",
    diagnostic: str = "550 5.1.1 User unknown",
) -> dict[str, object]:
    """Return the fields of a delivery report (RFC 3464) about these recipients."""
    blocks = ["Reporting-MTA: dns; mx.example"]
    for recipient in recipients:
        lines = [f"Final-Recipient: rfc822; {recipient}", f"Action: {action}", f"Status: {status}"]
        if original:
            lines.insert(0, f"Original-Recipient: rfc822; {original}")
        lines.append(f"Diagnostic-Code: smtp; {diagnostic}")
        blocks.append("\r\n".join(lines))
    parts = [
        "Content-Type: text/plain\r\n\r\nIt could not be delivered.\r\n",
        "Content-Type: message/delivery-status\r\n\r\n" + "\r\n\r\n".join(blocks) + "\r\n",
    ]
    if returned:
        head = f"Message-ID: {returned}\r\nFrom: p.vogt@muster-metallbau.example\r\n"
        if returned_to:
            head += f"To: {returned_to}\r\n"
        parts.append(f"Content-Type: text/rfc822-headers\r\n\r\n{head}Subject: Angebot\r\n")
    return {
        "sender": "MAILER-DAEMON@mx.example",
        "subject": "Undelivered Mail Returned to Sender",
        "headers": 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "body": "".join(f"--b\r\n{part}\r\n" for part in parts) + "--b--\r\n",
    }
