"""Patterns that people write: what is refused, and that no pattern holds anything up."""

from __future__ import annotations

from contextlib import suppress

import pytest

from offers.parsing.numbers import find_number
from offers.parsing.patterns import PatternError, check_pattern, compile_pattern, search_pattern

RUNS_AWAY = "((?:a|aa){40})b"


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("(", "syntax"),
        ("AN-\\d+", "groups"),
        ("(AN)-(\\d+)", "groups"),
        ("(x)" * 300, "too_long"),
        ("(?:(?:a{1000}){1000}){1000}(b)", "too_large"),
        (f"(?:(?:a{{{'0' * 20}1000}}){{1000}}){{1000}}(b)", "too_large"),
        ("((?:a|a)*)b", "timeout"),
        (RUNS_AWAY, "timeout"),
        ("(a)\\1*(?:\\1+)+b", "timeout"),
        ("((?R)|a)", "timeout"),
    ],
)
def test_a_bad_pattern_is_refused(pattern: str, code: str) -> None:
    with pytest.raises(PatternError) as caught:
        check_pattern(pattern)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "pattern",
    [
        "Nr\\. (\\d+(?:-\\d+)*)",
        "(AN-\\d{4}-\\d+)",
        "(AN-\\d+-\\d+-\\d+-\\d+)",
        "(?:AN|AG)-?(\\d{2,10})",
        "#(\\w+)",
        "Nr\\.?:?\\s?([A-Z]{1,3}[-/]?\\d{1,4}[-/]?\\d{1,6})",
        "(\\d{4}(?:-\\d{1,4}){1,3})",
        "Angebot.*?Nr\\.?\\s*(\\w+-\\d+)",
        "^.*?([A-Z]{2}\\d+).*$",
    ],
)
def test_a_sound_pattern_is_taken_and_ends(pattern: str, hang_guard: None) -> None:
    check_pattern(pattern)
    for character in "a5- ANr#":
        find_number(character * 1_000, pattern)
        find_number("Angebot Nr AN-" + character * 1_000 + "x", pattern)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(?:[\\u0400-\\u04ff]+[\\u0400-\\u04ff]?)*(x)", "я" * 200),
        ("(?:[\\u0400-\\u04ff]+[\\u0400-\\u04ff]?)*(x)", "я" * 200 + "-x"),
        ("(?=\\d*\\d*\\d*\\d*x)(y)", "1" * 200),
        ("(?=\\d*\\d*\\d*\\d*x)(y)", "1" * 200 + "-x y"),
        ("(\\d+)+x", "1" * 200 + "-x"),
        ("(?:\\w+\\s?)*(x)", "ä" * 200 + "-x"),
        (RUNS_AWAY, "a" * 200),
    ],
)
def test_a_search_ends_whatever_the_pattern_and_the_text(
    pattern: str, text: str, hang_guard: None
) -> None:
    with suppress(PatternError):
        search_pattern(pattern, text)


def test_the_number_stands_in_the_only_group_or_in_the_one_of_that_name() -> None:
    assert compile_pattern("AN-(\\d+)").groups == 1
    assert search_pattern("AN-(\\d+)", "an-12") == "12"
    assert search_pattern("(AN|AG)-(?P<number>\\d+)", "AG-12") == "12"
    assert search_pattern("AN-(\\d+)?", "AN-x") is None
