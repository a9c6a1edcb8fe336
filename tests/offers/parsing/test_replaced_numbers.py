"""Which offer a newer one replaces: an index at the number, and the words for it."""

from __future__ import annotations

import pytest

from offers.parsing.replaced_numbers import find_replaced, split_index


@pytest.mark.parametrize(
    ("number", "base", "index"),
    [
        ("AN2026-0815-B", "AN2026-0815", "-B"),
        ("AN2026-0815R2", "AN2026-0815", "R2"),
        ("AG26-1234-R2", "AG26-1234", "-R2"),
        ("4711/2", "4711", "/2"),
        ("4711/02", "4711", "/02"),
        ("4711.2", "4711", ".2"),
        ("4711 V2", "4711", " V2"),
        ("4711 / 2", "4711", " / 2"),
        ("2026-00001-01", "2026-00001", "-01"),
        ("4711-Rev B", "4711", "-Rev B"),
        ("KV.2026.12a", "KV.2026.12", "a"),
        ("26/441/1", "26/441", "/1"),
        ("4711", "4711", ""),
        ("2026AN12", "2026AN12", ""),
        ("AN–2026–0815–B", "AN–2026–0815", "–B"),
        ("2026-7", "2026-7", ""),
        ("AN-2026-7", "AN-2026-7", ""),
        ("118/26", "118/26", ""),
        ("2026/118-MK", "2026/118-MK", ""),
        ("77-1", "77-1", ""),
        ("AN-2026-0815", "AN-2026-0815", ""),
        ("A1234", "A1234", ""),
        ("", "", ""),
    ],
)
def test_the_index_at_a_number_is_told_from_it(number: str, base: str, index: str) -> None:
    assert split_index(number) == (base, index)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Angebot 88120 (ersetzt Angebot 87990)", ("87990",)),
        ("Neues Angebot 2026-0816 ersetzt 2026-0815", ("2026-0815",)),
        ("Dieses Angebot ersetzt unser Angebot Nr. 87990 vom 3.3.2026.", ("87990",)),
        ("ersetzt die Angebote 4711 und 4712", ("4711", "4712")),
        ("Anstelle von Offerte 26-0815 erhalten Sie", ("26-0815",)),
        ("Unser Angebot 87990 wird durch dieses ersetzt.", ("87990",)),
        ("Offre 77-26 (annule et remplace 76-26)", ("76-26",)),
        ("Elle remplace notre offre n° 1176 du 3 mars", ("1176",)),
        ("Offre 26-2044 (annule 26-2040)", ("26-2040",)),
        ("Offerta 77/26 - sostituisce 76/26", ("76/26",)),
        ("La presente sostituisce la nostra offerta n. 1176", ("1176",)),
        ("This replaces our quotation Q-2026-118.", ("Q-2026-118",)),
        ("anstelle des Angebots 2026-1042", ("2026-1042",)),
        ("Cette offre annule et remplace l'offre 2026-1042", ("2026-1042",)),
        ("La presente annulla e sostituisce l'offerta 2026-1042", ("2026-1042",)),
        ("Quotation Q-118 is superseded by Q-119", ("Q-118",)),
        ("Angebot 2026-0815 wird ersetzt durch 2026-0816", ("2026-0815",)),
        ("Angebot 4711: alle Fenster werden ersetzt", ()),
        ("Angebot 4711, Pumpe ersetzt 2 alte", ()),
        ("Angebot 4711 Carport", ()),
    ],
)
def test_the_words_name_what_is_replaced(text: str, numbers: tuple[str, ...]) -> None:
    assert find_replaced(text) == numbers
