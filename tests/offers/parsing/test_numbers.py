"""The offer number in a subject line: the labelled subjects, people's own patterns, and what must
never be taken.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offers.parsing.numbers import find_number
from offers.parsing.subject_words import has_keyword, names_other_document

DATA = Path(__file__).parents[2] / "data"


def read_subjects(name: str) -> list[tuple[str, str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows)
        return [(row[0], row[1], row[2]) for row in rows]


SHARED, OWN = read_subjects("subjects.tsv"), read_subjects("subjects_own.tsv")


@pytest.mark.parametrize(("subject", "number", "note"), SHARED + OWN)
def test_it_finds_the_number_that_a_person_finds(subject: str, number: str, note: str) -> None:
    assert (find_number(subject) or "") == number


def test_a_person_looks_at_what_is_not_certain_and_at_nothing_else() -> None:
    for subject, number, note in OWN:
        if number or note.startswith("review"):
            assert has_keyword(subject), subject
        if note.startswith("none"):
            assert not has_keyword(subject), subject


ROUNDS = ("third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def test_orders_and_invoices_are_told_from_the_offer_that_they_name() -> None:
    rounds = [row for row in OWN if row[1] and row[2].rstrip(")").endswith(ROUNDS)]
    for subject, _number, note in rounds:
        assert names_other_document(subject) == note.startswith("other"), subject


@given(st.text(max_size=300))
def test_it_never_raises_and_only_returns_what_is_there(text: str) -> None:
    number = find_number("Angebot " + text)
    assert number is None or number in text
    assert has_keyword("Angebot " + text) or text[:1].isalpha()


def test_a_pattern_replaces_the_recognition() -> None:
    assert find_number("Angebot 4711, Vorgang 88-12", r"Vorgang (\d+-\d+)") == "88-12"
    assert find_number("Angebot 4711", r"Vorgang (\d+-\d+)") is None
    assert find_number("vorgang A7", r"(?P<kind>Vorgang) (?P<number>\w+)") == "A7"


def test_a_keyword_that_is_part_of_something_else_is_no_harm() -> None:
    assert find_number("Projekt-Nr. 12/Angebot-7 und Tor") is None


@pytest.mark.parametrize(
    "subject", ["Angebotsanfrage 4500098765", "Rechnung 4711", "Terminverschiebung", ""]
)
def test_no_keyword_is_seen_where_none_is(subject: str) -> None:
    assert not has_keyword(subject)


@pytest.mark.parametrize(
    "subject", ["Ihr Angebot", "Richtofferte Lüftung", "KVA Treppe", "Votre devis"]
)
def test_a_keyword_is_seen_without_a_number(subject: str) -> None:
    assert has_keyword(subject)
    assert find_number(subject) is None
