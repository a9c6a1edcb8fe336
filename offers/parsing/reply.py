"""Find the new text of a reply, without the quotation below it. Pure; never raises."""

from __future__ import annotations

import re

from offers.parsing.alternatives import any_of

_LONGEST = 100_000
_MOST_LINES = 1_000
# Introductions of quotations that quotequail 0.5 does not know: those of David, and of Outlook and
# Gmail in the languages of Europe.
_RULE = any_of("""
    Original Message|Original-Nachricht|Originalnachricht|Ursprüngliche Nachricht
    Weitergeleitete Nachricht|Forwarded Message|Message d'origine|Messaggio originale
    Oorspronkelijk bericht|Wiadomość oryginalna|Původní zpráva|Pôvodná správa|Eredeti üzenet
    Mensaje original|Mensagem original|Ursprungligt meddelande|Oprindelig meddelelse
    Opprinnelig melding|Alkuperäinen viesti|Mesaj original|Izvirno sporočilo|Izvorna poruka
""")
_FIRST_FIELD = any_of("""
    Von|From|De|Da|Van|Od|Feladó|Från|Fra|Lähettäjä|De la|Expéditeur|Mittente|Afzender
""")
_SECOND_FIELD = any_of("""
    Gesendet|Datum|Sent|Date|Envoyé|Inviato|Data|Verzonden|Wysłano|Odesláno|Odoslané|Elküldve
    Enviado|Enviado el|Enviada|Enviada em|Fecha|Skickat|Sendt|Dato|Lähetetty|Päivämäärä|Trimis|Poslano
    An|To|À|A|Aan|Do|Komu|Címzett|Para|Till|Til|Vastaanottaja|Către|Za|Betreff|Subject
""")
_INTRODUCTION = re.compile(
    rf"^[ >]*(?:-{{3,}}[ ]?{_RULE}[ ]?-{{2,}}|_{{20,}}"
    rf"|\*?{_FIRST_FIELD}[ ]?:\*?[ ].{{3,200}}\n[ >]*\*?{_SECOND_FIELD}[ ]?:)",
    re.IGNORECASE | re.MULTILINE,
)
# The end of `On …, … wrote:`, which may have been wrapped.
_WROTE = re.compile(
    any_of(r"""
        schrieb|wrote|a écrit|ha scritto|schreef|pisze|napisał\(a\)|napisała?|napsal(?:\(a\)|a)?
        napísala?(?:\(a\))?|escribió|escreveu|skrev|kirjoitti|írta|a scris|napisala?|napisao(?: je)?
    """)
    + r"\b[^\n]{0,80}:\s*$|napisał\(a\):\s*$|napsal\(a\):\s*$|napísal\(a\):\s*$"
)
_TIME_OR_ADDRESS = re.compile(r"\d[:.]\d\d|\S@\S")
_LONGEST_LINE = 300


def find_new_text(body_text: str) -> str:
    """Return the new text of a plain text mail: all of it if no quotation is recognised."""
    text = body_text[:_LONGEST].replace("\r\n", "\n")
    if found := _INTRODUCTION.search(text):
        text = text[: found.start()]
    text = _cut_below_wrote(text)
    try:
        import quotequail  # noqa: PLC0415 - only replies need it, and it takes time to load

        pieces = quotequail.quote(text, limit=_MOST_LINES, quote_intro_line=True)
        text = "\n".join(piece for is_new, piece in pieces if is_new)
    except Exception:  # noqa: S110
        pass  # its patterns meet texts that nobody foresaw; the whole text is a fair answer
    lines = text.split("\n")
    while lines and (not lines[-1].strip() or lines[-1].startswith(">")):
        lines.pop()
    return "\n".join(lines).strip()


def _cut_below_wrote(text: str) -> str:
    """Return what stands above a line such as `W dniu 25.11.2026 o 08:12 Petra Vogt napisał(a):`."""
    lines = text.split("\n", _MOST_LINES)
    for number, line in enumerate(lines):
        if not line.rstrip().endswith(":") or not _WROTE.search(line[-_LONGEST_LINE:]):
            continue
        above = lines[number - 1] if number else ""
        if _TIME_OR_ADDRESS.search(line[:_LONGEST_LINE]):
            # The first half of a wrapped introduction ends without a full stop.
            is_sentence = above.rstrip().endswith((".", "!", "?"))
            is_wrapped = not is_sentence and bool(_TIME_OR_ADDRESS.search(above[:_LONGEST_LINE]))
            return "\n".join(lines[: number - is_wrapped])
        if _TIME_OR_ADDRESS.search(above[:_LONGEST_LINE]):
            return "\n".join(lines[: number - 1])
    return text
