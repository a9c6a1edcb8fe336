from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.folding import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ÖKOBAU", "okobau"),
        ("Straße STRASSE", "strasse strasse"),
        ("Gruber, Stefan", "gruber stefan"),
        ("  Größe\t9 \n m²", "grosse 9 m2"),
        ("Łódź Çelik Ørsted İzmir", "lodz celik orsted izmir"),
        ("o\u0308kobau", "okobau"),
        ("ﬁrma Ａ", "firma a"),
        ("100% [süd] er_h 4*?", "100% [sud] er_h 4*?"),
        ("", ""),
    ],
)
def test_text_is_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing_and_ignores_case(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert "\n" not in fold(text)
    assert "\x00" not in fold(text)
