"""Why a pattern of offer numbers cannot be used, in the language of the reader."""

from __future__ import annotations

from django.utils.translation import gettext as _

from offers.parsing.numbers import PatternError


def explain_pattern_error(error: PatternError) -> str:
    """Return a sentence for the person who wrote the pattern."""
    sentences = {
        "too_long": _("It is longer than 500 characters."),
        "groups": _(
            "It needs exactly one group (…) around the offer number. "
            "Write (?:…) for brackets that only hold things together."
        ),
        "runaway": _(
            "It repeats something that is itself repeated, such as (\\d+)+, and could run for ever. "
            "Begin what is repeated with a fixed character, as in (?:-\\d+)*, or repeat less."
        ),
    }
    return (
        sentences.get(error.code) or _("It is not a valid regular expression: %s.") % error.detail
    )
