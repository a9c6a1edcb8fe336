"""Patterns that people write for their own offer numbers: checked before they are ever run. Pure.

Python's `re` cannot be stopped: one pattern such as `(\\d+)+x` would hold the import for ever. So a
pattern whose repetitions can be divided up in more than one way is refused when it is saved, with a
sentence that says so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from re import _parser  # type: ignore[attr-defined]
from typing import Any

_LONGEST_PATTERN = 500
_LONGEST_TEXT = 200  # characters that a pattern is applied to
_MOST_WAYS = 3 * math.log(_LONGEST_TEXT) + 0.1  # three long repetitions that compete
_LONG = 10  # a repetition up to this often is short
_ALPHABET = frozenset(map(chr, range(32, 127))) | frozenset("äöüÄÖÜßéèà°–—„“\u00a0")
_SINGLE = ("LITERAL", "NOT_LITERAL", "IN", "ANY")
_Item = tuple[Any, Any]


class PatternError(ValueError):
    """A pattern that cannot be used. `str()` is a sentence for the person who wrote it.

    `code` is one of `too_long`, `syntax`, `groups`, `runaway`; `detail` is what `re` said about the
    syntax.
    """

    def __init__(self, code: str, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.detail = detail


@lru_cache(maxsize=128)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the compiled pattern, case ignored; its one group (or the one named `number`) holds
    the offer number.

    Raises PatternError for wrong syntax, a missing or ambiguous group, and for patterns that could
    run for ever.
    """
    if len(pattern) > _LONGEST_PATTERN:
        raise PatternError("too_long", f"The pattern is longer than {_LONGEST_PATTERN} characters.")
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
        items = list(_parser.parse(pattern))
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(
            "syntax", f"The pattern is not a valid regular expression: {error}.", str(error)
        ) from error
    if compiled.groups != 1 and "number" not in compiled.groupindex:
        raise PatternError(
            "groups",
            f"The pattern needs exactly one group (…) around the offer number, it has {compiled.groups}. "
            "Write (?:…) for brackets that only hold things together.",
        )
    repetitions = [item for item in _walk(items) if _is_repetition(item)]
    if any(map(_can_run_away, repetitions)) or _count_ways(items) > _MOST_WAYS:
        raise PatternError(
            "runaway",
            "The pattern repeats something that is itself repeated, such as (\\d+)+, and could run for ever. "
            "Begin what is repeated with a fixed character, as in (?:-\\d+)*, or repeat less.",
        )
    return compiled


def _children(item: _Item) -> list[Sequence[_Item]]:
    """Return the sequences inside an item of the parsed pattern."""
    name, value = str(item[0]), item[1]
    children: list[Sequence[_Item]] = []
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        children = [value[2]]
    elif name == "SUBPATTERN":
        children = [value[-1]]
    elif name == "BRANCH":
        children = list(value[1])
    elif name == "ATOMIC_GROUP":
        children = [value]
    elif name in ("ASSERT", "ASSERT_NOT"):
        children = [value[1]]
    elif name == "GROUPREF_EXISTS":
        children = [part for part in value[1:] if isinstance(part, Sequence)]
    return children


def _walk(items: Sequence[_Item]) -> Iterator[_Item]:
    for item in items:
        yield item
        for child in _children(item):
            yield from _walk(child)


def _is_repetition(item: _Item) -> bool:
    """Possessive ones never give anything back, so they cannot be divided up in two ways."""
    return str(item[0]) in ("MAX_REPEAT", "MIN_REPEAT") and item[1][0] != item[1][1]


def _can_run_away(item: _Item) -> bool:
    _, most, body = item[1]
    if most == 1:
        return False
    items = list(body)
    while len(items) == 1 and str(items[0][0]) == "SUBPATTERN":
        items = list(items[0][1][-1])
    inner = list(_walk(items))
    branches = [list(value[1]) for name, value in inner if str(name) == "BRANCH"]
    if any(_overlap(branch) for branch in branches):
        return True
    variable = [value for value in inner if _is_repetition(value)]
    if not variable and not branches:
        return False
    # Safe where each round begins with a character that nothing variable inside could have taken.
    first = _first_characters(items)
    return first is None or any(first & _all_characters(value[1][2]) for value in variable)


