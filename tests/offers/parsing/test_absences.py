"""The day of return in absence notes, in four languages."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offers.parsing.automatic import find_return_date

RECEIVED_ON = date(2026, 9, 7)  # a Monday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ich bin am 14.09. wieder zurück.", "2026-09-14"),
        ("Ich bin zurück am 14.09.", "2026-09-14"),
        ("Ich bin bis einschliesslich 14.09.2026 abwesend.", "2026-09-14"),
        ("Ich bin bis einschließlich Montag, 14.09.2026 nicht im Haus.", "2026-09-14"),
        ("Bis einschl. 14.9. bin ich nicht erreichbar.", "2026-09-14"),
        ("Ab dem 15. September bin ich wieder für Sie da.", "2026-09-15"),
        ("Ab Dienstag, dem 15. September 2026, wieder erreichbar.", "2026-09-15"),
        ("Vom 07.09. bis zum 14.09. bin ich im Urlaub.", "2026-09-14"),
        ("Urlaub vom 7. bis 14. September 2026", "2026-09-14"),
        ("Abwesend 07.09.2026 - 14.09.2026", "2026-09-14"),
        ("Abwesend vom 07.09.–14.09.2026.", "2026-09-14"),
        ("Vom 7.9. bis 14.9. im Urlaub, ab dem 15.9. bin ich wieder im Büro.", "2026-09-15"),
        ("Ich kehre am 21. Sept. 2026 zurück.", "2026-09-21"),
        ("Ich bin voraussichtlich am 14.09.26 wieder im Büro.", "2026-09-14"),
        ("Ich bin bis 3. Januar im Urlaub.", "2027-01-03"),
        ("Wir haben Betriebsferien und sind ab 04.01. wieder da.", "2027-01-04"),
        ("Ich bin heute ausser Haus und am Montag wieder erreichbar.", "2026-09-14"),
        ("Ich bin bis Freitag nicht im Büro.", "2026-09-11"),
        ("I will be back on 14 September.", "2026-09-14"),
        ("I am out of the office until Sept 14.", "2026-09-14"),
        ("I am on leave through September 14th, 2026.", "2026-09-14"),
        ("Out of office from 7 to 14 September", "2026-09-14"),
        ("I'll be back in the office on Monday, 14th of September 2026.", "2026-09-14"),
        ("I return on 2026-09-14", "2026-09-14"),
        ("Returning 14/09/2026.", "2026-09-14"),
        ("I will be back on Monday.", "2026-09-14"),
        ("Je suis absent jusqu'au 14 septembre.", "2026-09-14"),
        ("Je serai de retour le 14 septembre 2026.", "2026-09-14"),
        ("Sono assente fino al 14 settembre.", "2026-09-14"),
        ("Sarò di nuovo disponibile dal 15/09/2026.", "2026-09-15"),
        ("Vielen Dank für Ihre Nachricht.\nIch bin\nbis zum\n14. September 2026 abwesend.", "2026-09-14"),
    ],
)
def test_the_day_is_found(text: str, expected: str) -> None:
    assert find_return_date(text, received_on=RECEIVED_ON) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    "text",
    [
        "Ich bin derzeit nicht im Büro.",
        "Ab dem 14.09. bin ich nicht erreichbar.",
        "Vom 14.09. an bin ich im Urlaub.",
        "Ihr Angebot vom 14.09.2026 ist eingegangen.",
        "Ich war bis 04.09. im Urlaub.",
        "Ich bin bis 31.02.2027 abwesend.",
        "Ich bin bis 14.09.2031 abwesend.",
        "Automatische Antwort: Angebot gültig bis 30.11.2026\n\nIch bin nicht im Büro.",
        "Automatic reply: Quote valid until 30 November 2026",
        "Automatische Antwort: Ihr Angebot vom 14.09.2026\n\nIch bin bald wieder zurück.",
        "Tel. 044 123 45 67",
        "Angebot 26.04.0012 erhalten, bin wieder da.",
        "",
    ],
)
def test_no_day_is_invented(text: str) -> None:
    assert find_return_date(text, received_on=RECEIVED_ON) is None


@given(st.text(max_size=300), st.dates(min_value=date(2000, 1, 1), max_value=date(2090, 1, 1)))
def test_it_never_raises_and_never_names_the_past(text: str, received_on: date) -> None:
    for prefix in ("zurück am ", "bis ", "until ", "back on "):
        found = find_return_date(prefix + text, received_on=received_on)
        assert found is None or found >= received_on
