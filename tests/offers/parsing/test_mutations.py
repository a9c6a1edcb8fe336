"""Ten thousand damaged mails: nothing raises, nothing hangs, and no text is unfit for the
database.
"""

from __future__ import annotations

import io
from datetime import date

import pytest

from offers.parsing.automatic import find_automatic_reason
from offers.parsing.body import has_closing_boundary, parse_body
from offers.parsing.bounces import read_bounce
from offers.parsing.fingerprint import build_fingerprint
from offers.parsing.headers import parse_mail, read_header_block
from offers.parsing.numbers import find_number
from offers.parsing.out_of_office import find_absence
from offers.parsing.prefixes import split_prefixes
from offers.parsing.reply import find_new_text
from offers.parsing.subject_words import has_keyword
from tests.offers.parsing.conftest import wind_up
from tests.offers.parsing.mutations import mutate


def read_everything(raw: bytes) -> None:
    """Read a mail in every way that the import does, and check what must hold for any mail."""
    mail = parse_mail(read_header_block(io.BytesIO(raw)))
    body = parse_body(raw)
    number = find_number(mail.subject)
    assert number is None or number in mail.subject
    has_keyword(mail.subject)
    split_prefixes(mail.subject)
    text = find_new_text(body.text)
    find_automatic_reason(mail, body.text)
    find_absence(text, date(2026, 9, 7))
    has_closing_boundary(mail, raw[-8192:])
    bounce = read_bounce(raw, mail)
    if mail.sent_at:
        assert mail.sent_at.utcoffset() is not None
        build_fingerprint(
            [address.email for address in mail.recipients], mail.subject, mail.sent_at
        )
    assert all("@" in address.email and len(address.email) <= 254 for address in mail.recipients)
    lines = [mail.subject, mail.message_id, *mail.references, *mail.in_reply_to, *body.attachments]
    lines += [text for address in mail.recipients for text in (address.email, address.name)]
    lines += [value for _, value in mail.headers]
    lines += [bounce.diagnostic, *bounce.recipients] if bounce else []
    for line in lines:
        assert not any(ord(character) < 32 for character in line)
        line.encode()
    assert "\x00" not in body.text
    body.text.encode()


def read_all(seeds: range) -> None:
    for seed in seeds:
        wind_up()
        try:
            read_everything(mutate(seed))
        except Exception as error:
            raise AssertionError(f"mutate({seed}): {error!r}") from error


def test_six_hundred_damaged_mails_are_read(hang_guard: None) -> None:
    read_all(range(600))


@pytest.mark.torture
@pytest.mark.parametrize("start", range(0, 10_000, 1_000))
def test_ten_thousand_damaged_mails_are_read(start: int, hang_guard: None) -> None:
    read_all(range(start, start + 1_000))
