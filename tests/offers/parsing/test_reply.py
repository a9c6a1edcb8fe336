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


INTRODUCTIONS = r"""
Am 25.11.2026 um 08:12 schrieb Petra Vogt:
On Wed, Nov 25, 2026 at 8:12 AM Petra Vogt <p.vogt@x.example> wrote:
Le mer. 25 nov. 2026 à 08:12, Petra Vogt <p.vogt@x.example> a écrit :
Il giorno mer 25 nov 2026 alle ore 08:12 Petra Vogt <p.vogt@x.example> ha scritto:
Op wo 25 nov 2026 om 08:12 schreef Petra Vogt <p.vogt@x.example>:
W dniu 25.11.2026 o 08:12, Petra Vogt pisze:
śr., 25 lis 2026 o 08:12 Petra Vogt <p.vogt@x.example> napisał(a):
Dne 25. 11. 2026 v 8:12 Petra Vogt napsal(a):
st 25. 11. 2026 v 8:12 odesílatel Petra Vogt <p.vogt@x.example> napsal:
Dňa 25. 11. 2026 o 8:12 Petra Vogt napísal(a):
El mié, 25 nov 2026 a las 8:12, Petra Vogt (<p.vogt@x.example>) escribió:
Em qua., 25 de nov. de 2026 às 08:12, Petra Vogt <p.vogt@x.example> escreveu:
Den ons 25 nov. 2026 kl 08:12 skrev Petra Vogt <p.vogt@x.example>:
Den ons. 25. nov. 2026 kl. 08.12 skrev Petra Vogt <p.vogt@x.example>:
ons. 25. nov. 2026 kl. 08:12 skrev Petra Vogt <p.vogt@x.example>:
ke 25. marrask. 2026 klo 8.12 Petra Vogt (p.vogt@x.example) kirjoitti:
Petra Vogt <p.vogt@x.example> ezt írta (időpont: 2026. nov. 25., Sze, 8:12):
mie., 25 nov. 2026 la 08:12, Petra Vogt <p.vogt@x.example> a scris:
V V sre., 25. nov. 2026 ob 08:12 je oseba Petra Vogt <p.vogt@x.example> napisala:
sri, 25. stu 2026. u 08:12 Petra Vogt <p.vogt@x.example> napisao je:
Von: Petra Vogt\nGesendet: Mittwoch
From: Petra Vogt\nSent: Wednesday
De : Petra Vogt\nEnvoyé : mercredi
Da: Petra Vogt\nInviato: mercoledì
Van: Petra Vogt\nVerzonden: woensdag
Od: Petra Vogt\nWysłano: środa
Od: Petra Vogt\nOdesláno: středa
Od: Petra Vogt\nOdoslané: streda
Feladó: Petra Vogt\nElküldve: 2026
De: Petra Vogt\nEnviado el: miércoles
De: Petra Vogt\nEnviada: quarta
Från: Petra Vogt\nSkickat: den 25
Fra: Petra Vogt\nSendt: 25. november
Lähettäjä: Petra Vogt\nLähetetty: keskiviikko
De la: Petra Vogt\nTrimis: miercuri
Od: Petra Vogt\nPoslano: sreda
*Von:* Petra Vogt\n*Gesendet:* Mittwoch
""".strip().splitlines()


@pytest.mark.parametrize("introduction", INTRODUCTIONS)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_a_quotation_is_known_by_its_introduction_in_any_language(
    introduction: str, mark: str
) -> None:
    introduction = introduction.replace("\\n", "\n")
    text = f"Ok, passt.\n\n{introduction}\n\n{mark}Wir bestellen nichts."
    assert find_new_text(text) == "Ok, passt."


def test_a_wrapped_introduction_is_cut_whole() -> None:
    text = (
        "Termin 8:30 passt.\nst 25. 11. 2026 v 8:12 Petra Vogt\n<p.vogt@x.example> napsal(a):\n> x"
    )
    assert find_new_text(text) == "Termin 8:30 passt."
