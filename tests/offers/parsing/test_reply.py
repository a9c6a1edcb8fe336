"""What is new in a reply."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offers.parsing.reply import find_new_text

NEW = "Guten Tag Frau Vogt\n\nwir nehmen das Angebot an.\n\nJürg Bühler"


@pytest.mark.parametrize(
    "quotation",
    [
        "\n\nAm 14.09.2026 um 09:12 schrieb Petra Vogt:\n> Guten Tag\n> unser Angebot",
        "\n\nOn Mon, Sep 14, 2026 at 9:12 AM Petra Vogt <p@x.example> wrote:\n> Hello",
        "\n\n-------- Original Message --------\nBetreff: Angebot\nVon: p@x.example\n\n> Hallo",
        "\n\n-----Ursprüngliche Nachricht-----\nVon: Petra Vogt\nGesendet: Montag\n\nHallo",
        "\n\nVon: Petra Vogt <p@x.example>\nGesendet: Montag, 14. September 2026\nAn: Jürg\nBetreff: Angebot\n\nHallo",
        "\n\nFrom: Petra Vogt\nSent: Monday\nTo: x\nSubject: Quote\n\nHello",
        "\n\n________________________________\nVon: Petra Vogt\n\nHallo",
        "\n> Guten Tag\n> unser Angebot\n> liegt bei",
        "",
    ],
)
def test_the_quotation_is_cut_off(quotation: str) -> None:
    assert find_new_text(NEW + quotation) == NEW
    assert find_new_text((NEW + quotation).replace("\n", "\r\n")) == NEW


def test_a_forward_has_nothing_new() -> None:
    assert (
        find_new_text("-----Ursprüngliche Nachricht-----\nVon: Petra\nGesendet: Montag\n\nHallo")
        == ""
    )


@given(st.text(max_size=500))
def test_it_never_raises(text: str) -> None:
    assert isinstance(find_new_text(text), str)


@pytest.mark.parametrize(
    "piece", ["> ", "Von: ", "On ", "Am ", "-", "_", "\n", "Von: x\n", "Am 1.1. schrieb\n", "> > "]
)
def test_it_ends_on_hostile_text(piece: str, hang_guard: None) -> None:
    find_new_text(piece * 100_000)
