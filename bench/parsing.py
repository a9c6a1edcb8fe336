"""Header blocks per second: ours beside the standard library's `policy.default` and `compat32`, on
the same mails.

`python -m bench.parsing [--mails 5000] [--rounds 5]`. The mails are variations of the David
samples. Each method reads To, Subject, Date and Message-ID; the best of several rounds in turn
counts, in processor time, because other programs run beside it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path

from offers.parsing.headers import parse_mail
from offers.parsing.numbers import find_number

DAVID = Path(__file__).resolve().parent.parent / "tests" / "data" / "david"


def make_blocks(count: int) -> list[bytes]:
    """Return header blocks that differ in number, recipient and Message-ID."""
    samples = [
        path.read_bytes().split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n"
        for path in sorted(DAVID.glob("*.eml"))
    ]
    return [
        samples[index % len(samples)]
        .replace(b"0815", b"%05d" % index)
        .replace(b"Message-ID: <", b"Message-ID: <%d." % index)
        for index in range(count)
    ]


def read_ours(block: bytes) -> None:
    parse_mail(block)


def read_ours_with_number(block: bytes) -> None:
    find_number(parse_mail(block).subject)


def read_default(block: bytes) -> None:
    message = message_from_bytes(block, policy=policy.default)
    _ = [address.addr_spec for line in message.get_all("to", []) for address in line.addresses]
    _ = str(message["subject"]), message["date"].datetime, str(message["message-id"])


def read_compat(block: bytes) -> None:
    message = message_from_bytes(block)
    getaddresses([str(line) for line in message.get_all("to", [])])
    str(make_header(decode_header(message["subject"])))
    parsedate_to_datetime(str(message["date"]))
    str(message["message-id"])


METHODS: dict[str, Callable[[bytes], None]] = {
    "ours": read_ours,
    "ours, with the offer number": read_ours_with_number,
    "standard library, policy.default": read_default,
    "standard library, compat32": read_compat,
}


def measure(blocks: Sequence[bytes], rounds: int) -> dict[str, float]:
    """Return header blocks per second of each method, the best of all rounds."""
    best = dict.fromkeys(METHODS, 0.0)
    for _ in range(rounds):
        for name, read in METHODS.items():
            started = time.process_time()
            for block in blocks:
                read(block)
            best[name] = max(best[name], len(blocks) / (time.process_time() - started))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rates = measure(make_blocks(arguments.mails), arguments.rounds)
    for name, rate in rates.items():
        print(
            f"{name:<36} {rate:>9,.0f} header blocks per second, {rates['ours'] / rate:.1f} times slower than ours"
        )


if __name__ == "__main__":
    main()
