"""`make demo-offer TO=…`: write one more offer into the watched folder, as David does when a
salesperson sends it.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from crm.demo.mail_files import MailFile, Person, message_id
from crm.demo.sample_data import SALESPEOPLE
from crm.demo.start import FOLDER


def main(address: str) -> None:
    folder = FOLDER / "outgoing"
    if "@" not in address or not address.isascii():
        sys.exit("To whom? For example: make demo-offer TO=you@example.org")
    if not folder.is_dir():
        sys.exit("The demo has not been started yet. In another window: make demo")
    now, salesperson = datetime.now(UTC), SALESPEOPLE[0]
    number = f"AN-{now:%Y}-{now:%j%H%M%S}"
    identifier = message_id(int(now.timestamp()) % 2**32, now)
    mail = MailFile(
        sender=Person(salesperson.name, salesperson.email),
        recipients=[Person(address.partition("@")[0], address)],
        subject=f"Ihr Angebot {number} Stahltreppe",
        sent_at=now,
        message_id=identifier,
        text=f"Guten Tag\n\nanbei erhalten Sie unser Angebot {number}.\n\nFreundliche Grüsse\n{salesperson.name}",
        attachment=f"Angebot_{number}.pdf",
    )
    path = folder / mail.file_name
    path.write_bytes(mail.content())
    print(f"{path.name} lies in var/demo/outgoing: offer {number} to {address}.")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
