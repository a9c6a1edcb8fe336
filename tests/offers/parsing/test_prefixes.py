"""Reply and forward prefixes, with tags between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offers.parsing.prefixes import split_prefixes


@pytest.mark.parametrize(
    ("subject", "is_reply", "is_forward", "rest"),
    [
        ("Angebot 4711", False, False, "Angebot 4711"),
        ("AW: Angebot 4711", True, False, "Angebot 4711"),
        ("RE: Angebot", True, False, "Angebot"),
        ("Re-2: Angebot", True, False, "Angebot"),
        ("Re[2]: Angebot", True, False, "Angebot"),
        ("Re (3): Angebot", True, False, "Angebot"),
        ("AW: AW: WG: Angebot", True, True, "Angebot"),
        ("WG: Angebot", False, True, "Angebot"),
        ("Fwd: Angebot", False, True, "Angebot"),
        ("FW:Angebot", False, True, "Angebot"),
        ("Antw: Angebot", True, False, "Angebot"),
        ("Antwort: WG: Angebot", True, True, "Angebot"),
        ("SV: Angebot", True, False, "Angebot"),
        ("TR: Devis", False, True, "Devis"),
        ("R: Offerta", True, False, "Offerta"),
        ("RIF: Offerta", True, False, "Offerta"),
        ("I: Offerta", False, True, "Offerta"),
        ("I: R: Offerta", True, True, "Offerta"),
        ("RE : Devis", True, False, "Devis"),
        ("Re： Angebot", True, False, "Angebot"),
        ("RE: [EXTERN] Ihr Angebot", True, False, "Ihr Angebot"),
        ("[EXTERN] AW: [Ticket#99] Angebot", True, False, "Angebot"),
        ("EXTERN: AW: Angebot", True, False, "Angebot"),
        ("*** SPAM *** AW: Angebot", True, False, "Angebot"),
        ("[Ticket#99] Angebot", False, False, "[Ticket#99] Angebot"),
        ("Reparatur: Angebot", False, False, "Reparatur: Angebot"),
        ("Re Angebot", False, False, "Re Angebot"),
        ("Rechnung: 4711", False, False, "Rechnung: 4711"),
        ("AW:", True, False, ""),
        ("", False, False, ""),
    ],
)
def test_prefixes_are_split_off(subject: str, is_reply: bool, is_forward: bool, rest: str) -> None:
    found = split_prefixes(subject)
    assert (found.is_reply, found.is_forward, found.rest) == (is_reply, is_forward, rest)


@given(
    st.lists(st.sampled_from(["AW: ", "Re: ", "WG: ", "Fwd: ", "Re-2: ", "[EXTERN] "])),
    st.text(max_size=60),
)
def test_splitting_twice_changes_nothing(prefixes: list[str], text: str) -> None:
    rest = split_prefixes("".join(prefixes) + text).rest
    again = split_prefixes(rest)
    assert again.rest == rest
    assert not again.is_reply or again.rest != rest or rest == ""