def _count_ways(items: Sequence[_Item]) -> float:
    """Return the logarithm of how many ways there are to divide up a text of one and the same
    character.

    Each repetition that takes the character multiplies them by how often it may take it, and that
    once more for each round of a repetition around it: `(?:.?){40}` has two to the power of forty.
    """
    is_divided = _is_divided(items)
    # Short ones weigh double: long ones share the characters of the text, short ones multiply in
    # full.
    choices = [
        (math.log(ways) * times * (1 if is_long else 2), taken)
        for ways, times, taken, is_long in _choices(items, 1)
        if not (is_long and is_divided)
    ]
    return max(
        (sum(ways for ways, taken in choices if each in taken) for each in _ALPHABET), default=0
    )


def _choices(items: Sequence[_Item], times: int) -> Iterator[tuple[int, int, frozenset[str], bool]]:
    """Yield for each repetition and each doubtful alternative: ways, rounds, characters, whether it
    is a long one.
    """
    for item in items:
        rounds = times
        name, value = str(item[0]), item[1]
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, body = value
            if least != most:
                yield (
                    min(int(most) - least + 1, _LONGEST_TEXT),
                    times,
                    _all_characters(body),
                    most > _LONG,
                )
            rounds = (
                min(times * max(1, min(int(most), _LONGEST_TEXT)), _LONGEST_TEXT)
                if least == most
                else times
            )
        elif name == "BRANCH" and _overlap(list(value[1])):
            yield len(value[1]), times, _all_characters([item]), False
        for child in _children(item):
            yield from _choices(child, rounds)


def _is_divided(items: Sequence[_Item]) -> bool:
    """Return whether a fixed character that neither could take stands between each two of them, as
    in `\\d+-\\d+`.
    """
    last: frozenset[str] | None = None
    between: list[frozenset[str]] = []
    for item in _flatten(items):
        if str(item[0]) == "BRANCH":
            return False
        if not _is_repetition(item):
            between += [_characters(item)] if str(item[0]) in _SINGLE else []
            continue
        taken = _all_characters(item[1][2])
        if (
            last is not None
            and taken & last
            and not any(not fixed & (last | taken) for fixed in between)
        ):
            return False
        last, between = (taken, []) if item[1][1] > _LONG else (last, between)
    return True


def _flatten(items: Sequence[_Item]) -> Iterator[_Item]:
    for item in items:
        if str(item[0]) == "SUBPATTERN":
            yield from _flatten(item[1][-1])
        else:
            yield item


def _overlap(branches: list[Sequence[_Item]]) -> bool:
    seen: set[str] = set()
    for branch in branches:
        first = _first_characters(branch)
        if first is None or first & seen:
            return True
        seen |= first
    return False


def _first_characters(items: Sequence[_Item]) -> frozenset[str] | None:
    """Return what a sequence must begin with, or None where that is open (it may be empty or begin
    with an option).
    """
    for item in items:
        name, value = str(item[0]), item[1]
        if name == "AT":
            continue
        if name == "SUBPATTERN":
            return _first_characters(value[-1])
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            return _first_characters(value[2]) if value[0] > 0 else None
        return _characters(item) if name in _SINGLE else None
    return None


def _all_characters(items: Sequence[_Item]) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for item in _walk(items):
        name = str(item[0])
        if name in _SINGLE:
            found |= _characters(item)
        elif name == "GROUPREF":
            return _ALPHABET
    return found


def _characters(item: _Item) -> frozenset[str]:
    """Return which characters of the alphabet one item takes, both cases."""
    name, value = str(item[0]), item[1]
    if name == "LITERAL":
        return frozenset((chr(value).lower(), chr(value).upper()))
    if name == "NOT_LITERAL":
        return _ALPHABET - {chr(value)}
    if name == "ANY":
        return _ALPHABET
    taken: set[str] = set()
    is_negated = False
    for kind, argument in value:
        kind_name = str(kind)
        if kind_name == "NEGATE":
            is_negated = True
        elif kind_name == "LITERAL":
            taken |= {chr(argument).lower(), chr(argument).upper()}
        elif kind_name == "RANGE":
            span = {c for c in _ALPHABET if argument[0] <= ord(c) <= argument[1]}
            taken |= {c.lower() for c in span} | {c.upper() for c in span}
        else:
            taken |= _category(str(argument))
    return frozenset(_ALPHABET - taken if is_negated else taken)


def _category(name: str) -> set[str]:
    if name.endswith("DIGIT"):
        taken = {c for c in _ALPHABET if c.isdecimal()}
    elif name.endswith("SPACE"):
        taken = {c for c in _ALPHABET if c.isspace()}
    else:
        taken = {c for c in _ALPHABET if c.isalnum() or c == "_"}
    return set(_ALPHABET) - taken if "NOT_" in name else taken
