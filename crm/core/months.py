"""Names of the months in the languages of our customers. Pure: no Django."""

from __future__ import annotations

MONTH_NAMES = {
    "de": (
        "Januar", "Februar", "März", "April", "Mai", "Juni",
        "Juli", "August", "September", "Oktober", "November", "Dezember",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin",
        "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    ),
    "it": (
        "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno",
        "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre",
    ),
}  # fmt: skip
# Abbreviations and other spellings, January first.
_SHORT_NAMES = (
    "jan jänner", "feb fév", "mär mar mrz maerz", "apr avr", "mag", "jun giu",
    "jul lug", "aug ago aout", "sept sep set", "okt oct ott", "nov", "dez dec déc dic",
)  # fmt: skip


def _number_names() -> dict[str, int]:
    numbers: dict[str, int] = {}
    for names in MONTH_NAMES.values():
        for number, name in enumerate(names, 1):
            numbers[name.lower()] = number
    for number, short_names in enumerate(_SHORT_NAMES, 1):
        for name in short_names.split():
            numbers[name] = number
    return numbers


# Lower-case names and abbreviations of all languages, with 1 for January.
MONTH_NUMBERS = _number_names()
# A regular expression for any of them; longer names first, so that `Juni` is not read as `Jun`.
MONTH_PATTERN = "(?:" + "|".join(sorted(MONTH_NUMBERS, key=len, reverse=True)) + ")"
