"""Two files of one mail have one fingerprint, two mails have two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from offers.parsing.fingerprint import build_fingerprint

SENT_AT = datetime(2026, 9, 14, 7, 12, 40, 999, tzinfo=UTC)


def test_order_case_blanks_zone_and_fractions_do_not_matter() -> None:
    one = build_fingerprint(["a@x.example", "b@y.example"], "Angebot 4711", SENT_AT)
    other = build_fingerprint(
        ["B@Y.example", "A@x.example", "a@x.example"],
        "  Angebot\t 4711 ",
        SENT_AT.replace(microsecond=0).astimezone(timezone(timedelta(hours=2))),
    )
    assert one == other
    assert len(one) == 64


def test_recipient_subject_and_second_each_matter() -> None:
    prints = {
        build_fingerprint(["a@x.example"], "Angebot 4711", SENT_AT),
        build_fingerprint(["b@x.example"], "Angebot 4711", SENT_AT),
        build_fingerprint(["a@x.example"], "Angebot 4712", SENT_AT),
        build_fingerprint(["a@x.example"], "Angebot 4711", SENT_AT + timedelta(seconds=1)),
        build_fingerprint([], "a@x.example Angebot 4711", SENT_AT),
        build_fingerprint([], "", SENT_AT),
    }
    assert len(prints) == 6
