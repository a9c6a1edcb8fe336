"""A bad pattern is explained in the reader's language."""

from __future__ import annotations

import pytest
from django.utils import translation

from offers.parsing.patterns import PatternError, check_pattern
from offers.patterns import explain_pattern_error


@pytest.mark.parametrize(
    ("pattern", "start"),
    [
        ("(" * 600, "It is longer"),
        ("AN-\\d+", "It needs exactly one group"),
        ("((?:a|aa){40})b", "It takes too long"),
        ("(?:a{1000}){1000}(b)", "Its counts"),
        ("(", "It is not a valid regular expression: missing )"),
    ],
)
def test_each_problem_has_its_sentence(pattern: str, start: str) -> None:
    with pytest.raises(PatternError) as caught:
        check_pattern(pattern)
    with translation.override("en"):
        assert explain_pattern_error(caught.value).startswith(start)
