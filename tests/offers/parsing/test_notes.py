"""Notes and replies in the languages of Europe: who wrote them, and when somebody is back."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from offers.parsing.automatic import judge_automatic
from offers.parsing.headers import parse_mail
from offers.parsing.out_of_office import find_absence
from offers.parsing.reply import find_new_text

RECEIVED_ON = date(2026, 11, 25)  # a Wednesday


class Note(NamedTuple):
    kind: str
    until: str
    header: str
    text: str


def read_notes() -> list[Note]:
    notes: list[Note] = []
    lines = Path("tests/data/notes.txt").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("# "))
    for block in text.split("=== ")[1:]:
        first, _, mail = block.partition("\n")
        kind, _, until = first.partition(" ")
        header, _, body = mail.strip().partition("\n\n")
        notes.append(Note(kind, until, header, body))
    return notes


NOTES = read_notes()
NAMES = [f"{number}-{note.header[9:40]}" for number, note in enumerate(NOTES)]


def test_there_are_enough_of_them() -> None:
    assert len(NOTES) >= 120


@pytest.mark.parametrize("note", NOTES, ids=NAMES)
def test_it_is_known_who_wrote_a_mail(note: Note) -> None:
    found = judge_automatic(parse_mail(f"{note.header}\n\n".encode()), note.text)
    kind = "personal"
    if found.code:
        kind = "certain" if found.is_certain else "uncertain"
    assert kind == note.kind


AUTOMATIC = [note for note in NOTES if note.kind != "personal"]


@pytest.mark.parametrize("note", AUTOMATIC, ids=[note.header[9:40] for note in AUTOMATIC])
def test_it_is_known_until_when_somebody_is_away(note: Note) -> None:
    subject = parse_mail(f"{note.header}\n\n".encode()).subject
    absence = find_absence(f"{subject}\n\n{find_new_text(note.text)}", RECEIVED_ON, "de")
    until = absence.until.isoformat() if absence.until else ""
    assert ("long" if absence.is_too_long else until) == note.until


@pytest.mark.parametrize(
    "piece",
    [
        "bis 7.12. ", "bis dem ", "- ", "montag ", "de la ", "dezember 7 - 9 ", "ihre nachricht ", "a",
        "automatisch ", "x? ", "((", "\n", "bitte ", "wir haben uns ", "ich bin nicht ", "1/", "ä",
    ],
)  # fmt: skip
def test_a_hostile_text_takes_no_time(piece: str, hang_guard: None) -> None:
    text = piece * (200_000 // len(piece))
    mail = parse_mail(b"Subject: AW: Angebot\n\n")
    judge_automatic(mail, text)
    find_absence(f"{text}\n\n{text}", RECEIVED_ON)
    judge_automatic(parse_mail(f"Subject: {text}\n\n".encode()), "")
