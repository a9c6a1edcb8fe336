"""The day of return in absence notes, in four languages."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offers.parsing.out_of_office import find_absence

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
        (
            "Vielen Dank für Ihre Nachricht.\nIch bin\nbis zum\n14. September 2026 abwesend.",
            "2026-09-14",
        ),
    ],
)
def test_the_day_is_found(text: str, expected: str) -> None:
    assert find_absence(text, RECEIVED_ON).named_day == date.fromisoformat(expected)


@pytest.mark.parametrize(
    "text",
    [
        "Ich bin derzeit nicht im Büro.",
        "Ab dem 14.09. bin ich nicht erreichbar.",
        "Vom 14.09. an bin ich im Urlaub.",
        "Ihr Angebot vom 14.09.2026 ist eingegangen.",
        "Ich war bis 04.09. im Urlaub.",
        "Ich bin bis 31.02.2027 abwesend.",
        "Automatische Antwort: Angebot gültig bis 30.11.2026\n\nIch bin nicht im Büro.",
        "Automatic reply: Quote valid until 30 November 2026",
        "Automatische Antwort: Ihr Angebot vom 14.09.2026\n\nIch bin bald wieder zurück.",
        "Tel. 044 123 45 67",
        "Angebot 26.04.0012 erhalten, bin wieder da.",
        "",
    ],
)
def test_no_day_is_invented(text: str) -> None:
    assert find_absence(text, RECEIVED_ON).named_day is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Sehr geehrte Damen und Herren,\n\nvielen Dank für Ihre E-Mail. Ich bin vom 23.11.2026 "
            "bis einschließlich 04.12.2026 nicht im Büro. Ihre E-Mail wird nicht weitergeleitet. In "
            "dringenden Fällen wenden Sie sich bitte an Frau Huber (Tel. 089 4711-120).",
            "2026-12-04",
        ),
        (
            "Guten Tag\nIch bin in den Ferien und ab Montag, 7. Dezember wieder im Büro.",
            "2026-12-07",
        ),
        (
            "Guten Tag, ich befinde mich bis zum 30. November im Urlaub. Meine Mails werden nicht gelesen.",
            "2026-11-30",
        ),
        ("Ich bin erst am 1. Dezember wieder erreichbar.", "2026-12-01"),
        ("Derzeit bin ich auf Geschäftsreise und ab dem 02.12. wieder für Sie da.", "2026-12-02"),
        (
            "Unser Büro ist vom 21.12.2026 bis 06.01.2027 geschlossen. Ab dem 07.01.2027 sind wir wieder für Sie da.",
            None,
        ),
        (
            "Wir haben zwischen Weihnachten und Neujahr geschlossen. Ab 4. Januar 2027 sind wir wieder da.",
            "2027-01-04",
        ),
        (
            "Ich arbeite nur Montag bis Donnerstag. Ihre Mail bearbeite ich am nächsten Arbeitstag.",
            None,
        ),
        ("Meine Bürozeiten: Mo-Fr 8-12 Uhr. Ich melde mich so bald wie möglich.", None),
        (
            "Ich bin ab 01.12.2026 nicht mehr für die Firma tätig. Bitte wenden Sie sich an Frau Huber.",
            None,
        ),
        ("Ich bin diese Woche nicht im Haus und am Montag, den 30.11., zurück.", "2026-11-30"),
        (
            "Ich bin zurzeit in Elternzeit bis 31. März 2027. Meine Vertretung: Herr Kunz.",
            "2027-03-31",
        ),
        ("Bin im Urlaub. Rückkehr: 30.11.2026", "2026-11-30"),
        ("Abwesend bis 30.11.26", "2026-11-30"),
        ("Urlaub bis inkl. 4.12.", "2026-12-04"),
        (
            "Ich bin vom 24. bis 27.11. auf einer Messe und nur eingeschränkt erreichbar.",
            "2026-11-27",
        ),
        ("Ich bin von Mittwoch, 25.11. bis Freitag, 27.11.2026 abwesend.", "2026-11-27"),
        ("Ich bin am 24.11. und 25.11. auf einer Schulung.", None),
        (
            "Vielen Dank für Ihr Angebot vom 12.11.2026. Ich bin bis 30.11.2026 abwesend.",
            "2026-11-30",
        ),
        ("Danke für die Nachricht. Zurück ab: 01.12.2026", "2026-12-01"),
        ("Ich kehre am Dienstag, 1. Dezember 2026, an meinen Arbeitsplatz zurück.", "2026-12-01"),
        ("Vom 23.11. - 27.11.2026 bin ich nicht erreichbar.", "2026-11-27"),
        ("Ich bin bis auf Weiteres nicht erreichbar.", None),
        ("Nach meiner Rückkehr am 30.11. werde ich Ihre Nachricht bearbeiten.", "2026-11-30"),
        (
            "I am out of the office from Monday, November 23 through Friday, November 27, returning "
            "Monday, November 30.",
            "2026-11-30",
        ),
        (
            "Thank you for your email. I am currently out of the office with limited access to email "
            "and will return on 1st December.",
            "2026-12-01",
        ),
        (
            "I will be out of the office starting 23/11/2026 and will not return until 30/11/2026.",
            "2026-11-30",
        ),
        ("I'm on annual leave until Monday 30th November.", "2026-11-30"),
        ("I am away until 30 Nov and will reply on my return.", "2026-11-30"),
        ("I am on maternity leave until March 2027.", "2027-03-01"),
        ("Our offices are closed Dec 24 - Jan 3. We will be back on January 4.", None),
        ("I'm out of office, back 11/30/2026.", "2026-11-30"),
        ("Back in the office: 30.11.2026", "2026-11-30"),
        ("I'll be back next Monday.", "2026-11-30"),
        ("Please note our new address from 1 December 2026.", None),
        ("I no longer work at Huber Ltd as of 1 December 2026.", None),
        ("I will be unavailable from 1 December 2026.", None),
        (
            "I am attending a trade fair and will be back at my desk on Wed, 25 Nov 2026.",
            "2026-11-25",
        ),
        ("Ich bin ab dem 30.11.2026 im Mutterschutz. Meine Nachfolgerin ist Frau Huber.", None),
        ("Ich werde Ihre Nachricht nach dem 30.11.2026 beantworten.", "2026-11-30"),
        ("Ich bin voraussichtlich ab KW 49 wieder erreichbar.", "2026-11-30"),
        ("Das Büro ist am 24.12. geschlossen. Ab 27.12. wieder normal geöffnet.", "2026-12-27"),
    ],
)
def test_notes_as_people_and_programs_write_them(text: str, expected: str | None) -> None:
    found = find_absence(text, date(2026, 11, 23)).named_day  # a Monday
    assert found == (date.fromisoformat(expected) if expected else None)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Zurück am 12/01/2027", "de", "2027-01-12"),
        ("Back on 12/01/2027", "en", "2027-01-12"),
        ("Back on 12/04/2026", "en", "2026-12-04"),
        ("Back on 04/12/2026", "en", "2026-12-04"),
        ("Back 12/08", "en", "2026-12-08"),
        ("Retour le 08/12/2026", "fr", "2026-12-08"),
        ("I am out of the office until 11/30/2026", "", "2026-11-30"),
        ("Na godišnjem odmoru sam do 30. listopada i vraćam se 2. studenoga.", "hr", None),
        ("Jestem na urlopie do 30 listopada i proszę o cierpliwość.", "pl", "2026-11-30"),
    ],
)
def test_numbers_and_months_are_read_in_the_language_of_the_note(
    text: str, language: str, expected: str | None
) -> None:
    found = find_absence(text, date(2026, 11, 23), language).until
    assert found == (date.fromisoformat(expected) if expected else None)


def test_sixty_days_are_the_longest_absence_that_is_believed() -> None:
    absence = find_absence("Ich bin bis 24.01.2027 abwesend.", date(2026, 11, 25))
    assert absence.until == absence.named_day == date(2027, 1, 24)
    assert not absence.is_too_long
    for day in ("25.01.2027", "14.09.2031", "31.12.2099"):
        absence = find_absence(f"Ich bin bis {day} abwesend.", date(2026, 11, 25))
        assert absence.is_too_long
        assert absence.until is None


@given(st.text(max_size=300), st.dates(min_value=date(2000, 1, 1)))
def test_it_never_raises_and_never_names_the_past(text: str, received_on: date) -> None:
    for prefix in ("zurück am ", "bis ", "until ", "back on "):
        found = find_absence(prefix + text, received_on).until
        assert found is None or found >= received_on
