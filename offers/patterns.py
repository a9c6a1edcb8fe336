"""Explain why a pattern of offer numbers cannot be used, in the language of the reader."""

from __future__ import annotations

from django.utils.translation import gettext as _

from offers.parsing.patterns import PatternError


def explain_pattern_error(error: PatternError) -> str:
    """Return a sentence for the person who wrote the pattern."""
    sentences = {
        "too_long": _("It is longer than 500 characters."),
        "too_large": _("Its counts, such as {1000}, multiply to more than 100,000. Repeat less."),
        "groups": _(
            "It needs exactly one group (…) around the offer number. "
            "Write (?:…) for brackets that only hold things together."
        ),
        "timeout": _(
            "It takes too long on some texts. This happens where something is repeated that can be "
            "read in several ways, as in (?:a|aa)+. Begin what is repeated with a fixed character, "
            "as in (?:-\\d+)*."
        ),
    }
    invalid = _("It is not a valid regular expression: %s.") % error.detail
    return sentences.get(error.code, invalid)
