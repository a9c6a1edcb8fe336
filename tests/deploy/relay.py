"""The company's mail server: keeps each mail that it gets as a file.

`python -m tests.deploy.relay ADDRESS PORT FOLDER`
"""

from __future__ import annotations

import itertools
import sys
import threading
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller


class Keeper:
    def __init__(self, folder: Path) -> None:
        self.folder, self.numbers = folder, itertools.count()

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802
        (self.folder / f"{next(self.numbers):04}.eml").write_bytes(envelope.content)
        return "250 OK"


if __name__ == "__main__":
    address, port, folder = sys.argv[1:]
    Controller(Keeper(Path(folder)), hostname=address, port=int(port)).start()
    threading.Event().wait()
