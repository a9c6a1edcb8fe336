"""What a mail does with an offer, whose offer it is about, and whether it asks for one.

The labelled rows stand in `tests/data`; `\\n` in a text is a new line.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from offers.parsing.foreign_offers import names_foreign_offer
from offers.parsing.numbers import find_number, find_number_in_text
from offers.parsing.purpose import find_purpose, is_inquiry
from offers.parsing.replaced_numbers import find_replaced, split_index

DATA = Path(__file__).parents[2] / "data"


def read_rows(name: str) -> list[list[str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [[cell.replace("\\n", "\n") for cell in row] for row in rows[1:]]


@pytest.mark.parametrize(("purpose", "subject", "text"), read_rows("purposes.tsv"))
def test_a_later_mail_does_what_its_words_say(purpose: str, subject: str, text: str) -> None:
    assert find_purpose(subject, text) == purpose


@pytest.mark.parametrize(("is_theirs", "text"), read_rows("foreign_offers.tsv"))
def test_an_offer_of_the_other_side_is_told_from_ours(is_theirs: str, text: str) -> None:
    assert names_foreign_offer(text) == (is_theirs == "1")


@pytest.mark.parametrize(("asks", "subject", "text"), read_rows("inquiries.tsv"))
def test_an_inquiry_is_told_from_an_offer(asks: str, subject: str, text: str) -> None:
    assert is_inquiry(subject, text) == (asks == "1")


@pytest.mark.parametrize(("number", "text"), read_rows("numbers_in_texts.tsv"))
def test_only_a_number_behind_a_word_for_an_offer_counts_in_a_text(number: str, text: str) -> None:
    assert (find_number_in_text(text) or "") == number


def test_a_pattern_is_searched_line_by_line_in_a_text() -> None:
    text = "Guten Tag\n\nanbei Vorgang 88-12 und Angebot 4711"
    assert find_number_in_text(text, r"Vorgang (\d+-\d+)") == "88-12"
    assert find_number_in_text("Angebot 4711", r"Vorgang (\d+-\d+)") is None


@pytest.mark.parametrize(
    "piece",
    [
        "anbei ", "dank für den ", "Ihr Angebot ", "anbei angebot ", "zu Ihrem ", "ersetzt ",
        "ersetzt 4711 und ", "a", "A-", "1 ", "2026 / ", "Angebot Nr. ", "thank you for your ",
        "bitte um ein ", "zieh wir ", "könnten Sie ", "your quotation ", "wird durch ", "ang.", "AN 2026 ",
    ],
)  # fmt: skip
def test_reading_ends_whatever_the_text(piece: str, hang_guard: None) -> None:
    text = piece * (300_000 // len(piece)) + "!"
    for _ in range(3):
        find_purpose("AW: Angebot", text)
        find_purpose(text, "")
        is_inquiry(text, "")
        is_inquiry("", text)
        names_foreign_offer(text)
        find_number(text)
        find_number_in_text(text)
        find_replaced(text)
        split_index(text)
